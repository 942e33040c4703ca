//! A packet of the toy proposal: its names, its counts, and that it is always the same.

use formwork_model::requirement::Catalogue;
use formwork_model::source::Source;

use super::*;
use crate::flat::tests::{proposal, toy};

const CATALOGUE: &str = r#"
[groups]
FR1 = "Access"

[[requirement]]
id = "CR 1.11"
title = "Unsuccessful login attempts"
group = "FR1"
levels = [1, 2, 3, 4]
tests = ["TC_1"]

[[requirement]]
id = "CR 1.5"
title = "Authenticators"
group = "FR1"
levels = [1, 2]

[features.tpm2]
title = "a TPM"
kind = "hardware"

[capabilities.secure-key-storage]
title = "keys that do not leave"
requirements = ["CR 1.5"]
packages = ["tpm2-tools"]
features = ["tpm2"]
"#;

fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::default();
    catalogue
        .add(Source::new("requirements/toy.toml", CATALOGUE))
        .expect("a catalogue");
    catalogue
}

fn files() -> Vec<File> {
    let (proposal, flat, all) = (proposal(), toy(false), toy(true));
    let rows = rows(&catalogue(), &proposal, &[], "bookworm");
    let changes = Changes {
        since: Some(2),
        written: Some(vec!["suricata: proposed → under-discussion".to_owned()]),
        packages: Some(crate::diff::flats("bookworm", None, Some(&flat))),
    };
    let made = packet(&Packet {
        proposal: &proposal,
        flat: &flat,
        all: &all,
        requirements: &rows,
        changes: &changes,
    });
    made.expect("a packet")
}

fn text(files: &[File], name: &str) -> String {
    let mut files = files.iter();
    let file = files.find(|file| file.name == name).expect(name);
    String::from_utf8(file.bytes.clone()).expect("a text")
}

#[test]
fn the_packet_has_the_files_that_groups_mail() {
    let names: Vec<String> = files().into_iter().map(|file| file.name).collect();
    assert_eq!(
        names,
        [
            "proposal_security_rev03.yml",
            "Requirements_for_proposal_security_rev03.xlsx",
            "Requirements_for_proposal_security_rev03.csv",
            "2_src-bin_sort_security.txt",
            "2_src-bin_sort_all.txt",
            "index.html",
            "mail.txt",
        ]
    );
}

#[test]
fn two_packets_are_the_same_to_the_byte() {
    assert!(files() == files());
}

#[test]
fn a_group_s_name_becomes_a_part_of_file_names() {
    let table = [
        ("Security WG", "SecurityWG"),
        ("security", "security"),
        ("../../x y", "xy"),
        ("安全", "0001"),
        ("--x", "x"),
    ];
    for (name, expected) in table {
        let mut proposal = proposal();
        proposal.proposer.text = name.into();
        assert_eq!(group(&proposal), expected);
    }
}

#[test]
fn a_requirement_is_served_by_a_package_or_told_as_unserved() {
    let files = files();
    let csv = text(&files, "Requirements_for_proposal_security_rev03.csv");
    assert_eq!(
        csv,
        "requirement,title,levels,state,capabilities,packages,hardware and network,tests,candidates\r\n\
         CR 1.5,Authenticators,1 2,not served,,,,,tpm2-tools\r\n\
         CR 1.11,Unsuccessful login attempts,1 2 3 4,served,,fail2ban,,TC_1,\r\n"
    );
}

#[test]
fn an_approved_package_serves_a_requirement_as_well() {
    let mut other = proposal();
    other.id = 7;
    let rows = rows(&catalogue(), &proposal(), &[&other], "bookworm");
    assert_eq!(rows[1].packages_told(), "[fail2ban]");
}

#[test]
fn the_mail_says_what_a_reviewer_must_know() {
    let mail = text(&files(), "mail.txt");
    assert!(
        mail.starts_with(
            "Subject: [Package Proposal #1] Security packages, rev03, bookworm: draft\n\n"
        ),
        "{mail}"
    );
    for part in [
        "  source packages        5 proposed, 2 approved already\n",
        "  new binary packages    7 (1 of approved sources)\n",
        "What changed since rev02\n  suricata: proposed → under-discussion\n",
        "\nDeferred\n  duplicity: old Python; first: a port\n",
        "\nTo be taken off the approved list\n  pam-shield\n",
        "  2_src-bin_sort_security.txt                    5 proposed source packages with 6 binary packages\n",
    ] {
        assert!(mail.contains(part), "{part}\nin\n{mail}");
    }
}

#[test]
fn the_page_needs_nothing_else_and_escapes_what_people_write() {
    let (mut proposal, mut flat) = (proposal(), toy(false));
    flat.sources[1].reason = "<script>alert(1)</script>".into();
    flat.title = "</title><img src=x>".into();
    proposal.notes = "\"><b>".into();
    let made = packet(&Packet {
        proposal: &proposal,
        flat: &flat,
        all: &flat,
        requirements: &[],
        changes: &Changes::default(),
    });
    let page = text(&made.expect("a packet"), "index.html");
    assert!(!page.contains("<script>alert"), "{page}");
    assert!(!page.contains("<img"), "{page}");
    for outside in ["http://", "https://", "src=\"", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("data-kinds=\"proposed wished\""), "{page}");
}

#[test]
fn the_spreadsheet_is_a_zip_with_fixed_times() {
    let files = files();
    let bytes = &files[1].bytes;
    assert!(bytes.starts_with(b"PK\x03\x04"));
    // The time and date of the first entry: midnight of 1980-01-01.
    assert_eq!(bytes[10..14], [0, 0, 0x21, 0]);
}
