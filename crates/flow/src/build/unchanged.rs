//! A build that has nothing to do: the same inputs, and all that was written lies there untouched.
//!
//! A build leaves a note in the cache, `built/DIGEST.json` by the place of its outputs: the digest
//! of all that went in, and of each file that came out what the system says of it. A file that was
//! touched, cut off, replaced or removed since is not the one that was noted, and everything is
//! built again.

use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use formwork_deb::sha256::{Hasher, Sha256};
use formwork_model::documents::{self, Built, BuiltFile};
use formwork_sys::tree::Tree;
use formwork_sys::{Kept, fs};
use serde::{Deserialize, Serialize};

use super::order::Order;
use super::records::{self, Records, is_root, text};
use crate::Error;
use crate::context::Context;

/// Where the cache keeps notes.
const NOTES: &str = "built";
/// The format of the note.
const FORMAT: u32 = 1;
/// No note is larger.
const MAX_BYTES: u64 = 1 << 20;

/// The note of a build.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    format: u32,
    inputs: String,
    files: Vec<BuiltFile>,
    marks: Vec<Mark>,
}

/// What the system says of a file.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    name: String,
    size: u64,
    inode: u64,
    modified: (i64, i64),
    changed: (i64, i64),
    /// Of a directory, the digest of what the system says of all that is in it.
    below: Option<String>,
}

/// The digest of all that decides about the outputs of a build.
pub(super) fn inputs(records: &Records<'_>, order: &Order) -> Result<Sha256, Error> {
    let locked = records.locked;
    let job = records.job;
    let program = std::fs::metadata("/proc/self/exe").map(|program| {
        let times = (program.mtime(), program.mtime_nsec(), program.ctime());
        (program.dev(), program.ino(), program.size(), times)
    });
    let beside = locked.beside()?.into_iter();
    let beside: Vec<String> = beside.map(|one| one.sha256.to_string()).collect();
    let names = records.forms.iter().map(|form| records.places.name(*form));
    let decides = (
        (program.ok(), is_root(), locked.digest.to_string()),
        (records::bare(job), &job.kernel, &job.vary),
        (&locked.layout, &locked.title, beside),
        (names.collect::<Vec<_>>(), order.compress),
    );
    Ok(Sha256::of(&text(&decides)?))
}

/// What an earlier build of these inputs has written, if all of it is there still.
pub(super) fn find(context: &Context, records: &Records<'_>, inputs: &Sha256) -> Option<Built> {
    let places = records.places;
    let note = fs::read_limited(&place(context, records), MAX_BYTES).ok()?;
    let note: Note = serde_json::from_slice(&note).ok()?;
    if note.format != FORMAT || note.inputs != inputs.to_string() {
        return None;
    }
    let is_there = |mark: &Mark| {
        let now = self::mark(&places.last(&mark.name), &mark.name);
        now.is_some_and(|now| now == *mark)
    };
    note.marks
        .iter()
        .all(is_there)
        .then(|| built(records, note.files, true))
}

/// Notes what a build has written, once all of it is in its place.
pub(super) fn write(
    context: &Context,
    records: &Records<'_>,
    inputs: &Sha256,
    files: &[BuiltFile],
) -> Result<(), Error> {
    let places = records.places;
    let record = places.beside(records::RECORD);
    let names = files.iter().map(|file| file.path.as_str());
    let marks = names
        .chain([record.as_str()])
        .map(|name| mark(&places.last(name), name));
    // Without a mark of each there is nothing to rely on; the next build just builds.
    let Some(marks) = marks.collect() else {
        return Ok(());
    };
    let note = Note {
        format: FORMAT,
        inputs: inputs.to_string(),
        files: files.to_vec(),
        marks,
    };
    let text = text(&note)?;
    // A note is a courtesy to the next build: where none can be written, this one is done.
    let _unkept = Kept::create(&place(context, records)).is_ok_and(|mut file| {
        let written = file.write_all(&text);
        written.and_then(|()| file.keep()).is_ok()
    });
    Ok(())
}

/// Where the note of a build lies.
fn place(context: &Context, records: &Records<'_>) -> PathBuf {
    let record = records.places.last(&records.places.beside(records::RECORD));
    let record = std::path::absolute(&record).unwrap_or(record);
    let name = Sha256::of(record.as_os_str().as_encoded_bytes());
    context.cache.join(NOTES).join(format!("{name}.json"))
}

/// The answer of a build; files come with their bare names.
pub(super) fn built(records: &Records<'_>, files: Vec<BuiltFile>, unchanged: bool) -> Built {
    let places = records.places;
    let shown = |name: &str| places.last(name).display().to_string();
    let files = files.into_iter().map(|file| BuiltFile {
        path: shown(&file.path),
        ..file
    });
    Built {
        format: documents::FORMAT,
        image: records.locked.title.clone(),
        architecture: records.locked.plan.architecture.clone(),
        lock: records.locked.digest.to_string(),
        unchanged,
        files: files.collect(),
        buildinfo: shown(&places.beside(records::RECORD)),
    }
}

/// What the system says of an output now; nothing where it is not there.
fn mark(path: &Path, name: &str) -> Option<Mark> {
    let metadata = std::fs::symlink_metadata(path).ok()?;
    let below = match metadata.is_dir() {
        true => Some(below(path)?.to_string()),
        false => None,
    };
    Some(Mark {
        name: name.to_owned(),
        size: metadata.len(),
        inode: metadata.ino(),
        modified: (metadata.mtime(), metadata.mtime_nsec()),
        changed: (metadata.ctime(), metadata.ctime_nsec()),
        below,
    })
}

/// The digest of what the system says of all that is in a directory.
fn below(path: &Path) -> Option<Sha256> {
    let tree = Tree::open(path).ok()?;
    let mut hasher = Hasher::new();
    let mut note = |visited: &formwork_sys::tree::Visited<'_>| {
        let line = format!("{:?} {:?}\n", visited.path, visited.metadata);
        hasher.update(line.as_bytes());
        Ok::<(), formwork_sys::Error>(())
    };
    tree.walk("", &mut note).ok()?;
    Some(hasher.finish())
}
