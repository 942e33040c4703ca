//! How the difference of two locks is told, by source package.

use formwork_model::diff::{LockDiff, ReleaseChange, SourceChange};

use crate::failure::Failure;
use crate::session::Session;
use crate::terminal::number;
use crate::terminal::printable;
use crate::terminal::style::Ink;
use crate::terminal::table::{Align, Cell, Table};

/// Prints what changed; nothing if nothing did, and of a first lock only the Releases.
pub(super) fn show(session: &mut Session, changes: &LockDiff) -> Result<(), Failure> {
    let releases: Vec<String> = changes.releases.iter().filter_map(release).collect();
    if !releases.is_empty() {
        session.output.line(&printable(&releases.join(", ")))?;
    }
    if is_first(changes) {
        return Ok(());
    }
    let text = table(changes).render(session.output.style(), session.output.width());
    session.output.text(&text)?;
    for (word, closures) in [
        ("new", &changes.closures_added),
        ("gone", &changes.closures_removed),
    ] {
        for closure in closures {
            session
                .output
                .line(&printable(&format!("  {word:<10} closure {closure}")))?;
        }
    }
    if let Some(line) = summary(changes) {
        session.output.line(&line)?;
    }
    Ok(())
}

/// Whether there was no lock before: then everything is new, and a list would say nothing.
fn is_first(changes: &LockDiff) -> bool {
    changes
        .releases
        .iter()
        .all(|change| change.old_date.is_none())
        && [
            &changes.upgraded,
            &changes.downgraded,
            &changes.removed,
            &changes.changed,
        ]
        .iter()
        .all(|list| list.is_empty())
        && changes.closures_removed.is_empty()
        && !changes.releases.is_empty()
}

/// A Release that is another one now: `Debian 12.14 → 12.15 (bookworm)`, `bookworm-security of 2026-11-21`.
fn release(change: &ReleaseChange) -> Option<String> {
    let new_date = change.new_date.as_ref()?;
    if change.suite.is_empty() {
        // A plain directory has a content, but no date.
        return Some(format!("the directory of {}", change.repository));
    }
    let name = &change.suite;
    Some(match (&change.old_version, &change.new_version) {
        (Some(old), Some(new)) if old != new => {
            format!("{} {old} → {new} ({name})", change.repository)
        }
        _ => format!("{name} of {}", new_date.get(..10).unwrap_or(new_date)),
    })
}

/// A line a source.
fn table(changes: &LockDiff) -> Table {
    let mut table = Table::new(&[
        Align::Left,
        Align::Left,
        Align::Left,
        Align::Left,
        Align::Left,
    ])
    .indented(2);
    let lists = [
        ("upgraded", Ink::Good, &changes.upgraded),
        ("downgraded", Ink::Look, &changes.downgraded),
        ("added", Ink::Look, &changes.added),
        ("removed", Ink::Look, &changes.removed),
        ("changed", Ink::Look, &changes.changed),
    ];
    for (word, ink, list) in lists {
        for change in list {
            table.row([
                Cell::new(ink, word),
                Cell::new(Ink::Strong, &change.source),
                Cell::plain(versions(change)),
                Cell::plain(number::counted(change.binaries.len() as u64, "binary")),
                Cell::new(Ink::Faint, origin(change)),
            ]);
        }
    }
    table
}

/// `3.0.17-1 → 3.0.18-1`, or the one version there is.
fn versions(change: &SourceChange) -> String {
    let (old, new) = (change.old_versions.join(" "), change.new_versions.join(" "));
    match (old.is_empty(), new.is_empty()) {
        (false, false) if old != new => format!("{old} → {new}"),
        (_, true) => old,
        _ => new,
    }
}

/// Why a source is there, if that is known, else the images that have it.
fn origin(change: &SourceChange) -> String {
    match &change.reason {
        Some(reason) => format!("for {reason}"),
        None => change.images.join(", "),
    }
}

/// `3 sources changed, 1 added, 0 removed`.
fn summary(changes: &LockDiff) -> Option<String> {
    let changed = changes.upgraded.len() + changes.downgraded.len() + changes.changed.len();
    let (added, removed) = (changes.added.len(), changes.removed.len());
    (changed + added + removed > 0).then(|| {
        let changed = number::counted(changed as u64, "source");
        let count = |number: usize| number::count(number as u64);
        format!(
            "{changed} changed, {} added, {} removed",
            count(added),
            count(removed)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(name: &str, old: &[&str], new: &[&str]) -> SourceChange {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        SourceChange {
            source: name.to_owned(),
            old_versions: texts(old),
            new_versions: texts(new),
            binaries: texts(&["a", "b"]),
            images: texts(&["gateway"]),
            reason: None,
        }
    }

    #[test]
    fn each_kind_of_change_reads_well() {
        assert_eq!(versions(&source("x", &["1"], &["2"])), "1 → 2");
        assert_eq!(versions(&source("x", &["1"], &["1"])), "1");
        assert_eq!(versions(&source("x", &[], &["2"])), "2");
        assert_eq!(versions(&source("x", &["1"], &[])), "1");
        let changes = LockDiff {
            upgraded: vec![source("x", &["1"], &["2"])],
            added: vec![source("y", &[], &["1"])],
            ..LockDiff::default()
        };
        assert_eq!(
            summary(&changes).as_deref(),
            Some("1 source changed, 1 added, 0 removed")
        );
        assert_eq!(summary(&LockDiff::default()), None);
    }

    #[test]
    fn a_point_release_is_told_by_its_number() {
        let mut change = ReleaseChange {
            repository: "Debian".to_owned(),
            suite: "bookworm".to_owned(),
            old_version: Some("12.14".to_owned()),
            new_version: Some("12.15".to_owned()),
            old_date: Some("2026-09-01T00:00:00Z".to_owned()),
            new_date: Some("2026-11-21T00:00:00Z".to_owned()),
        };
        assert_eq!(
            release(&change).as_deref(),
            Some("Debian 12.14 → 12.15 (bookworm)")
        );
        change.new_version = None;
        assert_eq!(release(&change).as_deref(), Some("bookworm of 2026-11-21"));
        change.new_date = None;
        assert_eq!(release(&change), None);
    }
}
