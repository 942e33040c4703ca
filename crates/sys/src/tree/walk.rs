//! Visiting a whole tree, with one open handle for each level.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::{Path, PathBuf};

use super::{Directory, Kind, Metadata, Time};
use crate::Error;

/// Something that is met on a walk.
#[derive(Debug)]
pub struct Visited<'a> {
    /// Its path, relative to the root of the tree.
    pub path: &'a Path,
    /// What it is.
    pub metadata: Metadata,
    directory: &'a Directory,
    name: &'a OsStr,
}

impl Visited<'_> {
    /// Opens it, if it is a file.
    ///
    /// # Errors
    /// If it is none, or cannot be read.
    pub fn open_file(&self) -> Result<File, Error> {
        self.directory.open_file(self.name)
    }

    /// Where it points to, if it is a symbolic link.
    ///
    /// # Errors
    /// If it is none.
    pub fn read_link(&self) -> Result<PathBuf, Error> {
        self.directory.read_link(self.name)
    }

    /// Its extended attributes.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn attributes(&self) -> Result<BTreeMap<String, Vec<u8>>, Error> {
        self.directory.attributes_of(self.name, self.metadata.kind)
    }

    /// Sets an extended attribute.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn set_attribute(&self, attribute: &str, value: &[u8]) -> Result<(), Error> {
        self.directory.set_attribute(self.name, attribute, value)
    }

    /// Sets its permission bits.
    ///
    /// # Errors
    /// If it is a symbolic link, or the system refuses.
    pub fn set_mode(&self, mode: u32) -> Result<(), Error> {
        self.directory.set_mode(self.name, mode)
    }

    /// Sets its owner and group; set-id bits of files go, so set the mode afterwards.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn set_owner(&self, user: u32, group: u32) -> Result<(), Error> {
        self.directory.set_owner(self.name, user, group)
    }

    /// What it is now.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn again(&self) -> Result<Option<Metadata>, Error> {
        self.directory.metadata(self.name)
    }

    /// Sets the time of its last change.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn set_modified(&self, time: Time) -> Result<(), Error> {
        self.directory.set_modified(self.name, time)
    }
}

/// A directory on the way down, and the names in it that are still to come, last first.
type Level = (Directory, Vec<OsString>);

fn level(directory: Directory) -> Result<Level, Error> {
    let mut names: Vec<OsString> = directory
        .list()?
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    names.reverse();
    Ok((directory, names))
}

/// Visits the names in one directory.
pub(super) fn visit<E: From<Error>>(
    directory: &Directory,
    path: &Path,
    visitor: &mut dyn FnMut(&Visited<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut path = path.to_owned();
    for (name, _) in directory.list().map_err(E::from)? {
        if let Some(metadata) = directory.metadata(&name).map_err(E::from)? {
            path.push(&name);
            visitor(&Visited {
                path: &path,
                metadata,
                directory,
                name: &name,
            })?;
            path.pop();
        }
    }
    Ok(())
}

pub(super) fn walk<E: From<Error>>(
    start: Directory,
    path: &Path,
    visitor: &mut dyn FnMut(&Visited<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut levels = vec![level(start).map_err(E::from)?];
    let mut path = path.to_owned();
    while let Some((directory, names)) = levels.last_mut() {
        let Some(name) = names.pop() else {
            levels.pop();
            path.pop();
            continue;
        };
        let Some(metadata) = directory.metadata(&name).map_err(E::from)? else {
            continue;
        };
        path.push(&name);
        visitor(&Visited {
            path: &path,
            metadata,
            directory,
            name: &name,
        })?;
        let inner = match metadata.kind {
            Kind::Directory => directory.directory(&name).map(Some),
            _ => Ok(None),
        };
        match inner {
            Ok(Some(inner)) => levels.push(level(inner).map_err(E::from)?),
            Ok(None) => drop(path.pop()),
            // The visitor may have removed it.
            Err(error) if error.is_not_found() => drop(path.pop()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
