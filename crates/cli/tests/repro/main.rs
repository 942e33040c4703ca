//! `formwork repro`: toy images with packages that are sensitive to one thing each, and one that
//! is not.
//!
//! Like all whole builds they need root or subordinate ids, and this machine's dpkg.

#[path = "../build/support.rs"]
#[allow(dead_code)]
mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use formwork_testkit::bytes::sha256;
use formwork_testkit::package::Package;
use formwork_testkit::project::Project;
use serde_json::Value;

use support::{buildable, built, digest, hello, is_root};

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_formwork");
/// What the sensitive package writes.
const WRITTEN: &str = "/var/lib/foo/out";

/// A package whose script writes the output of a command.
fn foo(command: &str) -> Package {
    let script = format!("#!/bin/sh\nset -e\nmkdir -p /var/lib/foo\n{command} > {WRITTEN}\n");
    let mut package = Package::new("foo", "1.2-1", "amd64")
        .field("Depends", "toybox")
        .script("postinst", &script);
    // In an order that no file system keeps.
    for name in ["m", "b", "z", "a", "k", "y", "c", "x", "d", "w", "e", "v"] {
        package = package.file(&format!("usr/share/foo/{name}"), b"");
    }
    package
}

/// The package with a helper that a stand-in is known for: that of this machine's dpkg.
fn with_helper(package: Package) -> Package {
    let path = "usr/bin/dpkg-maintscript-helper";
    match fs::read(format!("/{path}")) {
        Ok(helper) => package.program(path, &helper),
        Err(_) => package,
    }
}

/// The one difference of a project, as `--json` tells it; exit code 1.
fn difference(project: &Project, arguments: &[&str]) -> Value {
    let all = [&["repro", "--json"], arguments].concat();
    let run = project.run(&all).exits(1);
    let document: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(document["same"], false);
    let all = document["differences"].as_array().expect("differences");
    let mut files = all
        .iter()
        .filter(|one| one["what"] != serde_json::json!(["time"]));
    let one = files
        .next()
        .unwrap_or_else(|| panic!("{document:#}"))
        .clone();
    assert!(files.next().is_none(), "{document:#}");
    one
}

#[test]
fn nothing_differs_where_nothing_is_sensitive() {
    let Some(project) = buildable(&[hello()]) else {
        return;
    };
    let run = project.run(&["repro", "minimal"]).exits(0);
    let tar = digest(&built(&project, "minimal.tar"));
    assert!(
        run.stdout
            .ends_with(&format!("\nsame: sha256 {tar} twice\n")),
        "{}",
        run.stdout
    );
    for word in [
        "first build   as it is",
        "+400 days · UTC+14 · tr_TR · umask 077",
        "cold",
    ] {
        assert!(run.stdout.contains(word), "{word}\n{}", run.stdout);
    }
    assert!(!built(&project, "minimal.repro").exists());
    // What is there already is not built again, as long as it is what it was.
    let found = "first build   as it is, found finished";
    let run = project.run(&["repro", "minimal"]).exits(0);
    assert!(run.stdout.contains(found), "{}", run.stdout);
    let path = built(&project, "minimal.tar");
    let mut bytes = fs::read(&path).expect("an archive");
    bytes[0] ^= 1;
    fs::write(&path, bytes).expect("written");
    let run = project.run(&["repro", "minimal"]).exits(0);
    assert!(!run.stdout.contains(found), "{}", run.stdout);
    assert_eq!(digest(&path), tar);
}

/// Each thing that is varied, a command whose answer depends on it, and what `repro` calls that.
#[test]
fn each_variation_finds_the_package_that_is_sensitive_to_it() {
    let roots = "while read -r a b c root at rest; do test $at != / || echo \"$root\"; done </proc/self/mountinfo";
    let mut table = vec![
        ("directory", roots, "directory"),
        ("time", "date +%Y-%m", "time stamp"),
        ("time-zone", "date -d @0 +%H%z", "time zone"),
        ("locale", "echo $LANG", "language"),
        ("user", "echo $USER $HOME", "user"),
        ("host-name", "cat /proc/sys/kernel/hostname", "host name"),
    ];
    if std::thread::available_parallelism().is_ok_and(|count| count.get() > 1) {
        table.push(("processors", "nproc", "processors"));
    }
    // A script that looks for the helper itself sees where the stand-in lies.
    table.push(("helpers", "command -v dpkg-maintscript-helper", ""));
    if !is_in_memory() {
        table.push(("file-order", "ls -U /usr/share/foo", "file order"));
    }
    if is_root() {
        table.push(("root", "cat /proc/self/uid_map", ""));
    }
    for (variation, command, cause) in table {
        let Some(project) = buildable(&[with_helper(foo(command))]) else {
            return;
        };
        let found = difference(&project, &["--vary", variation]);
        assert_eq!(found["path"], WRITTEN, "{variation}: {found:#}");
        if !cause.is_empty() {
            assert_eq!(found["cause"], cause, "{variation}: {found:#}");
        }
        for (key, value) in [("package", "foo"), ("version", "1.2-1"), ("by", "postinst")] {
            assert_eq!(found[key], value, "{variation}: {found:#}");
        }
        assert_eq!(found["place"], "tree");
        // It is this variation and none of the others.
        // (For another order of files the tree lies on a disk, which is another directory too.)
        let except = match variation {
            "directory" => "directory,file-order",
            one => one,
        };
        project.run(&["repro", "--except", except]).exits(0);
    }
}

/// A package's copy in the cache that unpacks faster is believed by its own digest. One that was
/// made wrongly is found, as the second build has only the package itself.
#[test]
fn what_only_a_warm_cache_gives_is_found() {
    let package = Package::new("foo", "1.2-1", "amd64")
        .field("Depends", "toybox")
        .file("usr/share/foo/word", b"genuine");
    let Some(project) = buildable(&[package]) else {
        return;
    };
    project.run(&["build"]).exits(0);
    let cache = project.home.cache().join("formwork");
    // Nothing else of this build may serve the next one.
    fs::remove_dir_all(project.home.work().join("build")).expect("what was built");
    for entry in fs::read_dir(&cache).expect("a cache").flatten() {
        let keep = ["blobs", "quick"]
            .iter()
            .any(|name| entry.file_name() == *name);
        if !keep && entry.path().is_dir() {
            fs::remove_dir_all(entry.path()).expect("removed");
        }
    }
    plant_in_the_copy(&cache, "genuine", "planted");
    let run = project
        .run(&["repro", "--json", "--vary", "cache"])
        .exits(1);
    let document: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let all = document["differences"].as_array().expect("differences");
    let word = all.iter().find(|one| one["path"] == "/usr/share/foo/word");
    let word = word.unwrap_or_else(|| panic!("{document:#}"));
    assert_eq!(word["package"], "foo", "{document:#}");
    // The sums that the tree keeps of the package's files differ with it, and nothing else.
    let of_foo = |one: &Value| {
        one["path"]
            .as_str()
            .is_some_and(|path| path.contains("/foo"))
    };
    assert!(all.len() <= 2 && all.iter().all(of_foo), "{document:#}");
    project.run(&["repro", "--except", "cache"]).exits(0);
}

/// Changes a word in the only copy of a package, and mends the digest behind it.
fn plant_in_the_copy(cache: &Path, old: &str, new: &str) {
    let directory = fs::read_dir(cache.join("quick")).expect("copies").flatten();
    let mut copies = directory.flat_map(|above| fs::read_dir(above.path()).expect("copies"));
    let copy = copies.next().expect("a copy").expect("an entry").path();
    assert!(copies.next().is_none(), "there is one");
    let name = copy.file_name().expect("a name").to_str().expect("text");
    let package = cache.join("blobs/sha256").join(&name[..2]).join(name);
    let tar = Command::new("dpkg-deb")
        .arg("--fsys-tarfile")
        .arg(package)
        .output();
    let mut tar = tar.expect("dpkg-deb").stdout;
    let at = tar
        .windows(old.len())
        .position(|part| part == old.as_bytes());
    let at = at.expect("the word");
    tar[at..at + old.len()].copy_from_slice(new.as_bytes());
    // A frame of one piece, in blocks that are not packed.
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0xa0];
    frame.extend((tar.len() as u32).to_le_bytes());
    let blocks = tar.chunks(64 << 10);
    let last = blocks.len() - 1;
    for (number, block) in blocks.enumerate() {
        let head = (block.len() as u32) << 3 | u32::from(number == last);
        frame.extend(&head.to_le_bytes()[..3]);
        frame.extend(block);
    }
    let digest = |hex: &str| -> Vec<u8> {
        let digits = (0..hex.len()).step_by(2).map(|at| &hex[at..at + 2]);
        digits
            .map(|two| u8::from_str_radix(two, 16).expect("a digit"))
            .collect()
    };
    let hashed = [b"formwork quick copy 1\n", &digest(name)[..], &frame].concat();
    frame.extend(digest(&sha256(&hashed)));
    fs::remove_file(&copy).expect("removed");
    fs::write(&copy, frame).expect("a copy");
}

/// Whether the outputs lie in memory, as the first tree does: then both have the same order.
fn is_in_memory() -> bool {
    let run = Command::new("stat")
        .args(["--file-system", "--format=%T"])
        .arg(std::env::temp_dir())
        .output();
    run.is_ok_and(|run| run.stdout.starts_with(b"tmpfs"))
}

#[test]
fn a_script_of_the_image_that_trusts_the_umask_is_found() {
    let script = "#!/bin/sh\necho secret > /etc/made\n";
    let preinst = "#!/bin/sh\necho x > /var/before\n";
    let package = Package::new("foo", "1.2-1", "amd64")
        .field("Depends", "toybox")
        .script("preinst", preinst);
    let Some(project) = buildable(&[package]) else {
        return;
    };
    project.home.write("scripts/last.sh", script);
    let image = "packages = [\"foo\"]\nvariant = \"essential\"\nscripts = [\"scripts/last.sh\"]\n";
    project.home.write("images/minimal.toml", image);
    // The package's own script runs under dpkg's umask, so it is not to blame.
    let found = difference(&project, &["--vary", "umask"]);
    assert_eq!(found["path"], "/etc/made");
    assert_eq!(found["cause"], "umask");
    assert_eq!(found["evidence"], "0644 became 0600");
    assert_eq!(
        (&found["package"], &found["by"]),
        (&Value::Null, &"scripts/last.sh".into())
    );
}

#[test]
fn differences_are_told_in_lines_and_kept() {
    let both = "date +%Y > /var/lib/foo/stamp; echo $HOME";
    let Some(project) = buildable(&[foo(both)]) else {
        return;
    };
    let run = project.run(&["repro", "minimal", "--keep"]).exits(1);
    let expected = "\
different: 2 files in the tree
  /var/lib/foo/out    user        written by foo 1.2-1's postinst
  /var/lib/foo/stamp  time stamp  written by foo 1.2-1's postinst: use SOURCE_DATE_EPOCH in place of the clock
kept: build/minimal/amd64/minimal.repro
";
    assert!(run.stdout.ends_with(expected), "{}", run.stdout);
    let second = built(&project, "minimal.repro/second");
    // The cache of the second build had packages in it and nothing that was made of them.
    assert!(second.join("cache/blobs").is_symlink());
    let long = fs::read_dir(&second).expect("a directory").flatten();
    let mut names = long.map(|entry| entry.file_name().to_string_lossy().into_owned());
    assert!(names.any(|name| name.contains(" \u{fc} ") || name.contains("\u{fc}")));
}

#[test]
fn what_brings_a_difference_about_is_found_by_bisection() {
    let random = "dd if=/dev/urandom of=/var/lib/foo/key bs=64 count=1 2>/dev/null; echo $HOME";
    let Some(project) = buildable(&[foo(random)]) else {
        return;
    };
    let arguments = ["repro", "--json", "--bisect", "--vary", "user,host-name"];
    let run = project.run(&arguments).exits(1);
    let document: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let all = document["differences"].as_array().expect("differences");
    let found: Vec<(&Value, &Value, &Value)> = all
        .iter()
        .map(|one| (&one["path"], &one["cause"], &one["variations"]))
        .collect();
    let (empty, user) = (serde_json::json!([]), serde_json::json!(["user"]));
    let expected = [
        (&"/var/lib/foo/key".into(), &"random".into(), &empty),
        (&"/var/lib/foo/out".into(), &"user".into(), &user),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_second_build_that_fails_is_a_difference_too() {
    let Some(project) = buildable(&[foo("test -d $HOME; echo there")]) else {
        return;
    };
    let run = project.run(&["repro", "--vary", "user"]).exits(1);
    assert!(
        run.stderr.contains("package foo 1.2-1: postinst failed"),
        "{}",
        run.stderr
    );
    assert_eq!(
        run.stdout,
        "different: the second build failed, the first did not\n"
    );
}

#[test]
fn what_cannot_be_varied_is_refused_by_its_name() {
    let project = support::plain();
    let run = project.run(&["repro", "--vary", "weather"]).exits(2);
    for word in ["weather", "time-zone", "file-order"] {
        assert!(run.stderr.contains(word), "{word}\n{}", run.stderr);
    }
}
