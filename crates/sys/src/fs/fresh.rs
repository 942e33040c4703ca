//! A new file that grows piece by piece, hashed as it does.
//!
//! It is written under the name that it is given; whoever wants it whole or not at all writes it
//! into a directory of its own and moves it from there, see [`super::put`].

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use formwork_deb::sha256::{Hasher, Sha256};

use crate::Error;

/// How much is collected before it is written and hashed.
const BUFFER: usize = 256 * 1024;

/// A file that is being written.
pub struct Fresh {
    writer: BufWriter<Hashed>,
    path: PathBuf,
}

/// A file that hashes what it is given.
struct Hashed {
    file: File,
    hasher: Hasher,
    size: u64,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        self.size += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Fresh {
    /// Begins a file that must not be there yet.
    ///
    /// # Errors
    /// If it is there or cannot be made.
    pub fn create(path: &Path) -> Result<Fresh, Error> {
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o644)
            .open(path)
            .map_err(|source| Error::io("create", path, source))?;
        let hashed = Hashed {
            file,
            hasher: Hasher::new(),
            size: 0,
        };
        Ok(Fresh {
            writer: BufWriter::with_capacity(BUFFER, hashed),
            path: path.to_owned(),
        })
    }

    /// Writes what is left, makes it last, and says what the file is.
    ///
    /// # Errors
    /// If that is not possible, for example because the disk is full.
    pub fn finish(self) -> Result<(Sha256, u64), Error> {
        let fail = |source| Error::io("write", &self.path, source);
        let hashed = self
            .writer
            .into_inner()
            .map_err(|error| fail(error.into_error()))?;
        hashed.file.sync_data().map_err(fail)?;
        Ok((hashed.hasher.finish(), hashed.size))
    }
}

impl Write for Fresh {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_hashed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        let mut fresh = Fresh::create(&path).unwrap();
        let piece = vec![b'x'; BUFFER / 3];
        for _ in 0..4 {
            fresh.write_all(&piece).unwrap();
        }
        let (sha256, size) = fresh.finish().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!((sha256, size), (Sha256::of(&bytes), bytes.len() as u64));
        assert_eq!(bytes.len(), 4 * piece.len());
        assert!(Fresh::create(&path).is_err(), "nothing is overwritten");
    }

    #[test]
    fn a_full_disk_is_noticed_at_the_latest_at_the_end() {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let hashed = Hashed {
            file: full,
            hasher: Hasher::new(),
            size: 0,
        };
        let mut fresh = Fresh {
            writer: BufWriter::with_capacity(BUFFER, hashed),
            path: PathBuf::from("/dev/full"),
        };
        fresh.write_all(b"x").unwrap();
        assert!(fresh.finish().unwrap_err().is_disk_full());
    }
}
