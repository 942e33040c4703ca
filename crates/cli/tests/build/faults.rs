//! What goes wrong while a tree is made: scripts, the cache, the disk, signals.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use formwork_testkit::env::Home;
use formwork_testkit::package::Package;
use formwork_testkit::project::Project;

use super::PROGRAM;
use super::support::{buildable, built, digest, hello, is_root, json, names};

#[test]
fn a_script_that_fails_is_told_and_its_tree_kept() {
    let failing = Package::new("nasty", "2.0-1", "amd64")
        .field("Depends", "toybox")
        .script(
            "postinst",
            "#!/bin/sh\necho one line; echo 'the last words' >&2\nexit 7\n",
        );
    let Some(project) = buildable(&[hello(), failing]) else {
        return;
    };
    let run = project.run(&["build"]).exits(3);
    for word in ["error: ", "postinst", "nasty", "7", "the last words"] {
        assert!(run.stderr.contains(word), "{word}\n{}", run.stderr);
    }
    let end = "  in    the tree of minimal, amd64\n  \
               try   the same with --keep          to look at the tree as it is now\n  \
               log   build/minimal/amd64/minimal.log.json\n";
    assert!(run.stderr.ends_with(end), "{}", run.stderr);
    assert_eq!(run.stdout, "");
    assert_eq!(names(&project), ["minimal.log.json"]);
    let log = json(&built(&project, "minimal.log.json"));
    assert_eq!(log["built"], false);
    let error = log["error"].as_str().unwrap_or_default();
    assert!(
        error.contains("nasty") && error.contains("the last words"),
        "{error}"
    );
    // The second one takes the place of the first.
    for _ in 0..2 {
        let run = project.run(&["build", "--keep"]).exits(3);
        let kept = "in    the tree of minimal, amd64, kept in build/minimal/amd64/failed-tree\n";
        assert!(run.stderr.contains(kept), "{}", run.stderr);
        assert_eq!(names(&project), ["failed-tree", "minimal.log.json"]);
    }
    assert!(built(&project, "failed-tree/usr/bin/hello").exists());
    fs::remove_dir_all(built(&project, "failed-tree")).expect("a tree that its owner can remove");
}

/// A project whose package does this after it is unpacked.
fn doing(script: &str) -> Option<Project> {
    let script = format!("#!/bin/sh\nset -e\n{script}\n");
    let package = Package::new("nasty", "2.0-1", "amd64").field("Depends", "toybox");
    buildable(&[package.script("postinst", &script)])
}

#[test]
fn a_script_that_a_signal_ends_is_told_with_its_signal() {
    for (signal, name) in [("KILL", "Killed"), ("SEGV", "Segmentation fault")] {
        let Some(project) = doing(&format!("echo last words; kill -{signal} $$")) else {
            return;
        };
        let run = project.run(&["build"]).exits(3);
        let told = format!("package nasty 2.0-1: postinst failed: signal ({name})");
        for words in [told.as_str(), "last words", "--keep"] {
            assert!(run.stderr.contains(words), "{words}\n{}", run.stderr);
        }
        assert_eq!(names(&project), ["minimal.log.json"]);
    }
}

#[test]
fn a_script_that_fills_the_disk_fills_its_tree_alone() {
    let Some(project) = doing("dd if=/dev/zero of=/var/big bs=1M") else {
        return;
    };
    let run = project.run(&["build", "--space", "64M"]).exits(3);
    for word in ["nasty 2.0-1", "No space left on device", "--space 8G"] {
        assert!(run.stderr.contains(word), "{word}\n{}", run.stderr);
    }
}

#[test]
fn a_script_that_leaves_a_daemon_is_told_and_the_daemon_ended() {
    let Some(project) = doing("sleep 1000 </dev/null >/dev/null 2>&1 &") else {
        return;
    };
    let run = project.run(&["build"]).exits(0);
    let warning = run
        .stderr
        .lines()
        .find(|line| line.starts_with("warning: "));
    assert!(
        warning.is_some_and(|line| line.contains("sleep")),
        "{}",
        run.stderr
    );
}

#[test]
fn nothing_that_a_script_does_reaches_the_host() {
    let host = Home::new();
    let trace = host.path().join("trace");
    let script = format!(
        "for place in {trace} /proc/1/root{trace} /proc/1/cwd{trace} /../..{trace}; do\n\
         (echo escaped >\"$place\") 2>/dev/null || true\ndone\n\
         test ! -e {}\n\
         echo tried >/var/tried",
        host.path().display(),
        trace = trace.display()
    );
    let Some(project) = doing(&script) else {
        return;
    };
    project.run(&["build", "--kind", "dir"]).exits(0);
    assert!(built(&project, "minimal.root/var/tried").exists());
    assert!(!trace.exists());
}

#[test]
fn a_failed_build_leaves_the_files_of_the_one_before() {
    let Some(project) = buildable(&[hello()]) else {
        return;
    };
    project.run(&["build"]).exits(0);
    let before = digest(&built(&project, "minimal.tar"));
    let failing = Package::new("hello", "1.1", "amd64").script("postinst", "#!/bin/sh\nexit 1\n");
    let Some(other) = buildable(&[failing]) else {
        return;
    };
    for name in ["formwork.toml", "formwork.lock"] {
        project.home.write(name, &other.home.read(name));
    }
    project.run(&["build"]).exits(3);
    assert_eq!(digest(&built(&project, "minimal.tar")), before);
}

#[test]
fn a_damaged_package_in_the_cache_is_fetched_again() {
    let Some(project) = buildable(&[hello()]) else {
        return;
    };
    project.run(&["build"]).exits(0);
    let before = digest(&built(&project, "minimal.tar"));
    let package = digest(&project.archive.root().join(hello().pool_path()));
    let cached = find(&project.home.cache(), &package).expect("the package in the cache");
    let bytes = fs::read(&cached).expect("a file");
    for damage in [&bytes[..bytes.len() / 2], &vec![b'x'; bytes.len()]] {
        fs::remove_file(&cached).expect("a file");
        fs::write(&cached, damage).expect("a file");
        project.run(&["build", "--no-stages"]).exits(0);
        assert_eq!(digest(&built(&project, "minimal.tar")), before);
        assert_eq!(fs::read(&cached).expect("a file"), bytes);
    }
}

/// The file below a directory whose name ends like this.
fn find(directory: &Path, ending: &str) -> Option<std::path::PathBuf> {
    for entry in fs::read_dir(directory).ok()?.flatten() {
        let path = entry.path();
        if path.is_dir() {
            if let Some(found) = find(&path, ending) {
                return Some(found);
            }
        } else if path.to_string_lossy().replace('/', "").ends_with(ending) {
            return Some(path);
        }
    }
    None
}

#[test]
fn two_builds_of_one_image_wait_for_each_other() {
    let Some(project) = buildable(&[hello()]) else {
        return;
    };
    project.run(&["fetch"]).exits(0);
    let mut builds: Vec<Child> = (0..3).map(|_| start(&project, PROGRAM)).collect();
    for build in &mut builds {
        assert!(build.wait().expect("an end").success());
    }
    let record = json(&built(&project, "minimal.buildinfo.json"));
    for file in record["files"].as_array().expect("files") {
        let name = file["path"].as_str().expect("a name");
        assert_eq!(
            file["sha256"],
            digest(&built(&project, name)).as_str(),
            "{name}"
        );
    }
    assert_eq!(names(&project).len(), 5);
}

/// Starts a build and lets it run. Whoever runs the tests may ignore SIGINT: the build does not.
fn start(project: &Project, program: impl AsRef<std::ffi::OsStr>) -> Child {
    project
        .home
        .command("env")
        .arg("--default-signal=INT")
        .arg(program)
        .arg("build")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program")
}

#[test]
fn a_build_that_is_interrupted_ends_at_once() {
    let slow = Package::new("hello", "1.1", "amd64").script("postinst", "#!/bin/sh\nsleep 60\n");
    let Some(project) = buildable(&[slow]) else {
        return;
    };
    let mut child = start(&project, PROGRAM);
    thread::sleep(Duration::from_secs(3));
    let begun = Instant::now();
    let pid = child.id().to_string();
    let sent = Command::new("kill").args(["-INT", &pid]).status();
    assert!(sent.expect("kill").success());
    assert_eq!(child.wait().expect("an end").code(), Some(130));
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(!built(&project, ".minimal.new").exists());
    assert!(!names(&project).iter().any(|name| name == "minimal.tar"));
}

#[test]
fn a_build_killed_at_any_moment_leaves_nothing_behind() {
    let Some(project) = buildable(&[hello()]) else {
        return;
    };
    // A copy of its own, so that its processes can be told from those of other tests.
    let program = project.home.path().join("formwork-to-be-killed");
    fs::copy(PROGRAM, &program).expect("a copy");
    let begun = Instant::now();
    assert!(start(&project, &program).wait().expect("an end").success());
    let whole = begun.elapsed();
    let expected = digest(&built(&project, "minimal.tar"));
    let before = mounts(&project);
    // xorshift64, by Marsaglia; the same moments in every run.
    let mut random = 0x2026_1122_u64;
    for round in 0..50 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let moment = whole.mul_f64((random % 1000) as f64 / 1000.0);
        let mut child = start(&project, &program);
        thread::sleep(moment);
        child.kill().expect("a kill");
        let ended = child.wait().expect("an end");
        let cut = ended.signal() == Some(9);
        assert!(cut || ended.success(), "{round} {moment:?} {ended}");
        assert!(gone(&program), "{round} {moment:?}: processes are left");
        assert_eq!(mounts(&project), before, "{round} {moment:?}");
        if round % 10 == 9 {
            project.run(&["build"]).exits(0);
            assert_eq!(digest(&built(&project, "minimal.tar")), expected);
            assert_eq!(names(&project).len(), 5, "{:?}", names(&project));
        }
    }
    project.run(&["cache", "verify"]).exits(0);
}

/// What is mounted where a build works; other programs may mount elsewhere meanwhile.
fn mounts(project: &Project) -> Vec<String> {
    let home = project.home.path().display().to_string();
    let text = fs::read_to_string("/proc/self/mountinfo").expect("mounts");
    let ours = |line: &&str| {
        let place = line.split(' ').nth(4).unwrap_or_default();
        let used = ["/sys/kernel", "/sys", "/mnt", "/media", "/srv"];
        place.starts_with(&home) || used.iter().any(|used| place.starts_with(used))
    };
    text.lines().filter(ours).map(str::to_owned).collect()
}

/// Waits until no process runs this program; says whether that has come about.
fn gone(program: &Path) -> bool {
    let runs = || {
        let processes = fs::read_dir("/proc").expect("processes").flatten();
        processes
            .filter_map(|entry| fs::read_link(entry.path().join("exe")).ok())
            .any(|exe| exe.starts_with(program))
    };
    let until = Instant::now() + Duration::from_secs(30);
    while runs() {
        if Instant::now() > until {
            return false;
        }
        thread::sleep(Duration::from_millis(5));
    }
    true
}

#[test]
fn a_full_disk_is_told_and_mended() {
    if !is_root() {
        eprintln!("skipped: only root can mount a small disk");
        return;
    }
    let Some(project) = buildable(&[hello()]) else {
        return;
    };
    project.run(&["fetch"]).exits(0);
    fs::create_dir(project.home.work().join("build")).expect("a directory");
    let script = format!("mount -t tmpfs -o size=1m none build && exec {PROGRAM} build");
    let run = project
        .home
        .command("unshare")
        .args(["--mount", "sh", "-c", &script])
        .output()
        .expect("unshare");
    let messages = String::from_utf8_lossy(&run.stderr);
    assert_eq!(run.status.code(), Some(3), "{messages}");
    assert!(messages.contains("disk full"), "{messages}");
    project.run(&["build"]).exits(0);
    assert_eq!(names(&project).len(), 5);
}

#[test]
fn a_user_without_subordinate_ids_is_told_what_to_do() {
    if !is_root() {
        eprintln!("skipped: only root can become somebody else");
        return;
    }
    let Some(project) = buildable(&[hello()]) else {
        return;
    };
    let opened = Command::new("chown")
        .args(["--recursive", "65534:65534"])
        .arg(project.home.path())
        .status();
    assert!(opened.expect("chown").success());
    let program = project.home.path().join("formwork");
    fs::copy(PROGRAM, &program).expect("a copy");
    let run = project
        .home
        .command("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(&program)
        .arg("build")
        .output()
        .expect("setpriv");
    let messages = String::from_utf8_lossy(&run.stderr);
    assert_eq!(run.status.code(), Some(3), "{messages}");
    assert!(messages.contains("/etc/subuid"), "{messages}");
    assert_eq!(
        messages.matches("usermod --add-subuids").count(),
        1,
        "{messages}"
    );
    // It is known before anything is fetched.
    assert!(!messages.contains("fetch"), "{messages}");
}
