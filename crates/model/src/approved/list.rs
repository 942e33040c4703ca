//! The approved list of each suite: the union of what closed proposals froze, less what they
//! removed, in the order in which they were closed.

use std::collections::{BTreeMap, BTreeSet};

use super::{Frozen, FrozenList};

/// What is approved in one suite.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApprovedList {
    /// The suite.
    pub suite: String,
    /// The source packages by name.
    pub sources: BTreeMap<String, ApprovedSource>,
}

/// An approved source package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApprovedSource {
    /// The proposals that brought it, by number.
    pub proposals: BTreeSet<u32>,
    /// Its version in the newest of them.
    pub version: String,
    /// Its binaries by name.
    pub binaries: BTreeMap<String, ApprovedBinary>,
    /// Whether all proposals want it to build only.
    pub build_only: bool,
    /// The features without which nobody wants it; empty: always wanted.
    pub needs: Vec<String>,
    /// Why it is wanted; empty for what only others need.
    pub reason: String,
    /// The binaries that lead to it from one that is wanted, itself the last.
    pub chain: Vec<String>,
}

/// An approved binary package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApprovedBinary {
    /// The proposals that brought it, by number.
    pub proposals: BTreeSet<u32>,
    /// Its version in the newest of them.
    pub version: String,
}

impl ApprovedList {
    /// Whether a source package is approved.
    #[must_use]
    pub fn has(&self, source: &str) -> bool {
        self.sources.contains_key(source)
    }

    /// How many binaries it has.
    #[must_use]
    pub fn binaries(&self) -> usize {
        self.sources.values().map(|one| one.binaries.len()).sum()
    }

    /// The lines that sponsors' lists have: source, binary, version.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.sources.iter().flat_map(|(source, approved)| {
            let binaries = approved.binaries.iter();
            binaries.map(move |(name, one)| (source.as_str(), name.as_str(), one.version.as_str()))
        })
    }
}

/// The approved list of every suite, from the frozen lists of the proposals that are approved.
#[must_use]
pub fn approved(frozen: &[Frozen]) -> BTreeMap<String, ApprovedList> {
    let mut in_order: Vec<&Frozen> = frozen.iter().collect();
    in_order.sort_by_key(|one| (one.closed, one.proposal));
    let mut lists: BTreeMap<String, ApprovedList> = BTreeMap::new();
    for one in in_order {
        for list in &one.lists {
            let own = lists
                .entry(list.suite.clone())
                .or_insert_with(|| ApprovedList {
                    suite: list.suite.clone(),
                    ..ApprovedList::default()
                });
            remove(own, list);
            unite(own, one.proposal, list);
        }
    }
    lists
}

/// Takes off what a proposal removes.
fn remove(own: &mut ApprovedList, list: &FrozenList) {
    for removed in &list.removed {
        let Some((source, binary)) = removed.split_once('/') else {
            own.sources.remove(removed);
            continue;
        };
        if let Some(found) = own.sources.get_mut(source) {
            found.binaries.remove(binary);
            if found.binaries.is_empty() {
                own.sources.remove(source);
            }
        }
    }
}

/// Adds what a proposal brings.
fn unite(own: &mut ApprovedList, proposal: u32, list: &FrozenList) {
    for source in &list.sources {
        let known = own.sources.contains_key(&source.name);
        let entry = own.sources.entry(source.name.clone()).or_default();
        entry.build_only = source.build_only && (entry.build_only || !known);
        // What one proposal wants everywhere is wanted everywhere.
        if !known || source.needs.is_empty() {
            entry.needs.clone_from(&source.needs);
        }
        // A stated reason says more than a chain, and the first of its kind stays.
        if !known || (entry.reason.is_empty() && !source.reason.is_empty()) {
            entry.reason.clone_from(&source.reason);
            entry.chain.clone_from(&source.chain);
        }
        entry.version.clone_from(&source.version);
        entry.proposals.insert(proposal);
        for binary in &source.binaries {
            let own = entry.binaries.entry(binary.name.clone()).or_default();
            own.version.clone_from(&binary.version);
            own.proposals.insert(proposal);
        }
    }
}
