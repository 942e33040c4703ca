//! One thread from a requirement to a board and back: all that is linked to one thing.
//!
//! Things stand above each other: a requirement above the capabilities and tests that serve it, a
//! capability above the sources that give it and the features it needs, a proposal above its
//! sources, a source above its binaries, these above the images that install them, a feature above
//! the boards that have it. The trace of a thing is what is reached from it by going up only, and
//! what is reached by going down only.

mod build;
mod find;
mod show;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use formwork_model::documents::{self, Input, Trace, TraceKind, TraceLink, TraceNode};

pub use build::{Installed, Known};
pub use find::{Found, find};
pub use show::{dot, tree};

/// Kind and name of a thing.
pub type Key = (TraceKind, String);

/// All things of a project and how they are linked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// What each thing is, or how it stands.
    nodes: BTreeMap<Key, String>,
    /// How a thing is linked to one below it.
    below: BTreeMap<Key, BTreeMap<Key, String>>,
    /// The things above a thing; without those that it only could serve.
    above: BTreeMap<Key, BTreeSet<Key>>,
}

impl Graph {
    /// Notes a thing; what it is stays as it was first said.
    fn node(&mut self, kind: TraceKind, name: &str, title: &str) -> Key {
        let key = (kind, name.to_owned());
        let own = self.nodes.entry(key.clone()).or_default();
        if own.is_empty() {
            title.clone_into(own);
        }
        key
    }

    /// Notes that a thing stands above another.
    fn link(&mut self, above: &Key, below: &Key, how: &str) {
        let links = self.below.entry(above.clone()).or_default();
        links.entry(below.clone()).or_insert_with(|| how.to_owned());
        let back = self.above.entry(below.clone()).or_default();
        back.insert(above.clone());
    }

    /// Notes that a thing could stand below another, though nobody says that it does. It is told
    /// from above, as a possibility, and never from below, as if it were so.
    fn possible(&mut self, above: &Key, below: &Key, how: &str) {
        let links = self.below.entry(above.clone()).or_default();
        links.entry(below.clone()).or_insert_with(|| how.to_owned());
    }

    /// Whether a link counts from below, too.
    fn is_certain(&self, above: &Key, below: &Key) -> bool {
        let own = self.above.get(below);
        own.is_some_and(|own| own.contains(above))
    }

    /// All things, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.nodes.keys()
    }

    /// Whether there is such a thing.
    #[must_use]
    pub fn has(&self, key: &Key) -> bool {
        self.nodes.contains_key(key)
    }

    /// The trace of a thing.
    #[must_use]
    pub fn trace(&self, subject: &Key, inputs: Vec<Input>) -> Trace {
        let upper = self.reached(subject, true);
        let lower = self.reached(subject, false);
        let keys: BTreeSet<Key> = upper.union(&lower).cloned().collect();
        let within = |above: &Key, below: &Key| {
            (upper.contains(above) && upper.contains(below) && self.is_certain(above, below))
                || (lower.contains(above) && lower.contains(below))
        };
        let mut links = Vec::new();
        for above in &keys {
            for (below, how) in self.below.get(above).into_iter().flatten() {
                if within(above, below) {
                    links.push(TraceLink {
                        above: id(above),
                        below: id(below),
                        how: how.clone(),
                    });
                }
            }
        }
        links.sort();
        let mut nodes: Vec<TraceNode> = keys
            .iter()
            .map(|key| TraceNode {
                id: id(key),
                kind: key.0,
                name: key.1.clone(),
                title: self.nodes.get(key).cloned().unwrap_or_default(),
            })
            .collect();
        nodes.sort();
        Trace {
            format: documents::FORMAT,
            inputs,
            subject: id(subject),
            nodes,
            links,
        }
    }

    /// What is reached by going up only, or down only; the beginning among it.
    fn reached(&self, from: &Key, up: bool) -> BTreeSet<Key> {
        let mut seen = BTreeSet::from([from.clone()]);
        let mut open = vec![from.clone()];
        while let Some(key) = open.pop() {
            let next: Vec<Key> = if up {
                self.above
                    .get(&key)
                    .into_iter()
                    .flatten()
                    .cloned()
                    .collect()
            } else {
                let links = self.below.get(&key).into_iter();
                links.flat_map(BTreeMap::keys).cloned().collect()
            };
            for other in next {
                if seen.insert(other.clone()) {
                    open.push(other);
                }
            }
        }
        seen
    }
}

/// The id of a thing: `source:openssl`.
#[must_use]
pub fn id((kind, name): &Key) -> String {
    format!("{}:{name}", kind.as_str())
}
