//! How changes between two lists are shown.

use formwork_model::documents::{Cost, FlatDiff, SuiteDiff};

use crate::failure::Failure;
use crate::session::Session;
use crate::terminal::number;
use crate::terminal::printable;
use crate::terminal::style::Ink;
use crate::terminal::table::{Align, Cell, Table};

/// Prints what changed, suite by suite.
pub(crate) fn show_diff(session: &mut Session, diff: &FlatDiff) -> Result<(), Failure> {
    let style = session.output.style();
    let headline = format!("{} → {}", diff.before, diff.after);
    session
        .output
        .line(&style.paint(Ink::Strong, printable(&headline)))?;
    for line in &diff.written {
        session.output.line(&printable(&format!("  {line}")))?;
    }
    if diff.suites.is_empty() {
        session.output.line("  no package differs")?;
    }
    for suite in &diff.suites {
        session.output.line(&printable(&summary(suite)))?;
        let text = table(suite).render(style, session.output.width());
        session.output.text(&text)?;
        if let Some(line) = cost(suite) {
            session.output.line(&printable(&line))?;
        }
    }
    Ok(())
}

/// How much changed in a suite.
fn summary(diff: &SuiteDiff) -> String {
    let count = |list: usize, noun: &str| number::counted(list as u64, noun);
    format!(
        "{}: {} added, {} removed, {} changed; {} added, {} removed",
        diff.suite,
        count(diff.added.len(), "binary package"),
        diff.removed.len(),
        diff.changed.len(),
        count(diff.added_sources.len(), "source package"),
        diff.removed_sources.len(),
    )
}

/// The binaries that came, went and changed.
fn table(diff: &SuiteDiff) -> Table {
    let mut table = Table::new(&[Align::Left; 4]).indented(2);
    let listed = diff.removed.iter().map(|one| (Ink::Bad, "removed", one));
    let listed = listed.chain(diff.added.iter().map(|one| (Ink::Good, "added", one)));
    for (ink, word, one) in listed {
        table.row([
            Cell::new(ink, word),
            Cell::plain(&one.binary),
            Cell::plain(&one.version),
            Cell::new(Ink::Faint, format!("of {}", one.source)),
        ]);
    }
    for one in &diff.changed {
        table.row([
            Cell::new(Ink::Look, "changed"),
            Cell::plain(&one.binary),
            Cell::plain(format!("{} → {}", one.before, one.after)),
            Cell::new(Ink::Faint, format!("of {}", one.source)),
        ]);
    }
    table
}

/// What both sides cost, if that is known and differs.
fn cost(diff: &SuiteDiff) -> Option<String> {
    let after = diff.cost_after.as_ref()?;
    let told = match &diff.cost_before {
        Some(before) if before == after => return None,
        Some(before) => format!("{} → {}", tell_cost(before), tell_cost(after)),
        None => tell_cost(after),
    };
    Some(format!("  cost: {told}"))
}

/// A cost in a few words.
pub(crate) fn tell_cost(cost: &Cost) -> String {
    let mut told = format!(
        "{}, {}, {} installed",
        number::counted(cost.new_sources, "new source"),
        number::counted(cost.new_binaries, "new binary package"),
        number::size(cost.installed_size)
    );
    if !cost.interpreters.is_empty() {
        told.push_str(&format!(", interpreters {}", cost.interpreters.join(" ")));
    }
    told
}
