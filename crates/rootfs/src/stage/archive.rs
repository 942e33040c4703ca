//! The archive of a stage, looked at: its entries, and where the content of each file lies.

use formwork_deb::container::tar::{Entry, Kind, Limits, Reader};
use formwork_sys::fs::MappedFile;

/// Archives are made of blocks of this size.
const BLOCK: usize = 512;
/// As much of a mapped file comes to memory when a byte of it is read.
const AROUND: usize = 64 << 10;

/// An archive.
pub(super) struct Archive {
    /// Its entries, in their order; each says where its content begins.
    pub(super) entries: Vec<Entry>,
    /// The digest of all of it but the content of files.
    pub(super) headers: blake3::Hash,
}

impl Archive {
    /// Looks at an archive; says what is wrong if it is none.
    pub(super) fn read(bytes: &MappedFile) -> Result<Archive, String> {
        let mut entries = Vec::new();
        let mut hasher = blake3::Hasher::new();
        let (mut hashed, mut next) = (0, 0);
        let short = || "it is cut off".to_owned();
        // Each entry has a reader of its own, so that no content is read to get to the next.
        loop {
            let rest = bytes.get(next..).ok_or_else(short)?;
            let mut reader = Reader::new(rest, Limits::DATA);
            let entry = reader.next_entry().map_err(|error| error.to_string())?;
            let Some(mut entry) = entry else { break };
            entry.offset += next as u64;
            let (start, end) = span(&entry).ok_or_else(short)?;
            if entry.kind == Kind::File {
                hasher.update(bytes.get(hashed..start).ok_or_else(short)?);
                hashed = end;
            }
            bytes.was_read((end - next).min(AROUND));
            next = end.checked_next_multiple_of(BLOCK).ok_or_else(short)?;
            entries.push(entry);
        }
        hasher.update(bytes.get(hashed..).ok_or_else(short)?);
        Ok(Archive {
            entries,
            headers: hasher.finalize(),
        })
    }
}

/// Where the content of a file lies.
pub(super) fn span(entry: &Entry) -> Option<(usize, usize)> {
    let start = usize::try_from(entry.offset).ok()?;
    let size = usize::try_from(entry.size).ok()?;
    Some((start, start.checked_add(size)?))
}
