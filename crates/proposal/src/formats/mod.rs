//! A flat list in the forms that people mail and programs read.

mod csv;
mod markdown;
mod pkglist;
mod text;
mod toml;
mod yaml;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use formwork_model::documents::{ApprovedDocument, Flat, FlatSource};

pub use csv::{cell, csv, row};
pub use markdown::{approved_markdown, markdown};
pub use pkglist::pkglist;
pub use text::{approved_src_bin, only_new, src_bin};
pub use toml::toml;
pub use yaml::{comment, quoted, yaml};

/// Text on one line: control characters and runs of blanks become one blank.
#[must_use]
pub fn one_line(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|letter: char| letter.is_whitespace() || letter.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}

/// The revision as the groups write it: `rev03`.
#[must_use]
pub fn revision(number: u32) -> String {
    format!("rev{number:02}")
}

/// What a reader calls the state of a source: proposed, optional or approved.
#[must_use]
pub fn state(source: &FlatSource) -> &'static str {
    match (source.approved, source.optional) {
        (true, _) => "approved",
        (false, true) => "optional",
        (false, false) => "proposed",
    }
}

/// The chain that brings a source, with its relations: `fail2ban → python3 (Depends python3:any)`.
#[must_use]
pub fn chain(source: &FlatSource) -> String {
    let mut text = String::new();
    for (at, name) in source.chain.iter().enumerate() {
        if at == 0 {
            text.push_str(name);
            continue;
        }
        text.push_str(" → ");
        text.push_str(name);
        if let Some(relation) = source.relations.get(at - 1)
            && !is_plain(relation, name)
        {
            text.push_str(&format!(" ({relation})"));
        }
    }
    text
}

/// Whether a relation says no more than that its package is needed.
fn is_plain(relation: &str, name: &str) -> bool {
    let relation = relation.strip_prefix("Pre-").unwrap_or(relation);
    relation
        .strip_prefix("Depends ")
        .and_then(|rest| rest.strip_prefix(name))
        .is_some_and(|rest| rest.is_empty() || (rest.starts_with(" (") && !rest.contains('|')))
}

/// The first line of a list: what it is, and how much.
#[must_use]
pub fn headline(flat: &Flat) -> String {
    format!(
        "Package Proposal #{} ({}), {}, {}: {} proposed + {} approved = {} source packages \
         ({} + {} = {} binary packages)",
        flat.proposal,
        one_line(&flat.title),
        revision(flat.revision),
        flat.suite,
        flat.proposed,
        flat.approved,
        flat.total,
        flat.proposed_binaries,
        flat.approved_binaries,
        flat.total_binaries,
    )
}

/// The first line of an approved list.
#[must_use]
pub fn approved_headline(list: &ApprovedDocument) -> String {
    format!(
        "Approved packages, {}: {} source packages ({} binary packages)",
        list.suite, list.total, list.total_binaries
    )
}
