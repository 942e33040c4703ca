//! `formwork propose`: who wants which package, why, and what others say; one file a subcommand.

mod flat;
mod list;
mod show;

use clap::{Args, Subcommand};

use crate::failure::{Failure, Outcome};
use crate::session::Session;

/// Propose packages, review proposals, and close them
///
/// A proposal is a file of the project, proposals/NNNN-slug.toml; git keeps it and its history.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork propose list
  formwork propose show 2")]
pub(crate) struct Propose {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Flat(flat::Flat),
    List(list::List),
    Show(show::Show),
}

impl Propose {
    /// Does what the subcommand says.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        match &self.action {
            Action::Flat(command) => command.run(session),
            Action::List(command) => command.run(session),
            Action::Show(command) => command.run(session),
        }
    }
}
