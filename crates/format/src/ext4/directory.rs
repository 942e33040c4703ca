//! Directories: blocks of entries, and in large ones an index of them by the hashes of names.
//!
//! A directory whose entries fit about one block has them in the given order. In a larger one
//! they are sorted by hash; its first block, or blocks that it leads to, tell with which hash
//! each block of entries begins.

use super::{BLOCK, Ext4Error, hash, inode_seed, put};
use crate::crc::crc32c;
use crate::node::Kind;

/// Bytes behind the entries of a block, where its checksum stands.
const TAIL: usize = 12;
const USABLE: usize = BLOCK - TAIL;
/// From so many bytes of entries on a directory has an index.
const LARGE: usize = BLOCK - 24;
/// Where the index stands in the first block and in those that it leads to, and how many
/// entries it has room for there.
const AT_ROOT: usize = 32;
const AT_NODE: usize = 8;
const ROOT_LIMIT: usize = limit(AT_ROOT);
const NODE_LIMIT: usize = limit(AT_NODE);
/// A directory among entries.
const DIRECTORY: u8 = 2;

const fn limit(at: usize) -> usize {
    // One place is that of the checksum.
    (BLOCK - at) / 8 - 1
}

/// An entry of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// The inode of the file.
    pub inode: u32,
    /// The kind of the file, as [`kind`] has it.
    pub kind: u8,
}

impl Entry<'_> {
    fn length(&self) -> usize {
        (8 + self.name.len()).next_multiple_of(4)
    }
}

/// The kind of a file as directories tell it.
#[must_use]
pub fn kind(kind: &Kind) -> u8 {
    match kind {
        Kind::File(_) => 1,
        Kind::Directory => DIRECTORY,
        Kind::Character(..) => 3,
        Kind::Block(..) => 4,
        Kind::Fifo | Kind::Link(_) => 5,
        Kind::Socket => 6,
        Kind::Symlink(_) => 7,
    }
}

/// A directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory<'a> {
    own: u32,
    above: u32,
    entries: Vec<Entry<'a>>,
    /// The first entry of each block.
    begins: Vec<usize>,
    /// With which hash each block begins, if there is an index.
    hashes: Vec<u32>,
}

impl<'a> Directory<'a> {
    /// Sorts the entries of the directory with the inode `own` in `above`.
    ///
    /// # Errors
    /// If there are too many.
    pub fn new(
        own: u32,
        above: u32,
        mut entries: Vec<Entry<'a>>,
        seed: &[u8; 16],
    ) -> Result<Directory<'a>, Ext4Error> {
        let bytes: usize = entries.iter().map(Entry::length).sum();
        let mut hashes = Vec::new();
        let begins;
        if bytes < LARGE {
            let dots = [(&b"."[..], own), (b"..", above)];
            let dots = dots.map(|(name, inode)| Entry {
                name,
                inode,
                kind: DIRECTORY,
            });
            entries.splice(0..0, dots);
            begins = pack(&entries);
        } else {
            let each = entries.iter().enumerate();
            let mut order: Vec<((u32, u32), usize)> = each
                .map(|(place, entry)| (hash::of(entry.name, seed), place))
                .collect();
            order.sort_unstable();
            entries = order.iter().map(|(_, place)| entries[*place]).collect();
            begins = pack(&entries);
            hashes.extend(begins.iter().map(|begin| {
                let ((hash, _), _) = order[*begin];
                let before = begin.checked_sub(1).map(|before| order[before].0.0);
                // The lowest bit tells that the block before has names of this hash too.
                hash | u32::from(before == Some(hash))
            }));
        }
        let directory = Directory {
            own,
            above,
            entries,
            begins,
            hashes,
        };
        match directory.nodes() > ROOT_LIMIT {
            true => Err(Ext4Error::Directory),
            false => Ok(directory),
        }
    }

    /// How many blocks of the index there are beside the first one.
    fn nodes(&self) -> usize {
        match self.hashes.len() > ROOT_LIMIT {
            true => self.hashes.len().div_ceil(NODE_LIMIT),
            false => 0,
        }
    }

    /// Whether it has an index.
    #[must_use]
    pub fn is_indexed(&self) -> bool {
        !self.hashes.is_empty()
    }

    /// How many blocks it has.
    #[must_use]
    pub fn blocks(&self) -> usize {
        usize::from(self.is_indexed()) + self.begins.len() + self.nodes()
    }

    /// One of its blocks.
    #[must_use]
    pub fn block(&self, place: usize, seed: u32) -> [u8; BLOCK] {
        let seed = inode_seed(seed, self.own);
        let leaf = match self.is_indexed() {
            true if place == 0 => return self.root(seed),
            true => place - 1,
            false => place,
        };
        let Some(begin) = self.begins.get(leaf) else {
            return self.node(leaf - self.begins.len(), seed);
        };
        let end = self.begins.get(leaf + 1);
        let end = end.map_or(self.entries.len(), |end| *end);
        entries(&self.entries[*begin..end], seed)
    }

    /// The first block of an index.
    fn root(&self, seed: u32) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        let dots = [(0, self.own, TAIL), (TAIL, self.above, USABLE)];
        for (count, (at, inode, length)) in (1..).zip(dots) {
            put(&mut block, at, inode.to_le_bytes());
            put(&mut block, at + 4, (length as u16).to_le_bytes());
            put(&mut block, at + 6, [count, DIRECTORY, b'.']);
        }
        block[TAIL + 9] = b'.';
        // MD4, the length of what stands here, and the levels below.
        put(&mut block, 28, [1, 8, u8::from(self.nodes() > 0)]);
        let leaves = self.hashes.len();
        let leading = |hash: &u32, place: usize| (*hash, place as u32);
        let index: Vec<(u32, u32)> = match self.nodes() {
            0 => (1..)
                .zip(&self.hashes)
                .map(|(at, hash)| leading(hash, at))
                .collect(),
            _ => {
                let nodes = self.hashes.iter().step_by(NODE_LIMIT);
                (1 + leaves..)
                    .zip(nodes)
                    .map(|(at, hash)| leading(hash, at))
                    .collect()
            }
        };
        write_index(&mut block, AT_ROOT, &index, seed);
        block
    }

    /// A block of an index that the first one leads to.
    fn node(&self, node: usize, seed: u32) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        // For those who know of no index it is one entry without a name.
        put(&mut block, 4, (BLOCK as u16).to_le_bytes());
        let first = node * NODE_LIMIT;
        let hashes = self.hashes.iter().skip(first).take(NODE_LIMIT);
        let index: Vec<(u32, u32)> = (1 + first as u32..)
            .zip(hashes)
            .map(|(place, hash)| (*hash, place))
            .collect();
        write_index(&mut block, AT_NODE, &index, seed);
        block
    }
}

/// A block without entries of the directory with the inode `own`.
#[must_use]
pub fn empty(own: u32, seed: u32) -> [u8; BLOCK] {
    entries(&[], inode_seed(seed, own))
}

/// Which entry each block begins with.
fn pack(entries: &[Entry<'_>]) -> Vec<usize> {
    let (mut begins, mut used) = (vec![0], 0);
    for (place, entry) in entries.iter().enumerate() {
        if used + entry.length() > USABLE {
            begins.push(place);
            used = 0;
        }
        used += entry.length();
    }
    begins
}

/// A block of entries.
fn entries(entries: &[Entry<'_>], seed: u32) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let mut at = 0;
    if entries.is_empty() {
        put(&mut block, 4, (USABLE as u16).to_le_bytes());
    }
    for (place, entry) in entries.iter().enumerate() {
        let length = match place + 1 == entries.len() {
            true => USABLE - at,
            false => entry.length(),
        };
        put(&mut block, at, entry.inode.to_le_bytes());
        put(&mut block, at + 4, (length as u16).to_le_bytes());
        put(&mut block, at + 6, [entry.name.len() as u8, entry.kind]);
        block[at + 8..at + 8 + entry.name.len()].copy_from_slice(entry.name);
        at += length;
    }
    // The checksum stands in something like an entry.
    let sum = crc32c(seed, &block[..USABLE]);
    put(&mut block, USABLE + 4, (TAIL as u16).to_le_bytes());
    block[USABLE + 7] = 0xde;
    put(&mut block, BLOCK - 4, sum.to_le_bytes());
    block
}

/// Writes hashes and the places of blocks that begin with them. The first place has no hash.
fn write_index(block: &mut [u8; BLOCK], at: usize, index: &[(u32, u32)], seed: u32) {
    for (place, (hash, leads)) in index.iter().enumerate() {
        put(block, at + place * 8, hash.to_le_bytes());
        put(block, at + place * 8 + 4, leads.to_le_bytes());
    }
    put(block, at, (limit(at) as u16).to_le_bytes());
    put(block, at + 2, (index.len() as u16).to_le_bytes());
    let sum = crc32c(seed, &block[..at + index.len() * 8]);
    put(block, BLOCK - 4, crc32c(sum, &[0; 8]).to_le_bytes());
}
