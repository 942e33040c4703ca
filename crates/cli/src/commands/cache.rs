//! `formwork cache`: what was fetched and kept.

use clap::{Args, Subcommand};
use formwork_flow::cache::{self, Clean};
use formwork_model::documents::{CacheInfo, CacheVerified};

use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::number;
use crate::terminal::printable;
use crate::terminal::table::{Align, Cell, Table};

/// Look into, clean or check the cache of fetched files
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork cache info
  formwork cache clean --unused 90
  formwork cache verify")]
pub(crate) struct Cache {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show where the cache is and what it holds
    Info,
    /// Remove everything but the packages that the lock of this project names
    Clean {
        /// Those too
        #[arg(long)]
        all: bool,
        /// Only what nobody has used for this many days
        #[arg(long, value_name = "DAYS")]
        unused: Option<u32>,
        /// Only the trees that builds have kept to begin the next one with
        #[arg(long, conflicts_with = "unused")]
        stages: bool,
    },
    /// Read every entry and check its digest; damaged ones are removed, and the exit code is 1
    Verify,
}

impl Cache {
    /// Does it and says what came of it.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        match &self.action {
            Action::Info => show_info(session, &cache::info(&context)?),
            Action::Clean {
                unused,
                all,
                stages,
            } => {
                let what = match (unused, stages) {
                    (Some(days), _) => Clean::UnusedFor(*days),
                    (None, true) => Clean::Stages,
                    (None, false) => Clean::All,
                };
                let cleaned = cache::clean(&context, what, *all)?;
                if session.options.json {
                    session.output.json(&cleaned)?;
                } else {
                    let entries = number::counted(cleaned.entries, "entry");
                    let mut line = format!("Removed {entries}, {}", number::size(cleaned.size));
                    if cleaned.kept > 0 {
                        let kept = number::counted(cleaned.kept, "package");
                        line.push_str(&format!("; kept {kept} of formwork.lock"));
                    }
                    session.output.line(&line)?;
                }
                Ok(Outcome::Fine)
            }
            Action::Verify => show_verified(session, &cache::verify(&context)?),
        }
    }
}

/// Prints what the cache holds.
fn show_info(session: &mut Session, info: &CacheInfo) -> Result<Outcome, Failure> {
    if session.options.json {
        session.output.json(info)?;
        return Ok(Outcome::Fine);
    }
    session.output.line(&printable(&format!(
        "{}  {}",
        info.directory,
        number::size(info.size)
    )))?;
    let mut table = Table::new(&[Align::Left, Align::Right, Align::Right]).indented(2);
    for part in &info.parts {
        table.row([
            Cell::plain(&part.name),
            Cell::plain(number::count(part.entries)),
            Cell::plain(number::size(part.size)),
        ]);
    }
    let text = table.render(session.output.style(), session.output.width());
    session.output.text(&text)?;
    if info.stages.is_empty() {
        return Ok(Outcome::Fine);
    }
    session.output.line("stages, the one used last first")?;
    let [left, right] = [Align::Left, Align::Right];
    let mut table = Table::new(&[left, left, right, right, left]).indented(2);
    for stage in &info.stages {
        table.row([
            Cell::plain(&stage.image),
            Cell::plain(&stage.architecture),
            Cell::plain(number::counted(stage.packages, "package")),
            Cell::plain(number::size(stage.size)),
            Cell::plain(format!("used {}", stage.used)),
        ]);
    }
    let text = table.render(session.output.style(), session.output.width());
    session.output.text(&text)?;
    Ok(Outcome::Fine)
}

/// Prints what was damaged; the answer is "no" if something was.
fn show_verified(session: &mut Session, verified: &CacheVerified) -> Result<Outcome, Failure> {
    let outcome = if verified.damaged.is_empty() {
        Outcome::Fine
    } else {
        Outcome::No
    };
    if session.options.json {
        session.output.json(verified)?;
        return Ok(outcome);
    }
    let checked = number::counted(verified.checked, "entry");
    let damaged = verified.damaged.len() as u64;
    session.output.line(&match damaged {
        0 => format!("Checked {checked}: all sound"),
        _ => format!(
            "Checked {checked}: {} damaged and removed",
            number::count(damaged)
        ),
    })?;
    for entry in &verified.damaged {
        session
            .output
            .line(&printable(&format!("  {}", entry.file)))?;
    }
    Ok(outcome)
}
