//! `formwork propose show`: one proposal in full.

use clap::Args;
use formwork_flow::propose;
use formwork_model::documents::{ProposalPackage, ProposalReview, ProposalShown};

use super::list;
use crate::arguments::TodayOption;
use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::printable;
use crate::terminal::style::Ink;

/// Show a proposal: its packages with their reasons, and what reviewers said
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The number, name or file of the proposal; without it the only one that is open
    #[arg(value_name = "PROPOSAL")]
    proposal: Option<String>,
    #[command(flatten)]
    today: TodayOption,
}

impl Show {
    /// Asks and prints.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let today = self.today.day(&context)?;
        let shown = propose::show(&context, self.proposal.as_deref(), today)?;
        if session.options.json {
            session.output.json(&shown)?;
            return Ok(Outcome::Fine);
        }
        let style = session.output.style();
        for line in head(&shown) {
            session.output.line(&printable(&line))?;
        }
        for package in &shown.packages {
            session.output.line("")?;
            let name = style.paint(Ink::Strong, printable(&package.source));
            let rest = title(package);
            session
                .output
                .line(&format!("{name}{}", printable(&rest)))?;
            for (word, text) in facts(package) {
                let word = style.paint(Ink::Faint, format!("{word:<13}"));
                session
                    .output
                    .line(&format!("  {word} {}", printable(&text)))?;
            }
        }
        if !shown.reviews.is_empty() {
            session.output.line("")?;
            session.output.line("Reviews")?;
        }
        for review in &shown.reviews {
            for line in said(review) {
                session.output.line(&printable(&line))?;
            }
        }
        Ok(Outcome::Fine)
    }
}

/// The first lines.
fn head(shown: &ProposalShown) -> Vec<String> {
    let one = &shown.proposal;
    let mut lines = vec![
        format!("{}  {}", one.file, one.title),
        format!(
            "  {} · revision {} · by {} · {} · {}",
            one.status,
            one.revision,
            one.proposer,
            one.suites.join(", "),
            one.architectures.join(", ")
        ),
    ];
    let open = list::open(one);
    if !open.is_empty() {
        lines.push(format!("  {open}"));
    }
    if !shown.supersedes.is_empty() {
        let numbers: Vec<String> = shown.supersedes.iter().map(u32::to_string).collect();
        lines.push(format!("  supersedes {}", numbers.join(", ")));
    }
    lines.extend(shown.notes.lines().map(|line| format!("  {line}")));
    lines
}

/// What stands behind the name of a package.
fn title(package: &ProposalPackage) -> String {
    let mut words = Vec::new();
    if package.state != "proposed" {
        words.push(package.state.clone());
    }
    if !package.on_target {
        words.push("to build only".to_owned());
    }
    let limits = [package.suites.as_slice(), &package.architectures].concat();
    if !limits.is_empty() {
        words.push(format!("for {}", limits.join(", ")));
    }
    if words.is_empty() {
        String::new()
    } else {
        format!("  ({})", words.join("; "))
    }
}

/// What is said of a package, each with its word.
fn facts(package: &ProposalPackage) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let mut add = |word, text: String| {
        if !text.is_empty() {
            facts.push((word, text));
        }
    };
    add("binaries", package.binaries.join(", "));
    add("reason", package.reason.clone());
    add("capabilities", package.capabilities.join(", "));
    add("requirements", package.requirements.join(", "));
    let wanted = matches!(package.state.as_str(), "proposed" | "optional");
    let needs = package.needs.as_ref();
    add(
        "needs",
        needs.map_or_else(
            || if wanted { "not said" } else { "" }.to_owned(),
            |needs| match needs.as_slice() {
                [] => "nothing".to_owned(),
                some => some.join(", "),
            },
        ),
    );
    for one in &package.alternatives {
        add("instead of", format!("{}: {}", one.package, one.why_not));
    }
    for one in &package.providers {
        add("provider", format!("{} for {}", one.package, one.of));
    }
    add("security tags", package.security_tags.join(", "));
    add("replaces", package.replaces.clone().unwrap_or_default());
    if let Some(deferred) = &package.deferred {
        add(
            "deferred",
            format!(
                "in revision {}: {}; first: {}",
                deferred.revision, deferred.reason, deferred.first
            ),
        );
    }
    add("notes", package.notes.clone());
    facts
}

/// A review in one line, and its answer in another.
fn said(review: &ProposalReview) -> Vec<String> {
    let about = review.package.as_deref().unwrap_or("the whole");
    let past = match review.counts || review.verdict == "comment" {
        true => "",
        false => " (counts no more)",
    };
    let comment = match review.comment.as_str() {
        "" => String::new(),
        comment => format!(": {comment}"),
    };
    let mut lines = vec![format!(
        "  {} {} {} {} {about} of revision {}{past}{comment}",
        review.number,
        review.when,
        review.who,
        match review.verdict.as_str() {
            "approve" => "approves",
            "reject" => "rejects",
            _ => "on",
        },
        review.revision
    )];
    lines.extend(
        review
            .answer
            .iter()
            .map(|answer| format!("    answered: {answer}")),
    );
    lines
}
