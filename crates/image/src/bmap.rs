//! Block maps (version 2.0), by which bmaptool writes an image without its empty parts.

#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use formwork_deb::sha256::Sha256;

use crate::target::BLOCK;

/// The place of the map's own digest, until it is known.
const UNKNOWN: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A range of blocks that hold something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// Its first block.
    pub first: u64,
    /// Its last block, which may not be whole at the end of an image.
    pub last: u64,
    /// The digest of its bytes.
    pub sha256: Sha256,
}

/// The map of an image with these ranges of blocks, in order.
#[must_use]
pub fn map(size: u64, blocks: &[Mapped]) -> String {
    let mapped: u64 = blocks.iter().map(|one| one.last - one.first + 1).sum();
    let count = size.div_ceil(BLOCK);
    let mut ranges = String::new();
    for Mapped {
        first,
        last,
        sha256,
    } in blocks
    {
        let span = match first == last {
            true => format!("{first}"),
            false => format!("{first}-{last}"),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(ranges, "        <Range chksum=\"{sha256}\">{span}</Range>");
    }
    let text = format!(
        "<?xml version=\"1.0\" ?>\n\
         <bmap version=\"2.0\">\n    \
         <ImageSize>{size}</ImageSize>\n    \
         <BlockSize>{BLOCK}</BlockSize>\n    \
         <BlocksCount>{count}</BlocksCount>\n    \
         <MappedBlocksCount>{mapped}</MappedBlocksCount>\n    \
         <ChecksumType>sha256</ChecksumType>\n    \
         <BmapFileChecksum>{UNKNOWN}</BmapFileChecksum>\n    \
         <BlockMap>\n{ranges}    </BlockMap>\n</bmap>\n"
    );
    // The digest of the map is that of its text with zeroes in the digest's place.
    let own = Sha256::of(text.as_bytes()).to_string();
    text.replacen(UNKNOWN, &own, 1)
}
