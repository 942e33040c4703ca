//! `formwork installable`.

use super::support::World;

#[test]
fn broken_packages_are_named_with_the_reason() {
    let world = World::new();
    world.shows("installable", &["installable", "--suite", "bookworm"]);
    world.shows(
        "installable-json",
        &[
            "installable",
            "broken",
            "nginx",
            "--suite",
            "bookworm",
            "--json",
        ],
    );
}

#[test]
fn an_archive_without_fault_is_fine() {
    let run = World::new()
        .run(&["installable", "fail2ban", "nginx", "--suite", "bookworm"])
        .exits(0);
    assert_eq!(run.stdout, "All of 2 packages can be installed (amd64)\n");
}

#[test]
fn build_dependencies_of_sources_are_judged_alike() {
    let world = World::new();
    let run = world
        .run(&[
            "installable",
            "--builds",
            "unbuildable",
            "--suite",
            "bookworm",
        ])
        .exits(1);
    assert!(
        run.stdout.contains("unbuildable 1.0 source"),
        "{}",
        run.stdout
    );
    world
        .run(&["installable", "--builds", "nginx", "--suite", "bookworm"])
        .exits(2);
}
