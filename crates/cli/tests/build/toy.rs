//! Whole builds of a toy Debian.

use std::fs;
use std::path::Path;
use std::process::Command;

use formwork_testkit::package::Package;

use super::PROGRAM;
use super::support::{PLACE, buildable, built, digest, hello, is_root, json, names};

/// All files that a build leaves, in the order of their names.
const FILES: [&str; 5] = [
    "minimal.buildinfo.json",
    "minimal.log.json",
    "minimal.packages.json",
    "minimal.tar",
    "minimal.tree.json",
];

#[test]
fn an_image_is_built_twice_with_the_same_bits() {
    let Some(project) = buildable(&[hello()]) else {
        return;
    };
    let run = project.run(&["build", "minimal"]).exits(0);
    assert_eq!(names(&project), FILES);
    let tar = digest(&built(&project, "minimal.tar"));
    let short = format!("{}…{}", &tar[..4], &tar[62..]);
    let expected = format!(
        "minimal.tar  {PLACE}/minimal.tar             sha256 {short}\n\
         packages     {PLACE}/minimal.packages.json\n\
         record       {PLACE}/minimal.buildinfo.json\n"
    );
    assert_eq!(run.stdout, expected);
    for word in ["lock  ", "fetch  ", "tree  "] {
        assert!(
            run.stderr.lines().any(|line| line.starts_with(word)),
            "{word}\n{}",
            run.stderr
        );
    }
    let before: Vec<String> = FILES.map(|name| digest(&built(&project, name))).into();
    let run = project.run(&["build", "--rebuild", "--json"]).exits(0);
    let document: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    let keys: Vec<&String> = document.as_object().expect("an object").keys().collect();
    let expected = [
        "architecture",
        "buildinfo",
        "files",
        "format",
        "image",
        "lock",
        "unchanged",
    ];
    assert_eq!(keys, expected);
    for (name, before) in FILES.iter().zip(&before) {
        let after = digest(&built(&project, name));
        assert_eq!(after == *before, *name != "minimal.log.json", "{name}");
    }
}

#[test]
fn the_tree_is_what_the_packages_say() {
    let Some(project) = buildable(&[hello()]) else {
        return;
    };
    project
        .run(&["build", "--kind", "tar", "--kind", "dir"])
        .exits(0);
    let root = built(&project, "minimal.root");
    assert_eq!(
        fs::read(root.join("usr/bin/hello")).expect("a file"),
        b"hello"
    );
    assert_eq!(
        fs::read(root.join("var/hello")).expect("a file"),
        b"configured\n"
    );
    let status = fs::read_to_string(root.join("var/lib/dpkg/status")).expect("a status");
    assert_eq!(status.matches("Status: install ok installed\n").count(), 2);
    let target = project.home.path().join("unpacked");
    fs::create_dir(&target).expect("a directory");
    let unpacked = Command::new("tar")
        .arg("-xf")
        .arg(built(&project, "minimal.tar"))
        .arg("-C")
        .arg(&target)
        .status();
    assert!(unpacked.expect("tar").success());
    let same = Command::new("diff")
        .args(["--recursive", "--no-dereference"])
        .args([&root, &target])
        .status();
    assert!(same.expect("diff").success());
    let tree = json(&built(&project, "minimal.tree.json"));
    let entries = tree["entries"].as_array().expect("entries");
    let find = |path: &str| {
        let found = entries.iter().find(|entry| entry["path"] == path);
        found.unwrap_or_else(|| panic!("no {path}"))
    };
    assert_eq!(find("/usr/bin/hello")["package"], "hello");
    assert_eq!(find("/var/hello")["package"], serde_json::Value::Null);
    assert_eq!(find("/usr/bin/dpkg")["package"], "toybox");
}

#[test]
fn the_record_is_a_chain() {
    let Some(project) = buildable(&[hello()]) else {
        return;
    };
    project.run(&["build"]).exits(0);
    let record = json(&built(&project, "minimal.buildinfo.json"));
    let lock = digest(&project.home.work().join("formwork.lock"));
    assert_eq!(record["lock_sha256"], lock.as_str());
    let steps = record["steps"].as_array().expect("steps");
    let names: Vec<&str> = steps
        .iter()
        .filter_map(|step| step["name"].as_str())
        .collect();
    assert_eq!(names, ["fetch", "tree", "tar"]);
    assert_eq!(steps[0]["read"][0]["sha256"], lock.as_str());
    assert_eq!(steps[1]["read"][1], steps[0]["wrote"][0]);
    assert_eq!(steps[2]["read"][0], steps[1]["wrote"][0]);
    let tree = digest(&built(&project, "minimal.tree.json"));
    assert_eq!(steps[1]["wrote"][0]["sha256"], tree.as_str());
    let tar = digest(&built(&project, "minimal.tar"));
    assert_eq!(steps[2]["wrote"][0]["sha256"], tar.as_str());
    for file in record["files"].as_array().expect("files") {
        let name = file["path"].as_str().expect("a name");
        assert_eq!(
            file["sha256"],
            digest(&built(&project, name)).as_str(),
            "{name}"
        );
        let size = fs::metadata(built(&project, name)).expect("a file").len();
        assert_eq!(file["size"], size);
    }
    let text = fs::read_to_string(built(&project, "minimal.buildinfo.json")).expect("text");
    for word in [&project.home.path().display().to_string(), "127.0.0.1"] {
        assert!(!text.contains(word), "{word} is this machine's");
    }
}

#[test]
fn a_project_without_a_lock_is_locked_first() {
    let Some(project) = buildable(&[hello()]) else {
        return;
    };
    let lock = project.lock();
    fs::remove_file(project.home.work().join("formwork.lock")).expect("a lock");
    let run = project.run(&["build"]).exits(0);
    assert!(
        run.stderr
            .contains("warning: there was no formwork.lock: it is written"),
        "{}",
        run.stderr
    );
    assert_eq!(project.lock(), lock);
}

#[test]
fn the_command_line_alone_describes_a_tree() {
    let Some(project) = buildable(&[hello(), Package::new("other", "1.0", "amd64")]) else {
        return;
    };
    let elsewhere = project.home.path().join("elsewhere");
    fs::create_dir(&elsewhere).expect("a directory");
    let (mirror, keyring) = (project.server.url(), project.archive.keyring());
    let mut command = project.command(&["build", "--suite", "bookworm", "--variant", "essential"]);
    let run = command
        .args(["--include", "hello,other", "--quiet", "-o", "root.tar"])
        .args(["--mirror", &mirror, "--keyring"])
        .arg(keyring)
        .current_dir(&elsewhere)
        .output()
        .expect("the program");
    let messages = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{messages}");
    assert_eq!(messages, "");
    let mut names: Vec<String> = fs::read_dir(&elsewhere)
        .expect("a directory")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let expected = [
        "buildinfo.json",
        "log.json",
        "packages.json",
        "tar",
        "tree.json",
    ];
    assert_eq!(names, expected.map(|ending| format!("root.{ending}")));
    let packages = json(&elsewhere.join("root.packages.json"));
    let list = packages["packages"].as_array().expect("packages");
    assert_eq!(list.len(), 3);
}

#[test]
fn an_ordinary_user_builds_the_same_bits() {
    if !is_root() || !Path::new("/usr/bin/newuidmap").exists() {
        eprintln!("skipped: only root can lend ids, and only newuidmap can map them");
        return;
    }
    let Some(project) = buildable(&[hello()]) else {
        return;
    };
    project.run(&["build"]).exits(0);
    let names = FILES.map(|name| built(&project, name));
    let before: Vec<String> = names.iter().map(|path| digest(path)).collect();
    let lent = project.home.path().join("lent");
    fs::write(&lent, "65534:1000000:65536\n").expect("a file");
    let program = project.home.path().join("formwork");
    fs::copy(PROGRAM, &program).expect("a copy");
    let given = Command::new("chown")
        .args(["--recursive", "65534:65534"])
        .arg(project.home.path())
        .status();
    assert!(given.expect("chown").success());
    // In a view of the file system of its own; the machine's files stay as they are.
    let script = format!(
        "chown root {lent} && mount --bind {lent} /etc/subuid && mount --bind {lent} /etc/subgid \
         && exec setpriv --reuid=65534 --regid=65534 --clear-groups {} build",
        program.display(),
        lent = lent.display()
    );
    let run = project
        .home
        .command("unshare")
        .args(["--mount", "sh", "-c", &script])
        .output()
        .expect("unshare");
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    let log = json(&built(&project, "minimal.log.json"));
    assert_eq!(log["host"]["root"], false);
    for ((path, before), name) in names.iter().zip(&before).zip(FILES) {
        assert_eq!(
            digest(path) == *before,
            name != "minimal.log.json",
            "{name}"
        );
    }
}
