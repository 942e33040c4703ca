//! The tree as a directory of the host.
//!
//! Where root builds, everything is as in the tree. An ordinary user gets a directory of their
//! own, which they can read and remove: all of it belongs to them, no file has a set-id bit,
//! and attributes that only root may set are left out.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use formwork_model::tree::{Entry, Manifest, Node};
use formwork_sys::fs;
use formwork_sys::tree::{Time, Tree};

use super::os_path;
use crate::error::Error;

/// The set-id bits.
const SET_ID: u32 = 0o6000;

/// Copies a tree to a directory that is made for it.
pub(super) fn copy(tree: &Tree, manifest: &Manifest, path: &Path) -> Result<(), Error> {
    fs::create_directory(path)?;
    let copy = Copy {
        from: tree,
        to: Tree::open(path)?,
        as_root: is_root()?,
    };
    for entry in &manifest.entries {
        copy.make(entry)?;
    }
    // What is made in a directory changes its time, and some may not be written to afterwards.
    for entry in manifest.entries.iter().rev() {
        copy.finish(entry)?;
    }
    Ok(())
}

/// From where to where, and as whom.
struct Copy<'a> {
    from: &'a Tree,
    to: Tree,
    as_root: bool,
}

impl Copy<'_> {
    /// Makes one entry, with its content.
    fn make(&self, entry: &Entry) -> Result<(), Error> {
        let path = os_path(&entry.path);
        match &entry.node {
            Node::Directory if entry.path.is_empty() => {}
            Node::Directory => self.to.create_directory(path, 0o700)?,
            Node::File { .. } => {
                let mut source = self.from.open_file(path)?;
                let mut target = self.to.create_file(path, 0o600)?;
                io::copy(&mut source, &mut target)
                    .map_err(|error| formwork_sys::Error::io("write", path, error))?;
            }
            Node::Symlink(target) => self.to.symbolic_link(OsStr::from_bytes(target), path)?,
            Node::Hardlink(target) => self.to.hard_link(os_path(target), path)?,
            Node::Fifo => {
                let above = path.parent().unwrap_or(Path::new(""));
                let name = path.file_name().unwrap_or_default();
                self.to.directory(above)?.create_fifo(name, 0o600)?;
            }
            // Nobody but the process that made it could use it.
            Node::Socket => {}
            Node::Character(..) | Node::Block(..) => {
                return Err(Error::Job(format!(
                    "the tree has the device /{}, which cannot be written into a directory; \
                     build a tar archive instead",
                    path.display()
                )));
            }
        }
        Ok(())
    }

    /// Gives an entry its owner, attributes, mode and time.
    fn finish(&self, entry: &Entry) -> Result<(), Error> {
        let place = os_path(&entry.path);
        if matches!(entry.node, Node::Hardlink(_) | Node::Socket) {
            return Ok(());
        }
        if entry.path.is_empty() {
            let root = self.to.directory("")?;
            root.set_own_modified(Time::seconds(entry.modified))?;
            return Ok(());
        }
        if self.as_root {
            self.to.set_owner(place, entry.uid, entry.gid)?;
        }
        if !matches!(entry.node, Node::Symlink(_)) {
            for (name, value) in &entry.attributes {
                if self.as_root || name.starts_with("user.") {
                    self.to.set_attribute(place, name, value)?;
                }
            }
            let mode = match self.as_root {
                true => entry.mode,
                false => entry.mode & !SET_ID,
            };
            self.to.set_mode(place, mode)?;
        }
        self.to.set_modified(place, Time::seconds(entry.modified))?;
        Ok(())
    }
}

/// Whether this process is root on the machine and not only in a namespace of its own.
fn is_root() -> Result<bool, Error> {
    let map = fs::read_limited(Path::new("/proc/self/uid_map"), 1 << 16)?;
    let map = String::from_utf8_lossy(&map);
    let first: Vec<&str> = map.split_whitespace().take(3).collect();
    Ok(first == ["0", "0", "4294967295"])
}
