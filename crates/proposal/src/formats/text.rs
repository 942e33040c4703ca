//! The list as the groups mail it: one line a source, `acl: acl libacl1`, sorted bytewise; what
//! is approved already stands in brackets, which do not count in sorting. Lines that begin with
//! `#` speak of what is in no total.

use std::collections::BTreeMap;

use formwork_model::documents::{ApprovedDocument, Flat, FlatAside, FlatSource};

use super::{approved_headline, headline, one_line, revision};
use crate::flat::count;

/// The list without what is approved already.
#[must_use]
pub fn only_new(flat: &Flat) -> Flat {
    let mut new = flat.clone();
    new.sources.retain(|source| !source.approved);
    count(new)
}

/// The list as text; what is in it is for the caller to choose, see [`only_new`]. `whole` is the
/// list that new binaries of approved sources are told from.
#[must_use]
pub fn src_bin(flat: &Flat, whole: &Flat) -> String {
    let mut text = format!("# {}\n", headline(flat));
    for source in &flat.sources {
        let line = line(&source.source, &source.binaries);
        match source.approved {
            true => text.push_str(&format!("[{line}]\n")),
            false => text.push_str(&format!("{line}\n")),
        }
    }
    let mut remark = |what: &str, rest: &str| {
        text.push_str(&format!("# {what}: {}\n", one_line(rest)));
    };
    for source in whole.sources.iter().filter(|one| one.approved) {
        if !source.new_binaries.is_empty() {
            remark(
                "new binaries of an approved source",
                &line(&source.source, &source.new_binaries),
            );
        }
    }
    for (needs, sources) in optional(flat) {
        remark(&format!("optional, only with {needs}"), &sources.join(" "));
    }
    for removed in &flat.removed {
        remark("to be taken off the approved list", removed);
    }
    for aside in &flat.under_discussion {
        remark(
            "under discussion, not part of this review",
            &line(&aside.source, &aside.binaries),
        );
    }
    for aside in &flat.deferred {
        remark(
            &format!("deferred in {}", revision(aside.revision)),
            &deferred(aside),
        );
    }
    for note in &flat.notes {
        remark("note", note);
    }
    text
}

/// The approved list of a suite in the same form, without brackets: all of it is approved.
#[must_use]
pub fn approved_src_bin(list: &ApprovedDocument) -> String {
    let mut text = format!("# {}\n", approved_headline(list));
    for source in &list.sources {
        text.push_str(&format!("{}\n", line(&source.source, &source.binaries)));
    }
    text
}

/// A source with its binaries.
fn line(source: &str, binaries: &[String]) -> String {
    if binaries.is_empty() {
        return source.to_owned();
    }
    format!("{source}: {}", binaries.join(" "))
}

/// The sources that are proposed for some hardware only, by what they need.
fn optional(flat: &Flat) -> BTreeMap<String, Vec<&str>> {
    let mut found: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let only = |one: &&FlatSource| !one.approved && one.optional && !one.needs.is_empty();
    for source in flat.sources.iter().filter(only) {
        let needs = source.needs.join(" and ");
        found.entry(needs).or_default().push(&source.source);
    }
    found
}

/// Why a package was put off.
fn deferred(aside: &FlatAside) -> String {
    let mut text = line(&aside.source, &aside.binaries);
    if !aside.reason.is_empty() {
        text.push_str(&format!(" ({}", aside.reason));
        if !aside.first.is_empty() {
            text.push_str(&format!("; first: {}", aside.first));
        }
        text.push(')');
    }
    text
}
