//! The files as a tree, each node with its clusters and its entry.

use std::collections::{BTreeMap, BTreeSet};

use super::{ENTRY, FatError, File, name};

/// Bits of an entry.
const DIRECTORY: u8 = 0x10;
const ARCHIVE: u8 = 0x20;
const VOLUME: u8 = 0x08;

/// A file or a directory.
#[derive(Debug, Default)]
pub(super) struct Node<'a> {
    content: Option<&'a [u8]>,
    children: BTreeMap<String, Node<'a>>,
    first: u32,
    clusters: u32,
    root: bool,
}

/// A date and a time as FAT packs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Time {
    pub(super) date: u16,
    pub(super) time: u16,
}

impl Time {
    /// Packs seconds since 1970; what FAT cannot say becomes its first or last moment.
    pub(super) fn of(seconds: i64) -> Time {
        // 1980-01-01 and the last even second of 2107.
        let seconds = seconds.clamp(315_532_800, 4_354_819_198);
        let (days, rest) = (seconds / 86_400, seconds % 86_400);
        // Days since 1 March of the year 0, in eras of 400 years (Howard Hinnant's calendar).
        let shifted = days + 719_468;
        let era = shifted / 146_097;
        let day_of_era = shifted % 146_097;
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        Time {
            date: ((year - 1980) << 9 | month << 5 | day) as u16,
            time: ((rest / 3_600) << 11 | (rest % 3_600 / 60) << 5 | (rest % 60 / 2)) as u16,
        }
    }
}

/// Puts the files into a tree.
pub(super) fn build<'a>(files: &[File<'a>]) -> Result<Node<'a>, FatError> {
    let mut root = Node {
        root: true,
        ..Node::default()
    };
    for file in files {
        let twice = || FatError::Twice(file.path.to_owned());
        let mut node = &mut root;
        for part in file.path.split('/') {
            name::check(part)?;
            if node.content.is_some() {
                return Err(twice());
            }
            let other =
                |known: &&String| known.to_lowercase() == part.to_lowercase() && *known != part;
            if node.children.keys().any(|known| other(&known)) {
                return Err(twice());
            }
            node = node.children.entry(part.to_owned()).or_default();
        }
        if node.content.is_some() || !node.children.is_empty() {
            return Err(twice());
        }
        if u32::try_from(file.content.len()).is_err() {
            return Err(FatError::Name(format!("{} (4 GiB or more)", file.path)));
        }
        node.content = Some(file.content);
    }
    Ok(root)
}

impl<'a> Node<'a> {
    pub(super) fn is_root(&self) -> bool {
        self.root
    }

    pub(super) fn content(&self) -> Option<&'a [u8]> {
        self.content
    }

    /// Gives this node and all below it their clusters.
    pub(super) fn place(&mut self, cluster: u32, fixed_root: bool, next: &mut u32) {
        let bytes = match self.content {
            Some(content) => content.len(),
            None => self.entries() * ENTRY,
        };
        self.clusters = u32::try_from(bytes.div_ceil(cluster as usize)).unwrap_or(u32::MAX);
        if self.content.is_none() {
            self.clusters = self.clusters.max(1);
        }
        if self.root && fixed_root {
            self.clusters = 0;
        }
        self.first = if self.clusters == 0 { 0 } else { *next };
        *next = next.saturating_add(self.clusters);
        for child in self.children.values_mut() {
            child.place(cluster, fixed_root, next);
        }
    }

    /// The lengths of all chains, in the order of their places.
    pub(super) fn lengths(&self) -> Vec<u32> {
        let below = self.children.values().flat_map(Node::lengths);
        std::iter::once(self.clusters).chain(below).collect()
    }

    /// Calls `each` with this node and all below it, in the order of their places, and with
    /// the first cluster of the directory above.
    pub(super) fn visit(
        &self,
        each: &mut impl FnMut(&Node<'a>, u32) -> Result<(), FatError>,
    ) -> Result<(), FatError> {
        each(self, 0)?;
        self.visit_children(each)
    }

    fn visit_children(
        &self,
        each: &mut impl FnMut(&Node<'a>, u32) -> Result<(), FatError>,
    ) -> Result<(), FatError> {
        // In `..` the root is always called 0, wherever it lies.
        let above = if self.root { 0 } else { self.first };
        for child in self.children.values() {
            each(child, above)?;
            child.visit_children(each)?;
        }
        Ok(())
    }

    /// The bytes of this directory.
    pub(super) fn directory(&self, time: Time, label: Option<&[u8; 11]>, above: u32) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.entries() * ENTRY);
        match label {
            Some(label) => bytes.extend(entry(label, VOLUME, time, 0, 0)),
            None => {
                bytes.extend(entry(b".          ", DIRECTORY, time, self.first, 0));
                bytes.extend(entry(b"..         ", DIRECTORY, time, above, 0));
            }
        }
        let mut taken: BTreeSet<[u8; 11]> = self
            .children
            .keys()
            .filter_map(|name| name::exact(name))
            .collect();
        for (name, child) in &self.children {
            let short = name::short(name, &taken);
            taken.insert(short);
            if name::exact(name).is_none() {
                bytes.extend(name::long_entries(name, &short));
            }
            let (bits, size) = match child.content {
                Some(content) => (ARCHIVE, content.len() as u32),
                None => (DIRECTORY, 0),
            };
            bytes.extend(entry(&short, bits, time, child.first, size));
        }
        bytes
    }

    /// How many entries this directory has: two dots or the label, and its names.
    fn entries(&self) -> usize {
        let names = self.children.keys().map(|name| match name::exact(name) {
            Some(_) => 1,
            None => 1 + name.encode_utf16().count().div_ceil(13),
        });
        2 + names.sum::<usize>()
    }
}

fn entry(name: &[u8; 11], bits: u8, time: Time, first: u32, size: u32) -> [u8; ENTRY] {
    let mut bytes = [0; ENTRY];
    bytes[..11].copy_from_slice(name);
    bytes[11] = bits;
    for at in [14, 22] {
        bytes[at..at + 2].copy_from_slice(&time.time.to_le_bytes());
        bytes[at + 2..at + 4].copy_from_slice(&time.date.to_le_bytes());
    }
    bytes[18..20].copy_from_slice(&time.date.to_le_bytes());
    bytes[20..22].copy_from_slice(&((first >> 16) as u16).to_le_bytes());
    bytes[26..28].copy_from_slice(&(first as u16).to_le_bytes());
    bytes[28..32].copy_from_slice(&size.to_le_bytes());
    bytes
}
