//! One partition: how large it must be, and what is written to it.

use std::io::{self, BufWriter, Write};

use formwork_codec::pack::Packer;
use formwork_deb::sha256::Sha256;
use formwork_format::erofs as format;
use formwork_model::documents::ImageFileSystem;
use formwork_model::layout::{self as model, FileSystem, Packing, Partition};

use super::error::TooLarge;
use super::{ImageError, names, sizes};
use crate::blocks::Aids;
use crate::disk::ALIGNMENT;
use crate::target::{Place, Target};
use crate::tree::Tree;
use crate::{erofs, ext4, squashfs};

/// How a squashfs is packed of which nobody says it.
const USUAL: Packing = Packing {
    packer: model::Packer::Zstd,
    level: 3,
};
/// Bytes in a block of a squashfs.
const SQUASHFS_BLOCK: u32 = 128 * 1024;

/// The longest label of EROFS; names of partitions may be one character longer.
const EROFS_LABEL: usize = 15;

/// The bytes that a partition has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// So many, whatever is in it.
    Fixed(u64),
    /// What its content needs.
    AsNeeded,
}

/// A partition on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Making<'a> {
    pub(super) partition: &'a Partition,
    /// Its first byte.
    pub(super) start: u64,
    pub(super) room: Room,
    pub(super) seed: &'a Sha256,
    pub(super) time: u32,
    /// How its file system is packed.
    pub(super) packing: Option<Packing>,
    pub(super) aids: Aids<'a>,
}

/// What became of a partition.
#[derive(Debug)]
pub(super) struct Filled {
    /// The bytes that its file system takes, or that it has without one.
    pub(super) length: u64,
    pub(super) record: Option<ImageFileSystem>,
}

/// Writes a tree as the file system of a partition.
pub(super) fn fill<P: Place>(
    target: &mut Target<P>,
    making: &Making<'_>,
    kind: FileSystem,
    tree: &Tree<'_>,
) -> Result<Filled, ImageError> {
    let name = &making.partition.name;
    let mut label = making.partition.label.as_ref().unwrap_or(name).clone();
    if kind == FileSystem::Erofs {
        label = label.chars().take(EROFS_LABEL).collect();
    }
    let packing = match kind {
        FileSystem::Ext4 | FileSystem::Vfat => None,
        FileSystem::Squashfs => making.packing.or(Some(USUAL)),
        FileSystem::Erofs => making.packing,
    };
    let packer = packing.map(packer);
    let (length, used) = match (kind, packer) {
        (FileSystem::Ext4, _) => fill_ext4(target, making, tree, &label)?,
        (FileSystem::Squashfs, Some(packer)) => fill_squashfs(target, making, tree, packer)?,
        (_, Some(Packer::Lz4(level))) => {
            fill_packed_erofs(target, making, tree, (&label, erofs::Packed::Lz4(level)))?
        }
        (_, Some(Packer::Zstd(level))) => {
            fill_packed_erofs(target, making, tree, (&label, erofs::Packed::Zstd(level)))?
        }
        (_, _) => fill_erofs(target, making, tree, &label)?,
    };
    let has_names = kind != FileSystem::Squashfs;
    Ok(Filled {
        length,
        record: Some(ImageFileSystem {
            kind: kind.as_str().to_owned(),
            label: if has_names { label } else { String::new() },
            uuid: match has_names {
                true => names::file_system_uuid(making.seed, name),
                false => String::new(),
            },
            compression: packing
                .map(|packing| format!("{} {}", packing.packer.as_str(), packing.level)),
            file: None,
            size: length,
            used,
        }),
    })
}

/// How blocks are packed.
fn packer(packing: Packing) -> Packer {
    match packing.packer {
        model::Packer::Lz4 => Packer::Lz4(packing.level),
        model::Packer::Zstd => Packer::Zstd(packing.level.cast_signed()),
        model::Packer::Xz => Packer::Xz(packing.level),
        model::Packer::Gzip => Packer::Zlib(packing.level),
    }
}

fn fill_ext4<P: Place>(
    target: &mut Target<P>,
    making: &Making<'_>,
    tree: &Tree<'_>,
    label: &str,
) -> Result<(u64, u64), ImageError> {
    let fail = |source| ImageError::Ext4 {
        partition: making.partition.name.clone(),
        source,
    };
    let size = match making.room {
        Room::Fixed(size) => {
            // What is reckoned is more than is needed; who is near the limit is told exactly.
            if size < ext4::size_for(tree, 0) {
                let needed = ext4::needed(tree).map_err(fail)?;
                if size < needed {
                    return Err(too_large(making, tree, needed, size));
                }
            }
            size
        }
        Room::AsNeeded => ext4::size_for(tree, making.partition.free),
    };
    make_room(target, making.start + size)?;
    let options = ext4::Options {
        size,
        id: names::file_system(making.seed, &making.partition.name).bytes(),
        label: label.to_owned(),
        time: i64::from(making.time),
    };
    let section = target.section(making.start..making.start + size)?;
    ext4::write(section, tree, &options, &making.aids).map_err(fail)?;
    let mut superblock = [0; 1024];
    target.read(making.start + 1024, &mut superblock)?;
    Ok((size, size - ext4::free(&superblock)))
}

fn fill_squashfs<P: Place>(
    target: &mut Target<P>,
    making: &Making<'_>,
    tree: &Tree<'_>,
    packer: Packer,
) -> Result<(u64, u64), ImageError> {
    let tree = &tree.without_lists()?;
    // No block is stored larger than it is.
    make_room(
        target,
        making.start + sizes::content(tree) + sizes::metadata(tree),
    )?;
    let section = target.section(making.start..target.size())?;
    let options = squashfs::Options {
        packer,
        block_size: SQUASHFS_BLOCK,
        time: making.time,
    };
    let mut out = BufWriter::with_capacity(1 << 20, section);
    let size = squashfs::write(&mut out, tree, &options, &making.aids).map_err(|source| {
        ImageError::Squashfs {
            partition: making.partition.name.clone(),
            source,
        }
    })?;
    out.flush()?;
    fits(making, tree, size)
}

fn fill_erofs<P: Place>(
    target: &mut Target<P>,
    making: &Making<'_>,
    tree: &Tree<'_>,
    label: &str,
) -> Result<(u64, u64), ImageError> {
    let fail = |source| ImageError::Erofs {
        partition: making.partition.name.clone(),
        source,
    };
    let size = format::size(tree.nodes()).map_err(fail)?;
    fits(making, tree, size)?;
    make_room(target, making.start + size)?;
    let options = erofs_options(making, label);
    let section = target.section(making.start..making.start + size)?;
    let mut out = BufWriter::with_capacity(1 << 20, section);
    let mut read = 0;
    let mut read = |index, offset, buffer: &mut [u8]| {
        making.aids.let_go_after(&mut read, buffer.len());
        tree.read(index, offset, buffer)
    };
    format::write(&mut out, tree.nodes(), &options, &mut read).map_err(fail)?;
    out.flush()?;
    Ok((size, size))
}

fn fill_packed_erofs<P: Place>(
    target: &mut Target<P>,
    making: &Making<'_>,
    tree: &Tree<'_>,
    (label, packed): (&str, erofs::Packed),
) -> Result<(u64, u64), ImageError> {
    let room = sizes::content(tree) + sizes::metadata(tree);
    // Every file may end in a block of its own, and its inode too.
    let ends = tree.nodes().nodes().len() as u64 * 2 * format::BLOCK;
    make_room(target, making.start + room + ends)?;
    let options = erofs_options(making, label);
    let section = target.section(making.start..target.size())?;
    let mut out = BufWriter::with_capacity(1 << 20, section);
    let written = erofs::write(&mut out, tree, &options, packed, &making.aids);
    let size = written.map_err(|source| ImageError::Erofs {
        partition: making.partition.name.clone(),
        source,
    })?;
    out.flush()?;
    fits(making, tree, size)
}

fn erofs_options(making: &Making<'_>, label: &str) -> format::Options {
    format::Options {
        id: names::file_system(making.seed, &making.partition.name),
        label: label.to_owned(),
        time: u64::from(making.time),
    }
}

/// The size twice, as length and as what is used, unless the partition is smaller.
fn fits(making: &Making<'_>, tree: &Tree<'_>, size: u64) -> Result<(u64, u64), ImageError> {
    match making.room {
        Room::Fixed(room) if size > room => Err(too_large(making, tree, size, room)),
        Room::Fixed(_) | Room::AsNeeded => Ok((size, size)),
    }
}

fn too_large(making: &Making<'_>, tree: &Tree<'_>, needed: u64, size: u64) -> ImageError {
    ImageError::TooLarge(Box::new(TooLarge {
        partition: making.partition.name.clone(),
        needed,
        size,
        largest: sizes::largest(tree),
    }))
}

/// Lets the image reach as far as this at least.
pub(super) fn make_room<P: Place>(target: &mut Target<P>, end: u64) -> io::Result<()> {
    match target.size() < end {
        true => target.set_size(end.next_multiple_of(ALIGNMENT)),
        false => Ok(()),
    }
}
