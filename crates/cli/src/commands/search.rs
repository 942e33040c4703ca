//! `formwork search`: packages by words.

use clap::Args;
use formwork_flow::query;

use super::common;
use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::printable;
use crate::terminal::style::Ink;
use crate::terminal::table::{Align, Cell, Table};

use crate::arguments::QueryOptions;

/// Find packages by words in their names and short descriptions, best first
///
/// Exit code 1 if none fits.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork search sqlite
  formwork search web server --suite bookworm --limit 10")]
pub(crate) struct Search {
    /// Words that must all occur
    #[arg(required = true, value_name = "WORD")]
    words: Vec<String>,
    /// Show at most this many
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<usize>,
    #[command(flatten)]
    query: QueryOptions,
}

impl Search {
    /// Asks and prints; "no" if nothing fits.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let found = query::search(&context, &self.query.scope()?, &self.words, self.limit)?;
        common::tell_waivers(session, &found.inputs);
        let outcome = if found.matches.is_empty() {
            Outcome::No
        } else {
            Outcome::Fine
        };
        if session.options.json {
            session.output.json(&found)?;
            return Ok(outcome);
        }
        if outcome == Outcome::No {
            let line = format!(
                "No package of {} fits: {}",
                found.suites.join(", "),
                found.words.join(" ")
            );
            session.output.line(&printable(&line))?;
        }
        let mut table = Table::new(&[Align::Left, Align::Left, Align::Left]);
        for package in &found.matches {
            table.row([
                Cell::new(Ink::Strong, &package.name),
                Cell::plain(&package.version),
                Cell::plain(&package.description),
            ]);
        }
        let text = table.render(session.output.style(), session.output.width());
        session.output.text(&text)?;
        Ok(outcome)
    }
}
