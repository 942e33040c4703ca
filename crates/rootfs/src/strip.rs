//! What an image does not need once it is made: packages and paths that are taken out at the end.
//!
//! Whoever built the tree needed dpkg, perl and a shell; a small device needs neither. Nothing is
//! uninstalled and no script is run: the files of the packages that go are removed, by dpkg's own
//! lists. The rules, in this order:
//!
//! 1. What the image's own files, directories and links name stays, and so does what leads there.
//! 2. A path that `paths` names goes with all below it.
//! 3. A path that only packages that go have goes. A directory goes when nothing is left in it.
//! 4. What no package has goes with the directory it lies in, if only packages that go have that.
//! 5. A link that no package has goes with what it pointed at.
//!
//! Links that the image wants in the place of what went are made last, so that the build itself
//! had the real programs to the end.
//!
//! dpkg's database forgets the packages that went. Where dpkg itself goes, so does its database.

mod database;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use formwork_deb::sha256::Sha256;
use formwork_model::settings::{Link, Placed, Settings};
use formwork_model::tree::{Entry, Manifest, Node, order};
use formwork_sys::tree::{Kind, Tree, Visited};

use crate::error::Error;
use crate::job::Job;
use crate::manifest::owners::{self, Finder, Owned};

/// What was taken out.
#[derive(Debug, Default)]
pub(crate) struct Stripped {
    /// The packages that went, as dpkg calls them, sorted; foreign ones with their architecture.
    pub(crate) packages: Vec<String>,
    /// The package of each path that stayed, where exactly one has it: the manifest cannot find
    /// it out any more where dpkg's lists went.
    pub(crate) owners: BTreeMap<Vec<u8>, String>,
}

impl Stripped {
    /// Notes the owners that dpkg's lists no longer tell.
    pub(crate) fn note(&self, manifest: &mut Manifest) {
        for entry in &mut manifest.entries {
            if entry.package.is_none() {
                entry.package = self.owners.get(&entry.path).cloned();
            }
        }
    }
}

/// Takes out what the image says.
///
/// # Errors
/// If the image names a package that the tree does not have, or something cannot be removed.
pub(crate) fn apply(tree: &Tree, job: &Job) -> Result<Stripped, Error> {
    let strip = &job.settings.strip;
    if strip.is_empty() {
        return Ok(Stripped::default());
    }
    let entries = walk(tree)?;
    let owned = owners::owned(tree, &job.architecture, &entries)?;
    let keep = chosen(&strip.keep, &owned.packages)?;
    let remove = chosen(&strip.remove, &owned.packages)?;
    let goes: Vec<bool> = (0..owned.packages.len())
        .map(|number| remove.contains(&number) || !strip.keep.is_empty() && !keep.contains(&number))
        .collect();
    let mut plan = Plan {
        finder: Finder::new(&entries),
        gone: vec![false; entries.len()],
        spared: vec![false; entries.len()],
        entries: &entries,
        owned: &owned,
        goes: &goes,
    };
    plan.spare(&job.settings);
    plan.paths(&strip.paths)?;
    let dpkg = owned.packages.iter().position(|name| name == "dpkg");
    if dpkg.is_some_and(|number| goes[number]) {
        plan.below(database::PLACE);
    }
    plan.packages();
    plan.links();
    plan.directories();
    let gone = plan.gone;
    // Backwards, so that a directory is empty when its turn comes.
    for (entry, _) in entries.iter().zip(&gone).rev().filter(|(_, gone)| **gone) {
        tree.remove_all(OsStr::from_bytes(&entry.path))?;
    }
    let went = |number: &usize| goes.get(*number).copied().unwrap_or(false);
    let mut packages: Vec<String> = owned
        .packages
        .iter()
        .enumerate()
        .filter(|(number, _)| went(number))
        .map(|(_, name)| name.clone())
        .collect();
    packages.sort();
    database::forget(tree, &job.architecture, &packages)?;
    for link in &strip.links {
        replace(tree, link)?;
    }
    let stayed = entries.iter().zip(&gone).zip(&owned.of);
    let owners = stayed
        .filter(|((_, gone), _)| !**gone)
        .filter_map(|((entry, _), of)| match of.as_slice() {
            [number] => Some((entry.path.clone(), owned.packages.get(*number)?.clone())),
            _ => None,
        });
    Ok(Stripped {
        owners: owners.collect(),
        packages,
    })
}

/// Makes a link where something went.
fn replace(tree: &Tree, link: &Link) -> Result<(), Error> {
    let path = link.path.trim_start_matches('/');
    if tree.metadata(path)?.is_some() {
        let message = format!(
            "{} is still there, so no link can take its place",
            link.path
        );
        return Err(Error::Job(format!("{}: {message}", link.at)));
    }
    if let Some((above, _)) = path.rsplit_once('/') {
        tree.create_directories(above)?;
    }
    Ok(tree.symbolic_link(OsStr::new(&link.target), path)?)
}

/// Everything in the tree, sorted; nothing is read but links.
fn walk(tree: &Tree) -> Result<Vec<Entry>, Error> {
    let mut entries = Vec::new();
    tree.walk::<Error>("", &mut |visited: &Visited<'_>| {
        let node = match visited.metadata.kind {
            Kind::Directory => Node::Directory,
            Kind::SymbolicLink => Node::Symlink(visited.read_link()?.into_os_string().into_vec()),
            // What it holds does not matter here.
            _ => Node::File {
                size: 0,
                sha256: Sha256::of(b""),
            },
        };
        entries.push(Entry {
            path: visited.path.as_os_str().as_bytes().to_vec(),
            node,
            mode: 0,
            uid: 0,
            gid: 0,
            modified: 0,
            attributes: BTreeMap::new(),
            package: None,
        });
        Ok(())
    })?;
    entries.sort_by(|left, right| order(&left.path, &right.path));
    Ok(entries)
}

/// The packages that some patterns mean, of which each must mean one.
fn chosen(patterns: &[Placed], packages: &[String]) -> Result<BTreeSet<usize>, Error> {
    let mut chosen = BTreeSet::new();
    for pattern in patterns {
        let before = chosen.len();
        let mut any = false;
        for (number, package) in packages.iter().enumerate() {
            let name = package.split(':').next().unwrap_or(package);
            if matches(pattern.text.as_bytes(), name.as_bytes()) {
                chosen.insert(number);
                any = true;
            }
        }
        if !any && before == chosen.len() {
            return Err(Error::Job(format!(
                "{}: the image has no package `{}` to keep or remove",
                pattern.at, pattern.text
            )));
        }
    }
    Ok(chosen)
}

/// Whether a name is what a pattern with stars means.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match pattern.split_first() {
        None => name.is_empty(),
        Some((b'*', rest)) => {
            (0..=name.len()).any(|skipped| matches(rest, name.get(skipped..).unwrap_or_default()))
        }
        Some((first, rest)) => name
            .split_first()
            .is_some_and(|(own, left)| own == first && matches(rest, left)),
    }
}

/// What is decided so far.
struct Plan<'a> {
    entries: &'a [Entry],
    owned: &'a Owned,
    /// Which packages go.
    goes: &'a [bool],
    finder: Finder,
    /// Which entries go.
    gone: Vec<bool>,
    /// Which entries stay, whatever a rule says.
    spared: Vec<bool>,
}

impl Plan<'_> {
    /// Rule 1: spares what the image itself names.
    fn spare(&mut self, settings: &Settings) {
        let files = settings.files.iter().map(|file| file.path.clone());
        let links = settings.links.iter().map(|link| link.path.clone());
        let mut paths: Vec<String> = files.chain(links).collect();
        for directory in &settings.directories {
            let members = directory.members.iter();
            paths.extend(members.map(|member| format!("{}/{}", directory.path, member.path)));
            paths.push(directory.path.clone());
        }
        for path in paths {
            let path = path.trim_start_matches('/').as_bytes();
            let mut at = self.finder.find(path, self.entries);
            while let Some(position) = at {
                self.spared[position] = true;
                at = self.above(position);
            }
        }
    }

    /// Rule 2: the paths that are named.
    fn paths(&mut self, paths: &[Placed]) -> Result<(), Error> {
        for placed in paths {
            let path = placed.text.trim_start_matches('/').as_bytes();
            // Not there is as good as gone: what a package ships differs between suites.
            let found = self.finder.find(path, self.entries);
            if found.is_some_and(|position| self.spared[position]) {
                let message = format!("the image itself puts something at {}", placed.text);
                return Err(Error::Job(format!("{}: {message}", placed.at)));
            }
            self.below(path);
        }
        Ok(())
    }

    /// Lets a path go with all below it that is not spared.
    fn below(&mut self, path: impl AsRef<[u8]>) {
        let Some(first) = self.finder.find(path.as_ref(), self.entries) else {
            return;
        };
        let top = &self.entries[first].path;
        for (position, entry) in self.entries.iter().enumerate().skip(first) {
            if position > first && !is_below(&entry.path, top) {
                break;
            }
            self.gone[position] = !self.spared[position];
        }
    }

    /// Rules 3 and 4: what only packages that go have, and what nobody has in their directories.
    fn packages(&mut self) {
        // Whether the nearest directory that any package has is one of those that go.
        let mut falls = vec![false; self.entries.len()];
        for position in 0..self.entries.len() {
            let owners = &self.owned.of[position];
            falls[position] = match owners.as_slice() {
                [] => self.above(position).is_some_and(|above| falls[above]),
                some => some.iter().all(|number| self.goes[*number]),
            };
            if falls[position] && !self.spared[position] {
                self.gone[position] = true;
            }
        }
    }

    /// Rule 5: links that pointed at what goes, until no more are found.
    fn links(&mut self) {
        loop {
            let mut more = false;
            for position in 0..self.entries.len() {
                let is_ours = self.gone[position] || self.spared[position];
                if !is_ours && self.owned.of[position].is_empty() && self.points_at_gone(position) {
                    self.gone[position] = true;
                    more = true;
                }
            }
            if !more {
                return;
            }
        }
    }

    /// Whether an entry is a link whose target goes.
    fn points_at_gone(&mut self, position: usize) -> bool {
        let entry = &self.entries[position];
        let Node::Symlink(target) = &entry.node else {
            return false;
        };
        let above = entry.path.iter().rposition(|byte| *byte == b'/');
        let above = entry.path.get(..above.unwrap_or(0)).unwrap_or_default();
        let whole = match target.strip_prefix(b"/") {
            Some(absolute) => absolute.to_vec(),
            None => [above, target].join(&b'/'),
        };
        // The last name is not followed: each link of a chain goes in its own turn.
        let (directory, name) = match whole.iter().rposition(|byte| *byte == b'/') {
            Some(slash) => (&whole[..slash], &whole[slash + 1..]),
            None => (&b""[..], whole.as_slice()),
        };
        let Some(real) = self.finder.real(directory) else {
            return false;
        };
        let path = match real.as_slice() {
            [] => name.to_vec(),
            real => [real, name].join(&b'/'),
        };
        let found = self.finder.find(&path, self.entries);
        found.is_some_and(|found| self.gone[found])
    }

    /// A directory stays while something stays in it, and an unowned one that is empty now goes.
    fn directories(&mut self) {
        let mut holds = vec![false; self.entries.len()];
        let mut held = vec![false; self.entries.len()];
        for position in (0..self.entries.len()).rev() {
            let is_directory = matches!(self.entries[position].node, Node::Directory);
            if is_directory && holds[position] {
                self.gone[position] = false;
            } else if is_directory
                && held[position]
                && self.owned.of[position].is_empty()
                && !self.spared[position]
            {
                self.gone[position] = true;
            }
            if let Some(above) = self.above(position) {
                held[above] = true;
                holds[above] |= !self.gone[position];
            }
        }
    }

    /// The directory that an entry lies in, if it is not the root.
    fn above(&self, position: usize) -> Option<usize> {
        let path = Path::new(OsStr::from_bytes(&self.entries[position].path));
        let above = path.parent()?.as_os_str().as_bytes();
        self.entries
            .binary_search_by(|entry| order(&entry.path, above))
            .ok()
    }
}

/// Whether a path lies below another.
fn is_below(path: &[u8], above: &[u8]) -> bool {
    path.strip_prefix(above)
        .is_some_and(|rest| rest.starts_with(b"/"))
}
