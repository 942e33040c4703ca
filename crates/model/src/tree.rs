//! The tree manifest: every file of a finished tree, what it is, and which package it came from.
//!
//! # `IMAGE.tree.json`, format 1
//!
//! One JSON document, written so that each entry is a line of its own; line tools and `diff`
//! work on it. Before the entries stand `format`, `suite`, `architecture` and `date`.
//! The entries are sorted by their paths, name by name, so that the content of a directory
//! follows it; the root `/` comes first. An entry has, in this
//! order and only where they apply:
//!
//! - `path`, absolute. Bytes that are not UTF-8, control characters and `%` are written `%XX`;
//!   `target` and the values of `xattrs` follow the same rule;
//! - `type`: `file`, `dir`, `link`, `hard`, `char`, `block`, `fifo`, `socket`;
//! - `mode` in octal with four digits (not of a symbolic link), `uid`, `gid`, `mtime` in
//!   seconds since 1970;
//! - of a file `size` and `sha256`; of a symbolic link `target`; of a device `device` as
//!   `MAJOR:MINOR`;
//! - a `hard` link has a path, a `target` (the first path of the same file, whose entry has
//!   everything else) and a package;
//! - `xattrs`, names and values;
//! - `package`: the one whose list of files names the path. A directory that several packages
//!   have carries none.
//!
//! Nothing in it depends on when, where or by whom the tree was made: the same tree, the same
//! bytes.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use formwork_deb::sha256::Sha256;
use serde::Serialize;

/// The format that this code writes.
pub const FORMAT: u32 = 1;

/// All files of a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The suite.
    pub suite: String,
    /// The architecture.
    pub architecture: String,
    /// The lock's date in seconds since 1970.
    pub date: i64,
    /// The entries, sorted by path.
    pub entries: Vec<Entry>,
}

/// One file, link or directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The path below the root, without a slash in front; empty for the root itself.
    pub path: Vec<u8>,
    /// What it is.
    pub node: Node,
    /// The permission bits.
    pub mode: u32,
    /// The number of its owner.
    pub uid: u32,
    /// The number of its group.
    pub gid: u32,
    /// When it was changed, in seconds since 1970.
    pub modified: i64,
    /// Its extended attributes.
    pub attributes: BTreeMap<String, Vec<u8>>,
    /// The package that owns it.
    pub package: Option<String>,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A regular file.
    File {
        /// Its size in bytes.
        size: u64,
        /// The digest of its content.
        sha256: Sha256,
    },
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink(Vec<u8>),
    /// Another name of a file; its first path.
    Hardlink(Vec<u8>),
    /// A character device.
    Character(u32, u32),
    /// A block device.
    Block(u32, u32),
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
}

/// The order of paths: name by name, so that what is in a directory follows it at once.
#[must_use]
pub fn order(left: &[u8], right: &[u8]) -> Ordering {
    let names = |path| <[u8]>::split(path, |byte: &u8| *byte == b'/');
    names(left).cmp(names(right))
}

impl Node {
    /// The word for it in the manifest.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Node::File { .. } => "file",
            Node::Directory => "dir",
            Node::Symlink(_) => "link",
            Node::Hardlink(_) => "hard",
            Node::Character(..) => "char",
            Node::Block(..) => "block",
            Node::Fifo => "fifo",
            Node::Socket => "socket",
        }
    }
}

impl Manifest {
    /// The bytes that its files hold, each file counted once.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let sizes = self.entries.iter().map(|entry| match entry.node {
            Node::File { size, .. } => size,
            _ => 0,
        });
        sizes.sum()
    }

    /// The document before its entries.
    fn head(&self) -> String {
        format!(
            "{{\n\"format\": {FORMAT},\n\"suite\": {},\n\"architecture\": {},\n\"date\": {},\n\"entries\": [\n",
            serde_json::Value::from(self.suite.as_str()),
            serde_json::Value::from(self.architecture.as_str()),
            self.date
        )
    }

    /// The whole document in pieces of about a line, so that nobody needs to hold it at once.
    pub fn pieces(&self) -> impl Iterator<Item = String> + '_ {
        let lines = self.entries.iter().enumerate().map(|(position, entry)| {
            let separator = if position == 0 { "" } else { ",\n" };
            format!("{separator}{}", entry.line())
        });
        std::iter::once(self.head())
            .chain(lines)
            .chain(std::iter::once("\n]\n}\n".to_owned()))
    }
}

impl Entry {
    /// The entry as one line of JSON.
    #[must_use]
    pub fn line(&self) -> String {
        // A structure of texts and numbers can always be told.
        serde_json::to_string(&self.told()).unwrap_or_default()
    }

    /// The entry as the document tells it.
    fn told(&self) -> TreeEntry {
        let mut told = TreeEntry {
            path: absolute(&self.path),
            kind: self.node.word().to_owned(),
            package: self.package.clone(),
            ..TreeEntry::default()
        };
        if let Node::Hardlink(target) = &self.node {
            told.target = Some(absolute(target));
            return told;
        }
        told.uid = Some(self.uid);
        told.gid = Some(self.gid);
        told.mtime = Some(self.modified);
        told.xattrs = self
            .attributes
            .iter()
            .map(|(name, value)| (plain(name.as_bytes()), plain(value)))
            .collect();
        if !matches!(self.node, Node::Symlink(_)) {
            told.mode = Some(format!("{:04o}", self.mode & 0o7777));
        }
        match &self.node {
            Node::File { size, sha256 } => {
                told.size = Some(*size);
                told.sha256 = Some(sha256.to_string());
            }
            Node::Symlink(target) => told.target = Some(plain(target)),
            Node::Character(major, minor) | Node::Block(major, minor) => {
                told.device = Some(format!("{major}:{minor}"));
            }
            _ => {}
        }
        told
    }
}

/// A path as the document tells it.
fn absolute(path: &[u8]) -> String {
    plain(&[b"/", path].concat())
}

/// Any bytes as text; what is no plain text is written `%XX`.
fn plain(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            if letter == '%' || letter.is_control() {
                let mut buffer = [0; 4];
                for byte in letter.encode_utf8(&mut buffer).bytes() {
                    escaped(&mut text, byte);
                }
            } else {
                text.push(letter);
            }
        }
        for byte in chunk.invalid() {
            escaped(&mut text, *byte);
        }
    }
    text
}

fn escaped(text: &mut String, byte: u8) {
    // Writing to a string cannot fail.
    let _ = write!(text, "%{byte:02X}");
}

/// The manifest of a tree as it is written.
// Only its schema is asked for: what is written goes out line by line.
#[cfg(feature = "schema")]
#[allow(dead_code)]
#[derive(schemars::JsonSchema)]
pub(crate) struct TreeManifest {
    /// The format of this document.
    format: u32,
    /// The suite.
    suite: String,
    /// The architecture.
    architecture: String,
    /// The lock's date in seconds since 1970.
    date: i64,
    /// The entries, sorted by path, name by name; one a line.
    entries: Vec<TreeEntry>,
}

/// One entry as it is written; what does not apply is left out.
#[derive(Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct TreeEntry {
    /// The absolute path; bytes that are not UTF-8, control characters and `%` as `%XX`.
    path: String,
    /// What it is: file, dir, link, hard, char, block, fifo, socket.
    #[serde(rename = "type")]
    kind: String,
    /// The permission bits, four octal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<String>,
    /// The number of the owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<u32>,
    /// The number of the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    gid: Option<u32>,
    /// The last change, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    mtime: Option<i64>,
    /// The size of a file in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    /// The digest of a file's content.
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    /// Where a link points to; of a hard link the first path of the same file.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    /// The number of a device: MAJOR:MINOR.
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<String>,
    /// Extended attributes, names and values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    xattrs: BTreeMap<String, String>,
    /// The package that owns the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    package: Option<String>,
}

#[cfg(test)]
mod tests;
