//! Reads lists back: YAML files, ours and those of the older script as far as their keys are
//! known, and pkglists.
//!
//! Such files come by mail. Sizes and nesting are limited, names are checked against Debian's
//! alphabet, and every fault names its line.

use std::collections::{BTreeMap, BTreeSet};

use formwork_model::approved::is_pkglist_field;
use formwork_model::documents::{
    self, Flat, FlatAside, FlatBinary, FlatSource, Input, ListedBinary,
};
use formwork_model::name::{Kind, is_valid};
use formwork_model::source::{FileError, Source};
use serde::Deserialize;

use crate::flat::count;

/// A text, or several: older files write one where ours write a list.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    Many(Vec<String>),
}

impl Default for Texts {
    fn default() -> Self {
        Texts::Many(Vec::new())
    }
}

impl Texts {
    /// The texts; one text is split at blanks and commas if it holds names.
    fn names(self) -> Vec<String> {
        match self {
            Texts::Many(list) => list,
            Texts::One(text) => text
                .split([',', ' '])
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect(),
        }
    }

    /// The texts as they are.
    fn list(self) -> Vec<String> {
        match self {
            Texts::Many(list) => list,
            Texts::One(text) => vec![text],
        }
    }
}

/// The whole file.
#[derive(Debug, Deserialize)]
struct Document {
    #[serde(default)]
    proposal: Head,
    #[serde(default)]
    inputs: Vec<WrittenInput>,
    source_packages: Option<BTreeMap<String, Option<Entry>>>,
    #[serde(default)]
    removed: Vec<String>,
    #[serde(default)]
    under_discussion: Vec<WrittenAside>,
    #[serde(default)]
    deferred: Vec<WrittenAside>,
    #[serde(default)]
    notes: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Head {
    id: u32,
    title: String,
    proposer: String,
    revision: u32,
    debian: String,
    architectures: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WrittenInput {
    repository: String,
    suite: String,
    date: String,
    release_sha256: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry {
    binary_packages: Texts,
    approved: bool,
    approved_by: Vec<u32>,
    wished: Option<bool>,
    in_target: Option<bool>,
    optional: bool,
    reason: Option<String>,
    chain: Texts,
    relations: Texts,
    security_tag: Texts,
    capabilities: Texts,
    requirements: Texts,
    needs: Texts,
    new_binaries: Texts,
    notes: String,
    version: String,
    packages: Vec<WrittenBinary>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WrittenBinary {
    name: String,
    version: String,
    architectures: Vec<String>,
    size: u64,
    installed_size: u64,
    wished: bool,
    chain: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WrittenAside {
    source: String,
    binary_packages: Texts,
    reason: String,
    revision: u32,
    first: String,
}

/// Reads a list from YAML.
pub fn yaml(source: Source<'_>) -> Result<Flat, FileError> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_documents: 1,
            max_depth: 16,
            max_nodes: 400_000,
            max_events: 1_000_000,
            max_aliases: 64,
            max_anchors: 64,
            max_total_scalar_bytes: 8 << 20,
        },
        with_snippet: false,
    };
    let document: Document =
        serde_saphyr::from_str_with_options(source.text, options).map_err(|error| {
            let line = error.location().map_or(1, |location| location.line());
            let message = error.without_snippet().to_string();
            let first = message.lines().next().unwrap_or_default();
            at_line(source, line, format!("this is not a list: {first}"))
        })?;
    let Some(entries) = document.source_packages else {
        return Err(
            at_line(source, 1, "there is no `source_packages`".to_owned())
                .hint("a list has `proposal` and `source_packages`"),
        );
    };
    let mut flat = Flat {
        format: documents::FORMAT,
        inputs: document.inputs.into_iter().map(input).collect(),
        proposal: document.proposal.id,
        revision: document.proposal.revision,
        suite: document.proposal.debian,
        title: document.proposal.title,
        proposer: document.proposal.proposer,
        architectures: document.proposal.architectures,
        removed: document.removed,
        under_discussion: document.under_discussion.into_iter().map(aside).collect(),
        deferred: document.deferred.into_iter().map(aside).collect(),
        notes: document.notes,
        ..Flat::default()
    };
    for (name, entry) in entries {
        flat.sources.push(package(name, entry.unwrap_or_default()));
    }
    check_names(source, &flat)?;
    Ok(count(flat))
}

fn input(written: WrittenInput) -> Input {
    Input {
        repository: written.repository,
        suite: written.suite,
        date: written.date,
        release_sha256: written.release_sha256,
        allow_expired: None,
    }
}

fn aside(written: WrittenAside) -> FlatAside {
    FlatAside {
        source: written.source,
        binaries: written.binary_packages.names(),
        reason: written.reason,
        revision: written.revision,
        first: written.first,
    }
}

fn package(name: String, entry: Entry) -> FlatSource {
    let binaries = entry.binary_packages.names();
    let chain = entry.chain.names();
    // In an older file every entry stands on its own; ours says what only others need.
    let wished = entry.wished.unwrap_or(chain.len() < 2);
    let packages = match entry.packages.is_empty() {
        true => binaries
            .iter()
            .map(|binary| FlatBinary {
                name: binary.clone(),
                version: entry.version.clone(),
                wished,
                ..FlatBinary::default()
            })
            .collect(),
        false => entry.packages.into_iter().map(binary).collect(),
    };
    FlatSource {
        source: name,
        approved: entry.approved,
        binaries,
        reason: entry.reason.unwrap_or_default(),
        chain,
        relations: entry.relations.list(),
        version: entry.version,
        wished,
        build_only: !entry.in_target.unwrap_or(true),
        optional: entry.optional,
        needs: entry.needs.names(),
        capabilities: entry.capabilities.names(),
        requirements: entry.requirements.list(),
        security_tags: entry.security_tag.list(),
        notes: entry.notes,
        approved_by: entry.approved_by,
        new_binaries: entry.new_binaries.names(),
        packages,
    }
}

fn binary(written: WrittenBinary) -> FlatBinary {
    FlatBinary {
        name: written.name,
        version: written.version,
        architectures: written.architectures,
        size: written.size,
        installed_size: written.installed_size,
        wished: written.wished,
        chain: written.chain,
    }
}

/// Every name must be one that Debian could give.
fn check_names(source: Source<'_>, flat: &Flat) -> Result<(), FileError> {
    let sources = flat.sources.iter();
    let names = sources.flat_map(|one| std::iter::once(&one.source).chain(&one.binaries));
    let packages = flat.sources.iter().flat_map(|one| &one.packages);
    for name in names.chain(packages.map(|binary| &binary.name)) {
        if !is_valid(Kind::Package, name) {
            let line = line_of(source.text, name);
            return Err(
                at_line(source, line, format!("`{name}` is no package name"))
                    .hint(Kind::Package.alphabet()),
            );
        }
    }
    if !flat.suite.is_empty() && !is_valid(Kind::Suite, &flat.suite) {
        let line = line_of(source.text, &flat.suite);
        return Err(at_line(
            source,
            line,
            format!("`{}` is no suite", flat.suite),
        ));
    }
    Ok(())
}

/// The line where a word stands first, from 1.
fn line_of(text: &str, word: &str) -> u64 {
    let at = text.find(word).unwrap_or(0);
    let before = text.get(..at).unwrap_or_default();
    u64::try_from(before.matches('\n').count()).map_or(1, |count| count + 1)
}

/// An error at a line.
fn at_line(source: Source<'_>, line: u64, message: String) -> FileError {
    let mut start = 0;
    for (number, text) in (1..).zip(source.text.split_inclusive('\n')) {
        if number >= line {
            let end = start + text.trim_end().len();
            return source.error(&(start..end), message);
        }
        start += text.len();
    }
    source.error(&(start..start), message)
}

/// The fewest characters that a shown part of a hostile line is cut to.
const SHOWN: usize = 60;

/// Reads a pkglist: `source,binary,version` on each line, empty lines and those that begin with
/// `#` aside; sorted and without repetition, however it was written.
pub fn pkglist(source: Source<'_>) -> Result<Vec<ListedBinary>, FileError> {
    let mut found = BTreeSet::new();
    for (at, line) in source.text.lines().enumerate() {
        let line = line.trim_end_matches('\r');
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let fault = |message: String| {
            let number = u64::try_from(at).map_or(1, |at| at + 1);
            at_line(source, number, message).hint("write: source,binary,version")
        };
        let fields: Vec<&str> = line.split(',').collect();
        let [package, binary, version] = fields[..] else {
            return Err(fault(format!(
                "a line has three fields, this one has {}",
                fields.len()
            )));
        };
        for name in [package, binary] {
            if !is_valid(Kind::Package, name) {
                let shown: String = name.chars().take(SHOWN).collect();
                return Err(fault(format!("`{shown}` is no package name")));
            }
        }
        let sound = is_pkglist_field(version) && formwork_deb::version::validate(version).is_ok();
        if !sound {
            let shown: String = version.chars().take(SHOWN).collect();
            return Err(fault(format!("`{shown}` is no version")));
        }
        found.insert(ListedBinary {
            source: package.to_owned(),
            binary: binary.to_owned(),
            version: version.to_owned(),
        });
    }
    Ok(found.into_iter().collect())
}

/// Unites the lists of several machines: each line once, sorted.
#[must_use]
pub fn united(lists: &[Vec<ListedBinary>]) -> String {
    documents::package_list(lists.iter().flatten().map(|one| {
        (
            one.source.as_str(),
            one.binary.as_str(),
            one.version.as_str(),
        )
    }))
}

#[cfg(test)]
mod tests;
