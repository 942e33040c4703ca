//! The files of an initial RAM disk, and how they are written: the same files, the same bits.
//!
//! It is a row of cpio archives, which the kernel unpacks one after the other:
//!
//! 1. microcode of processors, which the kernel looks for before it can unpack anything; it must
//!    come first and lie open, each file at a multiple of 16 bytes;
//! 2. files that are packed already, such as modules of newer kernels, not packed again;
//! 3. scripts of the image's own, which may differ in every image and are small, not packed: so
//!    what is packed stays the same from one image to the next;
//! 4. everything else, packed.
//!
//! In each, directories come first, then all others, both by name. Times are not later than the
//! lock's date, numbers of inodes are counted. Each of the first three is followed by zeros up to
//! a multiple of 512 bytes, much as `cpio` writes them: without any, `unmkinitramfs` and `lsinitramfs`
//! take the next archive for a part of the one before and show nothing of it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};
use std::ops::Range;
use std::path::Path;

use formwork_codec::pack::Stream;
use formwork_codec::{Compression, Limits, decoder};
use formwork_format::cpio::{self, Entry, Writer};

use super::view::View;
use super::{InitramfsError, MOST};
use crate::error::Error;

/// The bits of a mode that say what a member is, and two of their values.
const TYPE: u32 = 0o170_000;
const DIRECTORY: u32 = 0o040_000;
const FILE: u32 = 0o100_000;
/// What the kernel looks for before it unpacks anything.
const MICROCODE: &str = "kernel/x86/microcode";
/// Endings of files that are packed already.
const PACKED: [&str; 3] = [".xz", ".zst", ".gz"];
/// A multiple of this many bytes is what an archive that is not packed takes.
const BLOCK: usize = 512;
/// How hard zstd and gzip try.
const ZSTD_LEVEL: i32 = 3;
const GZIP_LEVEL: i32 = 6;

/// The content of a file, or where a symbolic link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// In memory.
    Bytes(Vec<u8>),
    /// In a file of the tree, by its path.
    Tree(String),
    /// The content of another name of the archive: one file with several names.
    Same(String),
}

/// One name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    /// What it is, as cpio says it.
    pub(super) entry: Entry,
    /// Its content.
    pub(super) content: Content,
}

/// All files by name; the root directory is `.`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Archive {
    nodes: BTreeMap<String, Node>,
}

/// An archive as it is written; the parts stand one behind the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parts {
    /// All of it.
    pub(super) bytes: Vec<u8>,
    /// Where in it the image's own scripts lie.
    pub(super) own: Range<usize>,
}

impl Parts {
    /// Microcode, and what is packed already.
    pub(super) fn front(&self) -> &[u8] {
        &self.bytes[..self.own.start]
    }

    /// Everything else, packed.
    pub(super) fn rest(&self) -> &[u8] {
        &self.bytes[self.own.end..]
    }
}

impl Archive {
    /// The image's own scripts alone, with the directories that they lie in.
    pub(super) fn own(&self) -> Archive {
        let is_own = |(name, node): &(&String, &Node)| part(name, node) == OWN;
        let names = self.nodes.iter().filter(is_own);
        let needed: BTreeSet<&str> = names.flat_map(|(name, _)| ancestors(name)).collect();
        let is_needed = |name: &str| needed.contains(name) && self.is_directory(name);
        let nodes = self
            .nodes
            .iter()
            .filter(|one| is_own(one) || is_needed(one.0));
        Archive {
            nodes: nodes
                .map(|(name, node)| (name.clone(), node.clone()))
                .collect(),
        }
    }

    /// All names with what stands for them.
    pub(super) fn nodes(&self) -> impl Iterator<Item = (&String, &Node)> {
        self.nodes.iter()
    }

    /// Writes all of it, not packed; nothing where there is nothing.
    pub(super) fn open(&self, tree: &View<'_>, date: i64) -> Result<Vec<u8>, Error> {
        if self.nodes.is_empty() {
            return Ok(Vec::new());
        }
        let directories: BTreeSet<&str> = self.directories().collect();
        let names = self.nodes.keys().map(String::as_str);
        let names: Vec<&str> = names.filter(|name| !self.is_directory(name)).collect();
        self.open_part(tree, (&directories, &names), date, Vec::new())
            .map_err(|source| writing(source).into())
    }

    /// Writes one of the archives, not packed, behind what is there.
    fn open_part(
        &self,
        tree: &View<'_>,
        which: (&BTreeSet<&str>, &[&str]),
        date: i64,
        out: Vec<u8>,
    ) -> io::Result<Vec<u8>> {
        let mut out = self.part(tree, which, date, out)?;
        out.resize((out.len() + 1).next_multiple_of(BLOCK), 0);
        Ok(out)
    }

    /// Adds a name; one that is there already is replaced.
    pub(super) fn insert(&mut self, name: &str, node: Node) {
        self.nodes.insert(name.to_owned(), node);
    }

    /// Removes a name; whether it was there.
    pub(super) fn remove(&mut self, name: &str) -> bool {
        self.nodes.remove(name).is_some()
    }

    /// Whether a name is there.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.nodes.contains_key(name)
    }

    /// What stands for a name.
    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        self.nodes.get(name)
    }

    /// Whether a name is that of a directory.
    pub(super) fn is_directory(&self, name: &str) -> bool {
        let node = self.nodes.get(name);
        node.is_some_and(|node| node.entry.mode & TYPE == DIRECTORY)
    }

    /// All directories below one.
    pub(super) fn directories_below(&self, above: &str) -> Vec<String> {
        let is_below = |name: &&str| {
            let below = name.strip_prefix(above);
            below.is_some_and(|below| below.starts_with('/'))
        };
        self.directories()
            .filter(is_below)
            .map(str::to_owned)
            .collect()
    }

    /// The names in a directory that are none of directories.
    pub(super) fn files_in(&self, directory: &str) -> Vec<String> {
        let inside = |name: &&String| {
            let below = name.strip_prefix(directory)?.strip_prefix('/')?;
            (!below.contains('/') && !self.is_directory(name)).then(|| below.to_owned())
        };
        self.nodes.keys().filter_map(|name| inside(&name)).collect()
    }

    /// Reads a file that others have written.
    pub(super) fn read(file: &[u8]) -> Result<Archive, Error> {
        let mut archive = Archive::default();
        let wrong = |problem: String| Error::from(InitramfsError::Unreadable(problem));
        let mut plain;
        let mut rest = file;
        let mut packed = false;
        loop {
            rest = &rest[rest.iter().take_while(|byte| **byte == 0).count()..];
            if rest.is_empty() {
                return Ok(archive);
            }
            if rest.starts_with(b"0707") {
                let (members, end) =
                    cpio::members(rest).map_err(|error| wrong(error.to_string()))?;
                archive.take(&members).map_err(wrong)?;
                rest = rest.get(end..).unwrap_or_default();
                continue;
            }
            let form = form(rest).filter(|_| !packed);
            let form = form.ok_or_else(|| wrong("it is packed in an unknown way".to_owned()))?;
            let mut content = Vec::new();
            let limits = Limits {
                output: MOST,
                ..Limits::unsigned()
            };
            decoder(form, rest, &limits)
                .and_then(|mut reader| reader.read_to_end(&mut content))
                .map_err(|error| wrong(error.to_string()))?;
            plain = content;
            rest = &plain;
            packed = true;
        }
    }

    /// Takes the members of one archive over.
    fn take(&mut self, members: &[cpio::Member<'_>]) -> Result<(), String> {
        let mut firsts: BTreeMap<(u32, u32, u32), String> = BTreeMap::new();
        for member in members {
            let name = std::str::from_utf8(member.name)
                .map_err(|_| "a name that is no text".to_owned())?;
            let name = match name.trim_start_matches("./").trim_start_matches('/') {
                "" => ".",
                name => name,
            };
            let mut content = Content::Bytes(member.content.to_vec());
            if member.links > 1 && member.entry.mode & TYPE == FILE {
                if let Some(first) = firsts.get(&member.file) {
                    // The content comes with any one of the names.
                    if let Some(node) = self.nodes.get_mut(first)
                        && !member.content.is_empty()
                    {
                        node.content = content;
                    }
                    content = Content::Same(first.clone());
                } else {
                    firsts.insert(member.file, name.to_owned());
                }
            }
            let entry = member.entry;
            self.insert(name, Node { entry, content });
        }
        Ok(())
    }

    /// Writes all of it, with times not later than `date`.
    pub(super) fn write(
        &self,
        tree: &View<'_>,
        packing: Compression,
        date: i64,
    ) -> Result<Parts, Error> {
        let level = match packing {
            Compression::Gzip => GZIP_LEVEL,
            _ => ZSTD_LEVEL,
        };
        let mut parts: [Vec<&str>; 4] = Default::default();
        for (name, node) in &self.nodes {
            if node.entry.mode & TYPE != DIRECTORY {
                parts[part(name, node)].push(name);
            }
        }
        let [microcode, packed, _, rest] = parts;
        let mut above: BTreeSet<&str> = self.directories().collect();
        let own = self.own();
        let mut front = Vec::new();
        for names in [microcode, packed] {
            if !names.is_empty() {
                let needed: BTreeSet<&str> =
                    names.iter().flat_map(|name| ancestors(name)).collect();
                // Directories of the microcode alone are nothing to the rest.
                above.retain(|name| !(is_microcode(name) && needed.contains(name)));
                front = self
                    .open_part(tree, (&needed, &names), date, front)
                    .map_err(writing)?;
            }
        }
        let start = front.len();
        front.extend(own.open(tree, date)?);
        let own = start..front.len();
        // What is packed goes right behind, as it is too much to be there twice.
        let stream = Stream::new(packing, level, front).map_err(writing)?;
        let stream = self
            .part(tree, (&above, &rest), date, stream)
            .map_err(writing)?;
        Ok(Parts {
            bytes: stream.finish().map_err(writing)?,
            own,
        })
    }

    /// All directories.
    fn directories(&self) -> impl Iterator<Item = &str> {
        let directories = self.nodes.iter();
        directories
            .filter(|(_, node)| node.entry.mode & TYPE == DIRECTORY)
            .map(|(name, _)| name.as_str())
    }

    /// Writes one of the archives: some directories, then some other names.
    fn part<W: Write>(
        &self,
        tree: &View<'_>,
        (directories, names): (&BTreeSet<&str>, &[&str]),
        date: i64,
        out: W,
    ) -> io::Result<W> {
        let mut writer = Writer::new(out);
        let latest = u32::try_from(date).unwrap_or(u32::MAX);
        let same = self.other_names();
        for name in self.directories().filter(|name| directories.contains(name)) {
            writer.add(name, limited(self.nodes[name].entry, latest), &[])?;
        }
        for name in names {
            let node = &self.nodes[*name];
            let entry = limited(node.entry, latest);
            let content = match &node.content {
                Content::Bytes(bytes) => Cow::Borrowed(bytes),
                // It may be another each time, which is no matter to all the rest.
                Content::Tree(path) if is_own(path) => {
                    Cow::Owned(tree.tree.read(path).map_err(io::Error::other)?)
                }
                Content::Tree(path) => Cow::Owned(tree.read(path).map_err(io::Error::other)?),
                Content::Same(_) => continue,
            };
            match same.get(name) {
                Some(others) => {
                    let names = [&[*name][..], others].concat();
                    writer.add_names(&names, entry, &content)?;
                }
                None if is_microcode(name) => writer.add_aligned(name, entry, &content)?,
                None => writer.add(name, entry, &content)?,
            }
        }
        writer.finish()
    }

    /// The further names of files that have several.
    fn other_names(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut others: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, node) in &self.nodes {
            if let Content::Same(first) = &node.content {
                others.entry(first).or_default().push(name);
            }
        }
        others
    }
}

fn writing(source: io::Error) -> formwork_sys::Error {
    formwork_sys::Error::io("write", Path::new("the initial RAM disk"), source)
}

/// The place of the image's own scripts among the archives.
const OWN: usize = 2;

/// Which of the archives a file belongs into.
fn part(name: &str, node: &Node) -> usize {
    let is_file = node.entry.mode & TYPE == FILE;
    if is_file && is_microcode(name) {
        0
    } else if is_file && PACKED.iter().any(|ending| name.ends_with(ending)) {
        1
    } else if is_file && matches!(&node.content, Content::Tree(path) if is_own(path)) {
        OWN
    } else {
        3
    }
}

/// Whether a file of the tree is a script of the image's own.
fn is_own(path: &str) -> bool {
    let below = path.strip_prefix(super::native::OWN);
    below.is_some_and(|below| below.starts_with("/scripts/"))
}

/// Whether a name is one of the microcode, or a directory that there is for it alone.
fn is_microcode(name: &str) -> bool {
    name.starts_with(MICROCODE) || MICROCODE.starts_with(name)
}

/// The directories that a name lies in, and the root.
fn ancestors(name: &str) -> impl Iterator<Item = &str> {
    let slashes = name.match_indices('/').map(|(at, _)| &name[..at]);
    ["."].into_iter().chain(slashes)
}

fn limited(entry: Entry, latest: u32) -> Entry {
    Entry {
        time: entry.time.min(latest),
        ..entry
    }
}

/// How something is packed, by its first bytes.
fn form(bytes: &[u8]) -> Option<Compression> {
    let forms: [(&[u8], Compression); 3] = [
        (&[0x1f, 0x8b], Compression::Gzip),
        (&[0xfd, b'7', b'z', b'X', b'Z', 0], Compression::Xz),
        (&[0x28, 0xb5, 0x2f, 0xfd], Compression::Zstd),
    ];
    let found = forms
        .into_iter()
        .find(|(magic, _)| bytes.starts_with(magic));
    found.map(|(_, compression)| compression)
}
