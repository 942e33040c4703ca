//! Inodes, written after those of everything below them, so that a directory can name its
//! children's places.

use super::attributes::Attributes;
use super::directory::{self, Entry};
use super::{Data, Metadata, NONE, Pack, Reference, SquashfsError};
use crate::node::{Kind, Node, Tree};

/// Added to a basic type, it is the extended one.
const EXTENDED: u16 = 7;

/// Everything that the tables are made from.
pub(super) struct Layout<'a> {
    pub(super) tree: &'a Tree,
    pub(super) data: &'a [Data],
    pub(super) owners: &'a [u32],
    pub(super) attributes: &'a Attributes,
    pub(super) block_size: u32,
}

impl Layout<'_> {
    /// The table of inodes, that of directories, and where the root's inode stands.
    pub(super) fn tables(
        &self,
        pack: Pack<'_>,
    ) -> Result<(Metadata, Metadata, Reference), SquashfsError> {
        let mut inodes = Metadata::default();
        let mut directories = Metadata::default();
        let mut places = vec![Reference::default(); self.tree.nodes().len()];
        let numbers = self.numbers();
        // In this order, backwards, all that is in a directory comes before it.
        for index in (0..self.tree.nodes().len()).rev() {
            let node = &self.tree.nodes()[index];
            if matches!(node.kind, Kind::Link(_)) {
                continue;
            }
            let mut bytes = Vec::new();
            if node.kind == Kind::Directory {
                let listing = self.listing(index, &numbers, &places)?;
                let at = directories.place();
                directories.add(&listing, pack)?;
                self.directory(&mut bytes, index, &numbers, (at, listing.len()))?;
            } else {
                self.other(&mut bytes, index, numbers[index])?;
            }
            places[index] = inodes.place();
            inodes.add(&bytes, pack)?;
        }
        Ok((inodes, directories, places[0]))
    }

    /// Each inode's number, counted from 1 in the order of the tree.
    fn numbers(&self) -> Vec<u32> {
        let mut next = 0;
        let mut numbers = Vec::with_capacity(self.tree.nodes().len());
        for node in self.tree.nodes() {
            if !matches!(node.kind, Kind::Link(_)) {
                next += 1;
            }
            numbers.push(next);
        }
        numbers
    }

    fn listing(
        &self,
        index: usize,
        numbers: &[u32],
        places: &[Reference],
    ) -> Result<Vec<u8>, SquashfsError> {
        let entry = |child: &u32| {
            let child = *child as usize;
            let target = self.tree.target(child);
            let name = self.tree.nodes()[child].name();
            if name.len() > 256 {
                return Err(SquashfsError::TooLarge(
                    "a file name of more than 256 bytes",
                ));
            }
            Ok(Entry {
                name,
                kind: kind(&self.tree.nodes()[target]),
                number: numbers[target],
                place: places[target],
            })
        };
        let entries: Vec<Entry<'_>> = self
            .tree
            .children(index)
            .iter()
            .map(entry)
            .collect::<Result<_, _>>()?;
        Ok(directory::listing(&entries))
    }

    fn directory(
        &self,
        bytes: &mut Vec<u8>,
        index: usize,
        numbers: &[u32],
        (at, length): (Reference, usize),
    ) -> Result<(), SquashfsError> {
        let node = &self.tree.nodes()[index];
        // The three bytes are those of `.` and `..`, which are not stored.
        let size = u32::try_from(length + 3).map_err(|_| SquashfsError::TooLarge("a directory"))?;
        // The root's parent is the number behind the last one.
        let parent = match index {
            0 => numbers.last().map_or(1, |last| last + 1),
            _ => numbers[self.tree.parent(index)],
        };
        let attribute = self.attributes.number(node);
        let small = u16::try_from(size).ok().filter(|_| attribute.is_none());
        self.common(bytes, node, numbers[index], small.is_none());
        if let Some(size) = small {
            bytes.extend(at.block.to_le_bytes());
            bytes.extend(self.tree.links(index).to_le_bytes());
            bytes.extend(size.to_le_bytes());
            bytes.extend(at.offset.to_le_bytes());
            bytes.extend(parent.to_le_bytes());
            return Ok(());
        }
        for number in [self.tree.links(index), size, at.block, parent] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend([0; 2]);
        bytes.extend(at.offset.to_le_bytes());
        bytes.extend(attribute.unwrap_or(NONE).to_le_bytes());
        Ok(())
    }

    fn other(&self, bytes: &mut Vec<u8>, index: usize, number: u32) -> Result<(), SquashfsError> {
        let node = &self.tree.nodes()[index];
        let attribute = self.attributes.number(node);
        if let Kind::File(size) = node.kind {
            return self.file(bytes, (index, number), size, attribute);
        }
        self.common(bytes, node, number, attribute.is_some());
        bytes.extend(self.tree.links(index).to_le_bytes());
        match &node.kind {
            Kind::Symlink(target) => {
                bytes.extend((target.len() as u32).to_le_bytes());
                bytes.extend(target);
            }
            Kind::Character(major, minor) | Kind::Block(major, minor) => {
                bytes.extend(device(*major, *minor).to_le_bytes());
            }
            _ => {}
        }
        if let Some(attribute) = attribute {
            bytes.extend(attribute.to_le_bytes());
        }
        Ok(())
    }

    fn file(
        &self,
        bytes: &mut Vec<u8>,
        (index, number): (usize, u32),
        size: u64,
        attribute: Option<u32>,
    ) -> Result<(), SquashfsError> {
        let node = &self.tree.nodes()[index];
        let data = &self.data[index];
        let links = self.tree.links(index);
        let (fragment, offset) = data.fragment.unwrap_or((NONE, 0));
        let whole = match data.fragment {
            Some(_) => size / u64::from(self.block_size),
            None => size.div_ceil(u64::from(self.block_size)),
        };
        if whole != data.blocks.len() as u64 {
            return Err(SquashfsError::TooLarge(
                "a file whose blocks do not make its size",
            ));
        }
        let small = u32::try_from(data.start).ok().zip(u32::try_from(size).ok());
        let plain = links == 1 && attribute.is_none() && data.sparse == 0;
        self.common(bytes, node, number, !(plain && small.is_some()));
        if let Some((start, size)) = small.filter(|_| plain) {
            for number in [start, fragment, offset, size] {
                bytes.extend(number.to_le_bytes());
            }
        } else {
            for number in [data.start, size, data.sparse] {
                bytes.extend(number.to_le_bytes());
            }
            for number in [links, fragment, offset, attribute.unwrap_or(NONE)] {
                bytes.extend(number.to_le_bytes());
            }
        }
        bytes.extend(data.blocks.iter().flat_map(|block| block.to_le_bytes()));
        Ok(())
    }

    fn common(&self, bytes: &mut Vec<u8>, node: &Node, number: u32, extended: bool) {
        let owner = |id: u32| self.owners.binary_search(&id).unwrap_or(0) as u16;
        let kind = kind(node) + if extended { EXTENDED } else { 0 };
        for number in [kind, node.mode, owner(node.owner), owner(node.group)] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(node.time.to_le_bytes());
        bytes.extend(number.to_le_bytes());
    }
}

/// The basic type of a node's inode.
fn kind(node: &Node) -> u16 {
    match node.kind {
        Kind::Directory => 1,
        Kind::File(_) | Kind::Link(_) => 2,
        Kind::Symlink(_) => 3,
        Kind::Block(..) => 4,
        Kind::Character(..) => 5,
        Kind::Fifo => 6,
        Kind::Socket => 7,
    }
}

/// Major and minor number in the order of bits that the kernel stores.
pub(super) fn device(major: u32, minor: u32) -> u32 {
    (minor & 0xff) | major << 8 | (minor & !0xff) << 12
}
