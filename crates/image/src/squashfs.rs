//! squashfs images: blocks packed by all cores, written in the order of the tree.
//!
//! Which block is packed with which, and where it goes, follows from the sizes alone; the
//! cores only do the packing. Equal files are stored once.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{Seek, SeekFrom, Write};

use formwork_codec::pack::Packer;
use formwork_format::node::Kind;
use formwork_format::squashfs::{
    Block, Compressor, Data, Options as Superblock, SquashfsError, Writer,
};

use crate::blocks::{self, Aids, Packed};
use crate::tree::Tree;

/// Bytes that readers expect an image to be a multiple of.
const PADDING: u64 = 4096;

/// How an image is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How blocks are packed.
    pub packer: Packer,
    /// Bytes in a block: a power of two from 4 KiB to 1 MiB.
    pub block_size: u32,
    /// The time of its making, in seconds since 1970.
    pub time: u32,
}

/// What is packed at once: a block of one file, or the tails of several.
#[derive(Debug)]
enum Piece {
    /// The file, and where in it.
    Block(usize, usize),
    /// Files whose tails these are.
    Fragment(Vec<usize>),
}

/// Writes the tree as an image and returns its size.
///
/// # Errors
/// If the tree cannot be said in squashfs, or cannot be written.
pub fn write<W: Write + Seek + Send>(
    out: W,
    tree: &Tree<'_>,
    options: &Options,
    aids: &Aids<'_>,
) -> Result<u64, SquashfsError> {
    let block_size = options.block_size as usize;
    let compressor = match options.packer {
        Packer::Zstd(_) => Compressor::Zstd,
        Packer::Xz(_) => Compressor::Xz,
        Packer::Zlib(_) => Compressor::Gzip,
        Packer::Lz4(_) => Compressor::Lz4,
    };
    let mut writer = Writer::new(out, compressor)?;
    let mut data = vec![Data::default(); tree.nodes().nodes().len()];
    let same = same(tree, aids);
    let pieces = pieces(tree, &same, block_size);
    let read = |piece: &Piece| plain(tree, piece, block_size);
    let mut put = |piece: &Piece, packed: &Packed<'_>| {
        put(&mut writer, tree, &mut data, (piece, packed), block_size)
    };
    blocks::each(
        aids,
        options.packer,
        &pieces,
        |_| block_size,
        &read,
        &mut put,
    )?;
    for (index, first) in same.iter().enumerate() {
        data[index] = data[*first].clone();
    }
    let superblock = Superblock {
        compressor,
        block_size: options.block_size,
        time: options.time,
    };
    let mut table = |block: &[u8]| options.packer.block(block);
    let (mut out, head) = writer.finish(tree.nodes(), &data, &superblock, &mut table)?;
    let end = out.stream_position()?;
    let size = end.next_multiple_of(PADDING);
    out.write_all(&vec![0; (size - end) as usize])?;
    out.seek(SeekFrom::Start(0))?;
    out.write_all(&head)?;
    Ok(size)
}

/// For each node the first with the same content; for what is no file itself.
fn same(tree: &Tree<'_>, aids: &Aids<'_>) -> Vec<usize> {
    // Files whose size no other has need not be looked at.
    let mut sizes: BTreeMap<u64, u32> = BTreeMap::new();
    for node in tree.nodes().nodes() {
        if let Kind::File(size) = node.kind {
            *sizes.entry(size).or_default() += 1;
        }
    }
    let mut first: BTreeMap<(u64, &[u8]), usize> = BTreeMap::new();
    let nodes = tree.nodes().nodes().iter().enumerate();
    nodes
        .map(|(index, node)| match node.kind {
            Kind::File(size @ 1..) if sizes[&size] > 1 => {
                if index % 64 == 0 {
                    aids.let_go();
                }
                let content = tree.content(index);
                *first.entry((size, content)).or_insert(index)
            }
            _ => index,
        })
        .collect()
}

/// All pieces in the order of writing; a file's blocks follow each other at once.
fn pieces(tree: &Tree<'_>, same: &[usize], block_size: usize) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut waiting = Vec::new();
    let mut filled = 0;
    for (index, node) in tree.nodes().nodes().iter().enumerate() {
        let Kind::File(_) = node.kind else { continue };
        if same[index] != index {
            continue;
        }
        let length = tree.content(index).len();
        pieces.extend(
            (0..length / block_size).map(|number| Piece::Block(index, number * block_size)),
        );
        let tail = length % block_size;
        if tail == 0 {
            continue;
        }
        if filled + tail > block_size {
            pieces.push(Piece::Fragment(std::mem::take(&mut waiting)));
            filled = 0;
        }
        waiting.push(index);
        filled += tail;
    }
    if !waiting.is_empty() {
        pieces.push(Piece::Fragment(waiting));
    }
    pieces
}

/// What a piece holds.
fn plain<'a>(tree: &Tree<'a>, piece: &Piece, block_size: usize) -> Cow<'a, [u8]> {
    match piece {
        Piece::Block(index, start) => {
            Cow::Borrowed(&tree.content(*index)[*start..start + block_size])
        }
        Piece::Fragment(files) => {
            let tails = files.iter().map(|index| tail(tree, *index, block_size));
            Cow::Owned(tails.collect::<Vec<_>>().concat())
        }
    }
}

fn tail<'a>(tree: &Tree<'a>, index: usize, block_size: usize) -> &'a [u8] {
    let content = tree.content(index);
    &content[content.len() - content.len() % block_size..]
}

fn put<W: Write>(
    writer: &mut Writer<W>,
    tree: &Tree<'_>,
    data: &mut [Data],
    (piece, packed): (&Piece, &Packed<'_>),
    block_size: usize,
) -> Result<(), SquashfsError> {
    let is_hole = matches!(piece, Piece::Block(..)) && packed.plain.iter().all(|byte| *byte == 0);
    let block = match &packed.packed {
        _ if is_hole => Block::Hole,
        Some(packed) => Block::Packed(packed),
        None => Block::Stored(&packed.plain),
    };
    match piece {
        Piece::Block(index, start) => {
            let data = &mut data[*index];
            if *start == 0 {
                data.start = writer.position();
            }
            if is_hole {
                data.sparse += block_size as u64;
            }
            data.blocks.push(writer.block(block)?);
        }
        Piece::Fragment(files) => {
            let number = writer.fragment(block)?;
            let mut offset = 0;
            for index in files {
                data[*index].fragment = Some((number, offset));
                offset += tail(tree, *index, block_size).len() as u32;
            }
        }
    }
    Ok(())
}
