use super::*;

const DATE: &str = "Date: Sat, 10 Jan 2026 09:41:12 UTC\n";

/// An entry of the list: the digest of `content`, its size, and a path.
fn entry(content: &str, path: &str) -> String {
    format!(
        " {} {} {path}\n",
        Sha256::of(content.as_bytes()),
        content.len()
    )
}

fn parse(fields: &str, entries: &[String]) -> Result<Release, String> {
    let text = format!("{fields}SHA256:\n{}", entries.concat());
    Release::parse(&text).map_err(|error| error.to_string())
}

#[test]
fn every_field() {
    let fields = "Origin: Debian\nLabel: Debian\nSuite: stable\nVersion: 12.14\nCodename: bookworm\n\
        Date: Sat, 10 Jan 2026 09:41:12 UTC\nValid-Until: Sat, 17 Jan 2026 09:41:12 UTC\n\
        Acquire-By-Hash: yes\nNo-Support-for-Architecture-all: Packages\n\
        Architectures: all amd64 arm64\nComponents: main contrib\n\
        Snapshots: https://snapshots.example/@SNAPSHOTID@/\n\
        Signed-By: AAAA,\n BBBB CCCC\nMD5Sum:\n 00 1 main/other\n";
    let entries = [
        entry("one", "main/binary-amd64/Packages.xz"),
        entry("", "main/empty"),
    ];
    let release = parse(fields, &entries).expect("a good Release");
    assert_eq!(release.origin.as_deref(), Some("Debian"));
    assert_eq!(release.label.as_deref(), Some("Debian"));
    assert_eq!(release.suite.as_deref(), Some("stable"));
    assert_eq!(release.codename.as_deref(), Some("bookworm"));
    assert_eq!(release.version.as_deref(), Some("12.14"));
    assert_eq!(release.date.to_string(), "2026-01-10T09:41:12Z");
    assert_eq!(
        release.valid_until.map(Timestamp::date).as_deref(),
        Some("2026-01-17")
    );
    assert!(release.acquire_by_hash && release.no_support_for_all);
    assert_eq!(release.architectures, ["all", "amd64", "arm64"]);
    assert_eq!(release.components, ["main", "contrib"]);
    assert_eq!(
        release.snapshots.as_deref(),
        Some("https://snapshots.example/@SNAPSHOTID@/")
    );
    assert_eq!(release.signed_by, ["AAAA", "BBBB", "CCCC"]);
    let paths: Vec<&String> = release.files.keys().collect();
    assert_eq!(paths, ["main/binary-amd64/Packages.xz", "main/empty"]);
    let expected = IndexFile {
        size: 3,
        sha256: Sha256::of(b"one"),
    };
    assert_eq!(release.files["main/binary-amd64/Packages.xz"], expected);
}

#[test]
fn what_may_be_left_out() {
    let release = parse(DATE, &[]).expect("a good Release");
    assert_eq!(release.suite, None);
    assert_eq!(release.valid_until, None);
    assert!(!release.acquire_by_hash && !release.no_support_for_all);
    assert!(release.files.is_empty());
}

#[test]
fn flags_in_the_words_of_apt() {
    for (word, expected) in [
        ("yes", true),
        ("True", true),
        ("1", true),
        ("no", false),
        ("0", false),
    ] {
        let release = parse(&format!("{DATE}Acquire-By-Hash: {word}\n"), &[]);
        assert_eq!(
            release.map(|release| release.acquire_by_hash),
            Ok(expected),
            "{word}"
        );
    }
}

#[test]
fn the_same_entry_twice_is_one() {
    let twice = [entry("one", "a"), entry("one", "a")];
    assert_eq!(parse(DATE, &twice).expect("a good Release").files.len(), 1);
}

#[test]
fn wrong_files_are_refused_where_they_are_wrong() {
    let digest = Sha256::of(b"");
    let until = format!("{DATE}Valid-Until: tomorrow\n");
    let flag = format!("{DATE}Acquire-By-Hash: maybe\n");
    let no_entries: &[String] = &[];
    let table: [(&str, &[String], &str); 15] = [
        ("Suite: a\n", no_entries, "line 1: field Date is missing"),
        (
            "Date: now\n",
            no_entries,
            "line 1: field Date: expected a time like",
        ),
        (
            &until,
            no_entries,
            "line 2: field Valid-Until: expected a time like",
        ),
        (
            &flag,
            no_entries,
            "line 2: field Acquire-By-Hash: expected `yes` or `no`, found `maybe`",
        ),
        (
            DATE,
            &[entry("", "a"), entry("x", "a")],
            "line 4: field SHA256: `a` is listed twice",
        ),
        (
            DATE,
            &[entry("", "/etc/passwd")],
            "line 3: field SHA256: path `/etc/passwd` leads out",
        ),
        (
            DATE,
            &[entry("", "a/../../b")],
            "line 3: field SHA256: path `a/../../b` leads out",
        ),
        (DATE, &[entry("", "..")], "path `..` leads out"),
        (
            DATE,
            &[entry("", "a b")],
            "line 3: field SHA256: expected `digest size path`",
        ),
        (
            DATE,
            &[" 1234 5 a\n".to_owned()],
            "expected `digest size path`, found `1234 5 a`",
        ),
        (
            DATE,
            &[format!(" {digest} -1 a\n")],
            "expected `digest size path`",
        ),
        (
            DATE,
            &[format!(" {digest} +1 a\n")],
            "expected `digest size path`",
        ),
        (
            DATE,
            &[format!(" {digest} 99999999999999999999 a\n")],
            "expected `digest size path`",
        ),
        (
            DATE,
            &[format!(" {digest} 1\n")],
            "expected `digest size path`",
        ),
        (
            DATE,
            &["\nSuite: b\n".to_owned()],
            "line 4: expected one paragraph, found another",
        ),
    ];
    for (fields, entries, expected) in table {
        let message = parse(fields, entries).expect_err(expected);
        assert!(message.contains(expected), "{message}, not {expected}");
    }
    let table = [
        ("", "line 1: expected one paragraph, found none"),
        (DATE, "line 1: field SHA256 is missing"),
        ("Date: x\nDate: y\n", "line 2: field Date stands twice"),
        (
            "-----BEGIN PGP SIGNED MESSAGE-----\n",
            "line 1: expected `Field: value`",
        ),
    ];
    for (text, expected) in table {
        let message = Release::parse(text).expect_err(expected).to_string();
        assert!(message.contains(expected), "{message}, not {expected}");
    }
}

#[test]
fn lists_by_weak_hashes_are_no_list() {
    let text = format!("{DATE}MD5Sum:\n d41d8cd98f00b204e9800998ecf8427e 0 a\n");
    let message = Release::parse(&text).expect_err("no SHA256").to_string();
    assert_eq!(message, "line 1: field SHA256 is missing");
}
