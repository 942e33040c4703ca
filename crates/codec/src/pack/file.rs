//! Packing whole files in pieces, each by a core of its own.

use std::io::{self, Write};
use std::sync::OnceLock;

use liblzma::stream::{Check, Stream};
use rayon::prelude::*;

/// How hard whole files are packed: what is handed over is small, and made within seconds.
const ZST_LEVEL: i32 = 9;
const XZ_PRESET: u32 = 6;
/// Bytes of a file that are packed by themselves, so that each core has its own.
const PIECE: u64 = if cfg!(test) { 1 << 20 } else { 16 << 20 };

/// What whole files are packed as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// `.zst`: a row of Zstandard frames, each with a checksum.
    Zst,
    /// `.xz`: a row of xz streams.
    Xz,
}

/// Packs a file of `size` bytes; `read` fills a buffer from an offset of it.
///
/// Any program that unpacks such files takes the pieces for one file.
///
/// # Errors
/// If the file cannot be read, or what becomes of it not be written.
pub fn file<R>(container: Container, size: u64, read: &R, out: &mut dyn Write) -> io::Result<()>
where
    R: Fn(u64, &mut [u8]) -> io::Result<()> + Sync,
{
    // Most of a sparse image is zero, and packed zeroes are always the same.
    let zeroes: OnceLock<Vec<u8>> = OnceLock::new();
    let pack = |offset: u64| -> io::Result<Vec<u8>> {
        let length = PIECE.min(size - offset) as usize;
        let mut piece = vec![0; length];
        read(offset, &mut piece)?;
        let is_zero = length as u64 == PIECE && piece.iter().all(|byte| *byte == 0);
        if let (true, Some(packed)) = (is_zero, zeroes.get()) {
            return Ok(packed.clone());
        }
        let packed = container.piece(&piece)?;
        if is_zero {
            let _ = zeroes.set(packed.clone());
        }
        Ok(packed)
    };
    // An empty file is one empty piece.
    let offsets: Vec<u64> = (0..size.max(1)).step_by(PIECE as usize).collect();
    for batch in offsets.chunks(rayon::current_num_threads().max(1) * 2) {
        let packed: Vec<Vec<u8>> = batch
            .par_iter()
            .map(|offset| pack(*offset))
            .collect::<io::Result<_>>()?;
        for piece in packed {
            out.write_all(&piece)?;
        }
    }
    Ok(())
}

impl Container {
    /// A frame or a stream of its own.
    fn piece(self, piece: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Container::Zst => {
                let mut packer = zstd::bulk::Compressor::new(ZST_LEVEL)?;
                packer.include_checksum(true)?;
                packer.compress(piece)
            }
            Container::Xz => {
                let stream = Stream::new_easy_encoder(XZ_PRESET, Check::Crc64)?;
                let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
                encoder.write_all(piece)?;
                encoder.finish()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn packed_files_unpack_and_cores_do_not_matter() {
        let size = 2 * PIECE + 12_345;
        // The second piece is zero.
        let mut plain: Vec<u8> = (0..size).map(|at| (at / 331) as u8).collect();
        plain[PIECE as usize..2 * PIECE as usize].fill(0);
        let read = |offset: u64, buffer: &mut [u8]| {
            buffer.copy_from_slice(&plain[offset as usize..][..buffer.len()]);
            Ok(())
        };
        let directory = tempfile::tempdir().unwrap();
        for (container, program) in [(Container::Zst, "zst"), (Container::Xz, "xz")] {
            let with = |threads| {
                let builder = rayon::ThreadPoolBuilder::new().num_threads(threads);
                let mut packed = Vec::new();
                let pool = builder.build().unwrap();
                pool.install(|| file(container, size, &read, &mut packed).unwrap());
                packed
            };
            let packed = with(1);
            assert!(packed == with(3), "{program}");
            let path = directory.path().join(program);
            std::fs::write(&path, &packed).unwrap();
            let mut unpacked = Vec::new();
            match container {
                Container::Zst => zstd::Decoder::new(&packed[..])
                    .unwrap()
                    .read_to_end(&mut unpacked),
                Container::Xz => liblzma::read::XzDecoder::new_multi_decoder(&packed[..])
                    .read_to_end(&mut unpacked),
            }
            .unwrap();
            assert!(unpacked == plain, "{program}");
            if container == Container::Xz {
                let tool = std::process::Command::new("xz")
                    .arg("-dc")
                    .arg(&path)
                    .output();
                assert!(tool.unwrap().stdout == plain);
            }
            let mut empty = Vec::new();
            file(container, 0, &read, &mut empty).unwrap();
            assert!(!empty.is_empty(), "an empty file unpacks to nothing");
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_an_error() {
        let read = |_: u64, _: &mut [u8]| Err(io::ErrorKind::UnexpectedEof.into());
        assert!(file(Container::Zst, 5, &read, &mut Vec::new()).is_err());
    }
}
