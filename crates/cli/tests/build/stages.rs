//! Stages in the cache: what may go wrong with them, and with those who write them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, SystemTime};

use formwork_testkit::package::Package;
use formwork_testkit::project::Project;

use super::PROGRAM;
use super::killed::large;
use super::support::{buildable, built, digest, hello, is_root};

/// Where a project's stages lie.
fn directory(project: &Project) -> PathBuf {
    project.home.cache().join("formwork/stages")
}

/// The files there, sorted.
fn kept(project: &Project) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory(project)).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// The endings of the files there; what has not its name yet begins with a dot.
fn endings(project: &Project) -> Vec<String> {
    let ending = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let ending = name.rsplit('.').next().unwrap_or_default().to_owned();
        if name.starts_with('.') {
            return "unfinished".to_owned();
        }
        ending
    };
    kept(project).iter().map(ending).collect()
}

/// Makes a file older than anything that somebody may be about to use.
fn age(path: &Path) {
    let file = fs::File::options().append(true).open(path).expect("a file");
    let old = SystemTime::now() - Duration::from_secs(3600);
    file.set_modified(old).expect("a time");
}

#[test]
fn a_stage_has_its_name_only_when_it_is_whole() {
    let large = Package::new("large", "1.0", "amd64")
        .field("Depends", "toybox")
        .file("srv/large", &large());
    let Some(project) = buildable(&[large]) else {
        return;
    };
    project.run(&["build", "--no-stages"]).exits(0);
    let expected = digest(&built(&project, "minimal.tar"));
    let mut cut = 0;
    for _ in 0..8 {
        let _nothing = fs::remove_dir_all(directory(&project));
        let mut command = project.home.command(PROGRAM);
        command.args(["build", "--rebuild"]);
        let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = quiet.spawn().expect("the program");
        // Somebody inside the sandbox writes it, under another name.
        while child.try_wait().expect("a state").is_none() && kept(&project).is_empty() {
            thread::sleep(Duration::from_micros(200));
        }
        child.kill().expect("a kill");
        child.wait().expect("an end");
        thread::sleep(Duration::from_millis(200));
        let left = endings(&project);
        cut += usize::from(left.contains(&"unfinished".to_owned()));
        let run = project.run(&["cache", "verify"]).exits(0);
        assert!(run.stdout.contains("all sound"), "{left:?} {}", run.stdout);
        if cut == 1 {
            break;
        }
    }
    assert!(cut > 0, "no build was killed while it wrote the stage");
    for path in kept(&project) {
        age(&path);
    }
    // The next one is not led astray, and takes away what was left.
    for stages in ["keep", "restore"] {
        project.run(&["build", "--rebuild"]).exits(0);
        assert_eq!(
            digest(&built(&project, "minimal.tar")),
            expected,
            "{stages}"
        );
        assert_eq!(endings(&project), ["tar", "json"], "{stages}");
    }
}

#[test]
fn what_a_killed_build_left_goes_with_the_stages() {
    let Some(project) = buildable(&[hello()]) else {
        return;
    };
    project.run(&["build"]).exits(0);
    fs::write(directory(&project).join(".formwork-left"), "x").expect("written");
    project.run(&["cache", "clean", "--stages"]).exits(0);
    assert_eq!(endings(&project), [""; 0]);
}

#[test]
fn a_disk_that_is_full_keeps_no_stage_but_builds() {
    if !is_root() {
        eprintln!("skipped: only root can mount a small disk");
        return;
    }
    let Some(project) = buildable(&[hello()]) else {
        return;
    };
    project.run(&["build"]).exits(0);
    let expected = digest(&built(&project, "minimal.tar"));
    let archive = fs::metadata(&kept(&project)[0]).expect("a stage").len();
    let place = directory(&project).display().to_string();
    // Too little for the archive; enough for that, but not for its index.
    for size in [archive / 2, archive.next_multiple_of(4096)] {
        let script = format!(
            "mount -t tmpfs -o size={size} none {place} && {PROGRAM} build --rebuild \
             && echo left: && ls -A {place}"
        );
        let run = project
            .home
            .command("unshare")
            .args(["--mount", "sh", "-c", &script])
            .output()
            .expect("unshare");
        let told = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "{told}");
        let warnings = told.lines().filter(|line| line.starts_with("warning: "));
        let warnings: Vec<&str> = warnings.collect();
        let [warning] = warnings[..] else {
            panic!("{told}");
        };
        assert!(warning.contains("is not kept"), "{warning}");
        assert_eq!(digest(&built(&project, "minimal.tar")), expected);
        let printed = String::from_utf8_lossy(&run.stdout);
        let left = printed.split("left:\n").nth(1);
        assert_eq!(left, Some(""), "nothing of it is left");
    }
}

#[test]
fn damaged_stages_are_named_removed_and_made_again() {
    let Some(project) = buildable(&[hello()]) else {
        return;
    };
    project.run(&["build"]).exits(0);
    let expected = digest(&built(&project, "minimal.tar"));
    /// What is done to the archive and to the index of a stage.
    type Damage = fn(&Path, &Path);
    let table: [(&str, Damage); 4] = [
        ("tar", |archive, _| {
            let mut bytes = fs::read(archive).expect("an archive");
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(archive, bytes).expect("written");
        }),
        ("tar", |archive, _| {
            let bytes = fs::read(archive).expect("an archive");
            fs::write(archive, &bytes[..bytes.len() / 3]).expect("written");
        }),
        ("tar", |archive, _| {
            fs::remove_file(archive).expect("removed")
        }),
        ("json", |_, index| {
            fs::write(index, "{\"format\": 2}").expect("written")
        }),
    ];
    for (ending, damage) in table {
        let files = kept(&project);
        assert_eq!(endings(&project), ["tar", "json"]);
        damage(&files[0], &files[1]);
        let run = project.run(&["cache", "verify"]).exits(1);
        let named = run.stdout.lines().last().unwrap_or_default();
        assert!(named.contains("formwork/stages/"), "{}", run.stdout);
        assert!(named.ends_with(ending), "{}", run.stdout);
        project.run(&["cache", "verify"]).exits(0);
        // Without its index it is not there; an archive that is left over is replaced.
        let run = project.run(&["build", "--rebuild"]).exits(0);
        assert!(!run.stderr.contains("warning"), "{}", run.stderr);
        assert_eq!(digest(&built(&project, "minimal.tar")), expected);
    }
    let run = project.run(&["cache", "verify", "--json"]).exits(0);
    let verified: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(verified["damaged"].as_array().map(Vec::len), Some(0));
}

/// Writes an own package that does something to a file of another.
fn own(project: &Project, name: &str, version: &str) {
    let script = format!("#!/bin/sh\nset -e\necho {name} {version} >> /etc/all-own\n");
    let package = Package::new(name, version, "amd64")
        .field("Depends", "hello")
        .file(&format!("usr/share/{name}/version"), version.as_bytes())
        .script("postinst", &script);
    let path = project.home.work().join(format!("packages/{name}.deb"));
    fs::write(path, package.deb()).expect("a package");
}

#[test]
fn own_packages_come_change_and_go_as_in_a_build_from_nothing() {
    let Some(project) = buildable(&[hello()]) else {
        return;
    };
    fs::create_dir(project.home.work().join("packages")).expect("a directory");
    /// What is done to the own packages.
    type Edit = fn(&Project);
    let gone = |project: &Project, name: &str| {
        let path = project.home.work().join(format!("packages/{name}.deb"));
        fs::remove_file(path).expect("removed");
    };
    let table: [(&str, &str, Edit); 6] = [
        ("none", "", |_| {}),
        ("one comes", "\"first\", ", |project| {
            own(project, "first", "1");
        }),
        ("another comes", "\"first\", \"other\", ", |project| {
            own(project, "other", "1");
        }),
        ("one is changed", "\"first\", \"other\", ", |project| {
            own(project, "first", "2");
        }),
        ("one goes", "\"other\", ", |_| {}),
        ("all go", "", |_| {}),
    ];
    let mut seen = Vec::new();
    for (what, wishes, edit) in table {
        edit(&project);
        match what {
            "one goes" => gone(&project, "first"),
            "all go" => gone(&project, "other"),
            _ => {}
        }
        project.write_image(&format!("{wishes}\"hello\""));
        project.run(&["lock"]).exits(0);
        let run = project.run(&["build", "--rebuild"]).exits(0);
        assert!(!run.stderr.contains("warning"), "{what}: {}", run.stderr);
        let digests = || {
            ["tar", "tree.json", "packages.json"]
                .map(|name| digest(&built(&project, &format!("minimal.{name}"))))
        };
        let staged = digests();
        project.run(&["build", "--no-stages"]).exits(0);
        assert_eq!(digests(), staged, "{what}");
        // All of them stand on one stage.
        assert_eq!(endings(&project), ["tar", "json"], "{what}");
        seen.push(staged);
    }
    assert_eq!(seen.first(), seen.last());
    seen.dedup();
    assert_eq!(seen.len(), 6);
}
