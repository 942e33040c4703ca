//! How a command ends when it cannot do its work: one exit code and one page of text.
//!
//! `mapping` is the only place that turns what went wrong into a code and into words,
//! `page` the only one that sets them.

pub(crate) mod mapping;
pub(crate) mod page;
pub(crate) mod panic;

use formwork_flow::Error;

use crate::terminal::output::OutputError;

/// How a command ended that did its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All is well.
    Fine,
    /// The answer is "no": stale, no solution, broken packages found.
    No,
}

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A room below says so.
    Flow(Box<Error>),
    /// The command line asks for something that cannot be meant.
    Usage {
        /// What is wrong.
        message: String,
        /// What to do instead.
        hint: String,
    },
    /// Results could not be handed over.
    Output(OutputError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Flow(Box::new(error))
    }
}

impl From<OutputError> for Failure {
    fn from(error: OutputError) -> Self {
        Failure::Output(error)
    }
}

/// The codes a program can end with; people and scripts rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// The work was done and the answer is good.
    Fine = 0,
    /// The answer is "no".
    No = 1,
    /// Wrong use or wrong input.
    Input = 2,
    /// Trouble outside: network, disk, permissions, a signature.
    Outside = 3,
    /// A fault of Formwork.
    Fault = 4,
    /// Stopped by Ctrl-C.
    Interrupted = 130,
}
