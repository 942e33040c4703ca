use super::*;
use crate::requirement::Catalogue;
use crate::review::Rules;
use crate::source::{FileError, Source};

/// A sound proposal; the tables below break it in one place each.
const TEXT: &str = "\
id = 2
title = \"Security packages\"
proposer = \"SecurityWG\"
revision = 3
status = \"in-review\"
opened = 2026-11-20
due = \"2026-12-11\"
suites = [\"bullseye\", \"bookworm\"]
architectures = [\"amd64\", \"armhf\"]

[[package]]
source = \"openssl\"
binaries = [\"openssl\", \"libssl3 [bookworm]\", \"libssl1.1 [bullseye any-arm]\"]
reason = \"a library\"
requirements = [\"CR 1.8\"]
needs = []

[[package]]
source = \"tpm2-tools\"
binaries = [\"tpm2-tools\"]
state = \"optional\"
capabilities = [\"secure-key-storage\"]
needs = [\"tpm2\"]

[[package]]
source = \"suricata\"
state = \"deferred\"
deferred = { revision = 2, reason = \"too much\", first = \"less\" }

[[package]]
source = \"fail2ban\"
binaries = [\"fail2ban\"]
replaces = \"pam-shield\"

[[review]]
who = \"anna\"
when = \"2026-11-21\"
revision = 3
verdict = \"approve\"

[[review]]
who = \"anna\"
when = \"2026-11-21\"
revision = 3
verdict = \"reject\"
package = \"fail2ban\"
comment = \"python\"
";

const FILE: &str = "proposals/0002-security.toml";

fn read_as(file: &str, text: &str) -> Result<Proposal, FileError> {
    Proposal::read(Source::new(file, text))
}

fn read(text: &str) -> Result<Proposal, FileError> {
    read_as(FILE, text)
}

fn catalogue() -> Catalogue {
    let text = "[[requirement]]\nid = \"CR 1.8\"\ntitle = \"certificates\"\n\
                [features.tpm2]\ntitle = \"a TPM\"\nkind = \"hardware\"\n\
                [capabilities.secure-key-storage]\ntitle = \"keys\"\n";
    let mut catalogue = Catalogue::default();
    catalogue
        .add(Source::new("requirements/a.toml", text))
        .expect("a catalogue");
    catalogue
}

fn rules() -> Rules {
    let text = "[project]\nname = \"x\"\nsuites = [\"bookworm\"]\n\
                [repositories.debian]\nsuite = \"bookworm\"\n\
                [review.groups.SecurityWG]\nmembers = [\"anna\", \"ben\"]\n";
    crate::project::Project::read(Source::new("formwork.toml", text), &[])
        .expect("a project")
        .review
}

/// Reads a proposal and checks it against the catalogue and the rules.
fn checked(text: &str) -> Result<Proposal, FileError> {
    let mut proposal = read(text)?;
    check_catalogue(&mut proposal, &catalogue())?;
    check_rules(&proposal, &rules())?;
    Ok(proposal)
}

#[test]
fn a_proposal_says_what_is_wanted_where() {
    let proposal = checked(TEXT).expect("a proposal");
    assert_eq!(proposal.name(), "0002-security");
    assert_eq!(
        proposal.opened.map(Timestamp::date).as_deref(),
        Some("2026-11-20")
    );
    let names = |suite: &str, architecture: &str| -> Vec<String> {
        let package = proposal.package("openssl").expect("openssl");
        let binaries = package.binaries_for(suite, architecture);
        binaries.map(|binary| binary.name.text.clone()).collect()
    };
    assert_eq!(names("bookworm", "amd64"), ["openssl", "libssl3"]);
    assert_eq!(names("bullseye", "armhf"), ["openssl", "libssl1.1"]);
    assert_eq!(names("bullseye", "amd64"), ["openssl"]);
    let wanted: Vec<&str> = proposal
        .wanted("bookworm")
        .map(|package| package.source.as_str())
        .collect();
    assert_eq!(wanted, ["openssl", "tpm2-tools", "fail2ban"]);
    assert_eq!(proposal.open_comments().count(), 1);
}

/// What is written instead of what, the line of the complaint, and how it begins.
const FAULTS: &[(&str, &str, u64, &str)] = &[
    // Wrong fields and types.
    (
        "title = ",
        "titel = ",
        1,
        "a proposal needs the key `title`",
    ),
    ("reason = \"a", "raeson = \"a", 14, "unknown key `raeson`"),
    ("comment = ", "coment = ", 47, "unknown key `coment`"),
    (
        "reason = \"a library\"",
        "reason = 1",
        14,
        "`reason` must be a string",
    ),
    (
        "revision = 3",
        "revision = 0",
        4,
        "`revision` must be a number from 1",
    ),
    (
        "title = \"Security packages\"",
        "title = \" \"",
        2,
        "`title` is empty",
    ),
    // Words of small vocabularies.
    ("in-review", "in-reviw", 5, "`in-reviw` is not a status"),
    (
        "\"optional\"",
        "\"optinal\"",
        21,
        "`optinal` is not a state",
    ),
    (
        "\"approve\"",
        "\"approved\"",
        39,
        "`approved` is not a verdict",
    ),
    // Dates.
    (
        "\"2026-12-11\"",
        "\"2026-13-11\"",
        7,
        "`2026-13-11` is not a date",
    ),
    ("\"2026-12-11\"", "\"soon\"", 7, "`soon` is not a date"),
    ("\"2026-12-11\"", "7", 7, "`due` must be a date"),
    (
        "due = \"2026-12-11\"",
        "",
        5,
        "a proposal that is in-review needs the key `due`",
    ),
    (
        "\"2026-12-11\"",
        "\"2026-11-11\"",
        5,
        "due on 2026-11-11, before it was opened",
    ),
    (
        "\"in-review\"",
        "\"approved\"",
        5,
        "a proposal that is approved needs the key `closed`",
    ),
    (
        "opened = 2026-11-20",
        "closed = 2026-11-20",
        5,
        "a proposal that is in-review is not",
    ),
    // Numbers.
    (
        "id = 2",
        "id = 3",
        1,
        "the file's name says number 2, its `id` says 3",
    ),
    // Packages.
    (
        "binaries = [\"tpm2-tools\"]",
        "",
        19,
        "`tpm2-tools` names no binary",
    ),
    (
        "needs = [\"tpm2\"]",
        "",
        19,
        "`tpm2-tools` is optional, but no feature",
    ),
    (
        "\"suricata\"",
        "\"openssl\"",
        26,
        "the source `openssl` is here twice",
    ),
    (
        "\"suricata\"",
        "\"suri cata\"",
        26,
        "`suri cata` cannot be the name of a package",
    ),
    (
        "state = \"deferred\"",
        "",
        26,
        "`suricata` has only one of state",
    ),
    (
        "revision = 2,",
        "revision = 4,",
        26,
        "`suricata` was deferred in revision 4",
    ),
    ("first = \"less\"", "first = \"\"", 28, "`first` is empty"),
    (
        "\"pam-shield\"",
        "\"fail2ban\"",
        33,
        "`fail2ban` cannot replace itself",
    ),
    (
        "[bookworm]",
        "[buster]",
        13,
        "`buster` is neither a suite nor",
    ),
    ("[bookworm]", "[]", 13, "`` is neither a suite"),
    (
        "\"openssl\", \"libssl3",
        "\"openssl\", \"openssl\", \"libssl3",
        13,
        "`openssl` stands here twice",
    ),
    // Names that the catalogue does not know.
    ("\"CR 1.8\"", "\"CR 1.88\"", 15, "no requirement `CR 1.88`"),
    (
        "\"secure-key-storage\"",
        "\"secure-storage\"",
        22,
        "no capability `secure-storage`",
    ),
    ("[\"tpm2\"]", "[\"tpm\"]", 23, "no feature `tpm`"),
    // Reviews.
    (
        "package = \"fail2ban\"",
        "package = \"fail2bam\"",
        46,
        "the proposal has no package",
    ),
    (
        "package = \"fail2ban\"",
        "",
        41,
        "`anna` gives two verdicts on the whole of revision 3",
    ),
    (
        "comment = \"python\"",
        "",
        41,
        "`anna` says reject without a word",
    ),
    (
        "revision = 3\nverdict = \"reject\"",
        "revision = 4\nverdict = \"reject\"",
        41,
        "a review of revision 4",
    ),
    (
        "proposer = \"SecurityWG\"",
        "proposer = \"SecurtyWG\"",
        3,
        "`SecurtyWG` is neither a group",
    ),
    ("who = \"anna\"", "who = \"ana\"", 36, "`ana` is no member"),
    // A merge that failed.
    (
        "[[review]]",
        "<<<<<<< HEAD\n[[review]]",
        35,
        "unresolved merge conflict",
    ),
    (
        "reason = \"a library\"",
        "=======",
        14,
        "unresolved merge conflict",
    ),
];

#[test]
fn every_wrong_value_is_refused_at_its_line() {
    let mut wrong = Vec::new();
    for (from, to, line, message) in FAULTS {
        assert!(TEXT.contains(from), "{from}");
        let Err(error) = checked(&TEXT.replacen(from, to, 1)) else {
            panic!("{from} → {to} passes");
        };
        let as_said = error.message.starts_with(message) && error.spot.file == FILE;
        if !as_said || error.spot.line != *line {
            wrong.push(format!("{from} → {to}: {error}, not {line}: {message}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_name_of_the_file_is_number_and_slug() {
    for file in [
        "proposals/security.toml",
        "proposals/2-security.toml",
        "proposals/0002.toml",
    ] {
        let error = read_as(file, TEXT).expect_err(file);
        assert_eq!(error.spot.line, 1);
        assert!(
            error.message.starts_with("the name of a proposal's file"),
            "{error}"
        );
    }
}

#[test]
fn proposals_hold_together() {
    let make = |id: u32, supersedes: &str, status: &str| {
        let text = TEXT
            .replacen("id = 2", &format!("id = {id}"), 1)
            .replacen("status = \"in-review\"", status, 1)
            .replacen("due = ", &format!("supersedes = {supersedes}\ndue = "), 1);
        read_as(&format!("proposals/{id:04}-x.toml"), &text).expect("a proposal")
    };
    let review = "status = \"in-review\"";
    let superseded = "status = \"superseded\"\nclosed = 2026-11-21";
    let approved = "status = \"approved\"\nclosed = 2026-11-21";
    let (one, two, three) = (
        make(1, "[3]", review),
        make(2, "[1]", review),
        make(3, "[2]", review),
    );
    let error = check_together(&[&one, &two, &three]).expect_err("a circle");
    assert_eq!(
        error.message,
        "proposals supersede each other in a circle: 1 → 3 → 2 → 1"
    );
    assert_eq!(
        (error.spot.file.as_str(), error.spot.line),
        ("proposals/0001-x.toml", 7)
    );
    let own = make(1, "[1]", review);
    assert!(
        check_together(&[&own])
            .expect_err("itself")
            .message
            .ends_with("1 → 1")
    );
    let error = check_together(&[&two]).expect_err("a gap");
    assert_eq!(error.message, "there is no proposal 1");
    assert_eq!(error.spot.line, 7);
    let other = Proposal {
        file: "proposals/0001-y.toml".to_owned(),
        ..make(1, "[]", review)
    };
    let error = check_together(&[&make(1, "[]", review), &other]).expect_err("a number twice");
    assert_eq!(error.message, "the number 1 is taken");
    assert_eq!(error.spot.file, "proposals/0001-x.toml");
    let lost = make(1, "[]", superseded);
    let error = check_together(&[&lost, &make(2, "[1]", review)]).expect_err("no successor");
    assert_eq!(error.message, "no approved proposal supersedes 1");
    check_together(&[&lost, &make(2, "[1]", approved)]).expect("a succession");
}
