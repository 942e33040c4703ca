//! The listing of one directory: runs of entries whose inodes share a metadata block.

use super::metadata::Reference;

/// The most entries behind one header.
const RUN: usize = 256;

/// One name of a directory.
#[derive(Clone, Debug)]
pub(super) struct Entry<'a> {
    pub(super) name: &'a [u8],
    /// The basic type of the inode.
    pub(super) kind: u16,
    /// The number of the inode.
    pub(super) number: u32,
    /// Where the inode stands.
    pub(super) place: Reference,
}

/// The bytes of a listing.
pub(super) fn listing(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = entries;
    while let Some(first) = rest.first() {
        let fits = |entry: &&Entry<'_>| {
            let step = i64::from(entry.number) - i64::from(first.number);
            entry.place.block == first.place.block && i16::try_from(step).is_ok()
        };
        let length = rest.iter().take(RUN).take_while(fits).count();
        let (run, later) = rest.split_at(length);
        bytes.extend((length as u32 - 1).to_le_bytes());
        bytes.extend(first.place.block.to_le_bytes());
        bytes.extend(first.number.to_le_bytes());
        for entry in run {
            let step = entry.number.wrapping_sub(first.number) as u16;
            for number in [
                entry.place.offset,
                step,
                entry.kind,
                entry.name.len() as u16 - 1,
            ] {
                bytes.extend(number.to_le_bytes());
            }
            bytes.extend(entry.name);
        }
        rest = later;
    }
    bytes
}
