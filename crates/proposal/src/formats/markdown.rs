//! A table in Markdown, for a merge request or a wiki.

use formwork_model::documents::{ApprovedDocument, Flat, FlatSource};

use super::{approved_headline, chain, headline, one_line, state};

/// The list as a heading and a table.
#[must_use]
pub fn markdown(flat: &Flat) -> String {
    let mut text = format!("## {}\n\n", escape(&headline(flat)));
    text.push_str(&table(&flat.sources));
    let mut section = |title: &str, names: Vec<&str>| {
        if !names.is_empty() {
            let names: Vec<String> = names.into_iter().map(escape).collect();
            text.push_str(&format!("\n{title}: {}\n", names.join(", ")));
        }
    };
    section(
        "To be taken off the approved list",
        flat.removed.iter().map(String::as_str).collect(),
    );
    let asides = |list: &'_ [formwork_model::documents::FlatAside]| -> Vec<String> {
        list.iter().map(|aside| aside.source.clone()).collect()
    };
    let (discussed, deferred) = (asides(&flat.under_discussion), asides(&flat.deferred));
    section(
        "Under discussion, not part of this review",
        discussed.iter().map(String::as_str).collect(),
    );
    section("Deferred", deferred.iter().map(String::as_str).collect());
    text
}

/// An approved list as a heading and a table.
#[must_use]
pub fn approved_markdown(list: &ApprovedDocument) -> String {
    let heading = escape(&approved_headline(list));
    format!("## {heading}\n\n{}", table(&list.sources))
}

/// The table of some sources.
fn table(sources: &[FlatSource]) -> String {
    let mut text = String::from(
        "| source | binaries | state | reason or chain |\n| --- | --- | --- | --- |\n",
    );
    for source in sources {
        let why = match !source.reason.is_empty() {
            true => source.reason.clone(),
            false => chain(source),
        };
        text.push_str(&format!(
            "| {} | {} | {} | {} |\n",
            escape(&source.source),
            escape(&source.binaries.join(" ")),
            state(source),
            escape(&why)
        ));
    }
    text
}

/// Text that Markdown leaves alone.
fn escape(text: &str) -> String {
    let mut safe = String::new();
    for letter in one_line(text).chars() {
        if "\\`*_[]<>|#".contains(letter) {
            safe.push('\\');
        }
        safe.push(letter);
    }
    safe
}
