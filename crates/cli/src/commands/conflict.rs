//! How the proof is told that wishes cannot be fulfilled.

use formwork_model::documents::{Contradiction, StepKind};

use super::common;
use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::printable;
use crate::terminal::style::Ink;

/// Prints the contradiction; the answer of the command is "no".
pub(super) fn show(
    session: &mut Session,
    contradiction: &Contradiction,
) -> Result<Outcome, Failure> {
    common::tell_waivers(session, &contradiction.inputs);
    if session.options.json {
        session.output.json(contradiction)?;
        return Ok(Outcome::No);
    }
    let style = session.output.style();
    let conflict = &contradiction.conflict;
    let headline = match conflict.wishes.as_slice() {
        [one] => format!("{one} cannot be installed."),
        _ => "these cannot be installed together.".to_owned(),
    };
    session.output.line(&format!(
        "{} {}",
        style.paint(Ink::Bad, "No:"),
        printable(&headline)
    ))?;
    let mut wish = "";
    for step in &conflict.chain {
        // A wish that several versions would fulfil is a step for each, in the same words.
        if step.step == StepKind::Wish && step.text == wish {
            continue;
        }
        if step.step == StepKind::Wish {
            wish = &step.text;
        }
        let indent = if step.step == StepKind::Wish {
            "  "
        } else {
            "    "
        };
        session
            .output
            .line(&format!("{indent}{}", printable(&step.text)))?;
    }
    if !conflict.ways_out.is_empty() {
        session.output.line("Ways out:")?;
        for way in &conflict.ways_out {
            session
                .output
                .line(&format!("  {}", printable(&way.text)))?;
        }
    }
    Ok(Outcome::No)
}
