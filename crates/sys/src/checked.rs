//! Files whose content has been checked, and files on their way to become so.
//!
//! A [`CheckedFile`] is proof: only this module makes one, and only after it has hashed every
//! byte. An [`Incoming`] file hashes what is written to it and lives under a temporary name
//! until all of it is there and right.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use formwork_deb::sha256::{Hasher, Sha256};

use crate::Error;

/// How much is read at once while hashing.
const CHUNK: usize = 256 * 1024;

/// A file that was read whole and found to have this size and hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedFile {
    path: PathBuf,
    sha256: Sha256,
    size: u64,
}

impl CheckedFile {
    /// Reads a file whole and compares it; `size` is compared first if it is known.
    ///
    /// # Errors
    /// [`Error::WrongSize`] or [`Error::WrongHash`] if it differs, [`Error::Io`] if it cannot be read.
    pub fn check(path: &Path, sha256: &Sha256, size: Option<u64>) -> Result<CheckedFile, Error> {
        let mut file = open(path)?;
        let fail = |source| Error::io("read", path, source);
        let length = file.metadata().map_err(fail)?.len();
        compare_size(path, size.unwrap_or(length), length)?;
        let mut hasher = Hasher::new();
        let found = hash_all(&mut file, &mut hasher).map_err(fail)?;
        compare_size(path, size.unwrap_or(found), found)?;
        compare_hash(path, sha256, hasher)?;
        Ok(CheckedFile {
            path: path.to_owned(),
            sha256: *sha256,
            size: found,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its hash.
    #[must_use]
    pub fn sha256(&self) -> &Sha256 {
        &self.sha256
    }

    /// Its size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }
}

/// A file that is being written under a temporary name, hashed as it grows.
#[derive(Debug)]
pub struct Incoming {
    file: File,
    path: PathBuf,
    hasher: Hasher,
    size: u64,
}

impl Incoming {
    /// Opens what an earlier try has left at `path`, or begins there with nothing.
    ///
    /// # Errors
    /// If the file cannot be made or read.
    pub fn resume(path: &Path) -> Result<Incoming, Error> {
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path);
        let mut file = opened.map_err(|source| Error::io("open", path, source))?;
        let mut hasher = Hasher::new();
        let size =
            hash_all(&mut file, &mut hasher).map_err(|source| Error::io("read", path, source))?;
        Ok(Incoming {
            file,
            path: path.to_owned(),
            hasher,
            size,
        })
    }

    /// Its temporary name.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many bytes are there.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds bytes at the end.
    ///
    /// # Errors
    /// If they cannot be written; those that were there before are kept.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if let Err(source) = self.file.write_all(bytes) {
            // Part of it may have arrived: forget it, so that size and hash stay true.
            let _ = self
                .file
                .set_len(self.size)
                .and_then(|()| self.file.seek(SeekFrom::Start(self.size)));
            return Err(Error::io("write", &self.path, source));
        }
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        Ok(())
    }

    /// Throws away all that is there.
    ///
    /// # Errors
    /// If the file cannot be cut.
    pub fn restart(&mut self) -> Result<(), Error> {
        let cut = self.file.set_len(0).and_then(|()| self.file.rewind());
        cut.map_err(|source| Error::io("cut", &self.path, source))?;
        self.hasher = Hasher::new();
        self.size = 0;
        Ok(())
    }

    /// Removes the file.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn discard(self) -> Result<(), Error> {
        crate::fs::remove(&self.path).map(|_| ())
    }

    /// Checks what has arrived and gives it its lasting name, read-only.
    ///
    /// # Errors
    /// [`Error::WrongSize`] or [`Error::WrongHash`] if it is not what it should be; the file is
    /// then removed. Other errors leave it as it is.
    pub fn publish(
        self,
        target: &Path,
        sha256: &Sha256,
        size: Option<u64>,
    ) -> Result<CheckedFile, Error> {
        let right = compare_size(&self.path, size.unwrap_or(self.size), self.size)
            .and_then(|()| compare_hash(&self.path, sha256, self.hasher.clone()));
        if let Err(mismatch) = right {
            self.discard()?;
            return Err(mismatch);
        }
        if let Some(directory) = target.parent() {
            crate::fs::create_directory(directory)?;
        }
        let fail = |source| Error::io("write", target, source);
        make_read_only(&self.file).map_err(fail)?;
        self.file.sync_data().map_err(fail)?;
        fs::rename(&self.path, target).map_err(fail)?;
        Ok(CheckedFile {
            path: target.to_owned(),
            sha256: *sha256,
            size: self.size,
        })
    }
}

/// Takes away the right to write; who may read stays as the user's umask made it.
fn make_read_only(file: &File) -> std::io::Result<()> {
    let mode = file.metadata()?.permissions().mode();
    file.set_permissions(Permissions::from_mode(mode & 0o555))
}

/// Hashes a file whole.
///
/// # Errors
/// If it cannot be read.
pub fn hash_file(path: &Path) -> Result<(Sha256, u64), Error> {
    let mut hasher = Hasher::new();
    let size = hash_all(&mut open(path)?, &mut hasher)
        .map_err(|source| Error::io("read", path, source))?;
    Ok((hasher.finish(), size))
}

fn open(path: &Path) -> Result<File, Error> {
    File::open(path).map_err(|source| Error::io("open", path, source))
}

fn hash_all(file: &mut File, hasher: &mut Hasher) -> std::io::Result<u64> {
    let mut buffer = vec![0; CHUNK];
    let mut size = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(size),
            Ok(count) => {
                hasher.update(&buffer[..count]);
                size += count as u64;
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn compare_size(path: &Path, expected: u64, found: u64) -> Result<(), Error> {
    if expected == found {
        Ok(())
    } else {
        Err(Error::WrongSize {
            path: path.to_owned(),
            expected,
            found,
        })
    }
}

fn compare_hash(path: &Path, expected: &Sha256, hasher: Hasher) -> Result<(), Error> {
    let found = hasher.finish();
    if found == *expected {
        return Ok(());
    }
    Err(Error::WrongHash {
        path: path.to_owned(),
        expected: *expected,
        found,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_checked_by_size_and_hash() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        fs::write(&path, b"abc").unwrap();
        let right = Sha256::of(b"abc");
        let file = CheckedFile::check(&path, &right, Some(3)).unwrap();
        assert_eq!(
            (file.path(), file.size(), file.sha256()),
            (path.as_path(), 3, &right)
        );
        assert!(matches!(
            CheckedFile::check(&path, &right, Some(4)),
            Err(Error::WrongSize {
                expected: 4,
                found: 3,
                ..
            })
        ));
        let wrong = CheckedFile::check(&path, &Sha256::of(b"abd"), Some(3)).unwrap_err();
        assert!(wrong.is_mismatch() && wrong.to_string().contains(&right.to_string()));
        assert!(
            CheckedFile::check(&directory.path().join("b"), &right, None)
                .unwrap_err()
                .is_not_found()
        );
    }

    #[test]
    fn an_interrupted_file_is_continued_and_published() {
        let directory = tempfile::tempdir().unwrap();
        let (partial, target) = (
            directory.path().join("p"),
            directory.path().join("ab/target"),
        );
        let mut first = Incoming::resume(&partial).unwrap();
        first.write(b"abc").unwrap();
        drop(first);
        let mut second = Incoming::resume(&partial).unwrap();
        assert_eq!(second.size(), 3);
        second.write(b"def").unwrap();
        let file = second
            .publish(&target, &Sha256::of(b"abcdef"), Some(6))
            .unwrap();
        assert_eq!(fs::read(file.path()).unwrap(), b"abcdef");
        let mode = fs::metadata(&target).unwrap().permissions().mode();
        assert_eq!(mode & 0o333, 0, "nobody may write");
        assert_ne!(mode & 0o400, 0, "we may read");
        assert!(!partial.exists());
    }

    #[test]
    fn wrong_content_is_never_published() {
        let directory = tempfile::tempdir().unwrap();
        let (partial, target) = (directory.path().join("p"), directory.path().join("target"));
        for (content, size) in [("abd", 3), ("ab", 3), ("abcd", 3)] {
            let mut incoming = Incoming::resume(&partial).unwrap();
            incoming.write(content.as_bytes()).unwrap();
            let error = incoming
                .publish(&target, &Sha256::of(b"abc"), Some(size))
                .unwrap_err();
            assert!(error.is_mismatch(), "{error}");
            assert!(!partial.exists() && !target.exists());
        }
    }

    #[test]
    fn restarting_forgets_what_was_there() {
        let directory = tempfile::tempdir().unwrap();
        let mut incoming = Incoming::resume(&directory.path().join("p")).unwrap();
        incoming.write(b"wrong").unwrap();
        incoming.restart().unwrap();
        incoming.write(b"abc").unwrap();
        let target = directory.path().join("target");
        assert_eq!(
            incoming
                .publish(&target, &Sha256::of(b"abc"), None)
                .unwrap()
                .size(),
            3
        );
    }
}
