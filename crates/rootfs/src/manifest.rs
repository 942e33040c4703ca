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
use formwork_sys::tree::{Kind, Metadata, Time, Tree, Visited};
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
    over(tree, job, None, scan(tree, None)?).map(|described| described.manifest)
}

/// Describes a tree of which something is known, and all of it was found.
pub(crate) fn over(
    tree: &Tree,
    job: &Job,
    known: Option<&Known>,
    mut found: Vec<Found>,
) -> Result<Described, Error> {
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

/// How deep directories are shared out among the cores.
const SHARED: usize = 3;

/// Everything in a tree, sorted; files have no digests yet.
pub(crate) fn scan(tree: &Tree, known: Option<&Known>) -> Result<Vec<Found>, Error> {
    Scan {
        tree,
        known,
        latest: None,
    }
    .all()
}

/// The same, with every time that is later set to `latest`.
pub(crate) fn settle(tree: &Tree, known: Option<&Known>, latest: i64) -> Result<Vec<Found>, Error> {
    Scan {
        tree,
        known,
        latest: Some(Time::seconds(latest)),
    }
    .all()
}

/// How a tree is looked through.
struct Scan<'a> {
    tree: &'a Tree,
    known: Option<&'a Known>,
    latest: Option<Time>,
}

/// What a part of a scan has met.
#[derive(Default)]
struct Part {
    found: Vec<Found>,
    /// For each file with several names, all of them.
    names: BTreeMap<u64, Vec<Vec<u8>>>,
}

impl Scan<'_> {
    /// Looks through the whole tree: level by level where it is broad, then branch by branch.
    fn all(&self) -> Result<Vec<Found>, Error> {
        let mut whole = Part::default();
        whole.found.push(self.root()?);
        let mut directories = vec![Vec::new()];
        for depth in 0..=SHARED {
            let parts: Result<Vec<Part>, Error> = directories
                .par_iter()
                .map(|directory| self.part(directory, depth == SHARED))
                .collect();
            directories.clear();
            for part in parts? {
                let below = part.found.iter().map(|one| &one.entry);
                let below = below.filter(|entry| entry.node == Node::Directory);
                directories.extend(below.map(|entry| entry.path.clone()));
                whole.found.extend(part.found);
                for (inode, names) in part.names {
                    whole.names.entry(inode).or_default().extend(names);
                }
            }
        }
        let Part { mut found, names } = whole;
        found.sort_by(|left, right| order(&left.entry.path, &right.entry.path));
        link(&mut found, &names);
        Ok(found)
    }

    /// The root, which lies in no directory of the tree.
    fn root(&self) -> Result<Found, Error> {
        let root = self.tree.directory("")?;
        let mut metadata = root.own_metadata()?;
        if let Some(latest) = self.latest.filter(|latest| metadata.modified > *latest) {
            root.set_own_modified(latest)?;
            metadata = root.own_metadata()?;
        }
        let entry = entry(Vec::new(), &metadata, Node::Directory, BTreeMap::new());
        Ok(Found { entry, metadata })
    }

    /// Looks through one directory, or all that is below it.
    fn part(&self, directory: &[u8], is_deep: bool) -> Result<Part, Error> {
        let mut part = Part::default();
        let mut visitor = |visited: &Visited<'_>| self.visit(visited, &mut part);
        let directory = Path::new(OsStr::from_bytes(directory));
        match is_deep {
            true => self.tree.walk::<Error>(directory, &mut visitor)?,
            false => self.tree.visit::<Error>(directory, &mut visitor)?,
        }
        Ok(part)
    }

    /// Notes one entry.
    fn visit(&self, visited: &Visited<'_>, part: &mut Part) -> Result<(), Error> {
        let path = visited.path.as_os_str().as_bytes().to_vec();
        let mut metadata = visited.metadata;
        if let Some(latest) = self.latest.filter(|latest| metadata.modified > *latest) {
            visited.set_modified(latest)?;
            metadata = visited.again()?.unwrap_or(metadata);
        }
        let (major, minor) = metadata.device;
        let node = match metadata.kind {
            Kind::File => {
                if metadata.links > 1 {
                    let names = part.names.entry(metadata.inode).or_default();
                    names.push(path.clone());
                }
                Node::File {
                    size: metadata.size,
                    sha256: Sha256::from_bytes([0; 32]),
                }
            }
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
        part.found.push(Found { entry, metadata });
        Ok(())
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
fn link(found: &mut [Found], names: &BTreeMap<u64, Vec<Vec<u8>>>) {
    for paths in names.values() {
        let Some(first) = paths.iter().min_by(|left, right| order(left, right)) else {
            continue;
        };
        for path in paths.iter().filter(|path| *path != first) {
            let at = found.binary_search_by(|found| order(&found.entry.path, path));
            if let Ok(at) = at {
                found[at].entry.node = Node::Hardlink(first.clone());
            }
        }
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
