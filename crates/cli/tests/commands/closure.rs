//! `formwork closure`.

use super::support::World;

#[test]
fn a_closure_is_told_from_the_wish_outward() {
    World::new().shows("closure", &["closure", "fail2ban", "--suite", "bookworm"]);
}

#[test]
fn the_json_document_has_the_documented_shape() {
    World::new().shows(
        "closure-json",
        &["closure", "sqlite3", "--suite", "bookworm", "--json"],
    );
}

#[test]
fn format_json_is_the_same_document() {
    let world = World::new();
    let by_flag = world
        .run(&["closure", "sqlite3", "--suite", "bookworm", "--json"])
        .exits(0);
    let by_format = world
        .run(&[
            "closure", "sqlite3", "--suite", "bookworm", "--format", "json",
        ])
        .exits(0);
    assert_eq!(by_flag.stdout, by_format.stdout);
}

#[test]
fn pkglist_is_what_the_sponsors_are_sent() {
    let world = World::new();
    let run = world
        .run(&[
            "closure", "fail2ban", "--suite", "bookworm", "--format", "pkglist",
        ])
        .exits(0);
    let expected = "\
fail2ban,fail2ban,1.0.2-2
glibc,libc6,2.36-9
python3-defaults,libpython3-stdlib,3.11.2-1+b1
python3-defaults,python3,3.11.2-1+b1
python3-defaults,python3-minimal,3.11.2-1+b1
sqlite3,libsqlite3-0,3.40.1-2
";
    assert_eq!(run.stdout, expected);
}

#[test]
fn recommends_and_variants_are_by_choice() {
    let world = World::new();
    let arguments = [
        "closure",
        "fail2ban",
        "--suite",
        "bookworm",
        "--recommends",
        "--variant",
        "minbase",
    ];
    world.shows("closure-choice", &arguments);
}

#[test]
fn several_suites_give_the_newest_version() {
    // The security archive is the sibling of the given mirror.
    let world = World::own();
    let run = world
        .run(&[
            "closure",
            "libsqlite3-0",
            "-s",
            "bookworm",
            "-s",
            "bookworm-security",
            "--json",
        ])
        .exits(0);
    assert!(
        run.stdout.contains("\"version\": \"3.40.1-2+deb12u1\""),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.contains("\"repository\": \"debian-security\""),
        "{}",
        run.stdout
    );
}

#[test]
fn a_virtual_name_is_taken_where_one_package_provides_it() {
    let world = World::new();
    let run = world
        .run(&["closure", "httpd", "--suite", "bookworm"])
        .exits(0);
    assert!(
        run.stdout.starts_with("httpd needs 1 package (1 source, "),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout
            .contains("\nhttpd is served by nginx, which provides it\n  nginx  1.22.1  wish"),
        "{}",
        run.stdout
    );
    world.shows(
        "closure-virtual",
        &["closure", "mail-transport-agent", "--suite", "bookworm"],
    );
}

#[test]
fn wishes_that_name_nothing_are_wrong_input() {
    let world = World::new();
    world.shows(
        "closure-unknown",
        &[
            "closure", "mawk-ng", "fail2bna", "xyzzy", "--suite", "bookworm",
        ],
    );
    world.shows(
        "closure-version",
        &["closure", "nginx=9", "--suite", "bookworm"],
    );
    world.shows(
        "closure-syntax",
        &["closure", "fail2ban=1=2", "--suite", "bookworm"],
    );
}

#[test]
fn places_that_do_not_exist_are_wrong_input() {
    let world = World::new();
    world.shows("closure-suite", &["closure", "nginx", "--suite", "bokworm"]);
    world.shows(
        "closure-component",
        &[
            "closure",
            "nginx",
            "--suite",
            "bookworm",
            "--component",
            "mian",
        ],
    );
    world.shows(
        "closure-architecture",
        &["closure", "nginx", "--suite", "bookworm", "--arch", "amd46"],
    );
    for (option, value) in [
        ("--suite", "../x"),
        ("--component", "../x"),
        ("--arch", "a/b"),
        ("--foreign", "a/b"),
    ] {
        let run = world.run(&["closure", "nginx", option, value]).exits(2);
        let expected = format!("error: {option} {value}: it is made of ");
        assert!(run.stderr.starts_with(&expected), "{}", run.stderr);
    }
    world.shows(
        "closure-at",
        &[
            "closure",
            "nginx",
            "--suite",
            "bookworm",
            "--at",
            "yesterday",
        ],
    );
}

#[test]
fn a_component_takes_the_place_of_main() {
    let world = World::new();
    let contrib = ["--suite", "bookworm", "--component", "contrib"];
    world
        .run(&[&["closure", "fonts"], &contrib[..]].concat())
        .exits(0);
    world
        .run(&[&["closure", "nginx"], &contrib[..]].concat())
        .exits(2);
    world
        .run(
            &[
                &["closure", "nginx", "fonts", "--component", "main"],
                &contrib[..],
            ]
            .concat(),
        )
        .exits(0);
}

#[test]
fn a_foreign_architecture_is_read_where_a_wish_names_it() {
    let world = World::new();
    let run = world
        .run(&["closure", "libsqlite3-0:arm64", "--suite", "bookworm"])
        .exits(0);
    assert!(
        run.stdout.contains("  libsqlite3-0:arm64  3.40.1-2  wish"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_clash_is_explained_with_ways_out() {
    let world = World::new();
    world.shows(
        "closure-conflict",
        &["closure", "exim4", "postfix", "--suite", "bookworm"],
    );
    world.shows(
        "closure-conflict-json",
        &["closure", "broken", "--suite", "bookworm", "--json"],
    );
}

#[test]
fn a_closed_pipe_is_a_quiet_end_and_a_full_disk_is_not() {
    let world = World::new();
    let run = |tail: &str| {
        let (mirror, keyring) = (world.archive.url(), world.archive.keyring());
        let command = format!(
            "{} closure fail2ban -q -s bookworm --mirror {mirror} --keyring {} {tail}",
            super::support::PROGRAM,
            keyring.display()
        );
        world.home.run("bash", &["-o", "pipefail", "-c", &command])
    };
    let closed = run("| true").exits(0);
    assert_eq!(closed.stderr, "");
    let full = run("> /dev/full").exits(3);
    assert!(
        full.stderr
            .starts_with("error: the result could not be written: No space left"),
        "{}",
        full.stderr
    );
}

#[test]
fn what_building_a_source_needs_is_a_closure_too() {
    let world = World::new();
    let suite = ["--builds", "--suite", "bookworm"];
    world.shows(
        "closure-builds",
        &[&["closure", "sqlite3"], &suite[..]].concat(),
    );
    let run = world
        .run(&[&["closure", "sqlite"], &suite[..]].concat())
        .exits(2);
    assert!(
        run.stderr.contains("did you mean: sqlite3?"),
        "{}",
        run.stderr
    );
    let run = world
        .run(&[&["closure", "unbuildable"], &suite[..]].concat())
        .exits(1);
    assert!(run.stdout.contains("not-there"), "{}", run.stdout);
    let profile = ["--build-profile", "nocheck"];
    let run = world
        .run(&[&["closure", "unbuildable"], &suite[..], &profile].concat())
        .exits(0);
    assert!(!run.stdout.contains("not-there"), "{}", run.stdout);
}
