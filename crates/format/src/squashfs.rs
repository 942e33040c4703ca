//! squashfs 4.0, as `Documentation/filesystems/squashfs.rst` of the kernel describes it.
//!
//! A superblock of 96 bytes is followed by data blocks and fragments (the packed tails of
//! several files), then by tables: inodes, directories, fragments, owners, extended
//! attributes. Tables are kept in metadata blocks: 8 KiB each, packed, with a length in front
//! whose top bit says that packing did not pay. A place in a table is written as the position
//! of its metadata block and the offset in the unpacked block. All numbers are little-endian.
//!
//! [`Writer`] takes packed blocks in their order and then writes the tables; who packs, with
//! how many threads and out of which cache, is not its concern.

mod attributes;
mod directory;
mod inode;
mod metadata;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use crate::node::{Kind, Tree};

use attributes::Attributes;
use metadata::{Metadata, Reference};

/// Bytes of the superblock.
pub const SUPERBLOCK: usize = 96;
const MAGIC: u32 = 0x7371_7368;
/// The bit of a block's size that says that it is stored as it is.
const STORED: u32 = 1 << 24;
/// No such table, no such fragment.
const NONE: u32 = u32::MAX;
const NO_TABLE: u64 = u64::MAX;
/// Equal files are stored once; there is no table of inode places.
const FLAG_DUPLICATES: u16 = 0x0040;
const FLAG_NO_ATTRIBUTES: u16 = 0x0200;
const FLAG_OPTIONS: u16 = 0x0400;
const FRAGMENT_ENTRY: usize = 16;

/// How blocks are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compressor {
    /// zlib streams.
    Gzip = 1,
    /// xz containers with CRC-32 sums.
    Xz = 4,
    /// LZ4 blocks.
    Lz4 = 5,
    /// Zstandard frames.
    Zstd = 6,
}

impl Compressor {
    /// What stands behind the superblock for it: LZ4 says which version of its blocks it means,
    /// in a metadata block that is stored as it is.
    fn options(self) -> &'static [u8] {
        match self {
            Compressor::Lz4 => &[8, 0x80, 1, 0, 0, 0, 0, 0, 0, 0],
            _ => &[],
        }
    }
}

/// A way to pack one block; `None` if it would not become smaller.
pub type Pack<'a> = &'a mut dyn FnMut(&[u8]) -> io::Result<Option<Vec<u8>>>;

/// A block on its way into the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block<'a> {
    /// Packed to these bytes.
    Packed(&'a [u8]),
    /// Stored as it is.
    Stored(&'a [u8]),
    /// All zero: takes no room.
    Hole,
}

/// Where the content of a file went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Data {
    /// Where its first block begins.
    pub start: u64,
    /// What [`Writer::block`] returned for each of its blocks.
    pub blocks: Vec<u32>,
    /// Bytes in holes.
    pub sparse: u64,
    /// The fragment that holds its tail, and where in it.
    pub fragment: Option<(u32, u32)>,
}

/// Why an image cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SquashfsError {
    /// squashfs has no place for an attribute of this kind.
    #[error("/{path}: squashfs cannot hold the extended attribute {name}")]
    Attribute {
        /// The file.
        path: String,
        /// The attribute.
        name: String,
    },
    /// A number does not fit the format.
    #[error("too many or too large for squashfs: {0}")]
    TooLarge(&'static str),
    /// It cannot be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// An image on its way: blocks first, then the tables.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    position: u64,
    fragments: Vec<u8>,
}

/// What holds for the whole image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How blocks are packed.
    pub compressor: Compressor,
    /// Bytes in a block: a power of two from 4 KiB to 1 MiB.
    pub block_size: u32,
    /// When the image was made, in seconds since 1970.
    pub time: u32,
}

impl<W: Write> Writer<W> {
    /// Begins an image; room for the superblock is left.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn new(out: W, compressor: Compressor) -> io::Result<Writer<W>> {
        let mut writer = Writer {
            out,
            position: 0,
            fragments: Vec::new(),
        };
        writer.put(&[0; SUPERBLOCK])?;
        writer.put(compressor.options())?;
        Ok(writer)
    }

    /// Where the next block will begin.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Adds a block of a file and returns its size as the file's inode keeps it.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn block(&mut self, block: Block<'_>) -> io::Result<u32> {
        let (bytes, mark) = match block {
            Block::Packed(bytes) => (bytes, 0),
            Block::Stored(bytes) => (bytes, STORED),
            Block::Hole => return Ok(0),
        };
        self.put(bytes)?;
        Ok(bytes.len() as u32 | mark)
    }

    /// Adds a fragment and returns its number.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn fragment(&mut self, block: Block<'_>) -> io::Result<u32> {
        let start = self.position;
        let size = self.block(block)?;
        self.fragments.extend(start.to_le_bytes());
        self.fragments.extend(size.to_le_bytes());
        self.fragments.extend([0; 4]);
        Ok((self.fragments.len() / FRAGMENT_ENTRY - 1) as u32)
    }

    /// Writes the tables, and gives back what was written to and the superblock, which belongs
    /// at its beginning. `data` has an entry for each node; only those of files are read.
    ///
    /// # Errors
    /// If the tree cannot be said in squashfs, or cannot be written.
    pub fn finish(
        mut self,
        tree: &Tree,
        data: &[Data],
        options: &Options,
        pack: Pack<'_>,
    ) -> Result<(W, [u8; SUPERBLOCK]), SquashfsError> {
        let owners = owners(tree)?;
        let attributes = Attributes::collect(tree)?;
        let layout = inode::Layout {
            tree,
            data,
            owners: &owners,
            attributes: &attributes,
            block_size: options.block_size,
        };
        let (inodes, directories, root) = layout.tables(pack)?;
        let inode_table = self.position;
        self.put(&inodes.finish(pack)?)?;
        let directory_table = self.position;
        self.put(&directories.finish(pack)?)?;
        let fragments = std::mem::take(&mut self.fragments);
        let fragment_table = self.table(&fragments, pack)?;
        let list: Vec<u8> = owners
            .iter()
            .flat_map(|owner| owner.to_le_bytes())
            .collect();
        let id_table = self.table(&list, pack)?;
        let attribute_table = self.attributes(&attributes, pack)?;
        let mut flags = FLAG_DUPLICATES;
        if attributes.is_empty() {
            flags |= FLAG_NO_ATTRIBUTES;
        }
        if !options.compressor.options().is_empty() {
            flags |= FLAG_OPTIONS;
        }
        let mut bytes = Vec::with_capacity(SUPERBLOCK);
        for number in [
            MAGIC,
            count(tree)?,
            options.time,
            options.block_size,
            (fragments.len() / FRAGMENT_ENTRY) as u32,
        ] {
            bytes.extend(number.to_le_bytes());
        }
        let log = options.block_size.trailing_zeros() as u16;
        for number in [
            options.compressor as u16,
            log,
            flags,
            owners.len() as u16,
            4,
            0,
        ] {
            bytes.extend(number.to_le_bytes());
        }
        for number in [
            root.packed(),
            self.position,
            id_table,
            attribute_table,
            inode_table,
            directory_table,
            fragment_table,
            NO_TABLE,
        ] {
            bytes.extend(number.to_le_bytes());
        }
        let mut superblock = [0; SUPERBLOCK];
        superblock.copy_from_slice(&bytes);
        Ok((self.out, superblock))
    }

    /// Writes a table of fixed entries and the list of its blocks; returns where the list is.
    fn table(&mut self, bytes: &[u8], pack: Pack<'_>) -> Result<u64, SquashfsError> {
        let start = self.position;
        let (packed, places) = metadata::blocks(bytes, pack)?;
        self.put(&packed)?;
        let list = self.position;
        for place in places {
            self.put(&(start + place).to_le_bytes())?;
        }
        Ok(list)
    }

    fn attributes(
        &mut self,
        attributes: &Attributes,
        pack: Pack<'_>,
    ) -> Result<u64, SquashfsError> {
        if attributes.is_empty() {
            return Ok(NO_TABLE);
        }
        let start = self.position;
        let (pairs, entries) = attributes.tables(pack)?;
        self.put(&pairs)?;
        let first = self.position;
        let (packed, places) = metadata::blocks(&entries, pack)?;
        self.put(&packed)?;
        let list = self.position;
        self.put(&start.to_le_bytes())?;
        self.put(&attributes.sets().to_le_bytes())?;
        self.put(&[0; 4])?;
        for place in places {
            self.put(&(first + place).to_le_bytes())?;
        }
        Ok(list)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.position += bytes.len() as u64;
        self.out.write_all(bytes)
    }
}

/// The numbers of all owners and groups, each once.
fn owners(tree: &Tree) -> Result<Vec<u32>, SquashfsError> {
    let mut owners: Vec<u32> = tree
        .nodes()
        .iter()
        .flat_map(|node| [node.owner, node.group])
        .collect();
    owners.sort_unstable();
    owners.dedup();
    match u16::try_from(owners.len()) {
        Ok(_) => Ok(owners),
        Err(_) => Err(SquashfsError::TooLarge("different owners")),
    }
}

/// How many inodes a tree has: further names of a file have none of their own.
fn count(tree: &Tree) -> Result<u32, SquashfsError> {
    let own = tree
        .nodes()
        .iter()
        .filter(|node| !matches!(node.kind, Kind::Link(_)));
    u32::try_from(own.count()).map_err(|_| SquashfsError::TooLarge("files"))
}
