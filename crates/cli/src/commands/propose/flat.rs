//! `formwork propose flat`: every source and binary that a proposal pulls in.

use clap::{Args, ValueEnum};
use formwork_flow::propose::flat::{Asked, flat, format};
use formwork_flow::propose::load;
use formwork_flow::query::Answer;
use formwork_model::documents::{Flat as Document, FlatSource};

use super::super::{common, conflict};
use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::printable;
use crate::terminal::style::Ink;
use crate::terminal::table::{Align, Cell, Table};

/// Show every source and binary that a proposal pulls in, each with its reason or its chain
///
/// Sources that are on the approved list already are marked; in the text list of --format
/// src-bin they are left out, or with --all stand in brackets together with the rest of the
/// approved list.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork propose flat 2
  formwork propose flat 2 --suite bookworm --format src-bin --all
  formwork propose flat 2 --suite bookworm --format pkglist")]
pub(crate) struct Flat {
    /// The number, name or file of the proposal; without it the only one that is open
    #[arg(value_name = "PROPOSAL")]
    proposal: Option<String>,
    /// Only this suite of the proposal (may be repeated)
    #[arg(short, long = "suite", value_name = "SUITE")]
    suites: Vec<String>,
    /// Only this architecture of the proposal (may be repeated)
    #[arg(short, long = "arch", value_name = "ARCH")]
    architectures: Vec<String>,
    /// The form of the list
    #[arg(long, value_name = "FORMAT", value_enum)]
    format: Option<Format>,
    /// Add the whole approved list of the suite
    #[arg(long)]
    all: bool,
}

/// The forms of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One line a source: its binaries
    SrcBin,
    /// One line a binary: source,binary,version, as Debian's LTS and ELTS sponsors send it
    Pkglist,
    /// TOML
    Toml,
    /// YAML
    Yaml,
    /// Comma-separated values
    Csv,
    /// A table in Markdown
    Markdown,
}

impl From<Format> for format::Format {
    fn from(own: Format) -> Self {
        match own {
            Format::SrcBin => format::Format::SrcBin,
            Format::Pkglist => format::Format::Pkglist,
            Format::Toml => format::Format::Toml,
            Format::Yaml => format::Format::Yaml,
            Format::Csv => format::Format::Csv,
            Format::Markdown => format::Format::Markdown,
        }
    }
}

impl Flat {
    /// Asks and prints.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let loaded = load(&context)?;
        let proposal = &loaded.meant(self.proposal.as_deref())?.proposal;
        let asked = Asked {
            suites: self.suites.clone(),
            architectures: self.architectures.clone(),
            all: self.all,
        };
        let lists = match flat(&context, &loaded, proposal, &asked)? {
            Answer::No(contradiction) => return conflict::show(session, &contradiction),
            Answer::Yes(lists) => lists,
        };
        for list in &lists {
            common::tell_waivers(session, &list.inputs);
        }
        let format = self.format.map(format::Format::from);
        let single = session.options.json || format.is_some_and(|one| !one.takes_several());
        if single && lists.len() > 1 {
            let suites: Vec<&str> = lists.iter().map(|list| list.suite.as_str()).collect();
            return Err(Failure::Usage {
                message: "this form holds one suite, and the proposal has several".to_owned(),
                hint: format!("name one: --suite {}", suites.join(", --suite ")),
            });
        }
        for (at, list) in lists.iter().enumerate() {
            if session.options.json {
                session.output.json(list)?;
                continue;
            }
            if at > 0 {
                session.output.line("")?;
            }
            match format {
                Some(format) => {
                    let text = format::text(list, format, self.all);
                    session.output.text(&text)?;
                }
                None => show(session, list)?,
            }
        }
        Ok(Outcome::Fine)
    }
}

/// Prints a list for a person.
fn show(session: &mut Session, list: &Document) -> Result<(), Failure> {
    let style = session.output.style();
    let headline = format::headline(list);
    session
        .output
        .line(&style.paint(Ink::Strong, printable(&headline)))?;
    let mut table = Table::new(&[Align::Left, Align::Left, Align::Left]).indented(2);
    for source in &list.sources {
        let (name, ink) = match source.approved {
            true => (format!("[{}]", source.source), Ink::Faint),
            false => (source.source.clone(), Ink::Strong),
        };
        table.row([
            Cell::new(ink, name),
            Cell::plain(common::names_in_short(&source.binaries)),
            Cell::plain(why(source)),
        ]);
    }
    let text = table.render(style, session.output.width());
    session.output.text(&text)?;
    for line in remarks(list) {
        session.output.line(&printable(&line))?;
    }
    Ok(())
}

/// The reason of a source, or the chain that brings it.
fn why(source: &FlatSource) -> String {
    if !source.reason.is_empty() {
        return source
            .reason
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
    }
    match source.wished {
        true => "wanted, without a reason".to_owned(),
        false => format::chain(source),
    }
}

/// What stands below the list.
fn remarks(list: &Document) -> Vec<String> {
    let mut lines = Vec::new();
    for removed in &list.removed {
        lines.push(format!("  to be taken off the approved list: {removed}"));
    }
    for aside in &list.under_discussion {
        lines.push(format!("  under discussion, not counted: {}", aside.source));
    }
    for aside in &list.deferred {
        lines.push(format!(
            "  deferred in revision {}, not counted: {} ({})",
            aside.revision, aside.source, aside.reason
        ));
    }
    for note in &list.notes {
        lines.push(format!("  note: {note}"));
    }
    lines
}
