//! Wrong names and files: what is not known is said with the nearest that is, and with its place.

use super::PROGRAM;
use formwork_testkit::archive::Suite;
use formwork_testkit::package::Package;
use formwork_testkit::project::Project;

fn project() -> Project {
    let package = |name: &str, version: &str| Package::new(name, version, "amd64");
    let suite = Suite::new("bookworm")
        .package(
            package("mawk", "1.3")
                .field("Provides", "awk")
                .field("Essential", "yes"),
        )
        .package(package("gawk", "5.2").field("Provides", "awk"))
        .package(
            package("exim4", "4")
                .field("Provides", "mta")
                .field("Conflicts", "postfix"),
        )
        .package(package("postfix", "3"))
        .package(package("broken", "1").field("Depends", "not-there (>= 2)"));
    Project::new(PROGRAM, &suite, "\"mawk\"")
}

#[test]
fn unknown_names_are_wrong_input() {
    let project = project();
    let suite = ["--suite", "bookworm"];
    for (arguments, words) in [
        (vec!["closure", "mwak"], vec!["'mwak'", "mawk"]),
        (vec!["show", "mwak"], vec!["mwak", "mawk"]),
        (vec!["why", "mwak"], vec!["mwak"]),
        (vec!["tree", "mwak"], vec!["mwak", "mawk"]),
        (vec!["rdepends", "mwak"], vec!["mwak", "mawk"]),
        (vec!["sources", "mwak"], vec!["mwak", "mawk"]),
        (vec!["closure", "awk"], vec!["awk", "gawk", "mawk"]),
        (
            vec!["closure", "mawk", "--suite", "bokworm"],
            vec!["bokworm"],
        ),
        (
            vec!["closure", "mawk", "--component", "mian"],
            vec!["mian", "main"],
        ),
        (
            vec!["closure", "mawk", "--arch", "amd46"],
            vec!["amd46", "amd64"],
        ),
        (vec!["closure", "ma wk"], vec!["ma wk"]),
        (vec!["closure", "mawk=9"], vec!["mawk", "9", "1.3"]),
        (
            vec!["closure", "mawk", "--frobnicate"],
            vec!["--frobnicate"],
        ),
        (vec!["closre", "mawk"], vec!["closure"]),
    ] {
        let run = project.run(&arguments).exits(2);
        for word in words {
            assert!(
                run.stderr.contains(word),
                "{arguments:?}: {word} is not in:\n{}",
                run.stderr
            );
        }
        assert_eq!(run.stdout, "", "{arguments:?}");
    }
    project
        .run(&[&["closure", "mawk"][..], &suite].concat())
        .exits(0);
    // Provided by one package alone, a virtual name is taken.
    let run = project.run(&["closure", "mta"]).exits(0);
    assert!(run.stdout.contains("exim4"), "{}", run.stdout);
}

#[test]
fn a_clash_is_explained() {
    let project = project();
    let run = project.run(&["closure", "exim4", "postfix"]).exits(1);
    let all = run.stdout + &run.stderr;
    for word in ["exim4", "postfix", "conflicts"] {
        assert!(all.to_lowercase().contains(word), "{word} is not in {all}");
    }
    let run = project
        .run(&["closure", "exim4", "postfix", "--json"])
        .exits(1);
    for word in [
        "\"format\"",
        "\"conflict\"",
        "\"wishes\"",
        "\"chain\"",
        "\"ways_out\"",
    ] {
        assert!(run.stdout.contains(word), "{word} is not in {}", run.stdout);
    }
    let run = project.run(&["closure", "broken"]).exits(1);
    let all = run.stdout + &run.stderr;
    assert!(all.contains("not-there (>= 2)"), "{all}");
}

#[test]
fn faults_of_files_are_shown_with_their_place() {
    let project = project();
    let cases = [
        (
            "images/minimal.toml",
            "pakages = [\"mawk\"]\n",
            "images/minimal.toml:1:1",
            "packages",
        ),
        (
            "images/minimal.toml",
            "packages = [\"mawk\"\n",
            "images/minimal.toml:",
            "]",
        ),
        (
            "images/minimal.toml",
            "packages = [\"mawk\", \"mwak\"]\n",
            "images/minimal.toml:1:",
            "mawk",
        ),
        (
            "images/minimal.toml",
            "packages = 3\n",
            "images/minimal.toml:1:",
            "list",
        ),
        (
            "formwork.toml",
            "[project]\nnme = \"toy\"\n",
            "formwork.toml:2:1",
            "name",
        ),
        ("formwork.toml", "", "formwork.toml", "name"),
    ];
    for (path, text, place, word) in cases {
        let good = project.home.read(path);
        project.home.write(path, text);
        let run = project.run(&["lock"]).exits(2);
        for wanted in [place, word] {
            assert!(
                run.stderr.contains(wanted),
                "{text}: {wanted} is not in:\n{}",
                run.stderr
            );
        }
        project.home.write(path, &good);
    }
    project.run(&["lock"]).exits(0);
}

#[test]
fn a_spoiled_lock_is_shown_with_its_place() {
    let project = project();
    project.run(&["lock"]).exits(0);
    let good = project.lock();
    let cases = [
        (good.replace("format = 1", "format = 99"), "99"),
        (good.replacen("size = ", "size = x", 1), "formwork.lock:"),
        (format!("<<<<<<< ours\n{good}"), "formwork.lock:"),
        (good.replace("pool/main", "../../main"), "formwork.lock"),
    ];
    for (text, word) in cases {
        project.home.write("formwork.lock", &text);
        let run = project.run(&["lock", "--check"]).exits(2);
        assert!(run.stderr.contains(word), "{word} is not in {}", run.stderr);
        assert_eq!(project.lock(), text, "a spoiled lock must not be changed");
    }
}

#[test]
fn a_stale_lock_is_a_finding() {
    let project = project();
    let run = project.run(&["lock", "--check"]);
    assert_eq!(run.status, 1, "no lock is a stale lock: {}", run.stderr);
    project.run(&["lock"]).exits(0);
    project.run(&["lock", "--check"]).exits(0);
    let before = project.lock();
    project.write_image("\"mawk\", \"gawk\"");
    let run = project.run(&["lock", "--check"]).exits(1);
    let all = run.stdout + &run.stderr;
    assert!(all.contains("formwork lock"), "what to do: {all}");
    assert_eq!(project.lock(), before, "--check must not write");
    project.run(&["lock"]).exits(0);
    assert_ne!(project.lock(), before);
}

#[test]
fn locking_twice_gives_the_same_bytes() {
    let (first, second) = (project(), project());
    first.run(&["lock"]).exits(0);
    second.run(&["lock", "--jobs", "1"]).exits(0);
    assert_eq!(first.lock(), second.lock());
    let lock = first.lock();
    assert!(
        !lock.contains("127.0.0.1"),
        "the lock names a mirror: {lock}"
    );
}

#[test]
fn another_version_of_a_package_is_no_other_way() {
    let suite = Suite::new("bookworm")
        .package(Package::new("app", "1", "amd64").field("Depends", "lib"))
        .package(Package::new("lib", "1", "amd64"))
        .package(Package::new("lib", "2", "amd64"));
    let project = Project::new(PROGRAM, &suite, "\"app\"");
    let run = project.run(&["closure", "app", "--json"]).exits(0);
    assert!(run.stdout.contains("\"version\": \"2\""), "{}", run.stdout);
    assert!(
        run.stdout.contains("\"alternatives\": []"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_wish_of_several_versions_is_told_once() {
    let suite = Suite::new("bookworm")
        .package(Package::new("a", "1", "amd64").field("Conflicts", "b"))
        .package(Package::new("a", "2", "amd64").field("Conflicts", "b"))
        .package(Package::new("b", "1", "amd64"));
    let project = Project::new(PROGRAM, &suite, "\"a\"");
    let json = project.run(&["closure", "a", "b", "--json"]).exits(1);
    assert_eq!(json.stdout.matches("a is wished").count(), 2);
    let run = project.run(&["closure", "a", "b"]).exits(1);
    assert_eq!(
        run.stdout.matches("  a is wished").count(),
        1,
        "{}",
        run.stdout
    );
}
