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
use failure::{Failure, Outcome, mapping, panic};
use session::Session;

fn main() -> ExitCode {
    panic::install();
    formwork_flow::context::notice_interrupts();
    let arguments = Arguments::parse();
    let mut session = Session::new(arguments.global);
    let result = commands::run(&arguments.command, &mut session);
    let code = mapping::end(finish(&mut session, result));
    ExitCode::from(code as u8)
}

/// Hands the last results over; a command that failed still shows what it had to say.
fn finish(session: &mut Session, result: Result<Outcome, Failure>) -> Result<Outcome, Failure> {
    let flushed = session.output.finish();
    let outcome = result?;
    flushed?;
    Ok(outcome)
}
