//! `formwork fetch`: every locked package into the cache.

use clap::Args;
use formwork_flow::fetch;

use super::common;
use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::number;

/// Fetch and check every package of the lock
///
/// A package that the mirror has dropped is taken from the cache, from the repository's
/// snapshots, or from a file copy; if none has it, one message lists all that are missing.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork fetch
  formwork fetch --offline")]
pub(crate) struct Fetch {}

impl Fetch {
    /// Fetches and says how much there is.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let fetched = fetch::fetch(&context)?;
        common::tell_waivers(session, &fetched.inputs);
        if session.options.json {
            session.output.json(&fetched)?;
        } else {
            let packages = number::counted(fetched.total, "package");
            session.output.line(&format!(
                "{packages}, {}: all are at hand and checked",
                number::size(fetched.size)
            ))?;
        }
        Ok(Outcome::Fine)
    }
}
