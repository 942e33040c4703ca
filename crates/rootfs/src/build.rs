//! The outside: hands the order to the sandbox and listens to what it tells.

use formwork_model::event::{Event, Phase, Sink, Unit};
use formwork_sys::sandbox::{self, Order, SandboxError};

use crate::error::{Blame, Error, Failure};
use crate::inside::ROOM;
use crate::job::Job;
use crate::message::Message;
use crate::report::Report;
use crate::variation::Variation;
use crate::{spine, stage};

/// Finds out whether this machine lets us make trees, before anything is fetched for one.
///
/// # Errors
/// If it does not; the message says what to install or to set.
pub fn ready() -> Result<(), Failure> {
    match sandbox::privilege() {
        Ok(_) => Ok(()),
        Err(error) => Err(refused(&error)),
    }
}

/// Whether the stage of all packages of a job is kept, so that its package files are not read
/// unless that is damaged.
#[must_use]
pub fn is_kept(job: &Job) -> bool {
    stage::is_kept(job)
}

/// Leaves those packages of a job marked as own that come after all others, on their stage: an
/// own package that one of the others needs is one of them.
///
/// # Errors
/// If a package file cannot be read.
pub fn split(job: &mut Job) -> Result<(), Failure> {
    match job.packages.iter().any(|package| package.own) {
        true => spine::split(&mut job.packages).map_err(Failure::from),
        false => Ok(()),
    }
}

/// Makes a tree and writes its outputs.
///
/// # Errors
/// If a package, a program of it, or the machine stands in the way.
pub fn build(job: &Job, sink: &Sink) -> Result<Report, Failure> {
    let input = serde_json::to_vec(job).map_err(|error| fault(&error.to_string()))?;
    let order = Order { room: ROOM, input };
    let mut packages = 0;
    let in_sandbox = match job.vary.contains(&Variation::Root) {
        true => sandbox::run_in_own_users,
        false => sandbox::run,
    };
    let answer = in_sandbox(&order, &mut |bytes| {
        if let Ok(message) = serde_json::from_slice::<Message>(bytes) {
            if let Message::Started { packages: total } = &message {
                packages = *total;
            }
            sink(event(message));
        }
    });
    let report = match answer {
        Ok(Ok(report)) => {
            serde_json::from_slice::<Report>(&report).map_err(|error| fault(&error.to_string()))?
        }
        Ok(Err(failure)) => {
            return Err(serde_json::from_slice(&failure)
                .unwrap_or_else(|_| fault("the sandbox gave no reason")));
        }
        Err(error) => return Err(refused(&error)),
    };
    sink(Event::Finished {
        phase: Phase::Tree,
        summary: format!("{packages} packages, {} files", report.entries),
    });
    Ok(report)
}

fn event(message: Message) -> Event {
    let phase = Phase::Tree;
    match message {
        Message::Started { packages } => Event::Started {
            phase,
            unit: Unit::Items,
            total: Some(packages),
        },
        Message::Advanced { item, done, total } => Event::Advanced {
            phase,
            item,
            done,
            total: Some(total),
        },
        Message::Warning(text) => Event::Warning(text),
    }
}

fn refused(error: &SandboxError) -> Failure {
    Failure::from(Error::Sandbox(error.to_string()))
}

fn fault(reason: &str) -> Failure {
    Failure {
        blame: Blame::Ours,
        message: format!("the sandbox and we do not understand each other: {reason}"),
        output: Vec::new(),
        kept: None,
    }
}
