//! Locks between processes: `flock` on a file of its own that is never renamed.
//!
//! The holder of an exclusive lock writes its process number into the file, so that whoever
//! waits can say for whom. A lock file may be removed by its holder; those who waited notice
//! that the name now means another file, and begin again.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::Error;

/// How long to sleep between two tries.
const POLL: Duration = Duration::from_millis(20);

/// Whether others may hold the lock too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Others may hold it shared at the same time.
    Shared,
    /// Nobody else may hold it.
    Exclusive,
}

/// What to do while another process holds the lock.
pub struct Waiting<'a> {
    /// After how long `tell` is called.
    pub patience: Duration,
    /// Called once, with the number of the process that holds the lock if it is known.
    pub tell: &'a dyn Fn(Option<u32>),
    /// Asked again and again; `true` ends the waiting without the lock.
    pub give_up: &'a dyn Fn() -> bool,
}

/// A lock that is held until this value is dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock alone, waiting as long as it takes.
    ///
    /// # Errors
    /// If the lock file cannot be made or locked.
    pub fn exclusive(path: &Path) -> Result<Lock, Error> {
        Self::for_ever(path, Mode::Exclusive)
    }

    /// Takes the lock together with others, waiting as long as it takes.
    ///
    /// # Errors
    /// If the lock file cannot be made or locked.
    pub fn shared(path: &Path) -> Result<Lock, Error> {
        Self::for_ever(path, Mode::Shared)
    }

    fn for_ever(path: &Path, mode: Mode) -> Result<Lock, Error> {
        loop {
            let waiting = Waiting {
                patience: Duration::MAX,
                tell: &|_| {},
                give_up: &|| false,
            };
            if let Some(lock) = Self::wait(path, mode, &waiting)? {
                return Ok(lock);
            }
        }
    }

    /// Takes the lock if nobody holds it in a way that excludes us.
    ///
    /// # Errors
    /// If the lock file cannot be made or locked.
    pub fn attempt(path: &Path, mode: Mode) -> Result<Option<Lock>, Error> {
        loop {
            let file = open(path, mode)?;
            let locked = match mode {
                Mode::Shared => file.try_lock_shared(),
                Mode::Exclusive => file.try_lock(),
            };
            match locked {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(source)) => return Err(Error::io("lock", path, source)),
            }
            if still_named(&file, path) {
                let mut lock = Lock {
                    file,
                    path: path.to_owned(),
                };
                lock.note_holder(mode);
                return Ok(Some(lock));
            }
        }
    }

    /// Takes the lock, and tells or gives up as `waiting` says; `None` if it gave up.
    ///
    /// # Errors
    /// If the lock file cannot be made or locked.
    pub fn wait(path: &Path, mode: Mode, waiting: &Waiting<'_>) -> Result<Option<Lock>, Error> {
        let start = Instant::now();
        let mut told = false;
        loop {
            if let Some(lock) = Self::attempt(path, mode)? {
                return Ok(Some(lock));
            }
            if (waiting.give_up)() {
                return Ok(None);
            }
            if !told && start.elapsed() >= waiting.patience {
                told = true;
                (waiting.tell)(holder(path));
            }
            std::thread::sleep(POLL);
        }
    }

    /// Gives the lock back and removes its file, so that directories of locks do not fill up.
    pub fn release_and_remove(self) {
        // The name goes while we still hold the lock; whoever waits notices (`still_named`).
        // That it cannot be removed hurts nobody.
        let _ = std::fs::remove_file(&self.path);
    }

    /// Writes down who holds the lock; a courtesy only, so a failure does not matter.
    fn note_holder(&mut self, mode: Mode) {
        let text = match mode {
            Mode::Shared => String::new(),
            Mode::Exclusive => format!("{}\n", std::process::id()),
        };
        let _ = self.file.set_len(0);
        let _ = self
            .file
            .rewind()
            .and_then(|()| self.file.write_all(text.as_bytes()));
    }
}

fn open(path: &Path, mode: Mode) -> Result<File, Error> {
    let opened = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path);
    let opened = match opened {
        // A shared lock can be taken on a cache that we may only read.
        Err(error) if mode == Mode::Shared && is_read_only(&error) => File::open(path),
        other => other,
    };
    opened.map_err(|source| Error::io("open the lock file", path, source))
}

fn is_read_only(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
    )
}

/// Tells whether `path` still means the file that we have locked.
fn still_named(file: &File, path: &Path) -> bool {
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(ours), Ok(named)) => ours.dev() == named.dev() && ours.ino() == named.ino(),
        _ => false,
    }
}

/// The process that says it holds the lock.
fn holder(path: &Path) -> Option<u32> {
    let mut text = String::new();
    File::open(path)
        .ok()?
        .take(32)
        .read_to_string(&mut text)
        .ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn exclusive_keeps_others_out_and_shared_lets_them_in() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.lock");
        let alone = Lock::exclusive(&path).unwrap();
        assert!(Lock::attempt(&path, Mode::Shared).unwrap().is_none());
        assert!(Lock::attempt(&path, Mode::Exclusive).unwrap().is_none());
        drop(alone);
        let first = Lock::shared(&path).unwrap();
        let second = Lock::attempt(&path, Mode::Shared).unwrap();
        assert!(second.is_some());
        assert!(Lock::attempt(&path, Mode::Exclusive).unwrap().is_none());
        drop((first, second));
        assert!(Lock::attempt(&path, Mode::Exclusive).unwrap().is_some());
    }

    #[test]
    fn whoever_waits_is_told_for_whom_and_may_give_up() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.lock");
        let _held = Lock::exclusive(&path).unwrap();
        let told = Cell::new(None);
        let tries = Cell::new(0);
        let waiting = Waiting {
            patience: Duration::from_millis(30),
            tell: &|process| told.set(Some(process)),
            give_up: &|| {
                tries.set(tries.get() + 1);
                tries.get() > 4
            },
        };
        assert!(
            Lock::wait(&path, Mode::Exclusive, &waiting)
                .unwrap()
                .is_none()
        );
        assert_eq!(told.get(), Some(Some(std::process::id())));
    }

    #[test]
    fn a_removed_lock_file_never_lets_two_in() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.lock");
        let inside = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..25 {
                        let lock = Lock::exclusive(&path).unwrap();
                        assert_eq!(inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0);
                        std::thread::yield_now();
                        inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                        lock.release_and_remove();
                    }
                });
            }
        });
        assert!(!path.exists());
    }
}
