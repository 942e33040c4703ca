//! Packing a whole stream: the same bytes for the same content, however it is handed over.

use std::io::{self, BufWriter, Write};

use flate2::GzBuilder;
use flate2::write::GzEncoder;

use crate::Compression;

/// How much is handed to a packer at once.
const PIECE: usize = 128 * 1024;

/// A writer that packs what passes.
pub struct Stream<W: Write>(BufWriter<Inner<W>>);

enum Inner<W: Write> {
    Plain(W),
    Gzip(GzEncoder<W>),
    Zstd(zstd::stream::write::Encoder<'static, W>),
}

impl<W: Write> Stream<W> {
    /// Begins a stream; a level means what it means to the packer's own program.
    ///
    /// # Errors
    /// If the packer does not know the level, or is xz, which is for blocks and whole files.
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
                let reason = "xz packs blocks and whole files only";
                return Err(io::Error::new(io::ErrorKind::Unsupported, reason));
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
        for compression in [Compression::Plain, Compression::Gzip, Compression::Zstd] {
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
        assert!(Stream::new(Compression::Xz, 3, Vec::new()).is_err());
    }
}
