//! ext4 file systems, ready to be mounted and grown.

#[cfg(test)]
mod tests;

use std::io::{self, Read};

use formwork_format::node::{Kind, Node};
use mkext4::{
    FsBuilder, InodeCount, InodeHandle, Meta, Options as Ext4Options, ROOT, RegionSink, SpecialKind,
};

use crate::acl;
use crate::blocks::Aids;
use crate::tree::Tree;

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
    /// A name that is not UTF-8.
    #[error("/{0}: its name or target is not UTF-8, which ext4 images of ours need")]
    Name(String),
    /// An access control list that is none.
    #[error("/{0}: its access control list is damaged")]
    Acl(String),
    /// The writer refused, or there is no room.
    #[error("the ext4 file system cannot be made: {0}")]
    Writer(#[from] mkext4::Error),
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
/// If the tree has names that are not UTF-8.
pub fn needed(tree: &Tree<'_>) -> Result<u64, Ext4Error> {
    let options = Options {
        size: size_for(tree, 0),
        id: [1; 16],
        label: String::new(),
        time: 0,
    };
    let (layout, _) = seal(tree, &options)?;
    let mut first = Superblock([0; 1024]);
    // All that is no content is written at once.
    layout.writer(&mut first)?;
    let used = options.size - free(&first.0);
    Ok(used.next_multiple_of(1 << 20).max(SMALLEST))
}

/// Keeps the superblock of all that it is given.
struct Superblock([u8; 1024]);

impl RegionSink for Superblock {
    fn data(&mut self, offset: u64, bytes: &[u8]) -> std::io::Result<()> {
        if let (0, Some(found)) = (offset, bytes.get(1024..2048)) {
            self.0.copy_from_slice(found);
        }
        Ok(())
    }

    fn zeros(&mut self, _offset: u64, _length: u64) -> std::io::Result<()> {
        Ok(())
    }
}

/// Writes the tree as a file system; every byte of it is handed to `sink` once.
///
/// # Errors
/// If the tree does not fit, has names that are not UTF-8, or cannot be written.
pub fn write(
    sink: impl RegionSink,
    tree: &Tree<'_>,
    options: &Options,
    aids: &Aids<'_>,
) -> Result<(), Ext4Error> {
    let (layout, handles) = seal(tree, options)?;
    let mut writer = layout.writer(sink)?;
    let mut read = 0;
    for (index, node) in tree.nodes().nodes().iter().enumerate() {
        if let (Kind::File(1..), Some(handle)) = (&node.kind, handles[index]) {
            let mut content = Content {
                left: tree.content(index),
                read: &mut read,
                aids,
            };
            writer.fill(handle, &mut content)?;
        }
    }
    writer.finish()?;
    Ok(())
}

/// What a file holds, of which the memory is let go again.
struct Content<'a> {
    left: &'a [u8],
    read: &'a mut u64,
    aids: &'a Aids<'a>,
}

impl Read for Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.left.read(buffer)?;
        self.aids.let_go_after(self.read, count);
        Ok(count)
    }
}

/// Says where everything goes, and what each file is called by the writer.
fn seal(
    tree: &Tree<'_>,
    options: &Options,
) -> Result<(mkext4::Layout, Vec<Option<InodeHandle>>), Ext4Error> {
    let mut settings = Ext4Options::new(options.size, options.id, options.time);
    settings.label = Some(options.label.clone());
    settings.inodes = InodeCount::Exact(inodes(tree, options.size));
    let mut builder = FsBuilder::new(settings)?;
    let mut handles: Vec<Option<InodeHandle>> = vec![None; tree.nodes().nodes().len()];
    for (index, node) in tree.nodes().nodes().iter().enumerate() {
        let parent = handles[tree.nodes().parent(index)].unwrap_or(ROOT);
        // Other names of a file follow when all files are there.
        if !matches!(node.kind, Kind::Link(_)) {
            let handle = declare(&mut builder, parent, node)?;
            for (name, value) in &node.attributes {
                let name = text(node, name)?;
                let lossy = || String::from_utf8_lossy(&node.path).into_owned();
                let value = match name {
                    _ if acl::NAMES.contains(&name.as_bytes()) => {
                        &acl::stored(value).ok_or_else(|| Ext4Error::Acl(lossy()))?
                    }
                    _ => value,
                };
                builder.set_xattr(handle, name, value)?;
            }
            handles[index] = Some(handle);
        }
    }
    for (index, node) in tree.nodes().nodes().iter().enumerate() {
        let parent = handles[tree.nodes().parent(index)].unwrap_or(ROOT);
        let target = handles[tree.nodes().target(index)];
        if let (Kind::Link(_), Some(target)) = (&node.kind, target) {
            builder.hardlink(parent, text(node, node.name())?, target)?;
        }
    }
    Ok((builder.seal()?, handles))
}

/// One inode for each file, and as many again for each 16 KiB of free room.
fn inodes(tree: &Tree<'_>, size: u64) -> u32 {
    let files = tree.nodes().nodes().len() as u64;
    let more = size / (16 * 1024);
    u32::try_from(files + 16 + more).unwrap_or(u32::MAX)
}

fn declare(
    builder: &mut FsBuilder,
    parent: InodeHandle,
    node: &Node,
) -> Result<InodeHandle, Ext4Error> {
    let time = (i64::from(node.time), 0);
    let mut meta = Meta::new(node.mode, node.owner, node.group, time);
    meta.atime = Some(time);
    meta.ctime = Some(time);
    if node.path.is_empty() {
        builder.set_meta(ROOT, meta)?;
        return Ok(ROOT);
    }
    let name = text(node, node.name())?;
    let handle = match &node.kind {
        Kind::File(size) => builder.file(parent, name, meta, *size)?,
        Kind::Directory => builder.mkdir(parent, name, meta)?,
        Kind::Symlink(target) => builder.symlink(parent, name, text(node, target)?, meta)?,
        Kind::Character(major, minor) => {
            let (major, minor) = (*major, *minor);
            builder.mknod(parent, name, meta, SpecialKind::Char { major, minor })?
        }
        Kind::Block(major, minor) => {
            let (major, minor) = (*major, *minor);
            builder.mknod(parent, name, meta, SpecialKind::Block { major, minor })?
        }
        Kind::Fifo | Kind::Link(_) => builder.mknod(parent, name, meta, SpecialKind::Fifo)?,
        Kind::Socket => builder.mknod(parent, name, meta, SpecialKind::Socket)?,
    };
    Ok(handle)
}

fn text<'a>(node: &Node, bytes: &'a [u8]) -> Result<&'a str, Ext4Error> {
    let wrong = |_| Ext4Error::Name(String::from_utf8_lossy(&node.path).into_owned());
    std::str::from_utf8(bytes).map_err(wrong)
}
