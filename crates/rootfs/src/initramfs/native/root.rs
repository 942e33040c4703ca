//! The root directory of the initial RAM disk while it is filled: what `copy_file` and
//! `copy_exec` of initramfs-tools do, from one tree into an archive.
//!
//! Its `/bin`, `/sbin` and `/lib*` are links into `/usr`, whatever the tree has. A file that
//! lies behind links is put at its own place, with one link to it at the place that was asked
//! for.

use std::collections::{BTreeMap, BTreeSet};

use formwork_format::cpio::Entry;
use formwork_sys::tree::Kind;

use super::elf;
use crate::error::Error;
use crate::initramfs::archive::{Archive, Content, Node};
use crate::initramfs::view::View;

const DIRECTORY: u32 = 0o040_755;
const LINK: u32 = 0o120_777;
const FILE: u32 = 0o100_000;
/// How many links a path may lead through.
const MOST_LINKS: usize = 40;

/// What came of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copied {
    /// It is there now.
    Now,
    /// It was there before.
    Before,
    /// The tree has no such file.
    Missing,
}

/// The tree and what is taken out of it.
pub(super) struct Root<'a> {
    pub(super) tree: &'a View<'a>,
    pub(super) archive: Archive,
    /// The time of what is made, not copied.
    date: u32,
    /// Directories of the top level that are links into `/usr`.
    merged: BTreeSet<String>,
    /// Whether the tree's `/bin` is one.
    tree_is_merged: bool,
    /// Directories of the tree whose libraries were looked for, in the loader's order.
    libraries: Vec<String>,
    /// Real paths of directories of the tree.
    real: BTreeMap<String, Option<String>>,
}

impl<'a> Root<'a> {
    /// A root directory with the links of a merged `/usr`.
    pub(super) fn new(tree: &'a View<'a>, date: i64) -> Result<Root<'a>, Error> {
        let mut merged = BTreeSet::new();
        for (name, _) in tree.list_like("", &["bin", "sbin", "lib"])? {
            let name = name.to_string_lossy().into_owned();
            if name == "bin" || name == "sbin" || name.starts_with("lib") {
                merged.insert(name);
            }
        }
        let mut root = Root {
            tree,
            archive: Archive::default(),
            date: u32::try_from(date).unwrap_or(u32::MAX),
            merged: BTreeSet::new(),
            tree_is_merged: false,
            libraries: Vec::new(),
            real: BTreeMap::new(),
        };
        root.make(".", DIRECTORY, Vec::new());
        for name in &merged {
            root.directory(&format!("usr/{name}"));
            root.make(name, LINK, format!("usr/{name}").into_bytes());
        }
        root.merged = merged;
        root.tree_is_merged = root.real("bin")?.as_deref() == Some("usr/bin");
        root.libraries = super::libraries::directories(tree)?;
        Ok(root)
    }

    fn make(&mut self, name: &str, mode: u32, content: Vec<u8>) {
        let entry = Entry {
            mode,
            owner: 0,
            group: 0,
            time: self.date,
            device: (0, 0),
        };
        let content = Content::Bytes(content);
        self.archive.insert(name, Node { entry, content });
    }

    /// A path as the archive has it: no slash in front, no link into `/usr` in it.
    pub(super) fn inner(&self, path: &str) -> String {
        let path = normal(path);
        let top = path.split('/').next().unwrap_or_default();
        match self.merged.contains(top) {
            true => format!("usr/{path}"),
            false => path,
        }
    }

    /// Makes a directory and those above it.
    pub(super) fn directory(&mut self, path: &str) {
        let path = self.inner(path);
        for end in path
            .match_indices('/')
            .map(|(at, _)| at)
            .chain([path.len()])
        {
            let name = &path[..end];
            if !name.is_empty() && !self.archive.contains(name) {
                self.make(name, DIRECTORY, Vec::new());
            }
        }
    }

    /// Whether a name is there.
    pub(super) fn has(&self, path: &str) -> bool {
        self.archive.contains(&self.inner(path))
    }

    /// Writes a file.
    pub(super) fn write(&mut self, path: &str, content: impl Into<Vec<u8>>) {
        let path = self.inner(path);
        self.above(&path);
        self.make(&path, FILE | 0o644, content.into());
    }

    /// Makes a symbolic link.
    pub(super) fn link(&mut self, target: &str, path: &str) {
        let path = self.inner(path);
        self.above(&path);
        self.make(&path, LINK, target.as_bytes().to_vec());
    }

    /// Gives a file another name.
    pub(super) fn hard_link(&mut self, file: &str, path: &str) {
        let (file, path) = (self.inner(file), self.inner(path));
        if let Some(node) = self.archive.get(&file) {
            let entry = node.entry;
            self.above(&path);
            let content = Content::Same(file);
            self.archive.insert(&path, Node { entry, content });
        }
    }

    /// Makes a directory with a mode of its own.
    pub(super) fn directory_of_mode(&mut self, path: &str, mode: u32) {
        let path = self.inner(path);
        self.above(&path);
        self.make(&path, (DIRECTORY & !0o7777) | mode, Vec::new());
    }

    fn above(&mut self, path: &str) {
        if let Some((above, _)) = path.rsplit_once('/') {
            self.directory(above);
        }
    }

    /// Where a path of the tree really leads; `None` if nowhere.
    pub(super) fn real(&mut self, path: &str) -> Result<Option<String>, Error> {
        self.follow(&normal(path), MOST_LINKS)
    }

    fn follow(&mut self, path: &str, left: usize) -> Result<Option<String>, Error> {
        if path.is_empty() {
            return Ok(Some(String::new()));
        }
        if let Some(known) = self.real.get(path) {
            return Ok(known.clone());
        }
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        let Some(above) = self.follow(above, left)? else {
            return Ok(None);
        };
        let here = joined(&above, name);
        let Some(metadata) = self.tree.metadata(&here)? else {
            return Ok(None);
        };
        let found = match metadata.kind {
            Kind::SymbolicLink if left == 0 => None,
            Kind::SymbolicLink => {
                let target = self.tree.read_link(&here)?;
                let target = target.to_string_lossy();
                let target = match target.strip_prefix('/') {
                    Some(absolute) => normal(absolute),
                    None => normal(&joined(&above, &target)),
                };
                self.follow(&target, left - 1)?
            }
            _ => Some(here),
        };
        if metadata.kind != Kind::File {
            self.real.insert(path.to_owned(), found.clone());
        }
        Ok(found)
    }

    /// Whether a path of the tree leads to a file, and which.
    pub(super) fn file(&mut self, path: &str) -> Result<Option<String>, Error> {
        let Some(real) = self.real(path)? else {
            return Ok(None);
        };
        let metadata = self.tree.metadata(&real)?;
        Ok(metadata
            .is_some_and(|found| found.kind == Kind::File)
            .then_some(real))
    }

    /// Copies a file as it is to a place, whatever is there, as `cp -pL` does.
    pub(super) fn put(&mut self, source: &str, target: &str) -> Result<bool, Error> {
        let Some(real) = self.file(source)? else {
            return Ok(false);
        };
        let target = self.inner(target);
        self.above(&target);
        self.copy(&real, &target)?;
        Ok(true)
    }

    /// Copies something with its links as they are, as `cp -a` does.
    pub(super) fn put_as_is(&mut self, source: &str, target: &str) -> Result<(), Error> {
        let found = self.tree.metadata(normal(source))?;
        if found.is_some_and(|found| found.kind == Kind::SymbolicLink) {
            let to = self.tree.read_link(normal(source))?;
            self.link(&to.to_string_lossy(), target);
            return Ok(());
        }
        self.put(source, target)?;
        Ok(())
    }

    fn copy(&mut self, real: &str, target: &str) -> Result<(), Error> {
        let Some(metadata) = self.tree.metadata(real)? else {
            return Ok(());
        };
        let entry = Entry {
            mode: FILE | metadata.mode,
            owner: metadata.user,
            group: metadata.group,
            time: metadata.time,
            device: (0, 0),
        };
        let content = Content::Tree(real.to_owned());
        self.archive.insert(target, Node { entry, content });
        Ok(())
    }

    /// Copies a file, to its own place unless another is given; a directory takes it in.
    pub(super) fn copy_file(&mut self, source: &str, target: &str) -> Result<Copied, Error> {
        let source = normal(source);
        let Some(real) = self.file(&source)? else {
            return Ok(Copied::Missing);
        };
        let name = source.rsplit('/').next().unwrap_or_default();
        let mut target = if target.is_empty() {
            source.clone()
        } else {
            target.to_owned()
        };
        if target.ends_with('/') || self.archive.is_directory(&self.inner(&target)) {
            target = joined(target.trim_end_matches('/'), name);
        }
        let target = self.inner(&target);
        if self.archive.contains(&target) {
            return Ok(Copied::Before);
        }
        self.above(&target);
        let apparent = match self.tree_is_merged {
            true => self.inner(&source),
            false => source,
        };
        let mut place = target.clone();
        if real != apparent {
            place = self.inner(&real);
            if place != target {
                let relative = relative(&target, &place);
                self.link(&relative, &target);
            }
            if self.archive.contains(&place) {
                return Ok(Copied::Now);
            }
            self.above(&place);
        }
        self.copy(&real, &place)?;
        Ok(Copied::Now)
    }

    /// Copies a program or library with all libraries that it needs.
    pub(super) fn copy_program(&mut self, source: &str, target: &str) -> Result<Copied, Error> {
        let copied = self.copy_file(source, target)?;
        if copied == Copied::Missing {
            return Ok(copied);
        }
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut files = vec![normal(source)];
        while let Some(path) = files.pop() {
            let Some(real) = self.file(&path)? else {
                continue;
            };
            let Some(dynamic) = elf::dynamic(&self.tree.read(&real)?) else {
                continue;
            };
            let mut needed = Vec::new();
            needed.extend(dynamic.interpreter.clone());
            for name in &dynamic.needed {
                needed.extend(self.library(name, &dynamic, &real)?);
            }
            for library in needed {
                if !seen.insert(library.clone()) {
                    continue;
                }
                self.copy_file(&library, "")?;
                // The C library loads this one by name, where threads are ended.
                if library.contains("/libpthread.so.") {
                    files.extend(self.copy_unwinder(&library)?);
                }
                files.push(library);
            }
        }
        Ok(copied)
    }

    /// Copies the library that unwinds stacks, which lies beside another one.
    pub(super) fn copy_unwinder(&mut self, beside: &str) -> Result<Option<String>, Error> {
        let directory = beside
            .rsplit_once('/')
            .map_or("", |(directory, _)| directory);
        for number in 1..=9 {
            let path = format!("{directory}/libgcc_s.so.{number}");
            if self.copy_file(&path, "")? != Copied::Missing {
                return Ok(Some(path));
            }
        }
        Ok(None)
    }

    /// Where the loader finds a library.
    pub(super) fn library(
        &mut self,
        name: &str,
        wanted: &elf::Dynamic,
        of: &str,
    ) -> Result<Option<String>, Error> {
        if name.starts_with('/') {
            return Ok(Some(name.to_owned()));
        }
        let origin = of.rsplit_once('/').map_or("", |(directory, _)| directory);
        let own = wanted.paths.iter();
        let own = own.map(|path| path.replace("${ORIGIN}", origin).replace("$ORIGIN", origin));
        let directories: Vec<String> = own.chain(self.libraries.clone()).collect();
        for directory in directories {
            let path = joined(&directory, name);
            let Some(real) = self.file(&path)? else {
                continue;
            };
            let found = elf::dynamic(&self.tree.read(&real)?);
            if found.is_some_and(|found| found.machine == wanted.machine) {
                return Ok(Some(path));
            }
        }
        Ok(None)
    }
}

/// A path without a slash in front, and without `.`, `..` and empty parts.
pub(super) fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// A name in a directory.
pub(super) fn joined(directory: &str, name: &str) -> String {
    match directory.trim_matches('/') {
        "" => name.to_owned(),
        directory => format!("{directory}/{name}"),
    }
}

/// What a link at `from` must say to lead to `to`.
fn relative(from: &str, to: &str) -> String {
    let above: Vec<&str> = from.split('/').collect();
    let above = &above[..above.len() - 1];
    let target: Vec<&str> = to.split('/').collect();
    let common = above
        .iter()
        .zip(&target)
        .take_while(|(a, b)| a == b)
        .count();
    let up = std::iter::repeat_n("..", above.len() - common);
    up.chain(target[common..].iter().copied())
        .collect::<Vec<&str>>()
        .join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_as_short_as_can_be() {
        let cases = [
            ("usr/lib/a.so.1", "usr/lib/a.so.1.2", "a.so.1.2"),
            ("usr/lib64/ld.so", "usr/lib/x/ld.so", "../lib/x/ld.so"),
            ("init", "usr/bin/init", "usr/bin/init"),
        ];
        for (from, to, expected) in cases {
            assert_eq!(relative(from, to), expected);
        }
        assert_eq!(normal("//usr/./lib/../bin//a"), "usr/bin/a");
    }
}
