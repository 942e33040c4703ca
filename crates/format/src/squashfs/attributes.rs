//! Extended attributes: each different set once, named by its number.

use std::collections::BTreeMap;
use std::io;

use super::metadata::Metadata;
use super::{Pack, SquashfsError};
use crate::node::{Node, Tree};

/// The name spaces that squashfs knows, with their numbers.
const SPACES: [(&[u8], u16); 3] = [(b"user.", 0), (b"trusted.", 1), (b"security.", 2)];

type Set = Vec<(Vec<u8>, Vec<u8>)>;

/// All sets of a tree.
pub(super) struct Attributes {
    sets: Vec<Set>,
    numbers: BTreeMap<Set, u32>,
}

impl Attributes {
    /// Collects the sets in the order of the tree.
    pub(super) fn collect(tree: &Tree) -> Result<Attributes, SquashfsError> {
        let mut all = Attributes {
            sets: Vec::new(),
            numbers: BTreeMap::new(),
        };
        for node in tree
            .nodes()
            .iter()
            .filter(|node| !node.attributes.is_empty())
        {
            if let Some((name, _)) = node
                .attributes
                .iter()
                .find(|(name, _)| space(name).is_none())
            {
                return Err(SquashfsError::Attribute {
                    path: String::from_utf8_lossy(&node.path).into_owned(),
                    name: String::from_utf8_lossy(name).into_owned(),
                });
            }
            if !all.numbers.contains_key(&node.attributes) {
                all.numbers
                    .insert(node.attributes.clone(), all.sets.len() as u32);
                all.sets.push(node.attributes.clone());
            }
        }
        Ok(all)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    /// How many sets there are.
    pub(super) fn sets(&self) -> u32 {
        self.sets.len() as u32
    }

    /// The number of a node's set, if it has any attribute.
    pub(super) fn number(&self, node: &Node) -> Option<u32> {
        self.numbers.get(&node.attributes).copied()
    }

    /// The table of names and values, packed, and the entries that point into it.
    pub(super) fn tables(&self, pack: Pack<'_>) -> io::Result<(Vec<u8>, Vec<u8>)> {
        let mut pairs = Metadata::default();
        let mut entries = Vec::new();
        for set in &self.sets {
            let place = pairs.place();
            let bytes = encoded(set);
            pairs.add(&bytes, pack)?;
            entries.extend(place.packed().to_le_bytes());
            entries.extend((set.len() as u32).to_le_bytes());
            entries.extend((bytes.len() as u32).to_le_bytes());
        }
        Ok((pairs.finish(pack)?, entries))
    }
}

fn encoded(set: &Set) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, value) in set {
        let Some((kind, rest)) = space(name) else {
            continue;
        };
        bytes.extend(kind.to_le_bytes());
        bytes.extend((rest.len() as u16).to_le_bytes());
        bytes.extend(rest);
        bytes.extend((value.len() as u32).to_le_bytes());
        bytes.extend(value);
    }
    bytes
}

fn space(name: &[u8]) -> Option<(u16, &[u8])> {
    SPACES
        .iter()
        .find_map(|(prefix, kind)| Some((*kind, name.strip_prefix(*prefix)?)))
}
