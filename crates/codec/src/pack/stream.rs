//! Packing a whole stream: the same bytes for the same content, however it is handed over.

use std::io::{self, BufWriter, Write};

use flate2::GzBuilder;
use flate2::write::GzEncoder;

use crate::Compression;

/// How much is handed to a packer at once.
const PIECE: usize = 128 * 1024;
/// Bytes that xz packs apart from all others.
const XZ_BLOCK: u64 = 24 << 20;

/// How many threads xz may use; memory for each is what bounds them.
fn threads() -> u32 {
    let cores = std::thread::available_parallelism();
    cores.map_or(1, |cores| cores.get().min(8) as u32)
}

/// A writer that packs what passes.
pub struct Stream<W: Write>(BufWriter<Inner<W>>);

enum Inner<W: Write> {
    Plain(W),
    Gzip(GzEncoder<W>),
    Zstd(zstd::stream::write::Encoder<'static, W>),
    Xz(liblzma::write::XzEncoder<W>),
}

impl<W: Write> Stream<W> {
    /// Begins a stream; a level means what it means to the packer's own program.
    ///
    /// # Errors
    /// If the packer does not know the level.
    pub fn new(compression: Compression, level: i32, out: W) -> io::Result<Stream<W>> {
        let inner = match compression {
            Compression::Plain => Inner::Plain(out),
            Compression::Gzip => {
                let level = flate2::Compression::new(level.unsigned_abs());
                // No name and no time.
                Inner::Gzip(GzBuilder::new().write(out, level))
            }
            Compression::Zstd => Inner::Zstd(zstd::stream::write::Encoder::new(out, level)?),
            Compression::Xz => {
                let stream = liblzma::stream::MtStreamBuilder::new()
                    .threads(threads())
                    // Blocks of one size make the same bytes for any number of threads.
                    .block_size(XZ_BLOCK)
                    .preset(level.unsigned_abs())
                    .check(liblzma::stream::Check::Crc64)
                    .encoder()?;
                Inner::Xz(liblzma::write::XzEncoder::new_stream(out, stream))
            }
        };
        Ok(Stream(BufWriter::with_capacity(PIECE, inner)))
    }

    /// Ends the stream and gives back what it was written to.
    ///
    /// # Errors
    /// If the rest cannot be written.
    pub fn finish(self) -> io::Result<W> {
        match self
            .0
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?
        {
            Inner::Plain(out) => Ok(out),
            Inner::Gzip(encoder) => encoder.finish(),
            Inner::Zstd(encoder) => encoder.finish(),
            Inner::Xz(encoder) => encoder.finish(),
        }
    }
}

impl<W: Write> Write for Stream<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        // Packers would end a block, and the result would depend on when they are asked to.
        Ok(())
    }
}

impl<W: Write> Write for Inner<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Inner::Plain(out) => out.write(bytes),
            Inner::Gzip(encoder) => encoder.write(bytes),
            Inner::Zstd(encoder) => encoder.write(bytes),
            Inner::Xz(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::{Limits, decoder};

    #[test]
    fn the_pieces_do_not_matter_and_all_comes_back() {
        let plain: Vec<u8> = (0..400_000_u32)
            .map(|at| (at.wrapping_mul(at) / 977) as u8)
            .collect();
        let all = [
            Compression::Plain,
            Compression::Gzip,
            Compression::Zstd,
            Compression::Xz,
        ];
        for compression in all {
            let packed = |piece: usize| {
                let mut stream = Stream::new(compression, 3, Vec::new()).unwrap();
                for piece in plain.chunks(piece) {
                    stream.write_all(piece).unwrap();
                    stream.flush().unwrap();
                }
                stream.finish().unwrap()
            };
            let whole = packed(plain.len());
            assert!(whole == packed(1_000), "{compression:?}");
            let mut found = Vec::new();
            let mut decoder = decoder(compression, &whole[..], &Limits::unsigned()).unwrap();
            decoder.read_to_end(&mut found).unwrap();
            assert!(found == plain, "{compression:?}");
        }
    }
}
