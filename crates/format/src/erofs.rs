//! EROFS as `Documentation/filesystems/erofs.rst` of the kernel describes it: uncompressed by
//! [`write()`], packed by [`packed::Writer`].
//!
//! The superblock stands at byte 1024. Inodes lie in slots of 32 bytes from the block that it
//! names; the number of an inode is that of its slot. Behind an inode stand its extended
//! attributes and, where it fits into the same block, the tail of its data. All other data
//! lies in whole blocks of 4 KiB behind the inodes. A directory is a file of blocks, each
//! with its entries of 12 bytes first and their names behind them, sorted, `.` and `..`
//! among them. All numbers are little-endian.

mod directory;
mod inode;
pub mod packed;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use crate::crc::crc32c;
use crate::guid::Guid;
use crate::node::{Kind, Tree};

use inode::Place;

/// Bytes in a block.
pub const BLOCK: u64 = 4096;
/// Where the superblock stands.
const SUPERBLOCK: usize = 1024;
/// Bytes of the superblock.
const LENGTH: usize = 128;
const MAGIC: u32 = 0xe0f5_e1e2;
/// There is a checksum, and times are those of last changes.
const COMPATIBLE: u32 = 0x1 | 0x2;
/// Bytes in a slot of the inode table.
const SLOT: u64 = 32;

/// How an image is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Its name for life.
    pub id: Guid,
    /// Its label, at most 15 bytes.
    pub label: String,
    /// When it was made, in seconds since 1970.
    pub time: u64,
}

/// Why an image cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErofsError {
    /// EROFS has no place for an attribute.
    #[error("/{path}: EROFS cannot hold the extended attribute {name}")]
    Attribute {
        /// The file.
        path: String,
        /// The attribute.
        name: String,
    },
    /// A number does not fit the format.
    #[error("/{path}: too large for EROFS: {what}")]
    TooLarge {
        /// The file.
        path: String,
        /// What about it.
        what: &'static str,
    },
    /// It cannot be written, or a file cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Fills a buffer with the bytes of a file, by its place in the tree, from an offset.
pub type Read<'a> = &'a mut dyn FnMut(usize, u64, &mut [u8]) -> io::Result<()>;

/// Writes an image of the tree.
///
/// # Errors
/// If the tree cannot be said in EROFS, a file cannot be read or the image cannot be written.
pub fn write(
    out: &mut impl Write,
    tree: &Tree,
    options: &Options,
    read: Read<'_>,
) -> Result<(), ErofsError> {
    let plan = Plan::new(tree)?;
    let head = Head {
        blocks: plan.blocks,
        root: 0,
        inodes_at: 1,
        packing: None,
    };
    let mut first = superblock(tree, &head, options)?;
    sum(&mut first);
    out.write_all(&first)?;
    plan.write_inodes(out, tree, 0, read)?;
    plan.write_data(out, tree, read)
}

/// How many bytes an image of the tree has.
///
/// # Errors
/// If the tree cannot be said in EROFS.
pub fn size(tree: &Tree) -> Result<u64, ErofsError> {
    Ok(Plan::new(tree)?.blocks * BLOCK)
}

/// Where everything goes: inodes, and the data behind them.
struct Plan {
    places: Vec<Place>,
    /// Which nodes are written: those that have an inode of their own, and none yet.
    wanted: Vec<bool>,
    /// Blocks in all.
    blocks: u64,
    /// Blocks behind the first inode that hold inodes.
    tables: u64,
}

impl Plan {
    /// The tables follow the first block, in which no slot lies.
    fn new(tree: &Tree) -> Result<Plan, ErofsError> {
        let places = (0..tree.nodes().len()).map(|index| Place::measure(tree, index));
        let kinds = tree.nodes().iter().map(|node| &node.kind);
        let wanted = kinds.map(|kind| !matches!(kind, Kind::Link(_))).collect();
        Ok(Plan::of(places.collect::<Result<_, _>>()?, wanted, (0, 1)))
    }

    /// Puts what is wanted behind the block `first`, of which slots count from block `origin`.
    fn of(mut places: Vec<Place>, wanted: Vec<bool>, (first, origin): (u64, u64)) -> Plan {
        let mut next = first * BLOCK;
        for (place, _) in places
            .iter_mut()
            .zip(&wanted)
            .filter(|(_, wanted)| **wanted)
        {
            next = place.put(next);
        }
        let tables = next.div_ceil(BLOCK) - first;
        let mut blocks = origin + first + tables;
        for (place, _) in places
            .iter_mut()
            .zip(&wanted)
            .filter(|(_, wanted)| **wanted)
        {
            place.block = blocks;
            blocks += place.blocks();
        }
        Plan {
            places,
            wanted,
            blocks,
            tables,
        }
    }

    /// Writes the inodes, the first of them in slots from `position` bytes on.
    fn write_inodes(
        &self,
        out: &mut impl Write,
        tree: &Tree,
        start: u64,
        read: Read<'_>,
    ) -> Result<(), ErofsError> {
        let mut position = start;
        for index in 0..tree.nodes().len() {
            if !self.wanted[index] {
                continue;
            }
            let from = self.places[index].slot * SLOT;
            zeroes(out, from - position)?;
            let bytes = self.inode(tree, index, read)?;
            out.write_all(&bytes)?;
            position = from + bytes.len() as u64;
        }
        Ok(zeroes(out, start + self.tables * BLOCK - position)?)
    }

    /// The bytes of an inode, with its attributes and the tail of its data.
    fn inode(&self, tree: &Tree, index: usize, read: Read<'_>) -> Result<Vec<u8>, ErofsError> {
        let place = &self.places[index];
        let mut bytes = inode::encode(tree, index, place)?;
        if place.inline > 0 {
            let offset = place.size - place.inline;
            match self.made(tree, index) {
                Some(content) => bytes.extend(&content[offset as usize..]),
                None => {
                    let mut tail = vec![0; place.inline as usize];
                    read(index, offset, &mut tail)?;
                    bytes.extend(tail);
                }
            }
        }
        Ok(bytes)
    }

    /// The content of what is no regular file.
    fn made(&self, tree: &Tree, index: usize) -> Option<Vec<u8>> {
        match &tree.nodes()[index].kind {
            Kind::Directory => Some(directory::encode(tree, index, &self.places)),
            Kind::Symlink(target) => Some(target.clone()),
            _ => None,
        }
    }

    fn write_data(
        &self,
        out: &mut impl Write,
        tree: &Tree,
        read: Read<'_>,
    ) -> Result<(), ErofsError> {
        let order: Vec<usize> = (0..self.places.len()).collect();
        self.write_data_of(&order, out, tree, read)
    }

    /// Writes the data of nodes, in the order of their blocks.
    fn write_data_of(
        &self,
        order: &[usize],
        out: &mut impl Write,
        tree: &Tree,
        read: Read<'_>,
    ) -> Result<(), ErofsError> {
        let mut buffer = vec![0; 256 * BLOCK as usize];
        for index in order.iter().copied() {
            let place = &self.places[index];
            if place.blocks() == 0 || !self.wanted[index] {
                continue;
            }
            let length = place.size - place.inline;
            if let Some(content) = self.made(tree, index) {
                out.write_all(&content[..length as usize])?;
            } else {
                let mut offset = 0;
                while offset < length {
                    let step = (length - offset).min(buffer.len() as u64);
                    let part = &mut buffer[..step as usize];
                    read(index, offset, part)?;
                    out.write_all(part)?;
                    offset += step;
                }
            }
            zeroes(out, place.blocks() * BLOCK - length)?;
        }
        Ok(())
    }
}

/// What the superblock says besides what was asked for.
struct Head {
    /// Blocks in all.
    blocks: u64,
    /// The slot of the root.
    root: u16,
    /// The block from which slots count.
    inodes_at: u32,
    packing: Option<packed::Packing>,
}

/// The first block, which holds the superblock.
fn superblock(tree: &Tree, head: &Head, options: &Options) -> Result<Vec<u8>, ErofsError> {
    let too_large = |what| ErofsError::TooLarge {
        path: String::new(),
        what,
    };
    let blocks = u32::try_from(head.blocks).map_err(|_| too_large("the image"))?;
    let label = options.label.as_bytes();
    if label.len() > 15 {
        return Err(too_large("the label"));
    }
    let inodes = tree
        .nodes()
        .iter()
        .filter(|node| !matches!(node.kind, Kind::Link(_)));
    let mut block = vec![0; BLOCK as usize];
    let mut put = |at: usize, bytes: &[u8]| {
        let at = SUPERBLOCK + at;
        block[at..at + bytes.len()].copy_from_slice(bytes);
    };
    put(0, &MAGIC.to_le_bytes());
    put(8, &COMPATIBLE.to_le_bytes());
    put(12, &[BLOCK.trailing_zeros() as u8, 0]);
    put(14, &head.root.to_le_bytes());
    put(16, &(inodes.count() as u64).to_le_bytes());
    put(24, &options.time.to_le_bytes());
    put(36, &blocks.to_le_bytes());
    put(40, &head.inodes_at.to_le_bytes());
    put(48, &options.id.bytes());
    put(64, label);
    if let Some(packing) = head.packing {
        let (incompatible, algorithms, configuration) = packing.said();
        put(80, &incompatible.to_le_bytes());
        put(84, &algorithms.to_le_bytes());
        put(LENGTH, &configuration);
    }
    Ok(block)
}

/// Adds the sum of the first block, when all is in it.
fn sum(block: &mut [u8]) {
    let sum = crc32c(u32::MAX, &block[SUPERBLOCK..]);
    block[SUPERBLOCK + 4..SUPERBLOCK + 8].copy_from_slice(&sum.to_le_bytes());
}

fn zeroes(out: &mut impl Write, mut count: u64) -> io::Result<()> {
    let block = [0; BLOCK as usize];
    while count > 0 {
        let step = count.min(BLOCK);
        out.write_all(&block[..step as usize])?;
        count -= step;
    }
    Ok(())
}
