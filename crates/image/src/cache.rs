//! Packed blocks by the content that they were packed from.
//!
//! ```text
//! blocks/0123456789abcdef.pack       the blocks that one image was the first to need
//! ```
//!
//! A pack holds blocks one behind the other, then their index, sorted by key: 32 bytes of key,
//! where the block begins, its length, and the first 16 bytes of the BLAKE3 of key and block;
//! last the number of entries, the BLAKE3 of the index, and eight bytes by which it is known.
//! A key is the BLAKE3 of how the block is packed and of what it was: every block of an image is
//! hashed twice here each time, which SHA-256 is too slow for. A length of zero stands for a
//! block that would not become smaller.
//!
//! All of it can be made again: what is missing or damaged is packed as if it had never been
//! there, and a cache that cannot be written to is none.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::SystemTime;

use formwork_codec::pack::Packer;
use formwork_sys::Kept;
use formwork_sys::fs::MappedFile;

/// Ends every pack; another number for another format, or where packers give other bytes.
const MAGIC: &[u8; 8] = b"fw-pack2";
/// What all keys begin with.
const KEY: &[u8] = b"formwork packed block 2";
const ENTRY: usize = 32 + 8 + 4 + CHECK;
const CHECK: usize = 16;
const FOOTER: usize = 8 + 32 + MAGIC.len();
const SUFFIX: &str = "pack";
/// Packs smaller than this become one when there are several of them.
const SMALL: u64 = 4 << 20;
/// How many small packs there may be.
const SMALL_ONES: usize = 8;

/// What is left for the index of the largest pack.
const INDEX: u64 = 256 << 20;

/// How large all packs together may become, unless somebody says otherwise.
pub const USUAL_LIMIT: u64 = 4 << 30;

/// What a block is found by: how it is packed and what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key([u8; 32]);

/// The blocks of a cache directory, opened for one build.
#[derive(Debug)]
pub struct BlockCache {
    directory: PathBuf,
    packs: Vec<Pack>,
    fresh: Mutex<Fresh>,
    found: AtomicU64,
    packed: AtomicU64,
}

/// How often blocks were found and how often they had to be packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// Blocks that were there.
    pub found: u64,
    /// Blocks that were packed.
    pub packed: u64,
}

/// Packs that were there.
#[derive(Debug)]
struct Pack {
    path: PathBuf,
    bytes: MappedFile,
    /// Where the index begins, and how many entries it has.
    index: usize,
    count: usize,
    is_used: AtomicBool,
}

/// A pack on its way.
#[derive(Default)]
struct Fresh {
    file: Option<Kept>,
    size: u64,
    /// Where each block begins and how long it is, with its check.
    entries: BTreeMap<[u8; 32], (u64, u32, [u8; CHECK])>,
    has_failed: bool,
}

impl std::fmt::Debug for Fresh {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = self.entries.len();
        formatter
            .debug_struct("Fresh")
            .field("entries", &count)
            .finish_non_exhaustive()
    }
}

/// A pack as `formwork cache` tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// When a block of it was used last.
    pub used: SystemTime,
}

impl BlockCache {
    /// Opens the packs of a directory, which need not be there; damaged ones are left out.
    #[must_use]
    pub fn open(directory: &Path) -> BlockCache {
        let files = list(directory).into_iter();
        BlockCache {
            directory: directory.to_owned(),
            packs: files.filter_map(|file| Pack::open(&file.path)).collect(),
            fresh: Mutex::default(),
            found: AtomicU64::new(0),
            packed: AtomicU64::new(0),
        }
    }

    /// The key of a block.
    #[must_use]
    pub fn key(packer: Packer, plain: &[u8]) -> Key {
        let (kind, level) = match packer {
            Packer::Zstd(level) => (b'z', level),
            Packer::Xz(preset) => (b'x', preset.cast_signed()),
            Packer::Zlib(level) => (b'g', level.cast_signed()),
            Packer::Lz4(level) => (b'l', level.cast_signed()),
        };
        let mut hasher = blake3::Hasher::new();
        hasher.update(plain);
        // Behind the block, so that it stands where it is fast to hash.
        hasher.update(KEY);
        hasher.update(&[kind]);
        hasher.update(&level.to_le_bytes());
        Key(*hasher.finalize().as_bytes())
    }

    /// What a block was packed to: nothing if it would not become smaller. None if it is not
    /// known.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<Option<&[u8]>> {
        let found = self.packs.iter().find_map(|pack| pack.get(key));
        let counter = if found.is_some() {
            &self.found
        } else {
            &self.packed
        };
        counter.fetch_add(1, Ordering::Relaxed);
        found
    }

    /// Gives back the memory that holds what was read of the packs.
    pub(crate) fn let_go(&self) {
        for pack in &self.packs {
            pack.bytes.let_go();
        }
    }

    /// Keeps a block. One that cannot be kept is packed again the next time.
    pub fn put(&self, key: &Key, packed: Option<&[u8]>) {
        let Ok(mut fresh) = self.fresh.lock() else {
            return;
        };
        if !fresh.has_failed
            && fresh
                .put(&self.directory, key, packed.unwrap_or_default())
                .is_err()
        {
            fresh.has_failed = true;
            fresh.file = None;
        }
    }

    /// Ends the build: keeps the new blocks, marks what was used, makes one pack of many small
    /// ones and removes those that were used least when all are larger than `limit`.
    pub fn finish(self, limit: u64) -> Use {
        let used = Use {
            found: self.found.into_inner(),
            packed: self.packed.into_inner(),
        };
        if let Ok(fresh) = self.fresh.into_inner() {
            let _unkept = fresh.finish();
        }
        // What was used is younger than what is new, so that of an image that is larger than the
        // limit the same blocks stay.
        for pack in self
            .packs
            .iter()
            .filter(|pack| pack.is_used.load(Ordering::Relaxed))
        {
            // A mark that is not made is only an earlier end.
            let _unmarked = formwork_sys::fs::set_modified(&pack.path, SystemTime::now());
        }
        join_small(&self.directory);
        trim(&self.directory, limit, None);
        used
    }
}

impl Fresh {
    fn put(&mut self, directory: &Path, key: &Key, bytes: &[u8]) -> io::Result<()> {
        // A pack that is larger than all may be would be written in vain.
        let is_full = self.size + bytes.len() as u64 > USUAL_LIMIT - INDEX;
        if is_full || self.entries.contains_key(&key.0) {
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let name = blake3::Hash::from_bytes(key.0).to_hex();
                let name = &name.as_str()[..32];
                let path = directory.join(format!("{name}.{SUFFIX}"));
                let file = Kept::create(&path).map_err(io::Error::other)?;
                self.file.insert(file)
            }
        };
        file.write_all(bytes)?;
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        let entry = (self.size, length, check(&key.0, bytes));
        self.entries.insert(key.0, entry);
        self.size += u64::from(length);
        Ok(())
    }

    /// Writes the index and gives the pack its name.
    fn finish(self) -> io::Result<()> {
        let Some(file) = self.file else {
            return Ok(());
        };
        let mut file = BufWriter::new(file);
        let mut hasher = blake3::Hasher::new();
        for (key, (start, length, check)) in &self.entries {
            let mut entry = [0; ENTRY];
            entry[..32].copy_from_slice(key);
            entry[32..40].copy_from_slice(&start.to_le_bytes());
            entry[40..44].copy_from_slice(&length.to_le_bytes());
            entry[44..].copy_from_slice(check);
            hasher.update(&entry);
            file.write_all(&entry)?;
        }
        file.write_all(&(self.entries.len() as u64).to_le_bytes())?;
        file.write_all(hasher.finalize().as_bytes())?;
        file.write_all(MAGIC)?;
        file.into_inner()?.keep()
    }
}

impl Pack {
    /// A pack whose index is whole.
    fn open(path: &Path) -> Option<Pack> {
        let bytes = MappedFile::open(path).ok()?;
        let end = bytes.len().checked_sub(FOOTER)?;
        let footer = &bytes[end..];
        let count = u64::from_le_bytes(footer[..8].try_into().ok()?);
        let count = usize::try_from(count).ok()?;
        let index = end.checked_sub(count.checked_mul(ENTRY)?)?;
        let is_whole =
            &footer[40..] == MAGIC && blake3::hash(&bytes[index..end]).as_bytes() == &footer[8..40];
        is_whole.then(|| Pack {
            path: path.to_owned(),
            bytes,
            index,
            count,
            is_used: AtomicBool::new(false),
        })
    }

    fn entry(&self, number: usize) -> &[u8] {
        &self.bytes[self.index + number * ENTRY..][..ENTRY]
    }

    fn get(&self, key: &Key) -> Option<Option<&[u8]>> {
        let key = &key.0;
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low.midpoint(high);
            match self.entry(middle)[..32].cmp(key) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return self.block(key, middle),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// The block of an entry, unless it is damaged.
    fn block(&self, key: &[u8; 32], number: usize) -> Option<Option<&[u8]>> {
        let entry = self.entry(number);
        let start = usize::try_from(u64::from_le_bytes(entry[32..40].try_into().ok()?)).ok()?;
        let length = u32::from_le_bytes(entry[40..44].try_into().ok()?) as usize;
        let bytes = self.bytes[..self.index].get(start..start.checked_add(length)?)?;
        if check(key, bytes) != entry[44..] {
            return None;
        }
        self.is_used.store(true, Ordering::Relaxed);
        Some(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }
}

/// By what a block is known to be whole.
fn check(key: &[u8; 32], bytes: &[u8]) -> [u8; CHECK] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(bytes);
    hasher.update(key);
    let mut check = [0; CHECK];
    check.copy_from_slice(&hasher.finalize().as_bytes()[..CHECK]);
    check
}

/// The packs of a directory, those used last first.
#[must_use]
pub fn list(directory: &Path) -> Vec<PackFile> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut files: Vec<PackFile> = entries
        .filter_map(|entry| {
            let path = entry.path();
            let is_pack = path.extension().is_some_and(|suffix| suffix == SUFFIX);
            let metadata = entry.metadata().ok().filter(|_| is_pack)?;
            Some(PackFile {
                path,
                size: metadata.len(),
                used: metadata.modified().ok()?,
            })
        })
        .collect();
    files.sort_by(|left, right| (right.used, &left.path).cmp(&(left.used, &right.path)));
    files
}

/// Removes packs until those that are left are no larger than `limit`, and all that were not
/// used since `since`; those used last stay longest. Tells how many and how many bytes.
pub fn trim(directory: &Path, limit: u64, since: Option<SystemTime>) -> (u64, u64) {
    let (mut kept, mut count, mut removed) = (0, 0, 0);
    for file in list(directory) {
        let is_old = since.is_some_and(|since| file.used < since);
        if !is_old && kept + file.size <= limit {
            kept += file.size;
        } else if matches!(formwork_sys::fs::remove(&file.path), Ok(true)) {
            count += 1;
            removed += file.size;
        }
    }
    (count, removed)
}

/// Looks at every block of every pack, and removes packs with damaged ones; tells how many packs
/// there were, and which were removed.
pub fn verify(directory: &Path) -> (u64, Vec<PathBuf>) {
    let files = list(directory);
    let is_whole = |pack: Pack| {
        (0..pack.count).all(|number| {
            let key: Option<[u8; 32]> = pack.entry(number)[..32].try_into().ok();
            key.is_some_and(|key| pack.block(&key, number).is_some())
        })
    };
    let count = files.len() as u64;
    let damaged = files
        .into_iter()
        .map(|file| file.path)
        .filter(|path| !Pack::open(path).is_some_and(is_whole))
        .filter(|path| formwork_sys::fs::remove(path).is_ok());
    (count, damaged.collect())
}

/// Makes one pack of the small ones, if there are many.
fn join_small(directory: &Path) {
    let files = list(directory);
    let small: Vec<PackFile> = files.into_iter().filter(|file| file.size < SMALL).collect();
    if small.len() <= SMALL_ONES {
        return;
    }
    let mut fresh = Fresh::default();
    let packs: Vec<Pack> = small
        .iter()
        .filter_map(|file| Pack::open(&file.path))
        .collect();
    for pack in &packs {
        for number in 0..pack.count {
            let mut key = [0; 32];
            key.copy_from_slice(&pack.entry(number)[..32]);
            if let Some(block) = pack.block(&key, number) {
                let key = Key(key);
                if fresh
                    .put(directory, &key, block.unwrap_or_default())
                    .is_err()
                {
                    return;
                }
            }
        }
    }
    let kept = fresh.file.as_ref().map(|file| file.path().to_owned());
    if fresh.finish().is_ok() {
        for file in small
            .iter()
            .filter(|file| Some(&file.path) != kept.as_ref())
        {
            // Twice the same block does no harm.
            let _left = formwork_sys::fs::remove(&file.path);
        }
    }
}
