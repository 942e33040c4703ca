//! A tree made of a stage, in all cores, each file compared with its digest before it is written.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use formwork_deb::container::tar::{Entry, Kind};
use formwork_deb::sha256::Sha256;
use formwork_model::stage::StageIndex;
use formwork_sys::fs::MappedFile;
use formwork_sys::tree::{Directory, Metadata, Seal, Time, Tree};
use rayon::prelude::*;

use super::archive::{Archive, span};
use super::known::{Content, Known};
use crate::error::Error;
use crate::outputs::ATTRIBUTE;

/// Why a stage cannot be restored.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The stage is not what was kept.
    Damaged(String),
    /// The tree cannot be written.
    Tree(Error),
}

impl Trouble {
    /// A stage that is not what was kept.
    pub(super) fn damaged(reason: &str) -> Trouble {
        Trouble::Damaged(reason.to_owned())
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Trouble {
        Trouble::Tree(error)
    }
}

impl From<formwork_sys::Error> for Trouble {
    fn from(error: formwork_sys::Error) -> Trouble {
        Trouble::Tree(error.into())
    }
}

/// What lies in one directory.
type Level<'a> = (&'a Path, Vec<Item<'a>>);

/// An entry of the archive, with the digest of a file.
struct Item<'a> {
    entry: &'a Entry,
    name: &'a OsStr,
    digest: Option<Sha256>,
}

/// Writes the files of a stage into an empty tree.
pub(super) fn restore(
    tree: &Tree,
    home: &Tree,
    index: &StageIndex,
    directory: &Path,
) -> Result<Known, Trouble> {
    let path = directory.join(&index.archive);
    let map = MappedFile::open(&path).map_err(|error| Trouble::Damaged(error.to_string()))?;
    if map.len() as u64 != index.size {
        return Err(Trouble::damaged("its archive has another size"));
    }
    let archive = Archive::read(&map).map_err(Trouble::Damaged)?;
    if archive.headers.to_string() != index.headers {
        return Err(Trouble::damaged("its archive has other entries"));
    }
    let levels = levels(&archive, index)?;
    directories(tree, &archive)?;
    let noted: Result<Vec<Vec<(Metadata, Content)>>, Trouble> = levels
        .par_iter()
        .map(|(above, items)| {
            let directory = tree.directory(above)?;
            let notes = items.iter().map(|item| put(&directory, item, &map));
            notes.filter_map(Result::transpose).collect()
        })
        .collect();
    let noted = noted?;
    let hard = |entry: &&Entry| entry.kind == Kind::HardLink;
    for entry in archive.entries.iter().filter(hard) {
        tree.hard_link(plain(&entry.link), plain(&entry.path))?;
    }
    seal_directories(tree, &archive)?;
    let mut known = Known::new(path);
    for (metadata, content) in noted.into_iter().flatten() {
        known.note(&metadata, content);
    }
    // A second name is a change of the file.
    for entry in archive.entries.iter().filter(hard) {
        if let Some(metadata) = tree.metadata(plain(&entry.path))? {
            known.touched(&metadata);
        }
    }
    Ok(known.settle(home)?)
}

/// All that is no directory and no second name, by the directory that it lies in.
fn levels<'a>(archive: &'a Archive, index: &StageIndex) -> Result<Vec<Level<'a>>, Trouble> {
    let mut digests = index.files.iter();
    let mut levels: BTreeMap<&Path, Vec<Item<'_>>> = BTreeMap::new();
    for entry in &archive.entries {
        let digest = match entry.kind {
            Kind::File => {
                let digest = digests.next().and_then(|digest| digest.parse().ok());
                Some(digest.ok_or_else(|| Trouble::damaged("its index lacks a digest"))?)
            }
            Kind::SymbolicLink | Kind::Fifo => None,
            _ => continue,
        };
        let path = plain(&entry.path);
        let (Some(above), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(Trouble::damaged("its archive has an entry without a name"));
        };
        levels.entry(above).or_default().push(Item {
            entry,
            name,
            digest,
        });
    }
    Ok(levels.into_iter().collect())
}

/// Makes all directories; each stands in the archive before what is in it.
fn directories(tree: &Tree, archive: &Archive) -> Result<(), Trouble> {
    for entry in &archive.entries {
        let path = plain(&entry.path);
        if entry.kind == Kind::Directory && !path.as_os_str().is_empty() {
            tree.create_directory(path, 0o700)?;
        }
    }
    Ok(())
}

/// Gives directories what they have, once nothing is written into them any more.
fn seal_directories(tree: &Tree, archive: &Archive) -> Result<(), Trouble> {
    for entry in &archive.entries {
        if entry.kind != Kind::Directory {
            continue;
        }
        let path = plain(&entry.path);
        let seal = seal(entry)?;
        // The root has no name in the tree, only beside it.
        let outside;
        let (tree, place) = match path.as_os_str().is_empty() {
            true => {
                let above = tree.path().parent().unwrap_or(Path::new("/"));
                outside = Tree::open(above)?;
                (
                    &outside,
                    Path::new(tree.path().file_name().unwrap_or_default()),
                )
            }
            false => (tree, path),
        };
        if (seal.user, seal.group) != (0, 0) {
            tree.set_owner(place, seal.user, seal.group)?;
        }
        tree.set_mode(place, seal.mode)?;
        for (name, value) in attributes(entry) {
            tree.set_attribute(place, &name, &value)?;
        }
        tree.set_modified(place, Time::seconds(seal.modified))?;
    }
    Ok(())
}

/// Makes one entry; a file is noted.
fn put(
    directory: &Directory,
    item: &Item<'_>,
    archive: &[u8],
) -> Result<Option<(Metadata, Content)>, Trouble> {
    let (entry, name) = (item.entry, item.name);
    let seal = seal(entry)?;
    let Some(sha256) = item.digest else {
        match entry.kind {
            Kind::SymbolicLink => directory.symbolic_link(OsStr::from_bytes(&entry.link), name)?,
            _ => directory.create_fifo(name, seal.mode)?,
        }
        if (seal.user, seal.group) != (0, 0) {
            directory.set_owner(name, seal.user, seal.group)?;
            if entry.kind == Kind::Fifo {
                directory.set_mode(name, seal.mode)?;
            }
        }
        directory.set_modified(name, Time::seconds(seal.modified))?;
        return Ok(None);
    };
    let content = span(entry).and_then(|(start, end)| archive.get(start..end));
    let content = content.filter(|content| Sha256::of(content) == sha256);
    let content = content.ok_or_else(|| {
        let path = String::from_utf8_lossy(&entry.path).into_owned();
        Trouble::Damaged(format!("{path} is not what was kept"))
    })?;
    let metadata = directory.restore_file(name, content, &seal, &attributes(entry))?;
    let offset = entry.offset;
    Ok(Some((metadata, Content { sha256, offset })))
}

fn seal(entry: &Entry) -> Result<Seal, Trouble> {
    let small = |number: u64| u32::try_from(number).ok();
    let (user, group) = (small(entry.user_id), small(entry.group_id));
    let wrong = || Trouble::damaged("an owner of its archive has no number");
    Ok(Seal {
        mode: entry.mode & 0o7777,
        user: user.ok_or_else(wrong)?,
        group: group.ok_or_else(wrong)?,
        modified: entry.modified,
    })
}

/// The extended attributes of an entry; what other readers call access control lists is told
/// twice.
fn attributes(entry: &Entry) -> BTreeMap<String, Vec<u8>> {
    let all = entry.attributes.iter();
    all.filter_map(|(key, value)| Some((key.strip_prefix(ATTRIBUTE)?.to_owned(), value.clone())))
        .collect()
}

/// A path without the `./` in front that archives have.
fn plain(path: &[u8]) -> &Path {
    let path = path.strip_prefix(b"./").unwrap_or(path);
    let path = path.strip_suffix(b"/").unwrap_or(path);
    Path::new(OsStr::from_bytes(path))
}
