//! Partitioned disks: where each partition goes, and raw blobs beside them.
//!
//! Partitions follow each other on whole mebibytes. Their names for life come out of a
//! digest, so that the same disk has the same names wherever it is made.

#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::ops::Range;

use formwork_deb::sha256::{Hasher, Sha256};
use formwork_format::gpt::{ENTRIES_SECTORS, FIRST_ENTRIES, GptError, Partition, SECTOR, Table};
use formwork_format::guid::Guid;

use crate::target::{Place, Target};

/// Partitions begin and end on multiples of this.
pub const ALIGNMENT: u64 = 1 << 20;

/// Bytes at a fixed place, such as a boot loader for a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blob<'a> {
    /// What it is, for messages.
    pub name: &'a str,
    /// Where it begins.
    pub offset: u64,
    /// What it is made of.
    pub bytes: &'a [u8],
}

/// Why a disk cannot be laid out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// A blob lies over something else.
    #[error("{name} at byte {offset} lies over {other}")]
    Overlap {
        /// The blob.
        name: String,
        /// Where it begins.
        offset: u64,
        /// What is there.
        other: String,
    },
    /// The table refused.
    #[error(transparent)]
    Table(#[from] GptError),
    /// It cannot be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The bytes of the disk that a partition takes.
#[must_use]
pub fn range(partition: &Partition) -> Range<u64> {
    partition.first * SECTOR..(partition.last + 1) * SECTOR
}

/// Writes both partition tables and the blobs. A blob that lies where the entries of the first
/// table usually are moves these to the end of the first mebibyte.
///
/// # Errors
/// If a blob lies over a table, a partition or another blob, or anything cannot be written.
pub fn write_table<P: Place>(
    target: &mut Target<P>,
    table: &Table,
    blobs: &[Blob<'_>],
) -> Result<(), LayoutError> {
    let usual = bytes_of_entries(FIRST_ENTRIES);
    let is_taken = blobs.iter().any(|blob| overlap(&blob.range(), &usual));
    let entries_at = match is_taken {
        true => ALIGNMENT / SECTOR - ENTRIES_SECTORS,
        false => FIRST_ENTRIES,
    };
    let end = table.sectors * SECTOR;
    let (head, entries) = table.primary_apart(entries_at)?;
    let backup = table.backup_apart(entries_at)?;
    let backup_start = end - backup.len() as u64;
    let mut taken: Vec<(Range<u64>, String)> = vec![
        (0..head.len() as u64, "the partition table".to_owned()),
        (
            bytes_of_entries(entries_at),
            "the entries of the partition table".to_owned(),
        ),
        (backup_start..end, "the second partition table".to_owned()),
    ];
    taken.extend(
        table
            .partitions
            .iter()
            .map(|one| (range(one), format!("partition {}", one.name))),
    );
    target.section(0..end)?.write_all(&head)?;
    let place = bytes_of_entries(entries_at);
    target.section(place)?.write_all(&entries)?;
    target.section(backup_start..end)?.write_all(&backup)?;
    for blob in blobs {
        let place = blob.range();
        if let Some((_, other)) = taken.iter().find(|(other, _)| overlap(other, &place)) {
            return Err(LayoutError::Overlap {
                name: blob.name.to_owned(),
                offset: blob.offset,
                other: other.clone(),
            });
        }
        target.section(place.clone())?.write_all(blob.bytes)?;
        taken.push((place, blob.name.to_owned()));
    }
    Ok(())
}

impl Blob<'_> {
    fn range(&self) -> Range<u64> {
        self.offset..self.offset.saturating_add(self.bytes.len() as u64)
    }
}

fn bytes_of_entries(first: u64) -> Range<u64> {
    first * SECTOR..(first + ENTRIES_SECTORS) * SECTOR
}

fn overlap(left: &Range<u64>, right: &Range<u64>) -> bool {
    left.start < right.end && right.start < left.end
}

/// A name for life that follows from a digest and from what is named.
#[must_use]
pub fn derived(seed: &Sha256, what: &str) -> Guid {
    let mut hasher = Hasher::new();
    hasher.update(seed.to_string().as_bytes());
    hasher.update(what.as_bytes());
    Guid::from_digest(hasher.finish().as_bytes())
}
