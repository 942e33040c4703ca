//! `formwork propose export`: the packet for reviewers.

use std::path::PathBuf;

use clap::Args;
use formwork_flow::propose::flat::Asked;
use formwork_flow::propose::{export, load};
use formwork_flow::query::Answer;

use super::super::{common, conflict};
use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::table::{Align, Cell, Table};

/// Write the packet for reviewers: lists, the table of requirements, a mail, and a page
///
/// The same proposal and the same state of the archive always make the same bytes. Where the
/// proposal has several suites, each gets a directory of its own.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork propose export packet
  formwork propose export packet --of 2 --suite bookworm")]
pub(crate) struct Export {
    /// Where to write; files of the same names are replaced
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// The number, name or file of the proposal; without it the only one that is open
    #[arg(long = "of", value_name = "PROPOSAL")]
    proposal: Option<String>,
    /// Only this suite of the proposal (may be repeated)
    #[arg(short, long = "suite", value_name = "SUITE")]
    suites: Vec<String>,
}

impl Export {
    /// Writes and tells what.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let loaded = load(&context)?;
        let one = loaded.meant(self.proposal.as_deref())?;
        let asked = Asked {
            suites: self.suites.clone(),
            ..Asked::default()
        };
        let exported = match export(&context, &loaded, one, (&asked, &self.directory))? {
            Answer::No(contradiction) => return conflict::show(session, &contradiction),
            Answer::Yes(exported) => exported,
        };
        common::tell_waivers(session, &exported.inputs);
        if session.options.json {
            session.output.json(&exported)?;
            return Ok(Outcome::Fine);
        }
        let mut table = Table::new(&[Align::Left, Align::Left]);
        for file in &exported.files {
            table.row([Cell::plain(&file.path), Cell::plain(&file.what)]);
        }
        let text = table.render(session.output.style(), session.output.width());
        session.output.text(&text)?;
        Ok(Outcome::Fine)
    }
}
