//! The tar archive: headers of 512 bytes, each followed by content filled up to 512.
//!
//! Read are the old form, POSIX `ustar`, GNU (numbers in base 256, long names in entries
//! of type `L` and `K`) and pax (entries of type `x` for the next entry and `g` for all
//! that follow, with records `length key=value`). The end is a block of zeros, or the end
//! of the input between two entries. See tar(5) of the BSDs and POSIX pax.
//!
//! Refused, because readers disagree on them: content of an entry that is no file, sparse
//! files, archives in several volumes, and names with a NUL.

mod extension;
mod header;
mod writer;

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read};

use extension::Extensions;
pub use header::Kind;
pub use writer::{END, Writer, head, padding};

const BLOCK: usize = 512;
/// Attributes that hold for all entries are copied to each, so there must be few.
const MAX_GLOBAL_BYTES: u64 = 4096;

/// How much of an archive is read before it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Entries, with those that only describe others.
    pub entries: u64,
    /// Bytes of content of all entries.
    pub bytes: u64,
    /// Bytes of a long name or of extended attributes.
    pub header_bytes: u64,
    /// Bytes of one file that is read into memory.
    pub file_bytes: u64,
}

impl Limits {
    /// Enough for any control archive: 10,000 entries, 256 MiB, files of 64 MiB.
    pub const CONTROL: Self = Self {
        entries: 10_000,
        bytes: 256 << 20,
        header_bytes: 1 << 20,
        file_bytes: 64 << 20,
    };
    /// Enough for the files of any package: 4 million entries, 64 GiB.
    pub const DATA: Self = Self {
        entries: 4_000_000,
        bytes: 64 << 30,
        header_bytes: 1 << 20,
        file_bytes: 64 << 20,
    };
}

/// What an archive says of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The path as written, often with `./` in front; it may climb out: check it.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// The target of a symbolic or hard link, else empty.
    pub link: Vec<u8>,
    /// The permission bits.
    pub mode: u32,
    /// The number of the owner.
    pub user_id: u64,
    /// The number of the group.
    pub group_id: u64,
    /// The name of the owner, perhaps empty.
    pub user_name: Vec<u8>,
    /// The name of the group, perhaps empty.
    pub group_name: Vec<u8>,
    /// The size of the content.
    pub size: u64,
    /// Seconds since 1970 of the last change, fractions cut.
    pub modified: i64,
    /// Major and minor number of a device.
    pub device: (u32, u32),
    /// Extended attributes of pax that are not among the above.
    pub attributes: BTreeMap<String, Vec<u8>>,
    /// Where the content begins in the archive.
    pub offset: u64,
}

impl Entry {
    /// An empty entry that belongs to root, of 1970, which nobody may use.
    #[must_use]
    pub fn new(path: Vec<u8>, kind: Kind) -> Entry {
        Entry {
            path,
            kind,
            link: Vec::new(),
            mode: 0,
            user_id: 0,
            group_id: 0,
            user_name: Vec::new(),
            group_name: Vec::new(),
            size: 0,
            modified: 0,
            device: (0, 0),
            attributes: BTreeMap::new(),
            offset: 0,
        }
    }
}

/// What is wrong in a tar archive, and where.
#[derive(Debug, thiserror::Error)]
#[error("tar archive, byte {offset}: {problem}")]
pub struct TarError {
    /// How far the archive has been read.
    pub offset: u64,
    /// What is wrong there.
    pub problem: TarProblem,
}

/// What can be wrong in a tar archive.
#[derive(Debug, thiserror::Error)]
pub enum TarProblem {
    /// The sum of a header is wrong, so it is none.
    #[error("expected a header, found a wrong checksum")]
    Checksum,
    /// A number in a header cannot be read.
    #[error("expected a number in field {0} of a header")]
    Number(&'static str),
    /// The type of an entry is not known, or not read here.
    #[error("entries of type {0:?} are not supported")]
    Kind(char),
    /// A sparse file.
    #[error("sparse files are not supported")]
    Sparse,
    /// A link, directory or device with content.
    #[error("only files may have content")]
    Content,
    /// An empty name or one with a NUL.
    #[error("expected a name without NUL")]
    Name,
    /// A record of extended attributes cannot be read.
    #[error("expected a record `length key=value` in a pax header")]
    Record,
    /// The archive ends within an entry.
    #[error("archive ends too early")]
    Truncated,
    /// A bound is passed.
    #[error("archive has more {what} than {limit}")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// The bound.
        limit: u64,
    },
    /// The reader beneath failed.
    #[error("cannot read on: {0}")]
    Read(#[from] io::Error),
}

/// Reads one entry after another.
#[derive(Debug)]
pub struct Reader<R> {
    input: R,
    limits: Limits,
    /// Bytes read so far.
    offset: u64,
    /// Bytes of the present entry's content that are not read yet.
    remaining: u64,
    /// Bytes after the content up to the next header.
    padding: u64,
    entries: u64,
    bytes: u64,
    global: Extensions,
    finished: bool,
}

impl<R: Read> Reader<R> {
    /// Begins to read `input`.
    pub fn new(input: R, limits: Limits) -> Self {
        Self {
            input,
            limits,
            offset: 0,
            remaining: 0,
            padding: 0,
            entries: 0,
            bytes: 0,
            global: Extensions::default(),
            finished: false,
        }
    }

    /// The next entry, or nothing at the end; content not yet read is passed over.
    ///
    /// After an error there are no more.
    pub fn next_entry(&mut self) -> Result<Option<Entry>, TarError> {
        if self.finished {
            return Ok(None);
        }
        self.finished = true;
        let entry = self.entry().map_err(|problem| self.error(problem))?;
        self.finished = entry.is_none();
        Ok(entry)
    }

    /// The rest of the present entry's content, in memory.
    pub fn content(&mut self) -> Result<Vec<u8>, TarError> {
        let length = self.remaining;
        let content = within("bytes in a file", length, self.limits.file_bytes)
            .and_then(|()| self.take(length));
        if content.is_err() {
            self.finished = true;
        }
        content.map_err(|problem| self.error(problem))
    }

    fn error(&self, problem: TarProblem) -> TarError {
        TarError {
            offset: self.offset,
            problem,
        }
    }

    fn entry(&mut self) -> Result<Option<Entry>, TarProblem> {
        let mut local = Extensions::default();
        loop {
            self.skip()?;
            let Some(block) = self.block()? else {
                return if local.is_empty() {
                    Ok(None)
                } else {
                    Err(TarProblem::Truncated)
                };
            };
            self.entries += 1;
            within("entries", self.entries, self.limits.entries)?;
            let mut header = header::parse(&block)?;
            match header.type_flag {
                b'x' => local.add_records(&self.described(header.size)?)?,
                b'g' => {
                    let records = self.described(header.size)?;
                    self.global.add_records(&records)?;
                    within(
                        "bytes of global attributes",
                        self.global.size(),
                        MAX_GLOBAL_BYTES,
                    )?;
                }
                b'L' => local.path = Some(self.long_name(header.size)?),
                b'K' => local.link = Some(self.long_name(header.size)?),
                _ => {
                    header.extend(&self.global)?;
                    header.extend(&local)?;
                    return self.begin(header.finish()?).map(Some);
                }
            }
            within("bytes in headers", local.size(), self.limits.header_bytes)?;
        }
    }

    /// Notes how much content the new entry has.
    fn begin(&mut self, mut entry: Entry) -> Result<Entry, TarProblem> {
        self.expect_content(entry.size)?;
        entry.offset = self.offset;
        Ok(entry)
    }

    fn expect_content(&mut self, size: u64) -> Result<(), TarProblem> {
        self.bytes = self.bytes.saturating_add(size);
        within("bytes", self.bytes, self.limits.bytes)?;
        self.remaining = size;
        self.padding = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
        Ok(())
    }

    /// The content of an entry that describes another.
    fn described(&mut self, size: u64) -> Result<Vec<u8>, TarProblem> {
        within("bytes in headers", size, self.limits.header_bytes)?;
        self.expect_content(size)?;
        self.take(size)
    }

    /// A name that stands as content, with a NUL at its end.
    fn long_name(&mut self, size: u64) -> Result<Vec<u8>, TarProblem> {
        let mut name = self.described(size)?;
        while name.last() == Some(&0) {
            name.pop();
        }
        if name.is_empty() || name.contains(&0) {
            Err(TarProblem::Name)
        } else {
            Ok(name)
        }
    }

    /// A header's block, or nothing at the end of the archive.
    fn block(&mut self) -> Result<Option<[u8; BLOCK]>, TarProblem> {
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            match self.read_some(&mut block[filled..])? {
                0 if filled == 0 => return Ok(None),
                0 => return Err(TarProblem::Truncated),
                length => filled += length,
            }
        }
        Ok(block.iter().any(|byte| *byte != 0).then_some(block))
    }

    /// So many bytes of content; memory grows only with what truly comes.
    fn take(&mut self, length: u64) -> Result<Vec<u8>, TarProblem> {
        let mut content = Vec::new();
        let mut chunk = [0; 16 * BLOCK];
        while self.remaining > 0 && (content.len() as u64) < length {
            content.extend_from_slice(self.piece(&mut chunk)?);
        }
        Ok(content)
    }

    /// Passes over the rest of the present entry.
    fn skip(&mut self) -> Result<(), TarProblem> {
        self.remaining = self
            .remaining
            .saturating_add(std::mem::take(&mut self.padding));
        if self.remaining > 0 {
            let mut chunk = [0; 64 * BLOCK];
            while self.remaining > 0 {
                self.piece(&mut chunk)?;
            }
        }
        Ok(())
    }

    /// The next bytes of the present entry, as many as come at once.
    fn piece<'b>(&mut self, chunk: &'b mut [u8]) -> Result<&'b [u8], TarProblem> {
        let wanted = self.remaining.min(chunk.len() as u64) as usize;
        match self.read_some(&mut chunk[..wanted])? {
            0 => Err(TarProblem::Truncated),
            length => {
                self.remaining -= length as u64;
                Ok(&chunk[..length])
            }
        }
    }

    fn read_some(&mut self, buffer: &mut [u8]) -> Result<usize, TarProblem> {
        loop {
            match self.input.read(buffer) {
                Ok(length) => {
                    self.offset += length as u64;
                    return Ok(length);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Streams the rest of the present entry's content.
impl<R: Read> Read for Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.remaining == 0 || buffer.is_empty() {
            return Ok(0);
        }
        match self.piece(buffer) {
            Ok(piece) => Ok(piece.len()),
            Err(TarProblem::Read(error)) => Err(error),
            Err(problem) => Err(io::Error::new(ErrorKind::UnexpectedEof, problem)),
        }
    }
}

fn within(what: &'static str, value: u64, limit: u64) -> Result<(), TarProblem> {
    if value > limit {
        Err(TarProblem::Limit { what, limit })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
