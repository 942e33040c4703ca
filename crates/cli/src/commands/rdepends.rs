//! `formwork rdepends`: who needs a package.

use clap::Args;
use formwork_flow::query::{self, Depth};
use formwork_model::documents::{Dependant, ReverseDependencies};

use super::common;
use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::number;
use crate::terminal::printable;
use crate::terminal::style::Ink;
use crate::terminal::table::{Align, Cell, Table};

use crate::arguments::QueryOptions;

/// List the packages of the archive that need this one
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork rdepends libssl3 --suite bookworm
  formwork rdepends libsqlite3-0 --recursive --recommends")]
pub(crate) struct Rdepends {
    /// The package, or a virtual name
    #[arg(value_name = "NAME")]
    name: String,
    /// Also list those that need it through others
    #[arg(short, long)]
    recursive: bool,
    /// Count Recommends as well as Depends
    #[arg(long)]
    recommends: bool,
    /// Count Suggests too
    #[arg(long)]
    suggests: bool,
    #[command(flatten)]
    query: QueryOptions,
}

impl Rdepends {
    /// Asks and prints.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let depth = Depth {
            recursive: self.recursive,
            recommends: self.recommends,
            suggests: self.suggests,
        };
        let found = query::rdepends(&context, &self.query.scope()?, depth, &self.name)?;
        common::tell_waivers(session, &found.inputs);
        if session.options.json {
            session.output.json(&found)?;
        } else {
            session.output.line(&printable(&headline(&found)))?;
            let text =
                table(&found.dependants).render(session.output.style(), session.output.width());
            session.output.text(&text)?;
        }
        Ok(Outcome::Fine)
    }
}

/// How many there are, in one sentence.
fn headline(found: &ReverseDependencies) -> String {
    let count = |direct: bool| {
        let mut names: Vec<&str> = found
            .dependants
            .iter()
            .filter(|dependant| (dependant.steps == 1) == direct)
            .map(|dependant| dependant.name.as_str())
            .collect();
        names.dedup();
        names.len() as u64
    };
    let through = match count(false) {
        0 => String::new(),
        further => format!(
            ", and {} through others",
            number::counted(further, "package")
        ),
    };
    let direct = count(true);
    let verb = if direct == 1 { "needs" } else { "need" };
    format!(
        "{} {verb} {}{through}",
        number::counted(direct, "package"),
        found.name
    )
}

/// A line a relation.
fn table(dependants: &[Dependant]) -> Table {
    let mut table = Table::new(&[Align::Left, Align::Left, Align::Left]).indented(2);
    for dependant in dependants {
        let why = match (&dependant.field, &dependant.relation) {
            (Some(field), Some(relation)) => format!("{field} {relation}"),
            _ => format!("through others, {} steps", dependant.steps),
        };
        table.row([
            Cell::plain(&dependant.name),
            Cell::plain(&dependant.version),
            Cell::new(Ink::Faint, why),
        ]);
    }
    table
}
