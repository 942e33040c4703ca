//! `formwork migrate`: what becomes of the approved list and of every image in another suite.

use clap::Args;
use formwork_flow::migrate::{self, Asked};
use formwork_flow::propose::load;
use formwork_model::documents::{Migration, MigrationKind, MigrationList, MigrationSize};

use super::common;
use super::propose::tell_cost;
use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::number;
use crate::terminal::printable;
use crate::terminal::style::Ink;
use crate::terminal::table::{Align, Cell, Table};

/// Show what becomes of the approved list and of every image in another suite
///
/// Names that are gone, renamed, replaced or split are told with the field, package or source
/// that says so; a name that is gone without a known successor is said to be exactly that. Exit
/// code 1 if there is such a name. With --write the draft of a proposal is written.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork migrate --to bookworm
  formwork migrate --from bullseye --to bookworm --write")]
pub(crate) struct Migrate {
    /// The suite to go to
    #[arg(long, value_name = "SUITE")]
    to: String,
    /// The suite to leave; without it the newest one of the project before the other
    #[arg(long, value_name = "SUITE")]
    from: Option<String>,
    /// Write the draft of a proposal into the project
    #[arg(long)]
    write: bool,
    /// The group or member that proposes it
    #[arg(long, value_name = "NAME")]
    proposer: Option<String>,
}

impl Migrate {
    /// Asks and prints.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let loaded = load(&context)?;
        let asked = Asked {
            to: self.to.clone(),
            from: self.from.clone(),
            write: self.write,
            proposer: self.proposer.clone(),
        };
        let answer = migrate::migrate(&context, &loaded, &asked)?;
        common::tell_waivers(session, &answer.inputs);
        let mut lists = answer.approved.iter().chain(&answer.images);
        let lost = lists.any(|list| {
            let mut changes = list.changes.iter();
            changes.any(|change| change.wished && change.kind == MigrationKind::Gone)
        });
        let outcome = if lost { Outcome::No } else { Outcome::Fine };
        if session.options.json {
            session.output.json(&answer)?;
            return Ok(outcome);
        }
        show(session, &answer)?;
        Ok(outcome)
    }
}

/// Prints the answer list by list.
fn show(session: &mut Session, answer: &Migration) -> Result<(), Failure> {
    let style = session.output.style();
    let headline = format!("{} → {}", answer.from, answer.to);
    session
        .output
        .line(&style.paint(Ink::Strong, printable(&headline)))?;
    for list in answer.approved.iter().chain(&answer.images) {
        session.output.line(&printable(&title(list)))?;
        let text = table(list).render(style, session.output.width());
        session.output.text(&text)?;
    }
    if let (Some(cost), Some(sources)) = (&answer.cost, answer.sources) {
        session.output.line(&printable(&format!(
            "The draft pulls in {}: {}",
            number::counted(sources, "source package"),
            tell_cost(cost)
        )))?;
    }
    if let Some(conflict) = &answer.conflict {
        session.output.line(&printable(&format!(
            "The draft does not resolve yet: {conflict}"
        )))?;
    }
    match &answer.written {
        Some(file) => session
            .output
            .line(&printable(&format!("Written: {file} (draft)")))?,
        None if answer.draft.is_some() => session.tell(&format!(
            "Next: formwork migrate --from {} --to {} --write      write the draft of a proposal",
            answer.from, answer.to
        )),
        None => {}
    }
    Ok(())
}

/// What a list is, and how much of it stays.
fn title(list: &MigrationList) -> String {
    let name = match list.name.as_str() {
        "approved" => "approved list".to_owned(),
        image => format!("image {image}"),
    };
    let mut title = format!(
        "{name} ({}): {} stay, {} change",
        list.architecture,
        number::count(list.stays),
        number::count(list.changes.len() as u64)
    );
    if let (Some(before), Some(after)) = (&list.before, &list.after) {
        title.push_str(&format!("; {} → {}", size(before), size(after)));
    }
    title
}

/// How much a closure is.
fn size(size: &MigrationSize) -> String {
    format!(
        "{}, {}",
        number::counted(size.packages, "package"),
        number::size(size.installed_size)
    )
}

/// The names that change.
fn table(list: &MigrationList) -> Table {
    let mut table = Table::new(&[Align::Left; 4]).indented(2);
    for change in &list.changes {
        let ink = match change.kind {
            MigrationKind::Gone => Ink::Bad,
            MigrationKind::OtherSource => Ink::Faint,
            _ => Ink::Look,
        };
        let to = match change.kind {
            MigrationKind::OtherSource => String::new(),
            _ => change.to.join(" "),
        };
        table.row([
            Cell::new(ink, change.kind.as_str()),
            Cell::plain(&change.name),
            Cell::plain(to),
            Cell::new(Ink::Faint, &change.basis),
        ]);
    }
    table
}
