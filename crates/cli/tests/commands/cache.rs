//! `formwork cache`.

use super::support::{PROGRAM, World};

#[test]
fn the_cache_is_counted_checked_and_cleaned() {
    let world = World::new();
    let run = world
        .home
        .run(PROGRAM, &["cache", "info", "--json"])
        .exits(0);
    assert!(run.stdout.contains("\"size\": 0,"), "{}", run.stdout);
    world
        .run(&["closure", "nginx", "--suite", "bookworm"])
        .exits(0);
    let run = world.home.run(PROGRAM, &["cache", "info"]).exits(0);
    assert!(run.stdout.lines().count() > 1, "{}", run.stdout);
    let run = world.home.run(PROGRAM, &["cache", "verify"]).exits(0);
    assert!(run.stdout.starts_with("Checked "), "{}", run.stdout);
    let run = world.home.run(PROGRAM, &["cache", "clean"]).exits(0);
    assert!(run.stdout.starts_with("Removed "), "{}", run.stdout);
    let run = world
        .home
        .run(PROGRAM, &["cache", "info", "--json"])
        .exits(0);
    assert!(run.stdout.contains("\"size\": 0,"), "{}", run.stdout);
}

#[test]
fn packed_blocks_are_checked_too() {
    let world = World::new();
    let pack = world.home.cache().join("formwork/blocks/0123.pack");
    std::fs::create_dir_all(pack.parent().unwrap()).unwrap();
    std::fs::write(&pack, "no pack").unwrap();
    let run = world.home.run(PROGRAM, &["cache", "verify"]).exits(1);
    assert!(run.stdout.contains("blocks/0123.pack"), "{}", run.stdout);
    assert!(!pack.exists());
    world.home.run(PROGRAM, &["cache", "verify"]).exits(0);
}

#[test]
fn an_action_is_needed() {
    let run = World::new().home.run(PROGRAM, &["cache"]).exits(2);
    assert!(run.stderr.contains("verify"), "{}", run.stderr);
}
