//! Where everything goes. Little of that is remembered: what a file takes follows from the
//! files before it, so that whoever writes goes through the files once more.

use std::borrow::Cow;

use formwork_format::ext4::attributes::Attributes;
use formwork_format::ext4::directory::{self, Directory, Entry};
use formwork_format::ext4::extents::Extents;
use formwork_format::ext4::inode::{self, MOST_LINKS};
use formwork_format::ext4::layout::{Cursor, Layout};
use formwork_format::ext4::superblock::LABEL;
use formwork_format::ext4::{BLOCK, FIRST, LOST_AND_FOUND, ROOT};
use formwork_format::node::{Kind, Node};

use super::{Ext4Error, Options, format};
use crate::acl;
use crate::blocks::Aids;
use crate::target::Sink;
use crate::tree::Tree;

/// The name of the directory that repairs put files into, and its blocks.
const OWN: &[u8] = b"lost+found";
const LOST_AND_FOUND_BLOCKS: u64 = 4;
/// A symbolic link of no more bytes stands in its inode.
pub(super) const SHORT: usize = 59;
/// No name and no symbolic link is longer.
const LONGEST_NAME: usize = 255;
const LONGEST_LINK: usize = 4095;
/// Bytes of files that are written at a time.
const PIECE: usize = 1 << 20;

/// Where everything goes.
pub(super) struct Plan<'a> {
    pub(super) tree: &'a Tree<'a>,
    pub(super) layout: Layout,
    pub(super) id: [u8; 16],
    pub(super) label: [u8; LABEL],
    pub(super) time: u32,
    pub(super) journal: Extents,
    pub(super) lost_and_found: Extents,
    /// The last inode that is used.
    pub(super) last: u32,
    /// The nodes that are further names of others, in their order.
    links: Vec<u32>,
    /// Where directories and the like begin, the contents of files, and what is free.
    pub(super) names: u64,
    pub(super) contents: u64,
    pub(super) end: u64,
}

/// What a file takes beside its content.
pub(super) struct Placed<'a> {
    pub(super) attributes: Attributes<'a>,
    /// The block of its attributes, if it has one.
    pub(super) block: u64,
    pub(super) directory: Option<Directory<'a>>,
    /// The blocks of a directory or a long symbolic link.
    pub(super) extents: Extents,
}

impl<'a> Plan<'a> {
    /// # Errors
    /// If the tree does not fit, or has files that ext4 cannot hold.
    pub(super) fn new(tree: &'a Tree<'a>, options: &Options) -> Result<Plan<'a>, Ext4Error> {
        let nodes = tree.nodes().nodes();
        let layout = Layout::new(options.size, inodes(tree, options.size))?;
        let is_link = |index: &u32| matches!(nodes[*index as usize].kind, Kind::Link(_));
        let links: Vec<u32> = (0..nodes.len() as u32).filter(is_link).collect();
        let used = u64::from(FIRST) - 1 + (nodes.len() - 1 - links.len()) as u64;
        let time = u32::try_from(options.time).map_err(|_| Ext4Error::Time(options.time))?;
        let mut plan = Plan {
            last: layout.check_inodes(used)?,
            tree,
            id: options.id,
            label: label(&options.label)?,
            time,
            journal: Extents::default(),
            lost_and_found: Extents::default(),
            links,
            names: 0,
            contents: 0,
            end: 0,
            layout,
        };
        let mut cursor = plan.layout.cursor(0);
        let journal = Extents::take(&mut cursor, plan.layout.journal)?;
        let lost_and_found = Extents::take(&mut cursor, LOST_AND_FOUND_BLOCKS)?;
        let names = cursor.at();
        for (index, node) in nodes.iter().enumerate() {
            check(node, tree.nodes().links(index)).map_err(|problem| file(node, problem))?;
            if !matches!(node.kind, Kind::Link(_)) {
                plan.place(&mut cursor, index)?;
            }
        }
        let contents = cursor.at();
        for node in nodes {
            content(&mut cursor, node)?;
        }
        let end = cursor.at();
        plan.journal = journal;
        plan.lost_and_found = lost_and_found;
        (plan.names, plan.contents, plan.end) = (names, contents, end);
        Ok(plan)
    }

    /// The bytes that are free.
    pub(super) fn free(&self) -> u64 {
        self.layout.free(self.end) * BLOCK as u64
    }

    /// The inode of a node.
    fn inode(&self, index: usize) -> u32 {
        match self.tree.nodes().target(index) {
            0 => ROOT,
            target => {
                let before = self.links.partition_point(|link| (*link as usize) < target);
                FIRST + (target - 1 - before) as u32
            }
        }
    }

    /// Takes what a file needs beside its content.
    ///
    /// # Errors
    /// If there is no room, or ext4 cannot hold the file.
    pub(super) fn place(
        &self,
        cursor: &mut Cursor<'_>,
        index: usize,
    ) -> Result<Placed<'a>, Ext4Error> {
        let node = &self.tree.nodes().nodes()[index];
        let fail = |error: format::Ext4Error| file(node, error);
        let attributes = Attributes::new(attributes(node)?.into_iter()).map_err(fail)?;
        let block = match attributes.needs_block() {
            true => cursor.take(1, 1)?[0].start,
            false => 0,
        };
        let directory = match node.kind {
            Kind::Directory => Some(self.directory(index).map_err(fail)?),
            _ => None,
        };
        let blocks = match (&node.kind, &directory) {
            (_, Some(directory)) => directory.blocks() as u64,
            (Kind::Symlink(target), _) => u64::from(target.len() > SHORT),
            _ => 0,
        };
        Ok(Placed {
            attributes,
            block,
            directory,
            extents: Extents::take(cursor, blocks)?,
        })
    }

    /// A directory: its files first, then what are further names of others.
    fn directory(&self, index: usize) -> Result<Directory<'a>, format::Ext4Error> {
        let tree = self.tree.nodes();
        let nodes = tree.nodes();
        let children = tree.children(index).iter().map(|child| *child as usize);
        let is_link = |child: &usize| matches!(nodes[*child].kind, Kind::Link(_));
        let (links, files): (Vec<usize>, Vec<usize>) = children.partition(is_link);
        let mut entries = Vec::with_capacity(files.len() + links.len() + 1);
        if index == 0 {
            entries.push(Entry {
                name: OWN,
                inode: LOST_AND_FOUND,
                kind: directory::kind(&Kind::Directory),
            });
        }
        entries.extend(files.into_iter().chain(links).map(|child| Entry {
            name: nodes[child].name(),
            inode: self.inode(child),
            kind: directory::kind(&nodes[tree.target(child)].kind),
        }));
        let above = self.inode(tree.parent(index));
        Directory::new(self.inode(index), above, entries, &self.id)
    }

    /// Writes what files hold, and gives back the memory of it.
    pub(super) fn write_contents(
        &self,
        sink: &mut impl Sink,
        aids: &Aids<'_>,
    ) -> Result<(), Ext4Error> {
        let mut cursor = self.layout.cursor(self.contents);
        let mut read = 0;
        for (index, node) in self.tree.nodes().nodes().iter().enumerate() {
            let extents = content(&mut cursor, node)?;
            let mut left = self.tree.content(index);
            for run in extents.runs() {
                let mut offset = run.start * BLOCK as u64;
                let length = run.length as usize * BLOCK;
                let (here, later) = left.split_at(length.min(left.len()));
                for piece in here.chunks(PIECE) {
                    sink.data(offset, piece)?;
                    offset += piece.len() as u64;
                    aids.let_go_after(&mut read, piece.len());
                }
                left = later;
            }
        }
        Ok(())
    }
}

/// Takes the blocks of a file's content; other nodes have none.
pub(super) fn content(cursor: &mut Cursor<'_>, node: &Node) -> Result<Extents, Ext4Error> {
    let size = match node.kind {
        Kind::File(size) => size,
        _ => 0,
    };
    match Extents::take(cursor, size.div_ceil(BLOCK as u64)) {
        Err(error @ format::Ext4Error::Pieces) => Err(file(node, error)),
        taken => Ok(taken?),
    }
}

/// One inode for each file, and as many again for each 16 KiB of free room.
fn inodes(tree: &Tree<'_>, size: u64) -> u64 {
    let files = tree.nodes().nodes().len() as u64;
    let more = size / (16 * 1024);
    (files + 16 + more).min(u64::from(u32::MAX))
}

fn label(text: &str) -> Result<[u8; LABEL], Ext4Error> {
    let mut label = [0; LABEL];
    let room = label.get_mut(..text.len());
    let room = room.ok_or_else(|| Ext4Error::Label(text.to_owned()))?;
    room.copy_from_slice(text.as_bytes());
    Ok(label)
}

/// A name and a value.
type Named<'a> = (&'a [u8], Cow<'a, [u8]>);

/// The attributes of a node as ext4 stores them.
fn attributes(node: &Node) -> Result<Vec<Named<'_>>, Ext4Error> {
    let each = node.attributes.iter().map(|(name, value)| {
        let value = match acl::NAMES.contains(&&name[..]) {
            true => Cow::Owned(acl::stored(value).ok_or_else(|| Ext4Error::Acl(path(node)))?),
            false => Cow::Borrowed(&value[..]),
        };
        Ok((&name[..], value))
    });
    each.collect()
}

/// What ext4 has no room for.
fn check(node: &Node, links: u32) -> Result<(), &'static str> {
    if node.name().len() > LONGEST_NAME {
        return Err("its name has more than 255 bytes");
    }
    if node.kind != Kind::Directory && links > MOST_LINKS {
        return Err("it has more than 65,000 names");
    }
    if node.path == OWN {
        return Err("the file system makes that directory itself; leave it out of the tree");
    }
    match &node.kind {
        Kind::Symlink(target) if !(1..=LONGEST_LINK).contains(&target.len()) => {
            Err("a symbolic link leads to a path of 1 to 4,095 bytes")
        }
        Kind::Symlink(target) if target.contains(&0) => {
            Err("a symbolic link leads to a path without zero bytes")
        }
        Kind::Character(major, minor) | Kind::Block(major, minor)
            if inode::device(*major, *minor).is_none() =>
        {
            Err("the numbers of the device are too large")
        }
        _ => Ok(()),
    }
}

fn file(node: &Node, problem: impl ToString) -> Ext4Error {
    Ext4Error::File {
        path: path(node),
        problem: problem.to_string(),
    }
}

fn path(node: &Node) -> String {
    String::from_utf8_lossy(&node.path).into_owned()
}
