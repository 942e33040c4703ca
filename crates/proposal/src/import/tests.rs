//! Files from elsewhere, old and hostile.

use super::*;

#[test]
fn an_older_file_is_read_as_far_as_its_keys_are_known() {
    let text = "\
proposal: {id: 1, title: Security packages, proposer: Security WG, revision: 3, debian: buster, due: 2020-02-21}
source_packages:
  fail2ban:
    binary_packages: [fail2ban]
    reason: locks out addresses
    security_tag: network
    in_target: true
    depends: [python3]
    virtual_providers: {\"<python3:any>\": python3}
    cve: {total: 5, open: 0}
    debian_versions: {buster: \"0.10.2-2.1\"}
  acl:
    binary_packages: acl, libacl1
    in_target: false
  empty:
";
    let flat = yaml(Source::new("old.yml", text)).expect("an old file");
    assert_eq!(
        (flat.proposal, flat.revision, flat.suite.as_str()),
        (1, 3, "buster")
    );
    let names: Vec<&str> = flat.sources.iter().map(|one| one.source.as_str()).collect();
    assert_eq!(names, ["acl", "empty", "fail2ban"]);
    assert_eq!(flat.sources[0].binaries, ["acl", "libacl1"]);
    assert!(flat.sources[0].build_only);
    assert_eq!(flat.sources[2].security_tags, ["network"]);
    assert!(flat.sources[2].wished);
}

#[test]
fn what_is_no_list_is_an_error_with_its_line() {
    let table = [
        ("{", "this is not a list", 1),
        ("a: 1\n", "there is no `source_packages`", 1),
        (
            "source_packages:\n  \"../x\":\n    reason: x\n",
            "`../x` is no package name",
            2,
        ),
        (
            "source_packages:\n  a:\n    binary_packages: [\"b;c\"]\n",
            "`b;c` is no package name",
            3,
        ),
        (
            "source_packages:\n  a:\n    version: [1]\n",
            "this is not a list",
            3,
        ),
        (
            "source_packages:\n  a: {}\n  a: {}\n",
            "this is not a list",
            3,
        ),
    ];
    for (text, message, line) in table {
        let error = yaml(Source::new("f.yml", text)).expect_err(text);
        assert!(
            error.message.starts_with(message),
            "{text}: {}",
            error.message
        );
        assert_eq!(error.spot.line, line, "{text}: {}", error.message);
    }
}

#[test]
fn a_file_that_grows_in_the_reading_is_refused() {
    let mut text = String::from("a: &a [x,x,x,x,x,x,x,x,x,x]\n");
    for at in 1..12 {
        let (from, to) = (char::from(b'a' + at - 1), char::from(b'a' + at));
        let tenfold = vec![format!("*{from}"); 10].join(",");
        text.push_str(&format!("{to}: &{to} [{tenfold}]\n"));
    }
    text.push_str("source_packages: {}\n");
    assert!(yaml(Source::new("f.yml", &text)).is_err());
    let deep = format!("source_packages: {}{}", "[".repeat(5000), "]".repeat(5000));
    assert!(yaml(Source::new("f.yml", &deep)).is_err());
}

#[test]
fn a_pkglist_is_read_line_by_line() {
    let text = "# from three machines\nb,b-bin,1:2.0-1\r\n\na,a,1\nb,b-bin,1:2.0-1\n";
    let list = pkglist(Source::new("l", text)).expect("a list");
    assert_eq!(list.len(), 2);
    assert_eq!(united(&[list.clone(), list]), "a,a,1\nb,b-bin,1:2.0-1\n");
}

#[test]
fn a_hostile_pkglist_is_refused_with_its_line() {
    let table = [
        ("a,b\n", "a line has three fields, this one has 2", 1),
        ("a,b,1,2\n", "a line has three fields, this one has 4", 1),
        ("a,a,1\n../x,b,1\n", "`../x` is no package name", 2),
        ("a,b\u{1b}[31m,1\n", "`b\u{1b}[31m` is no package name", 1),
        ("a,b,\n", "`` is no version", 1),
        ("a,b,1 2\n", "`1 2` is no version", 1),
        ("a,b,-\n", "`-` is no version", 1),
        (",,\n", "`` is no package name", 1),
    ];
    for (text, message, line) in table {
        let error = pkglist(Source::new("l", text)).expect_err(text);
        assert_eq!(error.message, message, "{text}");
        assert_eq!(error.spot.line, line, "{text}");
    }
}
