//! `formwork propose revise`: the next revision of a proposal begins.

use clap::Args;
use formwork_flow::propose;

use super::options::day;
use super::written;
use crate::arguments::TodayOption;
use crate::failure::{Failure, Outcome};
use crate::session::Session;

/// Begin the next revision of a proposal
///
/// Refuses while the present one is not committed as it is on disk: revision N is the newest
/// commit in which the file says so. Verdicts on earlier revisions count no more; a review begins
/// anew.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork propose revise 2 --due 2026-12-24")]
pub(crate) struct Revise {
    /// The number, name or file of the proposal; without it the only one that is open
    #[arg(value_name = "PROPOSAL")]
    proposal: Option<String>,
    /// The last day of the review of the new revision
    #[arg(long, value_name = "DATE")]
    due: Option<String>,
    #[command(flatten)]
    today: TodayOption,
}

impl Revise {
    /// Edits the file.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let loaded = propose::load(&context)?;
        let due = self
            .due
            .as_deref()
            .map(|due| day("--due", due))
            .transpose()?;
        let today = self.today.day(&context)?;
        let done = propose::revise(&loaded, self.proposal.as_deref(), due, today)?;
        let before = done.revision.saturating_sub(1);
        let next = format!(
            "formwork propose diff {before} --of {} tells what changed since",
            done.proposal
        );
        written::show(session, &done, &next)
    }
}
