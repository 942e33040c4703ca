//! Block maps (version 2.0), by which bmaptool writes an image without its empty parts.

#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::ops::Range;

use formwork_deb::sha256::Sha256;

use crate::target::BLOCK;

/// The place of the map's own digest, until it is known.
const UNKNOWN: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The bytes of ranges of blocks, the last of which may not be whole.
pub fn ranges(size: u64, blocks: &[(u64, u64)]) -> impl Iterator<Item = Range<u64>> {
    let range = move |(first, last): &(u64, u64)| first * BLOCK..((last + 1) * BLOCK).min(size);
    blocks.iter().map(range)
}

/// The map of an image with the digests of its ranges of blocks.
#[must_use]
pub fn map(size: u64, blocks: &[(u64, u64)], digests: &[Sha256]) -> String {
    let mapped: u64 = blocks.iter().map(|(first, last)| last - first + 1).sum();
    let count = size.div_ceil(BLOCK);
    let mut ranges = String::new();
    for ((first, last), digest) in blocks.iter().zip(digests) {
        let span = match first == last {
            true => format!("{first}"),
            false => format!("{first}-{last}"),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(ranges, "        <Range chksum=\"{digest}\">{span}</Range>");
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
