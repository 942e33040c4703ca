//! `formwork propose list`: all proposals, their due dates, and what is still open.

use clap::Args;
use formwork_flow::propose;
use formwork_model::documents::ProposalSummary;

use crate::arguments::TodayOption;
use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::number;
use crate::terminal::style::Ink;
use crate::terminal::table::{Align, Cell, Table};

/// List the proposals with their due dates, open comments and missing verdicts
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    today: TodayOption,
}

impl List {
    /// Asks and prints.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let list = propose::list(&context, self.today.day(&context)?)?;
        if session.options.json {
            session.output.json(&list)?;
            return Ok(Outcome::Fine);
        }
        if list.proposals.is_empty() {
            session.tell("no proposals yet; begin one: formwork propose new");
            return Ok(Outcome::Fine);
        }
        let mut table = Table::new(&[
            Align::Right,
            Align::Left,
            Align::Right,
            Align::Left,
            Align::Right,
            Align::Left,
        ]);
        for one in &list.proposals {
            table.row([
                Cell::new(Ink::Strong, one.id.to_string()),
                status(one),
                Cell::plain(format!("rev {}", one.revision)),
                Cell::plain(&one.title),
                Cell::plain(number::counted(one.packages, "package")),
                Cell::plain(open(one)),
            ]);
        }
        let text = table.render(session.output.style(), session.output.width());
        session.output.text(&text)?;
        Ok(Outcome::Fine)
    }
}

/// The status in the colour of its meaning.
pub(super) fn status(one: &ProposalSummary) -> Cell {
    let ink = match one.status.as_str() {
        "approved" => Ink::Good,
        "in-review" => Ink::Look,
        "rejected" => Ink::Bad,
        _ => Ink::Faint,
    };
    Cell::new(ink, &one.status)
}

/// What is still open, in a few words.
pub(super) fn open(one: &ProposalSummary) -> String {
    let mut words = Vec::new();
    if let Some(closed) = &one.closed {
        words.push(format!("closed {closed}"));
    }
    words.extend(due(one));
    if one.open_comments > 0 {
        words.push(number::counted(one.open_comments, "open comment"));
    }
    if one.status == "in-review" {
        words.extend(one.missing.iter().cloned());
        words.extend(one.rejections.iter().cloned());
    }
    words.join("; ")
}

/// The due date of a proposal that is not closed, with the days that are left.
fn due(one: &ProposalSummary) -> Option<String> {
    let day = one.due.as_ref()?;
    Some(match one.days_left? {
        0 => format!("due today, {day}"),
        left @ 1.. => format!(
            "due {day}, in {}",
            number::counted(left.unsigned_abs(), "day")
        ),
        left => format!(
            "due {day}, {} ago",
            number::counted(left.unsigned_abs(), "day")
        ),
    })
}
