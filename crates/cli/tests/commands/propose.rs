//! `formwork propose`: a good and a bad run of the subcommands that ask no archive, as people see
//! them. What the others do is tested in `proposals`, with archives made for it.

use formwork_testkit::env::Home;

use crate::support::{PROGRAM, compare};

const PROJECT: &str = "\
[project]
name = \"toy\"
suites = [\"bookworm\"]
architectures = [\"amd64\"]

[repositories.debian]
suite = \"bookworm\"

[review]
least_days = 7

[review.groups.core]
members = [\"anna\", \"ben\"]
quorum = 2
";

const PROPOSAL: &str = "\
# Everything that can be said of a package.
id = 1
title = \"Keys\"
proposer = \"core\"
revision = 2
status = \"in-review\"
opened = \"2026-11-20\"
due = \"2026-12-04\"
suites = [\"bookworm\"]
architectures = [\"amd64\"]
notes = \"read with care\"

[[package]]
source = \"tpm2-tools\"
binaries = [\"tpm2-tools\", \"libtss2-esys0 [amd64]\"]
state = \"optional\"
reason = \"keeps keys\"
capabilities = [\"secure-key-storage\"]
requirements = [\"cr 4.1\"]
needs = [\"tpm2\"]
alternatives = [{ package = \"softhsm2\", why_not = \"a file\" }]
providers = { \"mail-transport-agent\" = \"msmtp-mta\" }
security_tags = [\"cryptography\"]
replaces = \"tpm-tools\"
notes = \"version 2 only\"

[[package]]
source = \"debhelper\"
binaries = [\"debhelper\"]
on_target = false

[[package]]
source = \"duplicity\"
state = \"deferred\"
deferred = { revision = 1, reason = \"Python 2\", first = \"a port\" }

[[review]]
who = \"anna\"
when = \"2026-11-10\"
revision = 1
verdict = \"reject\"
comment = \"too much\"
answer = \"less now\"

[[review]]
who = \"ben\"
when = \"2026-11-21\"
revision = 2
verdict = \"comment\"
package = \"tpm2-tools\"
comment = \"which boards?\"

[[review]]
who = \"anna\"
when = \"2026-11-21\"
revision = 2
verdict = \"approve\"
";

/// A project with one proposal.
fn home() -> Home {
    let home = Home::new();
    home.write("formwork.toml", PROJECT);
    home.write("proposals/0001-keys.toml", PROPOSAL);
    home
}

#[track_caller]
fn shows(home: &Home, name: &str, arguments: &[&str]) {
    let run = home.run(PROGRAM, arguments);
    let mut text = format!(
        "$ formwork {}\n(exit {})\n",
        arguments.join(" "),
        run.status
    );
    for (title, part) in [("results", &run.stdout), ("messages", &run.stderr)] {
        if !part.is_empty() {
            text.push_str(&format!("--- {title}\n{part}"));
        }
    }
    compare(name, &text);
}

#[test]
fn list_and_show_tell_how_a_proposal_stands() {
    let home = home();
    let today = ["--today", "2026-11-22"];
    shows(
        &home,
        "propose-list",
        &[&["propose", "list"][..], &today].concat(),
    );
    shows(
        &home,
        "propose-list-json",
        &[&["propose", "list", "--json"][..], &today].concat(),
    );
    shows(
        &home,
        "propose-show",
        &[&["propose", "show", "keys"][..], &today].concat(),
    );
    shows(
        &home,
        "propose-show-json",
        &[&["propose", "show", "1", "--json"][..], &today].concat(),
    );
    shows(&home, "propose-show-unknown", &["propose", "show", "9"]);
}

#[test]
fn review_and_withdraw_change_the_file() {
    let home = home();
    let who = ["--as", "ben", "--today", "2026-11-22"];
    let approve = ["propose", "review", "1", "--approve"];
    shows(&home, "propose-review", &[&approve[..], &who].concat());
    let answer = [
        "propose", "review", "1", "--answer", "2", "--text", "all", "--json",
    ];
    shows(&home, "propose-review-json", &answer);
    shows(&home, "propose-review-nothing", &["propose", "review", "1"]);
    // Verdicts are given on a revision as it is.
    let remove = ["propose", "remove", "debhelper", "--discuss"];
    shows(&home, "propose-remove-judged", &remove);
    let text = home.read("proposals/0001-keys.toml");
    let text = text.replacen("revision = 2\nstatus", "revision = 3\nstatus", 1);
    home.write("proposals/0001-keys.toml", &text);
    shows(&home, "propose-remove", &remove);
    shows(
        &home,
        "propose-withdraw",
        &["propose", "withdraw", "--today", "2026-11-23"],
    );
    shows(&home, "propose-closed", &[&approve[..], &who].concat());
    compare("propose-file", &home.read("proposals/0001-keys.toml"));
}
