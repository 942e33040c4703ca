//! `formwork cache info`, `clean` and `verify`.
//!
//! Cleaning takes the cache's lock alone: it waits until nobody uses the cache. Only the
//! directories named here are ever touched, and only where our tag stands.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs::{self, DirEntry, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use formwork_deb::sha256::Sha256;
use formwork_deb::time::Timestamp;
use formwork_model::event::{Event, Phase, Sink, Unit};
use formwork_sys::fs::{Lock, Mode, Waiting};
use formwork_sys::{CheckedFile, Error};

use super::waiting_for;
use crate::http::{Crew, run_all};

/// What an entry of the cache is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A Debian package.
    Package,
    /// An index or a Release file, as downloaded.
    Index,
    /// A download that was interrupted.
    Partial,
    /// Something that was made from indices and can be made again.
    Derived,
    /// A tree of a build, to begin the next one with.
    Stage,
}

impl Kind {
    /// The plural, for tables.
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            Kind::Package => "packages",
            Kind::Index => "indices",
            Kind::Partial => "partial downloads",
            Kind::Derived => "derived files",
            Kind::Stage => "stages",
        }
    }
}

/// How much there is of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindInfo {
    /// Which kind.
    pub kind: Kind,
    /// How many files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What is in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheInfo {
    /// Where it is.
    pub directory: PathBuf,
    /// Each kind that occurs, in order.
    pub kinds: Vec<KindInfo>,
    /// When the entry that has been unused for longest was last used.
    pub oldest: Option<Timestamp>,
    /// When an entry was last used.
    pub newest: Option<Timestamp>,
}

/// What to clean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clean {
    /// Everything.
    All,
    /// What nobody has used for so many days.
    UnusedFor(u32),
    /// The stages of builds.
    Stages,
}

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// How many files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many blobs were left because they are to be kept.
    pub kept: u64,
}

/// What reading everything has shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many blobs were read.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Those that were wrong, now removed, in order of their path.
    pub corrupt: Vec<PathBuf>,
}

/// Where blobs are.
const BLOBS: &str = "blobs";

/// The directories of a cache that may be cleaned, and what they hold.
///
/// `blobs` is not here: what a blob is, its first bytes tell.
const DIRECTORIES: [(&str, Option<Kind>); 10] = [
    (BLOBS, None),
    ("blocks", Some(Kind::Derived)),
    ("built", Some(Kind::Derived)),
    ("partial", Some(Kind::Partial)),
    ("directories", Some(Kind::Derived)),
    ("facts", Some(Kind::Derived)),
    ("quick", Some(Kind::Derived)),
    ("snapshots", Some(Kind::Derived)),
    ("stages", Some(Kind::Stage)),
    ("universe", Some(Kind::Derived)),
];

/// Counts what is in the cache; a cache that does not exist is empty.
///
/// # Errors
/// If a directory cannot be read.
pub fn info(cache: &Path) -> Result<CacheInfo, Error> {
    let mut kinds: std::collections::BTreeMap<Kind, KindInfo> = Default::default();
    let (mut oldest, mut newest): (Option<Timestamp>, Option<Timestamp>) = (None, None);
    for (directory, kind) in DIRECTORIES {
        for file in files_below(&cache.join(directory))? {
            let kind = kind.unwrap_or_else(|| kind_of(&file.path));
            if kind == Kind::Partial && is_side_file(&file.path) {
                continue;
            }
            let entry = kinds.entry(kind).or_insert(KindInfo {
                kind,
                files: 0,
                bytes: 0,
            });
            entry.files += 1;
            entry.bytes += file.size;
            let used = timestamp(file.modified);
            oldest = Some(oldest.map_or(used, |oldest| oldest.min(used)));
            newest = Some(newest.map_or(used, |newest| newest.max(used)));
        }
    }
    Ok(CacheInfo {
        directory: cache.to_owned(),
        kinds: kinds.into_values().collect(),
        oldest,
        newest,
    })
}

/// Removes entries but the blobs that are to be kept, once nobody else uses the cache; `None` if
/// interrupted while waiting.
///
/// # Errors
/// If an entry cannot be removed.
pub fn clean(
    cache: &Path,
    what: Clean,
    keep: &BTreeSet<Sha256>,
    now: Timestamp,
    events: &Sink,
) -> Result<Option<Cleaned>, Error> {
    if !cache.join("CACHEDIR.TAG").exists() {
        return Ok(Some(Cleaned::default()));
    }
    let waiting = Waiting {
        patience: Duration::from_millis(500),
        tell: &|process| {
            events(waiting_for(
                "the cache, which another formwork uses",
                process,
            ))
        },
        give_up: &formwork_sys::signal::interrupted,
    };
    let Some(_alone) = Lock::wait(&cache.join("cache.lock"), Mode::Exclusive, &waiting)? else {
        return Ok(None);
    };
    let mut cleaned = Cleaned::default();
    let stages = |kind| what != Clean::Stages || kind == Some(Kind::Stage);
    for (directory, _) in DIRECTORIES.into_iter().filter(|(_, kind)| stages(*kind)) {
        for file in files_below(&cache.join(directory))? {
            if formwork_sys::signal::interrupted() {
                return Ok(None);
            }
            if !is_due(&file, what, now) {
                continue;
            }
            if directory == BLOBS && is_kept(&file, keep) {
                cleaned.kept += 1;
            } else if formwork_sys::fs::remove(&file.path)? {
                cleaned.files += 1;
                cleaned.bytes += file.size;
            }
        }
        let is_empty = directory != BLOBS || cleaned.kept == 0;
        if what == Clean::All && is_empty {
            formwork_sys::fs::remove_directory(&cache.join(directory))?;
        }
    }
    Ok(Some(cleaned))
}

/// Whether a blob, which is named after its content, is to be kept.
fn is_kept(file: &Found, keep: &BTreeSet<Sha256>) -> bool {
    let name = file.path.file_name().and_then(|name| name.to_str());
    let digest = name.and_then(|name| name.parse::<Sha256>().ok());
    digest.is_some_and(|digest| keep.contains(&digest))
}

fn is_due(file: &Found, what: Clean, now: Timestamp) -> bool {
    match what {
        Clean::All | Clean::Stages => true,
        Clean::UnusedFor(days) => {
            let age = now.0.saturating_sub(timestamp(file.modified).0);
            age > i64::from(days).saturating_mul(86_400)
        }
    }
}

/// Hashes every blob again, in parallel, and removes those that are wrong; `None` if interrupted.
///
/// # Errors
/// If a blob cannot be read or removed.
pub fn verify(cache: &Path, jobs: usize, events: &Sink) -> Result<Option<Verified>, Error> {
    let files = Arc::new(files_below(&cache.join("blobs"))?);
    let total = files.iter().map(|file| file.size).sum();
    let phase = Phase::Verify;
    events(Event::Started {
        phase,
        unit: Unit::Bytes,
        total: Some(total),
    });
    let done = Arc::new(AtomicU64::new(0));
    let (theirs, counted) = (Arc::clone(&files), Arc::clone(&done));
    let work = move |index: usize| {
        let right = is_right(&theirs[index]);
        counted.fetch_add(theirs[index].size, Ordering::Relaxed);
        right
    };
    let told = Cell::new(0);
    let tick = || {
        let done = done.load(Ordering::Relaxed);
        if told.replace(done) != done {
            events(Event::Advanced {
                phase,
                item: String::new(),
                done,
                total: Some(total),
            });
        }
    };
    let crew = Crew {
        jobs,
        interrupted: &formwork_sys::signal::interrupted,
        stop: &|| {},
        tick: &tick,
    };
    let Some(results) = run_all(&crew, files.len(), Arc::new(work)) else {
        return Ok(None);
    };
    let mut verified = Verified {
        files: files.len() as u64,
        bytes: total,
        corrupt: Vec::new(),
    };
    for (file, right) in files.iter().zip(results) {
        if !right? {
            formwork_sys::fs::remove(&file.path)?;
            verified.corrupt.push(file.path.clone());
        }
    }
    let summary = format!(
        "{} files, {} of them wrong",
        verified.files,
        verified.corrupt.len()
    );
    events(Event::Finished { phase, summary });
    Ok(Some(verified))
}

/// Tells whether a blob has the content that its name says; one that vanished is no fault.
fn is_right(file: &Found) -> Result<bool, Error> {
    let name = file.path.file_name().unwrap_or_default().to_string_lossy();
    let Ok(sha256) = name.parse::<Sha256>() else {
        return Ok(false);
    };
    match CheckedFile::check(&file.path, &sha256, None) {
        Ok(_) => Ok(true),
        Err(error) if error.is_mismatch() => Ok(false),
        Err(error) if error.is_not_found() => Ok(true),
        Err(error) => Err(error),
    }
}

/// A file of the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) size: u64,
    pub(super) modified: SystemTime,
}

/// All files below a directory, in order of their path; nothing if it is not there.
pub(super) fn files_below(directory: &Path) -> Result<Vec<Found>, Error> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        let fail = |source| Error::io("read the directory", &directory, source);
        let entries = match fs::read_dir(&directory) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            other => other.map_err(fail)?,
        };
        for entry in entries {
            let entry = entry.map_err(fail)?;
            if entry.file_type().map_err(fail)?.is_dir() {
                open.push(entry.path());
            } else if let Some(file) = look_at(&entry) {
                found.push(file);
            }
        }
    }
    found.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(found)
}

/// Size and time of an entry, unless it has just been removed.
fn look_at(entry: &DirEntry) -> Option<Found> {
    let metadata = entry.metadata().ok()?;
    let modified = metadata.modified().ok()?;
    Some(Found {
        path: entry.path(),
        size: metadata.len(),
        modified,
    })
}

/// Locks and notes beside a partial download.
fn is_side_file(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending == "lock" || ending == "from")
}

/// What a blob is, by its first bytes: packages are `ar` archives.
fn kind_of(path: &Path) -> Kind {
    let mut start = [0; 8];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    if read.is_ok() && &start == b"!<arch>\n" {
        Kind::Package
    } else {
        Kind::Index
    }
}

pub(super) fn timestamp(time: SystemTime) -> Timestamp {
    let seconds = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    Timestamp(match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => seconds(since),
        Err(before) => -seconds(before.duration()),
    })
}
