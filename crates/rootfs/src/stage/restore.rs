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
use super::known::{Attributes, Content, Known};
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

/// An entry of the archive; of a file, how its content is compared, and its digest.
struct Item<'a> {
    entry: &'a Entry,
    name: &'a OsStr,
    digests: Option<(blake3::Hash, Sha256)>,
}

/// What is noted of a file.
type Note = (Metadata, Content, Attributes);

/// Writes the files of a stage into an empty tree.
pub(super) fn restore(
    tree: &Tree,
    home: &Tree,
    index: &StageIndex,
    directory: &Path,
) -> Result<Known, Trouble> {
    let path = directory.join(&index.archive);
    let map = open(&path, index).map_err(Trouble::Damaged)?;
    let archive = read(&map, index).map_err(Trouble::Damaged)?;
    let levels = levels(&archive, index)?;
    directories(tree, &archive)?;
    let noted: Result<Vec<Vec<Note>>, Trouble> = levels
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
    for (metadata, content, attributes) in noted.into_iter().flatten() {
        known.note(&metadata, content, attributes);
    }
    // A second name is a change of the file.
    for entry in archive.entries.iter().filter(hard) {
        if let Some(metadata) = tree.metadata(plain(&entry.path))? {
            known.touched(&metadata);
        }
    }
    Ok(known.settle(home)?)
}

/// Opens the archive of a stage; says what is wrong if it is not there as it was kept.
fn open(path: &Path, index: &StageIndex) -> Result<MappedFile, String> {
    let map = MappedFile::open(path).map_err(|error| error.to_string())?;
    match map.len() as u64 == index.size {
        true => Ok(map),
        false => Err("its archive has another size".to_owned()),
    }
}

/// Looks at the archive; says what is wrong if its entries are not those that were kept.
fn read(map: &MappedFile, index: &StageIndex) -> Result<Archive, String> {
    let archive = Archive::read(map)?;
    match archive.headers.to_hex().as_str() == index.headers {
        true => Ok(archive),
        false => Err("its archive has other entries".to_owned()),
    }
}

/// Reads all of a stage and says what is wrong with it, if anything is.
pub(super) fn check(index: &StageIndex, directory: &Path) -> Result<(), String> {
    let map = open(&directory.join(&index.archive), index)?;
    let archive = read(&map, index)?;
    let all = levels(&archive, index).map_err(|trouble| match trouble {
        Trouble::Damaged(reason) => reason,
        Trouble::Tree(error) => error.to_string(),
    })?;
    let items: Vec<&Item<'_>> = all.iter().flat_map(|(_, items)| items).collect();
    items.par_iter().try_for_each(|item| match &item.digests {
        Some((check, _)) => content(item.entry, check, &map).map(|found| map.was_read(found.len())),
        None => Ok(()),
    })
}

/// All that is no directory and no second name, by the directory that it lies in.
fn levels<'a>(archive: &'a Archive, index: &StageIndex) -> Result<Vec<Level<'a>>, Trouble> {
    let mut digests = index.checks.iter().zip(&index.files);
    let mut next = || {
        let (check, sha256) = digests.next()?;
        let check = blake3::Hash::from_hex(check).ok()?;
        Some((check, sha256.parse().ok()?))
    };
    let mut levels: BTreeMap<&Path, Vec<Item<'_>>> = BTreeMap::new();
    for entry in &archive.entries {
        let digests = match entry.kind {
            Kind::File => {
                let lacks = || Trouble::damaged("its index lacks a digest");
                Some(next().ok_or_else(lacks)?)
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
            digests,
        });
    }
    Ok(levels.into_iter().collect())
}

/// Makes all directories; each stands in the archive before what is in it, and mostly behind
/// another of the same directory.
fn directories(tree: &Tree, archive: &Archive) -> Result<(), Trouble> {
    let mut last: Option<(&Path, Directory)> = None;
    for entry in &archive.entries {
        let path = plain(&entry.path);
        let (Kind::Directory, Some(above), Some(name)) =
            (entry.kind, path.parent(), path.file_name())
        else {
            continue;
        };
        let directory = match last {
            Some((same, directory)) if same == above => directory,
            _ => tree.directory(above)?,
        };
        directory.create_unsealed(name)?;
        last = Some((above, directory));
    }
    Ok(())
}

/// Gives directories what they have, once nothing is written into them any more.
fn seal_directories(tree: &Tree, archive: &Archive) -> Result<(), Trouble> {
    archive.entries.par_iter().try_for_each(|entry| {
        if entry.kind == Kind::Directory {
            let directory = tree.directory(plain(&entry.path))?;
            directory.seal_own(&seal(entry)?, &attributes(entry))?;
        }
        Ok(())
    })
}

/// Makes one entry; a file is noted.
fn put(
    directory: &Directory,
    item: &Item<'_>,
    archive: &MappedFile,
) -> Result<Option<Note>, Trouble> {
    let (entry, name) = (item.entry, item.name);
    let seal = seal(entry)?;
    let Some((check, sha256)) = item.digests else {
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
    let content = content(entry, &check, archive).map_err(Trouble::Damaged)?;
    let attributes = attributes(entry);
    let metadata = directory.restore_file(name, content, &seal, &attributes)?;
    archive.was_read(content.len());
    let offset = entry.offset;
    Ok(Some((metadata, Content { sha256, offset }, attributes)))
}

/// The content of a file, compared.
fn content<'a>(entry: &Entry, check: &blake3::Hash, archive: &'a [u8]) -> Result<&'a [u8], String> {
    let content = span(entry).and_then(|(start, end)| archive.get(start..end));
    let content = content.filter(|content| blake3::hash(content) == *check);
    content.ok_or_else(|| {
        let path = String::from_utf8_lossy(&entry.path);
        format!("{path} is not what was kept")
    })
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
fn attributes(entry: &Entry) -> Attributes {
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
