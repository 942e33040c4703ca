//! The forms of one toy list, and that what is counted is what is there.

use formwork_model::source::Source;

use super::*;
use crate::flat::tests::toy;
use crate::import;

#[test]
fn the_list_as_the_groups_mail_it() {
    let all = toy(true);
    let text = src_bin(&all, &all);
    let expected = "\
# Package Proposal #1 (Security packages), rev03, bookworm: 5 proposed + 3 approved = 8 source packages (6 + 5 = 11 binary packages)
[acl: acl libacl1]
[adduser: adduser]
fail2ban: fail2ban
[glibc: libc-bin libc6]
pkgconf: libpkgconf3 pkgconf
python3-defaults: python3
tpm2-tools: tpm2-tools
tpm2-tss: libtss2
# new binaries of an approved source: acl: acl
# optional, only with tpm2: tpm2-tools tpm2-tss
# to be taken off the approved list: pam-shield
# under discussion, not part of this review: suricata: suricata
# deferred in rev02: duplicity: duplicity (old Python; first: a port)
";
    assert_eq!(text, expected);
    let new = only_new(&toy(false));
    let text = src_bin(&new, &toy(false));
    assert!(text.starts_with("# Package Proposal #1 (Security packages), rev03, bookworm: 5 proposed + 0 approved = 5 source packages (6 + 0 = 6 binary packages)\nfail2ban: fail2ban\n"), "{text}");
    assert!(!text.contains('['), "{text}");
}

/// Counts lines and words of a list as a reader with a pencil would.
fn recount(text: &str) -> [usize; 6] {
    let (mut sources, mut binaries) = ([0, 0], [0, 0]);
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let approved = usize::from(line.starts_with('['));
        sources[approved] += 1;
        let (_, words) = line.split_once(": ").expect("binaries");
        binaries[approved] += words.split(' ').count();
    }
    [
        sources[0],
        sources[1],
        sources[0] + sources[1],
        binaries[0],
        binaries[1],
        binaries[0] + binaries[1],
    ]
}

#[test]
fn each_number_of_the_headline_counts_the_lines_below_it() {
    for (list, whole) in [
        (toy(true), toy(true)),
        (only_new(&toy(false)), toy(false)),
        (toy(false), toy(false)),
    ] {
        let text = src_bin(&list, &whole);
        let first = text.lines().next().expect("a headline");
        let (_, counts) = first.split_once("bookworm: ").expect("counts");
        let numbers: Vec<usize> = counts
            .split(|letter: char| !letter.is_ascii_digit())
            .filter_map(|word| word.parse().ok())
            .collect();
        assert_eq!(numbers, recount(&text), "{text}");
        let mut names: Vec<&str> = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| {
                line.trim_start_matches('[')
                    .split(':')
                    .next()
                    .expect("a name")
            })
            .collect();
        let written = names.clone();
        names.sort();
        names.dedup();
        assert_eq!(names, written, "sorted bytewise, one line a source");
    }
}

#[test]
fn yaml_is_read_back_as_the_same_list() {
    for mut flat in [toy(true), toy(false), only_new(&toy(false))] {
        flat.sources[0].reason = "\"no\": - {x}\n# 1.0 \u{85}\u{2028} ü €".into();
        flat.title = "yes".into();
        let text = yaml(&flat);
        let read = import::yaml(Source::new("f.yml", &text)).expect("our own YAML");
        assert_eq!(read, flat);
    }
}

#[test]
fn a_pkglist_is_read_back_as_the_same_list() {
    let text = pkglist(&toy(true).sources);
    assert!(
        text.starts_with("acl,acl,1.0-1\nacl,libacl1,1.0-1\nadduser,adduser,0.9-1\n"),
        "{text}"
    );
    let read = import::pkglist(Source::new("f.pkglist", &text)).expect("our own list");
    assert_eq!(import::united(&[read]), text);
}

#[test]
fn spreadsheets_get_cells_and_never_formulas() {
    let table = [
        ("plain", "plain"),
        ("a,b", "\"a,b\""),
        ("say \"so\"", "\"say \"\"so\"\"\""),
        ("=1+1", "'=1+1"),
        ("@x,y", "\"'@x,y\""),
    ];
    for (text, expected) in table {
        assert_eq!(cell(text), expected);
    }
    let text = csv(&toy(true).sources);
    assert_eq!(text.matches("\r\n").count(), 9, "{text}");
    assert!(
        text.contains("glibc,1.0-1,libc-bin libc6,approved,false,false,,acl → libacl1 → libc6,"),
        "{text}"
    );
}

#[test]
fn markdown_keeps_its_table_whatever_a_reason_says() {
    let mut flat = toy(false);
    flat.sources[1].reason = "a | b\n<script>".into();
    let text = markdown(&flat);
    assert!(
        text.contains("| fail2ban | fail2ban | proposed | a \\| b \\<script\\> |\n"),
        "{text}"
    );
}

#[test]
fn toml_is_toml() {
    let text = toml(&toy(true));
    assert!(text.contains("\n[[source]]\nname = \"acl\"\nversion = \"1.0-1\"\nbinaries = [\"acl=1.0-1\", \"libacl1=1.0-1\"]\napproved = true\n"), "{text}");
    assert_eq!(text.matches("[[source]]").count(), 8);
}

#[test]
fn a_relation_is_told_where_it_says_more_than_the_name() {
    let mut source = toy(false).sources[0].clone();
    source.chain = ["a", "b", "c"].map(str::to_owned).into();
    source.relations = [
        "Pre-Depends b (>= 1)".to_owned(),
        "Depends x | c".to_owned(),
    ]
    .into();
    assert_eq!(chain(&source), "a → b → c (Depends x | c)");
}

#[test]
fn a_list_of_nothing_is_read_back_too() {
    let mut flat = toy(false);
    flat.sources.clear();
    let flat = crate::flat::count(flat);
    let read = import::yaml(Source::new("f.yml", &yaml(&flat)));
    assert_eq!(read, Ok(flat));
}
