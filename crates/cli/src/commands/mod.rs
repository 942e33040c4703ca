//! One file a command: its help, its arguments, and how its answer is shown.
//!
//! The work itself is done by `flow`; a command asks, and prints what comes back.

pub(crate) mod approved;
pub(crate) mod build;
pub(crate) mod cache;
mod changes;
pub(crate) mod check;
pub(crate) mod closure;
mod common;
mod conflict;
pub(crate) mod coverage;
pub(crate) mod fetch;
mod findings;
pub(crate) mod images;
pub(crate) mod init;
pub(crate) mod inspect;
pub(crate) mod installable;
pub(crate) mod lock;
pub(crate) mod migrate;
pub(crate) mod own;
pub(crate) mod propose;
pub(crate) mod rdepends;
pub(crate) mod repro;
pub(crate) mod run;
pub(crate) mod search;
pub(crate) mod show;
pub(crate) mod sources;
pub(crate) mod trace;
pub(crate) mod tree;
pub(crate) mod update;
pub(crate) mod why;

use crate::arguments::Command;
use crate::failure::{Failure, Outcome};
use crate::session::Session;

/// Does what the command line asks for.
pub(crate) fn run(command: &Command, session: &mut Session) -> Result<Outcome, Failure> {
    match command {
        Command::Init(command) => command.run(session),
        Command::Lock(command) => command.run(session),
        Command::Update(command) => command.run(session),
        Command::Images(command) => command.run(session),
        Command::Fetch(command) => command.run(session),
        Command::Build(command) => command.run(session),
        Command::Run(command) => command.run(session),
        Command::Inspect(command) => command.run(session),
        Command::Repro(command) => command.run(session),
        Command::Closure(command) => command.run(session),
        Command::Why(command) => command.run(session),
        Command::Tree(command) => command.run(session),
        Command::Rdepends(command) => command.run(session),
        Command::Show(command) => command.run(session),
        Command::Search(command) => command.run(session),
        Command::Sources(command) => command.run(session),
        Command::Installable(command) => command.run(session),
        Command::Propose(command) => command.run(session),
        Command::Check(command) => command.run(session),
        Command::Trace(command) => command.run(session),
        Command::Coverage(command) => command.run(session),
        Command::Approved(command) => command.run(session),
        Command::Migrate(command) => command.run(session),
        Command::Cache(command) => command.run(session),
        Command::Own(command) => command.run(session),
    }
}
