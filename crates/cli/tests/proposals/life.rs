//! Ends and successions: what supersedes, what removes, what is rejected.

use super::world::World;

/// A proposal that somebody has written and laid before its reviewers.
fn submit(world: &World, arguments: &[&str]) {
    let new = [
        &["propose", "new"][..],
        arguments,
        &[
            "--needs",
            "none",
            "--reason",
            "x",
            "--requirement",
            "CR 1.8",
        ],
    ]
    .concat();
    let _ = world.run(&new).exits(0);
    let _ = world
        .run(&["propose", "submit", "--today", "2026-11-01"])
        .exits(0);
    world.commit();
}

/// The verdicts of both members on the only open proposal.
fn approve(world: &World) {
    for who in ["anna", "ben"] {
        let review = [
            "propose",
            "review",
            "--approve",
            "--as",
            who,
            "--today",
            "2026-11-02",
        ];
        let _ = world.run(&review).exits(0);
    }
}

/// The sources on the approved list of bookworm.
fn approved(world: &World) -> Vec<String> {
    let list = ["approved", "--suite", "bookworm", "--format", "pkglist"];
    let list = world.run(&list).exits(0).stdout;
    let mut sources: Vec<String> = list
        .lines()
        .filter_map(|line| Some(line.split_once(',')?.0.to_owned()))
        .collect();
    sources.dedup();
    sources
}

#[test]
fn a_successor_takes_the_place_of_what_was_approved() {
    let world = World::new();
    submit(&world, &["openssl", "--binary", "openssl"]);
    approve(&world);
    let _ = world
        .run(&["propose", "close", "--today", "2026-11-09"])
        .exits(0);
    assert_eq!(approved(&world), ["openssl"]);
    submit(
        &world,
        &[
            "fail2ban",
            "--supersedes",
            "1",
            "--provider",
            "mail-transport-agent=msmtp-mta",
        ],
    );
    approve(&world);
    let closed = world
        .run(&["propose", "close", "--today", "2026-11-10"])
        .exits(0);
    assert!(
        closed.stdout.contains("proposal 1 is superseded by 2"),
        "{}",
        closed.stdout
    );
    assert!(
        world
            .home
            .read("proposals/0001-openssl.toml")
            .contains("status = \"superseded\"")
    );
    assert_eq!(approved(&world), ["fail2ban", "msmtp", "python3-defaults"]);
}

#[test]
fn an_approved_package_is_taken_off_by_a_proposal() {
    let world = World::new();
    submit(&world, &["openssl", "--binary", "openssl"]);
    approve(&world);
    let _ = world
        .run(&["propose", "close", "--today", "2026-11-09"])
        .exits(0);
    submit(
        &world,
        &["openssl", "--title", "no certificates", "--state", "remove"],
    );
    approve(&world);
    let _ = world
        .run(&["propose", "close", "--today", "2026-11-10"])
        .exits(0);
    assert_eq!(approved(&world), Vec::<String>::new());
}

#[test]
fn a_rejection_closes_only_if_somebody_has_said_no() {
    let world = World::new();
    submit(&world, &["openssl", "--binary", "openssl"]);
    let close = ["propose", "close", "--rejected", "--today", "2026-11-09"];
    let refused = world.run(&close).exits(1);
    assert!(
        refused.stdout.contains("nobody rejects revision 1"),
        "{}",
        refused.stdout
    );
    let json = [&close[..], &["--json"]].concat();
    let refused = world.run(&json).exits(1);
    assert!(
        refused.stdout.contains("\"reasons\": ["),
        "{}",
        refused.stdout
    );
    let reject = [
        "propose",
        "review",
        "--reject",
        "not needed",
        "--today",
        "2026-11-02",
    ];
    let _ = world.run(&reject).exits(0);
    let _ = world.run(&close).exits(0);
    let text = world.home.read("proposals/0001-openssl.toml");
    assert!(text.contains("status = \"rejected\""), "{text}");
    assert!(
        !world
            .home
            .work()
            .join("proposals/0001-openssl.flat.toml")
            .exists()
    );
}

#[test]
fn what_is_optional_says_where() {
    let world = World::new();
    let optional = [
        "propose", "new", "openssl", "--binary", "openssl", "--reason", "x", "--state", "optional",
    ];
    let refused = world.run(&optional).exits(2);
    assert!(
        refused.stderr.contains("no feature says when it is wanted"),
        "{}",
        refused.stderr
    );
    assert!(
        !world
            .home
            .work()
            .join("proposals/0001-openssl.toml")
            .exists()
    );
    let _ = world
        .run(&[&optional[..], &["--needs", "tpm2"]].concat())
        .exits(0);
}

#[test]
fn verdicts_do_not_hold_for_packages_that_came_after_them() {
    let world = World::new();
    submit(&world, &["openssl", "--binary", "openssl"]);
    approve(&world);
    world.commit();
    let add = world.run(&["propose", "add", "fail2ban"]).exits(2);
    assert!(
        add.stderr
            .contains("anna has given a verdict on revision 1"),
        "{}",
        add.stderr
    );
    // By hand, past the commands.
    let file = "proposals/0001-openssl.toml";
    let text = world.home.read(file);
    let more = "binaries = [\"openssl\", \"libssl3 [bookworm]\"]";
    world
        .home
        .write(file, &text.replacen("binaries = [\"openssl\"]", more, 1));
    let close = ["propose", "close", "--today", "2026-11-09"];
    let refused = world.run(&close).exits(1).stdout;
    assert!(
        refused.contains("changed after the verdict of anna"),
        "{refused}"
    );
    // A comment in the file is no change.
    world
        .home
        .write(file, &format!("# Looked at twice.\n{text}"));
    let _ = world.run(&close).exits(0);
}
