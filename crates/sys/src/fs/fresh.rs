//! A new file that grows piece by piece, hashed by another thread as it does.
//!
//! It is written under the name that it is given; whoever wants it whole or not at all writes it
//! into a directory of its own and moves it from there, see [`super::put`].

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use formwork_deb::sha256::{Hasher, Sha256};

use crate::Error;

/// How much is collected before it is written and hashed.
const BUFFER: usize = 256 * 1024;
/// How many pieces may wait to be hashed.
const WAITING: usize = 4;

/// A file that is being written.
pub struct Fresh {
    file: File,
    path: PathBuf,
    /// What is collected.
    piece: Vec<u8>,
    size: u64,
    /// Comes with the first full piece: hashing takes as long as writing.
    aside: Option<Aside>,
}

/// A thread that hashes pieces in their order and gives them back empty.
struct Aside {
    pieces: SyncSender<Vec<u8>>,
    empty: Receiver<Vec<u8>>,
    thread: JoinHandle<Hasher>,
}

impl Aside {
    fn begin() -> io::Result<Aside> {
        let (pieces, full) = sync_channel::<Vec<u8>>(WAITING);
        let (back, empty) = sync_channel(WAITING + 2);
        let hash = move || {
            let mut hasher = Hasher::new();
            for mut piece in full {
                hasher.update(&piece);
                piece.clear();
                // Where nobody takes it, it goes.
                let _full = back.try_send(piece);
            }
            hasher
        };
        let thread = std::thread::Builder::new()
            .name("formwork-hash".to_owned())
            .spawn(hash)?;
        Ok(Aside {
            pieces,
            empty,
            thread,
        })
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
        Ok(Fresh::of(file, path))
    }

    fn of(file: File, path: &Path) -> Fresh {
        Fresh {
            file,
            path: path.to_owned(),
            piece: Vec::with_capacity(BUFFER),
            size: 0,
            aside: None,
        }
    }

    /// Writes what is left, makes it last, and says what the file is.
    ///
    /// # Errors
    /// If that is not possible, for example because the disk is full.
    pub fn finish(mut self) -> Result<(Sha256, u64), Error> {
        let path = std::mem::take(&mut self.path);
        self.end()
            .map_err(|source| Error::io("write", &path, source))
    }

    fn end(self) -> io::Result<(Sha256, u64)> {
        let mut file = self.file;
        file.write_all(&self.piece)?;
        let size = self.size + self.piece.len() as u64;
        let mut hasher = match self.aside {
            None => Hasher::new(),
            Some(aside) => {
                drop(aside.pieces);
                aside.thread.join().map_err(|_| ended())?
            }
        };
        hasher.update(&self.piece);
        file.sync_data()?;
        Ok((hasher.finish(), size))
    }

    /// Writes the piece that is full, and hands it over to be hashed.
    fn turn(&mut self) -> io::Result<()> {
        self.file.write_all(&self.piece)?;
        self.size += self.piece.len() as u64;
        let aside = match &self.aside {
            Some(aside) => aside,
            None => self.aside.insert(Aside::begin()?),
        };
        let next = aside.empty.try_recv();
        let next = next.unwrap_or_else(|_| Vec::with_capacity(BUFFER));
        let full = std::mem::replace(&mut self.piece, next);
        aside.pieces.send(full).map_err(|_| ended())
    }
}

/// The thread that hashes never ends before it is told to.
fn ended() -> io::Error {
    io::Error::other("its digest cannot be computed")
}

impl Write for Fresh {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(BUFFER - self.piece.len());
        self.piece.extend_from_slice(&bytes[..count]);
        if self.piece.len() == BUFFER {
            self.turn()?;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        // What is collected is written when there is enough of it, or at the end.
        Ok(())
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
        let mut expected = Vec::new();
        for number in 0..40_u8 {
            // Pieces that end before, at and behind the end of what is collected.
            let length = BUFFER / 3 + usize::from(number % 3) * BUFFER / 3;
            let piece = vec![number; length];
            fresh.write_all(&piece).unwrap();
            expected.extend(piece);
        }
        let (sha256, size) = fresh.finish().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes == expected);
        assert_eq!((sha256, size), (Sha256::of(&bytes), bytes.len() as u64));
        assert!(Fresh::create(&path).is_err(), "nothing is overwritten");
    }

    #[test]
    fn a_full_disk_is_noticed_at_the_latest_at_the_end() {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut fresh = Fresh::of(full, Path::new("/dev/full"));
        fresh.write_all(b"x").unwrap();
        assert!(fresh.finish().unwrap_err().is_disk_full());
    }
}
