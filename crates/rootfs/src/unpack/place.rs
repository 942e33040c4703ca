//! Moves what is staged to its place in the tree, as dpkg would unpack it.
//!
//! What dpkg does with one entry (its `tarobject`), and so do we:
//!
//! - a path that is diverted by another package goes to the other path;
//! - a directory, or a symbolic link to one, that is there already stays as it is;
//! - a file of another package is an error, unless one of the two `Replaces` the other (then
//!   the list of the one that lost it no longer has it), the path is diverted by one of them, or
//!   both are the same package for two architectures;
//! - a configuration file waits under the name `….dpkg-new` until it is configured;
//! - owner and mode are those of the package, or of `dpkg-statoverride`. Owners are looked up by
//!   name in the tree's own `/etc/passwd` and `/etc/group`, once they are there.

mod accounts;
mod diversions;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use formwork_deb::relation;
use formwork_sys::tree::{Directory, Kind, Metadata, Seal, Tree};

use super::control::Control;
use super::entry::{Entry, What};
use crate::error::Error;
use accounts::Accounts;
use diversions::{Diversions, Overrides};

/// The ending that dpkg gives a configuration file that is not configured yet.
const NEW: &str = ".dpkg-new";

/// What of each package lies in the tree, and the tree itself.
pub(crate) struct Placer<'a> {
    tree: &'a Tree,
    stage: &'a Tree,
    controls: &'a [Control],
    /// Which packages ship a path that is no directory.
    owners: HashMap<Vec<u8>, Vec<usize>>,
    /// The lines of each package's list of files, in the order of its archive.
    lists: Vec<Vec<Vec<u8>>>,
    /// Packages whose lists have changed after they were placed.
    relisted: BTreeSet<usize>,
    accounts: Accounts,
    diversions: Diversions,
    overrides: Overrides,
    /// The directory that was used last: entries of one directory follow each other.
    last: Option<(PathBuf, Directory)>,
}

/// How configuration files are placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conffiles {
    /// Only as `….dpkg-new`, as dpkg does.
    New,
    /// Also under their final name: programs of the essential packages run before any of them
    /// is configured.
    Both,
}

impl<'a> Placer<'a> {
    /// Begins with an empty tree.
    pub(crate) fn new(tree: &'a Tree, stage: &'a Tree, controls: &'a [Control]) -> Placer<'a> {
        Placer {
            tree,
            stage,
            controls,
            owners: HashMap::new(),
            lists: vec![Vec::new(); controls.len()],
            relisted: BTreeSet::new(),
            accounts: Accounts::default(),
            diversions: Diversions::default(),
            overrides: Overrides::default(),
            last: None,
        }
    }

    /// Takes over a package that lies in the tree already, with the lines of its list.
    pub(crate) fn adopt(&mut self, index: usize, list: Vec<Vec<u8>>) -> Result<(), Error> {
        for line in &list {
            let path = line.strip_prefix(b"/").unwrap_or(line);
            if path.is_empty() || path == b"." {
                continue;
            }
            // Directories belong to all who have them. What is not there is diverted, or gone.
            let existing = self.tree.metadata(OsStr::from_bytes(path))?;
            if !self.is_directory(path, existing.as_ref()) {
                self.owners.entry(path.to_vec()).or_default().push(index);
            }
        }
        self.lists[index] = list;
        Ok(())
    }

    /// Reads again what a program of the tree may have changed.
    pub(crate) fn refresh(&mut self) -> Result<(), Error> {
        self.last = None;
        self.accounts = Accounts::read(self.tree)?;
        self.diversions = Diversions::read(self.tree)?;
        self.overrides = Overrides::read(self.tree, &self.accounts)?;
        Ok(())
    }

    /// The list of a package's files, as dpkg keeps it.
    pub(crate) fn list(&self, index: usize) -> &[Vec<u8>] {
        &self.lists[index]
    }

    /// The packages placed earlier whose lists have changed since this was asked last.
    pub(crate) fn relisted(&mut self) -> BTreeSet<usize> {
        std::mem::take(&mut self.relisted)
    }

    /// Puts the staged files of a package into the tree.
    pub(crate) fn place(
        &mut self,
        index: usize,
        entries: &[Entry],
        conffiles: Conffiles,
    ) -> Result<(), Error> {
        let control = &self.controls[index];
        let configuration: HashSet<Vec<u8>> = control.conffiles()?.into_iter().collect();
        let from = self.stage.directory(index.to_string())?;
        for entry in entries {
            let new = configuration
                .contains(&entry.path)
                .then_some(conffiles)
                .filter(|_| matches!(entry.what, What::File(..) | What::HardLink(_)));
            self.place_one(&Placing {
                index,
                entry,
                conffile: new,
                from: &from,
            })?;
        }
        drop(from);
        self.stage.remove_all(index.to_string())?;
        Ok(())
    }

    fn place_one(&mut self, placing: &Placing<'_>) -> Result<(), Error> {
        let entry = placing.entry;
        if entry.path.is_empty() {
            self.lists[placing.index].push(b"/.".to_vec());
            return Ok(());
        }
        let name = &self.controls[placing.index].package.name;
        let path = self.diversions.instead(&entry.path, name).to_vec();
        if let Some((first, owner)) = self.diversions.is_target(&entry.path) {
            let label = self.controls[placing.index].label();
            return Err(conflict(label, owner.to_owned(), first));
        }
        let existing = self.existing(&path)?;
        let stays = match &entry.what {
            What::Directory => self.is_directory(&path, existing.as_ref()),
            What::SymbolicLink(target) => self.is_same_directory(&path, target, existing.as_ref()),
            _ => false,
        };
        if !stays && !self.may_place(placing, existing.as_ref())? {
            return Ok(());
        }
        self.list_entry(placing.index, &entry.path);
        if stays {
            return Ok(());
        }
        if entry.what != What::Directory {
            let owners = self.owners.entry(entry.path.clone()).or_default();
            owners.push(placing.index);
        }
        self.put(placing, &path, existing.as_ref())
    }

    fn list_entry(&mut self, index: usize, path: &[u8]) {
        let mut line = Vec::with_capacity(path.len() + 1);
        line.push(b'/');
        line.extend_from_slice(path);
        self.lists[index].push(line);
    }

    fn existing(&mut self, path: &[u8]) -> Result<Option<Metadata>, Error> {
        let (directory, name) = self.parent(path)?;
        Ok(directory.metadata(name)?)
    }

    fn is_directory(&self, path: &[u8], existing: Option<&Metadata>) -> bool {
        match existing.map(|found| found.kind) {
            Some(Kind::Directory) => true,
            Some(Kind::SymbolicLink) => self.tree.directory(OsStr::from_bytes(path)).is_ok(),
            _ => false,
        }
    }

    /// Whether a directory, or a link to the same one, is where a symbolic link should go.
    fn is_same_directory(&self, path: &[u8], target: &[u8], existing: Option<&Metadata>) -> bool {
        match existing.map(|found| found.kind) {
            Some(Kind::Directory) => true,
            Some(Kind::SymbolicLink) => {
                let there = self.tree.directory(OsStr::from_bytes(path));
                let wanted = self
                    .tree
                    .directory(OsStr::from_bytes(&resolved(path, target)));
                let inode = |directory: Directory| directory.own_metadata().map(|own| own.inode);
                match (there.and_then(inode), wanted.and_then(inode)) {
                    (Ok(there), Ok(wanted)) => there == wanted,
                    _ => false,
                }
            }
            _ => false,
        }
    }

    /// Whether the entry may go where it should; one that was replaced already may not, and is
    /// passed over.
    fn may_place(
        &mut self,
        placing: &Placing<'_>,
        existing: Option<&Metadata>,
    ) -> Result<bool, Error> {
        let (index, path) = (placing.index, &placing.entry.path);
        let others = self.owners.get(path).cloned().unwrap_or_default();
        for other in others {
            let (new, old) = (&self.controls[index], &self.controls[other]);
            let both_same = new.package.name == old.package.name && new.same && old.same;
            let diverted = self
                .diversions
                .owner_of(path)
                .is_some_and(|owner| owner == new.package.name || owner == old.package.name);
            if diverted {
                continue;
            }
            if both_same {
                self.compare_shared(placing, other)?;
                self.list_entry(index, path);
                return Ok(false);
            }
            if replaces(new, old) {
                self.disown(other, path);
            } else if replaces(old, new) {
                return Ok(false);
            } else {
                return Err(conflict(new.label(), old.label(), path));
            }
        }
        if existing.is_some_and(|found| found.kind == Kind::Directory) {
            let other = self.lister(path, index);
            let new = &self.controls[index];
            return Err(conflict(new.label(), other, path));
        }
        Ok(true)
    }

    /// Who else lists a path, for messages.
    fn lister(&self, path: &[u8], except: usize) -> String {
        let line = [b"/", path].concat();
        let found = (0..self.lists.len())
            .find(|index| *index != except && self.lists[*index].contains(&line));
        found.map_or_else(
            || "none, but a directory that a script made".to_owned(),
            |index| format!("{} as a directory", self.controls[index].label()),
        )
    }

    /// Takes a path off another package's list.
    fn disown(&mut self, other: usize, path: &[u8]) {
        let line = [b"/", path].concat();
        self.lists[other].retain(|one| *one != line);
        self.relisted.insert(other);
        if let Some(owners) = self.owners.get_mut(path) {
            owners.retain(|owner| *owner != other);
        }
    }

    /// A file of the same package for another architecture must have the same content.
    fn compare_shared(&mut self, placing: &Placing<'_>, other: usize) -> Result<(), Error> {
        let What::File(number, _) = placing.entry.what else {
            return Ok(());
        };
        let mut new = Vec::new();
        placing
            .from
            .open_file(&OsString::from(number.to_string()))?
            .read_to_end(&mut new)
            .map_err(|source| formwork_sys::Error::io("read", placing.from.shown(), source))?;
        let path = &placing.entry.path;
        let pending = [path, NEW.as_bytes()].concat();
        let there = match self.tree.read_if_there(OsStr::from_bytes(&pending))? {
            Some(there) => Some(there),
            None => self.tree.read_if_there(OsStr::from_bytes(path))?,
        };
        match there.is_none_or(|there| there == new) {
            true => Ok(()),
            false => {
                let (index, controls) = (placing.index, self.controls);
                let label = |one: usize| {
                    format!(
                        "{} {}",
                        controls[one].label(),
                        controls[one].package.architecture
                    )
                };
                Err(conflict(label(index), label(other), path))
            }
        }
    }

    /// The directory that a path lies in; made, as root's, where no package ships it.
    fn parent<'p>(&mut self, path: &'p [u8]) -> Result<(&Directory, &'p OsStr), Error> {
        let path = Path::new(OsStr::from_bytes(path));
        let above = path.parent().unwrap_or(Path::new(""));
        let name = path.file_name().unwrap_or_default();
        if self.last.as_ref().is_none_or(|(last, _)| last != above) {
            let directory = match self.tree.directory(above) {
                Err(error) if error.is_not_found() => {
                    self.tree.create_directories(above)?;
                    self.tree.directory(above)?
                }
                result => result?,
            };
            self.last = Some((above.to_owned(), directory));
        }
        match &self.last {
            Some((_, directory)) => Ok((directory, name)),
            None => Err(Error::Job("no directory is open".to_owned())),
        }
    }

    fn put(
        &mut self,
        placing: &Placing<'_>,
        path: &[u8],
        existing: Option<&Metadata>,
    ) -> Result<(), Error> {
        let entry = placing.entry;
        let seal = self.seal(entry);
        match &entry.what {
            What::File(number, _) => {
                let staged = OsString::from(number.to_string());
                if (seal.user, seal.group, seal.mode) != (entry.user, entry.group, entry.mode) {
                    placing.from.set_owner(&staged, seal.user, seal.group)?;
                    placing.from.set_mode(&staged, seal.mode)?;
                }
                self.put_file(placing, path, &staged, &seal)
            }
            What::HardLink(target) => self.put_hard_link(placing, path, target, &seal),
            What::SymbolicLink(target) => {
                let (directory, name) = self.parent(path)?;
                if existing.is_some() {
                    directory.remove(name)?;
                }
                directory.symbolic_link(OsStr::from_bytes(target), name)?;
                own(directory, name, &seal)?;
                Ok(directory.set_modified(name, time(entry))?)
            }
            What::Directory => {
                let (directory, name) = self.parent(path)?;
                if existing.is_some() {
                    directory.remove(name)?;
                }
                directory.create_directory(name, seal.mode)?;
                own(directory, name, &seal)?;
                if seal.mode & 0o6000 != 0 {
                    directory.set_mode(name, seal.mode)?;
                }
                Ok(directory.set_modified(name, time(entry))?)
            }
            What::Fifo => {
                let (directory, name) = self.parent(path)?;
                directory.remove(name)?;
                directory.create_fifo(name, seal.mode)?;
                own(directory, name, &seal)?;
                Ok(directory.set_mode(name, seal.mode)?)
            }
        }
    }

    fn put_file(
        &mut self,
        placing: &Placing<'_>,
        path: &[u8],
        staged: &OsStr,
        seal: &Seal,
    ) -> Result<(), Error> {
        let Some(conffiles) = placing.conffile else {
            let (directory, name) = self.parent(path)?;
            return Ok(placing.from.rename(staged, directory, name)?);
        };
        let real = self.conffile_path(path)?;
        if conffiles == Conffiles::Both {
            let mut content = Vec::new();
            placing
                .from
                .open_file(staged)?
                .read_to_end(&mut content)
                .map_err(|source| formwork_sys::Error::io("read", placing.from.shown(), source))?;
            let (directory, name) = self.parent(&real)?;
            directory.remove(name)?;
            let mut file = directory.create_file(name, 0o600)?;
            file.write_all(&content)
                .map_err(|source| formwork_sys::Error::io("write", directory.shown(), source))?;
            directory.seal(&file, name, seal)?;
        }
        let pending = [&real, NEW.as_bytes()].concat();
        let (directory, name) = self.parent(&pending)?;
        Ok(placing.from.rename(staged, directory, name)?)
    }

    /// Where a configuration file truly lies: links are followed, as dpkg does.
    fn conffile_path(&mut self, path: &[u8]) -> Result<Vec<u8>, Error> {
        let mut path = path.to_vec();
        for _ in 0..20 {
            let (directory, name) = self.parent(&path)?;
            match directory.metadata(name)?.map(|found| found.kind) {
                Some(Kind::SymbolicLink) => {
                    let target = directory.read_link(name)?;
                    path = resolved(&path, target.as_os_str().as_bytes());
                }
                _ => break,
            }
        }
        Ok(path)
    }

    /// A further name of a file that this package has placed before.
    fn put_hard_link(
        &mut self,
        placing: &Placing<'_>,
        path: &[u8],
        target: &[u8],
        seal: &Seal,
    ) -> Result<(), Error> {
        let package = &self.controls[placing.index].package.name;
        let mut source = self.diversions.instead(target, package).to_vec();
        let pending = [&source, NEW.as_bytes()].concat();
        if self.tree.exists(OsStr::from_bytes(&pending))? {
            source = pending;
        }
        let mut path = path.to_vec();
        if placing.conffile.is_some() {
            path.extend_from_slice(NEW.as_bytes());
        }
        let path = OsStr::from_bytes(&path);
        self.tree.remove(path)?;
        self.tree.hard_link(OsStr::from_bytes(&source), path)?;
        // What the later entry says counts for the file.
        self.tree.set_owner(path, seal.user, seal.group)?;
        self.tree.set_mode(path, seal.mode)?;
        let time = formwork_sys::tree::Time::seconds(seal.modified);
        Ok(self.tree.set_modified(path, time)?)
    }

    /// Owner and mode as they shall be.
    fn seal(&self, entry: &Entry) -> Seal {
        let user = self.accounts.user(entry.user_name.as_deref());
        let group = self.accounts.group(entry.group_name.as_deref());
        let seal = Seal {
            mode: entry.mode,
            user: user.unwrap_or(entry.user),
            group: group.unwrap_or(entry.group),
            modified: entry.modified,
        };
        self.overrides.apply(&entry.path, seal)
    }
}

/// One entry on its way.
struct Placing<'a> {
    index: usize,
    entry: &'a Entry,
    conffile: Option<Conffiles>,
    from: &'a Directory,
}

fn own(directory: &Directory, name: &OsStr, seal: &Seal) -> Result<(), Error> {
    match (seal.user, seal.group) {
        (0, 0) => Ok(()),
        (user, group) => Ok(directory.set_owner(name, user, group)?),
    }
}

fn time(entry: &Entry) -> formwork_sys::tree::Time {
    formwork_sys::tree::Time::seconds(entry.modified)
}

fn conflict(package: String, other: String, path: &[u8]) -> Error {
    Error::Conflict {
        package,
        other,
        path: format!("/{}", path.escape_ascii()),
    }
}

/// Whether one package may overwrite files of another.
fn replaces(new: &Control, old: &Control) -> bool {
    let Ok(groups) = relation::parse_groups(&new.replaces) else {
        return false;
    };
    let old_is = |relation: &relation::Relation<'_>| {
        relation.name == old.package.name && relation.satisfied_by(&old.package.version)
    };
    groups
        .iter()
        .flat_map(|group| &group.alternatives)
        .any(old_is)
}

/// Where a symbolic link at `path` that says `target` leads, by its text alone.
fn resolved(path: &[u8], target: &[u8]) -> Vec<u8> {
    let mut parts: Vec<&[u8]> = Vec::new();
    if target.first() != Some(&b'/') {
        parts.extend(path.split(|byte| *byte == b'/'));
        parts.pop();
    }
    for part in target.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join(&b'/')
}
