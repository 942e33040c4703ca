//! The list as the groups mail it: one line a source, `acl: acl libacl1`, sorted bytewise; what
//! is approved already stands in brackets, which do not count in sorting. Lines that begin with
//! `#` speak of what is in no total.

use formwork_model::approved::ApprovedList;
use formwork_model::documents::{Flat, FlatAside, FlatSource};

use super::{headline, one_line, revision};
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
    for source in flat.sources.iter().filter(|one| optional(one)) {
        let what = format!("optional, only with {}", source.needs.join(", "));
        remark(&what, &source.source);
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
pub fn approved_src_bin(list: &ApprovedList) -> String {
    let mut text = format!(
        "# Approved packages, {}: {} source packages ({} binary packages)\n",
        list.suite,
        list.sources.len(),
        list.binaries()
    );
    for (source, approved) in &list.sources {
        let binaries: Vec<String> = approved.binaries.keys().cloned().collect();
        text.push_str(&format!("{}\n", line(source, &binaries)));
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

/// Whether a source is proposed for some hardware only.
fn optional(source: &FlatSource) -> bool {
    !source.approved && source.optional && !source.needs.is_empty()
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
