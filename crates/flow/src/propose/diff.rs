//! `propose diff`: what changed in a proposal, in what it pulls in, and in what that costs.

use std::collections::BTreeSet;
use std::path::Path;

use formwork_model::documents::{self, Flat, FlatDiff, SuiteDiff};
use formwork_model::proposal::Proposal;
use formwork_model::source::Source;
use formwork_proposal::diff::{self, Listing};
use formwork_proposal::import;

use super::flat::{Asked, flat};
use super::{Loaded, LoadedProposal, ProposeError, store};
use crate::context::Context;
use crate::project::{self, ProjectError};
use crate::query::Answer;
use crate::{Error, approved};

/// With what a proposal is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Against {
    /// The revision before, as git has it.
    Last,
    /// This revision, as git has it.
    Revision(u32),
    /// A file: a proposal, a list as YAML, or a pkglist.
    File(std::path::PathBuf),
}

/// The older side.
enum Side {
    /// A proposal.
    Proposal(Box<Proposal>),
    /// A list that tells its costs.
    Flat(Box<Flat>),
    /// A list of names and versions.
    Listing(Listing),
}

/// Compares a proposal with an older revision or with a file.
pub fn diff(
    context: &Context,
    loaded: &Loaded,
    one: &LoadedProposal,
    (against, suites): (&Against, &[String]),
) -> Result<Answer<FlatDiff>, Error> {
    let proposal = &one.proposal;
    let (before, side) = side(loaded, proposal, against)?;
    let asked = Asked {
        suites: suites.to_vec(),
        ..Asked::default()
    };
    let now = match flat(context, loaded, proposal, &asked)? {
        Answer::No(contradiction) => return Ok(Answer::No(contradiction)),
        Answer::Yes(now) => now,
    };
    let mut written = Vec::new();
    let found = match &side {
        Side::Proposal(old) => {
            written = diff::written(old, proposal);
            let known = |suite: &&String| old.suites.iter().any(|one| one.text == **suite);
            let asked = Asked {
                suites: suites.iter().filter(known).cloned().collect(),
                ..Asked::default()
            };
            match flat(context, loaded, old, &asked)? {
                Answer::No(contradiction) => return Ok(Answer::No(contradiction)),
                Answer::Yes(then) => both(&then, &now),
            }
        }
        Side::Flat(old) if !old.suite.is_empty() => {
            let now: Vec<Flat> = now
                .iter()
                .filter(|list| list.suite == old.suite)
                .cloned()
                .collect();
            both(std::slice::from_ref(old.as_ref()), &now)
        }
        Side::Flat(old) => vec![of_single(&now, &diff::of_flat(old))?],
        Side::Listing(listing) => vec![of_single(&now, listing)?],
    };
    let mut inputs: Vec<_> = now.iter().flat_map(|list| list.inputs.clone()).collect();
    inputs.sort();
    inputs.dedup();
    Ok(Answer::Yes(FlatDiff {
        format: documents::FORMAT,
        inputs,
        before,
        after: format!("{} revision {}", proposal.file, proposal.revision),
        suites: found
            .into_iter()
            .filter(|one| !diff::is_empty(one))
            .collect(),
        written,
    }))
}

/// Compares the lists of both sides suite by suite.
fn both(then: &[Flat], now: &[Flat]) -> Vec<SuiteDiff> {
    let suites: BTreeSet<&str> = then.iter().chain(now).map(|list| &*list.suite).collect();
    let of =
        |lists: &'_ [Flat], suite: &str| lists.iter().find(|list| list.suite == suite).cloned();
    suites
        .into_iter()
        .map(|suite| diff::flats(suite, of(then, suite).as_ref(), of(now, suite).as_ref()))
        .collect()
}

/// Compares with a list that names no suite.
fn of_single(now: &[Flat], listing: &Listing) -> Result<SuiteDiff, Error> {
    let [list] = now else {
        let suites: Vec<&str> = now.iter().map(|list| &*list.suite).collect();
        return Err(ProposeError::Value {
            what: "the file does not say of which suite it is".to_owned(),
            hint: format!("name one: --suite {}", suites.join(", --suite ")),
        }
        .into());
    };
    Ok(diff::listings(&list.suite, listing, &diff::of_flat(list)))
}

/// Finds the older side, with what to call it.
fn side(loaded: &Loaded, proposal: &Proposal, against: &Against) -> Result<(String, Side), Error> {
    let revision = match against {
        Against::File(file) => return of_file(file),
        Against::Revision(revision) => *revision,
        Against::Last if proposal.revision > 1 => proposal.revision - 1,
        Against::Last => {
            return Err(ProposeError::Value {
                what: format!("{} is in its first revision", proposal.file),
                hint: "name a file to compare with: formwork propose diff FILE".to_owned(),
            }
            .into());
        }
    };
    let name = format!("{} revision {revision}", proposal.file);
    match at_revision(loaded, proposal, revision)? {
        Some(old) => Ok((name, Side::Proposal(Box::new(old)))),
        None => Err(ProposeError::Value {
            what: format!("git has no commit with {name}"),
            hint: "a revision is what was committed with that number".to_owned(),
        }
        .into()),
    }
}

/// A revision of a proposal as git has it.
pub(super) fn at_revision(
    loaded: &Loaded,
    proposal: &Proposal,
    revision: u32,
) -> Result<Option<Proposal>, Error> {
    let directory = &loaded.project.directory;
    let Some((_, text)) = store::revision(directory, &proposal.file, revision)? else {
        return Ok(None);
    };
    let source = Source::new(&proposal.file, &text);
    Ok(Some(Proposal::read(source).map_err(ProjectError::from)?))
}

/// Reads a file by what its name ends in.
fn of_file(file: &Path) -> Result<(String, Side), Error> {
    let name = file.display().to_string();
    let ending = file.extension().and_then(|ending| ending.to_str());
    let side = match ending {
        Some("toml") => {
            let text = project::read_text(file, &name)?;
            let proposal = Proposal::read(Source::new(&name, &text)).map_err(ProjectError::from)?;
            Side::Proposal(Box::new(proposal))
        }
        Some("yml" | "yaml") => {
            let text = project::read_text(file, &name)?;
            let list = import::yaml(Source::new(&name, &text)).map_err(ProjectError::from)?;
            Side::Flat(Box::new(list))
        }
        _ => {
            let list = approved::read_list(file)?;
            let entries = list
                .iter()
                .map(|one| (&*one.source, &*one.binary, &*one.version));
            Side::Listing(diff::of_entries(entries))
        }
    };
    Ok((name, side))
}
