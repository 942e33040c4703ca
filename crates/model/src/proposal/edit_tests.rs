use super::*;
use crate::proposal::Proposal;
use crate::source::Source;

const TEXT: &str = "\
# The second proposal.
id = 2 # never changes
title = \"Security packages\"
proposer = \"SecurityWG\"
revision = 3 # sent in February
status = \"in-review\" # until everybody has read it
due = \"2026-12-11\"
suites = [\"bullseye\", \"bookworm\"]
architectures = [\"amd64\"]

# Everybody asked for this one.
[[package]]
source = \"openssl\" # the library, too
# Two names, one for each suite.
binaries = [
    \"openssl\",
    \"libssl3 [bookworm]\", # since 3.0
    \"libssl1.1 [bullseye]\",
]

# Under fire.
[[package]]
source = \"fail2ban\"
binaries = [\"fail2ban\"]

# What people said.
[[review]]
who = \"anna\"
when = \"2026-11-20\"
revision = 3
verdict = \"comment\" # a question
comment = \"why?\"

# The end.
";

fn read(text: &str) -> Proposal {
    Proposal::read(Source::new("proposals/0002-security.toml", text))
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn comments(text: &str) -> Vec<&str> {
    let comments = text
        .lines()
        .filter_map(|line| Some(line.split_once('#')?.1));
    comments.collect()
}

fn package(source: &str) -> NewPackage {
    NewPackage {
        source: source.to_owned(),
        binaries: vec![source.to_owned()],
        ..NewPackage::default()
    }
}

#[test]
fn no_edit_loses_a_comment() {
    let review = NewReview {
        who: "ben".to_owned(),
        when: "2026-11-21".to_owned(),
        revision: 3,
        verdict: Verdict::Approve,
        package: None,
        comment: String::new(),
    };
    let edits = [
        change_head(
            TEXT,
            &[
                HeadChange::Status(Status::Approved),
                HeadChange::Revision(4),
                HeadChange::Opened(Some("2026-11-01".to_owned())),
                HeadChange::Closed("2026-12-12".to_owned()),
            ],
        ),
        add_package(TEXT, &package("acl")),
        set_state(TEXT, "fail2ban", State::UnderDiscussion, None),
        set_state(
            TEXT,
            "fail2ban",
            State::Deferred,
            Some((3, "python", "less of it")),
        ),
        add_review(TEXT, &review),
        answer(TEXT, 1, "because"),
    ];
    let mut expected = comments(TEXT);
    expected.sort_unstable();
    for edit in edits {
        let text = edit.expect("an edit");
        let mut found = comments(&text);
        found.sort_unstable();
        assert_eq!(found, expected, "{text}");
        if !text.contains("revision = 4") {
            read(&text);
        }
    }
}

#[test]
fn a_package_goes_behind_the_packages_and_before_the_reviews() {
    let text = add_package(TEXT, &package("acl")).expect("an edit");
    let at = |what: &str| {
        text.find(what)
            .unwrap_or_else(|| panic!("{what} in\n{text}"))
    };
    assert!(at("\"fail2ban\"") < at("source = \"acl\""));
    assert!(at("source = \"acl\"") < at("# What people said."));
    assert!(at("[[review]]") < at("# The end."));
    assert_eq!(read(&text).packages.len(), 3);
    let again = add_package(&text, &package("acl"));
    assert_eq!(again, Err(EditError::Twice("acl".to_owned())));
    // Taken out again, the file is what it was.
    assert_eq!(remove_package(&text, "acl").as_deref(), Ok(TEXT));
    let gone = remove_package(TEXT, "acl");
    assert_eq!(gone, Err(EditError::NoPackage("acl".to_owned())));
}

#[test]
fn the_first_review_goes_behind_the_packages() {
    let bare = TEXT.split("# What people said.").next().expect("a part");
    let text = add_review(
        bare,
        &NewReview {
            who: "anna".to_owned(),
            when: "2026-11-21".to_owned(),
            revision: 3,
            verdict: Verdict::Reject,
            package: Some("fail2ban".to_owned()),
            comment: "a \"quoted\" word".to_owned(),
        },
    )
    .expect("an edit");
    let proposal = read(&text);
    assert_eq!(proposal.reviews[0].comment, "a \"quoted\" word");
    assert!(
        text.trim_end()
            .ends_with("comment = \"a \\\"quoted\\\" word\""),
        "{text}"
    );
}

#[test]
fn who_thinks_again_has_one_verdict() {
    let mut review = NewReview {
        who: "ben".to_owned(),
        when: "2026-11-21".to_owned(),
        revision: 3,
        verdict: Verdict::Reject,
        package: None,
        comment: "no".to_owned(),
    };
    let text = add_review(TEXT, &review).expect("a first verdict");
    review.verdict = Verdict::Approve;
    review.comment = String::new();
    let text = add_review(&text, &review).expect("a second verdict");
    let proposal = read(&text);
    assert_eq!(proposal.reviews.len(), 2);
    assert_eq!(proposal.reviews[1].verdict, Verdict::Approve);
    // A comment stands beside a verdict.
    review.verdict = Verdict::Comment;
    review.comment = "but".to_owned();
    let text = add_review(&text, &review).expect("a comment");
    assert_eq!(read(&text).reviews.len(), 3);
}

#[test]
fn everything_that_can_be_written_is_read_back() {
    let head = NewProposal {
        id: 3,
        title: "A \\ \"title\"".to_owned(),
        proposer: "anna".to_owned(),
        suites: vec!["bookworm".to_owned()],
        architectures: vec!["amd64".to_owned(), "arm64".to_owned()],
        due: Some("2026-12-24".to_owned()),
        supersedes: vec![1, 2],
        notes: "first line\nsecond line".to_owned(),
        ..NewProposal::default()
    };
    let new = NewPackage {
        source: "tpm2-tools".to_owned(),
        binaries: vec!["tpm2-tools".to_owned(), "libtss2-dev [bookworm]".to_owned()],
        build_only: true,
        reason: "keys".to_owned(),
        capabilities: vec!["secure-key-storage".to_owned()],
        requirements: vec!["CR 1.5 RE(1)".to_owned()],
        needs: Some(vec!["tpm2".to_owned()]),
        alternatives: vec![("softhsm2".to_owned(), "no hardware".to_owned())],
        providers: vec![("mail-transport-agent".to_owned(), "msmtp-mta".to_owned())],
        security_tags: vec!["crypto".to_owned()],
        notes: "n".to_owned(),
        state: State::Optional,
        replaces: "tpm-tools".to_owned(),
        ..NewPackage::default()
    };
    let text = add_package(&template(&head), &new).expect("an edit");
    let text = add_package(&text, &package("acl")).expect("an edit");
    let proposal = Proposal::read(Source::new("proposals/0003-x.toml", &text))
        .unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(proposal.title, head.title);
    assert_eq!(proposal.notes, head.notes);
    let read = &proposal.packages[0];
    assert!(!read.on_target);
    assert_eq!(read.state, State::Optional);
    assert_eq!(read.alternatives[0].why_not, "no hardware");
    assert_eq!(read.providers[0].of.text, "mail-transport-agent");
    assert_eq!(read.binaries[1].suites, ["bookworm"]);
    assert_eq!(
        read.replaces.as_ref().map(|name| name.text.as_str()),
        Some("tpm-tools")
    );
    assert_eq!(proposal.packages[1].needs, None);
}
