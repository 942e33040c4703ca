//! Interned byte strings: each distinct text is stored once and named by a number.

use std::hash::{BuildHasherDefault, Hasher};

/// Hashes the numbers that this module gives out, a few at a time.
#[derive(Default)]
pub(super) struct Mixer(u64);

/// How maps keyed by such numbers find their places; nobody outside chooses the numbers.
pub(super) type Mixing = BuildHasherDefault<Mixer>;

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        bytes
            .iter()
            .for_each(|&byte| self.write_u64(u64::from(byte)));
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(23) ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number as u64);
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}

/// Interns byte strings into one pool; number 0 is always the empty string.
pub(super) struct Interner {
    pool: Vec<u8>,
    ends: Vec<u32>,
    /// Upper half: part of the hash, so that few texts are compared; lower half: the number.
    slots: Vec<u64>,
    used: usize,
}

/// The part of a slot that holds bits of the hash.
const TAG: u64 = 0xFFFF_FFFF_0000_0000;

/// The first slot to look at for a text with these hash bits.
fn place(tag: u64, mask: usize) -> usize {
    (tag >> 32) as usize & mask
}

/// Mixes bytes into a 64-bit hash; the value never leaves this process.
fn hash(bytes: &[u8]) -> u64 {
    const K: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut h = bytes.len() as u64 ^ K;
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        h = (h ^ u64::from_le_bytes(*word)).wrapping_mul(K);
        h ^= h >> 29;
    }
    let mut last = 0u64;
    for &byte in rest {
        last = last << 8 | u64::from(byte);
    }
    h = (h ^ last).wrapping_mul(K);
    h ^ h >> 32
}

impl Interner {
    pub(super) fn new() -> Self {
        let mut interner = Self {
            pool: Vec::new(),
            ends: Vec::new(),
            slots: vec![0; 1 << 19],
            used: 0,
        };
        interner.append(b"");
        interner
    }

    /// Stores a text that is known to occur once (a path, a description) without looking for it.
    pub(super) fn append(&mut self, text: &[u8]) -> u32 {
        if text.is_empty() && !self.ends.is_empty() {
            return 0;
        }
        let id = self.ends.len() as u32;
        self.pool.extend_from_slice(text);
        self.ends.push(self.pool.len() as u32);
        id
    }

    /// The number of this text, stored now if it is new.
    pub(super) fn intern(&mut self, text: &[u8]) -> u32 {
        if text.is_empty() {
            return 0;
        }
        let mask = self.slots.len() - 1;
        let tag = hash(text) & TAG;
        let mut slot = place(tag, mask);
        while self.slots[slot] != 0 {
            let entry = self.slots[slot];
            let id = entry as u32;
            if entry & TAG == tag && self.get(id) == text {
                return id;
            }
            slot = (slot + 1) & mask;
        }
        let id = self.append(text);
        self.slots[slot] = tag | u64::from(id);
        self.used += 1;
        if self.used * 2 > self.slots.len() {
            self.grow();
        }
        id
    }

    fn grow(&mut self) {
        let old = std::mem::take(&mut self.slots);
        let mut slots = vec![0; old.len() * 2];
        let mask = slots.len() - 1;
        for entry in old.into_iter().filter(|&entry| entry != 0) {
            let mut slot = place(entry & TAG, mask);
            while slots[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            slots[slot] = entry;
        }
        self.slots = slots;
    }

    /// The text behind a number; the empty string for a number never given out.
    pub(super) fn get(&self, id: u32) -> &[u8] {
        let id = id as usize;
        let start = if id == 0 {
            0
        } else {
            self.ends[id - 1] as usize
        };
        &self.pool[start..self.ends[id] as usize]
    }

    /// The text behind a number, which was valid UTF-8 when it was stored.
    pub(super) fn text(&self, id: u32) -> &str {
        std::str::from_utf8(self.get(id)).unwrap_or("")
    }

    /// How many texts there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// How many bytes the pool holds.
    pub(super) fn pool_len(&self) -> usize {
        self.pool.len()
    }

    /// Gives up the pool and the end offsets for writing.
    pub(super) fn into_tables(self) -> (Vec<u8>, Vec<u32>) {
        (self.pool, self.ends)
    }
}
