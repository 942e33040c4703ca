//! Packages that cannot be installed for a plain reason: nothing satisfies one of their
//! dependencies, or nothing but packages of the same fate does.

use crate::allowed::Allowed;
use crate::search::{Fact, Proof};
use formwork_deb::universe::{Dependency, GroupId, PackageId, Universe};
use std::collections::{BTreeMap, BTreeSet};

/// Every such package, with the dependency that is its undoing.
pub(crate) struct Hopeless(BTreeMap<PackageId, Dependency>);

impl Hopeless {
    /// Finds them all, round by round until a round finds none.
    pub(crate) fn find(universe: &Universe<'_>, allowed: &Allowed) -> Self {
        let mut lost = BTreeMap::new();
        let mut usable: Vec<bool> = universe.ids().map(|id| allowed.contains(id)).collect();
        let mut dead = vec![false; universe.group_count()];
        loop {
            let before = lost.len();
            for (group, dead) in dead.iter_mut().enumerate().filter(|(_, dead)| !**dead) {
                let mut candidates = universe.group_candidates(GroupId(group as u32)).iter();
                *dead = !candidates.any(|&candidate| usable[candidate as usize]);
            }
            for package in universe.ids() {
                let row = package.0 as usize;
                // Whoever asks for a package that is not allowed lets it in, for others too.
                if lost.contains_key(&package) || !allowed.contains(package) {
                    continue;
                }
                let unmet = |dependency: &Dependency| {
                    dependency.field.is_required()
                        && dead.get(dependency.group.0 as usize) != Some(&false)
                        && !universe
                            .group_candidates(dependency.group)
                            .contains(&package.0)
                };
                if let Some(dependency) = universe.dependencies(package).find(unmet) {
                    usable[row] = false;
                    lost.insert(package, dependency);
                }
            }
            if lost.len() == before {
                return Self(lost);
            }
        }
    }

    /// Whether a package is among them.
    pub(crate) fn contains(&self, package: PackageId) -> bool {
        self.0.contains_key(&package)
    }

    /// All of them.
    pub(crate) fn packages(&self) -> impl Iterator<Item = PackageId> {
        self.0.keys().copied()
    }

    /// What makes a package, wished as target 0, hopeless: its unmet dependency and those of
    /// everything that could have met it.
    pub(crate) fn proof(
        &self,
        universe: &Universe<'_>,
        allowed: &Allowed,
        package: PackageId,
    ) -> Proof {
        let mut facts = BTreeSet::from([Fact::Wish(0)]);
        let mut stack = vec![package];
        while let Some(package) = stack.pop() {
            let Some(&Dependency { field, group }) = self.0.get(&package) else {
                continue;
            };
            if facts.insert(Fact::Depends {
                package,
                field,
                group,
            }) {
                let candidates = universe
                    .group_candidates(group)
                    .iter()
                    .map(|&id| PackageId(id));
                stack.extend(candidates.filter(|&id| allowed.contains(id)));
            }
        }
        Proof {
            facts: facts.into_iter().collect(),
        }
    }
}
