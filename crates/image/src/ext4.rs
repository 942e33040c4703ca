//! ext4 file systems, ready to be mounted and grown.

mod plan;
#[cfg(test)]
mod tests;
mod writer;

use std::io;

use formwork_format::ext4 as format;
use formwork_format::node::{Kind, Node};

use crate::blocks::Aids;
use crate::target::Sink;
use crate::tree::Tree;
use plan::Plan;
use writer::Writer;

/// Bytes in a block.
const BLOCK: u64 = 4096;
/// What a file costs beside its blocks: an inode of 256 bytes and its share of a directory.
const FILE: u64 = 512;
/// Bytes of attributes that an inode of 256 bytes has room for at least.
const IN_INODE: usize = 80;
/// The room for bitmaps, group descriptors and the journal, as a part of the whole: one in 16.
const OVERHEAD: u64 = 16;
/// No image is smaller: the journal alone takes 4 MiB, and no more than a quarter.
const SMALLEST: u64 = 16 << 20;

/// How a file system is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Its size in bytes, a multiple of 4,096.
    pub size: u64,
    /// Its name for life.
    pub id: [u8; 16],
    /// Its label, at most 16 bytes.
    pub label: String,
    /// The time of its making, in seconds since 1970.
    pub time: i64,
}

/// Why a file system cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Ext4Error {
    /// An access control list that is none.
    #[error("/{0}: its access control list is damaged")]
    Acl(String),
    /// A file that ext4 cannot hold.
    #[error("/{path}: ext4 cannot hold it: {problem}")]
    File {
        /// Its path.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A label that has no room.
    #[error("the label {0} has more than 16 bytes")]
    Label(String),
    /// A time that has no room.
    #[error("the time {0} is not one of the years 1970 to 2106")]
    Time(i64),
    /// There is no room, or the size is none for a file system.
    #[error("the ext4 file system cannot be made: {0}")]
    Layout(#[from] format::Ext4Error),
    /// It cannot be written.
    #[error("the ext4 file system cannot be written: {0}")]
    Io(#[from] io::Error),
}

/// How large a file system must be that holds the tree and `free` bytes more.
#[must_use]
pub fn size_for(tree: &Tree<'_>, free: u64) -> u64 {
    let needed: u64 = tree
        .nodes()
        .nodes()
        .iter()
        .map(|node| room(node) + attributes(node) + FILE + node.name().len() as u64)
        .sum();
    let needed = needed + free;
    (needed + needed / OVERHEAD + SMALLEST).next_multiple_of(1 << 20)
}

/// The bytes that are free, by the superblock of a file system of ours.
#[must_use]
pub fn free(superblock: &[u8; 1024]) -> u64 {
    // Where ext4 keeps the number of free blocks.
    let mut count = [0; 4];
    count.copy_from_slice(&superblock[12..16]);
    u64::from(u32::from_le_bytes(count)) * BLOCK
}

/// The bytes of the blocks of a file.
fn room(node: &Node) -> u64 {
    match &node.kind {
        Kind::File(size) => size.next_multiple_of(BLOCK),
        Kind::Directory => BLOCK,
        // A short target stands in the inode.
        Kind::Symlink(target) if target.len() < 60 => 0,
        Kind::Symlink(_) => BLOCK,
        _ => 0,
    }
}

/// The block that attributes take which do not fit into an inode.
fn attributes(node: &Node) -> u64 {
    let sizes = node.attributes.iter();
    let needed: usize = sizes
        .map(|(name, value)| name.len() + value.len() + 20)
        .sum();
    if needed > IN_INODE { BLOCK } else { 0 }
}

/// How large a file system must be that holds the tree and has next to nothing free: what it
/// takes where there is more than enough room.
///
/// # Errors
/// If the tree has files that ext4 cannot hold.
pub fn needed(tree: &Tree<'_>) -> Result<u64, Ext4Error> {
    let options = Options {
        size: size_for(tree, 0),
        id: [1; 16],
        label: String::new(),
        time: 0,
    };
    let used = options.size - Plan::new(tree, &options)?.free();
    Ok(used.next_multiple_of(1 << 20).max(SMALLEST))
}

/// Writes the tree as a file system; no byte is handed to `sink` twice, and what is not handed
/// over is zero. First comes all that is no content of files.
///
/// # Errors
/// If the tree does not fit, has files that ext4 cannot hold, or cannot be written.
pub fn write(
    mut sink: impl Sink,
    tree: &Tree<'_>,
    options: &Options,
    aids: &Aids<'_>,
) -> Result<(), Ext4Error> {
    let plan = Plan::new(tree, options)?;
    Writer::new(&plan, &mut sink).write()?;
    plan.write_contents(&mut sink, aids)
}
