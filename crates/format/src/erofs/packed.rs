//! EROFS with packed files.
//!
//! A packed file is cut into extents of the same size, each packed by itself into whole blocks
//! of 4 KiB; what a block has too much stands in front as zeroes. Behind its inode and its
//! attributes a packed file has a header of 16 bytes and an index of 8 bytes for each 4 KiB of
//! its content: a *head* says where the packed extent begins, the next one into how many
//! blocks it was packed, *plain* ones name a block that is stored as it is. A file that ends
//! inside of the last 4 KiB of an extent has a plain one there that says where it ends. The last
//! extent may stand behind the index itself, where all of that fits into one block. (Linux 5.17
//! and later read all this.)
//!
//! Data comes in the order of the tree; inodes are collected and follow in pieces, so that
//! nothing needs to be known before it is there. Directories come last, as they name all others.

use std::io::{self, Write};

use super::{
    BLOCK, ErofsError, Head, LENGTH, Options, Plan, SLOT, SUPERBLOCK, inode, sum, superblock,
    zeroes,
};
use crate::erofs::inode::Place;
use crate::node::{Kind, Tree};

/// Features that readers must know: zeroes in front of what is packed, the table of what packs,
/// extents of several blocks, and extents behind the index.
const FEATURES: u32 = 0x1 | 0x2 | 0x10;
/// Of a file: extents of several blocks; the last one behind the index.
const SEVERAL: u16 = 0x2;
const BEHIND: u16 = 0x8;
/// Kinds of index entries.
const PLAIN: u16 = 0;
const HEAD: u16 = 1;
const FURTHER: u16 = 2;
/// Says that the number is one of blocks.
const COUNT: u16 = 1 << 11;
/// Bytes of the header of an index, and of an entry.
const HEADER: u64 = 16;
const ENTRY: u64 = 8;
/// How many bytes of inodes are collected before they are written.
const PIECE: usize = 256 * 1024;

/// What packs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// LZ4 blocks: Linux 5.13 and later.
    Lz4 = 0,
    /// Zstandard frames: Linux 6.10 and later.
    Zstd = 3,
}

/// How files are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packing {
    /// By what.
    pub algorithm: Algorithm,
    /// Bytes in an extent: a power of two from 8 KiB to 1 MiB.
    pub extent: u32,
}

impl Packing {
    /// What the superblock says of it: features, algorithms, and what stands behind it.
    pub(super) fn said(self) -> (u32, u16, Vec<u8>) {
        let mut configuration = Vec::new();
        match self.algorithm {
            Algorithm::Lz4 => {
                let blocks = (u64::from(self.extent) / BLOCK) as u16;
                for half in [14, u16::MAX, blocks, 0, 0, 0, 0, 0] {
                    configuration.extend(half.to_le_bytes());
                }
            }
            Algorithm::Zstd => {
                // The window is as large as an extent; written less ten.
                let window = self.extent.trailing_zeros().saturating_sub(10) as u8;
                configuration.extend([6, 0, 0, window, 0, 0, 0, 0]);
            }
        }
        (FEATURES, 1 << self.algorithm as u16, configuration)
    }
}

/// An extent on its way into the image: as it is, and packed if that makes it smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent<'a> {
    /// As it is: of full size, unless it is the last of its file.
    pub plain: &'a [u8],
    /// Packed.
    pub packed: Option<&'a [u8]>,
}

/// Where an extent went.
#[derive(Clone, Copy, Debug)]
struct Gone {
    /// Its bytes before it was packed.
    length: u64,
    /// Its first block.
    block: u64,
    /// Into how many blocks it was packed; none if it is stored as it is.
    packed: Option<u64>,
}

/// An image on its way.
pub struct Writer<'a, W> {
    out: W,
    tree: &'a Tree,
    packing: Packing,
    /// The next block.
    block: u64,
    /// The slots of the inodes, as far as they are known.
    slots: Vec<Option<u64>>,
    /// Inodes that are not written yet, and whose they are.
    inodes: Vec<u8>,
    whose: Vec<(usize, u64)>,
    /// The extents of the file that is being written.
    extents: Vec<Gone>,
}

impl<'a, W: Write> Writer<'a, W> {
    /// Begins an image; room for the first block is left.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn new(mut out: W, tree: &'a Tree, packing: Packing) -> io::Result<Writer<'a, W>> {
        zeroes(&mut out, BLOCK)?;
        Ok(Writer {
            out,
            tree,
            packing,
            block: 1,
            slots: vec![None; tree.nodes().len()],
            inodes: Vec::new(),
            whose: Vec::new(),
            extents: Vec::new(),
        })
    }

    /// Adds an extent of a file, which is not its last one.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn extent(&mut self, extent: Extent<'_>) -> io::Result<()> {
        let blocks = |bytes: &[u8]| (bytes.len() as u64).div_ceil(BLOCK);
        let packed = extent
            .packed
            .filter(|packed| blocks(packed) < blocks(extent.plain));
        let length = extent.plain.len() as u64;
        self.extents.push(Gone {
            length,
            block: self.block,
            packed: packed.map(blocks),
        });
        let count = match packed {
            Some(packed) => {
                let count = blocks(packed);
                zeroes(&mut self.out, count * BLOCK - packed.len() as u64)?;
                self.out.write_all(packed)?;
                count
            }
            None => {
                self.out.write_all(extent.plain)?;
                zeroes(&mut self.out, blocks(extent.plain) * BLOCK - length)?;
                blocks(extent.plain)
            }
        };
        self.block += count;
        Ok(())
    }

    /// Adds the last extent of a file, and with it the file, which is not empty.
    ///
    /// # Errors
    /// If the file cannot be said in EROFS, or cannot be written.
    pub fn last(&mut self, index: usize, extent: Extent<'_>) -> Result<(), ErofsError> {
        let place = Place::measure(self.tree, index)?;
        let head = place.head.next_multiple_of(ENTRY) + HEADER;
        let index_size = place.size.div_ceil(BLOCK) * ENTRY;
        let fits = |packed: &&[u8]| head + index_size + packed.len() as u64 <= BLOCK;
        let behind = extent.packed.filter(fits);
        let is_whole = self.extents.is_empty();
        if is_whole && !self.pays(&place, head + index_size, &extent, behind) {
            return self.flat(index, place, extent.plain);
        }
        let length = extent.plain.len() as u64;
        match behind {
            Some(_) => self.extents.push(Gone {
                length,
                block: 0,
                packed: Some(1),
            }),
            None => self.extent(extent)?,
        }
        let extents = std::mem::take(&mut self.extents);
        if extents.iter().all(|extent| extent.packed.is_none()) {
            // Stored extents follow each other: they are a file that is not packed.
            let place = Place {
                block: extents[0].block,
                ..place.without_inline()
            };
            let bytes = inode::encode(self.tree, index, &place)?;
            return Ok(self.add(index, &bytes)?);
        }
        let blocks = extents.iter().map(|extent| match extent.packed {
            Some(_) if extent.block == 0 => 0,
            Some(blocks) => blocks,
            None => extent.length.div_ceil(BLOCK),
        });
        let blocks = u32::try_from(blocks.sum::<u64>()).map_err(|_| self.too_large(index))?;
        let mut bytes = inode::packed(self.tree, index, place.size, blocks)?;
        bytes.resize(bytes.len().next_multiple_of(ENTRY as usize), 0);
        let size = behind.map_or(0, <[u8]>::len) as u16;
        let advice = SEVERAL | if behind.is_some() { BEHIND } else { 0 };
        for half in [0, size, advice, self.packing.algorithm as u16] {
            bytes.extend(half.to_le_bytes());
        }
        bytes.extend([0; 8]);
        for extent in &extents {
            entries(&mut bytes, extent).ok_or_else(|| self.too_large(index))?;
        }
        bytes.extend_from_slice(behind.unwrap_or_default());
        Ok(self.add(index, &bytes)?)
    }

    /// Whether a file of one extent is smaller packed.
    fn pays(&self, place: &Place, head: u64, extent: &Extent<'_>, behind: Option<&[u8]>) -> bool {
        let blocks = |length: usize| (length as u64).div_ceil(BLOCK) * BLOCK;
        let packed = match (behind, extent.packed) {
            (Some(behind), _) => behind.len() as u64,
            (None, Some(packed)) if blocks(packed.len()) < blocks(extent.plain.len()) => {
                blocks(packed.len())
            }
            (None, _) => return false,
        };
        head + packed < place.head + place.inline + place.blocks() * BLOCK
    }

    /// A file that is not packed.
    fn flat(&mut self, index: usize, place: Place, plain: &[u8]) -> Result<(), ErofsError> {
        let (whole, tail) = plain.split_at((place.size - place.inline) as usize);
        let place = Place {
            block: self.block,
            ..place
        };
        self.out.write_all(whole)?;
        zeroes(&mut self.out, place.blocks() * BLOCK - whole.len() as u64)?;
        self.block += place.blocks();
        let mut bytes = inode::encode(self.tree, index, &place)?;
        bytes.extend_from_slice(tail);
        Ok(self.add(index, &bytes)?)
    }

    /// Adds an inode with what stands behind it, which does not cross the end of a block if it
    /// is no longer than that.
    fn add(&mut self, index: usize, bytes: &[u8]) -> io::Result<()> {
        let block = BLOCK as usize;
        let mut start = self.inodes.len().next_multiple_of(SLOT as usize);
        if start % block + bytes.len() > block {
            start = start.next_multiple_of(block);
        }
        self.inodes.resize(start, 0);
        self.inodes.extend_from_slice(bytes);
        self.whose.push((index, start as u64));
        if self.inodes.len() >= PIECE {
            self.write_inodes()?;
        }
        Ok(())
    }

    fn write_inodes(&mut self) -> io::Result<()> {
        let blocks = (self.inodes.len() as u64).div_ceil(BLOCK);
        self.inodes.resize((blocks * BLOCK) as usize, 0);
        self.out.write_all(&self.inodes)?;
        for (index, start) in self.whose.drain(..) {
            self.slots[index] = Some((self.block * BLOCK + start) / SLOT);
        }
        self.inodes.clear();
        self.block += blocks;
        Ok(())
    }

    /// Writes all that is no file with content, and gives back what was written to, the first
    /// block, which belongs at its beginning, and how many blocks there are.
    ///
    /// # Errors
    /// If the tree cannot be said in EROFS, or cannot be written.
    pub fn finish(mut self, options: &Options) -> Result<(W, Vec<u8>, u64), ErofsError> {
        self.write_inodes()?;
        let tree = self.tree;
        let mut places = Vec::with_capacity(tree.nodes().len());
        for (index, slot) in self.slots.iter().enumerate() {
            let mut place = Place::measure(tree, index)?;
            place.slot = slot.unwrap_or_default();
            places.push(place);
        }
        let is_own = |(index, slot): (usize, &Option<u64>)| {
            slot.is_none() && !matches!(tree.nodes()[index].kind, Kind::Link(_))
        };
        let mut wanted: Vec<bool> = self.slots.iter().enumerate().map(is_own).collect();
        // The number of the root has two bytes: it stands in the first block, its content
        // somewhere else.
        let (configuration, root) = (self.packing.said().2.len(), &mut places[0]);
        let at = (SUPERBLOCK + LENGTH + configuration).next_multiple_of(SLOT as usize);
        if at as u64 + root.head > BLOCK {
            return Err(self.too_large(0));
        }
        root.slot = at as u64 / SLOT;
        *root = root.clone().without_inline();
        let blocks_of_root = root.blocks();
        wanted[0] = false;
        let mut plan = Plan::of(places, wanted, (self.block, 0));
        plan.places[0].block = plan.blocks;
        plan.blocks += blocks_of_root;
        // Nothing here is a regular file with content.
        let mut none = |_: usize, _: u64, _: &mut [u8]| Err(io::ErrorKind::UnexpectedEof.into());
        plan.write_inodes(&mut self.out, tree, self.block * BLOCK, &mut none)?;
        let first = inode::encode(tree, 0, &plan.places[0])?;
        plan.wanted[0] = true;
        // The root is the first node, and its content the last.
        let mut order: Vec<usize> = (1..plan.places.len()).collect();
        order.push(0);
        plan.write_data_of(&order, &mut self.out, tree, &mut none)?;
        let head = Head {
            blocks: plan.blocks,
            root: plan.places[0].slot as u16,
            inodes_at: 0,
            packing: Some(self.packing),
        };
        let mut block = superblock(tree, &head, options)?;
        block[at..at + first.len()].copy_from_slice(&first);
        sum(&mut block);
        Ok((self.out, block, plan.blocks))
    }

    fn too_large(&self, index: usize) -> ErofsError {
        let path = &self.tree.nodes()[index].path;
        ErofsError::TooLarge {
            path: String::from_utf8_lossy(path).into_owned(),
            what: match index {
                0 => "its extended attributes",
                _ => "the image before it",
            },
        }
    }
}

/// The entries of an extent; nothing if a block has too large a number.
fn entries(bytes: &mut Vec<u8>, extent: &Gone) -> Option<()> {
    let count = extent.length.div_ceil(BLOCK);
    let mut entry = |kind: u16, offset: u64, value: [u8; 4]| {
        bytes.extend(kind.to_le_bytes());
        bytes.extend((offset as u16).to_le_bytes());
        bytes.extend(value);
    };
    let number = |block: u64| Some(u32::try_from(block).ok()?.to_le_bytes());
    let Some(blocks) = extent.packed else {
        for further in 0..count {
            entry(PLAIN, 0, number(extent.block + further)?);
        }
        return Some(());
    };
    entry(HEAD, 0, number(extent.block)?);
    let end = extent.length % BLOCK;
    // How many of the entries are only about this extent.
    let own = if end == 0 || count == 1 {
        count
    } else {
        count - 1
    };
    for further in 1..own {
        let back = match further {
            1 => blocks as u16 | COUNT,
            _ => further as u16,
        };
        let [a, b] = back.to_le_bytes();
        let [c, d] = ((own - further) as u16).to_le_bytes();
        entry(FURTHER, 0, [a, b, c, d]);
    }
    if own < count {
        entry(PLAIN, end, [0; 4]);
    }
    Some(())
}
