//! Packing single blocks, as file systems keep them: the same bytes for the same block, level
//! and version of Formwork, whatever the number of threads around it.

mod file;
mod lz4;
mod stream;

use std::io::{self, Write};

use flate2::write::ZlibEncoder;
use liblzma::stream::{Check, Filters, LzmaOptions};

pub use file::{Container, file};
pub use stream::Stream;

/// How blocks are packed, and how hard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Packer {
    /// Zstandard frames, level 1 to 22.
    Zstd(i32),
    /// xz containers with CRC-32 sums, preset 0 to 9; the dictionary is as large as the block.
    Xz(u32),
    /// zlib streams, level 1 to 9.
    Zlib(u32),
    /// LZ4 blocks without a frame, level 1 to 12.
    Lz4(u32),
}

impl Packer {
    /// Packs a block, unless it would not become smaller.
    ///
    /// # Errors
    /// If the level is unknown to the packer.
    pub fn block(self, block: &[u8]) -> io::Result<Option<Vec<u8>>> {
        let packed = match self {
            Packer::Zstd(level) => zstd::bulk::compress(block, level)?,
            Packer::Xz(preset) => xz(block, preset)?,
            Packer::Zlib(level) => {
                let mut encoder = ZlibEncoder::new(Vec::new(), flate2::Compression::new(level));
                encoder.write_all(block)?;
                encoder.finish()?
            }
            // Each level looks at twice as many places.
            Packer::Lz4(level) => lz4::pack(block, 1 << level.min(12)),
        };
        Ok((packed.len() < block.len()).then_some(packed))
    }
}

fn xz(block: &[u8], preset: u32) -> io::Result<Vec<u8>> {
    let mut options = LzmaOptions::new_preset(preset)?;
    // What readers of file systems make room for.
    let dictionary = block.len().next_power_of_two().max(8192);
    options.dict_size(u32::try_from(dictionary).unwrap_or(u32::MAX));
    let mut filters = Filters::new();
    filters.lzma2(&options);
    let stream = liblzma::stream::Stream::new_stream_encoder(&filters, Check::Crc32)?;
    let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
    encoder.write_all(block)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn packed_blocks_unpack_and_random_ones_stay() {
        let block: Vec<u8> = (0..100_000_u32).map(|at| (at / 97) as u8).collect();
        let random = Packer::Zstd(3).block(&block).unwrap().unwrap();
        for packer in [
            Packer::Zstd(3),
            Packer::Xz(6),
            Packer::Zlib(9),
            Packer::Lz4(4),
        ] {
            let packed = packer.block(&block).unwrap().unwrap();
            assert_eq!(Some(&packed), packer.block(&block).unwrap().as_ref());
            let mut plain = Vec::new();
            match packer {
                Packer::Zstd(_) => plain = zstd::bulk::decompress(&packed, block.len()).unwrap(),
                Packer::Xz(_) => {
                    let mut decoder = liblzma::read::XzDecoder::new(&packed[..]);
                    decoder.read_to_end(&mut plain).unwrap();
                }
                Packer::Zlib(_) => {
                    let mut decoder = flate2::read::ZlibDecoder::new(&packed[..]);
                    decoder.read_to_end(&mut plain).unwrap();
                }
                // Tested where it is made.
                Packer::Lz4(_) => plain = block.clone(),
            }
            assert!(plain == block, "{packer:?}");
            assert_eq!(packer.block(&random[..64]).unwrap(), None, "{packer:?}");
        }
    }
}
