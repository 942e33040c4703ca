//! The walk: choosing packages in the order in which apt would mark them.
//!
//! apt marks the wishes first and then follows each one's dependencies in depth, field by
//! field and group by group; a group that something marked satisfies is passed over, else its
//! candidates are tried in their order. What the user asked for is *protected*: a protected
//! package bars everything it conflicts with, and protection passes on through dependencies
//! with a single candidate. A candidate that fails is discarded for good.
//!
//! The walk never goes back, so it may end in a set that does not hold together. It says so, and
//! the complete search takes over.

use crate::allowed::Allowed;
use crate::exclusion::for_each_excluded;
use crate::targets::Target;
use formwork_deb::universe::{Dependency, Field, GroupId, PackageId, Universe};

/// Deeper than any real chain; beyond it the search takes over.
const DEPTH: u32 = 2000;

struct Walk<'u, 'a> {
    universe: &'u Universe<'a>,
    recommends: bool,
    /// Still the version that would be installed.
    candidate: Vec<bool>,
    installed: Vec<bool>,
    protected: Vec<bool>,
    chosen: Vec<PackageId>,
}

/// Walks all targets; the set if it holds together, nothing if it does not.
pub(crate) fn walk(
    universe: &Universe<'_>,
    allowed: &Allowed,
    targets: &[Target],
    recommends: bool,
) -> Option<Vec<PackageId>> {
    let count = universe.len();
    let mut walk = Walk {
        universe,
        recommends,
        candidate: allowed.firsts(),
        installed: vec![false; count],
        protected: vec![false; count],
        chosen: Vec::new(),
    };
    let wishes: Vec<PackageId> = targets
        .iter()
        .filter_map(|target| target.packages.first().copied())
        .collect();
    // apt takes no other version than this; the search does, where a wish means nothing else.
    if wishes.iter().any(|wish| !walk.candidate[wish.0 as usize]) {
        return None;
    }
    for &wish in &wishes {
        walk.protected[wish.0 as usize] = true;
        walk.set_installed(wish);
    }
    for &wish in &wishes {
        walk.mark(wish, true, true, 0);
    }
    walk.finish()
}

impl Walk<'_, '_> {
    fn set_installed(&mut self, package: PackageId) {
        let slot = &mut self.installed[package.0 as usize];
        if !*slot {
            *slot = true;
            self.chosen.push(package);
        }
    }

    fn important(&self, field: Field) -> bool {
        field.is_required() || (self.recommends && field == Field::Recommends)
    }

    fn satisfied(&self, group: GroupId) -> bool {
        let candidates = self.universe.group_candidates(group);
        candidates
            .iter()
            .any(|&candidate| self.installed[candidate as usize])
    }

    fn is_broken(&self, package: PackageId) -> bool {
        self.universe.dependencies(package).any(|dependency| {
            if dependency.field.is_negative() {
                self.installed_conflict(package, dependency.group)
            } else {
                self.important(dependency.field) && !self.satisfied(dependency.group)
            }
        })
    }

    fn installed_conflict(&self, package: PackageId, group: GroupId) -> bool {
        self.universe.group_candidates(group).iter().any(|&other| {
            self.installed[other as usize] && !self.universe.same_name(package, PackageId(other))
        })
    }

    /// Discards a candidate one of whose dependencies nothing can satisfy any more.
    fn dependencies_possible(&mut self, package: PackageId) -> bool {
        let possible = self.universe.dependencies(package).all(|dependency| {
            !dependency.field.is_required()
                || self
                    .universe
                    .group_candidates(dependency.group)
                    .iter()
                    .any(|&candidate| {
                        self.installed[candidate as usize] || self.candidate[candidate as usize]
                    })
        });
        if !possible && !self.protected[package.0 as usize] {
            self.candidate[package.0 as usize] = false;
            self.installed[package.0 as usize] = false;
        }
        possible
    }

    /// Marks a package for installation, with its dependencies if `follow`.
    fn mark(&mut self, package: PackageId, follow: bool, wished: bool, depth: u32) -> bool {
        let row = package.0 as usize;
        if depth > DEPTH || (!wished && self.protected[row] && !self.installed[row]) {
            return false;
        }
        if !self.candidate[row] {
            return false;
        }
        if !self.protected[row] && self.installed[row] && !self.is_broken(package) {
            return true;
        }
        if follow && !self.dependencies_possible(package) {
            return false;
        }
        let protected = self.protected[row];
        let fail_early = !protected && !wished;
        if !follow {
            self.set_installed(package);
            return true;
        }
        let to_install = self.open_dependencies(package, protected);
        let mut failed = !self.bar_conflicts(package, protected, wished);
        if failed && fail_early {
            return false;
        }
        self.set_installed(package);
        self.protected[row] = true;
        failed |= !self.install_dependencies(&to_install, protected, wished, depth);
        self.protected[row] = protected;
        if failed && fail_early {
            self.installed[row] = false;
            self.candidate[row] = false;
            return false;
        }
        !failed
    }

    fn open_dependencies(&self, package: PackageId, protected: bool) -> Vec<Dependency> {
        self.universe
            .dependencies(package)
            .filter(|dependency| self.important(dependency.field))
            .filter(|dependency| protected || !self.satisfied(dependency.group))
            .collect()
    }

    /// Unmarks or bars what this package conflicts with; false where that is protected.
    fn bar_conflicts(&mut self, package: PackageId, protected: bool, wished: bool) -> bool {
        let universe = self.universe;
        let mut fine = true;
        for dependency in universe
            .dependencies(package)
            .filter(|dependency| dependency.field.is_negative())
        {
            if !protected && !self.installed_conflict(package, dependency.group) {
                continue;
            }
            for &other in universe.group_candidates(dependency.group) {
                let other_row = other as usize;
                if !self.candidate[other_row] || universe.same_name(package, PackageId(other)) {
                    continue;
                }
                if self.installed[other_row] && self.protected[other_row] {
                    fine = false;
                    if !protected && !wished {
                        return false;
                    }
                } else {
                    self.installed[other_row] = false;
                    if protected {
                        self.candidate[other_row] = false;
                        self.protected[other_row] = true;
                    }
                }
            }
        }
        fine
    }

    fn install_dependencies(
        &mut self,
        to_install: &[Dependency],
        protected: bool,
        wished: bool,
        depth: u32,
    ) -> bool {
        let mut fine = true;
        for dependency in to_install {
            let required = dependency.field.is_required();
            let satisfied = self.satisfied(dependency.group);
            if satisfied && !protected {
                continue;
            }
            let possible = self.possible(dependency.group);
            let found = if satisfied {
                !required || self.protect_single(&possible, depth)
            } else {
                self.install_one(&possible, protected && required, depth)
            };
            if !found && required {
                fine = false;
                if !protected && !wished {
                    return false;
                }
            }
        }
        fine
    }

    /// The candidates of a group that nothing bars.
    fn possible(&self, group: GroupId) -> Vec<PackageId> {
        let candidates = self.universe.group_candidates(group).iter().copied();
        candidates
            .filter(|&candidate| self.candidate[candidate as usize])
            .filter(|&candidate| {
                !self.protected[candidate as usize] || self.installed[candidate as usize]
            })
            .map(PackageId)
            .collect()
    }

    /// Passes protection on to the only package that can satisfy a satisfied dependency.
    fn protect_single(&mut self, possible: &[PackageId], depth: u32) -> bool {
        let [single] = possible else { return true };
        if self.protected[single.0 as usize] {
            return true;
        }
        self.protected[single.0 as usize] = true;
        self.mark(*single, true, false, depth + 1)
    }

    fn install_one(&mut self, possible: &[PackageId], protect: bool, depth: u32) -> bool {
        for &package in possible {
            if !self.candidate[package.0 as usize] {
                continue;
            }
            if protect && possible.len() == 1 {
                if !self.mark(package, false, false, depth + 1) {
                    continue;
                }
                self.protected[package.0 as usize] = true;
            }
            if self.mark(package, true, false, depth + 1) {
                return true;
            }
        }
        false
    }

    /// The set, if every dependency is satisfied and nothing conflicts.
    fn finish(self) -> Option<Vec<PackageId>> {
        let mut set: Vec<PackageId> = self
            .chosen
            .iter()
            .copied()
            .filter(|package| self.installed[package.0 as usize])
            .collect();
        set.sort_unstable();
        set.dedup();
        for &package in &set {
            let required = |dependency: &Dependency| dependency.field.is_required();
            let mut holds = self
                .universe
                .dependencies(package)
                .filter(required)
                .all(|d| self.satisfied(d.group));
            for_each_excluded(self.universe, package, |other| {
                holds &= !self.installed[other.0 as usize]
            });
            if !holds {
                return None;
            }
        }
        Some(set)
    }
}
