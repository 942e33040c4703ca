use super::*;

/// The word for two contents when everything is varied, on a machine with two processors.
fn word(path: &str, first: &[u8], second: &[u8]) -> &'static str {
    let all = Variation::ALL.into_iter().collect();
    of_content(path, first, second, &all, 2).word
}

#[test]
fn causes_are_told_by_what_differs() {
    let table: [(&[u8], &[u8], &str); 18] = [
        (b"built 1795341600\n", b"built 1829901600\n", "time stamp"),
        (
            b"Sun Nov 22 18:00:00 UTC 2026\n",
            b"Mon Dec 27 18:00:01 UTC 2027\n",
            "time stamp",
        ),
        (b"root:*:20779:0\n", b"root:*:21179:0\n", "time stamp"),
        (b"20261122T100000Z", b"20271227T100000Z", "time stamp"),
        (b"pid 17\n", b"pid 23\n", "number"),
        (b"jobs 2\n", b"jobs 1\n", "processors"),
        (b"localhost\n", b"another-host\n", "host name"),
        (b"HOME=/root\n", b"HOME=/nonexistent/home/builder\n", "user"),
        (b"LANG=C.UTF-8\n", b"LANG=tr_TR.UTF-8\n", "language"),
        (b"10:00 +0000\n", b"00:00 +1400\n", "time zone"),
        (b"b\na\n", b"a\nb\n", "file order"),
        (b"x: b a\n", b"x: a b\n", "file order"),
        (
            b"-----BEGIN OPENSSH PRIVATE KEY-----\nab\n",
            b"-----BEGIN OPENSSH PRIVATE KEY-----\ncd\n",
            "random key",
        ),
        (
            b"0123456789abcdef0123456789abcdef\n",
            b"fedcba9876543210fedcba9876543210\n",
            "random or a digest",
        ),
        (
            b"\x1f\x8b\x08\x00\x01\x02\x03\x04rest",
            b"\x1f\x8b\x08\x00\x05\x06\x07\x08rest",
            "time stamp",
        ),
        (
            b"q8Zk2LmN0pRsTuVwXyAb\x01\x02",
            b"Jf7GhIoP5aScDeBtZ3Qx\x03\x04",
            "random",
        ),
        (b"one\n", b"two words\n", "unknown"),
        (b"abc", b"abcd", "unknown"),
    ];
    for (first, second, expected) in table {
        let shown = String::from_utf8_lossy(second);
        assert_eq!(word("/var/x", first, second), expected, "{shown}");
    }
}

#[test]
fn byte_code_has_its_time_at_a_fixed_place() {
    let mut first = b"magic...timesizecode".to_vec();
    let second = first.clone();
    first[8..12].copy_from_slice(&[1, 2, 3, 4]);
    assert_eq!(word("/usr/lib/a.pyc", &first, &second), "time stamp");
}

#[test]
fn only_what_was_varied_is_blamed() {
    let none = BTreeSet::new();
    let found = of_content("/x", b"localhost\n", b"another-host\n", &none, 2);
    assert_eq!(found.word, "unknown");
    let found = of_content("/x", b"jobs 2\n", b"jobs 1\n", &none, 2);
    assert_eq!(found.word, "number");
}
