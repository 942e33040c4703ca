//! What describes the whole file system: its superblock, its groups, and its journal.

use super::extents::Extents;
use super::layout::{DESCRIPTOR, Layout, PER_GROUP, free};
use super::{BLOCK, JOURNAL, LOST_AND_FOUND, put, seed};
use crate::crc::crc32c;

/// Bytes of a superblock.
pub const SIZE: usize = 1024;
/// Bytes of a label.
pub const LABEL: usize = 16;
/// Where the superblock's checksum stands.
const SUM: usize = SIZE - 4;
/// A journal, extended attributes, indexed directories.
const COMPATIBLE: u32 = 0x4 | 0x8 | 0x20;
/// Kinds in directories, runs of blocks, maps of several groups together.
const INCOMPATIBLE: u32 = 0x2 | 0x40 | 0x200;
/// Few copies of the superblock, large files, huge files, directories with many directories,
/// large inodes, checksums.
const READ_ONLY: u32 = 0x1 | 0x2 | 0x8 | 0x20 | 0x40 | 0x400;
/// One block in twenty is for the administrator.
const RESERVED: u64 = 20;
/// A group has no inodes; its table of inodes is zero where it is not used.
const NO_INODES: u16 = 0x1;
const ZEROED: u16 = 0x4;
const MAGIC: u16 = 0xef53;
const JOURNAL_MAGIC: u32 = 0xc03b_3998;
/// The journal's superblock, version 2.
const JOURNAL_KIND: u32 = 4;

/// What the superblock tells.
#[derive(Clone, Copy, Debug)]
pub struct Superblock<'a> {
    /// What lies where.
    pub layout: &'a Layout,
    /// Its name for life.
    pub id: [u8; 16],
    /// Its label, filled up with zeroes.
    pub label: [u8; LABEL],
    /// When it was made, in seconds since 1970.
    pub time: u32,
    /// The block behind all that were handed out.
    pub end: u64,
    /// The last inode that is used.
    pub last: u32,
    /// Where the journal is.
    pub journal: &'a Extents,
}

impl Superblock<'_> {
    /// Its bytes, or those of the copy in a group.
    #[must_use]
    pub fn bytes(&self, group: u32) -> [u8; SIZE] {
        let layout = self.layout;
        let inodes = layout.inodes() as u32;
        let free = layout.free(self.end);
        let mut room = [0; SIZE];
        let mut word = |at: usize, value: u32| put(&mut room, at, value.to_le_bytes());
        word(0x00, inodes);
        word(0x04, layout.blocks as u32);
        word(0x08, (layout.blocks / RESERVED) as u32);
        word(0x0c, free as u32);
        word(0x10, inodes - self.last);
        // Blocks of 1 KiB times four.
        word(0x18, 2);
        word(0x1c, 2);
        word(0x20, PER_GROUP as u32);
        word(0x24, PER_GROUP as u32);
        word(0x28, layout.inodes_per_group);
        // When it was written, checked and made.
        for at in [0x30, 0x40, 0x108] {
            word(at, self.time);
        }
        // Version 1.
        word(0x4c, 1);
        word(0x54, LOST_AND_FOUND);
        word(0x5c, COMPATIBLE);
        word(0x60, INCOMPATIBLE);
        word(0x64, READ_ONLY);
        word(0xe0, JOURNAL);
        // Mounted with attributes and access control lists.
        word(0x100, 0xc);
        // The journal's inode once more, with its size.
        word(0x14c, (layout.journal * BLOCK as u64) as u32);
        // Letters count as signed numbers in hashes.
        word(0x160, 1);
        word(0x248, layout.overhead() as u32);
        let mut half = |at: usize, value: u16| put(&mut room, at, value.to_le_bytes());
        // It need not be checked however often it was mounted.
        half(0x36, u16::MAX);
        half(0x38, MAGIC);
        // It is clean, and goes on if it is found not to be.
        half(0x3a, 1);
        half(0x3c, 1);
        half(0x58, super::inode::SIZE as u16);
        half(0x5a, group as u16);
        half(0x15c, 32);
        half(0x15e, 32);
        put(&mut room, 0x68, self.id);
        put(&mut room, 0x78, self.label);
        put(&mut room, 0xec, self.id);
        // Hashes are MD4; the journal's inode stands here too.
        put(&mut room, 0xfc, [1, 1]);
        put(&mut room, 0x10c, self.journal.root());
        // Sixteen groups together, checksums are CRC-32C.
        put(&mut room, 0x174, [4, 1]);
        let written = (layout.blocks - free) * (BLOCK as u64 / 1024);
        put(&mut room, 0x178, written.to_le_bytes());
        let sum = crc32c(u32::MAX, &room[..SUM]);
        put(&mut room, SUM, sum.to_le_bytes());
        room
    }

    /// What describes a group, in which so many inodes are directories.
    #[must_use]
    pub fn descriptor(&self, group: u32, directories: u32) -> [u8; DESCRIPTOR as usize] {
        let layout = self.layout;
        let seed = seed(&self.id);
        let blocks = layout.block_map(group, self.end);
        let used = layout.used_inodes(group, self.last);
        let unused = layout.inodes_per_group - used;
        let inodes = &layout.inode_map(used)[..layout.inodes_per_group as usize / 8];
        let place = layout.groups[group as usize];
        let (flags, inodes_sum) = match used {
            0 => (NO_INODES | ZEROED, 0),
            _ => (ZEROED, crc32c(seed, inodes) as u16),
        };
        let mut room = [0; DESCRIPTOR as usize];
        let places = [place.blocks, place.inodes, place.table];
        for (at, place) in places.into_iter().enumerate() {
            put(&mut room, at * 4, (place as u32).to_le_bytes());
        }
        let halves = [
            (0x0c, free(&blocks) as u16),
            (0x0e, unused as u16),
            (0x10, directories as u16),
            (0x12, flags),
            (0x18, crc32c(seed, &blocks) as u16),
            (0x1a, inodes_sum),
            (0x1c, unused as u16),
        ];
        for (at, half) in halves {
            put(&mut room, at, half.to_le_bytes());
        }
        let sum = crc32c(crc32c(seed, &group.to_le_bytes()), &room) as u16;
        put(&mut room, 0x1e, sum.to_le_bytes());
        room
    }
}

/// The first block of an empty journal of so many blocks; its numbers are big-endian.
#[must_use]
pub fn journal(id: [u8; 16], blocks: u64) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let words = [
        (0, JOURNAL_MAGIC),
        (4, JOURNAL_KIND),
        (12, BLOCK as u32),
        (16, blocks as u32),
        // The first block of what is written to it, and the number of that.
        (20, 1),
        (24, 1),
        // One file system has it.
        (64, 1),
    ];
    for (at, word) in words {
        put(&mut block, at, word.to_be_bytes());
    }
    put(&mut block, 48, id);
    block
}
