//! The finished tree handed over: as a tar archive, as a directory, and as its manifest.
//!
//! All of them follow from the manifest and the content of the files alone. An output is written
//! under the name that the job gives, which must be free.

mod access;
mod delta;
mod directory;

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use formwork_deb::container::tar::{Entry as TarEntry, Kind as TarKind, Writer};
use formwork_deb::sha256::Sha256;
use formwork_model::tree::{Entry, Manifest, Node};
use formwork_sys::fs::Fresh;
use formwork_sys::tree::Tree;

use crate::error::Error;
use crate::job::{Kind, Output};
use crate::manifest::{self, Described};
use crate::report::Written;

/// How an extended attribute is called in a pax header.
pub(crate) const ATTRIBUTE: &str = "SCHILY.xattr.";

/// Why there is no initial RAM disk.
const NO_KERNEL: &str = "an initial RAM disk is for a kernel, and the order names none";

/// Writes all outputs of a job; the initial RAM disk is made before, as it takes programs.
///
/// # Errors
/// If a file of the tree cannot be read, or an output cannot be written.
pub(crate) fn write(
    tree: &Tree,
    described: &Described,
    initrd: Option<&[u8]>,
    outputs: &[Output],
) -> Result<Vec<Written>, Error> {
    let manifest = &described.manifest;
    let written = outputs.iter().map(|output| {
        let path = &output.path;
        let (sha256, size) = match output.kind {
            Kind::Delta => delta::write(tree, described, path)?,
            Kind::Manifest => describe(manifest, path)?,
            Kind::Tar => tar(tree, manifest, path)?,
            Kind::Dir => {
                directory::copy(tree, manifest, path)?;
                (manifest::digest(manifest), manifest.bytes())
            }
            Kind::Initrd => match initrd {
                Some(initrd) => bytes(initrd, path)?,
                None => return Err(Error::Job(NO_KERNEL.to_owned())),
            },
        };
        Ok(Written {
            kind: output.kind,
            path: path.clone(),
            size,
            sha256: sha256.to_string(),
        })
    });
    written.collect()
}

/// Writes the manifest.
fn describe(manifest: &Manifest, path: &Path) -> Result<(Sha256, u64), Error> {
    let mut file = Fresh::create(path)?;
    for piece in manifest.pieces() {
        file.write_all(piece.as_bytes())
            .map_err(|source| write_error(path, source))?;
    }
    Ok(file.finish()?)
}

/// Writes what was made before.
fn bytes(bytes: &[u8], path: &Path) -> Result<(Sha256, u64), Error> {
    let mut file = Fresh::create(path)?;
    file.write_all(bytes)
        .map_err(|source| write_error(path, source))?;
    Ok(file.finish()?)
}

/// Writes the tree as a tar archive; sockets, which no tar holds, are left out.
fn tar(tree: &Tree, manifest: &Manifest, path: &Path) -> Result<(Sha256, u64), Error> {
    let mut writer = Writer::new(Fresh::create(path)?);
    for entry in &manifest.entries {
        let Some(described) = described(entry) else {
            continue;
        };
        let mut content: Box<dyn Read> = match entry.node {
            Node::File { .. } => Box::new(tree.open_file(os_path(&entry.path))?),
            _ => Box::new(io::empty()),
        };
        writer
            .append(&described, &mut content)
            .map_err(|source| write_error(path, source))?;
    }
    let file = writer
        .finish()
        .map_err(|source| write_error(path, source))?;
    Ok(file.finish()?)
}

fn write_error(path: &Path, source: io::Error) -> Error {
    formwork_sys::Error::io("write", path, source).into()
}

/// A path of the manifest as one of the system.
fn os_path(path: &[u8]) -> &Path {
    Path::new(std::ffi::OsStr::from_bytes(path))
}

/// An entry as tar tells it.
pub(crate) fn described(entry: &Entry) -> Option<TarEntry> {
    let (kind, link, size, device) = match &entry.node {
        Node::File { size, .. } => (TarKind::File, Vec::new(), *size, (0, 0)),
        Node::Directory => (TarKind::Directory, Vec::new(), 0, (0, 0)),
        Node::Symlink(target) => (TarKind::SymbolicLink, target.clone(), 0, (0, 0)),
        Node::Hardlink(target) => (TarKind::HardLink, dotted(target), 0, (0, 0)),
        Node::Character(major, minor) => {
            (TarKind::CharacterDevice, Vec::new(), 0, (*major, *minor))
        }
        Node::Block(major, minor) => (TarKind::BlockDevice, Vec::new(), 0, (*major, *minor)),
        Node::Fifo => (TarKind::Fifo, Vec::new(), 0, (0, 0)),
        Node::Socket => return None,
    };
    let mut attributes = BTreeMap::new();
    // Those of a file with several names have been told under its first.
    if !matches!(entry.node, Node::Hardlink(_)) {
        for (name, value) in &entry.attributes {
            attributes.insert(format!("{ATTRIBUTE}{name}"), value.clone());
            if let Some((key, text)) = access::text(name, value) {
                attributes.insert(key.to_owned(), text);
            }
        }
    }
    Some(TarEntry {
        path: dotted(&entry.path),
        kind,
        link,
        mode: entry.mode,
        user_id: u64::from(entry.uid),
        group_id: u64::from(entry.gid),
        user_name: Vec::new(),
        group_name: Vec::new(),
        size,
        modified: entry.modified,
        device,
        attributes,
        offset: 0,
    })
}

/// A path as tar archives of whole systems write it: `./usr/bin`.
fn dotted(path: &[u8]) -> Vec<u8> {
    [b"./", path].concat()
}

#[cfg(test)]
mod tests;
