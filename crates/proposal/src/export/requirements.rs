//! Which requirement is served by which package, and which by none.

use std::collections::{BTreeMap, BTreeSet};

use formwork_model::proposal::{Package, Proposal, State};
use formwork_model::requirement::Catalogue;

use crate::formats::row as csv_row;

/// A requirement and what serves it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The security levels that ask for it; empty: nothing is asked of a component.
    pub levels: Vec<u8>,
    /// The capabilities through which it is served.
    pub capabilities: Vec<String>,
    /// The source packages that serve it, sorted.
    pub packages: Vec<Server>,
    /// The features these need.
    pub hardware: Vec<String>,
    /// The tests that show it.
    pub tests: Vec<String>,
    /// Where nothing serves it: packages that are known to.
    pub candidates: Vec<String>,
}

/// A source package that serves a requirement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Server {
    /// The source package.
    pub source: String,
    /// Whether an approved proposal names it for this requirement.
    pub approved: bool,
    /// Whether it is wanted only where the hardware has what it needs.
    pub optional: bool,
}

impl Server {
    /// The package as lists tell it: `[acl]` is approved, `tpm2-tools (optional)` is not for all.
    #[must_use]
    pub fn told(&self) -> String {
        match (self.approved, self.optional) {
            (true, _) => format!("[{}]", self.source),
            (false, true) => format!("{} (optional)", self.source),
            (false, false) => self.source.clone(),
        }
    }
}

impl Row {
    /// Whether anything serves it.
    #[must_use]
    pub fn is_met(&self) -> bool {
        !self.packages.is_empty()
    }

    /// How it stands, in a word or two.
    #[must_use]
    pub fn state(&self) -> &'static str {
        match (self.is_met(), self.packages.iter().all(|one| one.optional)) {
            (false, _) if self.levels.is_empty() => "not asked of a component",
            (false, _) => "not served",
            (true, true) => "served, optional",
            (true, false) => "served",
        }
    }

    /// The packages in one text.
    #[must_use]
    pub fn packages_told(&self) -> String {
        let told: Vec<String> = self.packages.iter().map(Server::told).collect();
        told.join(", ")
    }
}

/// One row for each requirement of the catalogue, served by a proposal in a suite and by what is
/// approved already.
#[must_use]
pub fn rows(
    catalogue: &Catalogue,
    proposal: &Proposal,
    approved: &[&Proposal],
    suite: &str,
) -> Vec<Row> {
    let mut found: BTreeMap<&str, Row> = BTreeMap::new();
    let own = proposal.wanted(suite).map(|package| (package, false));
    let others = approved
        .iter()
        .filter(|other| other.id != proposal.id)
        .flat_map(|other| other.wanted(suite))
        .map(|package| (package, true));
    for (package, is_approved) in own.chain(others) {
        for (requirement, capability) in served(catalogue, package) {
            let row = found.entry(requirement).or_default();
            row.packages.push(Server {
                source: package.source.text.clone(),
                approved: is_approved,
                optional: package.state == State::Optional,
            });
            row.capabilities.extend(capability.map(str::to_owned));
            let needs = package.needs.iter().flatten();
            row.hardware.extend(needs.map(|need| need.text.clone()));
        }
    }
    catalogue
        .in_order()
        .into_iter()
        .map(|requirement| {
            let mut row = found.remove(requirement.id.as_str()).unwrap_or_default();
            let serving: Vec<_> = catalogue.serving(&requirement.id).collect();
            row.tests.clone_from(&requirement.tests);
            // Tests of the requirement itself say more than those of a capability it shares.
            if row.tests.is_empty() {
                let relevant =
                    |name: &String| row.packages.is_empty() || row.capabilities.contains(name);
                let capabilities = serving.iter().filter(|one| relevant(&one.name));
                row.tests = capabilities
                    .flat_map(|one| one.tests.iter().cloned())
                    .collect();
            }
            if row.packages.is_empty() {
                let known = serving.iter().flat_map(|one| one.packages.iter().cloned());
                row.candidates = known.collect();
            }
            row.id.clone_from(&requirement.id);
            row.title.clone_from(&requirement.title);
            row.levels.clone_from(&requirement.levels);
            sorted(row)
        })
        .collect()
}

/// The requirements that a package serves, each with the capability through which it does.
fn served<'a>(
    catalogue: &'a Catalogue,
    package: &'a Package,
) -> impl Iterator<Item = (&'a str, Option<&'a str>)> {
    let direct = package.requirements.iter().map(|one| (one.as_str(), None));
    let through = package.capabilities.iter().flat_map(|named| {
        let capability = catalogue.capabilities.get(&named.text);
        let requirements = capability.into_iter().flat_map(|one| &one.requirements);
        requirements.map(|id| (id.as_str(), Some(named.as_str())))
    });
    direct.chain(through)
}

/// The row with every list sorted and without repetition.
fn sorted(mut row: Row) -> Row {
    for list in [
        &mut row.capabilities,
        &mut row.hardware,
        &mut row.tests,
        &mut row.candidates,
    ] {
        let set: BTreeSet<String> = list.drain(..).collect();
        list.extend(set);
    }
    row.packages.sort();
    // A package that is both proposed and approved is told once, as approved.
    row.packages.reverse();
    row.packages
        .dedup_by(|left, right| left.source == right.source);
    row.packages.reverse();
    row
}

/// The headings of the tables.
pub(super) const COLUMNS: [&str; 8] = [
    "requirement",
    "title",
    "levels",
    "state",
    "capabilities",
    "packages",
    "hardware and network",
    "tests",
];

/// The cells of a row under these headings.
pub(super) fn cells(row: &Row) -> [String; 8] {
    let levels: Vec<String> = row.levels.iter().map(u8::to_string).collect();
    [
        row.id.clone(),
        row.title.clone(),
        levels.join(" "),
        row.state().to_owned(),
        row.capabilities.join("; "),
        row.packages_told(),
        row.hardware.join("; "),
        row.tests.join("; "),
    ]
}

/// All rows as comma-separated values; what could serve an unmet one stands in the last column.
pub(super) fn csv(rows: &[Row]) -> String {
    let columns = COLUMNS.iter().copied().chain(["candidates"]);
    let mut text = csv_row(columns);
    for row in rows {
        let cells = cells(row);
        let candidates = row.candidates.join("; ");
        let cells = cells.iter().map(String::as_str).chain([&*candidates]);
        text.push_str(&csv_row(cells));
    }
    text
}
