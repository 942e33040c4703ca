//! Inodes of 64 bytes, each with a time of its own, and the attributes behind them.

use super::{BLOCK, ErofsError, SLOT, directory};
use crate::node::{Kind, Node, Tree};

const INODE: u64 = 64;
/// The header in front of the attributes of a file.
const ATTRIBUTES: usize = 12;
/// Bit 0 says that an inode has 64 bytes, the bits above how its data lies.
const EXTENDED: u16 = 1;
const PLAIN: u16 = 0;
const PACKED: u16 = 1;
const INLINE: u16 = 2;
/// The name spaces with their numbers; whole names come before beginnings.
const SPACES: [(&[u8], u8); 5] = [
    (b"system.posix_acl_access", 2),
    (b"system.posix_acl_default", 3),
    (b"user.", 1),
    (b"trusted.", 4),
    (b"security.", 6),
];

/// Where an inode and its data lie.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// The slot of the inode.
    pub(super) slot: u64,
    /// The size of the content.
    pub(super) size: u64,
    /// Bytes of the content that stand behind the inode.
    pub(super) inline: u64,
    /// The first block of the rest.
    pub(super) block: u64,
    /// Bytes of inode and attributes.
    pub(super) head: u64,
}

impl Place {
    /// Measures a node.
    pub(super) fn measure(tree: &Tree, index: usize) -> Result<Place, ErofsError> {
        let node = &tree.nodes()[index];
        let size = match &node.kind {
            Kind::File(size) => *size,
            Kind::Directory => directory::size(tree, index),
            Kind::Symlink(target) => target.len() as u64,
            _ => 0,
        };
        let head = INODE + attributes(node)?.len() as u64;
        if head > BLOCK {
            return Err(too_large(node, "its extended attributes"));
        }
        let tail = size % BLOCK;
        let inline = if head + tail <= BLOCK { tail } else { 0 };
        Ok(Place {
            size,
            inline,
            head,
            ..Place::default()
        })
    }

    /// The same with all data in blocks.
    pub(super) fn without_inline(self) -> Place {
        Place { inline: 0, ..self }
    }

    /// Takes the first slot from byte `next` on such that nothing crosses the end of a block;
    /// returns where the next one may begin.
    pub(super) fn put(&mut self, next: u64) -> u64 {
        let length = self.head + self.inline;
        let start = next.next_multiple_of(SLOT);
        let room = BLOCK - start % BLOCK;
        let start = if length <= room {
            start
        } else {
            start.next_multiple_of(BLOCK)
        };
        self.slot = start / SLOT;
        start + length
    }

    /// How many blocks of data it has.
    pub(super) fn blocks(&self) -> u64 {
        (self.size - self.inline).div_ceil(BLOCK)
    }
}

/// The bytes of an inode and its attributes.
pub(super) fn encode(tree: &Tree, index: usize, place: &Place) -> Result<Vec<u8>, ErofsError> {
    let node = &tree.nodes()[index];
    let layout = if place.inline > 0 { INLINE } else { PLAIN };
    let value = match node.kind {
        Kind::Character(major, minor) | Kind::Block(major, minor) => {
            (minor & 0xff) | major << 8 | (minor & !0xff) << 12
        }
        // A file without blocks has no first one.
        _ if place.blocks() == 0 => u32::MAX,
        _ => u32::try_from(place.block).map_err(|_| too_large(node, "the image before it"))?,
    };
    head(tree, index, place.size, (layout, value))
}

/// The bytes of the inode of a packed file and its attributes.
pub(super) fn packed(
    tree: &Tree,
    index: usize,
    size: u64,
    blocks: u32,
) -> Result<Vec<u8>, ErofsError> {
    head(tree, index, size, (PACKED, blocks))
}

fn head(
    tree: &Tree,
    index: usize,
    size: u64,
    (layout, value): (u16, u32),
) -> Result<Vec<u8>, ErofsError> {
    let node = &tree.nodes()[index];
    let attributes = attributes(node)?;
    let count = match attributes.len() {
        0 => 0,
        length => (length - ATTRIBUTES) / 4 + 1,
    };
    let number = u32::try_from(index + 1).map_err(|_| too_large(node, "its number"))?;
    let mut bytes = Vec::with_capacity(INODE as usize + attributes.len());
    for half in [EXTENDED | layout << 1, count as u16, mode(node), 0] {
        bytes.extend(half.to_le_bytes());
    }
    bytes.extend(size.to_le_bytes());
    for word in [value, number, node.owner, node.group] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend(u64::from(node.time).to_le_bytes());
    bytes.extend(0_u32.to_le_bytes());
    bytes.extend(tree.links(index).to_le_bytes());
    bytes.resize(INODE as usize, 0);
    bytes.extend(attributes);
    Ok(bytes)
}

/// The attributes of a node with the header in front, or nothing.
fn attributes(node: &Node) -> Result<Vec<u8>, ErofsError> {
    let mut bytes = Vec::new();
    if !node.attributes.is_empty() {
        bytes.resize(ATTRIBUTES, 0);
    }
    for (name, value) in &node.attributes {
        let known = SPACES
            .iter()
            .find_map(|(prefix, kind)| Some((*kind, name.strip_prefix(*prefix)?)));
        let fits = known.and_then(|(kind, rest)| {
            let length = u8::try_from(rest.len()).ok()?;
            Some((kind, rest, length, u16::try_from(value.len()).ok()?))
        });
        let (kind, rest, length, value_length) = fits.ok_or_else(|| ErofsError::Attribute {
            path: String::from_utf8_lossy(&node.path).into_owned(),
            name: String::from_utf8_lossy(name).into_owned(),
        })?;
        bytes.extend([length, kind]);
        bytes.extend(value_length.to_le_bytes());
        bytes.extend(rest);
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    Ok(bytes)
}

fn mode(node: &Node) -> u16 {
    let kind = match node.kind {
        Kind::File(_) | Kind::Link(_) => 0o100_000,
        Kind::Directory => 0o040_000,
        Kind::Symlink(_) => 0o120_000,
        Kind::Character(..) => 0o020_000,
        Kind::Block(..) => 0o060_000,
        Kind::Fifo => 0o010_000,
        Kind::Socket => 0o140_000,
    };
    kind | (node.mode & 0o7777)
}

fn too_large(node: &Node, what: &'static str) -> ErofsError {
    ErofsError::TooLarge {
        path: String::from_utf8_lossy(&node.path).into_owned(),
        what,
    }
}
