//! `formwork rdepends`.

use super::support::World;

#[test]
fn direct_and_indirect_needs_are_told_apart() {
    let world = World::new();
    world.shows(
        "rdepends",
        &["rdepends", "libsqlite3-0", "--suite", "bookworm"],
    );
    world.shows(
        "rdepends-recursive",
        &[
            "rdepends",
            "libsqlite3-0",
            "--recursive",
            "--suite",
            "bookworm",
        ],
    );
    world.shows(
        "rdepends-virtual",
        &["rdepends", "mail-transport-agent", "--suite", "bookworm"],
    );
    world.shows(
        "rdepends-json",
        &[
            "rdepends",
            "nftables",
            "--recommends",
            "--suite",
            "bookworm",
            "--json",
        ],
    );
}

#[test]
fn an_unknown_name_is_wrong_input() {
    World::new().shows(
        "rdepends-unknown",
        &["rdepends", "libsqlite3", "--suite", "bookworm"],
    );
}
