//! Where the bytes of an image go: a file of fixed size that is all zero at first.
//!
//! What is zero is not written, so that the file stays sparse wherever the image is empty,
//! and which blocks were written is remembered for the block map.

#[cfg(test)]
mod tests;

use std::io::{self, Seek, SeekFrom, Write};
use std::ops::Range;

use formwork_sys::fs::Sparse;

/// The bytes in a block of the record of what was written.
pub const BLOCK: u64 = 4096;

/// Something that takes bytes at any place and gives them back.
pub trait Place: Send {
    /// Writes bytes at an offset.
    ///
    /// # Errors
    /// If they cannot be written.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Fills a buffer from an offset.
    ///
    /// # Errors
    /// If there are not as many bytes, or they cannot be read.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;

    /// Makes it longer, with zeroes, or shorter.
    ///
    /// # Errors
    /// If there are no such sizes.
    fn set_size(&mut self, size: u64) -> io::Result<()>;

    /// Makes what was written last, where that means anything.
    ///
    /// # Errors
    /// If that is not possible.
    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

/// Something that takes bytes in any order and is zero where it was given none.
pub trait Sink {
    /// Takes the bytes that stand at an offset.
    ///
    /// # Errors
    /// If they cannot be written.
    fn data(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()>;
}

impl Place for Vec<u8> {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let end = start.checked_add(bytes.len());
        let room = end.and_then(|end| self.get_mut(start..end));
        room.ok_or(io::ErrorKind::WriteZero)?.copy_from_slice(bytes);
        Ok(())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let end = start.checked_add(buffer.len());
        let bytes = end.and_then(|end| self.get(start..end));
        buffer.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_size(&mut self, size: u64) -> io::Result<()> {
        self.resize(usize::try_from(size).map_err(io::Error::other)?, 0);
        Ok(())
    }
}

impl Place for Sparse {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        Sparse::write_at(self, offset, bytes)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        Sparse::read_at(self, offset, buffer)
    }

    fn set_size(&mut self, size: u64) -> io::Result<()> {
        Sparse::set_size(self, size)
    }

    fn sync(&self) -> io::Result<()> {
        Sparse::sync(self)
    }
}

/// An image on its way.
#[derive(Debug)]
pub struct Target<P> {
    place: P,
    size: u64,
    /// Which blocks hold anything, a bit each.
    written: Vec<u64>,
}

impl<P: Place> Target<P> {
    /// An image of so many bytes, all zero; `place` is zero and has room for them.
    pub fn new(place: P, size: u64) -> Target<P> {
        let words = size.div_ceil(BLOCK).div_ceil(64);
        Target {
            place,
            size,
            written: vec![0; words as usize],
        }
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Makes it longer, with zeroes, or shorter.
    ///
    /// # Errors
    /// If its place has no such size.
    pub fn set_size(&mut self, size: u64) -> io::Result<()> {
        self.place.set_size(size)?;
        let blocks = size.div_ceil(BLOCK);
        self.written.resize(blocks.div_ceil(64) as usize, 0);
        if let Some(last) = self.written.last_mut()
            && !blocks.is_multiple_of(64)
        {
            // Blocks beyond the end hold nothing any more.
            *last &= (1 << (blocks % 64)) - 1;
        }
        self.size = size;
        Ok(())
    }

    /// Fills a buffer from an offset; what was never written is not read to find its zeroes.
    ///
    /// # Errors
    /// If it reaches beyond the end, or cannot be read.
    pub fn read(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let end = offset + buffer.len() as u64;
        let mut blocks = offset / BLOCK..end.div_ceil(BLOCK);
        if end <= self.size && !blocks.any(|block| self.holds(block * BLOCK)) {
            buffer.fill(0);
            return Ok(());
        }
        self.place.read_at(offset, buffer)
    }

    /// Makes what was written last.
    ///
    /// # Errors
    /// If that is not possible.
    pub fn sync(&self) -> io::Result<()> {
        self.place.sync()
    }

    /// A part of the image that is written as if it were all.
    ///
    /// # Errors
    /// If it reaches beyond the end.
    pub fn section(&mut self, range: Range<u64>) -> io::Result<Section<'_, P>> {
        if range.start > range.end || range.end > self.size {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "a part beyond the end of the image",
            ));
        }
        Ok(Section {
            target: self,
            range,
            position: 0,
        })
    }

    /// Where what begins at `offset` ends, at `end` at the latest: blocks that hold something, or
    /// blocks that are empty; and which of both it is.
    pub fn run(&self, offset: u64, end: u64) -> (u64, bool) {
        let holds = self.holds(offset);
        let mut at = (offset / BLOCK + 1) * BLOCK;
        while at < end && self.holds(at) == holds {
            at += BLOCK;
        }
        (at.min(end), holds)
    }

    /// Gives back what was written to.
    pub fn into_place(self) -> P {
        self.place
    }

    fn write(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut at = offset;
        let mut rest = bytes;
        // Runs of blocks that hold something go out in one piece.
        let mut run: Option<(u64, &[u8])> = None;
        while !rest.is_empty() {
            let length = (BLOCK - at % BLOCK).min(rest.len() as u64) as usize;
            let (block, later) = rest.split_at(length);
            if block.iter().all(|byte| *byte == 0) && !self.holds(at) {
                self.flush(run.take())?;
            } else {
                self.mark(at);
                let start = run.map_or(at, |(start, _)| start);
                let from = (start - offset) as usize;
                run = Some((start, &bytes[from..(at - offset) as usize + length]));
            }
            at += length as u64;
            rest = later;
        }
        self.flush(run)
    }

    fn flush(&mut self, run: Option<(u64, &[u8])>) -> io::Result<()> {
        run.map_or(Ok(()), |(start, bytes)| self.place.write_at(start, bytes))
    }

    fn holds(&self, offset: u64) -> bool {
        let block = offset / BLOCK;
        self.written[(block / 64) as usize] & 1 << (block % 64) != 0
    }

    fn mark(&mut self, offset: u64) {
        let block = offset / BLOCK;
        self.written[(block / 64) as usize] |= 1 << (block % 64);
    }
}

/// A part of an image, with a position of its own.
#[derive(Debug)]
pub struct Section<'a, P> {
    target: &'a mut Target<P>,
    range: Range<u64>,
    position: u64,
}

impl<P: Place> Section<'_, P> {
    fn put(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let end = offset.checked_add(bytes.len() as u64);
        if end.is_none_or(|end| end > self.range.end - self.range.start) {
            return Err(io::Error::new(
                io::ErrorKind::WriteZero,
                "more than the partition has room for",
            ));
        }
        self.target.write(self.range.start + offset, bytes)
    }
}

impl<P: Place> Write for Section<'_, P> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.put(self.position, bytes)?;
        self.position += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<P: Place> Seek for Section<'_, P> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (base, step) = match to {
            SeekFrom::Start(offset) => (offset, 0),
            SeekFrom::Current(step) => (self.position, step),
            SeekFrom::End(step) => (self.range.end - self.range.start, step),
        };
        self.position = base
            .checked_add_signed(step)
            .ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

impl<P: Place> Sink for Section<'_, P> {
    fn data(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.put(offset, bytes)
    }
}
