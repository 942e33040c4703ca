//! Frozen lists, their union, and the record of what was sent.

use formwork_deb::sha256::Sha256;
use formwork_deb::time::Timestamp;

use super::*;
use crate::documents::Input;
use crate::source::Source;

fn day(text: &str) -> Timestamp {
    Timestamp::parse_date(text).expect(text)
}

fn source(name: &str, binaries: &[&str]) -> FrozenSource {
    let binary = |name: &&str| FrozenBinary {
        name: (*name).into(),
        version: "1:2.0-1+b1".into(),
    };
    FrozenSource {
        name: name.into(),
        version: "1:2.0-1".into(),
        binaries: binaries.iter().map(binary).collect(),
        ..FrozenSource::default()
    }
}

fn frozen(proposal: u32, closed: &str, sources: Vec<FrozenSource>) -> Frozen {
    Frozen {
        proposal,
        revision: 1,
        closed: day(closed),
        lists: vec![FrozenList {
            suite: "bookworm".into(),
            architectures: vec!["amd64".into()],
            inputs: vec![Input::new(
                "debian",
                Some("bookworm"),
                day("2026-11-01"),
                Sha256::of(b"release"),
            )],
            removed: Vec::new(),
            sources,
        }],
    }
}

#[test]
fn a_frozen_list_is_read_as_it_was_written() {
    let mut full = source("fail2ban", &["fail2ban"]);
    full.reason = "locks out \"guests\" \\ after\nfailures".into();
    full.chain = vec!["fail2ban".into()];
    full.build_only = true;
    full.needs = vec!["lan".into()];
    let mut one = frozen(
        7,
        "2026-11-22",
        vec![full, source("acl", &["acl", "libacl1"])],
    );
    one.lists[0].removed = vec!["pam-shield".into()];
    one.lists[0].sources.sort_by(|a, b| a.name.cmp(&b.name));
    let text = one.to_string();
    assert_eq!(Frozen::read(Source::new("f", &text)), Ok(one));
}

#[test]
fn a_damaged_frozen_list_is_an_error_with_its_line() {
    let good = frozen(7, "2026-11-22", vec![source("acl", &["acl"])]).to_string();
    let table = [
        (
            "format = 1",
            "format = 2",
            "this file has format 2; this Formwork reads format 1",
            3,
        ),
        (
            "proposal = 7",
            "proposal = 0",
            "`proposal` must be at least 1",
            4,
        ),
        ("closed = \"2026-11-22\"", "closed = \"soon\"", "", 6),
        (
            "name = \"acl\"",
            "name = \"a/cl\"",
            "`a/cl` cannot be the name of a package",
            17,
        ),
        ("acl=1:2.0-1+b1", "acl", "a binary is NAME=VERSION", 19),
        (
            "[[source]]",
            "<<<<<<< ours",
            "unresolved merge conflict in this file",
            15,
        ),
        (
            "[[source]]\nsuite = \"bookworm\"",
            "[[source]]\nsuite = \"sid\"",
            "there is no list of this suite",
            16,
        ),
        ("binaries =", "binarys =", "unknown key `binarys`", 19),
    ];
    for (from, to, message, line) in table {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        let error = Frozen::read(Source::new("f", &bad)).expect_err(to);
        assert!(message.is_empty() || error.message == message, "{error:?}");
        assert_eq!(error.spot.line, line, "{to}: {}", error.message);
        assert!(error.hint.is_some(), "{to}");
    }
}

#[test]
fn the_approved_list_is_the_union_less_what_later_proposals_remove() {
    let mut first = frozen(
        1,
        "2026-01-10",
        vec![
            source("acl", &["libacl1"]),
            source("pam-shield", &["libpam-shield"]),
        ],
    );
    first.lists[0].sources[0].chain = vec!["coreutils".into(), "libacl1".into()];
    let mut second = frozen(2, "2026-02-10", vec![source("acl", &["acl", "libacl1"])]);
    second.lists[0].sources[0].reason = "access lists".into();
    second.lists[0].removed = vec!["pam-shield".into()];
    let names = |frozen: &[Frozen]| -> Vec<String> {
        let lists = approved(frozen);
        let entries = lists["bookworm"].entries();
        entries
            .map(|(source, binary, _)| format!("{source}/{binary}"))
            .collect()
    };
    let both = [second.clone(), first.clone()];
    assert_eq!(names(&both), ["acl/acl", "acl/libacl1"]);
    let acl = &approved(&both)["bookworm"].sources["acl"];
    assert_eq!(acl.proposals, [1, 2].into());
    assert_eq!(acl.reason, "access lists");
    assert_eq!(acl.binaries["acl"].proposals, [2].into());
    // What was taken off may come back.
    let third = frozen(
        3,
        "2026-03-10",
        vec![source("pam-shield", &["libpam-shield"])],
    );
    assert!(names(&[third, second, first]).contains(&"pam-shield/libpam-shield".to_owned()));
}

#[test]
fn one_binary_of_a_source_may_be_taken_off() {
    let first = frozen(1, "2026-01-10", vec![source("acl", &["acl", "libacl1"])]);
    let mut second = frozen(2, "2026-02-10", vec![]);
    second.lists[0].removed = vec!["acl/acl".into()];
    let lists = approved(&[first.clone(), second.clone()]);
    assert_eq!(lists["bookworm"].binaries(), 1);
    second.lists[0].removed.push("acl/libacl1".into());
    assert!(!approved(&[first, second])["bookworm"].has("acl"));
}

#[test]
fn what_was_sent_is_bound_to_its_digest() {
    let sent = Sent {
        to: "elts".into(),
        suite: "bookworm".into(),
        date: day("2026-11-22"),
        entries: vec![("acl".into(), "libacl1".into(), "2.3.1-3".into())],
    };
    let text = sent.to_string();
    assert_eq!(Sent::read(Source::new("l", &text)), Ok(sent));
    let bad = text.replace("2.3.1-3", "2.3.1-4");
    let error = Sent::read(Source::new("l", &bad)).expect_err("a changed list");
    assert_eq!(error.spot.line, 6);
}
