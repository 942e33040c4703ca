//! What a tree takes, and which of its directories take the most.

use std::collections::BTreeMap;

use formwork_format::node::Kind;

use crate::tree::Tree;

/// How many directories are named where something is too large.
const NAMED: usize = 8;
/// How many names deep they are told apart: `/usr/lib`, `/var/cache`.
const DEPTH: usize = 2;
/// What a file costs in the tables of an image, besides its name and attributes.
const FILE: u64 = 128;

/// Bytes in the regular files of a tree, each file once.
pub(super) fn content(tree: &Tree<'_>) -> u64 {
    let nodes = tree.nodes().nodes().iter();
    nodes
        .map(|node| match node.kind {
            Kind::File(size) => size,
            _ => 0,
        })
        .sum()
}

/// More bytes than the tables of any image of a tree take.
pub(super) fn metadata(tree: &Tree<'_>) -> u64 {
    let nodes = tree.nodes().nodes().iter();
    let each = nodes.map(|node| {
        let attributes = node.attributes.iter();
        let attributes: usize = attributes
            .map(|(name, value)| name.len() + value.len() + 64)
            .sum();
        let target = match &node.kind {
            Kind::Symlink(target) => target.len(),
            // A block of a file takes a few bytes of a list.
            Kind::File(size) => (*size / 512) as usize,
            _ => 0,
        };
        FILE + (node.name().len() + attributes + target) as u64
    });
    each.sum::<u64>() + (1 << 20)
}

/// The directories that take the most, largest first, without those that take next to nothing.
pub(super) fn largest(tree: &Tree<'_>) -> Vec<(String, u64)> {
    let mut sizes: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
    for node in tree.nodes().nodes() {
        let Kind::File(size) = node.kind else {
            continue;
        };
        let names: Vec<&[u8]> = node.path.split(|byte| *byte == b'/').take(DEPTH).collect();
        *sizes.entry(names.join(&b'/')).or_default() += size;
    }
    let mut sizes: Vec<(String, u64)> = sizes
        .into_iter()
        .map(|(path, size)| (String::from_utf8_lossy(&path).into_owned(), size))
        .filter(|(_, size)| *size > 0)
        .collect();
    sizes.sort_by(|left, right| (right.1, &left.0).cmp(&(left.1, &right.0)));
    sizes.truncate(NAMED);
    sizes
}
