//! What changed between two lists: binaries that came and went, versions, and the cost.

use std::collections::{BTreeMap, BTreeSet};

use formwork_model::approved::ApprovedList;
use formwork_model::documents::{ChangedBinary, Flat, FlatSource, ListedBinary, SuiteDiff};
use formwork_model::proposal::{Package, Proposal};

use crate::cost;

/// Binaries with their versions, by source and name.
pub type Listing = BTreeMap<(String, String), String>;

/// The binaries of an approved list.
#[must_use]
pub fn of_approved(list: Option<&ApprovedList>) -> Listing {
    of_entries(list.into_iter().flat_map(ApprovedList::entries))
}

/// The binaries of a list that was sent, or of any other.
#[must_use]
pub fn of_entries<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>) -> Listing {
    entries
        .into_iter()
        .map(|(source, binary, version)| {
            ((source.to_owned(), binary.to_owned()), version.to_owned())
        })
        .collect()
}

/// The binaries of a flat list.
#[must_use]
pub fn of_flat(flat: &Flat) -> Listing {
    of_entries(flat.sources.iter().flat_map(entries))
}

fn entries(source: &FlatSource) -> impl Iterator<Item = (&str, &str, &str)> {
    let packages = source.packages.iter();
    packages.map(|binary| {
        (
            source.source.as_str(),
            binary.name.as_str(),
            binary.version.as_str(),
        )
    })
}

/// What changed between two listings of one suite.
#[must_use]
pub fn listings(suite: &str, before: &Listing, after: &Listing) -> SuiteDiff {
    let only = |own: &Listing, other: &Listing| -> Vec<ListedBinary> {
        let own = own.iter().filter(|(key, _)| !other.contains_key(*key));
        own.map(|((source, binary), version)| ListedBinary {
            source: source.clone(),
            binary: binary.clone(),
            version: version.clone(),
        })
        .collect()
    };
    let changed = after.iter().filter_map(|((source, binary), version)| {
        let old = before.get(&(source.clone(), binary.clone()))?;
        (old != version).then(|| ChangedBinary {
            source: source.clone(),
            binary: binary.clone(),
            before: old.clone(),
            after: version.clone(),
        })
    });
    let sources = |listing: &Listing| -> BTreeSet<String> {
        listing.keys().map(|(source, _)| source.clone()).collect()
    };
    let (old, new) = (sources(before), sources(after));
    SuiteDiff {
        suite: suite.to_owned(),
        added: only(after, before),
        removed: only(before, after),
        changed: changed.collect(),
        added_sources: new.difference(&old).cloned().collect(),
        removed_sources: old.difference(&new).cloned().collect(),
        ..SuiteDiff::default()
    }
}

/// What changed between two flat lists of one suite, with what both cost.
#[must_use]
pub fn flats(suite: &str, before: Option<&Flat>, after: Option<&Flat>) -> SuiteDiff {
    let listing = |flat: Option<&Flat>| flat.map(of_flat).unwrap_or_default();
    SuiteDiff {
        cost_before: before.map(cost::of_list),
        cost_after: after.map(cost::of_list),
        ..listings(suite, &listing(before), &listing(after))
    }
}

/// Whether nothing changed.
#[must_use]
pub fn is_empty(diff: &SuiteDiff) -> bool {
    diff.added.is_empty()
        && diff.removed.is_empty()
        && diff.changed.is_empty()
        && diff.cost_before == diff.cost_after
}

/// What people changed in a proposal between two revisions, a sentence each.
#[must_use]
pub fn written(before: &Proposal, after: &Proposal) -> Vec<String> {
    let mut told = Vec::new();
    if before.title != after.title {
        told.push(format!("the title is now \"{}\"", after.title));
    }
    let list = |placed: &[formwork_model::proposal::Placed]| -> Vec<String> {
        placed.iter().map(|one| one.text.clone()).collect()
    };
    for (what, old, new) in [
        ("suites", list(&before.suites), list(&after.suites)),
        (
            "architectures",
            list(&before.architectures),
            list(&after.architectures),
        ),
    ] {
        if old != new {
            told.push(format!("{what}: {} → {}", old.join(", "), new.join(", ")));
        }
    }
    let names: BTreeSet<&str> = before
        .packages
        .iter()
        .chain(&after.packages)
        .map(|package| package.source.as_str())
        .collect();
    for name in names {
        match (before.package(name), after.package(name)) {
            (None, Some(new)) => told.push(format!("{name}: new, {}", new.state.as_str())),
            (Some(old), None) => told.push(format!("{name}: gone, was {}", old.state.as_str())),
            (Some(old), Some(new)) => told.extend(changes(name, old, new)),
            (None, None) => {}
        }
    }
    told
}

/// What changed in one entry.
fn changes(name: &str, old: &Package, new: &Package) -> Vec<String> {
    let mut told = Vec::new();
    if old.state != new.state {
        let mut text = format!("{name}: {} → {}", old.state.as_str(), new.state.as_str());
        if let Some(deferred) = &new.deferred {
            text.push_str(&format!(" ({})", deferred.reason));
        }
        told.push(text);
    }
    let binaries = |package: &Package| -> Vec<String> {
        let names: BTreeSet<String> = package
            .binaries
            .iter()
            .map(|one| one.name.text.clone())
            .collect();
        names.into_iter().collect()
    };
    let texts = |placed: &[formwork_model::proposal::Placed]| -> Vec<String> {
        placed.iter().map(|one| one.text.clone()).collect()
    };
    let lists = [
        ("binaries", binaries(old), binaries(new)),
        (
            "requirements",
            texts(&old.requirements),
            texts(&new.requirements),
        ),
        (
            "capabilities",
            texts(&old.capabilities),
            texts(&new.capabilities),
        ),
        (
            "needs",
            texts(old.needs.as_deref().unwrap_or_default()),
            texts(new.needs.as_deref().unwrap_or_default()),
        ),
    ];
    for (what, old, new) in lists {
        let came: Vec<String> = new
            .iter()
            .filter(|one| !old.contains(one))
            .cloned()
            .collect();
        let went: Vec<String> = old
            .iter()
            .filter(|one| !new.contains(one))
            .cloned()
            .collect();
        let marks = came.iter().map(|one| format!("+{one}"));
        let marks: Vec<String> = marks
            .chain(went.iter().map(|one| format!("-{one}")))
            .collect();
        if !marks.is_empty() {
            told.push(format!("{name}: {what} {}", marks.join(" ")));
        }
    }
    if old.reason != new.reason {
        told.push(format!("{name}: another reason"));
    }
    if old.on_target != new.on_target {
        let place = if new.on_target {
            "on the target"
        } else {
            "to build only"
        };
        told.push(format!("{name}: now {place}"));
    }
    told
}

#[cfg(test)]
mod tests {
    use formwork_model::source::Source;

    use super::*;
    use crate::flat::tests::{PROPOSAL, proposal, toy};

    #[test]
    fn came_went_and_changed() {
        let before = of_entries([("acl", "libacl1", "1"), ("bash", "bash", "5")]);
        let after = of_entries([("acl", "acl", "2"), ("acl", "libacl1", "2")]);
        let diff = listings("bookworm", &before, &after);
        assert_eq!(diff.added.len(), 1);
        assert_eq!(diff.removed[0].binary, "bash");
        assert_eq!(
            (&*diff.changed[0].before, &*diff.changed[0].after),
            ("1", "2")
        );
        assert_eq!(diff.removed_sources, ["bash"]);
        assert!(diff.added_sources.is_empty());
        assert!(is_empty(&listings("bookworm", &after, &after)));
    }

    #[test]
    fn the_costs_of_both_sides_are_told() {
        let list = toy(false);
        let diff = flats("bookworm", None, Some(&list));
        assert_eq!(diff.cost_before, None);
        assert_eq!(diff.cost_after.map(|cost| cost.new_sources), Some(5));
    }

    #[test]
    fn what_people_changed_is_told_entry_by_entry() {
        let text = PROPOSAL
            .replace("binaries = [\"acl\"]", "binaries = [\"acl\", \"libacl1\"]")
            .replace("state = \"under-discussion\"\n", "")
            .replace(
                "reason = \"access lists\"",
                "reason = \"ACLs\"\nrequirements = [\"CR 2.1\"]",
            )
            .replace(
                "source = \"pkgconf\"\nbinaries = [\"pkgconf\"]",
                "source = \"meson\"\nbinaries = [\"meson\"]",
            );
        let after =
            Proposal::read(Source::new("proposals/0001-security.toml", &text)).expect("a proposal");
        assert_eq!(
            written(&proposal(), &after),
            [
                "acl: binaries +libacl1",
                "acl: requirements +CR 2.1",
                "acl: another reason",
                "meson: new, proposed",
                "pkgconf: gone, was proposed",
                "suricata: under-discussion → proposed",
            ]
        );
    }
}
