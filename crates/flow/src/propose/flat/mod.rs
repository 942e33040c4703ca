//! The flat list of a proposal: wishes to closures to entries; and the same, frozen when the
//! proposal is closed.

mod closures;
pub mod format;
mod wishes;

use std::collections::BTreeMap;

use formwork_deb::time::Timestamp;
use formwork_model::approved::{Frozen, FrozenBinary, FrozenList, FrozenSource};
use formwork_model::documents::{Flat, FlatSource};
use formwork_model::proposal::Proposal;
use formwork_proposal::flat::{Ingredients, flat as make};

use super::{Loaded, ProposeError};
use crate::context::Context;
use crate::query::Answer;
use crate::{Error, approved};
pub(crate) use closures::closures;

/// For what a flat list is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The suites; empty: all of the proposal.
    pub suites: Vec<String>,
    /// The architectures; empty: all of the proposal.
    pub architectures: Vec<String>,
    /// Whether the whole approved list is to stand in it.
    pub all: bool,
}

/// The flat lists of a proposal, one for each suite, in the order of the proposal.
pub fn flat(
    context: &Context,
    loaded: &Loaded,
    proposal: &Proposal,
    asked: &Asked,
) -> Result<Answer<Vec<Flat>>, Error> {
    let pairs = match pairs(context, loaded, proposal, asked)? {
        Answer::No(contradiction) => return Ok(Answer::No(contradiction)),
        Answer::Yes(pairs) => pairs,
    };
    let pick = |pair: Pair| if asked.all { pair.all } else { pair.flat };
    Ok(Answer::Yes(pairs.into_iter().map(pick).collect()))
}

/// The flat list of one suite, alone and with the whole approved list.
pub(super) struct Pair {
    /// What the proposal pulls in.
    pub(super) flat: Flat,
    /// That and the whole approved list.
    pub(super) all: Flat,
}

/// Both lists of each suite that is asked for.
pub(super) fn pairs(
    context: &Context,
    loaded: &Loaded,
    proposal: &Proposal,
    asked: &Asked,
) -> Result<Answer<Vec<Pair>>, Error> {
    let approved = approved::before(loaded, proposal)?;
    let architectures = chosen(
        &asked.architectures,
        proposal.architectures.iter().map(|one| &one.text),
        "architecture",
    )?;
    let mut pairs = Vec::new();
    let suites = proposal.suites.iter().map(|one| &one.text);
    for suite in chosen(&asked.suites, suites, "suite")? {
        let found = closures::closures(context, loaded, proposal, (&suite, &architectures))?;
        let found = match found {
            Answer::No(contradiction) => return Ok(Answer::No(contradiction)),
            Answer::Yes(found) => found,
        };
        let ingredients = Ingredients {
            proposal,
            suite: &suite,
            inputs: &found.inputs,
            approved: approved.get(&suite),
            closures: &found.closures,
            notes: &found.notes,
        };
        let list = |all: bool| {
            let mut list = make(&ingredients, all);
            list.architectures.clone_from(&architectures);
            list
        };
        pairs.push(Pair {
            flat: list(false),
            all: list(true),
        });
    }
    Ok(Answer::Yes(pairs))
}

/// What is asked for, all of it if nothing is; each must be one that the proposal has.
fn chosen<'a>(
    asked: &[String],
    known: impl Iterator<Item = &'a String>,
    what: &str,
) -> Result<Vec<String>, Error> {
    let known: Vec<String> = known.cloned().collect();
    if asked.is_empty() {
        return Ok(known);
    }
    if let Some(unknown) = asked.iter().find(|one| !known.contains(one)) {
        return Err(ProposeError::Value {
            what: format!("`{unknown}` is no {what} of the proposal"),
            hint: format!("it has {}", known.join(", ")),
        }
        .into());
    }
    Ok(known
        .into_iter()
        .filter(|one| asked.contains(one))
        .collect())
}

/// The text of the frozen flat lists of a proposal that is closed on a day.
pub fn freeze(
    context: &Context,
    loaded: &Loaded,
    proposal: &Proposal,
    closed: Timestamp,
) -> Result<Answer<String>, Error> {
    let lists = match flat(context, loaded, proposal, &Asked::default())? {
        Answer::No(contradiction) => return Ok(Answer::No(contradiction)),
        Answer::Yes(lists) => lists,
    };
    let mut lists: Vec<FrozenList> = lists.iter().map(frozen_list).collect();
    lists.sort_by(|left, right| left.suite.cmp(&right.suite));
    let frozen = Frozen {
        proposal: proposal.id,
        revision: proposal.revision,
        closed,
        lists,
    };
    Ok(Answer::Yes(frozen.to_string()))
}

/// What is kept of a flat list.
fn frozen_list(list: &Flat) -> FrozenList {
    FrozenList {
        suite: list.suite.clone(),
        architectures: list.architectures.clone(),
        inputs: list
            .inputs
            .iter()
            .cloned()
            .map(|input| formwork_model::documents::Input {
                allow_expired: None,
                ..input
            })
            .collect(),
        removed: list.removed.clone(),
        sources: list.sources.iter().map(frozen_source).collect(),
    }
}

/// What is kept of a source package. Of a binary that differs between architectures the newest
/// version is kept.
fn frozen_source(source: &FlatSource) -> FrozenSource {
    let mut binaries: BTreeMap<&str, &str> = BTreeMap::new();
    for binary in &source.packages {
        let version = binaries.entry(&binary.name).or_insert(&binary.version);
        if formwork_deb::version::compare(&binary.version, version).is_gt() {
            *version = &binary.version;
        }
    }
    FrozenSource {
        name: source.source.clone(),
        version: source.version.clone(),
        binaries: binaries
            .into_iter()
            .map(|(name, version)| FrozenBinary {
                name: name.to_owned(),
                version: version.to_owned(),
            })
            .collect(),
        build_only: source.build_only,
        needs: match source.optional {
            true => source.needs.clone(),
            false => Vec::new(),
        },
        reason: source.reason.clone(),
        chain: source.chain.clone(),
    }
}
