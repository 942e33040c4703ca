//! The store: files by their content, shared by all processes of one user.
//!
//! ```text
//! CACHEDIR.TAG                       tells backup programs to pass by
//! cache.lock                         shared while in use, exclusive while cleaning
//! blobs/sha256/ab/abcdef…            a package, or an index as downloaded; read-only
//! partial/abcdef…                    a blob on its way; kept when interrupted, and continued
//! partial/abcdef….from               where it came from, for `If-Range`
//! partial/abcdef….lock               held by the process that downloads it
//! quick/ab/abcdef…                   what the package of that name holds, packed for speed
//! stages/                            trees of builds, see [`stages`]
//! ```
//!
//! A blob is written in `partial`, hashed while it is written, synced and renamed: whatever
//! ends a process, what is in `blobs` was right when it came there. What goes wrong there
//! later is noticed at the next use, because `get` hashes again; it is then removed, and
//! fetched as if it had never been there.

mod download;
mod maintain;
pub mod stages;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use formwork_deb::sha256::Sha256;
use formwork_model::{Event, Sink};
use formwork_sys::fs::{Lock, Mode, Waiting};
use formwork_sys::{CheckedFile, Error, Incoming};

pub(crate) use download::{Begun, Download, Origin};
pub use maintain::{CacheInfo, Clean, Cleaned, Kind, KindInfo, Verified, clean, info, verify};

/// Begins each directory of ours, as <https://bford.info/cachedir/> asks.
const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
    # This is the cache of formwork. `formwork cache clean` empties it.\n";

/// How old a mark of use must be before it is renewed.
const USE_MARK: Duration = Duration::from_secs(3600);
/// After what time temporary files are taken for forgotten.
const STALE_TEMPORARY: Duration = Duration::from_secs(24 * 3600);
/// After what time an interrupted download is given up.
const STALE_PARTIAL: Duration = Duration::from_secs(14 * 24 * 3600);

/// The store of one cache directory.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    /// Keeps others from cleaning what we use; missing if the cache can only be read.
    _in_use: Option<Lock>,
}

impl Store {
    /// Opens the store below a cache directory, and makes what is missing.
    ///
    /// If the cache is just being cleaned, this waits and says so.
    ///
    /// # Errors
    /// If the directory cannot be made.
    pub fn open(cache: &Path, events: &Sink) -> Result<Store, Error> {
        let waiting = Waiting {
            patience: Duration::from_millis(500),
            tell: &|process| events(waiting_for("the cache, which is being cleaned", process)),
            give_up: &formwork_sys::signal::interrupted,
        };
        let lock = formwork_sys::fs::create_directory(cache)
            .and_then(|()| Lock::wait(&cache.join("cache.lock"), Mode::Shared, &waiting));
        let in_use = match lock.and_then(|lock| prepare(cache).map(|()| lock)) {
            Ok(lock) => lock,
            // A cache that somebody prepared and that we may only read still serves.
            Err(_) if cache.join("blobs").is_dir() => None,
            Err(error) => return Err(error),
        };
        let store = Store {
            root: cache.to_owned(),
            _in_use: in_use,
        };
        store.sweep(SystemTime::now());
        Ok(store)
    }

    /// Where the blob with this hash is, if it is there.
    #[must_use]
    pub fn path(&self, sha256: &Sha256) -> PathBuf {
        let name = sha256.to_string();
        self.root.join("blobs/sha256").join(&name[..2]).join(&name)
    }

    /// Tells, without reading it, whether a blob of this size is there.
    #[must_use]
    pub fn has(&self, sha256: &Sha256, size: u64) -> bool {
        fs::metadata(self.path(sha256))
            .is_ok_and(|metadata| metadata.is_file() && metadata.len() == size)
    }

    /// Reads a blob whole, and gives it if it is right; a wrong one is removed.
    ///
    /// # Errors
    /// If it is there but cannot be read, or is wrong and cannot be removed.
    pub fn get(&self, sha256: &Sha256, size: Option<u64>) -> Result<Option<CheckedFile>, Error> {
        let path = self.path(sha256);
        match CheckedFile::check(&path, sha256, size) {
            Ok(file) => {
                mark_used(&path, SystemTime::now());
                Ok(Some(file))
            }
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) if error.is_mismatch() => {
                self.remove(sha256)?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Notes that a blob is in use, so that cleaning what is unused leaves it alone.
    ///
    /// `get` does so by itself; this is for who reads a blob by its path.
    pub fn touch(&self, sha256: &Sha256) {
        mark_used(&self.path(sha256), SystemTime::now());
    }

    /// Keeps these bytes; gives the blob.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn put(&self, bytes: &[u8]) -> Result<CheckedFile, Error> {
        let sha256 = Sha256::of(bytes);
        if let Some(file) = self.get(&sha256, Some(bytes.len() as u64))? {
            return Ok(file);
        }
        let mut incoming = Incoming::resume(&self.temporary(&sha256))?;
        if let Err(error) = incoming.restart().and_then(|()| incoming.write(bytes)) {
            // On a full disk nothing that is useless may stay.
            incoming.discard()?;
            return Err(error);
        }
        incoming.publish(&self.path(&sha256), &sha256, Some(bytes.len() as u64))
    }

    /// Removes a blob; tells whether it was there.
    ///
    /// # Errors
    /// If it is there and cannot be removed.
    pub fn remove(&self, sha256: &Sha256) -> Result<bool, Error> {
        formwork_sys::fs::remove(&self.path(sha256))
    }

    fn partial(&self, sha256: &Sha256, ending: &str) -> PathBuf {
        self.root.join("partial").join(format!("{sha256}{ending}"))
    }

    /// A name that no other thread of any process uses.
    fn temporary(&self, sha256: &Sha256) -> PathBuf {
        use std::sync::atomic::{AtomicU64, Ordering};
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        self.partial(sha256, &format!(".tmp-{}-{count}", std::process::id()))
    }

    /// Removes what processes that were killed have left, if it is old enough.
    fn sweep(&self, now: SystemTime) {
        let Ok(entries) = fs::read_dir(self.root.join("partial")) else {
            return;
        };
        for entry in entries.flatten() {
            let Ok(modified) = entry.metadata().and_then(|metadata| metadata.modified()) else {
                continue;
            };
            let age = now.duration_since(modified).unwrap_or_default();
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let limit = match name.rsplit_once('.') {
                Some((_, "lock")) => STALE_TEMPORARY,
                Some((_, ending)) if ending.starts_with("tmp-") => STALE_TEMPORARY,
                _ => STALE_PARTIAL,
            };
            if age > limit {
                remove_leftover(&entry.path());
            }
        }
    }
}

/// Makes the directories of a cache.
fn prepare(cache: &Path) -> Result<(), Error> {
    for directory in ["blobs/sha256", "partial"] {
        let path = cache.join(directory);
        if !path.is_dir() {
            formwork_sys::fs::create_directory(&path)?;
        }
    }
    let tag = cache.join("CACHEDIR.TAG");
    if tag.exists() {
        Ok(())
    } else {
        formwork_sys::fs::replace(&tag, TAG.as_bytes())
    }
}

/// Notes the time of use as the file's time, but not at every use.
fn mark_used(path: &Path, now: SystemTime) {
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified());
    let recent =
        modified.is_ok_and(|time| now.duration_since(time).is_ok_and(|age| age < USE_MARK));
    if !recent {
        // In a cache that we may only read, nobody cleans by age either.
        let _ = formwork_sys::fs::set_modified(path, now);
    }
}

/// Removes a forgotten file; a lock only if nobody holds it.
fn remove_leftover(path: &Path) {
    if path.extension().is_some_and(|ending| ending == "lock") {
        if let Ok(Some(lock)) = Lock::attempt(path, Mode::Exclusive) {
            lock.release_and_remove();
        }
        return;
    }
    // Somebody else may be faster, and what stays does no harm.
    let _ = formwork_sys::fs::remove(path);
}

/// The event that says for what, and for whom, we wait.
fn waiting_for(what: &str, process: Option<u32>) -> Event {
    let what = match process {
        Some(process) => format!("{what} (process {process})"),
        None => what.to_owned(),
    };
    Event::Waiting { what }
}

#[cfg(test)]
mod tests;
