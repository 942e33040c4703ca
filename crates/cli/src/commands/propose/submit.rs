//! `formwork propose submit`: a draft goes before its reviewers.

use clap::Args;
use formwork_flow::propose;

use super::options::day;
use super::written;
use crate::arguments::TodayOption;
use crate::failure::{Failure, Outcome};
use crate::session::Session;

/// Lay a proposal before its reviewers until a due date
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork propose submit 2 --due 2026-12-11")]
pub(crate) struct Submit {
    /// The number, name or file of the proposal; without it the only one that is open
    #[arg(value_name = "PROPOSAL")]
    proposal: Option<String>,
    /// The last day of the review; without it the one in the file, or the earliest that `[review]`
    /// allows
    #[arg(long, value_name = "DATE")]
    due: Option<String>,
    #[command(flatten)]
    today: TodayOption,
}

impl Submit {
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
        let done = propose::submit(&loaded, self.proposal.as_deref(), due, today)?;
        let next = format!(
            "commit it, then: formwork propose export DIR --of {}",
            done.proposal
        );
        written::show(session, &done, &next)
    }
}
