use super::*;

/// A member as the header says it, with its content and the pad.
fn member(name: &str, size: &str, content: &[u8]) -> Vec<u8> {
    let header = format!(
        "{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n",
        0, 0, 0, 100_644
    );
    let pad: &[u8] = if content.len() % 2 == 1 { b"\n" } else { b"" };
    [header.as_bytes(), content, pad].concat()
}

fn archive(members: &[Vec<u8>]) -> Vec<u8> {
    [MAGIC.as_slice(), &members.concat()].concat()
}

fn list(archive: &[u8]) -> Result<Vec<(String, usize, Vec<u8>)>, ArError> {
    let entry = |member: Member<'_>| {
        (
            member.name.to_owned(),
            member.offset,
            member.content.to_vec(),
        )
    };
    members(archive).map(|member| member.map(entry)).collect()
}

#[test]
fn names_of_all_three_forms() {
    let archive = archive(&[
        member("plain", "3", b"abc"),
        member("gnu/", "2", b"de"),
        member("/", "4", b"symb"),
        member("//", "38", b"a-name-of-more-than-15.bytes/\nsecond/\n"),
        member("/30", "1", b"f"),
        member("/0", "0", b""),
        member("#1/8", "11", b"bsd name123"),
        member("#1/6", "6", b"end\0\0\0"),
    ]);
    let found = list(&archive).expect("a good archive");
    let names: Vec<&str> = found.iter().map(|(name, _, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "plain",
            "gnu",
            "second",
            "a-name-of-more-than-15.bytes",
            "bsd name",
            "end"
        ]
    );
    assert_eq!(found[0].1, 68);
    for (_, offset, content) in &found {
        assert_eq!(
            &archive[*offset..*offset + content.len()],
            content.as_slice()
        );
    }
    assert_eq!(found[4].2, b"123");
}

#[test]
fn wrong_archives_are_refused_where_they_are_wrong() {
    let good = member("a", "2", b"xy");
    let table = [
        (b"!<arch>".to_vec(), 0, ArProblem::Magic),
        (b"".to_vec(), 0, ArProblem::Magic),
        (
            archive(&[good.clone(), b"short".to_vec()]),
            70,
            ArProblem::Header,
        ),
        (archive(&[good[..59].to_vec()]), 8, ArProblem::Header),
        (archive(&[member("a", "3", b"xy")]), 8, ArProblem::Truncated),
        (
            archive(&[member("a", "9999999999", b"xy")]),
            8,
            ArProblem::Truncated,
        ),
        (archive(&[member("a", "-1", b"xy")]), 8, ArProblem::Size),
        (archive(&[member("a", "", b"xy")]), 8, ArProblem::Size),
        (archive(&[member("a", "0x2", b"xy")]), 8, ArProblem::Size),
        (archive(&[member("", "2", b"xy")]), 8, ArProblem::Name),
        (archive(&[member("/7", "2", b"xy")]), 8, ArProblem::Name),
        (archive(&[member("#1/3", "2", b"xy")]), 8, ArProblem::Name),
        (archive(&[member("#1/0", "2", b"xy")]), 8, ArProblem::Name),
        (
            archive(&[member("#1/2", "2", b"\xff\xfe")]),
            8,
            ArProblem::Name,
        ),
    ];
    for (bytes, offset, problem) in table {
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        assert_eq!(list(&bytes), Err(ArError { offset, problem }), "{shown:?}");
    }
}

#[test]
fn the_last_pad_may_be_missing() {
    let mut bytes = archive(&[member("a", "1", b"x")]);
    bytes.pop();
    assert_eq!(list(&bytes).expect("a good archive").len(), 1);
}

#[test]
fn nothing_follows_an_error() {
    let bytes = archive(&[b"x".repeat(60), member("a", "1", b"x")]);
    assert_eq!(members(&bytes).count(), 1);
}
