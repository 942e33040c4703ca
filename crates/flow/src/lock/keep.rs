//! Which packages of the old lock are to stay as they are.

use std::collections::{BTreeMap, BTreeSet};

use formwork_deb::universe::{PackageId, Universe};
use formwork_model::lock::{Lock, LockedClosure, LockedPackage, PackageKey};
use formwork_model::nearest::nearest;
use formwork_model::project::Plan;

use crate::project::ProjectError;

/// How many names are offered in place of an unknown one.
const OFFERED: usize = 3;

/// Which locked packages stay, as long as they can be had and fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// All of them.
    All,
    /// All but those built from these sources.
    AllBut(BTreeSet<String>),
    /// None.
    Nothing,
}

impl Keep {
    /// Lets the named packages move, each together with all that its source builds.
    pub(crate) fn all_but(lock: &Lock, names: &[String]) -> Result<Keep, ProjectError> {
        let mut sources = BTreeSet::new();
        for name in names {
            let named: Vec<&LockedPackage> = lock
                .packages
                .iter()
                .filter(|package| package.name == *name || package.source == *name)
                .collect();
            if named.is_empty() {
                return Err(unknown(lock, name));
            }
            sources.extend(named.into_iter().map(|package| package.source.clone()));
        }
        Ok(Keep::AllBut(sources))
    }

    /// Whether a locked package stays.
    fn holds(&self, package: &LockedPackage) -> bool {
        match self {
            Keep::All => true,
            Keep::AllBut(sources) => !sources.contains(&package.source),
            Keep::Nothing => false,
        }
    }

    /// The packages of a universe that a plan is to stay with.
    pub(crate) fn packages(
        &self,
        lock: &Lock,
        plan: &Plan,
        universe: &Universe<'_>,
    ) -> Vec<PackageId> {
        let own = lock.closure_at(plan.place());
        let closures = own.into_iter().chain(akin(lock, plan));
        let keys = closures.flat_map(|closure| &closure.packages);
        self.found(lock, keys, universe)
    }

    /// The packages of a universe that what stands beside a plan's closure is to stay with.
    pub(crate) fn beside(
        &self,
        lock: &Lock,
        plan: &Plan,
        universe: &Universe<'_>,
    ) -> Vec<PackageId> {
        let own = lock.closure_at(plan.place());
        let closures = own.into_iter().chain(akin(lock, plan));
        let keys = closures.flat_map(|closure| closure.beside.iter().chain(&closure.packages));
        self.found(lock, keys, universe)
    }

    /// Those of them that are the plan's own closure.
    pub(crate) fn own(&self, lock: &Lock, plan: &Plan, universe: &Universe<'_>) -> Vec<PackageId> {
        let own = lock.closure_at(plan.place());
        let keys = own.into_iter().flat_map(|closure| &closure.packages);
        self.found(lock, keys, universe)
    }

    /// The packages of closures that stay and that a universe has, one for each name.
    fn found<'a>(
        &self,
        lock: &'a Lock,
        keys: impl Iterator<Item = &'a PackageKey>,
        universe: &Universe<'_>,
    ) -> Vec<PackageId> {
        let mut kept = BTreeMap::new();
        for key in keys {
            let stays = lock.package(key).is_some_and(|package| self.holds(package));
            let place = (key.name.as_str(), key.architecture.as_str());
            if stays
                && !kept.contains_key(&place)
                && let Some(id) = find(universe, key)
            {
                kept.insert(place, id);
            }
        }
        kept.into_values().collect()
    }
}

/// The closures of other images that a new or changed one should agree with.
fn akin<'a>(lock: &'a Lock, plan: &'a Plan) -> impl Iterator<Item = &'a LockedClosure> {
    lock.closures
        .iter()
        .filter(|closure| closure.suite == plan.suite)
}

/// The package of a universe that is this very file.
fn find(universe: &Universe<'_>, key: &PackageKey) -> Option<PackageId> {
    let name = universe.find(&key.name)?;
    universe.packages_named(name).find(|id| {
        let package = universe.package(*id);
        package.version() == key.version
            && package.architecture() == key.architecture
            && package.sha256() == Some(key.sha256)
    })
}

/// The error for a name that the lock does not have.
fn unknown(lock: &Lock, name: &str) -> ProjectError {
    let known = lock
        .packages
        .iter()
        .flat_map(|package| [package.name.as_str(), &package.source]);
    ProjectError::NotLocked {
        name: name.to_owned(),
        nearest: nearest(name, known, OFFERED)
            .into_iter()
            .map(str::to_owned)
            .collect(),
    }
}
