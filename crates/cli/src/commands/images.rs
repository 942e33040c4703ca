//! `formwork images`: what may be built in a project.

use clap::{Args, ValueEnum};
use formwork_flow::images;
use formwork_model::documents::{BuildChoice, Images as Document};

use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::printable;
use crate::terminal::style::Ink;
use crate::terminal::table::{Align, Cell, Table};

/// List what may be built: image, options, suite and architecture
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork images
  formwork images --format markdown")]
pub(crate) struct Images {
    /// Print the table in another form
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
}

/// The forms of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The JSON document that --json prints
    Json,
    /// A table in Markdown
    Markdown,
}

/// The heads of the columns.
const HEADS: [&str; 5] = ["image", "options", "suite", "architecture", "lock"];

impl Images {
    /// Lists them.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let document = images::images(&context)?;
        if session.options.json || self.format == Some(Format::Json) {
            session.output.json(&document)?;
        } else if self.format == Some(Format::Markdown) {
            session.output.text(&markdown(&document))?;
        } else {
            let text = table(&document).render(session.output.style(), session.output.width());
            session.output.text(&text)?;
        }
        Ok(Outcome::Fine)
    }
}

/// One row of the table.
fn row(build: &BuildChoice) -> [String; 5] {
    let options = match build.options.as_slice() {
        [] => "-".to_owned(),
        some => some.join(","),
    };
    let locked = if build.locked { "yes" } else { "no" };
    [
        build.image.clone(),
        options,
        build.suite.clone(),
        build.architecture.clone(),
        locked.to_owned(),
    ]
}

/// The table for a terminal.
fn table(document: &Document) -> Table {
    let mut table = Table::new(&[Align::Left; 5]);
    table.row(HEADS.map(|head| Cell::new(Ink::Faint, head)));
    for build in &document.builds {
        table.row(row(build).map(Cell::plain));
    }
    table
}

/// The table in Markdown.
fn markdown(document: &Document) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut text = line(&HEADS.map(str::to_owned));
    text.push_str(&line(&HEADS.map(|_| "---".to_owned())));
    for build in &document.builds {
        let cells = row(build).map(|cell| printable(&cell).replace('|', "\\|"));
        text.push_str(&line(&cells));
    }
    text
}
