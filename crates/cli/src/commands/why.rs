//! `formwork why`: the reasons for one package.

use clap::Args;
use formwork_flow::query::{self, Answer};
use formwork_model::documents::{Explanation, ExplanationPath, PathStep, Why as Reason};

use super::{common, conflict};
use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::printable;
use crate::terminal::style::Ink;

use crate::arguments::{ChoiceOptions, QueryOptions};

/// Explain why a package is needed: every chain, and whether another could have served
///
/// In a project the images' own lists are explained unless --from names other wishes. Exit
/// code 1 if nothing that is wished needs the package.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork why libsqlite3-0 --from fail2ban --suite bookworm
  formwork why libssl3")]
pub(crate) struct Why {
    /// The package in question
    #[arg(value_name = "NAME")]
    name: String,
    /// Packages wanted (may be repeated, or several after one --from)
    #[arg(long, value_name = "WISH", num_args = 1..)]
    from: Vec<String>,
    #[command(flatten)]
    choice: ChoiceOptions,
    #[command(flatten)]
    query: QueryOptions,
}

/// How many reasons a terminal shows unless asked for all; a pipe gets all.
const FEW: usize = 12;

impl Why {
    /// Asks and prints.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let scope = self.query.scope()?;
        match query::why(
            &context,
            &scope,
            self.choice.choice(),
            &self.from,
            &self.name,
        )? {
            Answer::No(contradiction) => conflict::show(session, &contradiction),
            Answer::Yes(explanation) => show(session, &explanation),
        }
    }
}

/// Prints an explanation; "no" if nothing leads to the package.
fn show(session: &mut Session, explanation: &Explanation) -> Result<Outcome, Failure> {
    common::tell_waivers(session, &explanation.inputs);
    let outcome = if explanation.why.is_empty() {
        Outcome::No
    } else {
        Outcome::Fine
    };
    if session.options.json {
        session.output.json(explanation)?;
        return Ok(outcome);
    }
    if outcome == Outcome::No {
        let wishes = common::names_in_short(&explanation.wishes);
        let verb = common::need(&explanation.wishes);
        let line = format!("No: {wishes} {verb} no {}", explanation.package.name);
        session.output.line(&printable(&line))?;
        return Ok(outcome);
    }
    for path in &explanation.paths {
        session.output.line(&printable(&chain(path)))?;
    }
    show_reasons(session, explanation)?;
    Ok(outcome)
}

/// A way from a wish in one line: `a → b (Depends b | c) → d`.
fn chain(path: &ExplanationPath) -> String {
    let steps: Vec<String> = path.steps.iter().map(step).collect();
    steps.join(" → ")
}

/// One package of a chain, with the relation where it says more than the name.
fn step(step: &PathStep) -> String {
    match &step.why {
        Reason::Wish { wish } if *wish != step.name => format!("{} (wish {wish})", step.name),
        Reason::Variant { .. } | Reason::Beside { .. } => {
            format!("{} ({})", step.name, common::reason(&step.why))
        }
        Reason::Relation {
            field, relation, ..
        } if field != "Depends" || !common::is_plain(relation, &step.name) => {
            format!("{} ({field} {relation})", step.name)
        }
        _ => step.name.clone(),
    }
}

/// Prints all direct reasons and what else could have served.
fn show_reasons(session: &mut Session, explanation: &Explanation) -> Result<(), Failure> {
    let style = session.output.style();
    let relations: Vec<&Reason> = explanation
        .why
        .iter()
        .filter(|why| matches!(why, Reason::Relation { .. }))
        .collect();
    if relations.len() > 1 {
        let shown = if session.output.width().is_some() && !session.options.verbose {
            FEW
        } else {
            relations.len()
        };
        let heading = format!("Needed {} times:", relations.len());
        session.output.line(&style.paint(Ink::Strong, heading))?;
        for why in relations.iter().take(shown) {
            session
                .output
                .line(&printable(&format!("  {}", common::reason(why))))?;
        }
        if let Some(left @ 1..) = relations.len().checked_sub(shown) {
            session
                .output
                .line(&format!("  … and {left} more: --verbose"))?;
        }
    }
    let mut others = 0;
    for why in &relations {
        let Reason::Relation {
            by,
            relation,
            alternatives,
            ..
        } = why
        else {
            continue;
        };
        if !alternatives.is_empty() {
            let names = alternatives.join(", ");
            session.output.line(&printable(&format!(
                "For {by} ({relation}) these could have served: {names}"
            )))?;
            others += 1;
        }
    }
    if others == 0 && !relations.is_empty() {
        session.output.line("No other provider was possible.")?;
    }
    Ok(())
}
