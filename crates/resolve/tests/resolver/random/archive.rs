//! The archive as the oracle reads it: from the text, by code of its own.
//!
//! It follows Debian Policy 7 and the Multi-Arch specification row by row; its only index is by
//! name.

use super::generator::Case;
use formwork_model::wish::Wish;
use std::collections::BTreeMap;

pub(crate) const NATIVE: &str = "amd64";

/// One relation of a field.
pub(crate) struct Atom {
    name: String,
    qualifier: String,
    bound: Option<(String, String)>,
}

/// One group of alternatives and the field it stands in.
pub(crate) struct Group {
    pub(crate) field: String,
    /// As written.
    pub(crate) text: String,
    pub(crate) atoms: Vec<Atom>,
}

/// One package of the text.
#[derive(Default)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) version: String,
    /// As written, `all` included.
    pub(crate) architecture: String,
    pub(crate) suite: String,
    pub(crate) priority: i32,
    pub(crate) essential: bool,
    multi_arch: String,
    pub(crate) groups: Vec<Group>,
    provides: Vec<Atom>,
}

/// All packages of a case.
pub(crate) struct Archive {
    pub(crate) rows: Vec<Row>,
    /// Who bears or provides a name.
    bearers: BTreeMap<String, Vec<usize>>,
}

/// The order of the generator's versions: a number, and `-0` that says nothing.
fn number(version: &str) -> u32 {
    let digits = version.strip_suffix("-0").unwrap_or(version);
    digits.parse().expect("the generator writes numbers")
}

/// Whether a wish chooses for itself, whatever the priorities say.
pub(crate) fn is_choice(wish: &Wish) -> bool {
    wish.version.is_some() || wish.suite.is_some()
}

impl Atom {
    fn parse(text: &str) -> Self {
        let (front, bound) = match text.split_once(" (") {
            Some((front, bound)) => (front, bound.trim_end_matches(')').split_once(' ')),
            None => (text, None),
        };
        let (name, qualifier) = front.split_once(':').unwrap_or((front, ""));
        Self {
            name: name.to_owned(),
            qualifier: qualifier.to_owned(),
            bound: bound.map(|(operator, version)| (operator.to_owned(), version.to_owned())),
        }
    }

    fn allows(&self, version: Option<&str>) -> bool {
        let Some((operator, bound)) = &self.bound else {
            return true;
        };
        let Some(version) = version else { return false };
        let (own, bound) = (number(version), number(bound));
        match operator.as_str() {
            "<<" => own < bound,
            "<=" => own <= bound,
            "=" => own == bound,
            ">=" => own >= bound,
            ">>" => own > bound,
            other => panic!("no operator: {other}"),
        }
    }

    /// Whether a package bears the name, or provides it, in a version that fits.
    fn named_by(&self, row: &Row) -> bool {
        let real = row.name == self.name && self.allows(Some(&row.version));
        let exact = |provided: &&Atom| match &provided.bound {
            None => true,
            Some((operator, _)) => operator == "=",
        };
        let mut provides = row.provides.iter().filter(exact);
        real || provides.any(|provided| {
            let version = provided.bound.as_ref().map(|(_, version)| version.as_str());
            provided.name == self.name && self.allows(version)
        })
    }

    /// Whether `row` satisfies this relation of a package of architecture `context`.
    pub(crate) fn met_by(&self, context: &str, row: &Row) -> bool {
        let reachable = match self.qualifier.as_str() {
            "" => row.counts_for() == context || row.multi_arch == "foreign",
            "any" => row.multi_arch == "allowed",
            "native" => row.counts_for() == NATIVE,
            asked => row.counts_for() == asked,
        };
        reachable && self.named_by(row)
    }

    /// Whether `row` is what this relation of a `Conflicts` or `Breaks` excludes.
    fn hits(&self, row: &Row) -> bool {
        let reachable = match self.qualifier.as_str() {
            "" | "any" => true,
            "native" => row.counts_for() == NATIVE,
            asked => row.counts_for() == asked,
        };
        reachable && self.named_by(row)
    }
}

impl Row {
    /// The architecture it counts for: `all` is the native one.
    pub(crate) fn counts_for(&self) -> &str {
        match self.architecture.as_str() {
            "all" => NATIVE,
            other => other,
        }
    }

    pub(crate) fn needs(&self) -> impl Iterator<Item = &Group> {
        let needed = |group: &&Group| ["Depends", "Pre-Depends"].contains(&group.field.as_str());
        self.groups.iter().filter(needed)
    }

    fn barred(&self) -> impl Iterator<Item = &Atom> {
        let negative = |group: &&Group| ["Conflicts", "Breaks"].contains(&group.field.as_str());
        let groups = self.groups.iter().filter(negative);
        groups.flat_map(|group| &group.atoms)
    }

    fn bars(&self, other: &Row) -> bool {
        self.barred().any(|atom| atom.hits(other))
    }

    /// Whether the two cannot be installed together.
    pub(crate) fn excludes(&self, other: &Row) -> bool {
        if self.name != other.name {
            return self.bars(other) || other.bars(self);
        }
        let together = self.multi_arch == "same"
            && other.multi_arch == "same"
            && self.counts_for() != other.counts_for()
            && number(&self.version) == number(&other.version);
        !together
    }

    /// Whether it provides a name that is not its own, in this spelling of a version if one
    /// is given.
    pub(crate) fn provides(&self, name: &str, version: Option<&str>) -> bool {
        let mut provides = self
            .provides
            .iter()
            .filter(|provided| provided.name == name);
        let fits = |provided: &Atom| match (&provided.bound, version) {
            (None, version) => version.is_none(),
            (Some((operator, own)), version) => {
                operator == "=" && version.is_none_or(|version| version == own)
            }
        };
        self.name != name && provides.any(fits)
    }

    /// Whether it has the architecture, version and suite that a wish says.
    pub(crate) fn is_picked_by(&self, wish: &Wish) -> bool {
        let version = wish.version.as_deref();
        let suite = wish.suite.as_deref();
        self.counts_for() == wish.architecture.as_deref().unwrap_or(NATIVE)
            && version.is_none_or(|version| version == self.version)
            && suite.is_none_or(|suite| suite == self.suite)
    }

    fn read(&mut self, field: &str, value: &str) {
        match field {
            "Package" => self.name = value.to_owned(),
            "Version" => self.version = value.to_owned(),
            "Architecture" => self.architecture = value.to_owned(),
            "Multi-Arch" => self.multi_arch = value.to_owned(),
            "Essential" => self.essential = value == "yes",
            "Provides" => self.provides = value.split(", ").map(Atom::parse).collect(),
            "Pre-Depends" | "Depends" | "Recommends" | "Conflicts" | "Breaks" => {
                self.groups.extend(value.split(", ").map(|group| Group {
                    field: field.to_owned(),
                    text: group.to_owned(),
                    atoms: group.split(" | ").map(Atom::parse).collect(),
                }));
            }
            _ => {}
        }
    }
}

impl Archive {
    /// Reads the text of a case.
    pub(crate) fn read(case: &Case) -> Self {
        let mut rows = Vec::new();
        for (suite, priority, text) in &case.suites {
            for stanza in text.split_terminator("\n\n") {
                let mut row = Row {
                    suite: (*suite).to_owned(),
                    priority: *priority,
                    ..Row::default()
                };
                for line in stanza.lines() {
                    let (field, value) = line.split_once(": ").expect("a field on each line");
                    row.read(field, value);
                }
                rows.push(row);
            }
        }
        let mut bearers: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, row) in rows.iter().enumerate() {
            let provided = row.provides.iter().map(|atom| &atom.name);
            for name in provided.chain([&row.name]) {
                bearers.entry(name.clone()).or_default().push(index);
            }
        }
        Self { rows, bearers }
    }

    fn bearers(&self, name: &str) -> impl Iterator<Item = usize> {
        self.bearers.get(name).into_iter().flatten().copied()
    }

    /// The rows that satisfy a group of a row; some may come twice.
    pub(crate) fn candidates(&self, of: usize, group: &Group) -> impl Iterator<Item = usize> {
        let context = self.rows[of].counts_for();
        group.atoms.iter().flat_map(move |atom| {
            let bearers = self.bearers(&atom.name);
            bearers.filter(move |&other| atom.met_by(context, &self.rows[other]))
        })
    }

    /// The rows that a row bars, or that are the same package.
    pub(crate) fn excluded(&self, of: usize) -> impl Iterator<Item = usize> {
        let own = &self.rows[of];
        let named = own.barred().flat_map(|atom| self.bearers(&atom.name));
        let siblings = self.bearers(&own.name);
        named
            .chain(siblings)
            .filter(move |&other| other != of && own.excludes(&self.rows[other]))
    }

    /// Whether a row in an answer fulfils a wish: by name, or as a provider unless the wish picks
    /// a version or suite of a package that there is.
    pub(crate) fn serves(&self, wish: &Wish, row: &Row) -> bool {
        let real_only = is_choice(wish) && self.rows.iter().any(|other| other.name == wish.name);
        let provides = !real_only && row.provides(&wish.name, None);
        row.is_picked_by(wish) && (row.name == wish.name || provides)
    }

    /// Whether a row's priority lets it in: none of its name and architecture has a higher one.
    pub(crate) fn wins(&self, row: &Row) -> bool {
        let mut rivals = self
            .rows
            .iter()
            .filter(|other| other.name == row.name && other.counts_for() == row.counts_for());
        row.priority > 0 && rivals.all(|other| other.priority <= row.priority)
    }
}
