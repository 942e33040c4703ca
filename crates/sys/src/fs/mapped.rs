//! Files seen as memory, read-only.

use std::fs::File;
use std::ops::Deref;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::Error;

/// After how many bytes the memory that holds them is given back.
const MUCH: usize = 16 << 20;

/// A file of our own cache, mapped into memory.
#[derive(Debug)]
pub struct MappedFile {
    map: memmap2::Mmap,
    /// How much was read since memory was given back.
    read: AtomicUsize,
}

impl MappedFile {
    /// Maps a file that was written under a temporary name and renamed, and is never changed.
    ///
    /// # Errors
    /// If the file cannot be opened or mapped.
    // The house's only mapping: see the safety note.
    #[allow(unsafe_code)]
    pub fn open(path: &Path) -> Result<MappedFile, Error> {
        let fail = |source| Error::io("map", path, source);
        let file = File::open(path).map_err(fail)?;
        // SAFETY: a mapping is sound as long as nobody changes or truncates the file. Only files
        // of our own cache are mapped; they are written under another name, synced, renamed into
        // place and from then on only unlinked, which leaves the mapped pages alone.
        let map = unsafe { memmap2::Mmap::map(&file) }.map_err(fail)?;
        Ok(MappedFile {
            map,
            read: AtomicUsize::new(0),
        })
    }

    /// Takes note that so many bytes were read and are not needed any more; gives back the memory
    /// that holds them each time that they have become many.
    pub fn was_read(&self, bytes: usize) {
        if self.read.fetch_add(bytes, Ordering::Relaxed) + bytes >= MUCH {
            self.read.store(0, Ordering::Relaxed);
            self.let_go();
        }
    }

    /// Gives the memory back that holds what was read; what is asked for again is read again.
    #[allow(unsafe_code)]
    pub fn let_go(&self) {
        // SAFETY: the mapping is read-only and of a file that nobody changes, so what is read
        // again is what was read before.
        let advice = memmap2::UncheckedAdvice::DontNeed;
        // A kernel that does not take the advice only keeps more in memory.
        let _kept = unsafe { self.map.unchecked_advise(advice) };
    }
}

/// How many bytes of mapped files are in memory now, those of file systems in memory too; nothing
/// where the kernel does not tell.
#[must_use]
pub fn mapped_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes = |name: &str| -> Option<u64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix(" kB")?.parse().ok()
    };
    let kilobytes = kilobytes("RssFile:")? + kilobytes("RssShmem:").unwrap_or_default();
    Some(kilobytes * 1024)
}

impl Deref for MappedFile {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.map
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_outlives_the_name() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        crate::fs::replace(&path, b"mapped").unwrap();
        let map = MappedFile::open(&path).unwrap();
        crate::fs::replace(&path, b"other").unwrap();
        crate::fs::remove(&path).unwrap();
        assert_eq!(&*map, b"mapped");
        map.let_go();
        assert_eq!(&*map, b"mapped");
    }

    #[test]
    fn what_was_read_is_told_and_let_go() {
        // A process of its own: what other tests map and drop at the same time would count too.
        const ALONE: &str = "FORMWORK_TEST_ALONE";
        if std::env::var_os(ALONE).is_none() {
            let name = "fs::mapped::tests::what_was_read_is_told_and_let_go";
            let this = std::env::current_exe().unwrap();
            let mut command = std::process::Command::new(this);
            let output = command.args(["--exact", name]).env(ALONE, "1").output();
            let output = output.unwrap();
            let told = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(told.contains("1 passed"), "{told}");
            return;
        }
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        crate::fs::replace(&path, &vec![1; 64 << 20]).unwrap();
        let map = MappedFile::open(&path).unwrap();
        let sum: u64 = map.iter().map(|byte| u64::from(*byte)).sum();
        assert_eq!(sum, 64 << 20);
        map.was_read(MUCH - 1);
        let before = mapped_memory().unwrap();
        map.was_read(1);
        let after = mapped_memory().unwrap();
        assert!(
            before > 64 << 20 && after < before - (60 << 20),
            "{before} {after}"
        );
    }

    #[test]
    fn an_empty_file_maps_to_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        crate::fs::replace(&path, b"").unwrap();
        assert!(MappedFile::open(&path).unwrap().is_empty());
        assert!(
            MappedFile::open(&directory.path().join("b"))
                .unwrap_err()
                .is_not_found()
        );
    }
}
