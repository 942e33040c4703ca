//! `formwork approved`: what may be installed because a closed proposal says so.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use formwork_flow::approved;
use formwork_flow::propose::flat::format;
use formwork_flow::propose::{Loaded, load};
use formwork_model::documents::{ApprovedDocument, SentDiff};

use super::propose::{Format, show_diff};
use crate::arguments::TodayOption;
use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::number;
use crate::terminal::printable;
use crate::terminal::style::Ink;
use crate::terminal::table::{Align, Cell, Table};

/// Show the approved list of each suite, what changed on it, and what was sent to whom
///
/// The list is the union of the flat lists that were frozen when proposals were closed as
/// approved, less what later ones remove. It is computed from these files alone, so that it does
/// not change when the archive moves.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  formwork approved --suite bookworm --format src-bin
  formwork approved diff HEAD~20
  formwork approved sent --to elts --suite bookworm
  formwork approved diff --sent
  formwork approved merge gateway.pkglist sensor.pkglist"
)]
pub(crate) struct Approved {
    /// Only this suite (may be repeated)
    #[arg(short, long = "suite", value_name = "SUITE")]
    suites: Vec<String>,
    /// The form of the list
    #[arg(long, value_name = "FORMAT", value_enum)]
    format: Option<Format>,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    Diff(Diff),
    Sent(Sent),
    Merge(Merge),
}

/// Show what changed since a git revision, or since the list was sent
#[derive(Debug, Args)]
struct Diff {
    /// The git revision to compare with
    #[arg(value_name = "REV", required_unless_present = "sent")]
    revision: Option<String>,
    /// Compare with what was sent last
    #[arg(long, conflicts_with = "revision")]
    sent: bool,
    /// Only what was sent to this recipient
    #[arg(long, value_name = "NAME", requires = "sent")]
    to: Option<String>,
    /// Only this suite (may be repeated)
    #[arg(short, long = "suite", value_name = "SUITE")]
    suites: Vec<String>,
}

/// Record that the list of a suite is sent, with its exact lines, date and digest, under lists/
#[derive(Debug, Args)]
struct Sent {
    /// To whom, in one word
    #[arg(long, value_name = "NAME")]
    to: String,
    /// The suite
    #[arg(short, long, value_name = "SUITE")]
    suite: String,
    #[command(flatten)]
    today: TodayOption,
}

/// Unite the package lists of several machines into one
#[derive(Debug, Args)]
struct Merge {
    /// Files with lines of source,binary,version
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

impl Approved {
    /// Does what is asked.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        match &self.action {
            None => self.show(session),
            Some(Action::Diff(diff)) => diff.run(session),
            Some(Action::Sent(sent)) => sent.run(session),
            Some(Action::Merge(merge)) => merge.run(session),
        }
    }

    /// Prints the lists.
    fn show(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let loaded = loaded(session)?;
        let answer = approved::show(&loaded, &self.suites)?;
        if session.options.json {
            session.output.json(&answer)?;
            return Ok(Outcome::Fine);
        }
        let format = self.format.map(format::Format::from);
        let single = format.is_some_and(|format| !format.takes_several());
        if single && answer.lists.len() > 1 {
            let suites: Vec<&str> = answer.lists.iter().map(|list| &*list.suite).collect();
            return Err(Failure::Usage {
                message: "this form holds one suite, and there are several lists".to_owned(),
                hint: format!("name one: --suite {}", suites.join(", --suite ")),
            });
        }
        if answer.lists.is_empty() {
            session.tell("nothing is approved: no proposal is closed as approved");
        }
        for (at, list) in answer.lists.iter().enumerate() {
            if at > 0 {
                session.output.line("")?;
            }
            match format {
                Some(format) => session.output.text(&approved::text(list, format))?,
                None => table(session, list)?,
            }
        }
        Ok(Outcome::Fine)
    }
}

/// The project with its proposals.
fn loaded(session: &Session) -> Result<Loaded, Failure> {
    Ok(load(&session.context()?)?)
}

/// Prints one list for a person.
fn table(session: &mut Session, list: &ApprovedDocument) -> Result<(), Failure> {
    let style = session.output.style();
    let headline = format!(
        "{}: {} approved ({})",
        list.suite,
        number::counted(list.total, "source package"),
        number::counted(list.total_binaries, "binary package")
    );
    session
        .output
        .line(&style.paint(Ink::Strong, printable(&headline)))?;
    let mut table = Table::new(&[Align::Left, Align::Left, Align::Left, Align::Left]).indented(2);
    for source in &list.sources {
        let by: Vec<String> = source.approved_by.iter().map(u32::to_string).collect();
        let why = match source.reason.is_empty() {
            true => format::chain(source),
            false => source
                .reason
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" "),
        };
        table.row([
            Cell::plain(&source.source),
            Cell::plain(super::common::names_in_short(&source.binaries)),
            Cell::new(Ink::Faint, format!("by {}", by.join(", "))),
            Cell::plain(why),
        ]);
    }
    let text = table.render(style, session.output.width());
    Ok(session.output.text(&text)?)
}

impl Diff {
    fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let loaded = loaded(session)?;
        let Some(revision) = &self.revision else {
            return self.since_sent(session, &loaded);
        };
        let diff = approved::since(&loaded, revision, &self.suites)?;
        if session.options.json {
            session.output.json(&diff)?;
        } else {
            show_diff(session, &diff)?;
        }
        Ok(Outcome::Fine)
    }

    fn since_sent(&self, session: &mut Session, loaded: &Loaded) -> Result<Outcome, Failure> {
        let recipients = approved::since_sent(loaded, self.to.as_deref(), &self.suites)?;
        if session.options.json {
            session.output.json(&SentDiff {
                format: formwork_model::documents::FORMAT,
                inputs: Vec::new(),
                recipients,
            })?;
            return Ok(Outcome::Fine);
        }
        for diff in &recipients {
            show_diff(session, diff)?;
        }
        Ok(Outcome::Fine)
    }
}

impl Sent {
    fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let today = self.today.day(&context)?;
        let loaded = load(&context)?;
        let record = approved::record(&loaded, &self.to, &self.suite, today)?;
        if session.options.json {
            session.output.json(&record)?;
            return Ok(Outcome::Fine);
        }
        session.output.line(&printable(&format!(
            "Written: {} ({}, sha256 {})",
            record.file,
            number::counted(record.packages, "package"),
            record.sha256
        )))?;
        session.tell(&format!(
            "Next: formwork approved --suite {} --format pkglist      the list to send",
            record.suite
        ));
        Ok(Outcome::Fine)
    }
}

impl Merge {
    fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let list = approved::merge(&self.files)?;
        if session.options.json {
            session.output.json(&list)?;
        } else {
            session.output.text(&approved::merged_text(&list))?;
        }
        Ok(Outcome::Fine)
    }
}
