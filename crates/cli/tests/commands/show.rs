//! `formwork show`.

use super::support::World;

#[test]
fn all_that_is_known_is_shown() {
    let world = World::new();
    world.shows("show", &["show", "fail2ban", "awk", "--suite", "bookworm"]);
    world.shows(
        "show-json",
        &["show", "python3", "--suite", "bookworm", "--json"],
    );
}

#[test]
fn an_archive_cannot_write_to_the_terminal() {
    let run = World::new()
        .run(&["show", "hostile", "--suite", "bookworm"])
        .exits(0);
    assert!(
        run.stdout.contains("a \u{fffd}[31mred\u{fffd} description"),
        "{:?}",
        run.stdout
    );
}

#[test]
fn an_unknown_name_is_wrong_input() {
    World::new().shows("show-unknown", &["show", "fail2bam", "--suite", "bookworm"]);
}
