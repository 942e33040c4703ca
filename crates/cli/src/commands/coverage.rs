//! `formwork coverage`: which requirements are met, by what, and what the others would need.

use clap::{Args, ValueEnum};
use formwork_flow::coverage::{self, Asked};
use formwork_model::documents::{
    Coverage as Document, CoverageRequirement, CoverageState, FeatureState,
};

use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::printable;
use crate::terminal::style::Ink;
use crate::terminal::table::{Align, Cell, Table};

/// Show which requirements the approved packages meet
///
/// Without a board it says which features of hardware and network the approved list expects: what
/// a maker of hardware must enable. docs/coverage.md explains how it counts.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork coverage
  formwork coverage --board rzg2m
  formwork coverage --board rzg2m --with 3
  formwork coverage --level 2 --format html > coverage.html")]
pub(crate) struct Coverage {
    /// Look at this board
    #[arg(long, value_name = "NAME")]
    board: Option<String>,
    /// Only requirements of this security level
    #[arg(long, value_name = "LEVEL", value_parser = clap::value_parser!(u8).range(1..=4))]
    level: Option<u8>,
    /// Count this open proposal as if it were approved
    #[arg(long, value_name = "PROPOSAL")]
    with: Option<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Form,
}

/// In which form coverage is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Lines for people
    #[default]
    Text,
    /// A row for each requirement
    Csv,
    /// One page that needs nothing else
    Html,
}

impl Coverage {
    /// Asks and prints.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let asked = Asked {
            board: self.board.clone(),
            level: self.level,
            with: self.with.clone(),
        };
        let document = coverage::coverage(&context, &asked)?;
        if session.options.json {
            session.output.json(&document)?;
            return Ok(Outcome::Fine);
        }
        match self.format {
            Form::Csv => session.output.text(&coverage::csv(&document))?,
            Form::Html => session.output.text(&coverage::html(&document))?,
            Form::Text => show(session, &document)?,
        }
        Ok(Outcome::Fine)
    }
}

/// Prints a line for each requirement, and what the features amount to.
fn show(session: &mut Session, document: &Document) -> Result<(), Failure> {
    let verbose = session.options.verbose;
    let mut table = Table::new(&[Align::Left, Align::Left, Align::Left, Align::Left]);
    let all = document.requirements.iter();
    for one in all.filter(|one| verbose || one.state != CoverageState::NotAsked) {
        let advice = coverage::advice(document, one);
        let packages = coverage::packages(one).join(", ");
        let last = match (packages.is_empty(), advice.is_empty()) {
            (true, _) => advice,
            (_, true) => packages,
            _ => format!("{packages}  ({advice})"),
        };
        table.row([
            Cell::new(Ink::Strong, &one.id),
            Cell::new(ink(one), coverage::words(one)),
            Cell::new(Ink::Faint, &one.title),
            Cell::plain(last),
        ]);
    }
    let text = table.render(session.output.style(), session.output.width());
    session.output.text(&text)?;
    for line in features(document).iter().chain(&document.notes) {
        session.output.line(&printable(line))?;
    }
    let mut counts = vec![
        format!("{} met", document.met),
        format!("{} met with a feature", document.met_with),
        format!("{} not met", document.not_met),
    ];
    if document.not_asked > 0 {
        counts.push(format!("{} ask nothing of a component", document.not_asked));
    }
    session.output.line(&counts.join(", "))?;
    Ok(())
}

/// What the features amount to, in a few lines.
fn features(document: &Document) -> Vec<String> {
    if document.features.is_empty() {
        return Vec::new();
    }
    if document.board.is_none() {
        let names: Vec<&str> = document
            .features
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        return vec![format!("Expected of the hardware: {}", names.join(", "))];
    }
    let line = |one: &formwork_model::documents::CoverageFeature| {
        let state = match one.state {
            FeatureState::Present | FeatureState::Expected => return None,
            FeatureState::Possible => format!("can be had: {}", one.how),
            FeatureState::Missing => "cannot be had on this board".to_owned(),
        };
        let hang = match one.requirements.as_slice() {
            [] => String::new(),
            some => format!("; on it hang {}", some.join(", ")),
        };
        Some(format!("{}: {state}{hang}", one.name))
    };
    document.features.iter().filter_map(line).collect()
}

/// The colour of a state.
fn ink(one: &CoverageRequirement) -> Ink {
    match one.state {
        CoverageState::Met => Ink::Good,
        CoverageState::MetWith => Ink::Look,
        CoverageState::NotMet => Ink::Bad,
        CoverageState::NotAsked => Ink::Faint,
    }
}
