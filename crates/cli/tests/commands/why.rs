//! `formwork why`.

use super::support::World;

#[test]
fn the_chain_from_the_wish_is_told() {
    let world = World::new();
    let suite = ["--suite", "bookworm"];
    let run = world
        .run(&[&["why", "libsqlite3-0", "--from", "fail2ban"], &suite[..]].concat())
        .exits(0);
    assert_eq!(
        run.stdout,
        "fail2ban → python3 (Depends python3:any) → libpython3-stdlib → libsqlite3-0\n\
         No other provider was possible.\n"
    );
    world.shows(
        "why-several",
        &[
            "why",
            "libsqlite3-0",
            "--from",
            "fail2ban",
            "sqlite3",
            "--suite",
            "bookworm",
        ],
    );
    world.shows(
        "why-provider",
        &["why", "postfix", "--from", "cron", "--suite", "bookworm"],
    );
    world.shows(
        "why-json",
        &[
            "why", "postfix", "--from", "cron", "--suite", "bookworm", "--json",
        ],
    );
}

#[test]
fn a_package_that_nothing_needs_is_a_no() {
    let world = World::new();
    world.shows(
        "why-not",
        &["why", "exim4", "--from", "cron", "--suite", "bookworm"],
    );
    world.shows(
        "why-unknown",
        &["why", "ngnix", "--from", "fail2ban", "--suite", "bookworm"],
    );
}

#[test]
fn without_wishes_and_without_a_project_there_is_nothing_to_explain() {
    World::new().shows("why-no-wish", &["why", "nginx", "--suite", "bookworm"]);
}
