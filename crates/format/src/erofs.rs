//! EROFS, uncompressed, as `Documentation/filesystems/erofs.rst` of the kernel describes it.
//!
//! The superblock stands at byte 1024. Inodes lie in slots of 32 bytes from the block that it
//! names; the number of an inode is that of its slot. Behind an inode stand its extended
//! attributes and, where it fits into the same block, the tail of its data. All other data
//! lies in whole blocks of 4 KiB behind the inodes. A directory is a file of blocks, each
//! with its entries of 12 bytes first and their names behind them, sorted, `.` and `..`
//! among them. All numbers are little-endian.

mod crc;
mod directory;
mod inode;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use crate::guid::Guid;
use crate::node::{Kind, Tree};

use inode::Place;

/// Bytes in a block.
pub const BLOCK: u64 = 4096;
/// Where the superblock stands.
const SUPERBLOCK: usize = 1024;
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
    let first = superblock(tree, &plan, options)?;
    out.write_all(&first)?;
    let mut position = 0;
    for index in 0..tree.nodes().len() {
        if matches!(tree.nodes()[index].kind, Kind::Link(_)) {
            continue;
        }
        let place = &plan.places[index];
        let start = place.slot * SLOT;
        zeroes(out, start - position)?;
        let bytes = plan.inode(tree, index, read)?;
        out.write_all(&bytes)?;
        position = start + bytes.len() as u64;
    }
    zeroes(out, (plan.data - 1) * BLOCK - position)?;
    plan.write_data(out, tree, read)
}

/// How many bytes an image of the tree has.
///
/// # Errors
/// If the tree cannot be said in EROFS.
pub fn size(tree: &Tree) -> Result<u64, ErofsError> {
    Ok(Plan::new(tree)?.blocks * BLOCK)
}

/// Where everything goes: the tables follow the first block, and the data follows them.
struct Plan {
    places: Vec<Place>,
    /// The first block behind the inodes.
    data: u64,
    /// Blocks in all.
    blocks: u64,
}

impl Plan {
    fn new(tree: &Tree) -> Result<Plan, ErofsError> {
        let mut places = Vec::with_capacity(tree.nodes().len());
        let mut next = 0;
        for (index, node) in tree.nodes().iter().enumerate() {
            let mut place = Place::measure(tree, index)?;
            if !matches!(node.kind, Kind::Link(_)) {
                next = place.put(next);
            }
            places.push(place);
        }
        let data = 1 + next.div_ceil(BLOCK);
        let mut blocks = data;
        for (place, node) in places.iter_mut().zip(tree.nodes()) {
            place.block = blocks;
            if !matches!(node.kind, Kind::Link(_)) {
                blocks += place.blocks();
            }
        }
        Ok(Plan {
            places,
            data,
            blocks,
        })
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
            Kind::Directory => {
                let slots: Vec<u64> = self.places.iter().map(|place| place.slot).collect();
                Some(directory::encode(tree, index, &slots))
            }
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
        let mut buffer = vec![0; 256 * BLOCK as usize];
        for (index, place) in self.places.iter().enumerate() {
            if place.blocks() == 0 || matches!(tree.nodes()[index].kind, Kind::Link(_)) {
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

/// The first block, which holds the superblock.
fn superblock(tree: &Tree, plan: &Plan, options: &Options) -> Result<Vec<u8>, ErofsError> {
    let too_large = |what| ErofsError::TooLarge {
        path: String::new(),
        what,
    };
    let blocks = u32::try_from(plan.blocks).map_err(|_| too_large("the image"))?;
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
    // The root comes first, in slot 0.
    put(16, &(inodes.count() as u64).to_le_bytes());
    put(24, &options.time.to_le_bytes());
    put(36, &blocks.to_le_bytes());
    put(40, &1_u32.to_le_bytes());
    put(48, &options.id.bytes());
    put(64, label);
    let sum = crc::crc32c(&block[SUPERBLOCK..]);
    block[SUPERBLOCK + 4..SUPERBLOCK + 8].copy_from_slice(&sum.to_le_bytes());
    Ok(block)
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
