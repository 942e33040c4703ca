//! A large file that is written out of order and stays empty where nothing was written, such
//! as the image of a disk.
//!
//! It has another name until it is whole. Whoever drops it before leaves nothing behind.

use std::fs::{File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::NamedTempFile;

use crate::Error;

/// A file on its way, all zero at first.
#[derive(Debug)]
pub struct Sparse {
    file: NamedTempFile,
    path: PathBuf,
    /// Bytes that were written since the disk was last told to begin.
    waiting: AtomicU64,
}

/// How many bytes wait in memory before the disk begins with them.
const ENOUGH: u64 = 16 << 20;

impl Sparse {
    /// Begins a file of `size` bytes that will be called `path`.
    ///
    /// # Errors
    /// If no file can be made in its directory.
    pub fn create(path: &Path, size: u64) -> Result<Sparse, Error> {
        let file = tempfile::Builder::new()
            .prefix(".formwork-")
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(super::parent(path))
            .map_err(|source| Error::io("write a temporary file beside", path, source))?;
        let sparse = Sparse {
            file,
            path: path.to_owned(),
            waiting: AtomicU64::new(0),
        };
        sparse
            .set_size(size)
            .map_err(|source| Error::io("write", path, source))?;
        Ok(sparse)
    }

    /// Writes all bytes at an offset, beyond the end too.
    ///
    /// # Errors
    /// If they cannot be written, for example because the disk is full.
    pub fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.inner().write_all_at(bytes, offset)?;
        let length = bytes.len() as u64;
        if self.waiting.fetch_add(length, Ordering::Relaxed) + length >= ENOUGH {
            self.waiting.store(0, Ordering::Relaxed);
            self.begin_to_sync();
        }
        Ok(())
    }

    /// Lets the disk begin with what was written, so that less is left to be waited for later.
    #[allow(unsafe_code)]
    fn begin_to_sync(&self) {
        // SAFETY: the descriptor is open as long as `self` is, and no memory is handed over.
        // A file system that cannot do it only begins later.
        let _begun = unsafe {
            libc::sync_file_range(self.inner().as_raw_fd(), 0, 0, libc::SYNC_FILE_RANGE_WRITE)
        };
    }

    /// Fills a buffer from an offset.
    ///
    /// # Errors
    /// If the file ends before, or cannot be read.
    pub fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.inner().read_exact_at(buffer, offset)
    }

    /// Makes the file longer, with zeroes, or shorter.
    ///
    /// # Errors
    /// If the file system has no such sizes.
    pub fn set_size(&self, size: u64) -> io::Result<()> {
        self.inner().set_len(size)
    }

    /// Makes what was written so far last, so that less is left to be waited for at the end.
    ///
    /// # Errors
    /// If that is not possible.
    pub fn sync(&self) -> io::Result<()> {
        self.inner().sync_data()
    }

    /// Makes the file last and gives it its name; what had the name before is replaced.
    ///
    /// # Errors
    /// If that is not possible; what had the name before is then still there.
    pub fn publish(self) -> Result<(), Error> {
        let Sparse { file, path, .. } = self;
        file.as_file()
            .sync_data()
            .map_err(|source| Error::io("sync", &path, source))?;
        file.persist(&path)
            .map_err(|error| Error::io("replace", &path, error.error))?;
        super::sync_directory(super::parent(&path))
    }

    fn inner(&self) -> &File {
        self.file.as_file()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn only_what_was_written_takes_room() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("disk.raw");
        let sparse = Sparse::create(&path, 64 << 20).unwrap();
        sparse.write_at(32 << 20, b"middle").unwrap();
        let mut found = [0; 8];
        sparse.read_at((32 << 20) - 1, &mut found).unwrap();
        assert_eq!(&found, b"\0middle\0");
        assert!(sparse.read_at((64 << 20) - 4, &mut found).is_err());
        sparse.set_size(65 << 20).unwrap();
        assert!(!path.exists(), "it has its name when it is whole");
        sparse.publish().unwrap();
        let metadata = std::fs::metadata(&path).unwrap();
        assert_eq!(metadata.len(), 65 << 20);
        assert!(metadata.blocks() * 512 < 1 << 20, "{}", metadata.blocks());
    }

    #[test]
    fn nothing_is_left_of_what_is_dropped_and_the_old_file_stays() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("disk.raw");
        std::fs::write(&path, "old").unwrap();
        let sparse = Sparse::create(&path, 4096).unwrap();
        sparse.write_at(0, b"new").unwrap();
        drop(sparse);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        Sparse::create(&path, 0).unwrap().publish().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"");
        let missing = Sparse::create(Path::new("/nonexistent/disk.raw"), 0);
        assert!(missing.unwrap_err().to_string().contains("/nonexistent"));
    }
}
