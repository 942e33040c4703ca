//! `formwork trace`: one thread from a requirement to a board and back.

use clap::{Args, ValueEnum};
use formwork_flow::trace;

use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::printable;

/// Show all that is linked to a requirement, package, image or board
///
/// NAME is a requirement, capability, test, proposal, source, binary, feature, image or board;
/// where several bear it, say which: image:gateway. What stands above it is marked ↑, what stands
/// below it ↓.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork trace 'CR 1.5'
  formwork trace tpm2-tools
  formwork trace image:gateway
  formwork trace board:rzg2m --format dot | dot -Tsvg > rzg2m.svg")]
pub(crate) struct Trace {
    /// What to trace, perhaps with its kind in front: source:openssl
    #[arg(value_name = "NAME")]
    name: String,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Form,
}

/// In which form a trace is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A tree for people
    #[default]
    Text,
    /// A graph for Graphviz
    Dot,
}

impl Trace {
    /// Asks and prints.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let document = trace::trace(&context, &self.name)?;
        if session.options.json {
            session.output.json(&document)?;
            return Ok(Outcome::Fine);
        }
        if self.format == Form::Dot {
            session.output.text(&trace::dot(&document))?;
            return Ok(Outcome::Fine);
        }
        for line in trace::tree(&document).lines() {
            session.output.line(&printable(line))?;
        }
        Ok(Outcome::Fine)
    }
}
