//! From one suite to the next.

use crate::World;

#[test]
fn every_wish_of_an_image_is_told_and_a_draft_says_so() {
    let world = World::new();
    let run = world.run(&["migrate", "--to", "bookworm"]).exits(1);
    for part in [
        "bullseye → bookworm\n",
        "image gateway (amd64): 1 stay, 3 change",
        "gone      lost                              no successor is known\n",
        "replaced  libpam-cracklib  libpam-passwdqc  ",
        "split     policykit-1      pkexec polkitd   a transitional package stands for it\n",
        "The draft pulls in 4 source packages: 4 new sources, 6 new binary packages",
    ] {
        assert!(run.stdout.contains(part), "{part}\nin\n{}", run.stdout);
    }
    assert!(!world.exists("proposals/0003-bullseye-to-bookworm.toml"));
    let arguments = [
        "migrate",
        "--to",
        "bookworm",
        "--write",
        "--proposer",
        "core",
    ];
    let written = world.run(&arguments).exits(1).stdout;
    assert!(
        written.ends_with("Written: proposals/0003-bullseye-to-bookworm.toml (draft)\n"),
        "{written}"
    );
    let draft = world.home.read("proposals/0003-bullseye-to-bookworm.toml");
    for part in [
        "source = \"lost\"\nstate = \"under-discussion\"\n",
        "notes = \"lost is gone: no successor is known.\"",
        "binaries = [\"pkexec\", \"polkitd\"]\n",
    ] {
        assert!(draft.contains(part), "{part}\nin\n{draft}");
    }
    let _ = world.run(&["propose", "flat", "3"]).exits(0);
}

#[test]
fn a_suite_without_one_before_it_is_an_error() {
    let world = World::new();
    let run = world.run(&["migrate", "--to", "bullseye"]).exits(2);
    assert!(
        run.stderr
            .contains("the project has nothing in a suite before bullseye"),
        "{}",
        run.stderr
    );
}
