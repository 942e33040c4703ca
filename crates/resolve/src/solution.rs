//! The answer: packages, each with every reason why it is there.

use crate::exclusion::for_each_excluded;
use crate::request::Wish;
use crate::targets::Target;
use formwork_deb::universe::{AtomId, Dependency, Field, PackageId, Universe};
use std::collections::{BTreeMap, BTreeSet};

/// One reason why a package is in a solution.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reason {
    /// It was asked for.
    Wish(Wish),
    /// It belongs to the base set asked for.
    Base,
    /// Another member needs it.
    Needed {
        /// Who needs it.
        by: PackageId,
        /// In which field it says so.
        field: Field,
        /// Which alternative it satisfies.
        atom: AtomId,
        /// The name it provides, where it is not the package of that name itself.
        provider_of: Option<String>,
        /// What could have served in its place, in apt's order.
        alternatives: Vec<PackageId>,
    },
}

/// A set of packages that fulfils a request.
#[derive(Clone, Debug)]
pub struct Solution {
    /// What was asked for.
    pub targets: Vec<Target>,
    /// The packages, sorted as the universe is: by name, architecture, version.
    pub packages: Vec<PackageId>,
    recommends: bool,
}

impl Solution {
    /// Keeps of a set what the targets need, directly or not.
    pub(crate) fn new(
        universe: &Universe<'_>,
        targets: Vec<Target>,
        set: Vec<PackageId>,
        recommends: bool,
    ) -> Self {
        let members: BTreeSet<PackageId> = set.into_iter().collect();
        let mut found: BTreeSet<PackageId> = BTreeSet::new();
        let present = |package: &PackageId| members.contains(package);
        let mut stack: Vec<PackageId> = targets
            .iter()
            .filter_map(|target| target.fulfilled_by(present))
            .collect();
        while let Some(package) = stack.pop() {
            if !found.insert(package) {
                continue;
            }
            for dependency in universe
                .dependencies(package)
                .filter(|d| counts(d, recommends))
            {
                let candidates = universe.group_candidates(dependency.group).iter();
                stack.extend(
                    candidates
                        .map(|&c| PackageId(c))
                        .filter(|c| members.contains(c)),
                );
            }
        }
        Self {
            targets,
            packages: found.into_iter().collect(),
            recommends,
        }
    }

    /// Whether a package is a member.
    pub fn contains(&self, package: PackageId) -> bool {
        self.packages.binary_search(&package).is_ok()
    }

    /// Whether every member has what it needs, and none excludes another.
    pub(crate) fn holds_together(&self, universe: &Universe<'_>) -> bool {
        let is_met = |dependency: Dependency| {
            let mut candidates = universe.group_candidates(dependency.group).iter();
            !dependency.field.is_required()
                || candidates.any(|&candidate| self.contains(PackageId(candidate)))
        };
        self.packages.iter().all(|&package| {
            let mut holds = universe.dependencies(package).all(is_met);
            for_each_excluded(universe, package, |other| holds &= !self.contains(other));
            holds
        })
    }

    /// Every reason of every member: wishes first, then by the name of who needs it.
    pub fn reasons(&self, universe: &Universe<'_>) -> BTreeMap<PackageId, Vec<Reason>> {
        let mut reasons: BTreeMap<PackageId, Vec<Reason>> = self
            .packages
            .iter()
            .map(|&package| (package, Vec::new()))
            .collect();
        for target in &self.targets {
            let fulfilling = target.fulfilled_by(|&package| self.contains(package));
            if let Some(list) = fulfilling.and_then(|package| reasons.get_mut(&package)) {
                list.push(target.wish.clone().map_or(Reason::Base, Reason::Wish));
            }
        }
        for &by in &self.packages {
            for dependency in universe
                .dependencies(by)
                .filter(|d| counts(d, self.recommends))
            {
                self.reasons_of(universe, by, dependency, &mut reasons);
            }
        }
        reasons
    }

    fn reasons_of(
        &self,
        universe: &Universe<'_>,
        by: PackageId,
        dependency: Dependency,
        reasons: &mut BTreeMap<PackageId, Vec<Reason>>,
    ) {
        let candidates = universe.group_candidates(dependency.group);
        for &candidate in candidates {
            let package = PackageId(candidate);
            let Some(list) = reasons.get_mut(&package).filter(|_| package != by) else {
                continue;
            };
            let mut atoms = universe.group_atoms(dependency.group);
            let serves = |atom: &AtomId| universe.atom_candidates(*atom).contains(&candidate);
            let Some(atom) = atoms.find(serves) else {
                continue;
            };
            let asked = universe.atom(atom).name;
            list.push(Reason::Needed {
                by,
                field: dependency.field,
                atom,
                provider_of: (asked != universe.package(package).name()).then(|| asked.to_owned()),
                alternatives: candidates
                    .iter()
                    .map(|&c| PackageId(c))
                    .filter(|&c| !is_other_version(universe, c, package))
                    .collect(),
            });
        }
    }
}

/// Whether two rows are versions of one package: another version is no other way to satisfy anything.
fn is_other_version(universe: &Universe<'_>, one: PackageId, other: PackageId) -> bool {
    universe.same_name(one, other)
        && universe.package(one).architecture() == universe.package(other).architecture()
}

fn counts(dependency: &Dependency, recommends: bool) -> bool {
    dependency.field.is_required() || (recommends && dependency.field == Field::Recommends)
}
