//! What becomes of a package in a newer suite. In this order: what the data file says, a
//! transitional package, `Provides`, another version of the same library, `Breaks` or `Conflicts`
//! with `Replaces`. A name for which none of these says anything is gone without a known successor.

use std::collections::{BTreeMap, BTreeSet};

use formwork_deb::universe::{Field, PackageId, Universe};
use formwork_model::documents::{MigrationChange, MigrationKind};
use formwork_model::migration::{Change, Migrations};
use formwork_model::source::{FileError, Source};

/// The files that come with Formwork.
const SHIPPED: [(&str, &str); 2] = [
    (
        "formwork's migrations/bullseye-bookworm.toml",
        include_str!("../../../data/migrations/bullseye-bookworm.toml"),
    ),
    (
        "formwork's migrations/bookworm-trixie.toml",
        include_str!("../../../data/migrations/bookworm-trixie.toml"),
    ),
];

/// What comes with Formwork for the way from one suite to another.
pub fn shipped(from: &str, to: &str) -> Result<Vec<Change>, FileError> {
    let mut changes = Vec::new();
    for (name, text) in SHIPPED {
        let file = Migrations::read(Source::new(name, text))?;
        if file.from == from && file.to == to {
            changes.extend(file.changes);
        }
    }
    Ok(changes)
}

/// The newer suite, indexed for the questions that a migration asks.
pub struct Suites<'a> {
    old: Universe<'a>,
    new: Universe<'a>,
    changes: &'a [Change],
    /// The packages of the newer suite by the stems of their source and name.
    stems: BTreeMap<(String, String), Vec<PackageId>>,
    /// The packages of the newer suite that replace a name and cannot be beside it.
    replacing: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a> Suites<'a> {
    /// Looks through the newer suite once.
    #[must_use]
    pub fn new(old: Universe<'a>, new: Universe<'a>, changes: &'a [Change]) -> Self {
        let mut stems: BTreeMap<(String, String), Vec<PackageId>> = BTreeMap::new();
        let mut replacing: BTreeMap<&'a str, BTreeSet<&'a str>> = BTreeMap::new();
        for id in new.ids() {
            let package = new.package(id);
            if package.is_source() {
                continue;
            }
            let key = (stem(package.source()), stem(package.name()));
            stems.entry(key).or_default().push(id);
            let (mut replaces, mut against) = (BTreeSet::new(), BTreeSet::new());
            for dependency in new.dependencies(id) {
                let list = match dependency.field {
                    Field::Replaces => &mut replaces,
                    Field::Breaks | Field::Conflicts => &mut against,
                    _ => continue,
                };
                list.extend(
                    new.group_atoms(dependency.group)
                        .map(|atom| new.atom(atom).name),
                );
            }
            for name in replaces.intersection(&against) {
                replacing.entry(name).or_default().insert(package.name());
            }
        }
        Suites {
            old,
            new,
            changes,
            stems,
            replacing,
        }
    }

    /// What becomes of a binary package; none if it stays as it is.
    #[must_use]
    pub fn fate(&self, name: &str, source: Option<&str>) -> Option<MigrationChange> {
        let before = newest(&self.old, name);
        let source = source
            .map(str::to_owned)
            .or_else(|| before.map(|id| self.old.package(id).source().to_owned()))
            .unwrap_or_default();
        let change = |kind, to: Vec<String>, basis: String| {
            Some(MigrationChange {
                name: name.to_owned(),
                source: source.clone(),
                kind,
                to,
                basis,
                wished: false,
            })
        };
        if let Some(known) = self.changes.iter().find(|one| one.name == name) {
            let mut note = match known.note.is_empty() {
                true => known.source.clone(),
                false => format!("{} ({})", known.note, known.source),
            };
            if known.to.is_empty() {
                note = format!("no successor is known: {note}");
            }
            return change(
                kind_of(&known.to, MigrationKind::Replaced),
                known.to.clone(),
                note,
            );
        }
        if let Some(id) = newest(&self.new, name) {
            let now = self.new.package(id);
            if let Some(to) = transitional(&self.new, id) {
                let kind = kind_of(&to, MigrationKind::Renamed);
                return change(kind, to, "a transitional package stands for it".to_owned());
            }
            // A library that gets a new version of its source stays what it is.
            if source.is_empty() || stem(now.source()) == stem(&source) {
                return None;
            }
            let basis = format!("built from {} instead of {source}", now.source());
            return change(MigrationKind::OtherSource, vec![name.to_owned()], basis);
        }
        let (kind, to, basis) = self.successors(name, &source, before);
        change(kind, to, basis)
    }

    /// What the indices know of the successors of a name that is gone.
    fn successors(
        &self,
        name: &str,
        source: &str,
        before: Option<PackageId>,
    ) -> (MigrationKind, Vec<String>, String) {
        if let Some(to) = before.and_then(|id| transitional(&self.old, id)) {
            let there = to.iter().all(|one| newest(&self.new, one).is_some());
            if there {
                let basis = "was a transitional package in the old suite already";
                return (kind_of(&to, MigrationKind::Renamed), to, basis.to_owned());
            }
        }
        let providers = self.providers(name, source);
        if !providers.is_empty() {
            let kind = match providers.len() {
                1 => MigrationKind::Renamed,
                _ => MigrationKind::Replaced,
            };
            return (kind, providers, format!("Provides: {name}"));
        }
        let key = (stem(source), stem(name));
        let versions = self.stems.get(&key).filter(|_| !source.is_empty());
        let best = versions.into_iter().flatten().max_by(|left, right| {
            let version = |id: &PackageId| self.new.package(*id).version();
            formwork_deb::version::compare(version(left), version(right))
        });
        if let Some(&id) = best {
            let found = self.new.package(id);
            let basis = format!("another version of it, from the source {}", found.source());
            return (MigrationKind::Renamed, vec![found.name().to_owned()], basis);
        }
        if let Some(names) = self.replacing.get(name) {
            let to: Vec<String> = names.iter().map(|one| (*one).to_owned()).collect();
            let kind = kind_of(&to, MigrationKind::Replaced);
            return (
                kind,
                to,
                "Replaces it, and Breaks or Conflicts with it".to_owned(),
            );
        }
        let left = match self.source_left(source) {
            true => format!("no successor is known; its source {source} is still there"),
            false => "no successor is known".to_owned(),
        };
        (MigrationKind::Gone, Vec::new(), left)
    }

    /// Who provides a name; if packages of the same source do, only these.
    fn providers(&self, name: &str, source: &str) -> Vec<String> {
        let found = self.new.find(name).into_iter();
        let ids: Vec<PackageId> = found
            .flat_map(|id| self.new.providers(id))
            .map(|provider| provider.package)
            .filter(|id| !self.new.package(*id).is_source())
            .collect();
        let own = |id: &&PackageId| stem(self.new.package(**id).source()) == stem(source);
        let same: BTreeSet<&str> = ids
            .iter()
            .filter(own)
            .map(|id| self.new.package(*id).name())
            .collect();
        let names = match same.is_empty() {
            true => ids.iter().map(|id| self.new.package(*id).name()).collect(),
            false => same,
        };
        names.into_iter().map(str::to_owned).collect()
    }

    /// Whether anything is still built from a source.
    fn source_left(&self, source: &str) -> bool {
        let key = stem(source);
        let mut ids = self.stems.range((key.clone(), String::new())..);
        !source.is_empty() && ids.next().is_some_and(|((own, _), _)| *own == key)
    }
}

/// One successor keeps the kind, several are a split, none is the end.
fn kind_of(to: &[String], one: MigrationKind) -> MigrationKind {
    match to.len() {
        0 => MigrationKind::Gone,
        1 => one,
        _ => MigrationKind::Split,
    }
}

/// The package of this very name that the native architecture can install.
fn newest(universe: &Universe<'_>, name: &str) -> Option<PackageId> {
    let mut ids = universe.packages_named(universe.find(name)?);
    ids.find(|&id| {
        let package = universe.package(id);
        let architecture = package.architecture();
        !package.is_source() && (architecture == "all" || architecture == universe.native())
    })
}

/// What a transitional package stands for: the first alternative of each of its dependencies.
fn transitional(universe: &Universe<'_>, id: PackageId) -> Option<Vec<String>> {
    let package = universe.package(id);
    let description = package.description().to_ascii_lowercase();
    if !description.contains("transitional") && !description.contains("dummy package") {
        return None;
    }
    let needs = universe
        .dependencies(id)
        .filter(|dependency| matches!(dependency.field, Field::Depends | Field::PreDepends));
    let names: BTreeSet<String> = needs
        .filter_map(|dependency| universe.group_atoms(dependency.group).next())
        .map(|atom| universe.atom(atom).name.to_owned())
        .filter(|name| name != package.name())
        .collect();
    (!names.is_empty()).then(|| names.into_iter().collect())
}

/// A name without what changes from version to version: `libssl1.1` and `libssl3t64` are
/// `libssl`, `python3.9-minimal` is `python-minimal`.
fn stem(name: &str) -> String {
    let name = name.strip_suffix("t64").unwrap_or(name);
    let mut stem = String::with_capacity(name.len());
    for letter in name.chars() {
        let skipped = letter.is_ascii_digit() || letter == '.';
        let doubled = letter == '-' && (stem.is_empty() || stem.ends_with('-'));
        if !skipped && !doubled {
            stem.push(letter);
        }
    }
    stem.truncate(stem.trim_end_matches('-').len());
    stem
}

#[cfg(test)]
mod tests;
