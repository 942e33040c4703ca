//! Writing all that is no content of files: inodes, directories, and what describes them.

use std::io;

use formwork_format::ext4::attributes::AREA;
use formwork_format::ext4::directory::{self, Directory};
use formwork_format::ext4::extents::Extents;
use formwork_format::ext4::inode::{self, Inode, Place, SIZE};
use formwork_format::ext4::layout::Layout;
use formwork_format::ext4::superblock::{self, Superblock};
use formwork_format::ext4::{BLOCK, FIRST, JOURNAL, LOST_AND_FOUND, ROOT, seed};
use formwork_format::node::Kind;

use super::Ext4Error;
use super::plan::{Placed, Plan, SHORT, content};
use crate::target::Sink;

/// Bytes of inodes that are written at a time.
const PIECE: usize = 64 << 10;

pub(super) struct Writer<'a, S> {
    plan: &'a Plan<'a>,
    sink: &'a mut S,
    seed: u32,
    table: Table,
}

impl<'a, S: Sink> Writer<'a, S> {
    pub(super) fn new(plan: &'a Plan<'a>, sink: &'a mut S) -> Self {
        Writer {
            plan,
            sink,
            seed: seed(&plan.id),
            table: Table {
                directories: vec![0; plan.layout.groups.len()],
                bytes: Vec::new(),
                first: 1,
            },
        }
    }

    /// # Errors
    /// If it cannot be written.
    pub(super) fn write(mut self) -> Result<(), Ext4Error> {
        let plan = self.plan;
        let mut names = plan.layout.cursor(plan.names);
        let mut contents = plan.layout.cursor(plan.contents);
        let bad = inode::unused(self.seed, 1, Some(plan.time.into()));
        self.table.put(bad, false, &plan.layout, self.sink)?;
        for (index, node) in plan.tree.nodes().nodes().iter().enumerate() {
            if matches!(node.kind, Kind::Link(_)) {
                continue;
            }
            let mut placed = plan.place(&mut names, index)?;
            if let Kind::File(_) = node.kind {
                placed.extents = content(&mut contents, node)?;
            }
            self.node(index, &placed)?;
            if index == 0 {
                self.own_files()?;
            }
        }
        self.table.flush(&plan.layout, self.sink)?;
        self.describe()?;
        Ok(())
    }

    /// What a node has beside its content.
    fn node(&mut self, index: usize, placed: &Placed<'_>) -> io::Result<()> {
        let tree = self.plan.tree.nodes();
        let node = &tree.nodes()[index];
        let (links, number) = match index {
            // Another directory lies in the root.
            0 => (tree.links(0) + 1, ROOT),
            _ => (tree.links(index), self.table.next()),
        };
        let extents = &placed.extents;
        let mut inode = Inode {
            mode: inode::mode(&node.kind) | (node.mode & 0o7777),
            owner: node.owner,
            group: node.group,
            size: 0,
            time: node.time.into(),
            links,
            sectors: extents.sectors() + if placed.block == 0 { 0 } else { 8 },
            place: Place::Extents(extents.root()),
            is_indexed: false,
            attributes: placed.block,
            area: placed.attributes.area(),
        };
        match &node.kind {
            Kind::File(size) => inode.size = *size,
            Kind::Symlink(target) if target.len() <= SHORT => {
                let mut place = [0; 60];
                place[..target.len()].copy_from_slice(target);
                inode.size = target.len() as u64;
                inode.place = Place::Plain(place);
            }
            Kind::Symlink(target) => {
                inode.size = target.len() as u64;
                for block in extents.blocks() {
                    self.block(block, target)?;
                }
            }
            Kind::Character(major, minor) | Kind::Block(major, minor) => {
                let place = inode::device(*major, *minor).unwrap_or([0; 60]);
                inode.place = Place::Plain(place);
            }
            Kind::Directory => {
                if let Some(directory) = &placed.directory {
                    inode.size = (directory.blocks() * BLOCK) as u64;
                    inode.is_indexed = directory.is_indexed();
                    self.directory(directory, extents)?;
                }
            }
            Kind::Fifo | Kind::Socket | Kind::Link(_) => inode.place = Place::Plain([0; 60]),
        }
        if placed.block != 0 {
            let block = placed.attributes.block(self.seed, placed.block);
            self.block(placed.block, &block)?;
        }
        self.file(number, extents, &inode)
    }

    fn directory(&mut self, directory: &Directory<'_>, extents: &Extents) -> io::Result<()> {
        for (place, block) in extents.blocks().enumerate() {
            self.block(block, &directory.block(place, self.seed))?;
        }
        Ok(())
    }

    /// Writes an inode, and the blocks that lead to its runs.
    fn file(&mut self, number: u32, extents: &Extents, inode: &Inode) -> io::Result<()> {
        let sink = &mut *self.sink;
        extents.tree(self.seed, number, |block, bytes| {
            sink.data(block * BLOCK as u64, bytes)
        })?;
        let is_directory = inode.mode >> 12 == 0o4;
        let bytes = inode.bytes(self.seed, number);
        self.table
            .put(bytes, is_directory, &self.plan.layout, self.sink)
    }

    /// The inodes that are there without a file: most are unused, and there are the journal and
    /// the directory that repairs put files into.
    fn own_files(&mut self) -> Result<(), Ext4Error> {
        let plan = self.plan;
        for number in ROOT + 1..FIRST {
            let (mode, links, extents) = match number {
                JOURNAL => (0o10_0600, 1, &plan.journal),
                LOST_AND_FOUND => (0o04_0700, 2, &plan.lost_and_found),
                _ => {
                    let unused = inode::unused(self.seed, number, None);
                    self.table.put(unused, false, &plan.layout, self.sink)?;
                    continue;
                }
            };
            let inode = Inode {
                mode,
                owner: 0,
                group: 0,
                size: extents.blocks().count() as u64 * BLOCK as u64,
                time: plan.time.into(),
                links,
                sectors: extents.sectors(),
                place: Place::Extents(extents.root()),
                is_indexed: false,
                attributes: 0,
                area: [0; AREA],
            };
            self.file(number, extents, &inode)?;
        }
        if let Some(block) = plan.journal.blocks().next() {
            let first = superblock::journal(plan.id, plan.layout.journal);
            self.block(block, &first)?;
        }
        let dots = Directory::new(LOST_AND_FOUND, ROOT, Vec::new(), &plan.id)?;
        let empty = directory::empty(LOST_AND_FOUND, self.seed);
        for (place, block) in plan.lost_and_found.blocks().enumerate() {
            match place < dots.blocks() {
                true => self.block(block, &dots.block(place, self.seed))?,
                false => self.block(block, &empty)?,
            }
        }
        Ok(())
    }

    /// The maps of all groups, what describes the groups, and the superblock with its copies.
    fn describe(&mut self) -> io::Result<()> {
        let plan = self.plan;
        let layout = &plan.layout;
        let superblock = Superblock {
            layout,
            id: plan.id,
            label: plan.label,
            time: plan.time,
            end: plan.end,
            last: plan.last,
            journal: &plan.journal,
        };
        let mut descriptors = Vec::new();
        for (number, group) in (0..).zip(&layout.groups) {
            self.block(group.blocks, &layout.block_map(number, plan.end))?;
            let used = layout.used_inodes(number, plan.last);
            self.block(group.inodes, &layout.inode_map(used))?;
            let directories = self.table.directories[number as usize];
            descriptors.extend(superblock.descriptor(number, directories));
        }
        for (group, head) in layout.heads() {
            // The first one leaves room for what starts a machine.
            let place = head.start * BLOCK as u64 + if group == 0 { 1024 } else { 0 };
            self.sink.data(place, &superblock.bytes(group))?;
            self.block(head.start + 1, &descriptors)?;
        }
        Ok(())
    }

    /// Writes from the beginning of a block on.
    fn block(&mut self, block: u64, bytes: &[u8]) -> io::Result<()> {
        self.sink.data(block * BLOCK as u64, bytes)
    }
}

/// The inodes, which come in their order.
struct Table {
    /// How many directories each group has.
    directories: Vec<u32>,
    /// Inodes that are not written yet, and the number of the first of them.
    bytes: Vec<u8>,
    first: u32,
}

impl Table {
    /// The number of the next inode.
    fn next(&self) -> u32 {
        self.first + (self.bytes.len() / SIZE) as u32
    }

    fn put(
        &mut self,
        inode: [u8; SIZE],
        is_directory: bool,
        layout: &Layout,
        sink: &mut impl Sink,
    ) -> io::Result<()> {
        let place = self.next() - 1;
        let group = place / layout.inodes_per_group;
        self.directories[group as usize] += u32::from(is_directory);
        self.bytes.extend(inode);
        let is_last = (place + 1).is_multiple_of(layout.inodes_per_group);
        if is_last || self.bytes.len() >= PIECE {
            self.flush(layout, sink)?;
        }
        Ok(())
    }

    fn flush(&mut self, layout: &Layout, sink: &mut impl Sink) -> io::Result<()> {
        let place = self.first - 1;
        let group = place / layout.inodes_per_group;
        if let (Some(group), false) = (layout.groups.get(group as usize), self.bytes.is_empty()) {
            let within = u64::from(place % layout.inodes_per_group) * SIZE as u64;
            sink.data(group.table * BLOCK as u64 + within, &self.bytes)?;
        }
        self.first = self.next();
        self.bytes.clear();
        Ok(())
    }
}
