//! A file that can be made again: whole or not there, but not made to outlast a power cut.

use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::{Error, fs};

/// How much is collected before it is written.
const BUFFER: usize = 256 * 1024;

/// Such a file while it is written, under another name; without [`Kept::keep`] it goes again.
pub struct Kept {
    writer: BufWriter<NamedTempFile>,
    path: PathBuf,
}

impl Kept {
    /// Begins a file, and makes the directory that it lies in.
    ///
    /// # Errors
    /// If that is not possible.
    pub fn create(path: &Path) -> Result<Kept, Error> {
        let directory = path.parent().unwrap_or(Path::new("/"));
        fs::create_directory(directory)?;
        let temporary = tempfile::Builder::new()
            .prefix(".formwork-")
            .tempfile_in(directory)
            .map_err(|source| Error::io("write a temporary file beside", path, source))?;
        Ok(Kept {
            writer: BufWriter::with_capacity(BUFFER, temporary),
            path: path.to_owned(),
        })
    }

    /// The name that it will have.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes at a place of it, which several threads may do at once; what is written so is not
    /// collected first.
    ///
    /// # Errors
    /// If that is not possible.
    pub fn write_at(&self, bytes: &[u8], place: u64) -> io::Result<()> {
        let file = self.writer.get_ref().as_file();
        file.write_all_at(bytes, place)
    }

    /// Gives it its name; what was there before is replaced.
    ///
    /// # Errors
    /// If the rest cannot be written, or the file not be renamed.
    pub fn keep(self) -> io::Result<()> {
        let path = self.path.clone();
        self.keep_as(&path)
    }

    /// Gives it another name of the same directory, which its content may tell.
    ///
    /// # Errors
    /// If the rest cannot be written, or the file not be renamed.
    pub fn keep_as(self, path: &Path) -> io::Result<()> {
        let temporary = self
            .writer
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error)?;
        temporary.persist(path).map_err(|error| error.error)?;
        Ok(())
    }
}

impl Write for Kept {
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
    fn it_is_whole_or_not_there() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new/a");
        let mut kept = Kept::create(&path).unwrap();
        kept.write_all(b"one").unwrap();
        assert!(!path.exists());
        drop(kept);
        let entries = || std::fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(entries(), 0, "what is not kept leaves nothing");
        for content in [b"one".as_slice(), b"two"] {
            let mut kept = Kept::create(&path).unwrap();
            kept.write_all(content).unwrap();
            kept.keep().unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), content);
        }
        assert_eq!(entries(), 1);
    }

    #[test]
    fn places_are_written_in_any_order() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        let kept = Kept::create(&path).unwrap();
        kept.write_at(b"end", 2).unwrap();
        kept.write_at(b"in", 0).unwrap();
        kept.keep().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"inend");
    }
}
