//! How findings of `[policy]` are shown: a line each, and below it what would help.

use std::collections::BTreeSet;

use formwork_flow::check;
use formwork_model::documents::{Finding, FindingState, Findings};

use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::printable;
use crate::terminal::style::{Ink, Style};

/// The widest column of messages that is filled with blanks.
const WIDEST: usize = 72;

/// In which form findings are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Form {
    /// Lines for people
    #[default]
    Text,
    /// A table in Markdown, for a mail or a comment
    Markdown,
}

/// Prints findings; "no" if any denies.
pub(super) fn show(
    session: &mut Session,
    findings: &Findings,
    form: Form,
) -> Result<Outcome, Failure> {
    let outcome = match findings.denied {
        0 => Outcome::Fine,
        _ => Outcome::No,
    };
    if session.options.json {
        session.output.json(findings)?;
        return Ok(outcome);
    }
    if form == Form::Markdown {
        session.output.text(&check::markdown(findings))?;
        return Ok(outcome);
    }
    let verbose = session.options.verbose;
    let shown: Vec<&Finding> = findings
        .findings
        .iter()
        .filter(|finding| verbose || finding.state != FindingState::Fine)
        .collect();
    let style = session.output.style();
    let text = lines(&shown, &findings.subject, style, verbose);
    session.output.line(&printable(&findings.subject))?;
    session.output.text(&text)?;
    session.output.line(&check::summary(findings))?;
    Ok(outcome)
}

/// Prints what a policy says beside another answer; what is kept only with `--verbose`.
pub(super) fn show_beside(session: &mut Session, findings: &[Finding]) -> Result<(), Failure> {
    let verbose = session.options.verbose;
    let shown: Vec<&Finding> = findings
        .iter()
        .filter(|finding| verbose || finding.state != FindingState::Fine)
        .collect();
    let text = lines(&shown, "", session.output.style(), verbose);
    Ok(session.output.text(&text)?)
}

/// Prints findings of which at least one denies.
pub(super) fn show_denied(session: &mut Session, findings: &[Finding]) -> Result<Outcome, Failure> {
    let today = String::new();
    let document = Findings::new(
        Vec::new(),
        "formwork.lock".to_owned(),
        today,
        findings.to_vec(),
    );
    show(session, &document, Form::Text)
}

/// The lines of some findings, each with its line end.
fn lines(findings: &[&Finding], subject: &str, style: Style, verbose: bool) -> String {
    let several = several_packages(findings);
    let told: Vec<String> = findings
        .iter()
        .map(|finding| message(finding, several))
        .collect();
    let length = |text: &String| text.chars().count();
    let rules = findings.iter().map(|finding| finding.rule.len());
    let rule_width = rules.max().unwrap_or(0);
    let fitting = told.iter().map(length).filter(|length| *length <= WIDEST);
    let width = fitting.max().unwrap_or(0);
    let mut text = String::new();
    let mut told_before = BTreeSet::new();
    for (finding, told) in findings.iter().zip(&told) {
        let word = check::word(finding);
        let padding = " ".repeat(7_usize.saturating_sub(word.len()));
        let gap = " ".repeat(width.saturating_sub(length(told)));
        let place = match finding.file == subject {
            true => format!("line {}", finding.line),
            false => format!("{}:{}", finding.file, finding.line),
        };
        text.push_str(&format!(
            "  {}{padding}  {:<rule_width$}  {}{gap}  {}\n",
            style.paint(ink(finding), word),
            finding.rule,
            printable(told),
            style.paint(Ink::Faint, printable(&place)),
        ));
        let below = check::waiver(finding).or_else(|| finding.satisfy.clone());
        // The same advice is given once, unless all is asked for.
        if let Some(below) = below.filter(|below| verbose || told_before.insert(below.clone())) {
            let indent = " ".repeat(11);
            text.push_str(&format!("{indent}{}\n", printable(&below)));
        }
    }
    text
}

/// Whether findings speak of more than one package, so that each must name its own.
fn several_packages(findings: &[&Finding]) -> bool {
    let mut packages = findings
        .iter()
        .filter_map(|finding| finding.package.as_ref());
    let first = packages.next();
    packages.any(|other| Some(other) != first)
}

/// The message, with the package in front where that is not plain.
fn message(finding: &Finding, several: bool) -> String {
    let told = check::message(finding);
    match &finding.package {
        Some(package) if several && !names(&finding.message, package) => {
            format!("{package}: {told}")
        }
        _ => told,
    }
}

/// Whether a message begins with a package's name.
fn names(message: &str, package: &str) -> bool {
    message
        .strip_prefix(package)
        .is_some_and(|rest| rest.starts_with(' '))
}

/// The colour of a finding's word.
fn ink(finding: &Finding) -> Ink {
    match (finding.state, finding.denies()) {
        (FindingState::Fine, _) => Ink::Good,
        (FindingState::Waived, _) => Ink::Faint,
        (_, true) => Ink::Bad,
        _ => Ink::Look,
    }
}
