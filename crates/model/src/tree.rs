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
    #[must_use]
    pub fn head(&self) -> String {
        let mut text = format!("{{\n  \"format\": {FORMAT}");
        for (key, value) in [("suite", &self.suite), ("architecture", &self.architecture)] {
            text.push_str(",\n  ");
            pair(&mut text, key, value.as_bytes());
        }
        // Writing to a string cannot fail.
        let _ = write!(text, ",\n  \"date\": {},\n  \"entries\": [\n", self.date);
        text
    }

    /// The document after its entries.
    #[must_use]
    pub fn tail() -> &'static str {
        "\n  ]\n}\n"
    }

    /// The whole document in pieces of about a line, so that nobody needs to hold it at once.
    pub fn pieces(&self) -> impl Iterator<Item = String> + '_ {
        let lines = self.entries.iter().enumerate().map(|(position, entry)| {
            let separator = if position == 0 { "" } else { ",\n" };
            format!("{separator}    {}", entry.line())
        });
        std::iter::once(self.head())
            .chain(lines)
            .chain(std::iter::once(Manifest::tail().to_owned()))
    }
}

impl Entry {
    /// The entry as one line of JSON.
    #[must_use]
    pub fn line(&self) -> String {
        let mut text = String::from("{");
        pair(&mut text, "path", &[b"/", self.path.as_slice()].concat());
        text.push_str(", ");
        pair(&mut text, "type", self.node.word().as_bytes());
        match &self.node {
            Node::Hardlink(target) => {
                text.push_str(", ");
                pair(&mut text, "target", &[b"/", target.as_slice()].concat());
            }
            node => self.describe(node, &mut text),
        }
        if let Some(package) = &self.package {
            text.push_str(", ");
            pair(&mut text, "package", package.as_bytes());
        }
        text.push('}');
        text
    }

    /// What an entry says that is no second name of another.
    fn describe(&self, node: &Node, text: &mut String) {
        // Writing to a string cannot fail.
        if !matches!(node, Node::Symlink(_)) {
            let _ = write!(text, ", \"mode\": \"{:04o}\"", self.mode & 0o7777);
        }
        let (uid, gid, modified) = (self.uid, self.gid, self.modified);
        let _ = write!(
            text,
            ", \"uid\": {uid}, \"gid\": {gid}, \"mtime\": {modified}"
        );
        match node {
            Node::File { size, sha256 } => {
                let _ = write!(text, ", \"size\": {size}, \"sha256\": \"{sha256}\"");
            }
            Node::Symlink(target) => {
                text.push_str(", ");
                pair(text, "target", target);
            }
            Node::Character(major, minor) | Node::Block(major, minor) => {
                let _ = write!(text, ", \"device\": \"{major}:{minor}\"");
            }
            Node::Directory | Node::Hardlink(_) | Node::Fifo | Node::Socket => {}
        }
        if !self.attributes.is_empty() {
            text.push_str(", \"xattrs\": {");
            for (position, (name, value)) in self.attributes.iter().enumerate() {
                text.push_str(if position == 0 { "" } else { ", " });
                string(text, name.as_bytes());
                text.push_str(": ");
                string(text, value);
            }
            text.push('}');
        }
    }
}

/// A key with a text as its value.
fn pair(text: &mut String, key: &str, value: &[u8]) {
    // Writing to a string cannot fail.
    let _ = write!(text, "\"{key}\": ");
    string(text, value);
}

/// Any bytes as a JSON string; what is no plain text is written `%XX`.
fn string(text: &mut String, bytes: &[u8]) {
    text.push('"');
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '"' => text.push_str("\\\""),
                '\\' => text.push_str("\\\\"),
                '%' => text.push_str("%25"),
                letter if letter.is_control() => {
                    letter
                        .encode_utf8(&mut [0; 4])
                        .bytes()
                        .for_each(|byte| escaped(text, byte));
                }
                letter => text.push(letter),
            }
        }
        chunk.invalid().iter().for_each(|byte| escaped(text, *byte));
    }
    text.push('"');
}

fn escaped(text: &mut String, byte: u8) {
    // Writing to a string cannot fail.
    let _ = write!(text, "%{byte:02X}");
}

#[cfg(test)]
mod tests;
