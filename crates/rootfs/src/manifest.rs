//! The manifest of a finished tree: a walk over all of it, each file hashed, each path with the
//! package that owns it.

pub(crate) mod owners;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use formwork_deb::sha256::{Hasher, Sha256};
use formwork_model::tree::{Entry, Manifest, Node, order};
use formwork_sys::tree::{Kind, Metadata, Tree, Visited};
use rayon::prelude::*;

use crate::error::Error;
use crate::job::Job;

/// How much of a file is read at once.
const CHUNK: usize = 256 * 1024;
/// Attributes that are the builder's and not the tree's.
const NOT_OURS: [&str; 1] = ["security.selinux"];

/// Describes a tree.
///
/// # Errors
/// If something in it cannot be read.
pub fn of(tree: &Tree, job: &Job) -> Result<Manifest, Error> {
    let mut walk = Walk {
        entries: Vec::new(),
        names: BTreeMap::new(),
    };
    let root = tree.directory("")?.own_metadata()?;
    walk.entries
        .push(entry(Vec::new(), &root, Node::Directory, BTreeMap::new()));
    tree.walk::<Error>("", &mut |visited| walk.visit(visited))?;
    let mut entries = walk.entries;
    entries.sort_by(|left, right| order(&left.path, &right.path));
    link(&mut entries, &walk.names);
    hash(tree, &mut entries)?;
    owners::note(tree, &job.architecture, &mut entries)?;
    Ok(Manifest {
        suite: job.suite.clone(),
        architecture: job.architecture.clone(),
        date: job.date,
        entries,
    })
}

/// What has been seen so far.
struct Walk {
    entries: Vec<Entry>,
    /// For each file with several names, all of them.
    names: BTreeMap<u64, Vec<Vec<u8>>>,
}

impl Walk {
    /// Notes one entry.
    fn visit(&mut self, visited: &Visited<'_>) -> Result<(), Error> {
        let path = visited.path.as_os_str().as_bytes().to_vec();
        let metadata = &visited.metadata;
        let (major, minor) = metadata.device;
        let node = match metadata.kind {
            Kind::File => self.file(metadata, &path),
            Kind::Directory => Node::Directory,
            Kind::SymbolicLink => Node::Symlink(visited.read_link()?.into_os_string().into_vec()),
            Kind::Fifo => Node::Fifo,
            Kind::Socket => Node::Socket,
            Kind::CharacterDevice => Node::Character(major, minor),
            Kind::BlockDevice => Node::Block(major, minor),
        };
        let mut attributes = match metadata.kind {
            Kind::File | Kind::Directory => visited.attributes()?,
            _ => BTreeMap::new(),
        };
        attributes.retain(|name, _| !NOT_OURS.contains(&name.as_str()));
        self.entries.push(entry(path, metadata, node, attributes));
        Ok(())
    }

    /// Notes a file, once for all its names; it is hashed later.
    fn file(&mut self, metadata: &Metadata, path: &[u8]) -> Node {
        if metadata.links > 1 {
            let names = self.names.entry(metadata.inode).or_default();
            names.push(path.to_vec());
            if let Some(first) = names.first().filter(|first| *first != path) {
                return Node::Hardlink(first.clone());
            }
        }
        Node::File {
            size: metadata.size,
            sha256: Sha256::from_bytes([0; 32]),
        }
    }
}

/// Hashes all files, in all cores.
fn hash(tree: &Tree, entries: &mut [Entry]) -> Result<(), Error> {
    let buffer = || vec![0; CHUNK];
    entries
        .par_iter_mut()
        .try_for_each_init(buffer, |buffer, entry| match &mut entry.node {
            Node::File { size, sha256 } => {
                (*size, *sha256) = hash_one(tree, &entry.path, buffer)?;
                Ok(())
            }
            _ => Ok(()),
        })
}

/// The size of a file and the digest of its content.
fn hash_one(tree: &Tree, path: &[u8], buffer: &mut [u8]) -> Result<(u64, Sha256), Error> {
    let path = Path::new(OsStr::from_bytes(path));
    let mut file = tree.open_file(path)?;
    let mut hasher = Hasher::new();
    let mut size = 0;
    loop {
        let count = file
            .read(buffer)
            .map_err(|source| formwork_sys::Error::io("read", path, source))?;
        if count == 0 {
            break;
        }
        hasher.update(&buffer[..count]);
        size += count as u64;
    }
    Ok((size, hasher.finish()))
}

/// An entry of which the package is not known yet.
fn entry(
    path: Vec<u8>,
    metadata: &Metadata,
    node: Node,
    attributes: BTreeMap<String, Vec<u8>>,
) -> Entry {
    Entry {
        path,
        node,
        mode: metadata.mode,
        uid: metadata.user,
        gid: metadata.group,
        modified: metadata.modified.seconds,
        attributes,
        package: None,
    }
}

/// Lets the first path of each file with several names be the file, all others links to it.
fn link(entries: &mut [Entry], names: &BTreeMap<u64, Vec<Vec<u8>>>) {
    let find = |entries: &[Entry], path: &Vec<u8>| {
        entries
            .binary_search_by(|entry| order(&entry.path, path))
            .ok()
    };
    for paths in names.values() {
        let (Some(seen), Some(first)) = (
            paths.first(),
            paths.iter().min_by(|left, right| order(left, right)),
        ) else {
            continue;
        };
        let (Some(seen), Some(first_at)) = (find(entries, seen), find(entries, first)) else {
            continue;
        };
        let file = entries[seen].node.clone();
        for path in paths {
            if let Some(at) = find(entries, path) {
                entries[at].node = Node::Hardlink(first.clone());
            }
        }
        entries[first_at].node = file;
    }
}

/// The digest of the whole document.
#[must_use]
pub fn digest(manifest: &Manifest) -> Sha256 {
    let mut hasher = Hasher::new();
    manifest
        .pieces()
        .for_each(|piece| hasher.update(piece.as_bytes()));
    hasher.finish()
}

#[cfg(test)]
pub(crate) use owners::tests::job as test_job;
