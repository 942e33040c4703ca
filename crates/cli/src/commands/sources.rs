//! `formwork sources`: a closure by source package.

use clap::Args;
use formwork_flow::query::{self, Answer};
use formwork_model::documents;

use super::{common, conflict};
use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::number;
use crate::terminal::printable;
use crate::terminal::style::Ink;
use crate::terminal::table::{Align, Cell, Table};

use crate::arguments::{ChoiceOptions, QueryOptions};

/// Show which source packages the closure of the named packages is built from
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork sources fail2ban --suite bookworm
  formwork sources nginx openssh-server --variant minbase --json")]
pub(crate) struct Sources {
    /// Packages wanted: NAME, NAME:ARCH, NAME=VERSION or NAME/SUITE
    #[arg(required = true, value_name = "NAME")]
    wishes: Vec<String>,
    #[command(flatten)]
    choice: ChoiceOptions,
    #[command(flatten)]
    query: QueryOptions,
}

impl Sources {
    /// Asks and prints.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let sources = match query::sources(
            &context,
            &self.query.scope()?,
            self.choice.choice(),
            &self.wishes,
        )? {
            Answer::No(contradiction) => return conflict::show(session, &contradiction),
            Answer::Yes(sources) => sources,
        };
        common::tell_waivers(session, &sources.inputs);
        if session.options.json {
            session.output.json(&sources)?;
        } else {
            session.output.line(&printable(&headline(&sources)))?;
            let text = table(&sources).render(session.output.style(), session.output.width());
            session.output.text(&text)?;
        }
        Ok(Outcome::Fine)
    }
}

/// What the closure is built from, in one sentence.
fn headline(sources: &documents::Sources) -> String {
    let binaries: usize = sources
        .sources
        .iter()
        .map(|group| group.binaries.len())
        .sum();
    format!(
        "{} {} {} ({})",
        common::names_in_short(&sources.wishes),
        common::need(&sources.wishes),
        number::counted(sources.sources.len() as u64, "source"),
        number::counted(binaries as u64, "package"),
    )
}

/// A line a source: version, bytes to fetch, bytes installed, binaries.
fn table(sources: &documents::Sources) -> Table {
    let columns = [
        Align::Left,
        Align::Left,
        Align::Right,
        Align::Right,
        Align::Left,
    ];
    let mut table = Table::new(&columns).indented(2);
    for group in &sources.sources {
        let names: Vec<&str> = group
            .binaries
            .iter()
            .map(|binary| binary.name.as_str())
            .collect();
        table.row([
            Cell::new(Ink::Strong, &group.source),
            Cell::plain(&group.version),
            Cell::plain(number::size(
                group.binaries.iter().map(|binary| binary.size).sum(),
            )),
            Cell::plain(number::size(
                group
                    .binaries
                    .iter()
                    .map(|binary| binary.installed_size)
                    .sum(),
            )),
            Cell::new(Ink::Faint, names.join(", ")),
        ]);
    }
    table
}
