//! Packing a stream so that it is read again fast: for copies in the cache.

use std::io::{self, Write};

/// Packs a stream as one Zstandard frame for reading again soon: quickly, at some cost in size.
///
/// # Errors
/// If there is no memory for it.
pub fn pack<'a, W: Write + 'a>(output: W) -> io::Result<Quick<'a, W>> {
    let encoder = zstd::stream::write::Encoder::new(output, QUICK_LEVEL)?;
    Ok(Quick(encoder))
}

/// The level at which what comes out is read as fast as at any other.
const QUICK_LEVEL: i32 = 1;

/// A stream that is being packed.
pub struct Quick<'a, W: Write>(zstd::stream::write::Encoder<'a, W>);

impl<W: Write> Quick<'_, W> {
    /// Ends the frame and gives back what it was written to.
    ///
    /// # Errors
    /// If the rest cannot be written.
    pub fn finish(self) -> io::Result<W> {
        self.0.finish()
    }
}

impl<W: Write> Write for Quick<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
