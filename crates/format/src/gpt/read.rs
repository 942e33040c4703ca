//! Reading one table, believing nothing of it.

use super::{ENTRY, HEADER, Partition, SECTOR, SIGNATURE, Table};
use crate::guid::Guid;

/// No table that we read has more entries than this.
const MOST_ENTRIES: u32 = 1024;

/// What is wrong with a partition table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GptError {
    /// There is no header where one should be.
    #[error("no GPT header at byte {0}")]
    NoHeader(u64),
    /// The sum over the header or the entries does not fit.
    #[error("the checksum of the GPT {0} does not fit")]
    Checksum(&'static str),
    /// A number of the header cannot be true.
    #[error("the GPT header says that {0}")]
    Nonsense(&'static str),
    /// The disk has no room for the two tables.
    #[error("a disk of {0} sectors has no room for a partition table")]
    DiskTooSmall(u64),
    /// There are more partitions than entries.
    #[error("{0} partitions; a table has room for 128")]
    TooMany(usize),
    /// A partition lies outside the disk.
    #[error("partition {0} does not lie within the disk")]
    Outside(String),
    /// Two partitions share sectors.
    #[error("partitions {0} and {1} overlap")]
    Overlap(String, String),
    /// A label is too long.
    #[error("the name of partition {0} is longer than 36 characters")]
    LongName(String),
}

/// Reads a table: the header from `header_sector` of `disk`, which begins at byte 0 of the disk,
/// and the entries wherever it says that they are.
///
/// # Errors
/// If anything in it does not hold.
pub fn parse(disk: &[u8], header_sector: u64) -> Result<Table, GptError> {
    let read = |start, length| slice(disk, start, length).map(<[u8]>::to_vec);
    parse_with(&read, header_sector)
}

/// As [`parse`], of a disk that is read piece by piece: `read` gives so many bytes from a place on,
/// or nothing if they are not there. No piece is larger than 128 KiB.
///
/// # Errors
/// As [`parse`].
pub fn parse_with(
    read: &dyn Fn(u64, u64) -> Option<Vec<u8>>,
    header_sector: u64,
) -> Result<Table, GptError> {
    let start = header_sector.saturating_mul(SECTOR);
    let header = read(start, HEADER as u64).ok_or(GptError::NoHeader(start))?;
    let header = header.as_slice();
    if !header.starts_with(SIGNATURE) {
        return Err(GptError::NoHeader(start));
    }
    if number(header, 12) != HEADER as u32 {
        return Err(GptError::Nonsense("its length is not 92 bytes"));
    }
    let mut blank = header.to_vec();
    blank[16..20].fill(0);
    if crc32fast::hash(&blank) != number(header, 16) {
        return Err(GptError::Checksum("header"));
    }
    if long(header, 24) != header_sector {
        return Err(GptError::Nonsense("it lies in another sector"));
    }
    let (count, size) = (number(header, 80), number(header, 84));
    if size as usize != ENTRY || count > MOST_ENTRIES {
        return Err(GptError::Nonsense(
            "its entries have an unusual size or number",
        ));
    }
    let entries_start = long(header, 72).saturating_mul(SECTOR);
    let entries = read(entries_start, u64::from(count) * u64::from(size))
        .ok_or(GptError::Nonsense("its entries lie outside the disk"))?;
    if crc32fast::hash(&entries) != number(header, 88) {
        return Err(GptError::Checksum("entries"));
    }
    let table = Table {
        disk: guid(header, 56),
        sectors: long(header, 24).max(long(header, 32)).saturating_add(1),
        partitions: entries
            .chunks_exact(ENTRY)
            .filter(|entry| guid(entry, 0) != Guid::NIL)
            .map(partition)
            .collect(),
    };
    table.check()?;
    Ok(table)
}

fn partition(entry: &[u8]) -> Partition {
    let units = entry[56..].chunks_exact(2);
    let name: Vec<u16> = units
        .map(|unit| u16::from_le_bytes([unit[0], unit[1]]))
        .take_while(|unit| *unit != 0)
        .collect();
    Partition {
        kind: guid(entry, 0),
        id: guid(entry, 16),
        first: long(entry, 32),
        last: long(entry, 40),
        attributes: long(entry, 48),
        name: String::from_utf16_lossy(&name),
    }
}

fn slice(bytes: &[u8], start: u64, length: u64) -> Option<&[u8]> {
    let end = usize::try_from(start.checked_add(length)?).ok()?;
    bytes.get(usize::try_from(start).ok()?..end)
}

fn number(bytes: &[u8], at: usize) -> u32 {
    let mut four = [0; 4];
    four.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(four)
}

fn long(bytes: &[u8], at: usize) -> u64 {
    let mut eight = [0; 8];
    eight.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(eight)
}

fn guid(bytes: &[u8], at: usize) -> Guid {
    let mut sixteen = [0; 16];
    sixteen.copy_from_slice(&bytes[at..at + 16]);
    Guid::from_bytes(sixteen)
}
