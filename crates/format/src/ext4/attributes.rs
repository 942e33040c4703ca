//! Extended attributes: the first ones stand in the inode, the rest in a block. Entries grow from
//! the front, values from the back.

use std::borrow::Cow;

use super::{BLOCK, Ext4Error, put};
use crate::crc::crc32c;

/// Bytes that an inode has for attributes.
pub const AREA: usize = 96;
const MAGIC: u32 = 0xea02_0000;
/// Bytes in front of the entries of a block.
const HEAD: usize = 32;
/// Bytes of an entry without its name, and of the end of all entries.
const ENTRY: usize = 16;
const END: usize = 4;
/// What the beginning of a name is stored as. Lists of access have no rest of a name.
const PREFIXES: [(&[u8], u8); 4] = [
    (b"user.", 1),
    (b"trusted.", 4),
    (b"security.", 6),
    (b"system.", 7),
];
const LISTS: [(&[u8], u8); 2] = [
    (b"system.posix_acl_access", 2),
    (b"system.posix_acl_default", 3),
];

#[derive(Clone, Debug, PartialEq, Eq)]
struct Attribute<'a> {
    prefix: u8,
    name: &'a [u8],
    value: Cow<'a, [u8]>,
}

impl Attribute<'_> {
    fn entry(&self) -> usize {
        ENTRY + self.name.len().next_multiple_of(4)
    }

    fn value(&self) -> usize {
        self.value.len().next_multiple_of(4)
    }
}

/// The attributes of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes<'a> {
    sorted: Vec<Attribute<'a>>,
    /// How many of them stand in the inode.
    inside: usize,
}

impl<'a> Attributes<'a> {
    /// Sorts attributes and says where they stand.
    ///
    /// # Errors
    /// If one is of an unknown kind, or there is no room for all.
    pub fn new(
        given: impl Iterator<Item = (&'a [u8], Cow<'a, [u8]>)>,
    ) -> Result<Attributes<'a>, Ext4Error> {
        let mut sorted = Vec::new();
        for (whole, value) in given {
            let (prefix, name) = split(whole)?;
            if name.len() > usize::from(u8::MAX) {
                return Err(Ext4Error::Attributes);
            }
            sorted.push(Attribute {
                prefix,
                name,
                value,
            });
        }
        sorted.sort_by_key(|one| (one.prefix, one.name.len(), one.name));
        let mut left = AREA - 4 - END;
        let fits = |one: &Attribute<'_>| {
            let size = one.entry() + one.value();
            let fits = size <= left;
            left = left.saturating_sub(size);
            fits
        };
        let inside = sorted.iter().position(not(fits)).unwrap_or(sorted.len());
        let outside: usize = sorted[inside..]
            .iter()
            .map(|one| one.entry() + one.value())
            .sum();
        if HEAD + END + outside > BLOCK {
            return Err(Ext4Error::Attributes);
        }
        Ok(Attributes { sorted, inside })
    }

    /// Whether some stand in a block.
    #[must_use]
    pub fn needs_block(&self) -> bool {
        self.inside < self.sorted.len()
    }

    /// Those that stand in the inode.
    #[must_use]
    pub fn area(&self) -> [u8; AREA] {
        let mut area = [0; AREA];
        if self.inside > 0 {
            put(&mut area, 0, MAGIC.to_le_bytes());
            entries(&mut area[4..], &self.sorted[..self.inside], 0, |_| 0);
        }
        area
    }

    /// The block of the rest, which knows its own place.
    #[must_use]
    pub fn block(&self, seed: u32, place: u64) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        let rest = &self.sorted[self.inside..];
        entries(&mut block[HEAD..], rest, HEAD, hash);
        // Nobody shares the block, and it is one.
        let hashes = rest.iter().map(hash);
        let all = match hashes.clone().any(|hash| hash == 0) {
            true => 0,
            false => hashes.fold(0, |all: u32, hash| all.rotate_left(16) ^ hash),
        };
        for (at, word) in [MAGIC, 1, 1, all].into_iter().enumerate() {
            put(&mut block, at * 4, word.to_le_bytes());
        }
        let sum = crc32c(crc32c(seed, &place.to_le_bytes()), &block);
        put(&mut block, 16, sum.to_le_bytes());
        block
    }
}

fn not<T>(mut holds: impl FnMut(&T) -> bool) -> impl FnMut(&T) -> bool {
    move |one| !holds(one)
}

/// What a name begins with, and its rest.
fn split(name: &[u8]) -> Result<(u8, &[u8]), Ext4Error> {
    if let Some((_, prefix)) = LISTS.iter().find(|(whole, _)| *whole == name) {
        return Ok((*prefix, &[]));
    }
    let mut prefixes = PREFIXES.iter();
    let found = prefixes.find_map(|(begin, prefix)| Some((*prefix, name.strip_prefix(*begin)?)));
    found.ok_or_else(|| Ext4Error::Attribute(String::from_utf8_lossy(name).into_owned()))
}

/// Writes entries and values; places of values count from `base` bytes before the room.
fn entries(
    room: &mut [u8],
    attributes: &[Attribute<'_>],
    base: usize,
    hash: fn(&Attribute<'_>) -> u32,
) {
    let (mut at, mut end) = (0, room.len());
    for one in attributes {
        end -= one.value();
        room[end..end + one.value.len()].copy_from_slice(&one.value);
        room[at] = one.name.len() as u8;
        room[at + 1] = one.prefix;
        put(room, at + 2, ((base + end) as u16).to_le_bytes());
        put(room, at + 8, (one.value.len() as u32).to_le_bytes());
        put(room, at + 12, hash(one).to_le_bytes());
        room[at + ENTRY..at + ENTRY + one.name.len()].copy_from_slice(one.name);
        at += one.entry();
    }
}

/// The hash of an attribute: its name, and its value as words.
fn hash(one: &Attribute<'_>) -> u32 {
    let name = one.name.iter();
    let name = name.fold(0, |hash: u32, byte| hash.rotate_left(5) ^ u32::from(*byte));
    one.value.chunks(4).fold(name, |hash, piece| {
        let mut word = [0; 4];
        word[..piece.len()].copy_from_slice(piece);
        hash.rotate_left(16) ^ u32::from_le_bytes(word)
    })
}
