//! A disk beside its record: what must hold of the record alone, which bytes have which digest,
//! and whether the partition tables say the same.

use std::ops::Range;

use formwork_format::gpt::{self, SECTOR, Table};
use formwork_model::documents::{Difference, ImageDisk, ImagePartition};

use crate::chain::{difference, same};

/// A part of a disk whose digest is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// What it is: `partition 2 (root)`, `blob u-boot`.
    pub place: String,
    /// Its bytes.
    pub range: Range<u64>,
    /// Its digest, as recorded.
    pub sha256: String,
}

/// What a partition is called.
#[must_use]
pub fn place_of(partition: &ImagePartition) -> String {
    format!("partition {} ({})", partition.number, partition.name)
}

/// What of the record of a disk cannot be true, whatever the disk is.
#[must_use]
pub fn contradictions(disk: &ImageDisk) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut taken: Vec<(Range<u64>, String)> = Vec::new();
    let partitions = disk.partitions.iter();
    let partitions = partitions.map(|one| (one.start, one.size, place_of(one)));
    let blobs = disk.blobs.iter();
    let blobs = blobs.map(|one| (one.offset, one.size, format!("blob {}", one.name)));
    for (start, size, place) in partitions.chain(blobs) {
        let end = start.saturating_add(size);
        if end > disk.size {
            found.push(difference(
                &place,
                "end",
                end,
                format!("a disk of {}", disk.size),
            ));
        }
        let over = |other: &&(Range<u64>, String)| other.0.start < end && start < other.0.end;
        if let Some((_, other)) = taken.iter().find(over) {
            found.push(difference(
                &place,
                "place",
                start,
                format!("{other} is there"),
            ));
        }
        taken.push((start..end, place));
    }
    for partition in &disk.partitions {
        if let Some(system) = &partition.filesystem
            && (system.size > partition.size || system.used > system.size)
        {
            found.push(difference(
                place_of(partition),
                "file system",
                format!("{} of {} bytes used", system.used, system.size),
                format!("a partition of {}", partition.size),
            ));
        }
    }
    found
}

/// The parts of a disk that can be read and compared: partitions and blobs. Those that lie outside
/// are left out; [`contradictions`] names them.
#[must_use]
pub fn regions(disk: &ImageDisk) -> Vec<Region> {
    let partitions = disk.partitions.iter();
    let partitions = partitions.map(|one| (place_of(one), one.start, one.size, &one.sha256));
    let blobs = disk.blobs.iter();
    let blobs = blobs.map(|one| {
        (
            format!("blob {}", one.name),
            one.offset,
            one.size,
            &one.sha256,
        )
    });
    partitions
        .chain(blobs)
        .filter_map(|(place, start, size, sha256)| {
            let end = start.checked_add(size).filter(|end| *end <= disk.size)?;
            Some(Region {
                place,
                range: start..end,
                sha256: sha256.clone(),
            })
        })
        .collect()
}

/// Whether both partition tables of a disk say what the record says; `read` gives so many bytes of
/// the disk from a place on, or nothing if they are not there.
#[must_use]
pub fn tables(disk: &ImageDisk, read: &dyn Fn(u64, u64) -> Option<Vec<u8>>) -> Vec<Difference> {
    let last = (disk.size / SECTOR).saturating_sub(1);
    let mut found = Vec::new();
    for (name, sector) in [("partition table", 1), ("second partition table", last)] {
        match gpt::parse_with(read, sector) {
            Ok(table) => compare(&mut found, name, disk, &table),
            Err(error) => found.push(difference(name, "table", "sound", error)),
        }
    }
    found
}

fn compare(found: &mut Vec<Difference>, name: &str, disk: &ImageDisk, table: &Table) {
    same(
        found,
        name,
        "guid",
        disk.guid.to_lowercase(),
        lower(&table.disk),
    );
    let sectors = disk.size / SECTOR;
    same(found, name, "sectors", sectors, table.sectors);
    let (recorded, seen) = (disk.partitions.len(), table.partitions.len());
    same(found, name, "partitions", recorded, seen);
    for (partition, entry) in disk.partitions.iter().zip(&table.partitions) {
        let place = format!("{name}, {}", place_of(partition));
        let start = entry.first.saturating_mul(SECTOR);
        let end = entry.last.saturating_add(1).saturating_mul(SECTOR);
        same(found, &place, "name", &partition.name, &entry.name);
        same(
            found,
            &place,
            "kind",
            partition.kind.to_lowercase(),
            lower(&entry.kind),
        );
        same(
            found,
            &place,
            "guid",
            partition.guid.to_lowercase(),
            lower(&entry.id),
        );
        same(found, &place, "start", partition.start, start);
        same(
            found,
            &place,
            "size",
            partition.size,
            end.saturating_sub(start),
        );
    }
}

/// A GUID in small letters, which is how two are compared.
fn lower(guid: &impl ToString) -> String {
    guid.to_string().to_lowercase()
}
