//! A person at a terminal: `script` gives the program one, and the answers are typed beforehand.

use super::world::{PROGRAM, World};

/// Runs the program on a terminal with these lines typed, and returns all that is seen.
fn typed(world: &World, arguments: &str, lines: &[&str]) -> (i32, String) {
    let mut input = lines.join("\n");
    input.push('\n');
    world.home.write("typed", &input);
    let command = format!("script -qefc '{PROGRAM} {arguments}' /dev/null < typed");
    let run = world.home.run("sh", &["-c", &command]);
    (run.status, run.stdout.replace('\r', ""))
}

#[test]
fn a_newcomer_is_asked_what_is_needed() {
    let world = World::new();
    let (status, seen) = typed(
        &world,
        "propose new",
        &[
            "fail2ban",
            // The provider of mail-transport-agent, in the first suite that needs one.
            "msmtp-mta",
            // On the target.
            "y",
            "locks out addresses after failed log-ins",
            // A word to search, the first hit, and no more.
            "unsuccessful",
            "1",
            "",
            // Needs.
            "lan",
            // Considered, and why not.
            "pam-shield",
            "no upload for years",
            "",
        ],
    );
    assert_eq!(status, 0, "{seen}");
    for words in [
        "fail2ban 1.0-2 (bullseye), 1.0-2 (bookworm)",
        "bookworm: brings 3 sources and 3 binaries",
        "fail2ban needs mail-transport-agent, which several packages provide",
        "CR 1.11",
        "taken: CR 1.11",
        "Written: proposals/0001-fail2ban.toml (draft, revision 1)",
        "Next: formwork propose check 1",
    ] {
        assert!(seen.contains(words), "{words} in\n{seen}");
    }
    assert_eq!(
        world.home.read("proposals/0001-fail2ban.toml"),
        "\
# A package proposal: every key is explained in docs/proposals.md.
id = 1
title = \"fail2ban\"
proposer = \"core\"
revision = 1
status = \"draft\"
suites = [\"bullseye\", \"bookworm\"]
architectures = [\"amd64\"]

[[package]]
source = \"fail2ban\"
binaries = [\"fail2ban\"]
reason = \"locks out addresses after failed log-ins\"
requirements = [\"CR 1.11\"]
needs = [\"lan\"]
alternatives = [
    { package = \"pam-shield\", why_not = \"no upload for years\" },
]
providers = { \"mail-transport-agent\" = \"msmtp-mta\" }
"
    );
}

#[test]
fn options_answer_before_anybody_is_asked_and_a_wrong_answer_is_asked_again() {
    let world = World::new();
    let (status, seen) = typed(
        &world,
        "propose new openssl --reason keys --requirement \"CR 1.8\" --alternative \"gnutls28: no tool\"",
        &["nothing", "openssl,libssl3", "maybe", "n", "none"],
    );
    assert_eq!(status, 0, "{seen}");
    assert!(seen.contains("there is no nothing"), "{seen}");
    let text = world.home.read("proposals/0001-openssl.toml");
    assert!(
        text.contains("binaries = [\"openssl\", \"libssl3 [bookworm]\"]"),
        "{text}"
    );
    assert!(text.contains("on_target = false"), "{text}");
    assert!(text.contains("needs = []"), "{text}");
}

#[test]
fn an_input_that_ends_early_writes_nothing() {
    let world = World::new();
    // Control-D on an empty line.
    let (status, seen) = typed(&world, "propose new openssl", &["1", "\u{4}"]);
    assert_eq!(status, 2, "{seen}");
    assert!(seen.contains("nothing was written"), "{seen}");
    assert!(!world.home.work().join("proposals").exists());
}
