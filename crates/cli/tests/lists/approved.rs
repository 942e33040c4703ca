//! The approved list: shown, compared, sent.

use crate::World;

#[test]
fn the_list_is_computed_compared_and_sent() {
    let world = World::new();
    let empty = world.run(&["approved"]).exits(0);
    assert_eq!(empty.stdout, "");
    world.approve(2, "access", "2026-11-20");

    let list = world.run(&["approved", "--format", "src-bin"]).exits(0);
    assert_eq!(
        list.stdout,
        "# Approved packages, bookworm: 2 source packages (2 binary packages)\nacl: acl\nglibc: libc6\n"
    );
    let list = ["approved", "--suite", "bookworm", "--format", "pkglist"];
    let list = world.run(&list).exits(0).stdout;
    assert_eq!(list, "acl,acl,1.0-1\nglibc,libc6,1.0-1\n");
    let table = world.run(&["approved"]).exits(0).stdout;
    assert!(
        table.starts_with("bookworm: 2 source packages approved (2 binary packages)\n"),
        "{table}"
    );

    let diff = world.run(&["approved", "diff", "HEAD"]).exits(0).stdout;
    assert!(
        diff.contains("bookworm: 2 binary packages added, 0 removed, 0 changed"),
        "{diff}"
    );
    world.commit("closed");
    let diff = world.run(&["approved", "diff", "HEAD"]).exits(0).stdout;
    assert!(diff.contains("no package differs"), "{diff}");

    let nothing = world.run(&["approved", "diff", "--sent"]).exits(2);
    assert!(
        nothing.stderr.contains("no list was sent to anybody"),
        "{}",
        nothing.stderr
    );
    let send = [
        "approved",
        "sent",
        "--to",
        "elts",
        "--suite",
        "bookworm",
        "--today",
        "2026-11-22",
    ];
    let sent = world.run(&send).exits(0).stdout;
    assert!(
        sent.starts_with("Written: lists/elts/bookworm/2026-11-22.toml (2 packages, sha256 "),
        "{sent}"
    );
    let _ = world.run(&send).exits(0);
    let diff = world.run(&["approved", "diff", "--sent"]).exits(0).stdout;
    assert!(
        diff.contains("elts: bookworm sent 2026-11-22 → now"),
        "{diff}"
    );
    assert!(diff.contains("no package differs"), "{diff}");
}

#[test]
fn what_the_sponsor_does_not_know_yet_is_told() {
    let world = World::new();
    world.approve(2, "access", "2026-11-20");
    let send = ["approved", "sent", "--to", "elts", "--suite", "bookworm"];
    let _ = world
        .run(&[&send[..], &["--today", "2026-11-21"]].concat())
        .exits(0);
    let frozen = "proposals/0002-access.flat.toml";
    let text = world.home.read(frozen).replace("acl=1.0-1", "acl=1.0-2");
    world.home.write(frozen, &text);
    let diff = world
        .run(&["approved", "diff", "--sent", "--to", "elts"])
        .exits(0)
        .stdout;
    assert!(diff.contains("changed  acl  1.0-1 → 1.0-2"), "{diff}");
    let again = [&send[..], &["--today", "2026-11-21"]].concat();
    let refused = world.run(&again).exits(2).stderr;
    assert!(
        refused.contains("records another list of that day"),
        "{refused}"
    );
}

#[test]
fn faults_are_told_with_their_place() {
    let world = World::new();
    let cases: [(&[&str], &str); 4] = [
        (
            &["approved", "--suite", "sid"],
            "nothing is approved in sid",
        ),
        (
            &["approved", "diff", "no-such-thing"],
            "git knows no revision 'no-such-thing'",
        ),
        (
            &["approved", "sent", "--to", "../x", "--suite", "bookworm"],
            "`../x` cannot be the name of a recipient",
        ),
        (&["approved", "merge", "nowhere"], "nowhere"),
    ];
    for (arguments, message) in cases {
        let run = world.run(arguments);
        assert!(run.status == 2 || run.status == 3, "{arguments:?}: {run:?}");
        assert!(
            run.stderr.contains(message),
            "{arguments:?}: {}",
            run.stderr
        );
    }
    world.approve(2, "access", "2026-11-20");
    std::fs::remove_file(world.home.work().join("proposals/0002-access.flat.toml")).expect("gone");
    let run = world.run(&["approved"]).exits(2);
    assert!(
        run.stderr
            .contains("proposals/0002-access.flat.toml is missing"),
        "{}",
        run.stderr
    );
}
