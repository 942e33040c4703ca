//! The flat list of a proposal: every source and binary that it pulls in, each with its reason or
//! the chain that brings it, those approved already marked.
//!
//! A *source package* is what gets approved: somebody cares for its code. A source is therefore
//! approved as a whole, and stands in one entry with all its binaries; binaries that an approved
//! source did not have on the list before are named apart.
//!
//! The closures come from the resolver and are put in here as plain values; whatever no wish of
//! the proposal leads to is left out.

mod chains;
mod counts;

#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, BTreeSet};

use formwork_model::approved::ApprovedList;
use formwork_model::documents::{self, Flat, FlatAside, FlatBinary, FlatSource, Input};
use formwork_model::proposal::{Package, Proposal, State};

use chains::{Chain, chains};
pub use counts::count;

/// What the resolver found for one architecture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Closed {
    /// The architecture.
    pub architecture: String,
    /// Whether it is what goes onto the target; else it is needed to build only.
    pub on_target: bool,
    /// The packages, sorted by name.
    pub packages: Vec<ClosedPackage>,
}

/// A package that the resolver chose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClosedPackage {
    /// The binary package.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The source package it was built from.
    pub source: String,
    /// The version of that source package.
    pub source_version: String,
    /// The size of the file in bytes.
    pub size: u64,
    /// What it takes when installed, in bytes.
    pub installed_size: u64,
    /// How the proposal asks for it, if it does.
    pub wish: Option<Wished>,
    /// Who needs it.
    pub needed_by: Vec<Link>,
}

/// How a proposal asks for a binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wished {
    /// Everywhere.
    Always,
    /// Where the hardware has what it needs.
    Optional,
}

/// That a package of a closure needs another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The place of the package that needs it.
    pub by: usize,
    /// How it says so, such as `Depends python3:any`.
    pub relation: String,
}

/// What a flat list is made of.
#[derive(Clone, Copy)]
pub struct Ingredients<'a> {
    /// The proposal.
    pub proposal: &'a Proposal,
    /// The suite.
    pub suite: &'a str,
    /// The Releases that the closures come from.
    pub inputs: &'a [Input],
    /// What is approved in this suite without the proposal.
    pub approved: Option<&'a ApprovedList>,
    /// One closure for each architecture, and more for what is needed to build.
    pub closures: &'a [Closed],
    /// What a reader should know besides.
    pub notes: &'a [String],
}

/// The flat list of a proposal in one suite; with `all` the whole approved list stands in it.
#[must_use]
pub fn flat(ingredients: &Ingredients<'_>, all: bool) -> Flat {
    let Ingredients {
        proposal, suite, ..
    } = *ingredients;
    let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
    for closed in ingredients.closures {
        collect(closed, &mut drafts);
    }
    let mut sources: BTreeMap<String, FlatSource> = drafts
        .into_iter()
        .map(|(name, draft)| {
            let entry = source(ingredients, &name, draft);
            (name, entry)
        })
        .collect();
    if let Some(approved) = ingredients.approved {
        mark(&mut sources, approved, all);
    }
    let aside = |state| asides(proposal, suite, state);
    let mut inputs = ingredients.inputs.to_vec();
    inputs.sort();
    inputs.dedup();
    let flat = Flat {
        format: documents::FORMAT,
        inputs,
        proposal: proposal.id,
        revision: proposal.revision,
        suite: suite.to_owned(),
        sources: sources.into_values().collect(),
        title: proposal.title.clone(),
        proposer: proposal.proposer.text.clone(),
        architectures: proposal
            .architectures
            .iter()
            .map(|one| one.text.clone())
            .collect(),
        removed: removed(proposal, suite),
        under_discussion: aside(State::UnderDiscussion),
        deferred: aside(State::Deferred),
        notes: ingredients.notes.to_vec(),
        ..Flat::default()
    };
    count(flat)
}

/// A source package while its binaries are collected.
#[derive(Default)]
struct Draft {
    version: String,
    binaries: BTreeMap<(String, String), FlatBinary>,
    chain: Option<Chain>,
    wished: bool,
    on_target: bool,
    /// Whether a wish that holds everywhere leads to it.
    always: bool,
}

/// Adds what one closure holds.
fn collect(closed: &Closed, drafts: &mut BTreeMap<String, Draft>) {
    for (package, chain) in closed.packages.iter().zip(chains(&closed.packages)) {
        let Some(chain) = chain else { continue };
        let draft = drafts.entry(package.source.clone()).or_default();
        if draft.version.is_empty() {
            draft.version.clone_from(&package.source_version);
        }
        draft.wished |= package.wish.is_some();
        draft.on_target |= closed.on_target;
        draft.always |= !chain.optional;
        let key = (package.name.clone(), package.version.clone());
        let binary = draft.binaries.entry(key).or_insert_with(|| FlatBinary {
            name: package.name.clone(),
            version: package.version.clone(),
            size: package.size,
            installed_size: package.installed_size,
            chain: chain.names.clone(),
            ..FlatBinary::default()
        });
        binary.wished |= package.wish.is_some();
        if !binary.architectures.contains(&closed.architecture) {
            binary.architectures.push(closed.architecture.clone());
        }
        if draft
            .chain
            .as_ref()
            .is_none_or(|known| chain.is_better_than(known))
        {
            draft.chain = Some(chain);
        }
    }
}

/// The entry of a source package.
fn source(ingredients: &Ingredients<'_>, name: &str, draft: Draft) -> FlatSource {
    let chain = draft.chain.unwrap_or_default();
    let written: Vec<&Package> = written(ingredients, name).collect();
    // What is needed by an optional package only is wanted only where that one is.
    let root = ingredients.proposal.packages.iter().find(|package| {
        let mut binaries = package.binaries.iter();
        chain
            .names
            .first()
            .is_some_and(|first| binaries.any(|one| one.name.text == *first))
    });
    let optional = !draft.always;
    let needs: Vec<&Package> = match (written.is_empty(), optional) {
        (false, _) => written.clone(),
        (true, true) => root.into_iter().collect(),
        (true, false) => Vec::new(),
    };
    let texts = |pick: &dyn Fn(&Package) -> Vec<String>| -> Vec<String> {
        let all: BTreeSet<String> = written.iter().flat_map(|package| pick(package)).collect();
        all.into_iter().collect()
    };
    let placed = |list: &[formwork_model::proposal::Placed]| -> Vec<String> {
        list.iter().map(|one| one.text.clone()).collect()
    };
    let features: BTreeSet<String> = needs
        .iter()
        .flat_map(|package| placed(package.needs.as_deref().unwrap_or_default()))
        .collect();
    FlatSource {
        source: name.to_owned(),
        version: draft.version,
        binaries: names(draft.binaries.values()),
        reason: joined(written.iter().map(|package| package.reason.as_str())),
        notes: joined(written.iter().map(|package| package.notes.as_str())),
        chain: chain.names,
        relations: chain.relations,
        wished: draft.wished,
        build_only: !draft.on_target,
        optional,
        needs: features.into_iter().collect(),
        capabilities: texts(&|package| placed(&package.capabilities)),
        requirements: texts(&|package| placed(&package.requirements)),
        security_tags: texts(&|package| package.security_tags.clone()),
        packages: draft.binaries.into_values().collect(),
        ..FlatSource::default()
    }
}

/// What the proposal says of a source in this suite.
fn written<'a>(
    ingredients: &Ingredients<'a>,
    source: &'a str,
) -> impl Iterator<Item = &'a Package> {
    let Ingredients {
        proposal, suite, ..
    } = *ingredients;
    proposal
        .wanted(suite)
        .filter(move |package| package.source.text == source)
}

/// The names of some binaries, each once, sorted.
fn names<'a>(binaries: impl Iterator<Item = &'a FlatBinary>) -> Vec<String> {
    let names: BTreeSet<&str> = binaries.map(|binary| binary.name.as_str()).collect();
    names.into_iter().map(str::to_owned).collect()
}

/// Texts that several entries of one source give, each once.
fn joined<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut all: Vec<&str> = Vec::new();
    for text in texts {
        if !text.is_empty() && !all.contains(&text) {
            all.push(text);
        }
    }
    all.join(" ")
}

/// Marks what is approved already, and adds the rest of the approved list if all is asked for.
fn mark(sources: &mut BTreeMap<String, FlatSource>, approved: &ApprovedList, all: bool) {
    for (name, list) in &approved.sources {
        if !all && !sources.contains_key(name) {
            continue;
        }
        let known = sources.contains_key(name);
        let entry = sources.entry(name.clone()).or_default();
        if !known {
            *entry = listed(name, list);
            continue;
        }
        entry.approved = true;
        entry.approved_by = list.proposals.iter().copied().collect();
        let is_new = |binary: &&String| !list.binaries.contains_key(*binary);
        entry.new_binaries = entry.binaries.iter().filter(is_new).cloned().collect();
        if all {
            let missing = |(binary, _): &(&String, _)| !entry.binaries.contains(*binary);
            let missing: Vec<FlatBinary> = list
                .binaries
                .iter()
                .filter(missing)
                .map(|(binary, one)| FlatBinary {
                    name: binary.clone(),
                    version: one.version.clone(),
                    ..FlatBinary::default()
                })
                .collect();
            entry.packages.extend(missing);
            entry.packages.sort();
            entry.binaries = names(entry.packages.iter());
        }
    }
}

/// The entry of a source that only the approved list names.
#[must_use]
pub fn listed(name: &str, list: &formwork_model::approved::ApprovedSource) -> FlatSource {
    let binary = |(name, one): (&String, &formwork_model::approved::ApprovedBinary)| FlatBinary {
        name: name.clone(),
        version: one.version.clone(),
        ..FlatBinary::default()
    };
    FlatSource {
        source: name.to_owned(),
        approved: true,
        binaries: list.binaries.keys().cloned().collect(),
        reason: list.reason.clone(),
        chain: list.chain.clone(),
        version: list.version.clone(),
        build_only: list.build_only,
        optional: !list.needs.is_empty(),
        needs: list.needs.clone(),
        approved_by: list.proposals.iter().copied().collect(),
        packages: list.binaries.iter().map(binary).collect(),
        ..FlatSource::default()
    }
}

/// What a proposal takes off the approved list of a suite.
#[must_use]
pub fn removed(proposal: &Proposal, suite: &str) -> Vec<String> {
    let mut removed = BTreeSet::new();
    let entries = proposal
        .packages
        .iter()
        .filter(|package| package.state == State::Remove && package.is_for_suite(suite));
    for package in entries {
        let source = &package.source.text;
        let named: Vec<&str> = package
            .binaries
            .iter()
            .filter(|binary| {
                binary.suites.is_empty() || binary.suites.iter().any(|one| one == suite)
            })
            .map(|binary| binary.name.as_str())
            .collect();
        if package.binaries.is_empty() {
            removed.insert(source.clone());
        }
        removed.extend(named.iter().map(|binary| format!("{source}/{binary}")));
    }
    removed.into_iter().collect()
}

/// Packages in a state that keeps them out of all totals.
fn asides(proposal: &Proposal, suite: &str, state: State) -> Vec<FlatAside> {
    let entries = proposal
        .packages
        .iter()
        .filter(|package| package.state == state && package.is_for_suite(suite));
    let mut asides: Vec<FlatAside> = entries
        .map(|package| {
            let binaries: BTreeSet<String> = package
                .binaries
                .iter()
                .map(|binary| binary.name.text.clone())
                .collect();
            let deferred = package.deferred.as_ref();
            FlatAside {
                source: package.source.text.clone(),
                binaries: binaries.into_iter().collect(),
                reason: deferred.map_or(&package.reason, |one| &one.reason).clone(),
                revision: deferred.map_or(0, |one| one.revision),
                first: deferred.map(|one| one.first.clone()).unwrap_or_default(),
            }
        })
        .collect();
    asides.sort();
    asides
}
