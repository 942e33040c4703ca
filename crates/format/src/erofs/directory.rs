//! The blocks of a directory.

use super::BLOCK;
use super::inode::Place;
use crate::node::{Kind, Tree};

const ENTRY: usize = 12;

/// How many bytes the directory takes; the last block ends with its last name.
pub(super) fn size(tree: &Tree, index: usize) -> u64 {
    let mut blocks = 0;
    let mut filled = 0;
    for (name, _) in names(tree, index) {
        let needed = (ENTRY + name.len()) as u64;
        if filled + needed > BLOCK {
            blocks += 1;
            filled = 0;
        }
        filled += needed;
    }
    blocks * BLOCK + filled
}

/// The bytes of the directory.
pub(super) fn encode(tree: &Tree, index: usize, places: &[Place]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut block: Vec<(&[u8], usize)> = Vec::new();
    let mut filled = 0;
    for (name, node) in names(tree, index) {
        let needed = (ENTRY + name.len()) as u64;
        if filled + needed > BLOCK {
            encode_block(&mut bytes, tree, &block, places);
            bytes.resize(bytes.len().next_multiple_of(BLOCK as usize), 0);
            block.clear();
            filled = 0;
        }
        filled += needed;
        block.push((name, node));
    }
    encode_block(&mut bytes, tree, &block, places);
    bytes
}

fn encode_block(bytes: &mut Vec<u8>, tree: &Tree, block: &[(&[u8], usize)], places: &[Place]) {
    let mut name_at = block.len() * ENTRY;
    for (name, node) in block {
        bytes.extend(places[*node].slot.to_le_bytes());
        bytes.extend((name_at as u16).to_le_bytes());
        bytes.extend([kind(&tree.nodes()[*node].kind), 0]);
        name_at += name.len();
    }
    for (name, _) in block {
        bytes.extend(*name);
    }
}

/// All names of a directory with the inodes that they mean, sorted as bytes.
fn names(tree: &Tree, index: usize) -> Vec<(&[u8], usize)> {
    let mut names: Vec<(&[u8], usize)> = vec![(b".", index), (b"..", tree.parent(index))];
    let children = tree.children(index).iter();
    let children = children.map(|child| *child as usize);
    names.extend(children.map(|child| (tree.nodes()[child].name(), tree.target(child))));
    names.sort_unstable();
    names
}

fn kind(kind: &Kind) -> u8 {
    match kind {
        Kind::File(_) | Kind::Link(_) => 1,
        Kind::Directory => 2,
        Kind::Character(..) => 3,
        Kind::Block(..) => 4,
        Kind::Fifo => 5,
        Kind::Socket => 6,
        Kind::Symlink(_) => 7,
    }
}
