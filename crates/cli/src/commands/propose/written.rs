//! What every command that changes a proposal prints at its end.

use formwork_model::documents::ProposalWritten;

use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::printable;

/// Says what was done and written, and what may come next.
pub(super) fn show(
    session: &mut Session,
    written: &ProposalWritten,
    next: &str,
) -> Result<Outcome, Failure> {
    if session.options.json {
        session.output.json(written)?;
        return Ok(Outcome::Fine);
    }
    for done in &written.done {
        session.output.line(&printable(done))?;
    }
    for file in &written.files {
        let state = format!("{}, revision {}", written.status, written.revision);
        let state = if file.ends_with(".flat.toml") {
            String::new()
        } else {
            format!(" ({state})")
        };
        let line = format!("Written: {file}{state}");
        session.output.line(&printable(&line))?;
    }
    if !next.is_empty() {
        session.tell(&format!("Next: {next}"));
    }
    Ok(Outcome::Fine)
}
