use super::super::{Limits, Reader};
use super::*;

fn entry(path: &[u8], kind: Kind) -> Entry {
    Entry {
        mode: 0o644,
        modified: 1_700_000_000,
        ..Entry::new(path.to_vec(), kind)
    }
}

fn archive(entries: &[(Entry, &[u8])]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new());
    for (entry, content) in entries {
        writer
            .append(entry, &mut &content[..])
            .expect("memory takes everything");
    }
    writer.finish().expect("memory takes everything")
}

/// Everything that can stand in a tree, at and over each bound of the format.
fn samples() -> Vec<(Entry, &'static [u8])> {
    let mut list: Vec<(Entry, &[u8])> = vec![
        (entry(b"./", Kind::Directory), b""),
        (entry(b"./empty", Kind::File), b""),
    ];
    for (name, content) in [
        ("./block", &[b'x'; 512][..]),
        ("./over", &[b'y'; 513]),
        ("./short", b"z"),
    ] {
        let mut file = entry(name.as_bytes(), Kind::File);
        file.size = content.len() as u64;
        list.push((file, content));
    }
    for length in [99, 100, 101, 155, 156, 255, 256, 257, 300, 4000] {
        let plain = vec![b'p'; length];
        let cut: Vec<u8> = plain
            .chunks(60)
            .flat_map(|chunk| [&chunk[1..], b"/"].concat())
            .chain(*b"end")
            .collect();
        list.push((entry(&[b"./", plain.as_slice()].concat(), Kind::File), b""));
        list.push((
            entry(&[b"./", cut.as_slice()].concat(), Kind::Directory),
            b"",
        ));
        let mut link = entry(format!("./link{length}").as_bytes(), Kind::SymbolicLink);
        link.link = plain.clone();
        list.push((link, b""));
        let mut hard = entry(format!("./hard{length}").as_bytes(), Kind::HardLink);
        hard.link = cut;
        list.push((hard, b""));
    }
    for (user, group) in [(SMALL, SMALL), (SMALL + 1, 0), (0, u64::from(u32::MAX))] {
        let mut file = entry(format!("./owner{user}-{group}").as_bytes(), Kind::File);
        (file.user_id, file.group_id) = (user, group);
        list.push((file, b""));
    }
    for modified in [0, -1, LARGE as i64, LARGE as i64 + 1] {
        let mut file = entry(format!("./time{modified}").as_bytes(), Kind::Fifo);
        file.modified = modified;
        list.push((file, b""));
    }
    let mut null = entry(b"./null", Kind::CharacterDevice);
    null.device = (1, 3);
    let mut disk = entry(b"./disk", Kind::BlockDevice);
    disk.device = (259, 1_048_575);
    let mut capable = entry("./fähig\u{1}".as_bytes(), Kind::File);
    capable.mode = 0o4755;
    capable.attributes.insert(
        "SCHILY.xattr.security.capability".to_owned(),
        vec![1, 0, 0, 2, b'\n', 0, 0, b'='],
    );
    capable
        .attributes
        .insert("SCHILY.xattr.user.long".to_owned(), vec![b'v'; 991]);
    list.extend([(null, &b""[..]), (disk, b""), (capable, b"")]);
    list.push((entry(b"./not\xffutf8", Kind::File), b""));
    list
}

#[test]
fn what_is_written_is_read_back() {
    let samples = samples();
    let bytes = archive(&samples);
    assert_eq!(bytes.len() % BLOCK, 0);
    let mut reader = Reader::new(bytes.as_slice(), Limits::DATA);
    for (expected, content) in &samples {
        let mut found = reader.next_entry().expect("good").expect("an entry");
        found.offset = 0;
        let mut expected = expected.clone();
        if expected.kind == Kind::Directory && !expected.path.ends_with(b"/") {
            expected.path.push(b'/');
        }
        assert_eq!(found, expected);
        assert_eq!(reader.content().expect("content"), *content);
    }
    assert!(reader.next_entry().expect("good").is_none());
}

#[test]
fn a_file_over_the_bound_says_its_size_in_pax() {
    let mut file = entry(b"./large", Kind::File);
    file.size = LARGE + 1;
    let header = Header::new(&file, file.size);
    let records = header.records(&file);
    assert_eq!(records, b"19 size=8589934592\n");
}

#[test]
fn plain_entries_need_no_extension() {
    let bytes = archive(&[
        (entry(b"./a", Kind::File), b""),
        (
            entry(&[&b"./"[..], &[b'd'; 97], b"/f"].concat(), Kind::File),
            b"",
        ),
    ]);
    assert_eq!(bytes.len(), 4 * BLOCK);
}

#[test]
fn content_of_the_wrong_length() {
    let mut file = entry(b"./a", Kind::File);
    file.size = 5;
    let mut writer = Writer::new(Vec::new());
    assert!(writer.append(&file, &mut &b"1234"[..]).is_err());
    // What is more than announced stays unread.
    let mut rest = &b"12345678"[..];
    let mut writer = Writer::new(Vec::new());
    writer.append(&file, &mut rest).expect("long enough");
    assert_eq!(rest, b"678");
}

#[test]
fn the_length_of_a_record_counts_itself() {
    for value in 0..2000 {
        let record = record("k", &vec![b'v'; value]);
        let text = String::from_utf8(record.clone()).expect("text");
        let length: usize = text
            .split(' ')
            .next()
            .and_then(|number| number.parse().ok())
            .expect("a number");
        assert_eq!(length, record.len());
    }
}
