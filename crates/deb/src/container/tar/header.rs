//! The block of 512 bytes in front of each entry.

use std::collections::BTreeMap;

use super::extension::Extensions;
use super::{BLOCK, Entry, TarProblem};

/// What an entry of an archive is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A regular file.
    File,
    /// Another name of a file that came before.
    HardLink,
    /// A symbolic link.
    SymbolicLink,
    /// A character device.
    CharacterDevice,
    /// A block device.
    BlockDevice,
    /// A directory.
    Directory,
    /// A named pipe.
    Fifo,
}

/// A header that is not yet joined with extended attributes.
pub(super) struct Header {
    pub(super) type_flag: u8,
    pub(super) size: u64,
    entry: Entry,
}

/// Reads a block and checks its sum.
pub(super) fn parse(block: &[u8; BLOCK]) -> Result<Header, TarProblem> {
    if !checksum_is_right(block) {
        return Err(TarProblem::Checksum);
    }
    let posix = &block[257..263] == b"ustar\0";
    let mut path = text(&block[..100]);
    let prefix = text(&block[345..500]);
    if posix && !prefix.is_empty() {
        path = [prefix, b"/".to_vec(), path].concat();
    }
    let number =
        |range: std::ops::Range<usize>, name| number(&block[range]).ok_or(TarProblem::Number(name));
    let small = |value: u64, name| u32::try_from(value).map_err(|_| TarProblem::Number(name));
    let with_names = &block[257..262] == b"ustar";
    let names = |range: std::ops::Range<usize>| {
        if with_names {
            text(&block[range])
        } else {
            Vec::new()
        }
    };
    let type_flag = block[156];
    // Only devices have these numbers; other writers leave anything there.
    let device = if matches!(type_flag, b'3' | b'4') {
        (
            small(number(329..337, "major")?, "major")?,
            small(number(337..345, "minor")?, "minor")?,
        )
    } else {
        (0, 0)
    };
    let size = number(124..136, "size")?;
    let entry = Entry {
        path,
        kind: Kind::File,
        link: text(&block[157..257]),
        mode: small(number(100..108, "mode")?, "mode")? & 0o7777,
        user_id: number(108..116, "uid")?,
        group_id: number(116..124, "gid")?,
        user_name: names(265..297),
        group_name: names(297..329),
        size,
        modified: time(&block[136..148]).ok_or(TarProblem::Number("mtime"))?,
        device,
        attributes: BTreeMap::new(),
        offset: 0,
    };
    Ok(Header {
        type_flag,
        size,
        entry,
    })
}

impl Header {
    /// Lets extended attributes take the place of what the block says.
    pub(super) fn extend(&mut self, extensions: &Extensions) -> Result<(), TarProblem> {
        extensions.apply(&mut self.entry)
    }

    /// Checks the whole and gives it.
    pub(super) fn finish(self) -> Result<Entry, TarProblem> {
        let mut entry = self.entry;
        entry.kind = match self.type_flag {
            // Before POSIX a directory was a file whose name ends in a slash.
            b'0' | 0 | b'7' if entry.path.ends_with(b"/") && entry.size == 0 => Kind::Directory,
            b'0' | 0 | b'7' => Kind::File,
            b'1' => Kind::HardLink,
            b'2' => Kind::SymbolicLink,
            b'3' => Kind::CharacterDevice,
            b'4' => Kind::BlockDevice,
            b'5' => Kind::Directory,
            b'6' => Kind::Fifo,
            b'S' => return Err(TarProblem::Sparse),
            other => return Err(TarProblem::Kind(char::from(other))),
        };
        let is_link = matches!(entry.kind, Kind::HardLink | Kind::SymbolicLink);
        if !is_link {
            entry.link.clear();
        }
        if entry.path.is_empty() || (is_link && entry.link.is_empty()) {
            return Err(TarProblem::Name);
        }
        if entry.size > 0 && entry.kind != Kind::File {
            return Err(TarProblem::Content);
        }
        Ok(entry)
    }
}

/// The sum counts its own field as blanks; some old writers summed signed bytes.
fn checksum_is_right(block: &[u8; BLOCK]) -> bool {
    let Some(written) = octal(&block[148..156]) else {
        return false;
    };
    let counted = || {
        let blanks = std::iter::repeat_n(&b' ', 8);
        block[..148].iter().chain(blanks).chain(&block[156..])
    };
    let unsigned: u64 = counted().map(|byte| u64::from(*byte)).sum();
    let signed: i64 = counted().map(|byte| i64::from(byte.cast_signed())).sum();
    written == unsigned || i64::try_from(written) == Ok(signed)
}

/// The bytes up to a NUL or the end.
fn text(field: &[u8]) -> Vec<u8> {
    field
        .split(|byte| *byte == 0)
        .next()
        .unwrap_or_default()
        .to_vec()
}

/// A number in octal, or in base 256 where the first bit is set.
fn number(field: &[u8]) -> Option<u64> {
    match field.first()? {
        0x80 => base_256(&field[1..]),
        first if first & 0x80 != 0 => None,
        _ => octal(field),
    }
}

/// A time, which may lie before 1970 in base 256.
fn time(field: &[u8]) -> Option<i64> {
    if field.first() == Some(&0xff) {
        let complement: Vec<u8> = field[1..].iter().map(|byte| !byte).collect();
        return i64::try_from(base_256(&complement)?)
            .ok()
            .map(|value| -1 - value);
    }
    i64::try_from(number(field)?).ok()
}

fn base_256(bytes: &[u8]) -> Option<u64> {
    bytes.iter().try_fold(0u64, |value, byte| {
        value
            .checked_mul(256)
            .map(|shifted| shifted | u64::from(*byte))
    })
}

/// Octal digits with blanks in front and blanks or NULs behind; nothing at all is 0.
fn octal(field: &[u8]) -> Option<u64> {
    let end = field
        .iter()
        .rposition(|byte| !matches!(byte, b' ' | 0))
        .map_or(0, |last| last + 1);
    let start = field[..end]
        .iter()
        .take_while(|byte| **byte == b' ')
        .count();
    field[start..end]
        .iter()
        .try_fold(0u64, |value, byte| match byte {
            b'0'..=b'7' => value
                .checked_mul(8)
                .map(|shifted| shifted + u64::from(byte - b'0')),
            _ => None,
        })
}
