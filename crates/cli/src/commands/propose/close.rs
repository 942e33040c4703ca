//! `formwork propose close`: a proposal ends.

use clap::Args;
use formwork_flow::propose::{self, Closed};

use super::super::conflict;
use super::written;
use crate::arguments::TodayOption;
use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::printable;

/// Close a proposal as approved, and freeze its flat list
///
/// Refuses, with exit code 1, while a required verdict is missing, somebody rejects it, the due
/// date has not passed, or a policy denies.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork propose close 2
  formwork propose close 3 --rejected")]
pub(crate) struct Close {
    /// The number, name or file of the proposal; without it the only one that is open
    #[arg(value_name = "PROPOSAL")]
    proposal: Option<String>,
    /// Close it as rejected; somebody must have said no
    #[arg(long)]
    rejected: bool,
    #[command(flatten)]
    today: TodayOption,
}

impl Close {
    /// Closes it, or says why not.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let loaded = propose::load(&context)?;
        let today = self.today.day(&context)?;
        let name = self.proposal.as_deref();
        let closed = match self.rejected {
            true => propose::reject(&loaded, name, today)?,
            false => propose::close(&context, &loaded, name, today)?,
        };
        match closed {
            Closed::Yes(done) => {
                let next = match self.rejected {
                    true => "commit it",
                    false => "commit both files, then: formwork approved",
                };
                written::show(session, &done, next)
            }
            Closed::Impossible(contradiction) => conflict::show(session, &contradiction),
            Closed::No(refused) if session.options.json => {
                session.output.json(&refused)?;
                Ok(Outcome::No)
            }
            Closed::No(refused) => {
                let file = printable(&refused.file);
                session.output.line(&format!("No: {file} is not closed."))?;
                for reason in &refused.reasons {
                    session.output.line(&format!("  {}", printable(reason)))?;
                }
                Ok(Outcome::No)
            }
        }
    }
}
