//! Flat lists of toy closures.

use std::collections::BTreeMap;

use formwork_model::approved::{ApprovedBinary, ApprovedList, ApprovedSource};
use formwork_model::documents::Flat;
use formwork_model::proposal::Proposal;
use formwork_model::source::Source;

use super::*;

/// A proposal that asks for each kind of package.
pub(crate) const PROPOSAL: &str = r#"
id = 1
title = "Security packages"
proposer = "security"
revision = 3
status = "draft"
suites = ["bookworm"]
architectures = ["amd64", "arm64"]

[[package]]
source = "fail2ban"
binaries = ["fail2ban"]
reason = "locks out addresses after failed log-ins"
requirements = ["CR 1.11"]
security_tags = ["network"]

[[package]]
source = "acl"
binaries = ["acl"]
reason = "access lists"

[[package]]
source = "tpm2-tools"
binaries = ["tpm2-tools"]
state = "optional"
needs = ["tpm2"]

[[package]]
source = "pkgconf"
binaries = ["pkgconf"]
on_target = false

[[package]]
source = "suricata"
binaries = ["suricata"]
state = "under-discussion"

[[package]]
source = "duplicity"
binaries = ["duplicity"]
state = "deferred"
deferred = { revision = 2, reason = "old Python", first = "a port" }

[[package]]
source = "pam-shield"
state = "remove"
"#;

pub(crate) fn proposal() -> Proposal {
    Proposal::read(Source::new("proposals/0001-security.toml", PROPOSAL)).expect("a proposal")
}

/// Packages from rows `NAME SOURCE WISH NEEDED-BY…`, where a name in `NEEDED-BY` is an earlier row.
pub(crate) fn closed(architecture: &str, on_target: bool, rows: &[&str]) -> Closed {
    let names: Vec<&str> = rows
        .iter()
        .map(|row| row.split(' ').next().expect("a name"))
        .collect();
    let packages = rows.iter().map(|row| {
        let words: Vec<&str> = row.split(' ').collect();
        let link = |by: &&str| Link {
            by: names.iter().position(|name| name == by).expect("a row"),
            relation: format!("Depends {}", words[0]),
        };
        ClosedPackage {
            name: words[0].into(),
            version: "1.0-1".into(),
            source: words[1].into(),
            source_version: "1.0-1".into(),
            size: 1000,
            installed_size: 4096,
            wish: match words[2] {
                "always" => Some(Wished::Always),
                "optional" => Some(Wished::Optional),
                _ => None,
            },
            needed_by: words[3..].iter().map(link).collect(),
        }
    });
    Closed {
        architecture: architecture.into(),
        on_target,
        packages: packages.collect(),
    }
}

pub(crate) fn closures() -> Vec<Closed> {
    let rows = [
        "acl acl always",
        "fail2ban fail2ban always",
        "libacl1 acl - acl",
        "libc6 glibc - libacl1 python3 libtss2",
        "libtss2 tpm2-tss - tpm2-tools",
        "msmtp-mta msmtp -",
        "python3 python3-defaults - fail2ban",
        "tpm2-tools tpm2-tools optional",
    ];
    vec![
        closed("amd64", true, &rows),
        closed(
            "arm64",
            true,
            &rows[..5]
                .iter()
                .chain(&rows[6..])
                .copied()
                .collect::<Vec<_>>(),
        ),
        closed(
            "amd64",
            false,
            &["libpkgconf3 pkgconf - pkgconf", "pkgconf pkgconf always"],
        ),
    ]
}

/// An approved list from `SOURCE BINARY…` rows.
pub(crate) fn approved(rows: &[&str]) -> ApprovedList {
    let source = |row: &&str| {
        let mut words = row.split(' ').map(str::to_owned);
        let name = words.next().expect("a name");
        let binary = |name| {
            let binary = ApprovedBinary {
                proposals: [9].into(),
                version: "0.9-1".into(),
            };
            (name, binary)
        };
        let source = ApprovedSource {
            proposals: [9].into(),
            version: "0.9-1".into(),
            binaries: words.map(binary).collect(),
            chain: vec!["bash".into(), name.clone()],
            ..ApprovedSource::default()
        };
        (name, source)
    };
    ApprovedList {
        suite: "bookworm".into(),
        sources: rows.iter().map(source).collect::<BTreeMap<_, _>>(),
    }
}

pub(crate) fn toy(all: bool) -> Flat {
    let approved = approved(&["acl libacl1", "glibc libc-bin libc6", "adduser adduser"]);
    let ingredients = Ingredients {
        proposal: &proposal(),
        suite: "bookworm",
        inputs: &[],
        approved: Some(&approved),
        closures: &closures(),
        notes: &[],
    };
    flat(&ingredients, all)
}

fn entry<'a>(flat: &'a Flat, source: &str) -> &'a FlatSource {
    let mut sources = flat.sources.iter();
    sources.find(|one| one.source == source).expect(source)
}

#[test]
fn every_source_has_its_reason_or_the_chain_that_brings_it() {
    let flat = toy(false);
    let names: Vec<&str> = flat.sources.iter().map(|one| one.source.as_str()).collect();
    // The provider that nothing needed is not there.
    assert_eq!(
        names,
        [
            "acl",
            "fail2ban",
            "glibc",
            "pkgconf",
            "python3-defaults",
            "tpm2-tools",
            "tpm2-tss"
        ]
    );
    assert_eq!(
        entry(&flat, "fail2ban").reason,
        "locks out addresses after failed log-ins"
    );
    let glibc = entry(&flat, "glibc");
    assert_eq!(glibc.chain, ["acl", "libacl1", "libc6"]);
    assert_eq!(glibc.relations, ["Depends libacl1", "Depends libc6"]);
    assert!(!glibc.optional, "it holds everywhere");
    assert_eq!(glibc.packages[0].architectures, ["amd64", "arm64"]);
}

#[test]
fn what_only_an_optional_package_needs_is_optional_as_well() {
    let flat = toy(false);
    for source in ["tpm2-tools", "tpm2-tss"] {
        assert!(entry(&flat, source).optional, "{source}");
        assert_eq!(entry(&flat, source).needs, ["tpm2"], "{source}");
    }
    assert!(entry(&flat, "pkgconf").build_only);
    assert!(!entry(&flat, "acl").build_only);
}

#[test]
fn an_approved_source_is_marked_and_its_new_binaries_are_named() {
    let flat = toy(false);
    let acl = entry(&flat, "acl");
    assert!(acl.approved);
    assert_eq!(acl.binaries, ["acl", "libacl1"]);
    assert_eq!(acl.new_binaries, ["acl"]);
    assert_eq!(acl.approved_by, [9]);
    assert_eq!((flat.proposed, flat.approved, flat.total), (5, 2, 7));
}

#[test]
fn all_holds_the_whole_approved_list() {
    let flat = toy(true);
    assert_eq!((flat.proposed, flat.approved, flat.total), (5, 3, 8));
    assert_eq!(entry(&flat, "glibc").binaries, ["libc-bin", "libc6"]);
    assert_eq!(entry(&flat, "adduser").chain, ["bash", "adduser"]);
}

#[test]
fn what_is_asked_for_otherwise_is_in_no_total() {
    let flat = toy(true);
    assert_eq!(flat.removed, ["pam-shield"]);
    assert_eq!(flat.under_discussion[0].source, "suricata");
    assert_eq!(flat.deferred[0].first, "a port");
}

#[test]
fn a_cycle_of_needs_ends() {
    let closed = closed("amd64", true, &["a a always b", "b b - a"]);
    let found = chains(&closed.packages);
    assert_eq!(found[1].as_ref().expect("reached").names, ["a", "b"]);
}
