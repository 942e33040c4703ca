//! `propose close`: a proposal ends, and what it brings is frozen.

use formwork_deb::time::Timestamp;
use formwork_model::documents::{
    self, Contradiction, ProposalPackage, ProposalRefused, ProposalWritten,
};
use formwork_model::proposal::edit::{self, HeadChange};
use formwork_model::proposal::{Proposal, Review, Status, Verdict};
use formwork_model::requirement::normalised;
use formwork_model::review;

use super::list::{missing_words, rejection_words, shown_package};
use super::load::FROZEN;
use super::save::{Change, no_edit, require_open};
use super::{Loaded, LoadedProposal, ProposeError, store};
use crate::Error;
use crate::context::Context;
use crate::query::Answer;

/// What came of the wish to close a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// It is closed.
    Yes(ProposalWritten),
    /// It is not, for these reasons, a sentence each.
    No(ProposalRefused),
    /// It is not: what it asks for cannot be installed together.
    Impossible(Box<Contradiction>),
}

/// Closes a proposal as approved and freezes its flat list for each suite; refuses while a
/// required verdict is missing, the due date has not passed, or a policy denies.
pub fn close(
    context: &Context,
    loaded: &Loaded,
    name: Option<&str>,
    today: Timestamp,
) -> Result<Closed, Error> {
    let one = loaded.meant(name)?;
    let mut reasons = reasons(loaded, &one.proposal, today)?;
    reasons.extend(changed_under_review(loaded, &one.proposal)?);
    reasons.extend(crate::check::denials(context, loaded, one, today)?);
    if !reasons.is_empty() {
        return Ok(refused(&one.proposal, reasons));
    }
    let frozen = match super::flat::freeze(context, loaded, &one.proposal, today)? {
        Answer::Yes(frozen) => frozen,
        Answer::No(contradiction) => return Ok(Closed::Impossible(contradiction)),
    };
    let mut changes = vec![Change {
        file: one.proposal.file.replace(".toml", FROZEN),
        text: frozen.to_string(),
        done: Vec::new(),
    }];
    changes.extend(superseded(loaded, &one.proposal)?);
    let mut main = ended(one, Status::Approved, today)?;
    main.done.push(match one.proposal.suites.len() {
        1 => "its flat list is frozen".to_owned(),
        suites => format!("its flat lists of {suites} suites are frozen"),
    });
    changes.push(main);
    loaded.save_all(changes).map(Closed::Yes)
}

/// The answer that a proposal is not closed.
fn refused(proposal: &Proposal, reasons: Vec<String>) -> Closed {
    Closed::No(ProposalRefused {
        format: documents::FORMAT,
        inputs: Vec::new(),
        file: proposal.file.clone(),
        reasons,
    })
}

/// Closes a proposal as rejected; a verdict that says no must stand.
pub fn reject(loaded: &Loaded, name: Option<&str>, today: Timestamp) -> Result<Closed, Error> {
    let one = loaded.meant(name)?;
    require_open(&one.proposal)?;
    let standing = review::standing(&one.proposal, &loaded.project.project.review);
    if standing.rejections.is_empty() {
        let reason = format!("nobody rejects revision {}", one.proposal.revision);
        return Ok(refused(&one.proposal, vec![reason]));
    }
    loaded
        .save_all(vec![ended(one, Status::Rejected, today)?])
        .map(Closed::Yes)
}

/// Why a proposal cannot be closed yet, as far as its reviewers and dates go.
fn reasons(loaded: &Loaded, proposal: &Proposal, today: Timestamp) -> Result<Vec<String>, Error> {
    require_open(proposal)?;
    if proposal.status != Status::InReview {
        return Err(ProposeError::State {
            what: format!("proposal {} is not in review yet", proposal.id),
            hint: format!("formwork propose submit {}", proposal.id),
        }
        .into());
    }
    let rules = &loaded.project.project.review;
    let standing = review::standing(proposal, rules);
    let mut reasons: Vec<String> = standing.missing.iter().map(missing_words).collect();
    reasons.extend(standing.rejections.iter().map(rejection_words));
    if let Some(due) = proposal.due.filter(|due| today <= *due) {
        reasons.push(format!("reviewers have until the end of {}", due.date()));
    }
    if let (Some(opened), Some(due)) = (proposal.opened, proposal.due)
        && due < rules.earliest_due(opened)
    {
        reasons.push(format!(
            "it was opened on {} and due on {}, but a review lasts {} days at least",
            opened.date(),
            due.date(),
            rules.least_days
        ));
    }
    Ok(reasons)
}

/// Why the verdicts do not hold: packages that were changed after the first of them, without a new
/// revision.
fn changed_under_review(loaded: &Loaded, proposal: &Proposal) -> Result<Option<String>, Error> {
    let packages = |proposal: &Proposal| -> Vec<ProposalPackage> {
        let all = proposal.packages.iter();
        all.map(|package| ProposalPackage {
            line: 0,
            requirements: package
                .requirements
                .iter()
                .map(|id| normalised(&id.text))
                .collect(),
            ..shown_package(package, &loaded.catalogue)
        })
        .collect()
    };
    let now = packages(proposal);
    let revision = proposal.revision;
    let mut changed = None;
    let directory = &loaded.project.directory;
    store::each_of_revision(directory, &proposal.file, revision, |commit, _, then| {
        let verdict =
            |review: &&Review| review.revision == revision && review.verdict != Verdict::Comment;
        let verdict = then.reviews.iter().find(verdict);
        if let Some(verdict) = verdict.filter(|_| packages(then) != now) {
            let commit = commit.get(..12).unwrap_or(commit);
            changed = Some(format!(
                "packages were changed after the verdict of {} (commit {commit}): begin a new \
                 revision",
                verdict.who
            ));
        }
        changed.is_none()
    })?;
    Ok(changed)
}

/// The file of a proposal that has ended.
fn ended(one: &LoadedProposal, status: Status, today: Timestamp) -> Result<Change, Error> {
    let changes = [HeadChange::Status(status), HeadChange::Closed(today.date())];
    let proposal = &one.proposal;
    Ok(Change {
        file: proposal.file.clone(),
        text: edit::change_head(&one.text, &changes).map_err(no_edit)?,
        done: vec![format!(
            "proposal {}, revision {}, is {}",
            proposal.id,
            proposal.revision,
            status.as_str()
        )],
    })
}

/// The files of the approved proposals whose place this one takes.
fn superseded(loaded: &Loaded, proposal: &Proposal) -> Result<Vec<Change>, Error> {
    let older = loaded.proposals.iter().filter(|other| {
        let named = |one: &formwork_model::proposal::Superseded| one.id == other.proposal.id;
        other.proposal.status == Status::Approved && proposal.supersedes.iter().any(named)
    });
    older
        .map(|other| {
            let change = [HeadChange::Status(Status::Superseded)];
            Ok(Change {
                file: other.proposal.file.clone(),
                text: edit::change_head(&other.text, &change).map_err(no_edit)?,
                done: vec![format!(
                    "proposal {} is superseded by {}",
                    other.proposal.id, proposal.id
                )],
            })
        })
        .collect()
}
