//! A whole image out of a tree: the recipe from what boots to the last digest.
//!
//! Partitions are written one after the other, so that one that is packed takes no more than
//! it needs although nobody knows before how much that is. The tables come last.

mod boot;
mod digest;
mod error;
mod fat;
mod names;
mod partition;
mod sizes;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::io;
use std::ops::Range;

use formwork_deb::sha256::Sha256;
use formwork_format::gpt::{self, SECTOR, Table};
use formwork_format::guid::Guid;
use formwork_model::documents::{ImageBlob, ImageBoot, ImageDisk, ImageFileSystem, ImagePartition};
use formwork_model::layout::{FileSystem, Layout, Partition, Role};

pub use boot::{command_line, removable_path};
pub use error::{ImageError, TooLarge};
pub use names::{fat_id, file_system_uuid, partition_uuid};

use crate::blocks::Aids;
use crate::bmap;
use crate::disk::{self, ALIGNMENT, Blob};
use crate::target::{Place, Target};
use crate::tree::Tree;
use boot::Booting;
use digest::Digests;
use partition::{Filled, Making, Room};

/// A file that becomes part of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// The package it comes from; none for what the build made.
    pub package: Option<&'a str>,
    /// Its path, in the tree or in its package.
    pub path: &'a str,
    /// What it holds.
    pub bytes: &'a [u8],
}

/// A kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernel<'a> {
    /// Its version, as `uname -r` tells it.
    pub version: &'a str,
    /// Its file.
    pub part: Part<'a>,
}

/// What a disk is made of.
#[derive(Clone, Copy, Debug)]
pub struct DiskOrder<'a> {
    /// How it boots and how it is laid out.
    pub layout: &'a Layout,
    /// What is on it.
    pub tree: &'a Tree<'a>,
    /// The kernel, unless nothing boots.
    pub kernel: Option<Kernel<'a>>,
    /// The initial RAM disk, unless nothing boots.
    pub initrd: Option<Part<'a>>,
    /// The stub of the unified kernel image: that of systemd, or EFI Boot Guard's own.
    pub stub: Option<Part<'a>>,
    /// EFI Boot Guard, where it is the loader.
    pub loader: Option<Part<'a>>,
    /// Bytes at fixed places.
    pub blobs: &'a [Blob<'a>],
    /// What all names for life follow from.
    pub seed: Sha256,
    /// The time of its making, in seconds since 1970.
    pub time: u32,
    /// The architecture, as Debian names it.
    pub architecture: &'a str,
    /// What helps with it.
    pub aids: Aids<'a>,
}

/// A disk that was made.
#[derive(Debug)]
pub struct MadeDisk<P> {
    /// Where it was written.
    pub place: P,
    /// Its record, without the name of its file.
    pub disk: ImageDisk,
    /// How it boots, if it does.
    pub boot: Option<ImageBoot>,
    /// The map of the blocks that hold anything, if the layout asks for it.
    pub map: Option<String>,
}

/// Makes a disk; `create` is told how large it will be about.
///
/// # Errors
/// If something is missing, does not fit, or cannot be written.
pub fn disk<P: Place + Sync>(
    order: &DiskOrder<'_>,
    create: impl FnOnce(u64) -> io::Result<P> + Send,
) -> Result<MadeDisk<P>, ImageError> {
    order.aids.bounded(|| whole_disk(order, create))
}

fn whole_disk<P: Place + Sync>(
    order: &DiskOrder<'_>,
    create: impl FnOnce(u64) -> io::Result<P> + Send,
) -> Result<MadeDisk<P>, ImageError> {
    let booting = boot::assemble(order)?;
    // What is told of the parts that boot can be found out by another core meanwhile.
    let (filled, boot) = rayon::join(
        || fill_all(order, &booting, create),
        || boot::record(order, &booting),
    );
    let (mut target, made) = filled?;
    let start = made.last().map_or(ALIGNMENT, |(_, range, _)| range.end);
    let size = size(order.layout, start)?;
    target.set_size(size)?;
    let table = table(order, &made, size);
    disk::write_table(&mut target, &table, order.blobs)?;
    check_blobs(&target, order.blobs)?;
    let ranges: Vec<Range<u64>> = made.iter().map(|(_, range, _)| range.clone()).collect();
    let digests = digest::of(&target, &ranges, order.layout.block_map)?;
    let map = order
        .layout
        .block_map
        .then(|| bmap::map(size, &digests.mapped));
    Ok(MadeDisk {
        disk: record(order, &table, made, &digests),
        place: target.into_place(),
        boot,
        map,
    })
}

/// A partition, where it lies, and what is in it.
type Section<'a> = (&'a Partition, Range<u64>, Filled);

/// Writes all partitions, one behind the other.
fn fill_all<'a, P: Place>(
    order: &DiskOrder<'a>,
    booting: &Booting,
    create: impl FnOnce(u64) -> io::Result<P> + Send,
) -> Result<(Target<P>, Vec<Section<'a>>), ImageError> {
    let about = order
        .layout
        .size
        .unwrap_or_else(|| sizes::content(order.tree));
    let mut target = Target::new(create(about)?, 0);
    target.set_size(order.layout.size.unwrap_or(ALIGNMENT))?;
    let mut start = ALIGNMENT;
    let mut made = Vec::new();
    for (index, partition) in order.layout.partitions.iter().enumerate() {
        let is_last = index + 1 == order.layout.partitions.len();
        let making = Making {
            partition,
            start,
            room: room(order.layout, partition, start, is_last)?,
            seed: &order.seed,
            time: order.time,
            packing: partition.packing,
            aids: order.aids,
        };
        let filled = fill(&mut target, order, booting, &making)?;
        let length = match making.room {
            Room::Fixed(length) => length,
            Room::AsNeeded => filled.length.next_multiple_of(ALIGNMENT),
        };
        made.push((partition, start..start + length, filled));
        start += length;
    }
    Ok((target, made))
}

/// The room of a partition: what it asks for, and for the last one of a disk of known size
/// all that is left.
fn room(
    layout: &Layout,
    partition: &Partition,
    start: u64,
    is_last: bool,
) -> Result<Room, ImageError> {
    let wanted = partition.size.map(|size| size.next_multiple_of(ALIGNMENT));
    let rest = layout.size.filter(|_| is_last).map(|size| {
        let end = size / ALIGNMENT * ALIGNMENT;
        (size, end.saturating_sub(start + ALIGNMENT))
    });
    match (wanted, rest) {
        (None, None) => Ok(Room::AsNeeded),
        (Some(wanted), None) => Ok(Room::Fixed(wanted)),
        (wanted, Some((size, rest))) if rest < wanted.unwrap_or(ALIGNMENT) => {
            Err(ImageError::DiskTooSmall {
                needed: start + wanted.unwrap_or(ALIGNMENT) + ALIGNMENT,
                size,
            })
        }
        (_, Some((_, rest))) => Ok(Room::Fixed(rest)),
    }
}

/// The size of the disk whose last partition ends at `end`.
fn size(layout: &Layout, end: u64) -> Result<u64, ImageError> {
    let needed = end + ALIGNMENT;
    match layout.size.map(|size| size / SECTOR * SECTOR) {
        Some(size) if size < needed => Err(ImageError::DiskTooSmall { needed, size }),
        Some(size) => Ok(size),
        None => Ok(needed),
    }
}

/// Writes what belongs on a partition.
fn fill<P: Place>(
    target: &mut Target<P>,
    order: &DiskOrder<'_>,
    booting: &Booting,
    making: &Making<'_>,
) -> Result<Filled, ImageError> {
    if let Room::Fixed(length) = making.room {
        partition::make_room(target, making.start + length)?;
    }
    match making.partition.role {
        Role::Esp => {
            let started = booting.started.iter();
            let files = started.map(|(path, bytes)| ((*path).to_owned(), &bytes[..]));
            return fat::fill(target, making, &files.collect(), None);
        }
        Role::Config => return fat::fill_config(target, making, order.layout, booting),
        Role::Root | Role::Data => {}
    }
    let Some(kind) = making.partition.filesystem else {
        let length = match making.room {
            Room::Fixed(length) => length,
            Room::AsNeeded => ALIGNMENT,
        };
        return Ok(Filled {
            length,
            record: None,
        });
    };
    let tree = content(order, making.partition)?;
    partition::fill(target, making, kind, &tree)
}

/// What the tree has for a partition: all that no other partition is mounted over.
fn content<'a>(
    order: &DiskOrder<'a>,
    partition: &Partition,
) -> Result<Cow<'a, Tree<'a>>, ImageError> {
    let partitions = order.layout.partitions.iter();
    let mounts: Vec<&str> = partitions
        .filter_map(|partition| partition.mount.as_deref())
        .collect();
    match &partition.mount {
        Some(mount) => Ok(order.tree.part(mount, &mounts)?),
        None => Ok(Cow::Owned(Tree::empty(order.time)?)),
    }
}

/// The partition table.
fn table(order: &DiskOrder<'_>, made: &[Section<'_>], size: u64) -> Table {
    let partitions = made.iter().map(|(partition, range, _)| gpt::Partition {
        kind: kind(partition.role, order.architecture),
        id: names::partition(&order.seed, &partition.name),
        first: range.start / SECTOR,
        last: range.end / SECTOR - 1,
        attributes: 0,
        name: partition.name.clone(),
    });
    Table {
        disk: names::disk(&order.seed),
        sectors: size / SECTOR,
        partitions: partitions.collect(),
    }
}

/// What a partition is for, as the table says it.
fn kind(role: Role, architecture: &str) -> Guid {
    match (role, architecture) {
        (Role::Esp, _) => gpt::kind::EFI_SYSTEM,
        (Role::Config, _) => gpt::kind::BASIC_DATA,
        (Role::Root, "amd64") => gpt::kind::ROOT_AMD64,
        (Role::Root, "arm64") => gpt::kind::ROOT_ARM64,
        (Role::Root, "armhf") => gpt::kind::ROOT_ARMHF,
        (Role::Root | Role::Data, _) => gpt::kind::LINUX,
    }
}

/// Reads the blobs again: a board that does not start tells nobody why.
fn check_blobs<P: Place>(target: &Target<P>, blobs: &[Blob<'_>]) -> Result<(), ImageError> {
    for blob in blobs {
        let mut found = vec![0; blob.bytes.len()];
        target.read(blob.offset, &mut found)?;
        if found != blob.bytes {
            return Err(ImageError::ReadBack(blob.name.to_owned()));
        }
    }
    Ok(())
}

/// The record of a disk, with the digests of all of it and of each partition.
fn record(
    order: &DiskOrder<'_>,
    table: &Table,
    made: Vec<Section<'_>>,
    digests: &Digests,
) -> ImageDisk {
    let each = made.into_iter().zip(&table.partitions);
    let each = each.zip(&digests.partitions);
    let partitions =
        each.enumerate()
            .map(
                |(index, (((partition, range, filled), entry), sha256))| ImagePartition {
                    number: index as u32 + 1,
                    name: partition.name.clone(),
                    role: role(partition.role).to_owned(),
                    kind: names::text(entry.kind),
                    guid: names::text(entry.id),
                    start: range.start,
                    size: range.end - range.start,
                    sha256: sha256.to_string(),
                    mount: partition.mount.clone(),
                    filesystem: filled.record,
                },
            );
    let blobs = order.blobs.iter().map(|blob| ImageBlob {
        name: blob.name.to_owned(),
        offset: blob.offset,
        size: blob.bytes.len() as u64,
        sha256: Sha256::of(blob.bytes).to_string(),
    });
    ImageDisk {
        file: String::new(),
        size: table.sectors * SECTOR,
        sha256: digests.whole.to_string(),
        guid: names::text(table.disk),
        partitions: partitions.collect(),
        blobs: blobs.collect(),
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Esp => "esp",
        Role::Config => "config",
        Role::Root => "root",
        Role::Data => "data",
    }
}

/// What a file system of its own is made of.
#[derive(Clone, Copy, Debug)]
pub struct FileSystemOrder<'a> {
    /// Its kind; there is no way to say a tree in FAT.
    pub kind: FileSystem,
    /// How it is laid out: the root's size, free room and label count here too.
    pub layout: &'a Layout,
    /// What is in it, whatever partitions the layout has.
    pub tree: &'a Tree<'a>,
    /// What all names for life follow from.
    pub seed: Sha256,
    /// The time of its making, in seconds since 1970.
    pub time: u32,
    /// What helps with it.
    pub aids: Aids<'a>,
}

/// A file system that was made.
#[derive(Debug)]
pub struct MadeFileSystem<P> {
    /// Where it was written.
    pub place: P,
    /// Its record, without the name of its file.
    pub record: ImageFileSystem,
    /// The SHA-256 of all of it.
    pub sha256: Sha256,
}

/// Makes a file system of the whole tree; `create` is told how large it will be about.
///
/// # Errors
/// If the tree does not fit or cannot be said in it, or it cannot be written.
pub fn file_system<P: Place + Sync>(
    order: &FileSystemOrder<'_>,
    create: impl FnOnce(u64) -> io::Result<P> + Send,
) -> Result<MadeFileSystem<P>, ImageError> {
    order.aids.bounded(|| whole_file_system(order, create))
}

fn whole_file_system<P: Place + Sync>(
    order: &FileSystemOrder<'_>,
    create: impl FnOnce(u64) -> io::Result<P> + Send,
) -> Result<MadeFileSystem<P>, ImageError> {
    let Some(root) = order.layout.root() else {
        return Err(ImageError::Missing("partition of the root file system"));
    };
    let mut target = Target::new(create(sizes::content(order.tree))?, 0);
    let making = Making {
        partition: root,
        start: 0,
        room: match root.size.filter(|_| order.kind == FileSystem::Ext4) {
            Some(size) => Room::Fixed(size.next_multiple_of(ALIGNMENT)),
            None => Room::AsNeeded,
        },
        seed: &order.seed,
        time: order.time,
        packing: match order.kind {
            kind if root.filesystem == Some(kind) => root.packing,
            FileSystem::Squashfs => order.layout.squashfs,
            _ => order.layout.erofs,
        },
        aids: order.aids,
    };
    let filled = partition::fill(&mut target, &making, order.kind, order.tree)?;
    target.set_size(filled.length)?;
    let digests = digest::of(&target, &[], false)?;
    Ok(MadeFileSystem {
        place: target.into_place(),
        record: filled.record.unwrap_or_default(),
        sha256: digests.whole,
    })
}
