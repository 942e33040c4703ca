//! A tree written down as a stage, in all cores.
//!
//! What stands where in the archive follows from what the tree says of its files, so that pieces
//! of it are read, hashed and written at once, each file once, and without ever holding more than
//! a piece for each core.

use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use formwork_deb::container::tar;
use formwork_deb::sha256::{Hasher, Sha256};
use formwork_model::stage::{ARCHIVE, FORMAT, StageIndex};
use formwork_model::tree::Node;
use formwork_sys::tree::{Directory, Tree};
use formwork_sys::{Kept, fs};
use rayon::prelude::*;

use super::Place;
use super::known::{Content, Known};
use crate::error::Error;
use crate::job::Job;
use crate::manifest::{self, Found};
use crate::outputs;

/// How much of the archive is written at once: what stays near the core while it is read, hashed
/// twice and written.
const PIECE: usize = 256 << 10;

/// Keeps a tree as a stage.
pub(super) fn save(tree: &Tree, home: &Tree, job: &Job, place: &Place) -> Result<Known, Error> {
    let mut found = manifest::settle(tree, None, job.date)?;
    if let Some(odd) = found.iter().find(|one| !can_be_kept(&one.entry.node)) {
        let path = String::from_utf8_lossy(&odd.entry.path).into_owned();
        let reason = format!("/{path} is a {}", odd.entry.node.word());
        return Err(Error::Job(reason));
    }
    let index = place.index();
    let file = Kept::create(&index)?;
    let fail = |source| formwork_sys::Error::io("write", &place.directory, source);
    let plan = Plan::of(&found);
    let checks = write(tree, &mut found, &plan, &file)?;
    // Its name tells its content, so that nobody takes that of another build for it.
    let mut content = blake3::Hasher::new();
    content.update(plan.headers.as_bytes());
    for check in &checks {
        content.update(check.as_bytes());
    }
    let content = content.finalize().to_hex();
    let name = format!("{}.{}.{ARCHIVE}", place.key, &content[..16]);
    let path = place.directory.join(&name);
    file.keep_as(&path).map_err(fail)?;
    let mut known = Known::new(path);
    let mut files = Vec::new();
    for (one, part) in found.into_iter().zip(&plan.parts) {
        if let Node::File { sha256, .. } = one.entry.node {
            let offset = part.content();
            known.note(
                &one.metadata,
                Content { sha256, offset },
                one.entry.attributes,
            );
            files.push(sha256.to_string());
        }
    }
    let stages = job.stages.as_ref();
    let written = StageIndex {
        format: FORMAT,
        key: place.key.clone(),
        image: stages.map_or_else(String::new, |stages| stages.image.clone()),
        architecture: job.architecture.clone(),
        packages: job.packages.iter().filter(|one| !one.own).count() as u64,
        archive: name,
        size: plan.size,
        headers: plan.headers.to_hex().to_string(),
        checks,
        files,
    };
    if let Err(error) = note(&written, &index) {
        // Without an index it is of no use, unless another build has just written one.
        if !index.exists() {
            fs::remove(known.archive())?;
        }
        return Err(error.into());
    }
    known.settle(home)
}

/// Writes the index, without which a stage is not there.
fn note(written: &StageIndex, index: &Path) -> Result<(), formwork_sys::Error> {
    let fail = |source| formwork_sys::Error::io("write", index, source);
    let file = Kept::create(index)?;
    file.write_at(&written.text(), 0).map_err(fail)?;
    file.keep().map_err(fail)
}

/// Whether an archive holds it and everybody can make it again.
fn can_be_kept(node: &Node) -> bool {
    !matches!(node, Node::Socket | Node::Character(..) | Node::Block(..))
}

/// Where everything stands in the archive.
struct Plan {
    parts: Vec<Part>,
    /// All of it but the content of files.
    headers: blake3::Hash,
    size: u64,
}

/// One entry of the archive.
struct Part {
    start: u64,
    head: Vec<u8>,
    size: u64,
}

impl Part {
    /// Where its content begins.
    fn content(&self) -> u64 {
        self.start + self.head.len() as u64
    }

    /// Where the next one begins.
    fn end(&self) -> u64 {
        self.content() + self.size + tar::padding(self.size).len() as u64
    }
}

impl Plan {
    fn of(found: &[Found]) -> Plan {
        let heads: Vec<(Vec<u8>, u64)> = found
            .par_iter()
            .filter_map(|one| outputs::described(&one.entry))
            .map(|entry| (tar::head(&entry), entry.size))
            .collect();
        let mut hasher = blake3::Hasher::new();
        let mut start = 0;
        let mut parts = Vec::with_capacity(heads.len());
        for (head, size) in heads {
            let part = Part { start, head, size };
            hasher.update(&part.head);
            hasher.update(tar::padding(size));
            start = part.end();
            parts.push(part);
        }
        hasher.update(&tar::END);
        Plan {
            parts,
            headers: hasher.finalize(),
            size: start + tar::END.len() as u64,
        }
    }

    /// Runs of entries that are written at once.
    fn runs(&self) -> Vec<std::ops::Range<usize>> {
        let mut runs = Vec::new();
        let mut first = 0;
        for (position, part) in self.parts.iter().enumerate() {
            if part.end() - self.parts[first].start >= PIECE as u64 {
                runs.push(first..position + 1);
                first = position + 1;
            }
        }
        runs.push(first..self.parts.len());
        runs
    }
}

/// Writes all entries; gives files their SHA-256, and tells their BLAKE3.
fn write(tree: &Tree, found: &mut [Found], plan: &Plan, file: &Kept) -> Result<Vec<String>, Error> {
    let mut rest = found;
    let mut runs = Vec::new();
    for run in plan.runs() {
        let (these, after) = rest.split_at_mut(run.len());
        runs.push((these, &plan.parts[run]));
        rest = after;
    }
    let checks: Result<Vec<Vec<blake3::Hash>>, Error> = runs
        .into_par_iter()
        .map_init(
            || Vec::with_capacity(2 * PIECE),
            |buffer, (found, parts)| {
                buffer.clear();
                let mut run = Run {
                    tree,
                    file,
                    buffer,
                    start: parts.first().map_or(0, |part| part.start),
                    above: None,
                };
                let checks = found.iter_mut().zip(parts);
                let checks = checks.filter_map(|(one, part)| run.add(one, part).transpose());
                let checks = checks.collect::<Result<Vec<_>, Error>>()?;
                run.turn()?;
                Ok(checks)
            },
        )
        .collect();
    let end = plan.size - tar::END.len() as u64;
    file.write_at(&tar::END, end).map_err(write_error)?;
    let checks = checks?.into_iter().flatten();
    Ok(checks.map(|check| check.to_hex().to_string()).collect())
}

fn write_error(source: std::io::Error) -> Error {
    formwork_sys::Error::io("write", Path::new("the stage"), source).into()
}

/// A run of entries on their way into the archive.
struct Run<'a> {
    tree: &'a Tree,
    file: &'a Kept,
    /// What is to be written next, and where.
    buffer: &'a mut Vec<u8>,
    start: u64,
    /// The directory that the last file lay in.
    above: Option<(&'a Path, Directory)>,
}

impl<'a> Run<'a> {
    /// Adds an entry; of a file, notes the SHA-256 and gives the BLAKE3.
    fn add(&mut self, one: &'a mut Found, part: &Part) -> Result<Option<blake3::Hash>, Error> {
        self.buffer.extend_from_slice(&part.head);
        let Found { entry, metadata: _ } = one;
        let Node::File { size, sha256 } = &mut entry.node else {
            return Ok(None);
        };
        let name = Path::new(std::ffi::OsStr::from_bytes(&entry.path));
        let file = self.open(name)?;
        let hashes = self.copy(file, name, *size)?;
        self.buffer.extend_from_slice(tar::padding(*size));
        *sha256 = hashes.0;
        Ok(Some(hashes.1))
    }

    /// Opens a file; most lie in the directory of the one before.
    fn open(&mut self, path: &'a Path) -> Result<std::fs::File, Error> {
        let above = path.parent().unwrap_or(Path::new(""));
        let directory = match self.above.take() {
            Some((same, directory)) if same == above => directory,
            _ => self.tree.directory(above)?,
        };
        let file = directory.open_file(path.file_name().unwrap_or_default());
        self.above = Some((above, directory));
        Ok(file?)
    }

    /// Copies a file, which must be as long as it was.
    fn copy(
        &mut self,
        file: std::fs::File,
        name: &Path,
        size: u64,
    ) -> Result<(Sha256, blake3::Hash), Error> {
        let fail = |source| formwork_sys::Error::io("read", name, source);
        let (mut sha256, mut check) = (Hasher::new(), blake3::Hasher::new());
        let mut left = size;
        while left > 0 {
            if self.buffer.len() >= PIECE {
                self.turn()?;
            }
            let before = self.buffer.len();
            let count = left.min(PIECE as u64);
            let read = (&file).take(count).read_to_end(self.buffer).map_err(fail)?;
            if read as u64 != count {
                return Err(fail(std::io::ErrorKind::UnexpectedEof.into()).into());
            }
            let piece = &self.buffer[before..];
            sha256.update(piece);
            check.update(piece);
            left -= count;
        }
        Ok((sha256.finish(), check.finalize()))
    }

    /// Writes what is there.
    fn turn(&mut self) -> Result<(), Error> {
        let written = self.file.write_at(self.buffer, self.start);
        written.map_err(write_error)?;
        self.start += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}
