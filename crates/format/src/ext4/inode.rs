//! Inodes of 256 bytes: what is known of a file, and where its blocks are.

use super::attributes::AREA;
use super::{inode_seed, put};
use crate::crc::crc32c;
use crate::node::Kind;

/// Bytes of an inode.
pub const SIZE: usize = 256;
/// Bytes of an inode of old, and how many of those behind them are fixed.
const OLD: usize = 128;
const FIXED: usize = SIZE - OLD - AREA;
/// A file may have so many names; a directory with more subdirectories says that it has one.
pub const MOST_LINKS: u32 = 65_000;
/// Blocks are found by runs.
const EXTENTS: u32 = 0x8_0000;
/// A directory has an index.
const INDEX: u32 = 0x1000;
/// Where both halves of the checksum stand.
const SUM: usize = 0x7c;
const SUM_HIGH: usize = 0x82;

/// What an inode tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inode {
    /// Its kind and permission bits.
    pub mode: u16,
    /// The number of its owner.
    pub owner: u32,
    /// The number of its group.
    pub group: u32,
    /// Its size in bytes.
    pub size: u64,
    /// When it was made and changed, in seconds since 1970.
    pub time: i64,
    /// How many names it has.
    pub links: u32,
    /// The blocks that it takes, in units of 512 bytes.
    pub sectors: u64,
    /// Where its blocks are, or what else stands there.
    pub place: Place,
    /// Whether it is a directory with an index.
    pub is_indexed: bool,
    /// The block of its attributes, if it has one.
    pub attributes: u64,
    /// The attributes that stand in the inode itself.
    pub area: [u8; AREA],
}

/// What an inode has in the place of block numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Runs of blocks.
    Extents([u8; 60]),
    /// A short symbolic link, a device, or nothing.
    Plain([u8; 60]),
}

impl Inode {
    /// Its bytes.
    #[must_use]
    pub fn bytes(&self, seed: u32, number: u32) -> [u8; SIZE] {
        let mut room = [0; SIZE];
        let links = match self.links {
            links if links > MOST_LINKS => 1,
            links => links as u16,
        };
        let (flags, place) = match self.place {
            Place::Extents(place) => (EXTENTS, place),
            Place::Plain(place) => (0, place),
        };
        let flags = flags | if self.is_indexed { INDEX } else { 0 };
        let (time, beyond) = time(self.time);
        put(&mut room, 0x00, self.mode.to_le_bytes());
        put(&mut room, 0x02, (self.owner as u16).to_le_bytes());
        put(&mut room, 0x04, (self.size as u32).to_le_bytes());
        for at in [0x08, 0x0c, 0x10, 0x90] {
            put(&mut room, at, time.to_le_bytes());
        }
        for at in [0x84, 0x88, 0x8c, 0x94] {
            put(&mut room, at, beyond.to_le_bytes());
        }
        put(&mut room, 0x18, (self.group as u16).to_le_bytes());
        put(&mut room, 0x1a, links.to_le_bytes());
        put(&mut room, 0x1c, (self.sectors as u32).to_le_bytes());
        put(&mut room, 0x20, flags.to_le_bytes());
        put(&mut room, 0x28, place);
        put(&mut room, 0x68, (self.attributes as u32).to_le_bytes());
        put(&mut room, 0x6c, ((self.size >> 32) as u32).to_le_bytes());
        put(&mut room, 0x74, ((self.sectors >> 32) as u16).to_le_bytes());
        put(
            &mut room,
            0x76,
            ((self.attributes >> 32) as u16).to_le_bytes(),
        );
        put(&mut room, 0x78, ((self.owner >> 16) as u16).to_le_bytes());
        put(&mut room, 0x7a, ((self.group >> 16) as u16).to_le_bytes());
        put(&mut room, OLD, (FIXED as u16).to_le_bytes());
        put(&mut room, OLD + FIXED, self.area);
        let sum = sum(seed, number, &room);
        put(&mut room, SUM, (sum as u16).to_le_bytes());
        put(&mut room, SUM_HIGH, ((sum >> 16) as u16).to_le_bytes());
        room
    }
}

/// An inode that no file has; that of bad blocks has times.
#[must_use]
pub fn unused(seed: u32, number: u32, at: Option<i64>) -> [u8; SIZE] {
    let mut room = [0; SIZE];
    let (time, _) = time(at.unwrap_or(0));
    for at in [0x08, 0x0c, 0x10] {
        put(&mut room, at, time.to_le_bytes());
    }
    // It is one of old, with half a checksum.
    let sum = sum(seed, number, &room);
    put(&mut room, SUM, (sum as u16).to_le_bytes());
    room
}

/// The kind of a file as inodes tell it.
#[must_use]
pub fn mode(kind: &Kind) -> u16 {
    match kind {
        Kind::Fifo | Kind::Link(_) => 0o01_0000,
        Kind::Character(..) => 0o02_0000,
        Kind::Directory => 0o04_0000,
        Kind::Block(..) => 0o06_0000,
        Kind::File(_) => 0o10_0000,
        Kind::Symlink(_) => 0o12_0000,
        Kind::Socket => 0o14_0000,
    }
}

/// What the inode of a device has in the place of block numbers; nothing if its numbers are too
/// large.
#[must_use]
pub fn device(major: u32, minor: u32) -> Option<[u8; 60]> {
    let mut place = [0; 60];
    match (major, minor) {
        (..=0xff, ..=0xff) => put(&mut place, 0, (major << 8 | minor).to_le_bytes()),
        (..=0xfff, ..=0xf_ffff) => {
            let number = (minor & 0xff) | major << 8 | (minor & !0xff) << 12;
            put(&mut place, 4, number.to_le_bytes());
        }
        _ => return None,
    }
    Some(place)
}

/// A time: 32 bits with a sign, and what is to be added, in units of 2³² seconds.
fn time(seconds: i64) -> (u32, u32) {
    let beyond = (seconds + (1 << 31)) >> 32;
    (seconds as u32, beyond as u32 & 3)
}

/// The checksum of an inode whose own is not there yet.
fn sum(seed: u32, number: u32, room: &[u8; SIZE]) -> u32 {
    crc32c(inode_seed(seed, number), room)
}
