//! `formwork propose remove`: a package leaves a proposal, or only its review.

use clap::Args;
use formwork_flow::propose::{self, Leaving};

use super::written;
use crate::failure::{Failure, Outcome};
use crate::session::Session;

/// Take a package out of a proposal, or out of its review only
///
/// To take an approved package off the approved list, propose that: formwork propose add SOURCE
/// --state remove.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork propose remove suricata
  formwork propose remove duplicity --defer \"needs Python 2\" --first \"a port to Python 3\"
  formwork propose remove fail2ban --discuss")]
pub(crate) struct Remove {
    /// The source package
    #[arg(value_name = "SOURCE")]
    source: String,
    /// The number, name or file of the proposal; without it the only one that is open
    #[arg(long, value_name = "PROPOSAL")]
    from: Option<String>,
    /// Keep it as deferred, for this reason
    #[arg(
        long,
        value_name = "REASON",
        requires = "first",
        conflicts_with = "discuss"
    )]
    defer: Option<String>,
    /// What must change before it comes back
    #[arg(long, value_name = "TEXT", requires = "defer")]
    first: Option<String>,
    /// Keep it as under discussion, outside this review
    #[arg(long)]
    discuss: bool,
}

impl Remove {
    /// Edits the file.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let loaded = propose::load(&context)?;
        let leaving = match (&self.defer, &self.first, self.discuss) {
            (Some(reason), Some(first), _) => Leaving::Deferred {
                reason: reason.clone(),
                first: first.clone(),
            },
            (_, _, true) => Leaving::UnderDiscussion,
            _ => Leaving::Gone,
        };
        let done = propose::remove(&loaded, self.from.as_deref(), &self.source, &leaving)?;
        written::show(session, &done, "")
    }
}
