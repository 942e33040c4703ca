//! `formwork propose withdraw`: a proposal is taken back.

use clap::Args;
use formwork_flow::propose;

use super::written;
use crate::arguments::TodayOption;
use crate::failure::{Failure, Outcome};
use crate::session::Session;

/// Take a proposal back
#[derive(Debug, Args)]
pub(crate) struct Withdraw {
    /// The number, name or file of the proposal; without it the only one that is open
    #[arg(value_name = "PROPOSAL")]
    proposal: Option<String>,
    #[command(flatten)]
    today: TodayOption,
}

impl Withdraw {
    /// Edits the file.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let loaded = propose::load(&context)?;
        let today = self.today.day(&context)?;
        let done = propose::withdraw(&loaded, self.proposal.as_deref(), today)?;
        written::show(session, &done, "")
    }
}
