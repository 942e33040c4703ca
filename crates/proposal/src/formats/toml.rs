//! The full flat list as TOML: the keys of the JSON document, a `[[source]]` for each source.

use formwork_model::documents::{Flat, FlatAside, FlatSource};

use super::yaml::quoted;

/// The list as TOML.
#[must_use]
pub fn toml(flat: &Flat) -> String {
    let mut text = format!(
        "format = 1\nproposal = {}\nrevision = {}\ntitle = {}\nproposer = {}\nsuite = {}\n\
         architectures = {}\nproposed = {}\napproved = {}\ntotal = {}\nremoved = {}\nnotes = {}\n",
        flat.proposal,
        flat.revision,
        quoted(&flat.title),
        quoted(&flat.proposer),
        quoted(&flat.suite),
        array(&flat.architectures),
        flat.proposed,
        flat.approved,
        flat.total,
        array(&flat.removed),
        array(&flat.notes),
    );
    for input in &flat.inputs {
        text.push_str(&format!(
            "\n[[input]]\nrepository = {}\nsuite = {}\ndate = {}\nrelease_sha256 = {}\n",
            quoted(&input.repository),
            quoted(&input.suite),
            quoted(&input.date),
            quoted(&input.release_sha256)
        ));
    }
    for source in &flat.sources {
        text.push_str(&entry(source));
    }
    text.push_str(&asides("under_discussion", &flat.under_discussion));
    text.push_str(&asides("deferred", &flat.deferred));
    text
}

/// A source package.
fn entry(source: &FlatSource) -> String {
    let binaries: Vec<String> = source
        .packages
        .iter()
        .map(|binary| format!("{}={}", binary.name, binary.version))
        .collect();
    let mut text = format!(
        "\n[[source]]\nname = {}\nversion = {}\nbinaries = {}\napproved = {}\nwished = {}\n",
        quoted(&source.source),
        quoted(&source.version),
        array(&binaries),
        source.approved,
        source.wished,
    );
    for (key, value) in [
        ("build_only", source.build_only),
        ("optional", source.optional),
    ] {
        if value {
            text.push_str(&format!("{key} = true\n"));
        }
    }
    for (key, value) in [("reason", &source.reason), ("notes", &source.notes)] {
        if !value.is_empty() {
            text.push_str(&format!("{key} = {}\n", quoted(value)));
        }
    }
    let lists = [
        ("chain", &source.chain),
        ("relations", &source.relations),
        ("capabilities", &source.capabilities),
        ("requirements", &source.requirements),
        ("needs", &source.needs),
        ("security_tags", &source.security_tags),
        ("new_binaries", &source.new_binaries),
    ];
    for (key, list) in lists {
        if !list.is_empty() {
            text.push_str(&format!("{key} = {}\n", array(list)));
        }
    }
    if !source.approved_by.is_empty() {
        text.push_str(&format!("approved_by = {:?}\n", source.approved_by));
    }
    text
}

/// Packages that are in no total.
fn asides(key: &str, asides: &[FlatAside]) -> String {
    let mut text = String::new();
    for aside in asides {
        text.push_str(&format!(
            "\n[[{key}]]\nsource = {}\nbinaries = {}\nreason = {}\nrevision = {}\nfirst = {}\n",
            quoted(&aside.source),
            array(&aside.binaries),
            quoted(&aside.reason),
            aside.revision,
            quoted(&aside.first)
        ));
    }
    text
}

/// A list of strings on one line.
fn array(texts: &[String]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", quoted.join(", "))
}
