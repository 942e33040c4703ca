//! Writes a tar archive of which every byte follows from the entries.
//!
//! Headers are POSIX `ustar`; a pax header goes before an entry only for what `ustar` cannot
//! say: a name over its bounds, a number over its fields, a time before 1970, extended
//! attributes. Nothing of the machine, the hour or the person enters.

use std::io::{self, ErrorKind, Read, Write};

use super::{BLOCK, Entry, Kind};

/// The largest number in a field of seven octal digits.
const SMALL: u64 = 0o7_777_777;
/// The largest number in a field of eleven octal digits.
const LARGE: u64 = 0o77_777_777_777;

/// Writes one entry after another.
#[derive(Debug)]
pub struct Writer<W> {
    output: W,
}

impl<W: Write> Writer<W> {
    /// Begins an archive.
    pub fn new(output: W) -> Self {
        Self { output }
    }

    /// Adds an entry with its content, which must be as long as the entry says; an entry that is
    /// no file has none.
    ///
    /// The names of owner and group are left out: their numbers are what counts.
    ///
    /// # Errors
    /// If the content is too short, or reading or writing fails. The archive is then no good.
    pub fn append(&mut self, entry: &Entry, content: &mut dyn Read) -> io::Result<()> {
        let size = content_size(entry);
        self.output.write_all(&head(entry))?;
        let copied = io::copy(&mut content.take(size), &mut self.output)?;
        if copied < size {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.fill(size)
    }

    /// Ends the archive and gives back what it was written to.
    ///
    /// # Errors
    /// If writing fails.
    pub fn finish(mut self) -> io::Result<W> {
        self.output.write_all(&END)?;
        Ok(self.output)
    }

    /// Fills content up to whole blocks.
    fn fill(&mut self, size: u64) -> io::Result<()> {
        self.output.write_all(padding(size))
    }
}

/// What stands at the end of an archive.
pub const END: [u8; 2 * BLOCK] = [0; 2 * BLOCK];

/// All that stands before the content of an entry.
#[must_use]
pub fn head(entry: &Entry) -> Vec<u8> {
    let header = Header::new(entry, content_size(entry));
    let records = header.records(entry);
    let mut head = Vec::new();
    if !records.is_empty() {
        let length = records.len() as u64;
        let mut extension = Header::empty(b'x');
        extension.text(0..100, &extension_name(&entry.path));
        extension.number(100..108, 0o644);
        extension.number(124..136, length);
        head.extend_from_slice(&extension.sealed());
        head.extend_from_slice(&records);
        head.extend_from_slice(padding(length));
    }
    head.extend_from_slice(&header.sealed());
    head
}

/// What fills content of this size up to whole blocks.
#[must_use]
pub fn padding(size: u64) -> &'static [u8] {
    match (size % BLOCK as u64) as usize {
        0 => &[],
        over => &END[BLOCK + over..],
    }
}

/// How much content an entry has: that of no file is none.
fn content_size(entry: &Entry) -> u64 {
    match entry.kind {
        Kind::File => entry.size,
        _ => 0,
    }
}

/// A header while it is filled in.
struct Header {
    block: [u8; BLOCK],
    /// What did not fit, as keys of pax with their values.
    left_over: Vec<(&'static str, Vec<u8>)>,
}

impl Header {
    fn empty(type_flag: u8) -> Header {
        let mut header = Header {
            block: [0; BLOCK],
            left_over: Vec::new(),
        };
        header.block[156] = type_flag;
        header.block[257..265].copy_from_slice(b"ustar\x0000");
        for range in [100..108, 108..116, 116..124, 329..337, 337..345] {
            header.number(range, 0);
        }
        for range in [124..136, 136..148] {
            header.number(range, 0);
        }
        header
    }

    fn new(entry: &Entry, size: u64) -> Header {
        let mut header = Header::empty(type_flag(entry.kind));
        header.path(entry);
        if entry.link.len() <= 100 {
            header.text(157..257, &entry.link);
        } else {
            header.left_over.push(("linkpath", entry.link.clone()));
        }
        header.number(100..108, u64::from(entry.mode & 0o7777));
        header.bounded("uid", 108..116, entry.user_id);
        header.bounded("gid", 116..124, entry.group_id);
        header.bounded("size", 124..136, size);
        match u64::try_from(entry.modified) {
            Ok(modified) => header.bounded("mtime", 136..148, modified),
            Err(_) => {
                let text = entry.modified.to_string();
                header.left_over.push(("mtime", text.into_bytes()));
            }
        }
        if matches!(entry.kind, Kind::CharacterDevice | Kind::BlockDevice) {
            header.number(329..337, u64::from(entry.device.0));
            header.number(337..345, u64::from(entry.device.1));
        }
        header
    }

    /// The path, in one field or in two if it can be cut at a slash.
    fn path(&mut self, entry: &Entry) {
        let mut path = entry.path.clone();
        if entry.kind == Kind::Directory && !path.ends_with(b"/") {
            path.push(b'/');
        }
        if path.len() <= 100 {
            return self.text(0..100, &path);
        }
        let cut = path
            .iter()
            .enumerate()
            .rev()
            .map(|(position, _)| position)
            .find(|&position| {
                let name = path.len() - position - 1;
                path[position] == b'/' && position <= 155 && name <= 100 && name > 0
            });
        match cut {
            // An empty prefix would be read as none, and the slash would be lost.
            Some(position) if position > 0 => {
                self.text(345..500, &path[..position]);
                self.text(0..100, &path[position + 1..]);
            }
            _ => {
                self.text(0..100, &path[..100]);
                self.left_over.push(("path", path));
            }
        }
    }

    fn text(&mut self, range: std::ops::Range<usize>, text: &[u8]) {
        let length = text.len().min(range.len());
        self.block[range.start..range.start + length].copy_from_slice(&text[..length]);
    }

    /// A number that fits its field, in octal digits and a NUL.
    fn number(&mut self, range: std::ops::Range<usize>, number: u64) {
        // The NUL is there already; formatting would take longer than all the rest of a header.
        let digits = &mut self.block[range.start..range.end - 1];
        let mut rest = number;
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (rest & 7) as u8;
            rest >>= 3;
        }
    }

    /// A number that may be too large for its field.
    fn bounded(&mut self, key: &'static str, range: std::ops::Range<usize>, number: u64) {
        let bound = if range.len() == 8 { SMALL } else { LARGE };
        if number <= bound {
            return self.number(range, number);
        }
        self.left_over.push((key, number.to_string().into_bytes()));
    }

    /// The records of pax for all that the header cannot say, sorted by their keys.
    fn records(&self, entry: &Entry) -> Vec<u8> {
        let mut pairs: Vec<(&str, &[u8])> = self
            .left_over
            .iter()
            .map(|(key, value)| (*key, value.as_slice()))
            .collect();
        let attributes = entry.attributes.iter();
        pairs.extend(attributes.map(|(key, value)| (key.as_str(), value.as_slice())));
        pairs.sort_unstable();
        pairs
            .into_iter()
            .flat_map(|(key, value)| record(key, value))
            .collect()
    }

    /// The block with its sum.
    fn sealed(mut self) -> [u8; BLOCK] {
        self.block[148..156].fill(b' ');
        let sum: u32 = self.block.iter().map(|byte| u32::from(*byte)).sum();
        self.block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self.block
    }
}

fn type_flag(kind: Kind) -> u8 {
    match kind {
        Kind::File => b'0',
        Kind::HardLink => b'1',
        Kind::SymbolicLink => b'2',
        Kind::CharacterDevice => b'3',
        Kind::BlockDevice => b'4',
        Kind::Directory => b'5',
        Kind::Fifo => b'6',
    }
}

/// A name for the entry that only describes the next one; old tools write it as a file.
fn extension_name(path: &[u8]) -> Vec<u8> {
    let trimmed = path.strip_suffix(b"/").unwrap_or(path);
    let name = trimmed.rsplit(|byte| *byte == b'/').next();
    let mut text = b"./PaxHeaders/".to_vec();
    text.extend_from_slice(name.unwrap_or_default());
    text.truncate(100);
    text
}

/// One record `length key=value`, whose length counts itself.
fn record(key: &str, value: &[u8]) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + digits(length) {
        length = rest + digits(length);
    }
    let mut text = format!("{length} {key}=").into_bytes();
    text.extend_from_slice(value);
    text.push(b'\n');
    text
}

fn digits(number: usize) -> usize {
    number.to_string().len()
}

#[cfg(test)]
mod tests;
