//! Formwork's command line: reads the arguments, runs one command, and ends with its code.

#![forbid(unsafe_code)]

mod arguments;
mod commands;
mod failure;
mod session;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;
use failure::{Code, Failure, Outcome, mapping, panic};
use session::Session;

fn main() -> ExitCode {
    formwork_flow::inside::dispatch();
    panic::install();
    formwork_flow::context::notice_interrupts();
    let arguments = Arguments::parse();
    ExitCode::from(panic::guarded(|| run(arguments)).number())
}

/// Runs one command and shows how it went.
fn run(arguments: Arguments) -> Code {
    let mut session = Session::new(arguments.global);
    let result = commands::run(&arguments.command, &mut session);
    mapping::end(finish(&mut session, result))
}

/// Hands the last results over; a command that failed still shows what it had to say.
fn finish(session: &mut Session, result: Result<Outcome, Failure>) -> Result<Outcome, Failure> {
    let flushed = session.output.finish();
    let outcome = result?;
    flushed?;
    Ok(outcome)
}
