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
use crate::stage::{self, Known};

/// How much of a file is read at once.
const CHUNK: usize = 256 * 1024;
/// Attributes that are the builder's and not the tree's.
const NOT_OURS: [&str; 1] = ["security.selinux"];

/// A tree described, and where the content of its files lies already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Described {
    /// The manifest.
    pub(crate) manifest: Manifest,
    /// For each entry where its content begins in the archive of the stage, if it is there.
    pub(crate) places: Vec<Option<u64>>,
}

/// Something that was found in a tree.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// What it is; a file has no digest yet.
    pub(crate) entry: Entry,
    /// What the system says of it.
    pub(crate) metadata: Metadata,
}

/// Describes a tree.
///
/// # Errors
/// If something in it cannot be read.
pub fn of(tree: &Tree, job: &Job) -> Result<Manifest, Error> {
    over(tree, job, None).map(|described| described.manifest)
}

/// Describes a tree of which something is known.
pub(crate) fn over(tree: &Tree, job: &Job, known: Option<&Known>) -> Result<Described, Error> {
    let mut found = scan(tree, known)?;
    let places = hash(tree, &mut found, known)?;
    let mut entries: Vec<Entry> = found.into_iter().map(|one| one.entry).collect();
    owners::note(tree, &job.architecture, &mut entries)?;
    let manifest = Manifest {
        suite: job.suite.clone(),
        architecture: job.architecture.clone(),
        date: job.date,
        entries,
    };
    Ok(Described { manifest, places })
}

/// Everything in a tree, sorted; files have no digests yet.
pub(crate) fn scan(tree: &Tree, known: Option<&Known>) -> Result<Vec<Found>, Error> {
    let mut walk = Walk {
        known,
        found: Vec::new(),
        names: BTreeMap::new(),
    };
    let metadata = tree.directory("")?.own_metadata()?;
    let entry = entry(Vec::new(), &metadata, Node::Directory, BTreeMap::new());
    walk.found.push(Found { entry, metadata });
    tree.walk::<Error>("", &mut |visited| walk.visit(visited))?;
    let mut found = walk.found;
    found.sort_by(|left, right| order(&left.entry.path, &right.entry.path));
    link(&mut found, &walk.names);
    Ok(found)
}

/// What has been seen so far.
struct Walk<'a> {
    known: Option<&'a Known>,
    found: Vec<Found>,
    /// For each file with several names, all of them.
    names: BTreeMap<u64, Vec<Vec<u8>>>,
}

impl Walk<'_> {
    /// Notes one entry.
    fn visit(&mut self, visited: &Visited<'_>) -> Result<(), Error> {
        let path = visited.path.as_os_str().as_bytes().to_vec();
        let metadata = visited.metadata;
        let (major, minor) = metadata.device;
        let node = match metadata.kind {
            Kind::File => self.file(&metadata, &path),
            Kind::Directory => Node::Directory,
            Kind::SymbolicLink => Node::Symlink(visited.read_link()?.into_os_string().into_vec()),
            Kind::Fifo => Node::Fifo,
            Kind::Socket => Node::Socket,
            Kind::CharacterDevice => Node::Character(major, minor),
            Kind::BlockDevice => Node::Block(major, minor),
        };
        let mut attributes = stage::attributes(visited, self.known)?;
        attributes.retain(|name, _| !NOT_OURS.contains(&name.as_str()));
        let entry = entry(path, &metadata, node, attributes);
        self.found.push(Found { entry, metadata });
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

/// Hashes all files of which nothing is known, in all cores; tells where the others lie.
fn hash(
    tree: &Tree,
    found: &mut [Found],
    known: Option<&Known>,
) -> Result<Vec<Option<u64>>, Error> {
    let buffer = || vec![0; CHUNK];
    let places = found.par_iter_mut().map_init(buffer, |buffer, one| {
        let Node::File { size, sha256 } = &mut one.entry.node else {
            return Ok(None);
        };
        match known.and_then(|known| known.content(&one.metadata)) {
            Some(content) => {
                *sha256 = content.sha256;
                Ok(Some(content.offset))
            }
            None => {
                (*size, *sha256) = hash_one(tree, &one.entry.path, buffer)?;
                Ok(None)
            }
        }
    });
    places.collect()
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
fn link(entries: &mut [Found], names: &BTreeMap<u64, Vec<Vec<u8>>>) {
    let find = |entries: &[Found], path: &Vec<u8>| {
        entries
            .binary_search_by(|found| order(&found.entry.path, path))
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
        let file = entries[seen].entry.node.clone();
        for path in paths {
            if let Some(at) = find(entries, path) {
                entries[at].entry.node = Node::Hardlink(first.clone());
            }
        }
        entries[first_at].entry.node = file;
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
