//! `formwork lock`: resolve every image and write down the result.

use clap::Args;
use formwork_flow::lock::{self, Locked};
use formwork_model::documents::{LockChecked, LockWritten};

use super::{changes, common, conflict, findings};
use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::number;
use crate::terminal::printable;

/// Resolve all images of the project and write formwork.lock
///
/// Packages stay at the versions the lock already names as long as these can be had and still
/// fit; `formwork update` brings newer ones. With --check nothing is written: exit code 1 says
/// that the lock is stale.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork lock
  formwork lock --check")]
pub(crate) struct Lock {
    /// Only say whether the lock is current
    #[arg(long)]
    check: bool,
}

impl Lock {
    /// Locks, or only looks.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        if self.check {
            return show_checked(session, &lock::check(&context)?);
        }
        show_locked(session, &lock::lock(&context)?)
    }
}

/// Prints what came of locking or updating.
pub(super) fn show_locked(session: &mut Session, locked: &Locked) -> Result<Outcome, Failure> {
    match locked {
        Locked::Written(written) => show_written(session, written),
        Locked::Impossible(impossible) => {
            let what = format!(
                "{} {} {}",
                impossible.image, impossible.suite, impossible.architecture
            );
            session.warn(&format!(
                "the image {what} cannot be made; nothing was written"
            ));
            conflict::show(session, &impossible.contradiction)
        }
        Locked::Denied(denied) => {
            session.warn("[policy] denies it; nothing was written");
            findings::show_denied(session, denied)
        }
    }
}

/// Prints what changed and whether the lock was written.
fn show_written(session: &mut Session, written: &LockWritten) -> Result<Outcome, Failure> {
    common::tell_waivers(session, &written.inputs);
    if session.options.json {
        session.output.json(written)?;
        return Ok(Outcome::Fine);
    }
    let size = format!(
        "{} in {}",
        number::counted(written.packages, "package"),
        number::counted(written.closures, "closure")
    );
    findings::show_beside(session, &written.findings)?;
    if written.written {
        changes::show(session, &written.changes)?;
        session
            .output
            .line(&format!("Written: formwork.lock ({size})"))?;
    } else {
        session
            .output
            .line(&format!("formwork.lock is current ({size})"))?;
    }
    Ok(Outcome::Fine)
}

/// Prints why the lock does not fit its project; the answer is "no" if it does not.
pub(super) fn show_checked(
    session: &mut Session,
    checked: &LockChecked,
) -> Result<Outcome, Failure> {
    common::tell_waivers(session, &checked.inputs);
    let outcome = if checked.current {
        Outcome::Fine
    } else {
        Outcome::No
    };
    if session.options.json {
        session.output.json(checked)?;
        return Ok(outcome);
    }
    if checked.current {
        session.output.line("formwork.lock is current")?;
        return Ok(outcome);
    }
    session.output.line("No: formwork.lock is stale")?;
    for stale in &checked.stale {
        let place = [
            stale.image.as_str(),
            stale.suite.as_str(),
            stale.architecture.as_str(),
        ]
        .join(" ");
        let line = match place.trim() {
            "" => stale.reason.clone(),
            place => format!("{place}: {}", stale.reason),
        };
        session.output.line(&printable(&format!("  {line}")))?;
    }
    session.tell("Next: formwork lock            bring it up to date");
    Ok(outcome)
}
