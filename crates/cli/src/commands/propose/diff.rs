//! `formwork propose diff`: what changed in a proposal and in what it pulls in.

use std::path::PathBuf;

use clap::Args;
use formwork_flow::propose::{Against, diff, load};
use formwork_flow::query::Answer;

use super::super::{common, conflict};
use super::show_diff;
use crate::failure::{Failure, Outcome};
use crate::session::Session;

/// Show what changed since another revision or file: entries, packages, cost
///
/// A revision is taken from git; both sides are resolved from the archive as it is now, so that
/// only what people changed makes a difference. A file may be a proposal (.toml), a list as YAML
/// (.yml), or a pkglist.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork propose diff
  formwork propose diff 2
  formwork propose diff 2 --of security
  formwork propose diff sent/proposal_SecurityWG_rev02.yml")]
pub(crate) struct Diff {
    /// The revision or file to compare with; without it the revision before
    #[arg(value_name = "N|FILE")]
    against: Option<String>,
    /// The number, name or file of the proposal; without it the only one that is open
    #[arg(long = "of", value_name = "PROPOSAL")]
    proposal: Option<String>,
    /// Only this suite (may be repeated)
    #[arg(short, long = "suite", value_name = "SUITE")]
    suites: Vec<String>,
}

impl Diff {
    /// Asks and prints.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let loaded = load(&context)?;
        let one = loaded.meant(self.proposal.as_deref())?;
        let against = match &self.against {
            None => Against::Last,
            Some(text) => match text.parse() {
                Ok(revision) => Against::Revision(revision),
                Err(_) => Against::File(PathBuf::from(text)),
            },
        };
        match diff(&context, &loaded, one, (&against, &self.suites))? {
            Answer::No(contradiction) => conflict::show(session, &contradiction),
            Answer::Yes(answer) => {
                common::tell_waivers(session, &answer.inputs);
                if session.options.json {
                    session.output.json(&answer)?;
                } else {
                    show_diff(session, &answer)?;
                }
                Ok(Outcome::Fine)
            }
        }
    }
}
