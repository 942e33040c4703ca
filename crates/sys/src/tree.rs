//! A tree of files that is being built: every operation stays beneath its root.
//!
//! Paths are relative to the root; slashes and `./` in front are passed over. Names are taken
//! from packages and people, so they are looked at first: `..`, NULs and overlong names are
//! refused. Directories on the way are opened by `openat2` with `RESOLVE_IN_ROOT`: a symbolic
//! link leads where it would lead in the finished system, and never out of the tree. The last
//! part of a path is never followed, except where a method says so.
//!
//! [`Directory`] holds one directory open, for many operations in it.

mod directory;
mod metadata;
mod walk;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use crate::Error;

pub use directory::{Directory, Seal, shuffle};
pub use metadata::{Kind, Metadata, Time};
pub use walk::Visited;

/// No path is longer, as the system has it.
const MAX_PATH: usize = 4096;
/// No name is longer.
const MAX_NAME: usize = 255;
/// What a directory is opened with.
const DIRECTORY: OFlags = OFlags::DIRECTORY
    .union(OFlags::RDONLY)
    .union(OFlags::CLOEXEC);
/// How often a look-up that a renaming has disturbed is tried again.
const TRIES: usize = 128;

/// A tree of files, held by a handle on its root.
#[derive(Clone, Debug)]
pub struct Tree {
    root: Arc<OwnedFd>,
    path: PathBuf,
}

impl Tree {
    /// Opens the tree whose root is this directory of the host.
    ///
    /// # Errors
    /// If it is no directory, or cannot be opened.
    pub fn open(path: &Path) -> Result<Tree, Error> {
        let root = rustix::fs::openat(CWD, path, DIRECTORY, Mode::empty())
            .map_err(|source| Error::io("open", path, source.into()))?;
        Ok(Tree {
            root: Arc::new(root),
            path: path.to_owned(),
        })
    }

    /// Where the root lies on the host.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a directory; symbolic links on the way are followed inside the tree.
    ///
    /// # Errors
    /// If there is none, or the name is hostile.
    pub fn directory(&self, path: impl AsRef<Path>) -> Result<Directory, Error> {
        let relative = checked(path.as_ref())?;
        let shown = shown(&relative);
        let handle = self.look_up(&relative, DIRECTORY, "open", &shown)?;
        Ok(Directory::new(handle, shown))
    }

    /// What a path is, itself and not what it points to; nothing where there is nothing.
    ///
    /// # Errors
    /// If the system refuses, or the name is hostile.
    pub fn metadata(&self, path: impl AsRef<Path>) -> Result<Option<Metadata>, Error> {
        let path = path.as_ref();
        if checked(path)?.as_os_str().is_empty() {
            return self.directory("")?.own_metadata().map(Some);
        }
        match self.parent(path) {
            Ok((directory, name)) => directory.metadata(&name),
            Err(error) if error.is_not_found() || is_no_directory(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Tells whether there is anything at a path, be it a symbolic link that leads nowhere.
    ///
    /// # Errors
    /// If the system refuses, or the name is hostile.
    pub fn exists(&self, path: impl AsRef<Path>) -> Result<bool, Error> {
        self.metadata(path).map(|found| found.is_some())
    }

    /// The names in a directory with what they are, sorted by their bytes.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn list(&self, path: impl AsRef<Path>) -> Result<Vec<(OsString, Kind)>, Error> {
        self.directory(path)?.list()
    }

    /// Opens a file for reading; symbolic links are followed inside the tree.
    ///
    /// # Errors
    /// If there is none; pipes and devices are refused.
    pub fn open_file(&self, path: impl AsRef<Path>) -> Result<File, Error> {
        let relative = checked(path.as_ref())?;
        let shown = shown(&relative);
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let handle = self.look_up(&relative, flags, "read", &shown)?;
        metadata::require_file(handle, &shown)
    }

    /// Opens a file for reading, or nothing where there is none; symbolic links are followed
    /// inside the tree.
    ///
    /// # Errors
    /// If it is there and cannot be opened; pipes and devices are refused.
    pub fn open_if_there(&self, path: impl AsRef<Path>) -> Result<Option<File>, Error> {
        match self.open_file(path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.is_not_found() || is_no_directory(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads a whole file; symbolic links are followed inside the tree.
    ///
    /// # Errors
    /// If there is none, or it cannot be read.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Vec<u8>, Error> {
        let path = path.as_ref();
        let mut content = Vec::new();
        self.open_file(path)?
            .read_to_end(&mut content)
            .map_err(|source| Error::io("read", &shown(path), source))?;
        Ok(content)
    }

    /// Reads a whole file, or nothing where there is none.
    ///
    /// # Errors
    /// If it is there and cannot be read.
    pub fn read_if_there(&self, path: impl AsRef<Path>) -> Result<Option<Vec<u8>>, Error> {
        match self.read(path) {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.is_not_found() || is_no_directory(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Where a symbolic link points to.
    ///
    /// # Errors
    /// If it is none.
    pub fn read_link(&self, path: impl AsRef<Path>) -> Result<PathBuf, Error> {
        let (directory, name) = self.parent(path.as_ref())?;
        directory.read_link(&name)
    }

    /// Makes a new, empty file; what is there already is an error.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn create_file(&self, path: impl AsRef<Path>, mode: u32) -> Result<File, Error> {
        let (directory, name) = self.parent(path.as_ref())?;
        directory.create_file(&name, mode)
    }

    /// Puts a file with this content and mode in the place of whatever file or link is there.
    ///
    /// The owner is root's; the directory must be there.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, path: impl AsRef<Path>, content: &[u8], mode: u32) -> Result<(), Error> {
        let (directory, name) = self.parent(path.as_ref())?;
        directory.write(&name, content, mode)
    }

    /// Gives a file other content and keeps its mode, owner and attributes; a file that is not
    /// there gets mode 0644.
    ///
    /// # Errors
    /// If it cannot be written, or is no file.
    pub fn rewrite(&self, path: impl AsRef<Path>, content: &[u8]) -> Result<(), Error> {
        let path = path.as_ref();
        let (directory, name) = self.parent(path)?;
        let Some(old) = directory.metadata(&name)? else {
            return directory.write(&name, content, 0o644);
        };
        let attributes = directory.attributes(&name)?;
        directory.write(&name, content, old.mode)?;
        directory.set_owner(&name, old.user, old.group)?;
        directory.set_mode(&name, old.mode)?;
        for (attribute, value) in attributes {
            directory.set_attribute(&name, &attribute, &value)?;
        }
        Ok(())
    }

    /// Adds to the end of a file, which is made with mode 0644 where there is none.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn append(&self, path: impl AsRef<Path>, content: &[u8]) -> Result<(), Error> {
        let path = path.as_ref();
        let (directory, name) = self.parent(path)?;
        let mut file = directory.open_append(&name, 0o644)?;
        file.write_all(content)
            .map_err(|source| Error::io("write", &shown(path), source))
    }

    /// Makes a directory with this mode; its parent must be there and it must not.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn create_directory(&self, path: impl AsRef<Path>, mode: u32) -> Result<(), Error> {
        let (directory, name) = self.parent(path.as_ref())?;
        directory.create_directory(&name, mode)
    }

    /// Makes a directory and all that lead to it, each with mode 0755; those there already stay.
    ///
    /// # Errors
    /// If one cannot be made, or is something else.
    pub fn create_directories(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let relative = checked(path.as_ref())?;
        let mut so_far = PathBuf::new();
        for part in &relative {
            so_far.push(part);
            match self.create_directory(&so_far, 0o755) {
                Err(error) if is_there(&error) => self.directory(&so_far).map(|_| ())?,
                result => result?,
            }
        }
        Ok(())
    }

    /// Makes a symbolic link at `path` that says `target`, whatever that is.
    ///
    /// # Errors
    /// If it cannot be made, or something is there.
    pub fn symbolic_link(&self, target: &OsStr, path: impl AsRef<Path>) -> Result<(), Error> {
        let (directory, name) = self.parent(path.as_ref())?;
        directory.symbolic_link(target, &name)
    }

    /// Gives a file a second name; a symbolic link at `existing` is not followed.
    ///
    /// # Errors
    /// If it cannot be made, or something is there.
    pub fn hard_link(
        &self,
        existing: impl AsRef<Path>,
        path: impl AsRef<Path>,
    ) -> Result<(), Error> {
        let (from, old) = self.parent(existing.as_ref())?;
        let (to, new) = self.parent(path.as_ref())?;
        from.hard_link(&old, &to, &new)
    }

    /// Moves a file, link or directory; a file at the new place gives way.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn rename(&self, from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<(), Error> {
        let (source, old) = self.parent(from.as_ref())?;
        let (target, new) = self.parent(to.as_ref())?;
        source.rename(&old, &target, &new)
    }

    /// Removes a file, link or empty directory; tells whether there was one.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn remove(&self, path: impl AsRef<Path>) -> Result<bool, Error> {
        match self.parent(path.as_ref()) {
            Ok((directory, name)) => directory.remove(&name),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Removes whatever is there, with all that is in it; tells whether there was anything.
    ///
    /// # Errors
    /// If something cannot be removed.
    pub fn remove_all(&self, path: impl AsRef<Path>) -> Result<bool, Error> {
        match self.parent(path.as_ref()) {
            Ok((directory, name)) => directory.remove_all(&name),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Sets the permission bits of a file or directory.
    ///
    /// # Errors
    /// If it is a symbolic link, or the system refuses.
    pub fn set_mode(&self, path: impl AsRef<Path>, mode: u32) -> Result<(), Error> {
        let (directory, name) = self.parent(path.as_ref())?;
        directory.set_mode(&name, mode)
    }

    /// Sets owner and group; of a symbolic link its own. The system clears set-id bits of files
    /// then, so set the mode afterwards.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn set_owner(&self, path: impl AsRef<Path>, user: u32, group: u32) -> Result<(), Error> {
        let (directory, name) = self.parent(path.as_ref())?;
        directory.set_owner(&name, user, group)
    }

    /// Sets the time of the last change (and of the last access); of a symbolic link its own.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn set_modified(&self, path: impl AsRef<Path>, time: Time) -> Result<(), Error> {
        let path = path.as_ref();
        if checked(path)?.as_os_str().is_empty() {
            return self.directory("")?.set_own_modified(time);
        }
        let (directory, name) = self.parent(path)?;
        directory.set_modified(&name, time)
    }

    /// The extended attributes of a file or directory; other things have none here.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn attributes(&self, path: impl AsRef<Path>) -> Result<BTreeMap<String, Vec<u8>>, Error> {
        let (directory, name) = self.parent(path.as_ref())?;
        directory.attributes(&name)
    }

    /// Sets an extended attribute of a file or directory.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn set_attribute(
        &self,
        path: impl AsRef<Path>,
        attribute: &str,
        value: &[u8],
    ) -> Result<(), Error> {
        let (directory, name) = self.parent(path.as_ref())?;
        directory.set_attribute(&name, attribute, value)
    }

    /// Visits everything beneath a directory, each directory before its content, names sorted by
    /// their bytes; the directory itself is not visited.
    ///
    /// # Errors
    /// Those of the visitor, and if something cannot be read.
    pub fn walk<E: From<Error>>(
        &self,
        start: impl AsRef<Path>,
        visitor: &mut dyn FnMut(&Visited<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let start = checked(start.as_ref()).map_err(E::from)?;
        let directory = self.directory(&start).map_err(E::from)?;
        walk::walk(directory, &start, visitor)
    }

    /// Visits what lies in a directory and not what is below that, names sorted by their bytes.
    ///
    /// # Errors
    /// Those of the visitor, and if something cannot be read.
    pub fn visit<E: From<Error>>(
        &self,
        start: impl AsRef<Path>,
        visitor: &mut dyn FnMut(&Visited<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let start = checked(start.as_ref()).map_err(E::from)?;
        let directory = self.directory(&start).map_err(E::from)?;
        walk::visit(&directory, &start, visitor)
    }

    /// The directory that a path lies in, and its last name.
    fn parent(&self, path: &Path) -> Result<(Directory, OsString), Error> {
        let relative = checked(path)?;
        let Some(name) = relative.file_name() else {
            return Err(hostile(path));
        };
        let above = relative.parent().unwrap_or(Path::new(""));
        let shown_above = shown(above);
        let handle = self.look_up(above, DIRECTORY, "open", &shown_above)?;
        Ok((Directory::new(handle, shown_above), name.to_owned()))
    }

    fn look_up(
        &self,
        relative: &Path,
        flags: OFlags,
        action: &'static str,
        shown: &Path,
    ) -> Result<OwnedFd, Error> {
        let path = match relative.as_os_str().is_empty() {
            true => Path::new("."),
            false => relative,
        };
        let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
        let mut tries = 0;
        loop {
            let opened =
                rustix::fs::openat2(self.root.as_fd(), path, flags, Mode::empty(), resolve);
            match opened {
                Ok(handle) => return Ok(handle),
                // Somebody renamed a directory meanwhile.
                Err(Errno::AGAIN | Errno::INTR) if tries < TRIES => tries += 1,
                Err(source) => return Err(Error::io(action, shown, source.into())),
            }
        }
    }
}

/// How a path of the tree is shown in messages: never as one of the host.
fn shown(relative: &Path) -> PathBuf {
    let mut text = OsString::from("tree:/");
    text.push(relative.as_os_str());
    PathBuf::from(text)
}

/// The path without slashes and dots in front, if it is one that may be.
fn checked(path: &Path) -> Result<PathBuf, Error> {
    let bytes = path.as_os_str().as_bytes();
    let mut relative = PathBuf::new();
    for part in bytes.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => return Err(hostile(path)),
            part if part.len() > MAX_NAME || part.contains(&0) => return Err(hostile(path)),
            part => relative.push(OsStr::from_bytes(part)),
        }
    }
    match bytes.len() > MAX_PATH {
        true => Err(hostile(path)),
        false => Ok(relative),
    }
}

fn hostile(path: &Path) -> Error {
    let mut name: Vec<u8> = path.as_os_str().as_bytes().to_vec();
    name.truncate(200);
    Error::HostileName {
        name: name.escape_ascii().to_string(),
    }
}

fn is_no_directory(error: &Error) -> bool {
    matches!(error, Error::Io { source, .. } if source.kind() == std::io::ErrorKind::NotADirectory)
}

fn is_there(error: &Error) -> bool {
    matches!(error, Error::Io { source, .. } if source.kind() == std::io::ErrorKind::AlreadyExists)
}
