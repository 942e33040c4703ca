//! `formwork check`: the project under the rules of `[policy]`.

use clap::Args;
use formwork_flow::check;

use super::findings::{self, Form};
use crate::arguments::TodayOption;
use crate::failure::{Failure, Outcome};
use crate::session::Session;

/// Check the project: does an image install what no approved proposal covers?
///
/// Reads the proposals and their frozen lists, compares the locked images with the approved list,
/// and tells which waivers have expired. docs/policy.md lists the rules. Exit code 1 if a rule
/// that denies is not kept.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork check
  formwork check --verbose
  formwork check --format markdown")]
pub(crate) struct Check {
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
        let findings = check::project(&context, self.today.day(&context)?)?;
        findings::show(session, &findings, self.format)
    }
}
