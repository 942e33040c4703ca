//! A finished tree as images take it: out of the tar archive that the build made of it.
//!
//! The archive holds everything, owners and attributes too, in a file that an ordinary user
//! may read; so no image needs a privilege to be made, nor the tree itself.

mod part;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
pub(crate) mod tests;

use std::io;

use formwork_deb::container::tar::{self, Limits, Reader, TarError};
use formwork_format::node::{self, Kind, Node};
use formwork_model::stage::ELSEWHERE;

use crate::blocks::Aids;

/// A tree with its content.
#[derive(Clone, Debug)]
pub struct Tree<'a> {
    nodes: node::Tree,
    content: Vec<&'a [u8]>,
}

/// Why an archive makes no tree.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// The archive cannot be read.
    #[error(transparent)]
    Archive(#[from] TarError),
    /// Its entries make no tree.
    #[error(transparent)]
    Shape(#[from] node::TreeError),
    /// A partition is to be mounted where the tree has no directory.
    #[error("/{0}: a partition is to be mounted there, and it is no directory")]
    Mount(String),
    /// A number does not fit any file system.
    #[error("/{0}: its time, owner or mode fits no file system")]
    Number(String),
}

impl<'a> Tree<'a> {
    /// Reads an archive that lies in memory or is mapped.
    ///
    /// # Errors
    /// If it is damaged, or its entries make no tree.
    pub fn open(archive: &'a [u8]) -> Result<Tree<'a>, TreeError> {
        Tree::open_over(archive, &[], &Aids::default())
    }

    /// Reads an archive that leaves out what files have in common with another, that of the
    /// stage below; `aids` gives back the memory of what was read.
    ///
    /// # Errors
    /// If it is damaged, is of another stage, or its entries make no tree.
    pub fn open_over(
        archive: &'a [u8],
        stage: &'a [u8],
        aids: &Aids<'_>,
    ) -> Result<Tree<'a>, TreeError> {
        let (mut nodes, mut contents) = (Vec::new(), Vec::new());
        let (mut next, mut read) = (0, 0);
        // Each entry has a reader of its own, so that no content is read to get to the next.
        while let Some(rest) = archive.get(next..) {
            let Some(mut entry) = Reader::new(rest, Limits::DATA).next_entry()? else {
                break;
            };
            entry.offset += next as u64;
            let own = content(archive, &entry)?;
            let end = usize::try_from(entry.offset).ok();
            let end = end.and_then(|end| (end + own.len()).checked_next_multiple_of(BLOCK));
            let end = end.ok_or_else(|| number(&entry.path))?;
            aids.let_go_after(&mut read, (end - next).min(AROUND));
            next = end;
            let content = match elsewhere(&mut entry)? {
                Some((offset, size)) => {
                    entry.offset = offset;
                    entry.size = size;
                    content(stage, &entry)?
                }
                None => own,
            };
            nodes.push(node(entry)?);
            contents.push(content);
        }
        Tree::sorted(nodes, contents)
    }

    /// A tree of nodes and what they hold, in any order; those in order are not taken apart, as
    /// a large tree should not be in memory twice.
    fn sorted(mut nodes: Vec<Node>, mut content: Vec<&'a [u8]>) -> Result<Tree<'a>, TreeError> {
        let order =
            |left: &Node, right: &Node| formwork_model::tree::order(&left.path, &right.path);
        // The checked tree sorts as this does, so that content stays with its file.
        if !nodes.is_sorted_by(|left, right| order(left, right).is_le()) {
            let mut entries: Vec<(Node, &[u8])> = nodes.into_iter().zip(content).collect();
            entries.sort_by(|left, right| order(&left.0, &right.0));
            (nodes, content) = entries.into_iter().unzip();
        }
        Ok(Tree {
            nodes: node::Tree::new(nodes)?,
            content,
        })
    }

    /// A tree with nothing in it but its root, made at `time`.
    ///
    /// # Errors
    /// Never: an empty tree is a tree.
    pub fn empty(time: u32) -> Result<Tree<'a>, TreeError> {
        let root = Node {
            path: Vec::new(),
            kind: Kind::Directory,
            mode: 0o755,
            owner: 0,
            group: 0,
            time,
            attributes: Vec::new(),
        };
        Ok(Tree {
            nodes: node::Tree::new(vec![root])?,
            content: vec![&[]],
        })
    }

    /// The files, in their order.
    #[must_use]
    pub fn nodes(&self) -> &node::Tree {
        &self.nodes
    }

    /// What a regular file holds; nothing for all others.
    #[must_use]
    pub fn content(&self, index: usize) -> &'a [u8] {
        self.content.get(index).copied().unwrap_or_default()
    }

    /// What the file with this path holds, through no symbolic link.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&'a [u8]> {
        let index = self.nodes.target(self.nodes.find(path.as_bytes())?);
        matches!(self.nodes.nodes()[index].kind, Kind::File(_)).then(|| self.content(index))
    }

    /// Fills a buffer from a file, for writers that ask piece by piece.
    ///
    /// # Errors
    /// If the file ends before the buffer is full.
    pub fn read(&self, index: usize, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let end = start.checked_add(buffer.len());
        let bytes = end.and_then(|end| self.content(index).get(start..end));
        buffer.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

/// Archives are made of blocks of this size.
const BLOCK: usize = 512;
/// As much of a mapped file comes to memory when a byte of it is read.
const AROUND: usize = 64 << 10;

/// Where the content of a file begins in the archive of the stage, and its size, if it lies there.
fn elsewhere(entry: &mut tar::Entry) -> Result<Option<(u64, u64)>, TreeError> {
    let Some(place) = entry.attributes.remove(ELSEWHERE) else {
        return Ok(None);
    };
    let place = std::str::from_utf8(&place).unwrap_or_default();
    let place = place.split_once(' ').and_then(|(offset, size)| {
        let is_file = entry.kind == tar::Kind::File && entry.size == 0;
        is_file.then_some((offset.parse().ok()?, size.parse().ok()?))
    });
    place.map(Some).ok_or_else(|| number(&entry.path))
}

fn content<'a>(archive: &'a [u8], entry: &tar::Entry) -> Result<&'a [u8], TreeError> {
    let start = usize::try_from(entry.offset).ok();
    let end = usize::try_from(entry.offset.saturating_add(entry.size)).ok();
    let bytes = start
        .zip(end)
        .and_then(|(start, end)| archive.get(start..end));
    bytes.ok_or_else(|| number(&entry.path))
}

fn node(entry: tar::Entry) -> Result<Node, TreeError> {
    let path = plain(&entry.path).to_vec();
    let wrong = || number(&path);
    let (major, minor) = entry.device;
    let kind = match entry.kind {
        tar::Kind::File => Kind::File(entry.size),
        tar::Kind::Directory => Kind::Directory,
        tar::Kind::SymbolicLink => Kind::Symlink(entry.link),
        tar::Kind::HardLink => Kind::Link(plain(&entry.link).to_vec()),
        tar::Kind::CharacterDevice => Kind::Character(major, minor),
        tar::Kind::BlockDevice => Kind::Block(major, minor),
        tar::Kind::Fifo => Kind::Fifo,
    };
    let attributes = entry.attributes.into_iter().filter_map(|(name, value)| {
        let name = name.strip_prefix("SCHILY.xattr.")?.as_bytes().to_vec();
        Some((name, value))
    });
    Ok(Node {
        kind,
        mode: u16::try_from(entry.mode & 0o7777).map_err(|_| wrong())?,
        owner: u32::try_from(entry.user_id).map_err(|_| wrong())?,
        group: u32::try_from(entry.group_id).map_err(|_| wrong())?,
        time: u32::try_from(entry.modified).map_err(|_| wrong())?,
        attributes: attributes.collect(),
        path,
    })
}

/// A path without the `./` in front and the slash behind that archives have.
fn plain(path: &[u8]) -> &[u8] {
    let path = path.strip_prefix(b"./").unwrap_or(path);
    let path = path.strip_suffix(b"/").unwrap_or(path);
    if path == b"." { b"" } else { path }
}

fn number(path: &[u8]) -> TreeError {
    TreeError::Number(String::from_utf8_lossy(path).into_owned())
}
