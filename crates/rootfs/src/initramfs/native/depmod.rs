//! The lists of modules for those that are taken: what `depmod` would write for them, filtered
//! out of what it wrote for all.
//!
//! The device reads the lists in a binary form: a tree of prefixes in which each node holds the
//! values of one key. All numbers are big-endian 32-bit ones. The file begins with a magic
//! number, a version and the offset of the root; a node's offset has its kind in the four upper
//! bits; children are written before their parents. A node is its prefix with a NUL, the first
//! and the last letter of its children with their offsets, the values with their priorities:
//! each part only if it is there.

use std::collections::BTreeMap;

use super::kmod::{Kmod, name, under};

const MAGIC: u32 = 0xB007_F457;
const VERSION: u32 = 0x0002_0001;
const HAS_PREFIX: u32 = 0x8000_0000;
const HAS_VALUES: u32 = 0x4000_0000;
const HAS_CHILDREN: u32 = 0x2000_0000;

/// A list of pairs as the device reads it.
#[derive(Debug, Default)]
pub(super) struct Index {
    prefix: Vec<u8>,
    values: Vec<(u32, String)>,
    children: BTreeMap<u8, Index>,
}

impl Index {
    /// Adds a value of a key; the one that was added last comes first among equals.
    pub(super) fn insert(&mut self, key: &str, value: &str, priority: u32) {
        self.insert_bytes(key.as_bytes(), value, priority);
    }

    fn insert_bytes(&mut self, key: &[u8], value: &str, priority: u32) {
        let common = self
            .prefix
            .iter()
            .zip(key)
            .take_while(|(a, b)| a == b)
            .count();
        if common < self.prefix.len() {
            let rest = self.prefix.split_off(common);
            let mut child = std::mem::take(self);
            self.prefix = std::mem::take(&mut child.prefix);
            child.prefix = rest[1..].to_vec();
            self.children.insert(rest[0], child);
        }
        match key[common..].split_first() {
            None => {
                let place = self
                    .values
                    .iter()
                    .take_while(|(other, _)| *other < priority)
                    .count();
                self.values.insert(place, (priority, value.to_owned()));
            }
            Some((letter, rest)) => {
                let is_new = !self.children.contains_key(letter);
                let child = self.children.entry(*letter).or_default();
                if is_new {
                    child.prefix = rest.to_vec();
                }
                child.insert_bytes(rest, value, priority);
            }
        }
    }

    /// The file.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut file = [MAGIC, VERSION, 0].map(u32::to_be_bytes).concat();
        let root = self.node(&mut file);
        file[8..12].copy_from_slice(&root.to_be_bytes());
        file
    }

    fn node(&self, file: &mut Vec<u8>) -> u32 {
        let children: BTreeMap<u8, u32> = self
            .children
            .iter()
            .map(|(letter, child)| (*letter, child.node(file)))
            .collect();
        let mut offset = u32::try_from(file.len()).unwrap_or(u32::MAX);
        if !self.prefix.is_empty() {
            offset |= HAS_PREFIX;
            file.extend(&self.prefix);
            file.push(0);
        }
        let ends = children.keys().next().zip(children.keys().next_back());
        if let Some((first, last)) = ends {
            offset |= HAS_CHILDREN;
            file.extend([*first, *last]);
            for letter in *first..=*last {
                let child = children.get(&letter).copied().unwrap_or(0);
                file.extend(child.to_be_bytes());
            }
        }
        if !self.values.is_empty() {
            offset |= HAS_VALUES;
            let count = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
            file.extend(count.to_be_bytes());
            for (priority, value) in &self.values {
                file.extend(priority.to_be_bytes());
                file.extend(value.as_bytes());
                file.push(0);
            }
        }
        offset
    }
}

/// The lists for the chosen modules, by name; `text` gives those for all.
pub(super) fn lists(
    kmod: &Kmod,
    text: &mut dyn FnMut(&str) -> Option<String>,
) -> Vec<(&'static str, Vec<u8>)> {
    let ranks: BTreeMap<&str, u32> = (0..)
        .zip(kmod.chosen())
        .map(|(rank, module)| (module.name.as_str(), rank))
        .collect();
    let mut lists = Vec::new();
    let all = text("modules.dep").unwrap_or_default();
    let mut index = Index::default();
    let mut dep = String::new();
    for line in all.lines() {
        let path = line.split(':').next().unwrap_or_default();
        let module = name(path);
        if let Some(rank) = ranks.get(module.as_str()) {
            dep.push_str(line);
            dep.push('\n');
            index.insert(&module, line, *rank);
        }
    }
    lists.push(("modules.dep", dep.into_bytes()));
    lists.push(("modules.dep.bin", index.bytes()));
    for (list, binary) in [
        ("modules.alias", "modules.alias.bin"),
        ("modules.symbols", "modules.symbols.bin"),
    ] {
        let all = text(list).unwrap_or_default();
        let mut index = Index::default();
        let filtered = filter(&all, 2, &ranks, &mut |words, rank| {
            // Several devices of one name are the rule, several owners of a symbol are not.
            index.insert(&under(words[1]), words[2], rank);
        });
        lists.push((list, filtered.into_bytes()));
        lists.push((binary, index.bytes()));
    }
    for list in ["modules.softdep", "modules.weakdep"] {
        if let Some(all) = text(list) {
            lists.push((list, filter(&all, 1, &ranks, &mut |_, _| {}).into_bytes()));
        }
    }
    if let Some(all) = text("modules.devname") {
        lists.push((
            "modules.devname",
            filter(&all, 0, &ranks, &mut |_, _| {}).into_bytes(),
        ));
    }
    lists
}

/// The lines whose word at a place names a chosen module, and comments.
fn filter(
    all: &str,
    place: usize,
    ranks: &BTreeMap<&str, u32>,
    each: &mut dyn FnMut(&[&str], u32),
) -> String {
    let mut filtered = String::new();
    for line in all.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let rank = words
            .get(place)
            .and_then(|word| ranks.get(under(word).as_str()));
        if line.starts_with('#') || rank.is_some() {
            filtered.push_str(line);
            filtered.push('\n');
        }
        if let Some(rank) = rank
            && !line.starts_with('#')
        {
            each(&words, *rank);
        }
    }
    filtered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_offsets_that_its_reader_follows() {
        let mut index = Index::default();
        index.insert("ext4", "a", 1);
        index.insert("ext2", "b", 0);
        index.insert("ext2", "c", 0);
        let file = index.bytes();
        assert_eq!(file[..8], [0xb0, 0x07, 0xf4, 0x57, 0, 2, 0, 1]);
        let number = |at: usize| u32::from_be_bytes(file[at..at + 4].try_into().unwrap());
        let root = number(8);
        assert_eq!(root & 0xf000_0000, HAS_CHILDREN);
        let at = (root & 0x0fff_ffff) as usize;
        assert_eq!(file[at..at + 2], *b"ee");
        let common = number(at + 2);
        assert_eq!(common & 0xf000_0000, HAS_PREFIX | HAS_CHILDREN);
        let at = (common & 0x0fff_ffff) as usize;
        assert_eq!(file[at..at + 5], *b"xt\x0024");
        let child = number(at + 5);
        assert_eq!(child & 0xf000_0000, HAS_VALUES);
        let at = (child & 0x0fff_ffff) as usize;
        assert_eq!(file[at..at + 16], *b"\0\0\0\x02\0\0\0\0c\0\0\0\0\0b\0");
    }
}
