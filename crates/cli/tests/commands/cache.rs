//! `formwork cache`.

use super::support::World;

#[test]
fn the_cache_is_counted_checked_and_cleaned() {
    let world = World::new();
    let run = world.run(&["cache", "info", "--json"]).exits(0);
    assert!(run.stdout.contains("\"size\": 0,"), "{}", run.stdout);
    world.run(&["closure", "nginx", "--suite", "bookworm"]).exits(0);
    let run = world.run(&["cache", "info"]).exits(0);
    assert!(run.stdout.lines().count() > 1, "{}", run.stdout);
    let run = world.run(&["cache", "verify"]).exits(0);
    assert!(run.stdout.starts_with("Checked "), "{}", run.stdout);
    let run = world.run(&["cache", "clean"]).exits(0);
    assert!(run.stdout.starts_with("Removed "), "{}", run.stdout);
    let run = world.run(&["cache", "info", "--json"]).exits(0);
    assert!(run.stdout.contains("\"size\": 0,"), "{}", run.stdout);
}

#[test]
fn an_action_is_needed() {
    let run = World::new().run(&["cache"]).exits(2);
    assert!(run.stderr.contains("verify"), "{}", run.stderr);
}
