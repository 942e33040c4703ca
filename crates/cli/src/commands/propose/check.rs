//! `formwork propose check`: one proposal under the rules of `[policy]`.

use clap::Args;
use formwork_flow::check;

use super::super::findings::{self, Form};
use crate::arguments::TodayOption;
use crate::failure::{Failure, Outcome};
use crate::session::Session;

/// Check a proposal against the rules of `[policy]`
///
/// What is kept is shown with --verbose. What cannot be found out is told as unknown, never as
/// good. docs/policy.md lists the rules. Exit code 1 if a rule that denies is not kept.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork propose check
  formwork propose check 3 --verbose
  formwork propose check 3 --format markdown")]
pub(crate) struct Check {
    /// The proposal: its number, name or file; without it the only open one
    #[arg(value_name = "PROPOSAL")]
    proposal: Option<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Form,
    #[command(flatten)]
    today: TodayOption,
}

impl Check {
    /// Looks and prints.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let today = self.today.day(&context)?;
        let findings = check::proposal(&context, self.proposal.as_deref(), today)?;
        findings::show(session, &findings, self.format)
    }
}
