//! `formwork search`.

use super::support::World;

#[test]
fn the_best_match_is_first() {
    let world = World::new();
    world.shows("search", &["search", "sqlite", "--suite", "bookworm"]);
    let run = world
        .run(&[
            "search", "command", "SQLite", "--suite", "bookworm", "--json",
        ])
        .exits(0);
    assert!(
        run.stdout.contains("\"name\": \"sqlite3\""),
        "{}",
        run.stdout
    );
    let run = world
        .run(&["search", "py", "--suite", "bookworm", "--limit", "1"])
        .exits(0);
    assert_eq!(run.stdout.lines().count(), 1, "{}", run.stdout);
}

#[test]
fn nothing_found_is_a_no() {
    World::new().shows(
        "search-nothing",
        &["search", "xyzzy", "--suite", "bookworm"],
    );
}
