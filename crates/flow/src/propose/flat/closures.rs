//! The closures of a proposal, one for each architecture. A proposal is a list of what is cared
//! for, not a system: where its packages cannot be installed together, they are closed in groups.

use std::collections::{BTreeMap, BTreeSet};

use formwork_deb::universe::{PackageId, Universe};
use formwork_model::documents::{self, Contradiction, Input, Why};
use formwork_model::proposal::Proposal;
use formwork_proposal::flat::{Closed, ClosedPackage, Link, Wished};
use formwork_resolve::{Failure, Reason, Request, Solution, Wish};

use super::super::Loaded;
use super::wishes::{self, Entry};
use crate::Error;
use crate::context::Context;
use crate::query::{Answer, Opened, Want, describe, open_suite};

/// What was found in one suite.
#[derive(Default)]
pub(crate) struct Found {
    /// The Releases that were asked.
    pub(crate) inputs: Vec<Input>,
    /// The closures.
    pub(crate) closures: Vec<Closed>,
    /// What a reader should know.
    pub(crate) notes: Vec<String>,
}

/// Closes the wishes of a proposal in a suite on some architectures.
pub(crate) fn closures(
    context: &Context,
    loaded: &Loaded,
    proposal: &Proposal,
    (suite, architectures): (&str, &[String]),
) -> Result<Answer<Found>, Error> {
    let mut found = Found::default();
    for architecture in architectures {
        let place = (suite, architecture.as_str());
        let opened = open_suite(context, &loaded.project, place, Want::default())?;
        found.inputs.extend(opened.inputs.iter().cloned());
        for on_target in [true, false] {
            let entries = wishes::wishes(&opened, proposal, suite, on_target)?;
            let groups = match groups(&opened, entries)? {
                Answer::No(contradiction) => return Ok(Answer::No(contradiction)),
                Answer::Yes(groups) => groups,
            };
            for group in &groups {
                let note = &group.apart;
                if !note.is_empty() && !found.notes.contains(note) {
                    found.notes.push(note.clone());
                }
                let universe = opened.universe();
                found.closures.push(Closed {
                    architecture: architecture.clone(),
                    on_target,
                    packages: packages(&universe, group),
                });
            }
        }
    }
    Ok(Answer::Yes(found))
}

/// Entries that can be installed together, with their solution.
struct Group {
    wished: BTreeMap<String, Wished>,
    solution: Solution,
    /// Why these were closed apart from the others; empty for the first group.
    apart: String,
}

/// Solves the entries in as few groups as a simple rule finds: what clashes waits for the next.
fn groups(opened: &Opened, mut entries: Vec<Entry>) -> Result<Answer<Vec<Group>>, Error> {
    let universe = opened.universe();
    let mut groups = Vec::new();
    let mut apart = String::new();
    while !entries.is_empty() {
        let mut waiting = Vec::new();
        let mut clash = String::new();
        let solution = loop {
            let request = request(&entries);
            let conflict = match formwork_resolve::solve(&universe, &request) {
                Ok(solution) => {
                    formwork_resolve::check(&universe, &request, &solution.packages)
                        .map_err(|unsound| Error::Check(unsound.to_string()))?;
                    break solution;
                }
                Err(Failure::Wishes(errors)) => {
                    let place = opened.place();
                    return Err(Error::Wishes { errors, place });
                }
                Err(Failure::Conflict(conflict)) => formwork_resolve::explain(&universe, &conflict),
            };
            let names = |entry: &Entry| {
                let mut names = entry.binaries.iter().chain(&entry.providers);
                names.any(|name| conflict.wishes.contains(name))
            };
            match entries.iter().rposition(names) {
                Some(at) if entries.len() > 1 => {
                    let out = entries.remove(at);
                    if clash.is_empty() {
                        clash = format!(
                            "{} cannot be installed together, so they are closed one by one",
                            conflict.wishes.join(" and ")
                        );
                    }
                    waiting.insert(0, out);
                }
                _ => {
                    return Ok(Answer::No(Box::new(Contradiction {
                        format: documents::FORMAT,
                        inputs: opened.inputs.clone(),
                        conflict,
                    })));
                }
            }
        };
        groups.push(Group {
            wished: wished(&entries),
            solution,
            apart: std::mem::replace(&mut apart, clash),
        });
        entries = waiting;
    }
    Ok(Answer::Yes(groups))
}

/// The request of some entries: first the providers, so that they are there when somebody asks.
fn request(entries: &[Entry]) -> Request {
    let mut seen = BTreeSet::new();
    let providers = entries.iter().flat_map(|entry| &entry.providers);
    let binaries = entries.iter().flat_map(|entry| &entry.binaries);
    Request {
        wishes: providers
            .chain(binaries)
            .filter(|name| seen.insert(name.as_str()))
            .map(|name| Wish::named(name))
            .collect(),
        ..Request::default()
    }
}

/// How each binary is wished; what one entry wants everywhere is wanted everywhere.
fn wished(entries: &[Entry]) -> BTreeMap<String, Wished> {
    let mut wished: BTreeMap<String, Wished> = BTreeMap::new();
    for entry in entries {
        for binary in &entry.binaries {
            let own = wished.entry(binary.clone()).or_insert(entry.wished);
            *own = (*own).min(entry.wished);
        }
    }
    wished
}

/// The packages of a group as plain values.
fn packages(universe: &Universe<'_>, group: &Group) -> Vec<ClosedPackage> {
    let reasons = group.solution.reasons(universe);
    let places: BTreeMap<PackageId, usize> = reasons
        .keys()
        .enumerate()
        .map(|(place, &id)| (id, place))
        .collect();
    reasons
        .iter()
        .map(|(&id, reasons)| {
            let package = universe.package(id);
            ClosedPackage {
                name: package.name().to_owned(),
                version: package.version().to_owned(),
                source: package.source().to_owned(),
                source_version: package.source_version().to_owned(),
                size: package.size(),
                installed_size: package.installed_size(),
                wish: group.wished.get(package.name()).copied(),
                needed_by: reasons
                    .iter()
                    .filter_map(|reason| link(universe, reason, &places))
                    .collect(),
            }
        })
        .collect()
}

/// Who needs a package, and how it says so.
fn link(
    universe: &Universe<'_>,
    reason: &Reason,
    places: &BTreeMap<PackageId, usize>,
) -> Option<Link> {
    let Reason::Needed { by, .. } = reason else {
        return None;
    };
    let Why::Relation {
        field, relation, ..
    } = describe::why(universe, reason, "")
    else {
        return None;
    };
    Some(Link {
        by: *places.get(by)?,
        relation: format!("{field} {relation}"),
    })
}
