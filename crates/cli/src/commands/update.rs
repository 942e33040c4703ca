//! `formwork update`: newer versions into the lock.

use clap::Args;
use formwork_flow::update;

use super::lock;
use crate::failure::{Failure, Outcome};
use crate::session::Session;

/// Bring the lock to the newest allowed versions and show what changes
///
/// With names only these packages and what they need may change.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork update
  formwork update openssl nginx")]
pub(crate) struct Update {
    /// Packages that may change; without any, all
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

impl Update {
    /// Updates and shows what changes.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let locked = update::update(&context, &self.names)?;
        lock::show_locked(session, &locked)
    }
}
