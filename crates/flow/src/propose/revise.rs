//! `propose submit`, `propose revise` and `propose withdraw`: the life of a proposal between its
//! first line and its end.
//!
//! A revision is what a commit holds: revision N is the newest commit in which the file says so.
//! The next one is begun only when this one is in git, or nobody could say later what was reviewed.

use formwork_deb::time::Timestamp;
use formwork_model::documents::ProposalWritten;
use formwork_model::proposal::edit::{self, HeadChange};
use formwork_model::proposal::{Proposal, Status};
use formwork_model::review::Rules;

use super::save::{Change, no_edit, require_open};
use super::{Loaded, LoadedProposal, ProposeError, store};
use crate::Error;

/// Lays a proposal before its reviewers.
pub fn submit(
    loaded: &Loaded,
    name: Option<&str>,
    due: Option<Timestamp>,
    today: Timestamp,
) -> Result<ProposalWritten, Error> {
    let one = loaded.meant(name)?;
    require_open(&one.proposal)?;
    let proposal = &one.proposal;
    if proposal.packages.iter().all(|one| !one.state.is_reviewed()) {
        return Err(ProposeError::State {
            what: format!("proposal {} asks for no package yet", proposal.id),
            hint: format!("formwork propose add {} SOURCE", proposal.id),
        }
        .into());
    }
    let rules = &loaded.project.project.review;
    let due = due_day(proposal, rules, due, today)?;
    let changes = [
        HeadChange::Status(Status::InReview),
        HeadChange::Opened(Some(today.date())),
        HeadChange::Due(Some(due.date())),
    ];
    loaded.save(Change {
        file: proposal.file.clone(),
        text: edit::change_head(&one.text, &changes).map_err(no_edit)?,
        done: vec![format!(
            "revision {} is in review until {}",
            proposal.revision,
            due.date()
        )],
    })
}

/// The day until which a review lasts: the one that is named, else the one in the file if it is
/// late enough, else the earliest that the rules allow.
fn due_day(
    proposal: &Proposal,
    rules: &Rules,
    named: Option<Timestamp>,
    today: Timestamp,
) -> Result<Timestamp, Error> {
    let earliest = rules.earliest_due(today);
    match named {
        None => Ok(proposal
            .due
            .filter(|due| *due >= earliest)
            .unwrap_or(earliest)),
        Some(due) if due >= earliest => Ok(due),
        Some(due) => Err(ProposeError::Value {
            what: format!(
                "due on {}, but a review that begins on {} lasts {} days at least",
                due.date(),
                today.date(),
                rules.least_days
            ),
            hint: format!("--due {} or later", earliest.date()),
        }
        .into()),
    }
}

/// Begins the next revision of a proposal; refuses while this one is not committed.
pub fn revise(
    loaded: &Loaded,
    name: Option<&str>,
    due: Option<Timestamp>,
    today: Timestamp,
) -> Result<ProposalWritten, Error> {
    let one = loaded.meant(name)?;
    require_open(&one.proposal)?;
    require_committed(loaded, one)?;
    let proposal = &one.proposal;
    let next = proposal.revision.saturating_add(1);
    let mut changes = vec![HeadChange::Revision(next)];
    let mut done = vec![format!("revision {next} begun")];
    // What was in review goes on being so, under its new number and with its time begun anew.
    if proposal.status == Status::InReview {
        let due = due_day(proposal, &loaded.project.project.review, due, today)?;
        changes.push(HeadChange::Opened(Some(today.date())));
        changes.push(HeadChange::Due(Some(due.date())));
        done.push(format!("in review until {}", due.date()));
    } else if let Some(due) = due {
        changes.push(HeadChange::Due(Some(due.date())));
    }
    loaded.save(Change {
        file: proposal.file.clone(),
        text: edit::change_head(&one.text, &changes).map_err(no_edit)?,
        done,
    })
}

/// The present revision must be in git just as it is on disk.
fn require_committed(loaded: &Loaded, one: &LoadedProposal) -> Result<(), Error> {
    let file = &one.proposal.file;
    if store::is_committed(&loaded.project.directory, file, &one.text)? {
        return Ok(());
    }
    let revision = one.proposal.revision;
    Err(ProposeError::State {
        what: format!("revision {revision} of {file} is not committed as it is on disk"),
        hint: format!(
            "git add {file} && git commit -m \"proposal {}, revision {revision}\"",
            one.proposal.id
        ),
    }
    .into())
}

/// Ends a proposal because its proposer takes it back.
pub fn withdraw(
    loaded: &Loaded,
    name: Option<&str>,
    today: Timestamp,
) -> Result<ProposalWritten, Error> {
    let one = loaded.meant(name)?;
    require_open(&one.proposal)?;
    let changes = [
        HeadChange::Status(Status::Withdrawn),
        HeadChange::Closed(today.date()),
    ];
    loaded.save(Change {
        file: one.proposal.file.clone(),
        text: edit::change_head(&one.text, &changes).map_err(no_edit)?,
        done: vec![format!("proposal {} withdrawn", one.proposal.id)],
    })
}
