//! A tree written down as a stage.

use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use formwork_deb::container::tar::Writer;
use formwork_deb::sha256::{Hasher, Sha256};
use formwork_model::stage::{ARCHIVE, FORMAT, StageIndex};
use formwork_model::tree::{Manifest, Node};
use formwork_sys::Kept;
use formwork_sys::fs::MappedFile;
use formwork_sys::tree::Tree;
use rayon::prelude::*;

use super::Place;
use super::archive::Archive;
use super::known::{Content, Known};
use crate::error::Error;
use crate::job::Job;
use crate::manifest::{self, Found};
use crate::outputs;

/// How many files, and how many bytes, are read ahead of those that are written.
const FILES: usize = 512;
const BYTES: u64 = 32 << 20;

/// Keeps a tree as a stage.
pub(super) fn save(tree: &Tree, home: &Tree, job: &Job, place: &Place) -> Result<Known, Error> {
    let mut found = manifest::scan(tree)?;
    if let Some(odd) = found.iter().find(|one| !can_be_kept(&one.entry.node)) {
        let path = String::from_utf8_lossy(&odd.entry.path).into_owned();
        let reason = format!("/{path} is a {}", odd.entry.node.word());
        return Err(Error::Job(reason));
    }
    let index = place.index();
    let mut file = Kept::create(&index)?;
    let fail = |source| formwork_sys::Error::io("write", &place.directory, source);
    write(tree, &mut found, &mut file)?;
    // Its name tells its content, so that nobody takes that of another build for it.
    let entries: Vec<_> = found.iter().map(|one| one.entry.clone()).collect();
    let digest = manifest::digest(&Manifest {
        entries,
        ..Manifest::default()
    });
    let name = format!("{}.{}.{ARCHIVE}", place.key, &digest.to_string()[..16]);
    let path = place.directory.join(&name);
    file.keep_as(&path).map_err(fail)?;
    let map = MappedFile::open(&path)?;
    let archive = Archive::read(&map).map_err(Error::Job)?;
    let mut known = Known::new(path);
    let mut files = Vec::new();
    for (one, entry) in found.iter().zip(&archive.entries) {
        if let Node::File { sha256, .. } = one.entry.node {
            let offset = entry.offset;
            known.note(&one.metadata, Content { sha256, offset });
            files.push(sha256.to_string());
        }
    }
    let written = StageIndex {
        format: FORMAT,
        key: place.key.clone(),
        image: job
            .stages
            .as_ref()
            .map(|stages| stages.image.clone())
            .unwrap_or_default(),
        architecture: job.architecture.clone(),
        packages: job.packages.iter().filter(|one| !one.own).count() as u64,
        archive: name,
        size: map.len() as u64,
        headers: archive.headers.to_string(),
        files,
    };
    let mut file = Kept::create(&index)?;
    file.write_all(&written.text()).map_err(fail)?;
    file.keep().map_err(fail)?;
    known.settle(home)
}

/// Whether an archive holds it and everybody can make it again.
fn can_be_kept(node: &Node) -> bool {
    !matches!(node, Node::Socket | Node::Character(..) | Node::Block(..))
}

/// Writes all entries, and notes the digests of the files.
fn write(tree: &Tree, found: &mut [Found], file: &mut Kept) -> Result<(), Error> {
    let mut writer = Writer::new(file);
    let mut rest = found;
    while !rest.is_empty() {
        let (batch, after) = rest.split_at_mut(batch(rest));
        let contents: Result<Vec<Vec<u8>>, Error> =
            batch.par_iter_mut().map(|one| content(tree, one)).collect();
        for (one, content) in batch.iter().zip(contents?) {
            let fail = |source| formwork_sys::Error::io("write", Path::new("the stage"), source);
            let Some(described) = outputs::described(&one.entry) else {
                continue;
            };
            let large = matches!(one.entry.node, Node::File { size, .. } if size > BYTES);
            let mut file = large
                .then(|| tree.open_file(path(&one.entry.path)))
                .transpose()?;
            let mut content = content.as_slice();
            let source: &mut dyn Read = match &mut file {
                Some(file) => file,
                None => &mut content,
            };
            writer.append(&described, source).map_err(fail)?;
        }
        rest = after;
    }
    let fail = |source| formwork_sys::Error::io("write", Path::new("the stage"), source);
    writer.finish().map_err(fail)?;
    Ok(())
}

/// How many entries are read at once.
fn batch(rest: &[Found]) -> usize {
    let mut bytes = 0;
    let fits = rest.iter().take(FILES).take_while(|one| {
        let before = bytes;
        bytes += one.metadata.size;
        before == 0 || bytes <= BYTES
    });
    fits.count().max(1)
}

/// What a file holds, of which the digest is noted; one that is very large is read once more
/// when it is written.
fn content(tree: &Tree, found: &mut Found) -> Result<Vec<u8>, Error> {
    let Node::File { size, sha256 } = &mut found.entry.node else {
        return Ok(Vec::new());
    };
    let name = path(&found.entry.path);
    if *size > BYTES {
        *sha256 = hash(&mut tree.open_file(name)?, name)?;
        return Ok(Vec::new());
    }
    let content = tree.read(name)?;
    *size = content.len() as u64;
    *sha256 = Sha256::of(&content);
    Ok(content)
}

fn hash(file: &mut std::fs::File, name: &Path) -> Result<Sha256, Error> {
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        let count = file
            .read(&mut buffer)
            .map_err(|source| formwork_sys::Error::io("read", name, source))?;
        if count == 0 {
            return Ok(hasher.finish());
        }
        hasher.update(&buffer[..count]);
    }
}

fn path(path: &[u8]) -> &Path {
    Path::new(std::ffi::OsStr::from_bytes(path))
}
