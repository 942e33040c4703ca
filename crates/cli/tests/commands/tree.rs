//! `formwork tree`.

use super::support::World;

#[test]
fn the_tree_names_repeats_only_once() {
    let world = World::new();
    world.shows(
        "tree",
        &["tree", "fail2ban", "sqlite3", "--suite", "bookworm"],
    );
    world.shows(
        "tree-depth",
        &[
            "tree",
            "fail2ban",
            "--depth",
            "1",
            "--recommends",
            "--suite",
            "bookworm",
        ],
    );
    world.shows(
        "tree-json",
        &["tree", "cron", "--suite", "bookworm", "--json"],
    );
}

#[test]
fn what_cannot_be_installed_has_no_tree() {
    World::new().shows("tree-conflict", &["tree", "broken", "--suite", "bookworm"]);
}
