//! ext4 as `Documentation/filesystems/ext4` of the kernel describes it: what stands in each
//! block of a file system that is written once and in one go.
//!
//! Blocks have 4 KiB and lie in groups of 32,768. The first block of the file system holds the
//! superblock, the blocks behind it describe all groups; some groups begin with copies of both.
//! What belongs to sixteen groups stands together where the first of them begins: a map of used
//! blocks of each, a map of used inodes of each, a table of inodes of each. All other blocks are
//! handed out in their order: to the journal, to directories, attributes and long symbolic links
//! in the order of inodes, and then to the contents of files in the order of inodes. All numbers
//! are little-endian, but for those of the journal. Every structure has a checksum.

pub mod attributes;
pub mod directory;
pub mod extents;
mod hash;
pub mod inode;
pub mod layout;
pub mod superblock;
#[cfg(test)]
mod tests;

use crate::crc::crc32c;

/// Bytes in a block.
pub const BLOCK: usize = 4096;
/// The inode of the root directory.
pub const ROOT: u32 = 2;
/// The inode of the journal.
pub const JOURNAL: u32 = 8;
/// The inode of the directory that repairs put files into.
pub const LOST_AND_FOUND: u32 = 11;
/// The first inode that is free for files.
pub const FIRST: u32 = 12;

/// Why there is no layout.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Ext4Error {
    /// The size is none for a file system.
    #[error("{0} bytes: it must have whole blocks of 4 KiB, 16 MiB at least and less than 16 TiB")]
    Size(u64),
    /// There are not enough blocks.
    #[error("it is too small for the files")]
    Full,
    /// There are not enough inodes.
    #[error("{needed} inodes are needed and {there} are there")]
    Inodes {
        /// As many are needed.
        needed: u64,
        /// As many have room.
        there: u64,
    },
    /// A directory has more entries than two levels of an index lead to.
    #[error("a directory has too many entries")]
    Directory,
    /// A file has more pieces than two levels of an index lead to.
    #[error("a file lies in too many pieces")]
    Pieces,
    /// An attribute is of no kind that ext4 knows.
    #[error("ext4 knows no extended attribute like {0}")]
    Attribute(String),
    /// The attributes of a file need more than its inode and a block.
    #[error("its extended attributes are too large")]
    Attributes,
}

/// What all checksums of a file system begin with.
#[must_use]
pub fn seed(id: &[u8; 16]) -> u32 {
    crc32c(u32::MAX, id)
}

/// What checksums of blocks that belong to an inode begin with.
fn inode_seed(seed: u32, inode: u32) -> u32 {
    let sum = crc32c(seed, &inode.to_le_bytes());
    // The number of its generation.
    crc32c(sum, &[0; 4])
}

/// Puts a number where it belongs.
fn put<const N: usize>(room: &mut [u8], at: usize, bytes: [u8; N]) {
    room[at..at + N].copy_from_slice(&bytes);
}
