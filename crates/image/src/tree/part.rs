//! Parts of a tree: what goes to a partition of its own, and what stays.

use std::borrow::Cow;
use std::collections::BTreeMap;

use formwork_format::node::{self, Kind, Node};

use super::{Tree, TreeError};
use crate::acl;

impl<'a> Tree<'a> {
    /// The tree below a directory, without what is below others. The directories themselves
    /// stay, bare; those that the tree lacks are made.
    ///
    /// A file with names in several parts becomes one of its own in each.
    ///
    /// # Errors
    /// If there is something else than a directory where a part begins.
    pub fn part(&self, top: &str, without: &[&str]) -> Result<Cow<'_, Tree<'a>>, TreeError> {
        let top = plain(top);
        let inner: Vec<&[u8]> = without
            .iter()
            .map(|path| plain(path))
            .filter(|path| *path != top)
            .filter_map(|path| below(path, top))
            .collect();
        if top.is_empty() && inner.is_empty() {
            return Ok(Cow::Borrowed(self));
        }
        let mut entries: Vec<(Node, &'a [u8])> = Vec::new();
        // Files that have their first name elsewhere, with their first name here.
        let mut firsts: BTreeMap<usize, Vec<u8>> = BTreeMap::new();
        for (index, node) in self.nodes.nodes().iter().enumerate() {
            let Some(path) = below(&node.path, top) else {
                continue;
            };
            let is_bare = inner.contains(&path);
            if is_bare && node.kind != Kind::Directory {
                return Err(mount(&node.path));
            }
            if !is_bare && inner.iter().any(|inner| below(path, inner).is_some()) {
                continue;
            }
            let target = self.nodes.target(index);
            let mut node = Node {
                path: path.to_vec(),
                ..node.clone()
            };
            let mut content = self.content(index);
            if let Kind::Link(other) = &node.kind {
                let here = below(other, top)
                    .filter(|other| !inner.iter().any(|inner| below(other, inner).is_some()))
                    .map(<[u8]>::to_vec);
                match here.or_else(|| firsts.get(&target).cloned()) {
                    Some(first) => node.kind = Kind::Link(first),
                    None => {
                        firsts.insert(target, node.path.clone());
                        node.kind = self.nodes.nodes()[target].kind.clone();
                        content = self.content(target);
                    }
                }
            }
            entries.push((node, content));
        }
        if entries
            .first()
            .is_some_and(|(node, _)| node.kind != Kind::Directory)
        {
            return Err(mount(top));
        }
        add_missing(&mut entries, &inner)?;
        let (nodes, content) = entries.into_iter().unzip();
        Tree::sorted(nodes, content).map(Cow::Owned)
    }
}

impl<'a> Tree<'a> {
    /// The tree without access control lists, for file systems that have no place for them.
    /// Nobody may do more than before: where a list goes, the mode says what the owning group
    /// may do by that list, and not the mask.
    ///
    /// # Errors
    /// Never: what was a tree stays one.
    pub fn without_lists(&self) -> Result<Cow<'_, Tree<'a>>, TreeError> {
        let mut attributes = self.nodes.nodes().iter().flat_map(|node| &node.attributes);
        if !attributes.any(|(name, _)| acl::NAMES.contains(&&name[..])) {
            return Ok(Cow::Borrowed(self));
        }
        let mut nodes = self.nodes.nodes().to_vec();
        for node in &mut nodes {
            let lists = node.attributes.iter();
            let mut lists = lists.filter(|(name, _)| name == acl::NAMES[0]);
            if let Some(group) = lists.find_map(|(_, value)| acl::group(value)) {
                node.mode = (node.mode & !0o070) | group << 3;
            }
            node.attributes
                .retain(|(name, _)| !acl::NAMES.contains(&&name[..]));
        }
        Ok(Cow::Owned(Tree {
            nodes: node::Tree::new(nodes)?,
            content: self.content.clone(),
        }))
    }
}

/// Adds the root and the bare directories, with those above them, that are not there.
fn add_missing(entries: &mut Vec<(Node, &[u8])>, bare: &[&[u8]]) -> Result<(), TreeError> {
    let time = entries.first().map_or(0, |(root, _)| root.time);
    let mut wanted: Vec<&[u8]> = vec![b""];
    for path in bare {
        let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        wanted.extend(slashes.map(|(place, _)| &path[..place]));
        wanted.push(path);
    }
    wanted.sort_unstable();
    wanted.dedup();
    for path in wanted {
        match entries.iter().find(|(node, _)| node.path == path) {
            Some((node, _)) if node.kind != Kind::Directory => return Err(mount(path)),
            Some(_) => {}
            None => {
                let directory = Node {
                    path: path.to_vec(),
                    kind: Kind::Directory,
                    mode: 0o755,
                    owner: 0,
                    group: 0,
                    time,
                    attributes: Vec::new(),
                };
                entries.push((directory, &[]));
            }
        }
    }
    Ok(())
}

/// The rest of a path below a directory; of the directory itself nothing.
fn below<'p>(path: &'p [u8], directory: &[u8]) -> Option<&'p [u8]> {
    if directory.is_empty() {
        return Some(path);
    }
    match path.strip_prefix(directory)? {
        [] => Some(&[]),
        [b'/', rest @ ..] => Some(rest),
        _ => None,
    }
}

fn plain(path: &str) -> &[u8] {
    path.trim_matches('/').as_bytes()
}

fn mount(path: &[u8]) -> TreeError {
    TreeError::Mount(String::from_utf8_lossy(path).into_owned())
}
