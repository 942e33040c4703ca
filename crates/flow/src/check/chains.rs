//! By which chain of packages an image comes to hold what its lock says.
//!
//! The lock keeps no dependencies; they are read from the mapped index of the image's suite, for
//! the very versions that are locked. Where that index cannot be had, chains are unknown and
//! empty: nothing depends on them but words.

use std::collections::{BTreeMap, VecDeque};

use formwork_deb::universe::{Field, PackageId, Universe};
use formwork_model::lock::{Lock, LockedClosure};
use formwork_model::project::Plan;

use crate::context::Context;
use crate::package_facts;
use crate::project::LoadedProject;

/// The shortest chain to each package of a closure, by name.
#[derive(Debug, Default)]
pub(super) struct Chains {
    /// The package before it; itself for what the image asks for, or its variant.
    before: BTreeMap<String, String>,
}

impl Chains {
    /// Finds the chains of a closure.
    pub(super) fn of(
        context: &Context,
        loaded: &LoadedProject,
        lock: &Lock,
        closure: &LockedClosure,
    ) -> Chains {
        let (suite, architecture) = (closure.suite.as_str(), closure.architecture.as_str());
        let Ok(asked) = package_facts::open(context, loaded, (suite, architecture), false) else {
            return Chains::default();
        };
        let plans = loaded.project.plans();
        let plan = plans.iter().find(|plan| plan.place() == closure.place());
        let universe = asked.universe.get();
        let members = members(&universe, lock, closure);
        let mut chains = Chains::walk(&universe, &members, plan);
        // The image asks for these itself, and nothing that they depend on is there for them.
        for key in &closure.beside {
            let name = &key.name;
            chains.before.entry(name.clone()).or_insert(name.clone());
        }
        chains
    }

    /// Goes from what is asked for to what it needs, nearest first.
    fn walk(universe: &Universe<'_>, members: &[PackageId], plan: Option<&Plan>) -> Chains {
        let mut before = BTreeMap::new();
        let mut open = VecDeque::new();
        let wished = plan.map_or(&[][..], |plan| plan.wishes.as_slice());
        let is_wished = |name: &str| wished.iter().any(|planned| planned.wish.name == name);
        let is_base = |id: &PackageId| {
            let package = universe.package(*id);
            package.is_essential() || package.priority() == 1
        };
        let roots = members
            .iter()
            .filter(|id| is_wished(universe.package(**id).name()));
        for &id in roots.chain(members.iter().filter(|id| is_base(id))) {
            let name = universe.package(id).name();
            if !before.contains_key(name) {
                before.insert(name.to_owned(), name.to_owned());
                open.push_back(id);
            }
        }
        while let Some(id) = open.pop_front() {
            let name = universe.package(id).name().to_owned();
            for next in needs(universe, members, id) {
                let other = universe.package(next).name();
                if !before.contains_key(other) {
                    before.insert(other.to_owned(), name.clone());
                    open.push_back(next);
                }
            }
        }
        Chains { before }
    }

    /// The chain to a package, itself the last; empty if none is known.
    pub(super) fn to(&self, name: &str) -> Vec<String> {
        let mut chain = Vec::new();
        let mut at = name;
        while let Some(before) = self.before.get(at) {
            chain.push(at.to_owned());
            if before == at {
                chain.reverse();
                return chain;
            }
            at = before;
        }
        Vec::new()
    }
}

/// The packages of a closure that the index still has, sorted.
fn members(universe: &Universe<'_>, lock: &Lock, closure: &LockedClosure) -> Vec<PackageId> {
    let mut members = Vec::new();
    for key in &closure.packages {
        let Some(locked) = lock.package(key) else {
            continue;
        };
        let named = universe.find(&locked.name).into_iter();
        members.extend(
            named
                .flat_map(|name| universe.packages_named(name))
                .filter(|id| {
                    let package = universe.package(*id);
                    package.version() == locked.version
                        && package.architecture() == locked.architecture
                }),
        );
    }
    members.sort_unstable();
    members.dedup();
    members
}

/// The members that a package needs or recommends.
fn needs(universe: &Universe<'_>, members: &[PackageId], id: PackageId) -> Vec<PackageId> {
    let counts = |field: Field| {
        matches!(
            field,
            Field::PreDepends | Field::Depends | Field::Recommends
        )
    };
    let groups = universe
        .dependencies(id)
        .filter(|dependency| counts(dependency.field));
    let candidates = groups.flat_map(|dependency| universe.group_candidates(dependency.group));
    let mut needs: Vec<PackageId> = candidates
        .map(|&number| PackageId(number))
        .filter(|next| members.binary_search(next).is_ok())
        .collect();
    needs.sort_unstable();
    needs.dedup();
    needs
}
