//! `formwork sources`.

use super::support::World;

#[test]
fn binaries_are_grouped_by_source() {
    let world = World::new();
    let run = world
        .run(&["sources", "fail2ban", "--suite", "bookworm"])
        .exits(0);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines[0], "fail2ban needs 4 sources (6 packages)");
    assert!(
        lines[3]
            .trim_start()
            .starts_with("python3-defaults  3.11.2-1  "),
        "{}",
        run.stdout
    );
    assert!(
        lines[3].ends_with("  libpython3-stdlib, python3, python3-minimal"),
        "{}",
        run.stdout
    );
    world.shows(
        "sources-json",
        &["sources", "sqlite3", "--suite", "bookworm", "--json"],
    );
}

#[test]
fn a_clash_has_no_sources() {
    let run = World::new()
        .run(&["sources", "exim4", "postfix", "--suite", "bookworm"])
        .exits(1);
    assert!(
        run.stdout
            .starts_with("No: these cannot be installed together."),
        "{}",
        run.stdout
    );
}
