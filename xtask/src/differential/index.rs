//! What the comparison itself must know of a `Packages` file.
//!
//! It reads the file with a few lines of its own, and not with Formwork's parser: a fault
//! there must not hide itself here.  Only names are taken from relations, never versions.

use std::collections::BTreeMap;
use std::ops::Range;

/// The architectures that a question is about.
#[derive(Clone)]
pub(crate) struct Native {
    pub(crate) architecture: String,
    pub(crate) foreign: Option<String>,
}

/// One stanza: its names in relations, first alternatives only where it depends.
pub(crate) struct Stanza {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) architecture: String,
    /// The first alternative of each dependency.
    pub(crate) depends: Vec<String>,
    /// What it conflicts with or breaks, and whether any version is meant.
    pub(crate) clashes: Vec<(String, bool)>,
    pub(crate) provides: Vec<String>,
    text: Range<usize>,
}

/// A `Packages` file and where each name stands in it.
pub(crate) struct Index {
    text: String,
    pub(crate) stanzas: Vec<Stanza>,
    by_name: BTreeMap<String, Vec<usize>>,
    providers: BTreeMap<String, Vec<usize>>,
}

impl Index {
    /// Reads the whole file.
    pub(crate) fn parse(text: String) -> Self {
        let mut stanzas = Vec::new();
        let mut start = 0;
        while start < text.len() {
            let end = text[start..]
                .find("\n\n")
                .map_or(text.len(), |at| start + at + 1);
            if !text[start..end].trim().is_empty() {
                stanzas.push(stanza(&text, start..end));
            }
            start = end + 1;
        }
        let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut providers: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, stanza) in stanzas.iter().enumerate() {
            by_name.entry(stanza.name.clone()).or_default().push(at);
            for provided in &stanza.provides {
                providers.entry(provided.clone()).or_default().push(at);
            }
        }
        Self {
            text,
            stanzas,
            by_name,
            providers,
        }
    }

    /// All real names, sorted.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.by_name.keys().map(String::as_str).collect()
    }

    /// The stanzas of a real name.
    pub(crate) fn named(&self, name: &str) -> &[usize] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// The stanzas that a wish `NAME` or `NAME:ARCH` can mean.
    pub(crate) fn wished(&self, wish: &str, native: &Native) -> Vec<usize> {
        let (name, architecture) = wish.split_once(':').unwrap_or((wish, &native.architecture));
        let is_native = architecture == native.architecture;
        let fits = |at: &&usize| {
            let own = self.stanzas[**at].architecture.as_str();
            own == architecture || (is_native && own == "all")
        };
        self.named(name).iter().filter(fits).copied().collect()
    }

    /// A member of an answer: `NAME=VERSION`, `NAME:ARCH=VERSION` if it is foreign.
    pub(crate) fn member(&self, at: usize, native: &Native) -> String {
        let stanza = &self.stanzas[at];
        let architecture = &stanza.architecture;
        if *architecture == native.architecture || architecture == "all" {
            return format!("{}={}", stanza.name, stanza.version);
        }
        format!("{}:{architecture}={}", stanza.name, stanza.version)
    }

    /// The stanzas that bear a name, or provide it where no package bears it.
    pub(crate) fn bearing(&self, name: &str) -> &[usize] {
        let real = self.named(name);
        if real.is_empty() {
            self.providers.get(name).map_or(&[], Vec::as_slice)
        } else {
            real
        }
    }

    /// The stanzas that provide a name without bearing it.
    pub(crate) fn providing(&self, name: &str) -> &[usize] {
        self.providers.get(name).map_or(&[], Vec::as_slice)
    }

    /// A stanza as it stands in the file.
    pub(crate) fn text(&self, at: usize) -> &str {
        &self.text[self.stanzas[at].text.clone()]
    }
}

fn stanza(text: &str, range: Range<usize>) -> Stanza {
    let lines = &text[range.clone()];
    let field = |name: &str| field(lines, name).unwrap_or_default();
    let mut depends = Vec::new();
    for name in ["Pre-Depends", "Depends"] {
        depends.extend(groups(&field(name)).map(|group| first_name(group).to_owned()));
    }
    let mut clashes = Vec::new();
    for name in ["Conflicts", "Breaks"] {
        clashes.extend(
            groups(&field(name)).map(|group| (first_name(group).to_owned(), !group.contains('('))),
        );
    }
    Stanza {
        name: field("Package"),
        version: field("Version"),
        architecture: field("Architecture"),
        provides: groups(&field("Provides"))
            .map(|group| first_name(group).to_owned())
            .collect(),
        depends,
        clashes,
        text: range,
    }
}

/// A field's value with its continuation lines joined.
fn field(stanza: &str, name: &str) -> Option<String> {
    let mut lines = stanza.lines();
    let first = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let mut value = first.trim().to_owned();
    for line in lines.take_while(|line| line.starts_with([' ', '\t'])) {
        value.push(' ');
        value.push_str(line.trim());
    }
    Some(value)
}

fn groups(value: &str) -> impl Iterator<Item = &str> {
    value
        .split(',')
        .map(str::trim)
        .filter(|group| !group.is_empty())
}

fn first_name(group: &str) -> &str {
    group.split([' ', ':', '(', '|']).next().unwrap_or_default()
}
