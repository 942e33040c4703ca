//! What lies where in a file system of a certain size, and which blocks are free for the rest.

use super::{BLOCK, Ext4Error, LOST_AND_FOUND};

/// Blocks in a group.
pub const PER_GROUP: u64 = 32768;
/// Groups whose maps and inodes stand together.
const TOGETHER: u32 = 16;
/// Inodes in a block.
const PER_BLOCK: u64 = (BLOCK / super::inode::SIZE) as u64;
/// Bytes that describe a group.
pub(super) const DESCRIPTOR: u64 = 32;
/// No block of a map can tell more.
const MOST_INODES: u64 = BLOCK as u64 * 8;
/// How many blocks the journal has in file systems below so many blocks.
const JOURNALS: [(u64, u64); 7] = [
    (1 << 15, 1 << 10),
    (1 << 18, 1 << 12),
    (1 << 19, 1 << 13),
    (1 << 22, 1 << 14),
    (1 << 23, 1 << 15),
    (1 << 24, 1 << 16),
    (1 << 25, 1 << 17),
];
/// The blocks of the journal of those that are larger.
const LARGEST_JOURNAL: u64 = 1 << 18;

/// Blocks that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The first one.
    pub start: u64,
    /// How many there are.
    pub length: u64,
}

impl Run {
    /// The first block behind it.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.start + self.length
    }
}

/// Where the maps of a group and its inodes stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// The map of used blocks.
    pub blocks: u64,
    /// The map of used inodes.
    pub inodes: u64,
    /// The table of inodes.
    pub table: u64,
}

/// What lies where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// All blocks.
    pub blocks: u64,
    /// Inodes in each group.
    pub inodes_per_group: u32,
    /// The blocks that describe all groups.
    pub descriptors: u64,
    /// The blocks of the journal.
    pub journal: u64,
    /// All groups.
    pub groups: Vec<Group>,
    /// For each sixteen groups the run that their maps and inodes stand in.
    together: Vec<Run>,
    /// All runs that nothing else may lie in, sorted.
    reserved: Vec<Run>,
}

impl Layout {
    /// The layout of a file system of so many bytes with so many inodes or a few more.
    ///
    /// # Errors
    /// If there is none.
    pub fn new(size: u64, inodes: u64) -> Result<Layout, Ext4Error> {
        let blocks = size / BLOCK as u64;
        let journal = JOURNALS.iter().find(|(below, _)| blocks < *below);
        let journal = journal.map_or(LARGEST_JOURNAL, |(_, journal)| *journal);
        let is_whole = size.is_multiple_of(BLOCK as u64);
        // The journal may take a quarter.
        if !is_whole || blocks >= u64::from(u32::MAX) || journal * 4 > blocks {
            return Err(Ext4Error::Size(size));
        }
        let groups = blocks.div_ceil(PER_GROUP);
        let per_group = inodes.div_ceil(groups).next_multiple_of(PER_BLOCK);
        let mut layout = Layout {
            blocks,
            inodes_per_group: per_group.clamp(PER_BLOCK, MOST_INODES) as u32,
            descriptors: (groups * DESCRIPTOR).div_ceil(BLOCK as u64),
            journal,
            groups: Vec::new(),
            together: Vec::new(),
            reserved: Vec::new(),
        };
        layout.place(groups as u32)?;
        Ok(layout)
    }

    /// Says where the maps and inodes of groups stand, between the copies of the superblock.
    fn place(&mut self, groups: u32) -> Result<(), Ext4Error> {
        let copies = (0..groups).filter(|group| has_superblock(*group));
        let copies: Vec<Run> = copies.map(|group| self.head(group)).collect();
        if copies.last().is_some_and(|last| last.end() > self.blocks) {
            return Err(Ext4Error::Full);
        }
        for first in (0..groups).step_by(TOGETHER as usize) {
            let count = TOGETHER.min(groups - first);
            let begin = u64::from(first) * PER_GROUP;
            let mut cursor = Cursor::new(&copies, begin, self.blocks);
            let mut maps = Vec::new();
            for _ in 0..2 * count {
                maps.extend(cursor.take(1, 1)?);
            }
            let (of_blocks, of_inodes) = maps.split_at(count as usize);
            for (blocks, inodes) in of_blocks.iter().zip(of_inodes) {
                self.groups.push(Group {
                    blocks: blocks.start,
                    inodes: inodes.start,
                    table: self.table(&mut cursor)?,
                });
            }
            let start = maps[0].start;
            self.together.push(Run {
                start,
                length: cursor.at - start,
            });
        }
        self.reserved = copies;
        self.reserved.extend(&self.together);
        self.reserved.sort_by_key(|run| run.start);
        Ok(())
    }

    /// A run for a table of inodes, which must be in one piece: what is too small a piece stays
    /// free.
    fn table(&self, cursor: &mut Cursor<'_>) -> Result<u64, Ext4Error> {
        for _ in 0..2 {
            if let [table] = cursor.take(self.table_blocks(), u64::MAX)?[..] {
                return Ok(table.start);
            }
        }
        Err(Ext4Error::Full)
    }

    /// The blocks of a table of inodes.
    #[must_use]
    pub fn table_blocks(&self) -> u64 {
        u64::from(self.inodes_per_group) / PER_BLOCK
    }

    /// The inodes of all groups.
    #[must_use]
    pub fn inodes(&self) -> u64 {
        u64::from(self.inodes_per_group) * self.groups.len() as u64
    }

    /// The groups that have the superblock or a copy of it, and the blocks of it and of what
    /// describes the groups.
    pub fn heads(&self) -> impl Iterator<Item = (u32, Run)> {
        let groups = (0..self.groups.len() as u32).filter(|group| has_superblock(*group));
        groups.map(|group| (group, self.head(group)))
    }

    fn head(&self, group: u32) -> Run {
        Run {
            start: u64::from(group) * PER_GROUP,
            length: 1 + self.descriptors,
        }
    }

    /// The blocks that no file can ever have.
    #[must_use]
    pub fn overhead(&self) -> u64 {
        let heads: u64 = self.heads().map(|(_, head)| head.length).sum();
        heads + (2 + self.table_blocks()) * self.groups.len() as u64 + self.journal
    }

    /// Hands out free blocks from one on.
    #[must_use]
    pub fn cursor(&self, at: u64) -> Cursor<'_> {
        Cursor::new(&self.reserved, at, self.blocks)
    }

    /// The map of used blocks of a group, if a cursor handed out all up to `end`.
    #[must_use]
    pub fn block_map(&self, group: u32, end: u64) -> [u8; BLOCK] {
        let mut map = [0; BLOCK];
        let start = u64::from(group) * PER_GROUP;
        let here = self.blocks.min(start + PER_GROUP);
        let mut fill = |from: u64, to: u64| {
            let (from, to) = (from.max(start), to.min(here));
            if from < to {
                set(&mut map, (from - start) as usize, (to - start) as usize);
            }
        };
        let family = (group / TOGETHER) as usize;
        let together = self.together[family];
        fill(start, end.min(together.start));
        fill(together.end(), end);
        if has_superblock(group) {
            fill(start, self.head(group).end());
        }
        let family = self.groups.chunks(TOGETHER as usize).nth(family);
        for one in family.unwrap_or_default() {
            fill(one.blocks, one.blocks + 1);
            fill(one.inodes, one.inodes + 1);
            fill(one.table, one.table + self.table_blocks());
        }
        set(&mut map, (here - start) as usize, BLOCK * 8);
        map
    }

    /// How many inodes of a group are used, if all up to `last` are.
    #[must_use]
    pub fn used_inodes(&self, group: u32, last: u32) -> u32 {
        let before = group.saturating_mul(self.inodes_per_group);
        last.saturating_sub(before).min(self.inodes_per_group)
    }

    /// The map of used inodes of a group; that of a group without any is not looked at.
    #[must_use]
    pub fn inode_map(&self, used: u32) -> [u8; BLOCK] {
        let mut map = [0; BLOCK];
        if used > 0 {
            set(&mut map, 0, used as usize);
            set(&mut map, self.inodes_per_group as usize, BLOCK * 8);
        }
        map
    }

    /// The blocks that are free if a cursor handed out all up to `end`.
    #[must_use]
    pub fn free(&self, end: u64) -> u64 {
        let groups = 0..self.groups.len() as u32;
        groups.map(|group| free(&self.block_map(group, end))).sum()
    }

    /// Refuses more inodes than there are.
    ///
    /// # Errors
    /// If there are not as many.
    pub fn check_inodes(&self, last: u64) -> Result<u32, Ext4Error> {
        let there = self.inodes();
        let fits = u32::try_from(last).ok();
        let fits = fits.filter(|last| u64::from(*last) <= there && *last >= LOST_AND_FOUND);
        fits.ok_or(Ext4Error::Inodes {
            needed: last,
            there,
        })
    }
}

/// The blocks that a map tells to be free.
pub(super) fn free(map: &[u8; BLOCK]) -> u64 {
    map.iter().map(|byte| u64::from(byte.count_zeros())).sum()
}

/// Whether a group has the superblock or a copy of it: groups 0 and 1 and powers of 3, 5 and 7.
fn has_superblock(group: u32) -> bool {
    let is_power = |base: u32| {
        let powers = std::iter::successors(Some(1), |power: &u32| power.checked_mul(base));
        powers
            .take_while(|power| *power <= group)
            .any(|power| power == group)
    };
    group == 0 || [3, 5, 7].into_iter().any(is_power)
}

/// Sets bits.
fn set(map: &mut [u8; BLOCK], from: usize, to: usize) {
    let (first, last) = (from.next_multiple_of(8).min(to), to / 8 * 8);
    map[first / 8..last.max(first) / 8].fill(u8::MAX);
    for bit in (from..first).chain(last.max(first)..to) {
        map[bit / 8] |= 1 << (bit % 8);
    }
}

/// Hands out blocks in their order.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    at: u64,
    end: u64,
    /// The reserved runs that are still ahead.
    reserved: &'a [Run],
}

impl<'a> Cursor<'a> {
    fn new(reserved: &'a [Run], at: u64, end: u64) -> Cursor<'a> {
        Cursor { at, end, reserved }
    }

    /// The block behind all that were handed out.
    #[must_use]
    pub fn at(&self) -> u64 {
        self.at
    }

    /// Takes blocks, in runs of at most so many.
    ///
    /// # Errors
    /// If there are not enough.
    pub fn take(&mut self, mut blocks: u64, longest: u64) -> Result<Vec<Run>, Ext4Error> {
        let mut runs = Vec::new();
        while blocks > 0 {
            let end = self.skip();
            let length = blocks.min(longest).min(end.saturating_sub(self.at));
            if length == 0 {
                return Err(Ext4Error::Full);
            }
            let start = self.at;
            runs.push(Run { start, length });
            self.at += length;
            blocks -= length;
        }
        Ok(runs)
    }

    /// Goes behind what is reserved, and tells where the next such run begins.
    fn skip(&mut self) -> u64 {
        while let [run, later @ ..] = self.reserved {
            if run.start > self.at {
                return run.start.min(self.end);
            }
            self.at = self.at.max(run.end());
            self.reserved = later;
        }
        self.end
    }
}
