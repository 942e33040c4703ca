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
    /// A command in a guest ended with this code.
    Guest(u8),
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
    /// A command in a guest could not be run, by no fault of its own.
    Guest(Box<Failure>),
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
    Fine,
    /// The answer is "no".
    No,
    /// Wrong use or wrong input.
    Input,
    /// Trouble outside: network, disk, permissions, a signature.
    Outside,
    /// A fault of Formwork.
    Fault,
    /// Stopped by Ctrl-C.
    Interrupted,
    /// A command in a guest could not be run, by no fault of its own.
    NotRun,
    /// A command in a guest ended with this code.
    Guest(u8),
}

impl Code {
    /// The number that the program ends with.
    pub(crate) fn number(self) -> u8 {
        match self {
            Code::Fine => 0,
            Code::No => 1,
            Code::Input => 2,
            Code::Outside => 3,
            Code::Fault => 4,
            Code::NotRun => 125,
            Code::Interrupted => 130,
            Code::Guest(code) => code,
        }
    }
}
