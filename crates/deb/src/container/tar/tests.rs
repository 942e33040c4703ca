use super::*;

/// A header block in the POSIX form, with a right sum.
fn block(name: &str, type_flag: u8, size: &[u8]) -> Vec<u8> {
    let mut block = vec![0; BLOCK];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..107].copy_from_slice(b"0000644");
    block[124..124 + size.len()].copy_from_slice(size);
    block[156] = type_flag;
    if matches!(type_flag, b'1' | b'2') {
        block[157..163].copy_from_slice(b"target");
    }
    block[257..265].copy_from_slice(b"ustar\x0000");
    seal(block)
}

fn seal(mut block: Vec<u8>) -> Vec<u8> {
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// An entry with its content filled up.
fn entry(name: &str, type_flag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = block(
        name,
        type_flag,
        format!("{:011o}", content.len()).as_bytes(),
    );
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
    bytes
}

fn record(key: &str, value: &str) -> String {
    let rest = format!(" {key}={value}\n");
    let length = (rest.len()..).find(|length| length.to_string().len() + rest.len() == *length);
    format!("{}{rest}", length.expect("a length exists"))
}

fn list(bytes: &[u8]) -> Result<Vec<(Entry, Vec<u8>)>, TarError> {
    list_within(bytes, Limits::CONTROL)
}

fn list_within(bytes: &[u8], limits: Limits) -> Result<Vec<(Entry, Vec<u8>)>, TarError> {
    let mut reader = Reader::new(bytes, limits);
    let mut all = Vec::new();
    while let Some(entry) = reader.next_entry()? {
        let content = reader.content()?;
        all.push((entry, content));
    }
    Ok(all)
}

fn message(bytes: &[u8]) -> String {
    list(bytes).expect_err("a bad archive").problem.to_string()
}

#[test]
fn names_of_all_forms() {
    let long = "d/".repeat(80);
    let mut prefixed = block("file", b'0', b"00000000000");
    prefixed[345..351].copy_from_slice(b"prefix");
    let bytes = [
        entry("./plain", b'0', b"content"),
        seal(prefixed),
        entry("././@LongLink", b'L', format!("{long}gnu\0").as_bytes()),
        entry("././@LongLink", b'K', format!("{long}goal\0").as_bytes()),
        entry("short", b'2', b""),
        entry(
            "x",
            b'x',
            (record("path", &format!("{long}pax")) + &record("mtime", "-1.5")).as_bytes(),
        ),
        entry("short", b'0', b"more"),
        entry("after", 0, b""),
        entry("old-directory/", 0, b""),
        vec![0; 1024],
    ]
    .concat();
    let found = list(&bytes).expect("a good archive");
    let paths: Vec<_> = found
        .iter()
        .map(|(entry, _)| String::from_utf8_lossy(&entry.path))
        .collect();
    let (gnu, pax) = (format!("{long}gnu"), format!("{long}pax"));
    assert_eq!(
        paths,
        [
            "./plain",
            "prefix/file",
            gnu.as_str(),
            pax.as_str(),
            "after",
            "old-directory/"
        ]
    );
    assert_eq!(found[0].1, b"content");
    assert_eq!(found[0].0.offset, 512);
    assert_eq!(found[2].0.link, format!("{long}goal").as_bytes());
    assert_eq!(found[3].0.modified, -2);
    assert_eq!(found[3].1, b"more");
    assert_eq!(found[4].0.kind, Kind::File);
    assert_eq!(found[5].0.kind, Kind::Directory);
}

#[test]
fn global_attributes_hold_until_taken_back() {
    let global = record("comment", "all") + &record("uid", "7");
    let local = record("uid", "8")
        + &record("SCHILY.xattr.user.a", "b")
        + &record("SCHILY.xattr.user.empty", "")
        + &record("comment", "");
    let bytes = [
        entry("g", b'g', global.as_bytes()),
        entry("one", b'0', b""),
        entry("x", b'x', local.as_bytes()),
        entry("two", b'0', b""),
        entry("three", b'0', b""),
    ]
    .concat();
    let found = list(&bytes).expect("a good archive");
    let users: Vec<u64> = found.iter().map(|(entry, _)| entry.user_id).collect();
    assert_eq!(users, [7, 8, 7]);
    let keys = |index: usize| {
        found[index]
            .0
            .attributes
            .keys()
            .map(String::as_str)
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(0), ["comment"]);
    assert_eq!(keys(1), ["SCHILY.xattr.user.a", "SCHILY.xattr.user.empty"]);
    assert_eq!(keys(2), ["comment"]);
}

#[test]
fn numbers_in_base_256() {
    let mut size = [0; 12];
    size[0] = 0x80;
    size[11] = 5;
    let mut bytes = block("a", b'0', &size);
    bytes[136..148].fill(0xff);
    bytes[108..116].copy_from_slice(&[0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
    let mut bytes = seal(bytes);
    bytes.extend_from_slice(b"12345");
    bytes.resize(1024, 0);
    let found = list(&bytes).expect("a good archive");
    assert_eq!(found[0].1, b"12345");
    assert_eq!(found[0].0.modified, -1);
    assert_eq!(found[0].0.user_id, 0xffff_ffff);
}

#[test]
fn what_readers_disagree_on_is_refused() {
    let pax = |text: &str| [entry("x", b'x', text.as_bytes()), entry("a", b'0', b"")].concat();
    let table = [
        (entry("a", b'2', b"content"), "only files may have content"),
        (entry("a/", b'5', b"content"), "only files may have content"),
        (entry("a", b'S', b""), "sparse files"),
        (pax(&record("GNU.sparse.major", "1")), "sparse files"),
        (entry("a", b'V', b""), "type 'V'"),
        (entry("", b'0', b""), "expected a name"),
        (pax(&record("path", "a\0b")), "expected a name"),
        (
            [entry("l", b'L', b"a\0b\0"), entry("a", b'0', b"")].concat(),
            "expected a name",
        ),
        (pax("5 a=b\n"), "expected a record"),
        (pax("99 a=b\n"), "expected a record"),
        (pax("4 =\n"), "expected a record"),
        (pax("0 a=b\n"), "expected a record"),
        (pax("99999999999999999999999 a=b\n"), "expected a record"),
        (pax(&record("size", "-1")), "a number in field size"),
        (
            pax(&record("size", "18446744073709551616")),
            "a number in field size",
        ),
        (block("a", b'0', b"99999999999"), "a number in field size"),
        (vec![b'x'; 512], "wrong checksum"),
        (vec![b'x'; 511], "ends too early"),
        (
            entry("a", b'0', b"content")[..600].to_vec(),
            "ends too early",
        ),
        (
            entry("x", b'x', record("path", "b").as_bytes()),
            "ends too early",
        ),
    ];
    for (bytes, expected) in table {
        let message = message(&bytes);
        assert!(message.contains(expected), "{message}, not {expected}");
    }
}

#[test]
fn bounds_hold() {
    let huge = block("a", b'0', b"77777777777");
    let name = block("l", b'L', b"00100000000");
    let limits = Limits {
        entries: 2,
        bytes: 100,
        header_bytes: 50,
        file_bytes: 60,
    };
    let table = [
        (huge, "bytes than 100"),
        (name, "bytes in headers than 50"),
        (entry("a", b'0', &[b'x'; 61]), "bytes in a file than 60"),
        (
            [entry("a", b'0', &[b'x'; 51]), entry("b", b'0', &[b'x'; 50])].concat(),
            "bytes than 100",
        ),
        (entry("a", b'0', b"").repeat(3), "entries than 2"),
    ];
    for (bytes, expected) in table {
        let message = list_within(&bytes, limits).expect_err(expected).to_string();
        assert!(message.contains(expected), "{message}, not {expected}");
    }
    let global = entry("g", b'g', record("k", &"v".repeat(5000)).as_bytes());
    assert!(message(&global).contains("bytes of global attributes than 4096"));
}

#[test]
fn content_that_is_not_read_is_passed_over() {
    let bytes = [entry("a", b'0', &[b'x'; 1000]), entry("b", b'0', b"y")].concat();
    let mut reader = Reader::new(bytes.as_slice(), Limits::CONTROL);
    reader.next_entry().expect("good").expect("a");
    let mut some = [0; 300];
    reader.read_exact(&mut some).expect("content");
    let second = reader.next_entry().expect("good").expect("b");
    assert_eq!((second.path.as_slice(), second.size), (b"b".as_slice(), 1));
    let mut content = Vec::new();
    reader.read_to_end(&mut content).expect("content");
    assert_eq!(content, b"y");
    assert!(reader.next_entry().expect("good").is_none());
}
