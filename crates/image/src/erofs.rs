//! EROFS images with packed files: extents packed by all cores, written in the order of the tree.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::io::{Seek, SeekFrom, Write};

use formwork_codec::pack::Packer;
use formwork_format::erofs::packed::{Algorithm, Extent, Packing, Writer};
use formwork_format::erofs::{BLOCK, ErofsError, Options as Superblock};
use formwork_format::node::Kind;

use crate::blocks::{self, Aids};
use crate::tree::Tree;

/// Bytes of a file that are packed together.
pub const EXTENT: u32 = 128 * 1024;

/// How files are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packed {
    /// As LZ4 blocks, with this level.
    Lz4(u32),
    /// As Zstandard frames, with this level.
    Zstd(i32),
}

/// Writes the tree as an image and returns its size.
///
/// # Errors
/// If the tree cannot be said in EROFS, or cannot be written.
pub fn write<W: Write + Seek + Send>(
    out: W,
    tree: &Tree<'_>,
    options: &Superblock,
    packed: Packed,
    aids: &Aids<'_>,
) -> Result<u64, ErofsError> {
    let (algorithm, packer) = match packed {
        Packed::Lz4(level) => (Algorithm::Lz4, Packer::Lz4(level)),
        Packed::Zstd(level) => (Algorithm::Zstd, Packer::Zstd(level)),
    };
    let packing = Packing {
        algorithm,
        extent: EXTENT,
    };
    let mut writer = Writer::new(out, tree.nodes(), packing)?;
    let pieces = pieces(tree);
    let read = |piece: &Piece| {
        let content = tree.content(piece.index);
        Cow::Borrowed(&content[piece.start..piece.start + piece.length])
    };
    let mut put = |piece: &Piece, packed: &blocks::Packed<'_>| {
        let extent = Extent {
            plain: &packed.plain,
            packed: packed.packed.as_deref(),
        };
        match piece.is_last {
            true => writer.last(piece.index, extent),
            false => Ok(writer.extent(extent)?),
        }
    };
    blocks::each(aids, packer, &pieces, |piece| piece.length, &read, &mut put)?;
    let (mut out, first, blocks) = writer.finish(options)?;
    out.seek(SeekFrom::Start(0))?;
    out.write_all(&first)?;
    Ok(blocks * BLOCK)
}

/// An extent of a file.
#[derive(Clone, Copy, Debug)]
struct Piece {
    index: usize,
    start: usize,
    length: usize,
    is_last: bool,
}

/// All extents in the order of writing.
fn pieces(tree: &Tree<'_>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (index, node) in tree.nodes().nodes().iter().enumerate() {
        let Kind::File(1..) = node.kind else { continue };
        let size = tree.content(index).len();
        let starts = (0..size).step_by(EXTENT as usize);
        pieces.extend(starts.map(|start| {
            let length = (size - start).min(EXTENT as usize);
            Piece {
                index,
                start,
                length,
                is_last: start + length == size,
            }
        }));
    }
    pieces
}
