//! `formwork installable`: is every package of the archive installable?

use clap::Args;
use formwork_flow::query;
use formwork_model::documents;

use super::common;
use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::number;
use crate::terminal::printable;
use crate::terminal::style::Ink;

use crate::arguments::QueryOptions;

/// Check that every package of the archive can be installed, and explain those that cannot
///
/// Each package is judged by itself, with Essential packages present. Exit code 0 if all can
/// be installed, 1 if at least one cannot.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork installable --suite trixie --arch arm64
  formwork installable --builds --suite bookworm
  formwork installable nginx openssh-server")]
pub(crate) struct Installable {
    /// Packages to check; without any, the whole archive
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Check the build dependencies of source packages instead
    #[arg(long)]
    builds: bool,
    #[command(flatten)]
    query: QueryOptions,
}

impl Installable {
    /// Asks and prints; "no" if a package is broken.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let verdict = query::installable(&context, &self.query.scope()?, &self.names, self.builds)?;
        common::tell_waivers(session, &verdict.inputs);
        if session.options.json {
            session.output.json(&verdict)?;
        } else {
            self.show(session, &verdict)?;
        }
        Ok(if verdict.broken.is_empty() {
            Outcome::Fine
        } else {
            Outcome::No
        })
    }

    /// Prints the verdict for people: a sentence, then each broken package with its reason.
    fn show(&self, session: &mut Session, verdict: &documents::Installable) -> Result<(), Failure> {
        let style = session.output.style();
        session.output.line(&self.headline(verdict))?;
        for broken in &verdict.broken {
            let name = style.paint(Ink::Strong, printable(&broken.name));
            let place =
                printable(&broken.version).into_owned() + " " + &printable(&broken.architecture);
            session.output.line(&format!("  {name} {place}"))?;
            for step in &broken.reason {
                session
                    .output
                    .line(&format!("    {}", printable(&step.text)))?;
            }
        }
        Ok(())
    }

    /// How many can be installed or built.
    fn headline(&self, verdict: &documents::Installable) -> String {
        let (noun, done) = if self.builds {
            ("source", "built")
        } else {
            ("package", "installed")
        };
        let total = number::counted(verdict.total, noun);
        match verdict.broken.len() as u64 {
            0 => format!("All of {total} can be {done} ({})", verdict.architecture),
            broken => format!(
                "{} of {total} cannot be {done} ({})",
                number::count(broken),
                verdict.architecture
            ),
        }
    }
}
