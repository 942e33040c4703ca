//! `formwork self`, and what holds for the command line as a whole.

use super::support::{PROGRAM, World};

#[test]
fn completions_and_manual_pages_are_printed() {
    let home = formwork_testkit::env::Home::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = home.run(PROGRAM, &["self", "completions", shell]).exits(0);
        assert!(
            run.stdout.contains("installable"),
            "{shell}: {}",
            run.stdout
        );
    }
    let run = home.run(PROGRAM, &["self", "man", "closure"]).exits(0);
    assert!(run.stdout.contains("formwork\\-closure"), "{}", run.stdout);
    let run = home.run(PROGRAM, &["self", "man", "nothing"]).exits(2);
    assert!(
        run.stderr.contains("no command 'nothing'"),
        "{}",
        run.stderr
    );
}

#[test]
fn wrong_words_end_with_2() {
    let home = formwork_testkit::env::Home::new();
    for arguments in [
        &[][..],
        &["clsure"],
        &["closure"],
        &["closure", "x", "--jobs", "0"],
        &["lock", "-q", "-v"],
    ] {
        let run = home.run(PROGRAM, arguments).exits(2);
        assert_eq!(run.stdout, "", "{arguments:?}");
        assert!(
            run.stderr.contains("Usage") || run.stderr.contains("error"),
            "{}",
            run.stderr
        );
    }
    home.run(PROGRAM, &["--version"]).exits(0);
}

#[test]
fn colours_come_only_when_asked_of_a_pipe() {
    let mut world = World::new();
    let arguments = ["closure", "nginx", "--suite", "bookworm"];
    let bare = world.run(&arguments).exits(0);
    assert!(!bare.stdout.contains('\u{1b}'), "{}", bare.stdout);
    world.home.set("CLICOLOR_FORCE", "1");
    let forced = world.run(&arguments).exits(0);
    assert!(forced.stdout.contains('\u{1b}'), "{}", forced.stdout);
    world.home.set("NO_COLOR", "1");
    let refused = world.run(&arguments).exits(0);
    assert!(!refused.stdout.contains('\u{1b}'), "{}", refused.stdout);
}

#[test]
fn a_quiet_run_says_nothing_but_its_result() {
    let run = World::new()
        .run(&["closure", "nginx", "--suite", "bookworm", "--quiet"])
        .exits(0);
    assert_eq!(run.stderr, "");
    assert!(!run.stdout.is_empty());
}
