//! The file: magic, format, length, table directory, tables.

use thiserror::Error;
use zerocopy::{FromBytes, IntoBytes};

/// Says what the file is, in which format version and byte order.
#[cfg(target_endian = "little")]
pub(super) const MAGIC: &[u8; 8] = b"FWUNI1le";
#[cfg(target_endian = "big")]
pub(super) const MAGIC: &[u8; 8] = b"FWUNI1be";

/// Raised whenever tables change, or what is linked into them: caches keep what was built before.
pub(super) const FORMAT: u32 = 3;

/// The tables in file order.
#[derive(Clone, Copy)]
pub(super) enum Table {
    Meta,
    StringEnds,
    Packages,
    Names,
    Providers,
    Dependencies,
    Groups,
    GroupAtoms,
    Atoms,
    Candidates,
    Against,
    Origins,
    /// Pairs of a package and another origin that has it too, sorted.
    Elsewhere,
    Hashes,
    Strings,
}

pub(super) const TABLES: usize = 15;
const DIGEST: usize = 16;
const DIRECTORY: usize = DIGEST + 32;
const HEADER: usize = DIRECTORY + TABLES * 8;

/// Why bytes are not a universe.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum UniverseError {
    /// Another kind of file, another format version or another byte order.
    #[error("not a package index of this format")]
    Foreign,
    /// Shorter or longer than it says, or tables out of bounds.
    #[error("package index is damaged")]
    Damaged,
}

/// Words of one row in each table of rows.
pub(super) mod row {
    /// Words of a package.
    pub(crate) mod package {
        pub(crate) const NAME: usize = 0;
        pub(crate) const VERSION: usize = 1;
        pub(crate) const ARCHITECTURE: usize = 2;
        pub(crate) const SOURCE: usize = 3;
        pub(crate) const SOURCE_VERSION: usize = 4;
        pub(crate) const FLAGS: usize = 5;
        pub(crate) const PRIORITY: usize = 6;
        pub(crate) const SECTION: usize = 7;
        pub(crate) const ORIGIN: usize = 8;
        pub(crate) const SIZE_LOW: usize = 9;
        pub(crate) const SIZE_HIGH: usize = 10;
        pub(crate) const INSTALLED_KIB: usize = 11;
        pub(crate) const FILENAME: usize = 12;
        pub(crate) const DESCRIPTION: usize = 13;
        pub(crate) const MAINTAINER: usize = 14;
        pub(crate) const HOMEPAGE: usize = 15;
        pub(crate) const DEPENDENCIES: usize = 16;
        pub(crate) const DEPENDENCIES_END: usize = 17;
        pub(crate) const AGAINST: usize = 18;
        pub(crate) const AGAINST_END: usize = 19;
        pub(crate) const RANK: usize = 20;
        pub(crate) const PROVIDES: usize = 21;
        pub(crate) const BUILT_USING: usize = 22;
        pub(crate) const STATIC_BUILT_USING: usize = 23;
        pub(crate) const NAME_ID: usize = 24;
        pub(crate) const WORDS: usize = 25;
    }
    pub(crate) mod name {
        pub(crate) const TEXT: usize = 0;
        pub(crate) const ROWS: usize = 1;
        pub(crate) const ROWS_END: usize = 2;
        pub(crate) const PROVIDERS: usize = 3;
        pub(crate) const PROVIDERS_END: usize = 4;
        pub(crate) const WORDS: usize = 5;
    }
    pub(crate) mod provider {
        pub(crate) const PACKAGE: usize = 0;
        pub(crate) const VERSION: usize = 1;
        pub(crate) const WORDS: usize = 2;
    }
    pub(crate) mod group {
        pub(crate) const TEXT: usize = 0;
        pub(crate) const ATOMS: usize = 1;
        pub(crate) const ATOMS_END: usize = 2;
        pub(crate) const CANDIDATES: usize = 3;
        pub(crate) const CANDIDATES_END: usize = 4;
        pub(crate) const WORDS: usize = 5;
    }
    pub(crate) mod atom {
        pub(crate) const NAME: usize = 0;
        pub(crate) const OPERATOR: usize = 1;
        pub(crate) const VERSION: usize = 2;
        pub(crate) const QUALIFIER: usize = 3;
        pub(crate) const CANDIDATES: usize = 5;
        pub(crate) const CANDIDATES_END: usize = 6;
        pub(crate) const WORDS: usize = 7;
    }
    pub(crate) mod origin {
        pub(crate) const REPOSITORY: usize = 0;
        pub(crate) const SUITE: usize = 1;
        pub(crate) const COMPONENT: usize = 2;
        pub(crate) const PRIORITY: usize = 3;
        pub(crate) const WORDS: usize = 4;
    }
}

/// Bits of a package's flags.
pub(super) mod flag {
    pub(crate) const MULTI_ARCH: u32 = 3;
    pub(crate) const ESSENTIAL: u32 = 4;
    pub(crate) const IMPORTANT: u32 = 8;
    pub(crate) const CANDIDATE: u32 = 16;
    pub(crate) const SOURCE: u32 = 32;
}

/// The tables of a finished universe, ready to be written.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) words: [Vec<u32>; TABLES - 2],
    pub(super) hashes: Vec<u8>,
    pub(super) strings: Vec<u8>,
}

impl Tables {
    fn length(&self, table: usize) -> usize {
        match table {
            t if t < TABLES - 2 => self.words[t].len() * 4,
            t if t == Table::Hashes as usize => self.hashes.len(),
            _ => self.strings.len(),
        }
    }

    /// Moves header and tables into one buffer; each table is given up once it is copied.
    pub(super) fn encode(mut self) -> Vec<u8> {
        self.strings
            .resize(self.strings.len().next_multiple_of(4), 0);
        let total = HEADER + (0..TABLES).map(|t| self.length(t)).sum::<usize>();
        let mut out = Vec::with_capacity(total);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&FORMAT.to_ne_bytes());
        out.extend_from_slice(&(total as u32).to_ne_bytes());
        out.extend_from_slice(&[0; 32]);
        let mut offset = HEADER as u32;
        for table in 0..TABLES {
            let length = self.length(table) as u32;
            out.extend_from_slice(&offset.to_ne_bytes());
            out.extend_from_slice(&length.to_ne_bytes());
            offset += length;
        }
        for words in self.words {
            out.extend_from_slice(words.as_bytes());
        }
        out.extend(self.hashes);
        out.extend(self.strings);
        let digest = payload_digest(&out);
        out[DIGEST..DIRECTORY].copy_from_slice(&digest);
        out
    }
}

/// A digest against damage, not against anybody's will: four lanes, each a chain of bijections,
/// so that no single changed word goes unnoticed.
fn payload_digest(file: &[u8]) -> [u8; 32] {
    let mut lanes: [u64; 4] = [1, 2, 3, 4];
    for part in [&file[..DIGEST], &file[DIRECTORY..]] {
        let (blocks, rest) = part.as_chunks::<32>();
        let mut last = [0; 32];
        last[..rest.len()].copy_from_slice(rest);
        for block in blocks.iter().chain([&last]) {
            for (lane, word) in lanes.iter_mut().zip(block.as_chunks::<8>().0) {
                let mixed = (*lane ^ u64::from_le_bytes(*word)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                *lane = mixed ^ mixed >> 29;
            }
        }
    }
    let mut digest = [0; 32];
    for (bytes, lane) in digest.as_chunks_mut::<8>().0.iter_mut().zip(lanes) {
        *bytes = lane.to_le_bytes();
    }
    digest
}

/// The checked table directory of a file.
pub(super) struct Directory<'a> {
    file: &'a [u8],
}

impl<'a> Directory<'a> {
    /// Checks magic, format and length; the bounds of each table are checked when it is taken.
    pub(super) fn open(file: &'a [u8]) -> Result<Self, UniverseError> {
        if file.len() < HEADER || &file[..8] != MAGIC || word(file, 8) != FORMAT {
            return Err(UniverseError::Foreign);
        }
        if word(file, 12) as usize != file.len() {
            return Err(UniverseError::Damaged);
        }
        Ok(Self { file })
    }

    /// The bytes of a table.
    pub(super) fn bytes(&self, table: Table) -> Result<&'a [u8], UniverseError> {
        let entry = DIRECTORY + table as usize * 8;
        let start = word(self.file, entry) as usize;
        let length = word(self.file, entry + 4) as usize;
        let end = start.checked_add(length).ok_or(UniverseError::Damaged)?;
        self.file.get(start..end).ok_or(UniverseError::Damaged)
    }

    /// The words of a table whose rows have `width` words.
    pub(super) fn words(&self, table: Table, width: usize) -> Result<&'a [u32], UniverseError> {
        let words =
            <[u32]>::ref_from_bytes(self.bytes(table)?).map_err(|_| UniverseError::Damaged)?;
        if !words.len().is_multiple_of(width) {
            return Err(UniverseError::Damaged);
        }
        Ok(words)
    }

    /// Compares the digest in the header with the content: slow, for `cache verify`.
    pub(super) fn verify(&self) -> Result<(), UniverseError> {
        if payload_digest(self.file)[..] == self.file[DIGEST..DIRECTORY] {
            Ok(())
        } else {
            Err(UniverseError::Damaged)
        }
    }
}

fn word(file: &[u8], at: usize) -> u32 {
    file.get(at..at + 4)
        .and_then(|bytes| bytes.try_into().ok())
        .map_or(0, u32::from_ne_bytes)
}
