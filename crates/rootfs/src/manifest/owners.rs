//! Which package owns a path, by dpkg's own lists.
//!
//! `var/lib/dpkg/info/PACKAGE.list` names the paths of a package as it ships them. Where they
//! lie may be elsewhere: `/bin` is a link to `usr/bin`, and a diversion moves the file of one
//! package out of the way of another's (`var/lib/dpkg/diversions`: three lines each, the path,
//! where it goes instead, and the package that asked for it and keeps the path).

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use formwork_model::tree::{Entry, Node, order};
use formwork_sys::tree::Tree;

use crate::error::Error;

/// The directory of dpkg's lists.
const INFO: &str = "var/lib/dpkg/info";
/// The file of its diversions.
const DIVERSIONS: &str = "var/lib/dpkg/diversions";
/// How many links may stand between a name and its directory.
const MAX_LINKS: usize = 40;

/// Notes the owner of each entry; the entries are sorted by path.
pub(super) fn note(tree: &Tree, architecture: &str, entries: &mut [Entry]) -> Result<(), Error> {
    let owned = owned(tree, architecture, entries)?;
    for (entry, owners) in entries.iter_mut().zip(&owned.of) {
        if let [number] = owners.as_slice() {
            entry.package = owned.packages.get(*number).cloned();
        }
    }
    Ok(())
}

/// Who owns what of a tree.
#[derive(Default)]
pub(crate) struct Owned {
    /// The packages, in the order of their lists; foreign ones with their architecture.
    pub(crate) packages: Vec<String>,
    /// For each entry the numbers of its packages; several are usual for directories.
    pub(crate) of: Vec<Vec<usize>>,
}

/// Finds the owners of all entries, which are sorted by path; without dpkg's lists there are none.
pub(crate) fn owned(tree: &Tree, architecture: &str, entries: &[Entry]) -> Result<Owned, Error> {
    let mut owned = Owned {
        packages: Vec::new(),
        of: vec![Vec::new(); entries.len()],
    };
    if tree.metadata(INFO)?.is_none() {
        return Ok(owned);
    }
    let diverted = diversions(&tree.read_if_there(DIVERSIONS)?.unwrap_or_default());
    let mut finder = Finder::new(entries);
    let native = format!(":{architecture}");
    for (name, _) in tree.list(INFO)? {
        let Some(stem) = name.as_bytes().strip_suffix(b".list") else {
            continue;
        };
        let stem = String::from_utf8_lossy(stem).into_owned();
        let package = stem.strip_suffix(&native).unwrap_or(&stem).to_owned();
        let list = tree.read(Path::new(INFO).join(&name))?;
        for path in list.split(|byte| *byte == b'\n').filter_map(relative) {
            let there = match diverted.get(path) {
                Some((to, by)) if *by != package => to.as_slice(),
                _ => path,
            };
            if let Some(position) = finder.find(there, entries) {
                owned.of[position].push(owned.packages.len());
            }
        }
        owned.packages.push(package);
    }
    Ok(owned)
}

/// A line of a list without the slash in front; the root itself is `/.`.
fn relative(line: &[u8]) -> Option<&[u8]> {
    match line.strip_prefix(b"/")? {
        b"." => Some(b""),
        path => Some(path),
    }
}

/// Where the diversions lead, and for whom; local ones belong to no package.
fn diversions(text: &[u8]) -> BTreeMap<Vec<u8>, (Vec<u8>, String)> {
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    let mut found = BTreeMap::new();
    for three in lines.chunks_exact(3) {
        if let (Some(from), Some(to)) = (relative(three[0]), relative(three[1])) {
            let by = String::from_utf8_lossy(three[2]).into_owned();
            found.insert(from.to_vec(), (to.to_vec(), by));
        }
    }
    found
}

/// Finds entries by paths that may go through links.
pub(crate) struct Finder {
    /// The symbolic links of the tree.
    links: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Where directories truly are.
    known: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl Finder {
    pub(crate) fn new(entries: &[Entry]) -> Finder {
        let links = entries.iter().filter_map(|entry| match &entry.node {
            Node::Symlink(target) => Some((entry.path.clone(), target.clone())),
            _ => None,
        });
        Finder {
            links: links.collect(),
            known: BTreeMap::new(),
        }
    }

    /// The number of the entry that a path means; a link at its end is meant itself.
    pub(crate) fn find(&mut self, path: &[u8], entries: &[Entry]) -> Option<usize> {
        let at = |path: &[u8]| {
            entries
                .binary_search_by(|entry| order(&entry.path, path))
                .ok()
        };
        let Some(slash) = path.iter().rposition(|byte| *byte == b'/') else {
            return at(path);
        };
        let (above, name) = (&path[..slash], &path[slash..]);
        if !self.known.contains_key(above) {
            let real = self.real(above);
            self.known.insert(above.to_vec(), real);
        }
        let real = self.known.get(above)?.as_ref()?;
        let whole = [real.as_slice(), name].concat();
        at(whole.strip_prefix(b"/").unwrap_or(&whole))
    }

    /// The true path of what a path means, through all links.
    pub(crate) fn real(&self, path: &[u8]) -> Option<Vec<u8>> {
        let mut todo: Vec<Vec<u8>> = parts(path).rev().collect();
        let mut real: Vec<Vec<u8>> = Vec::new();
        let mut links = 0;
        while let Some(part) = todo.pop() {
            if part == b".." {
                real.pop();
                continue;
            }
            real.push(part);
            let Some(target) = self.links.get(&real.join(&b'/')) else {
                continue;
            };
            links += 1;
            if links > MAX_LINKS {
                return None;
            }
            if target.starts_with(b"/") {
                real.clear();
            } else {
                real.pop();
            }
            todo.extend(parts(target).rev());
        }
        Some(real.join(&b'/'))
    }
}

/// The names in a path.
fn parts(path: &[u8]) -> impl DoubleEndedIterator<Item = Vec<u8>> + '_ {
    let names = Path::new(OsStr::from_bytes(path)).components();
    names.filter_map(|part| match part {
        std::path::Component::Normal(name) => Some(name.as_bytes().to_vec()),
        std::path::Component::ParentDir => Some(b"..".to_vec()),
        _ => None,
    })
}

#[cfg(test)]
pub(super) mod tests;
