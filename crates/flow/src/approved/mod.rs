//! The approved list: the union of what closed proposals froze. It is computed from their files
//! and from nothing else, so that it does not change when the archive moves.

mod diff;
mod sent;
mod show;

use std::collections::BTreeMap;

use formwork_model::approved::{ApprovedList, ENDING, Frozen, approved};
use formwork_model::proposal::{Proposal, Status};
use formwork_model::source::Source;

use crate::Error;
use crate::project::ProjectError;
use crate::propose::{Loaded, LoadedProposal, ProposeError};

pub use diff::{since, since_sent};
pub use sent::record;
pub(crate) use show::read_list;
pub use show::{merge, merged_text, show, text};

/// The frozen lists of the proposals that are approved, sorted by number.
pub fn frozen(loaded: &Loaded) -> Result<Vec<Frozen>, Error> {
    loaded.approved().map(frozen_of).collect()
}

/// The frozen lists of one approved proposal.
fn frozen_of(one: &LoadedProposal) -> Result<Frozen, Error> {
    let proposal = &one.proposal;
    let file = format!("proposals/{}{ENDING}", proposal.name());
    let Some(text) = &one.frozen else {
        return Err(ProposeError::State {
            what: format!("{} is approved, but {file} is missing", proposal.file),
            hint: "take it from git again; it was written by formwork propose close".to_owned(),
        }
        .into());
    };
    read(&file, text, proposal)
}

/// Reads a frozen list, which must be that of its proposal.
pub(crate) fn read(file: &str, text: &str, proposal: &Proposal) -> Result<Frozen, Error> {
    let frozen = Frozen::read(Source::new(file, text)).map_err(ProjectError::from)?;
    if (frozen.proposal, frozen.revision) != (proposal.id, proposal.revision) {
        return Err(ProposeError::State {
            what: format!(
                "{file} is of proposal {} revision {}, but {} is proposal {} revision {}",
                frozen.proposal, frozen.revision, proposal.file, proposal.id, proposal.revision
            ),
            hint: "take both files from git again".to_owned(),
        }
        .into());
    }
    Ok(frozen)
}

/// What is approved, one list for each suite.
pub fn lists(loaded: &Loaded) -> Result<BTreeMap<String, ApprovedList>, Error> {
    Ok(approved(&frozen(loaded)?))
}

/// What is approved without a proposal: everything if it is open, else what was closed before it.
pub fn before(
    loaded: &Loaded,
    proposal: &Proposal,
) -> Result<BTreeMap<String, ApprovedList>, Error> {
    let mut frozen = frozen(loaded)?;
    frozen.retain(|one| one.proposal != proposal.id);
    let was_approved = matches!(proposal.status, Status::Approved | Status::Superseded);
    if let (true, Some(closed)) = (was_approved, proposal.closed) {
        frozen.retain(|one| (one.closed, one.proposal) < (closed, proposal.id));
    }
    Ok(approved(&frozen))
}
