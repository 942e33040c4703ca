//! `formwork propose`: who wants which package, why, and what others say; one file a subcommand.

mod add;
mod check;
mod close;
mod diff;
mod differences;
mod export;
mod flat;
mod import;
mod interview;
mod list;
mod new;
mod options;
mod remove;
mod requirements;
mod review;
mod revise;
mod show;
mod submit;
mod withdraw;
mod written;

use clap::{Args, Subcommand};

use crate::failure::{Failure, Outcome};
use crate::session::Session;

pub(crate) use differences::{show_diff, tell_cost};
pub(crate) use flat::Format;

/// Propose packages, review proposals, and close them
///
/// A proposal is a file of the project, proposals/NNNN-slug.toml; git keeps it and its history.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork propose new
  formwork propose submit 2 --due 2026-12-11
  formwork propose review 2 --approve
  formwork propose close 2")]
pub(crate) struct Propose {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    New(new::New),
    Add(add::Add),
    Remove(remove::Remove),
    Flat(flat::Flat),
    Diff(diff::Diff),
    Export(export::Export),
    Import(import::Import),
    Check(check::Check),
    List(list::List),
    Show(show::Show),
    Submit(submit::Submit),
    Revise(revise::Revise),
    Review(review::Review),
    Close(close::Close),
    Withdraw(withdraw::Withdraw),
}

impl Propose {
    /// Does what the subcommand says.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        match &self.action {
            Action::New(command) => command.run(session),
            Action::Add(command) => command.run(session),
            Action::Remove(command) => command.run(session),
            Action::Flat(command) => command.run(session),
            Action::Diff(command) => command.run(session),
            Action::Export(command) => command.run(session),
            Action::Import(command) => command.run(session),
            Action::Check(command) => command.run(session),
            Action::List(command) => command.run(session),
            Action::Show(command) => command.run(session),
            Action::Submit(command) => command.run(session),
            Action::Revise(command) => command.run(session),
            Action::Review(command) => command.run(session),
            Action::Close(command) => command.run(session),
            Action::Withdraw(command) => command.run(session),
        }
    }
}
