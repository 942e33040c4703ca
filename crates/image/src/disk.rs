//! Partitioned disks: where each partition goes, and raw blobs beside them.
//!
//! Partitions follow each other on whole mebibytes, in the order in which they are declared;
//! the last may take what is left. Their names for life come out of a digest, so that the
//! same disk has the same names wherever it is made.

#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::ops::Range;

use formwork_deb::sha256::{Hasher, Sha256};
use formwork_format::gpt::{self, GptError, Partition, SECTOR, Table};
use formwork_format::guid::Guid;

use crate::target::{Place, Target};

/// Partitions begin and end on multiples of this.
pub const ALIGNMENT: u64 = 1 << 20;

/// A partition as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its label.
    pub name: String,
    /// What it is for.
    pub kind: Guid,
    /// Its size in bytes at least.
    pub size: u64,
}

/// Bytes at a fixed place, such as a boot loader for a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// What it is, for messages.
    pub name: String,
    /// Where it begins.
    pub offset: u64,
    /// What it is made of.
    pub bytes: Vec<u8>,
}

/// Why a disk cannot be laid out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// The partitions do not fit the size that was asked for.
    #[error("the partitions take {needed} bytes and the disk has {size}: {by} bytes too many")]
    TooSmall {
        /// What is needed in all.
        needed: u64,
        /// What was asked for.
        size: u64,
        /// The difference.
        by: u64,
    },
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

/// Lays out a disk: without a size it is as small as can be, with one the last partition grows.
///
/// # Errors
/// If the partitions do not fit.
pub fn lay_out(wanted: &[Wanted], size: Option<u64>, seed: &Sha256) -> Result<Table, LayoutError> {
    let mut start = ALIGNMENT;
    let mut partitions = Vec::with_capacity(wanted.len());
    for (index, want) in wanted.iter().enumerate() {
        let length = want.size.max(1).next_multiple_of(ALIGNMENT);
        partitions.push(Partition {
            kind: want.kind,
            id: derived(seed, &format!("partition {index} {}", want.name)),
            first: start / SECTOR,
            last: (start + length) / SECTOR - 1,
            attributes: 0,
            name: want.name.clone(),
        });
        start += length;
    }
    let needed = start + ALIGNMENT;
    let size = size.unwrap_or(needed);
    if size < needed {
        return Err(LayoutError::TooSmall {
            needed,
            size,
            by: needed - size,
        });
    }
    if let Some(last) = partitions.last_mut() {
        last.last = (size / ALIGNMENT * ALIGNMENT - ALIGNMENT) / SECTOR - 1;
    }
    Ok(Table {
        disk: derived(seed, "disk"),
        sectors: size / SECTOR,
        partitions,
    })
}

/// The bytes of the disk that a partition takes.
#[must_use]
pub fn range(partition: &Partition) -> Range<u64> {
    partition.first * SECTOR..(partition.last + 1) * SECTOR
}

/// Writes both partition tables and the blobs.
///
/// # Errors
/// If a blob lies over a table, a partition or another blob, or anything cannot be written.
pub fn write_table<P: Place>(
    target: &mut Target<P>,
    table: &Table,
    blobs: &[Blob],
) -> Result<(), LayoutError> {
    let end = table.sectors * SECTOR;
    let primary = table.primary()?;
    let backup = table.backup()?;
    let backup_start = end - backup.len() as u64;
    let mut taken: Vec<(Range<u64>, String)> = vec![
        (0..primary.len() as u64, "the partition table".to_owned()),
        (backup_start..end, "the second partition table".to_owned()),
    ];
    taken.extend(
        table
            .partitions
            .iter()
            .map(|one| (range(one), format!("partition {}", one.name))),
    );
    target.section(0..end)?.write_all(&primary)?;
    target.section(backup_start..end)?.write_all(&backup)?;
    for blob in blobs {
        let place = blob.offset..blob.offset.saturating_add(blob.bytes.len() as u64);
        if let Some((_, other)) = taken
            .iter()
            .find(|(other, _)| other.start < place.end && place.start < other.end)
        {
            return Err(LayoutError::Overlap {
                name: blob.name.clone(),
                offset: blob.offset,
                other: other.clone(),
            });
        }
        target.section(place.clone())?.write_all(&blob.bytes)?;
        taken.push((place, blob.name.clone()));
    }
    Ok(())
}

/// A name for life that follows from a digest and from what is named.
#[must_use]
pub fn derived(seed: &Sha256, what: &str) -> Guid {
    let mut hasher = Hasher::new();
    hasher.update(seed.to_string().as_bytes());
    hasher.update(what.as_bytes());
    Guid::from_digest(hasher.finish().as_bytes())
}

/// The kinds of partitions, by the names that people use in an image's file.
#[must_use]
pub fn kind(name: &str) -> Option<Guid> {
    match name {
        "esp" => Some(gpt::kind::EFI_SYSTEM),
        "linux" => Some(gpt::kind::LINUX),
        "basic-data" => Some(gpt::kind::BASIC_DATA),
        _ => None,
    }
}
