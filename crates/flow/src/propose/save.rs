//! Writes proposals: the new texts are read and checked with all others before a file is replaced.

use formwork_model::documents::{self, ProposalWritten};
use formwork_model::proposal::edit::EditError;
use formwork_model::proposal::{self, Proposal, Verdict};
use formwork_model::source::{FileError, Source};
use formwork_sys::fs;

use super::load::{FROZEN, PROPOSALS};
use super::{Loaded, ProposeError};
use crate::Error;
use crate::project::ProjectError;

/// A file that is about to be written.
pub(super) struct Change {
    /// The file, relative to the project.
    pub(super) file: String,
    /// Its new text.
    pub(super) text: String,
    /// What was done, a sentence each.
    pub(super) done: Vec<String>,
}

impl Loaded {
    /// Checks a change and writes it.
    pub(super) fn save(&self, change: Change) -> Result<ProposalWritten, Error> {
        self.save_all(vec![change])
    }

    /// Checks changes together and writes them in their order; the last is the one that is told of.
    pub(super) fn save_all(&self, changes: Vec<Change>) -> Result<ProposalWritten, Error> {
        let mut read = self.check_texts(&changes).map_err(ProjectError::from)?;
        let main = read
            .pop()
            .ok_or(ProposeError::WhichProposal { known: Vec::new() })?;
        fs::create_directory(&self.project.directory.join(PROPOSALS))?;
        for change in &changes {
            let path = self.project.directory.join(&change.file);
            fs::replace(&path, change.text.as_bytes())?;
        }
        Ok(ProposalWritten {
            format: documents::FORMAT,
            inputs: Vec::new(),
            proposal: main.id,
            revision: main.revision,
            status: main.status.as_str().to_owned(),
            files: changes.iter().map(|one| one.file.clone()).collect(),
            done: changes.into_iter().flat_map(|one| one.done).collect(),
        })
    }

    /// Reads the new texts of proposals as if they were written, with all checks.
    fn check_texts(&self, changes: &[Change]) -> Result<Vec<Proposal>, FileError> {
        let mut changed = Vec::new();
        for change in changes.iter().filter(|one| !one.file.ends_with(FROZEN)) {
            let mut proposal = Proposal::read(Source::new(&change.file, &change.text))?;
            proposal::check_catalogue(&mut proposal, &self.catalogue)?;
            proposal::check_rules(&proposal, &self.project.project.review)?;
            changed.push(proposal);
        }
        let same = |other: &Proposal| changed.iter().any(|one| one.file == other.file);
        let others = self.proposals.iter().map(|one| &one.proposal);
        let mut all: Vec<&Proposal> = others.filter(|other| !same(other)).collect();
        all.extend(&changed);
        proposal::check_together(&all)?;
        Ok(changed)
    }
}

/// An edit that does not apply is a wrong word of the person.
pub(super) fn no_edit(error: EditError) -> Error {
    let hint = match error {
        EditError::NoPackage(_) => "formwork propose show tells which it has",
        EditError::Twice(_) => "edit its entry in the file, or remove it first",
        EditError::NoReview(_) => "formwork propose show numbers the reviews",
        EditError::Syntax(_) => "correct the file first",
    };
    ProposeError::Value {
        what: error.to_string(),
        hint: hint.to_owned(),
    }
    .into()
}

/// Refuses to change the packages of a revision on which somebody has given a verdict.
pub(super) fn require_unjudged(proposal: &Proposal) -> Result<(), Error> {
    require_open(proposal)?;
    let judged = proposal
        .reviews
        .iter()
        .find(|review| review.revision == proposal.revision && review.verdict != Verdict::Comment);
    let Some(verdict) = judged else {
        return Ok(());
    };
    let (id, revision) = (proposal.id, proposal.revision);
    Err(ProposeError::State {
        what: format!(
            "{} has given a verdict on revision {revision} as it is",
            verdict.who
        ),
        hint: format!("begin the next one: formwork propose revise {id}"),
    }
    .into())
}

/// Refuses to change what is closed.
pub(super) fn require_open(proposal: &Proposal) -> Result<(), Error> {
    if !proposal.status.is_closed() {
        return Ok(());
    }
    Err(ProposeError::State {
        what: format!(
            "proposal {} is {}: it does not change any more",
            proposal.id,
            proposal.status.as_str()
        ),
        hint: "propose the change: formwork propose new".to_owned(),
    }
    .into())
}
