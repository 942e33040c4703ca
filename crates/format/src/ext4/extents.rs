//! Where the blocks of a file are: runs of blocks, four of which stand in the inode. Where there
//! are more, they stand in blocks of their own, to which the inode leads.

use std::io;

use super::layout::{Cursor, Run};
use super::{BLOCK, Ext4Error, inode_seed, put};
use crate::crc::crc32c;

/// No run has more blocks.
const LONGEST: u64 = 32768;
const MAGIC: u16 = 0xf30a;
/// The bytes of an entry, and of what stands in front of all.
const ENTRY: usize = 12;
/// The entries that an inode and a block have room for.
const IN_INODE: usize = 4;
const IN_BLOCK: usize = (BLOCK - ENTRY - 4) / ENTRY;

/// The runs of a file and the blocks that lead to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extents {
    runs: Vec<Run>,
    /// Blocks with runs, and those that lead to these blocks.
    leaves: Vec<u64>,
    above: Vec<u64>,
}

impl Extents {
    /// Takes blocks for a file.
    ///
    /// # Errors
    /// If there are not enough, or they are in too many pieces.
    pub fn take(cursor: &mut Cursor<'_>, blocks: u64) -> Result<Extents, Ext4Error> {
        let mut extents = Extents {
            runs: cursor.take(blocks, LONGEST)?,
            ..Extents::default()
        };
        if extents.runs.len() > IN_INODE {
            extents.leaves = single(cursor, extents.runs.len())?;
        }
        if extents.leaves.len() > IN_INODE {
            if extents.leaves.len().div_ceil(IN_BLOCK) > IN_INODE {
                return Err(Ext4Error::Pieces);
            }
            extents.above = single(cursor, extents.leaves.len())?;
        }
        Ok(extents)
    }

    /// The runs in the order of the file.
    #[must_use]
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// The blocks of the file, one after the other.
    pub fn blocks(&self) -> impl Iterator<Item = u64> {
        self.runs.iter().flat_map(|run| run.start..run.end())
    }

    /// All blocks that it takes, in units of 512 bytes.
    #[must_use]
    pub fn sectors(&self) -> u64 {
        let content: u64 = self.runs.iter().map(|run| run.length).sum();
        (content + (self.leaves.len() + self.above.len()) as u64) * (BLOCK as u64 / 512)
    }

    /// What stands in the inode.
    #[must_use]
    pub fn root(&self) -> [u8; 60] {
        let mut root = [0; 60];
        let (depth, entries) = match (&self.above[..], &self.leaves[..]) {
            ([], []) => (0, self.of_runs()),
            ([], leaves) => (1, self.leading_to(leaves, IN_BLOCK)),
            (above, _) => (2, self.leading_to(above, IN_BLOCK * IN_BLOCK)),
        };
        node(&mut root, depth, IN_INODE, &entries);
        root
    }

    /// Hands over the blocks that lead to runs, with their places.
    ///
    /// # Errors
    /// As `put` has it.
    pub fn tree(
        &self,
        seed: u32,
        inode: u32,
        mut put_block: impl FnMut(u64, &[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let seed = inode_seed(seed, inode);
        let mut write = |place: u64, depth: u16, entries: &[Entry]| {
            let mut block = [0; BLOCK];
            node(&mut block, depth, IN_BLOCK, entries);
            let sum = crc32c(seed, &block[..BLOCK - 4]);
            put(&mut block, BLOCK - 4, sum.to_le_bytes());
            put_block(place, &block)
        };
        let leaves = self.of_runs();
        for (place, entries) in self.leaves.iter().zip(leaves.chunks(IN_BLOCK)) {
            write(*place, 0, entries)?;
        }
        let above = self.leading_to(&self.leaves, IN_BLOCK);
        for (place, entries) in self.above.iter().zip(above.chunks(IN_BLOCK)) {
            write(*place, 1, entries)?;
        }
        Ok(())
    }

    /// An entry for each run.
    fn of_runs(&self) -> Vec<Entry> {
        let mut logical = 0_u32;
        let entry = |run: &Run| {
            let mut entry = [0; ENTRY];
            put(&mut entry, 0, logical.to_le_bytes());
            put(&mut entry, 4, (run.length as u16).to_le_bytes());
            put(&mut entry, 6, ((run.start >> 32) as u16).to_le_bytes());
            put(&mut entry, 8, (run.start as u32).to_le_bytes());
            logical += run.length as u32;
            entry
        };
        self.runs.iter().map(entry).collect()
    }

    /// An entry for each block, each of which leads to so many runs.
    fn leading_to(&self, blocks: &[u64], runs: usize) -> Vec<Entry> {
        let mut logical = 0;
        let each = blocks.iter().zip(self.runs.chunks(runs));
        each.map(|(block, runs)| {
            let mut entry = [0; ENTRY];
            put(&mut entry, 0, (logical as u32).to_le_bytes());
            put(&mut entry, 4, (*block as u32).to_le_bytes());
            put(&mut entry, 8, ((block >> 32) as u16).to_le_bytes());
            logical += runs.iter().map(|run| run.length).sum::<u64>();
            entry
        })
        .collect()
    }
}

type Entry = [u8; ENTRY];

/// As many blocks as lead to so many entries.
fn single(cursor: &mut Cursor<'_>, entries: usize) -> Result<Vec<u64>, Ext4Error> {
    let runs = cursor.take(entries.div_ceil(IN_BLOCK) as u64, 1)?;
    Ok(runs.iter().map(|run| run.start).collect())
}

/// Entries with what stands in front of them.
fn node(room: &mut [u8], depth: u16, limit: usize, entries: &[Entry]) {
    put(room, 0, MAGIC.to_le_bytes());
    put(room, 2, (entries.len() as u16).to_le_bytes());
    put(room, 4, (limit as u16).to_le_bytes());
    put(room, 6, depth.to_le_bytes());
    for (place, entry) in entries.iter().enumerate() {
        put(room, ENTRY * (place + 1), *entry);
    }
}
