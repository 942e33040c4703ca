//! The bodies of the fuzz targets, which a normal test runs over their seeds too.
//!
//! Each takes any bytes, and panics only if a parser breaks one of its promises.

mod universe;

pub use universe::universes;
#[cfg(test)]
pub(crate) use universe::walk;

use std::cmp::Ordering;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::io::{self, Read};

use crate::container::package::{PackageArchive, control_file};
use crate::container::{ar, tar};
use crate::deb822::{self, Field, Paragraph, Reader};
use crate::path;
use crate::record::{PackageRecord, SourceRecord, Stanza};
use crate::relation::{Group, parse_groups};
use crate::release::Release;
use crate::time::Timestamp;
use crate::version::{self, Version};

/// Three versions, a line each: their order is one, and equality and hash agree with it.
pub fn versions(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.split('\n');
    let [first, second, third] = [(); 3].map(|()| lines.next().unwrap_or(""));
    let pairs = [(first, second), (second, third), (first, third)];
    for (left, right) in pairs {
        let order = version::compare(left, right);
        assert_eq!(order, version::compare(right, left).reverse());
        assert_eq!(version::compare(left, left), Ordering::Equal);
        if let (Ok(left), Ok(right)) = (Version::parse(left), Version::parse(right)) {
            assert_eq!(left == right, order == Ordering::Equal);
            let state = BuildHasherDefault::<DefaultHasher>::default();
            assert!(left != right || state.hash_one(&left) == state.hash_one(&right));
        }
    }
    let [near, far, whole] = pairs.map(|(left, right)| version::compare(left, right));
    if near == far || far == Ordering::Equal {
        assert_eq!(whole, near);
    }
}

/// A relation field: what is read prints as a field that reads as the same.
pub fn relations(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let groups = match parse_groups(&text) {
        Ok(groups) => groups,
        Err(error) => {
            assert!(text.is_char_boundary(error.offset) && !error.to_string().is_empty());
            return;
        }
    };
    let canonical: Vec<String> = groups.iter().map(Group::to_string).collect();
    let printed = canonical.join(", ");
    let again = parse_groups(&printed).expect("what is printed can be read");
    assert_eq!(again.len(), groups.len());
    for (old, new) in groups.iter().zip(&again) {
        assert_eq!(old.alternatives, new.alternatives);
        for relation in &old.alternatives {
            relation.applies("amd64", &["nocheck"]);
            relation.satisfied_by("1.0-1");
        }
    }
}

/// A control file: whole or in pieces, it has the same paragraphs; records can be read.
pub fn control_files(bytes: &[u8]) {
    let whole = outcome(Reader::new(bytes).with_limit(1 << 16));
    let pieces = Pieces {
        bytes,
        turn: bytes.len(),
    };
    assert_eq!(whole, outcome(Reader::new(pieces).with_limit(1 << 16)));
    if let Ok(text) = std::str::from_utf8(bytes) {
        let from_text: Result<Vec<_>, _> = deb822::paragraphs(text)
            .map(|paragraph| paragraph.map(|paragraph| fields(&paragraph)))
            .collect();
        if let (Ok(from_text), (from_reader, None)) = (from_text, &whole) {
            assert_eq!(&from_text, from_reader);
        }
    }
    let mut reader = Reader::new(bytes).with_comments();
    while let Ok(Some(paragraph)) = reader.next() {
        records(&paragraph);
    }
}

fn records(paragraph: &Paragraph<'_>) {
    for field in paragraph.fields() {
        let found = paragraph.get(field.name);
        assert_eq!(found, Some(field));
        field.lines().for_each(drop);
    }
    for stanza in [Stanza::Index, Stanza::Control] {
        if let Ok(record) = PackageRecord::from_paragraph(paragraph, stanza) {
            assert!(version::validate(record.version).is_ok());
            assert!(
                record
                    .file
                    .is_none_or(|file| path::is_inside(file.filename))
            );
        }
    }
    if let Ok(record) = SourceRecord::from_paragraph(paragraph) {
        assert!(
            record
                .files
                .iter()
                .all(|file| path::is_file_name(file.name))
        );
    }
}

type Plain = Vec<(String, String, u64)>;

fn fields(paragraph: &Paragraph<'_>) -> Plain {
    let plain = |field: Field<'_>| (field.name.to_owned(), field.value.to_owned(), field.line);
    paragraph.fields().map(plain).collect()
}

fn outcome<R: Read>(mut reader: Reader<R>) -> (Vec<Plain>, Option<String>) {
    let mut all = Vec::new();
    loop {
        match reader.next() {
            Ok(Some(paragraph)) => all.push(fields(&paragraph)),
            Ok(None) => return (all, None),
            Err(error) => return (all, Some(error.to_string())),
        }
    }
}

/// Gives its bytes a few at a time, by an irregular but fixed pattern.
struct Pieces<'a> {
    bytes: &'a [u8],
    turn: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.turn = self.turn.wrapping_mul(31).wrapping_add(7);
        let length = (self.turn % 13 + 1).min(self.bytes.len()).min(buffer.len());
        buffer[..length].copy_from_slice(&self.bytes[..length]);
        self.bytes = &self.bytes[length..];
        Ok(length)
    }
}

/// A Release file: its paths stay inside, its dates print and read again.
pub fn releases(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match Release::parse(&text) {
        Ok(release) => {
            assert!(release.files.keys().all(|name| path::is_inside(name)));
            let date = release.date;
            assert_eq!(Timestamp::parse_rfc3339(&date.to_string()), Ok(date));
            assert_eq!(Timestamp::parse_snapshot(&date.snapshot()), Ok(date));
        }
        Err(error) => assert!(error.to_string().starts_with("line ")),
    }
}

/// A package file, and its bytes as a tar archive: what is listed lies within.
pub fn containers(bytes: &[u8]) {
    for member in ar::members(bytes).flatten() {
        let end = member.offset + member.content.len();
        assert_eq!(&bytes[member.offset..end], member.content);
    }
    if let Ok(package) = PackageArchive::parse(bytes) {
        let _ = control_file(package.control.content, "control", LIMITS);
        tar_archive(package.data.content);
        tar_archive(&sealed(package.data.content));
    }
    tar_archive(bytes);
    tar_archive(&sealed(bytes));
}

const LIMITS: tar::Limits = tar::Limits {
    entries: 100,
    bytes: 1 << 16,
    header_bytes: 4096,
    file_bytes: 1 << 15,
};

fn tar_archive(bytes: &[u8]) {
    let mut reader = tar::Reader::new(bytes, LIMITS);
    let mut total = 0;
    while let Ok(Some(entry)) = reader.next_entry() {
        assert!(!entry.path.is_empty() && !entry.path.contains(&0));
        total += entry.size;
        assert!(total <= LIMITS.bytes);
        if let Ok(content) = reader.content() {
            let start = entry.offset as usize;
            assert_eq!(bytes[start..start + entry.size as usize], content);
        }
    }
    assert!(reader.next_entry().is_ok_and(|entry| entry.is_none()));
}

/// Writes the right sum into each block that may be a header, so that more is reached.
fn sealed(bytes: &[u8]) -> Vec<u8> {
    let mut all = bytes.to_vec();
    for block in all
        .chunks_exact_mut(512)
        .filter(|block| &block[257..262] == b"ustar")
    {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    all
}
