//! Block maps (version 2.0), by which bmaptool writes an image without its empty parts.

#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::io;

use formwork_deb::sha256::Sha256;

use crate::target::BLOCK;

/// The place of the map's own digest, until it is known.
const UNKNOWN: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The map of an image; `read` fills a buffer from an offset of it.
///
/// # Errors
/// If the image cannot be read.
pub fn map(
    size: u64,
    blocks: &[(u64, u64)],
    read: &mut dyn FnMut(u64, &mut [u8]) -> io::Result<()>,
) -> io::Result<String> {
    let mapped: u64 = blocks.iter().map(|(first, last)| last - first + 1).sum();
    let count = size.div_ceil(BLOCK);
    let mut ranges = String::new();
    for (first, last) in blocks {
        let digest = digest(size, (*first, *last), read)?;
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
    Ok(text.replacen(UNKNOWN, &own, 1))
}

fn digest(
    size: u64,
    (first, last): (u64, u64),
    read: &mut dyn FnMut(u64, &mut [u8]) -> io::Result<()>,
) -> io::Result<Sha256> {
    let mut hasher = formwork_deb::sha256::Hasher::new();
    let end = ((last + 1) * BLOCK).min(size);
    let mut offset = first * BLOCK;
    let mut buffer = vec![0; 256 * BLOCK as usize];
    while offset < end {
        let step = (end - offset).min(buffer.len() as u64) as usize;
        read(offset, &mut buffer[..step])?;
        hasher.update(&buffer[..step]);
        offset += step as u64;
    }
    Ok(hasher.finish())
}
