//! The mail that lays a revision before the reviewers.

use formwork_model::documents::{Cost, Flat, FlatAside, SuiteDiff};
use formwork_model::proposal::Status;

use super::{Changes, File, Packet};
use crate::cost;
use crate::formats::{one_line, revision};

/// The most binaries that are named one by one.
const NAMED: usize = 12;

/// The text of the mail, its subject in the first line.
pub(super) fn mail(packet: &Packet<'_>, files: &[File]) -> String {
    let Packet { proposal, flat, .. } = *packet;
    let (title, proposer) = (one_line(&flat.title), one_line(&flat.proposer));
    let revision = revision(flat.revision);
    let mut text = format!(
        "Subject: [Package Proposal #{}] {title}, {revision}, {}{}\n\n",
        flat.proposal,
        flat.suite,
        subject_end(packet)
    );
    text.push_str(&format!(
        "Package Proposal #{} ({title}) of {proposer}, {revision}, for Debian {} on {}.\n",
        flat.proposal,
        flat.suite,
        flat.architectures.join(", ")
    ));
    text.push_str(&format!("{}\n", asked(packet)));
    text.push_str(&format!("\n{}", numbers(packet)));
    text.push_str(&format!("\n{}", changes(packet.changes)));
    text.push_str(&asides(
        "Under discussion, not part of this review",
        &flat.under_discussion,
    ));
    text.push_str(&asides("Deferred", &flat.deferred));
    if !flat.removed.is_empty() {
        text.push_str("\nTo be taken off the approved list\n");
        for removed in &flat.removed {
            text.push_str(&format!("  {removed}\n"));
        }
    }
    text.push_str("\nFiles\n");
    let width = files.iter().map(|file| file.name.len()).max().unwrap_or(0);
    for file in files {
        text.push_str(&format!("  {:width$}  {}\n", file.name, file.what));
    }
    text.push_str(&format!(
        "  {:width$}  all of it to read and search\n",
        "index.html"
    ));
    text.push_str("\nMade from\n");
    for input in &flat.inputs {
        text.push_str(&format!(
            "  {} {} of {}, sha256 {}\n",
            input.repository, input.suite, input.date, input.release_sha256
        ));
    }
    if !proposal.notes.is_empty() {
        text.push_str(&format!("\n{}\n", proposal.notes.trim()));
    }
    text
}

/// What the subject says of the time.
fn subject_end(packet: &Packet<'_>) -> String {
    match (packet.proposal.status, packet.proposal.due) {
        (Status::Draft | Status::InReview, Some(due)) => format!(": review until {}", due.date()),
        (Status::Draft, None) => ": draft".to_owned(),
        (status, _) => format!(": {}", status.as_str()),
    }
}

/// What is asked of the reader.
fn asked(packet: &Packet<'_>) -> String {
    match (packet.proposal.status, packet.proposal.due) {
        (Status::Draft | Status::InReview, Some(due)) => format!(
            "Please review it until {}. Comments that come early can be solved before that day.",
            due.date()
        ),
        (Status::Draft | Status::InReview, None) => {
            "It is a draft; no day is set for its review.".to_owned()
        }
        (status, _) => format!("It is closed: {}.", status.as_str()),
    }
}

/// How much it is, and what it costs.
fn numbers(packet: &Packet<'_>) -> String {
    let flat = packet.flat;
    let cost = cost::of_list(flat);
    let interpreters = match cost.interpreters.is_empty() {
        true => "none".to_owned(),
        false => cost.interpreters.join(", "),
    };
    let met = packet
        .requirements
        .iter()
        .filter(|row| row.is_met())
        .count();
    format!(
        "  source packages        {} proposed, {} approved already\n  \
           new binary packages    {}{}\n  \
           installed size         {} MB\n  \
           interpreters           {interpreters}\n  \
           requirements served    {met} of {}\n",
        flat.proposed,
        flat.approved,
        cost.new_binaries,
        of_approved(flat, &cost),
        megabytes(cost.installed_size),
        packet.requirements.len(),
    )
}

/// How many of the new binaries belong to sources that are approved already.
pub(super) fn of_approved(flat: &Flat, cost: &Cost) -> String {
    match cost.new_binaries.saturating_sub(flat.proposed_binaries) {
        0 => String::new(),
        more => format!(" ({more} of approved sources)"),
    }
}

/// Bytes as megabytes with one digit behind the point.
pub(super) fn megabytes(bytes: u64) -> String {
    let tenths = bytes.div_ceil(100_000);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// What changed since the last revision.
fn changes(changes: &Changes) -> String {
    let Some(since) = changes.since else {
        return "This is the first revision.\n".to_owned();
    };
    let mut text = format!("What changed since {}\n", revision(since));
    let Some(written) = &changes.written else {
        text.push_str("  not known: git has no commit of that revision\n");
        return text;
    };
    for sentence in written {
        text.push_str(&format!("  {}\n", one_line(sentence)));
    }
    let lines = changes.packages.as_ref().map(packages).unwrap_or_default();
    if written.is_empty() && lines.is_empty() {
        text.push_str("  nothing in its packages\n");
    }
    for line in lines {
        text.push_str(&format!("  {line}\n"));
    }
    text
}

/// What changed in the packages that are pulled in.
fn packages(diff: &SuiteDiff) -> Vec<String> {
    let mut lines = Vec::new();
    for (word, list) in [("added", &diff.added), ("gone", &diff.removed)] {
        if list.is_empty() {
            continue;
        }
        let names: Vec<&str> = list.iter().map(|one| one.binary.as_str()).collect();
        let shown = names.get(..NAMED.min(names.len())).unwrap_or_default();
        let more = match names.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        lines.push(format!(
            "{} binary packages {word}: {}{more}",
            names.len(),
            shown.join(" ")
        ));
    }
    lines
}

/// Packages that are in no total.
fn asides(title: &str, asides: &[FlatAside]) -> String {
    if asides.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{title}\n");
    for aside in asides {
        let mut line = aside.source.clone();
        if !aside.reason.is_empty() {
            line.push_str(&format!(": {}", one_line(&aside.reason)));
        }
        if !aside.first.is_empty() {
            line.push_str(&format!("; first: {}", one_line(&aside.first)));
        }
        text.push_str(&format!("  {line}\n"));
    }
    text
}
