//! What changed on the approved list since a commit, or since it was sent.

use std::collections::{BTreeMap, BTreeSet};

use formwork_model::approved::{ApprovedList, ENDING, Frozen, Sent, approved};
use formwork_model::documents::{self, FlatDiff};
use formwork_model::proposal::{Proposal, Status};
use formwork_model::source::Source;
use formwork_proposal::diff;

use super::{lists, read, sent};
use crate::Error;
use crate::propose::{Loaded, ProposeError, store};

/// The folder of the proposals.
const PROPOSALS: &str = "proposals";

/// What changed since a commit.
pub fn since(loaded: &Loaded, revision: &str, suites: &[String]) -> Result<FlatDiff, Error> {
    let directory = &loaded.project.directory;
    let commit = store::commit(directory, revision)?;
    let before = lists_at(loaded, &commit)?;
    let after = lists(loaded)?;
    let listing =
        |lists: &BTreeMap<String, ApprovedList>, suite: &str| diff::of_approved(lists.get(suite));
    let both = before.keys().chain(after.keys());
    let names: BTreeSet<&String> = both.filter(|suite| asked(suites, suite)).collect();
    let suites = names
        .into_iter()
        .map(|suite| diff::listings(suite, &listing(&before, suite), &listing(&after, suite)))
        .filter(|one| !diff::is_empty(one));
    Ok(FlatDiff {
        format: documents::FORMAT,
        before: format!("{revision} ({})", short(&commit)),
        after: "now".to_owned(),
        suites: suites.collect(),
        ..FlatDiff::default()
    })
}

/// A commit in the few digits that people use.
fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}

fn asked(suites: &[String], suite: &str) -> bool {
    suites.is_empty() || suites.iter().any(|one| one == suite)
}

/// The approved lists as they were in a commit.
fn lists_at(loaded: &Loaded, commit: &str) -> Result<BTreeMap<String, ApprovedList>, Error> {
    let directory = &loaded.project.directory;
    let mut frozen: Vec<Frozen> = Vec::new();
    for name in store::names_at(directory, commit, PROPOSALS)? {
        let Some(stem) = name.strip_suffix(".toml") else {
            continue;
        };
        if name.ends_with(ENDING) {
            continue;
        }
        let file = format!("{PROPOSALS}/{name}");
        let Some(text) = store::text_at(directory, commit, &file)? else {
            continue;
        };
        let place = format!("{file} at {}", short(commit));
        // The name of the file says the number; only the words at its place are ours.
        let proposal =
            Proposal::read(Source::new(&file, &text)).map_err(|error| ProposeError::State {
                what: format!("{place} cannot be read: {}", error.message),
                hint: "name a commit in which it is sound".to_owned(),
            })?;
        if proposal.status != Status::Approved {
            continue;
        }
        let list = format!("{PROPOSALS}/{stem}{ENDING}");
        let Some(text) = store::text_at(directory, commit, &list)? else {
            return Err(ProposeError::State {
                what: format!("{place} is approved, but {list} is missing there"),
                hint: "name a commit that has both".to_owned(),
            }
            .into());
        };
        frozen.push(read(&list, &text, &proposal)?);
    }
    Ok(approved(&frozen))
}

/// What each recipient does not know yet of the lists it was sent.
pub fn since_sent(
    loaded: &Loaded,
    to: Option<&str>,
    suites: &[String],
) -> Result<Vec<FlatDiff>, Error> {
    let now = lists(loaded)?;
    let newest = sent::newest(loaded, to)?;
    if newest.is_empty() {
        return Err(ProposeError::State {
            what: match to {
                Some(name) => format!("no list was sent to {name}"),
                None => "no list was sent to anybody".to_owned(),
            },
            hint: "when you send one, record it: formwork approved sent --to NAME --suite SUITE"
                .to_owned(),
        }
        .into());
    }
    let mut diffs = Vec::new();
    for (recipient, records) in &newest {
        // A suite that was never sent is told of if it is asked for by name.
        let named = suites.iter().filter(|suite| now.contains_key(*suite));
        let names: BTreeSet<&String> = records.keys().chain(named).collect();
        let mut before = Vec::new();
        let mut changed = Vec::new();
        for suite in names.into_iter().filter(|suite| asked(suites, suite)) {
            let record = records.get(suite);
            before.push(match record {
                Some(record) => format!("{suite} sent {}", record.date.date()),
                None => format!("{suite} never sent"),
            });
            let one = diff::listings(
                suite,
                &diff::of_entries(record.into_iter().flat_map(entries)),
                &diff::of_approved(now.get(suite)),
            );
            changed.extend((!diff::is_empty(&one)).then_some(one));
        }
        diffs.push(FlatDiff {
            format: documents::FORMAT,
            before: format!("{recipient}: {}", before.join(", ")),
            after: "now".to_owned(),
            suites: changed,
            ..FlatDiff::default()
        });
    }
    Ok(diffs)
}

/// The lines of a list that was sent.
fn entries(sent: &Sent) -> impl Iterator<Item = (&str, &str, &str)> {
    let entries = sent.entries.iter();
    entries.map(|(source, binary, version)| (&**source, &**binary, &**version))
}
