//! Metadata blocks: 8 KiB of a table, packed, with the length in front.

use std::io;

use super::Pack;

const SIZE: usize = 8192;
/// The bit of a length that says that the block is stored as it is.
const STORED: u16 = 0x8000;

/// A place in a table: where its metadata block begins, and the offset in the unpacked block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) block: u32,
    pub(super) offset: u16,
}

impl Reference {
    /// As one number, block above offset.
    pub(super) fn packed(self) -> u64 {
        u64::from(self.block) << 16 | u64::from(self.offset)
    }
}

/// A table that grows.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    open: Vec<u8>,
    packed: Vec<u8>,
}

impl Metadata {
    /// Where the next byte will stand.
    pub(super) fn place(&self) -> Reference {
        Reference {
            block: self.packed.len() as u32,
            offset: self.open.len() as u16,
        }
    }

    /// Adds bytes; they may go over the end of a block.
    pub(super) fn add(&mut self, mut bytes: &[u8], pack: Pack<'_>) -> io::Result<()> {
        while !bytes.is_empty() {
            let room = SIZE - self.open.len();
            let (now, later) = bytes.split_at(bytes.len().min(room));
            self.open.extend(now);
            bytes = later;
            if self.open.len() == SIZE {
                self.close(pack)?;
            }
        }
        Ok(())
    }

    /// Ends the table and returns its bytes.
    pub(super) fn finish(mut self, pack: Pack<'_>) -> io::Result<Vec<u8>> {
        if !self.open.is_empty() {
            self.close(pack)?;
        }
        Ok(self.packed)
    }

    fn close(&mut self, pack: Pack<'_>) -> io::Result<()> {
        let block = std::mem::take(&mut self.open);
        match pack(&block)?.filter(|packed| packed.len() < block.len()) {
            Some(packed) => {
                self.packed.extend((packed.len() as u16).to_le_bytes());
                self.packed.extend(packed);
            }
            None => {
                self.packed
                    .extend((block.len() as u16 | STORED).to_le_bytes());
                self.packed.extend(block);
            }
        }
        Ok(())
    }
}

/// Packs a whole table and tells where each of its blocks begins.
pub(super) fn blocks(bytes: &[u8], pack: Pack<'_>) -> io::Result<(Vec<u8>, Vec<u64>)> {
    let mut table = Metadata::default();
    let mut places = Vec::new();
    for block in bytes.chunks(SIZE) {
        places.push(u64::from(table.place().block));
        table.add(block, pack)?;
    }
    Ok((table.finish(pack)?, places))
}
