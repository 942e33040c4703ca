//! Every fault of a proposal and of what it stands on, as a person sees it: file, line, and what to
//! try; never a half-written file.

use super::world::World;

/// A sound proposal.
const SOUND: &str = "\
id = 1
title = \"Certificates\"
proposer = \"core\"
revision = 1
status = \"in-review\"
opened = \"2026-11-01\"
due = \"2026-11-10\"
suites = [\"bullseye\", \"bookworm\"]
architectures = [\"amd64\"]

[[package]]
source = \"openssl\"
binaries = [\"openssl\"]
reason = \"keys\"
requirements = [\"CR 1.8\"]
needs = []

[[review]]
who = \"anna\"
when = \"2026-11-02\"
revision = 1
verdict = \"approve\"
";

/// What is written instead of what, and the place and words of the complaint.
const FAULTS: &[(&str, &str, &str, &str)] = &[
    ("reason = ", "raeson = ", "14:1", "unknown key `raeson`"),
    (
        "due = \"2026-11-10\"",
        "due = \"2026-11-31\"",
        "7:7",
        "`2026-11-31` is not a date",
    ),
    (
        "\"CR 1.8\"",
        "\"CR 1.88\"",
        "15:17",
        "no requirement `CR 1.88`",
    ),
    (
        "needs = []",
        "needs = [\"tmp2\"]",
        "16:10",
        "no feature `tmp2`",
    ),
    (
        "proposer = \"core\"",
        "proposer = \"croe\"",
        "3:12",
        "`croe` is neither a group nor a member",
    ),
    (
        "[[review]]",
        "<<<<<<< HEAD\n[[review]]",
        "18:1",
        "unresolved merge conflict in this file",
    ),
    (
        "verdict = \"approve\"\n",
        "verdict = \"approve\"\n\n[[review]]\nwho = \"anna\"\nwhen = \"2026-11-03\"\nrevision = 1\n\
         verdict = \"reject\"\ncomment = \"no\"\n",
        "24:1",
        "`anna` gives two verdicts on the whole of revision 1",
    ),
    (
        "verdict = \"approve\"",
        "verdict = \"yes\"",
        "22:11",
        "`yes` is not a verdict",
    ),
];

#[test]
fn every_fault_of_a_file_names_its_line() {
    let world = World::new();
    for (from, to, place, message) in FAULTS {
        assert!(SOUND.contains(from), "{from}");
        world.home.write(
            "proposals/0001-certificates.toml",
            &SOUND.replacen(from, to, 1),
        );
        let run = world.run(&["propose", "list"]).exits(2);
        let frame = format!("┌ proposals/0001-certificates.toml:{place}");
        assert!(run.stderr.contains(message), "{to}: {}", run.stderr);
        assert!(run.stderr.contains(&frame), "{to}: {}", run.stderr);
        assert_eq!(run.stdout, "");
    }
    world.home.write("proposals/0001-certificates.toml", SOUND);
    let _ = world.run(&["propose", "list"]).exits(0);
}

#[test]
fn numbers_are_used_once_and_no_succession_goes_in_a_circle() {
    let world = World::new();
    let with = |id: u32, more: &str| SOUND.replacen("id = 1\n", &format!("id = {id}\n{more}"), 1);
    world.home.write("proposals/0001-certificates.toml", SOUND);
    world.home.write("proposals/0001-other.toml", SOUND);
    let run = world.run(&["propose", "list"]).exits(2);
    assert!(
        run.stderr.contains("the number 1 is taken"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("0001-other.toml:1:6"), "{}", run.stderr);
    std::fs::remove_file(world.home.work().join("proposals/0001-other.toml")).expect("removed");
    world.home.write(
        "proposals/0001-certificates.toml",
        &with(1, "supersedes = [2]\n"),
    );
    world
        .home
        .write("proposals/0002-other.toml", &with(2, "supersedes = [1]\n"));
    let run = world.run(&["propose", "list"]).exits(2);
    assert!(
        run.stderr.contains("in a circle: 1 → 2 → 1"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("0001-certificates.toml:2:15"),
        "{}",
        run.stderr
    );
}

#[test]
fn faults_of_catalogues_boards_and_rules_name_their_line() {
    let world = World::new();
    let table = [
        (
            "requirements/own.toml",
            "[[requirement]]\nid = \"CR 1.1\"\ntitle = \"again\"\n",
            "2:6",
            "`CR 1.1` is described already",
        ),
        (
            "requirements/own.toml",
            "[capabilities.x]\ntitle = \"x\"\nrequirements = [\"CR 1.99\"]\n",
            "1:15",
            "no requirement `CR 1.99`",
        ),
        (
            "boards/own.toml",
            "title = \"x\"\narchitecture = \"amd64\"\nfeatures = [\"tpm3\"]\n",
            "3:13",
            "no feature `tpm3`",
        ),
    ];
    for (file, text, place, message) in table {
        world.home.write(file, text);
        let run = world.run(&["propose", "list"]).exits(2);
        assert!(run.stderr.contains(message), "{}", run.stderr);
        assert!(
            run.stderr.contains(&format!("┌ {file}:{place}")),
            "{}",
            run.stderr
        );
        std::fs::remove_file(world.home.work().join(file)).expect("removed");
    }
}

#[test]
fn packages_that_no_archive_has_are_named_with_their_line() {
    let world = World::new();
    let table = [
        (
            "source = \"openssl\"",
            "source = \"opensll\"",
            "13:13",
            "is built from the source openssl",
        ),
        (
            "binaries = [\"openssl\"]",
            "binaries = [\"opensssl\"]",
            "13:13",
            "opensssl",
        ),
    ];
    for (from, to, place, word) in table {
        world.home.write(
            "proposals/0001-certificates.toml",
            &SOUND.replacen(from, to, 1),
        );
        let run = world.run(&["propose", "flat", "1"]).exits(2);
        assert!(run.stderr.contains(word), "{}", run.stderr);
        let frame = format!("┌ proposals/0001-certificates.toml:{place}");
        assert!(run.stderr.contains(&frame), "{}", run.stderr);
    }
}

#[test]
fn a_project_that_git_does_not_keep_is_told_so() {
    let world = World::new();
    std::fs::remove_dir_all(world.home.work().join(".git")).expect("removed");
    world.home.write("proposals/0001-certificates.toml", SOUND);
    let run = world.run(&["propose", "revise", "1"]).exits(2);
    assert!(run.stderr.contains("is not kept in git"), "{}", run.stderr);
    let run = world.run(&["propose", "review", "1", "--approve"]).exits(2);
    assert!(
        run.stderr.contains("git does not know your name here"),
        "{}",
        run.stderr
    );
}

#[test]
fn what_is_asked_of_a_proposal_must_be_possible() {
    let world = World::new();
    // Nobody has given a verdict yet, so that packages may come and go.
    let verdict = "verdict = \"approve\"";
    let open = SOUND.replacen(verdict, "verdict = \"comment\"\ncomment = \"x\"", 1);
    world.home.write("proposals/0001-certificates.toml", &open);
    world.commit();
    let table: &[(&[&str], &str)] = &[
        (&["show", "7"], "there is no proposal '7'"),
        (
            &["review", "1", "--approve", "--as", "eve"],
            "`eve` is no member of any group",
        ),
        (
            &["review", "1", "--approve", "--package", "openssh"],
            "has no package 'openssh'",
        ),
        (
            &["review", "1", "--answer", "4", "--text", "x"],
            "has no review 4",
        ),
        (&["remove", "acl", "--from", "1"], "has no package `acl`"),
        (
            &["add", "openssl", "--to", "1"],
            "has the package `openssl` already",
        ),
        (&["new", "opensll"], "no source package 'opensll'"),
        (
            &["new", "openssl", "--binary", "libssl9"],
            "openssl has no binary libssl9",
        ),
        (
            &["new", "openssl", "--requirement", "CR 9.9"],
            "no requirement `CR 9.9`",
        ),
        (&["new", "openssl", "--needs", "tpm"], "no feature `tpm`"),
        (
            &["new", "openssl", "--alternative", "gnutls"],
            "does not have two parts",
        ),
        (
            &["new", "openssl", "--slug", "../x"],
            "cannot be part of a file's name",
        ),
        (&["new"], "which source package is proposed?"),
        (
            &[
                "submit",
                "1",
                "--due",
                "2026-11-03",
                "--today",
                "2026-11-01",
            ],
            "lasts 7 days at least",
        ),
        (
            &["submit", "1", "--due", "soon"],
            "--due soon is not a date",
        ),
        (&["list", "--today", "now"], "--today now is not a date"),
    ];
    for (arguments, message) in table {
        let run = world.run(&[&["propose"], *arguments].concat()).exits(2);
        assert!(
            run.stderr.contains(message),
            "{arguments:?}: {}",
            run.stderr
        );
    }
    assert_eq!(world.home.read("proposals/0001-certificates.toml"), open);
    assert!(
        !world
            .home
            .work()
            .join("proposals/0002-openssl.toml")
            .exists()
    );
}

#[test]
fn whoever_names_a_binary_means_that_one() {
    let world = World::new();
    let arguments = [
        "propose", "new", "libssl3", "--suite", "bookworm", "--reason", "x",
    ];
    let _ = world.run(&arguments).exits(0);
    let text = world.home.read("proposals/0001-openssl.toml");
    assert!(
        text.contains("source = \"openssl\"\nbinaries = [\"libssl3\"]\n"),
        "{text}"
    );
}
