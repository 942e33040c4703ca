//! Which packages of a whole archive can be installed at all.
//!
//! Most packages can stand beside each other, so one consistent set is grown as far as it goes:
//! every package that gets into it is installable, at the cost of looking at its dependencies
//! once. What does not fit is tried in the next, fresh set; only what does not even fit a set of
//! its own goes to the complete search, whose verdict is final. Essential packages are present in
//! every set.

use crate::allowed::{Allowed, effective};
use crate::exclusion::for_each_excluded;
use crate::hopeless::Hopeless;
use crate::search::{Proof, Search};
use crate::solve::minimise;
use crate::targets::{Target, versions};
use formwork_deb::universe::{Dependency, PackageId, Universe};
use std::sync::Arc;

/// Which packages to look at, and what is there already.
#[derive(Clone, Copy, Default, Debug)]
pub struct InstallableOptions<'a> {
    /// Ask for the build dependencies of sources rather than for binary packages.
    pub builds: bool,
    /// Ask for these only; for all where it is empty.
    pub packages: &'a [PackageId],
    /// Names present beside the Essential ones, such as `build-essential`.
    pub present: &'a [&'a str],
}

/// A package that no set of packages can hold.
#[derive(Clone, Debug)]
pub struct Broken {
    /// The package.
    pub package: PackageId,
    /// The targets of the proof: what is present, and last the package itself.
    pub targets: Vec<Target>,
    /// Why.
    pub proof: Proof,
    pub(crate) allowed: Arc<Allowed>,
}

/// The verdict over an archive.
#[derive(Debug)]
pub struct Installability {
    /// How many packages were looked at.
    pub total: usize,
    /// Those that cannot be installed, sorted.
    pub broken: Vec<Broken>,
}

/// How many packages one attempt may add before it is given up for the complete search.
const EFFORT: u32 = 20_000;

/// Finds the packages that cannot be installed.
pub fn installable(universe: &Universe<'_>, options: InstallableOptions<'_>) -> Installability {
    let allowed = Arc::new(Allowed::by_priority(universe));
    let base = base_targets(universe, &allowed, options.present);
    let mut left: Vec<PackageId> = match options.packages {
        [] => universe
            .ids()
            .filter(|&id| universe.package(id).is_source() == options.builds)
            .collect(),
        some => some.to_vec(),
    };
    let total = left.len();
    let mut known = vec![Known::Open; universe.len()];
    let hopeless = Hopeless::find(universe, &allowed);
    hopeless
        .packages()
        .for_each(|package| known[package.0 as usize] = Known::Broken);
    let lost = left
        .iter()
        .copied()
        .filter(|&package| hopeless.contains(package));
    let mut broken: Vec<Broken> = lost
        .map(|package| Broken {
            package,
            targets: vec![Target {
                wish: None,
                packages: vec![package],
            }],
            proof: hopeless.proof(universe, &allowed, package),
            allowed: Arc::clone(&allowed),
        })
        .collect();
    left.retain(|&package| !hopeless.contains(package));
    while !left.is_empty() {
        let mut set = Growing::new(universe, &allowed, &mut known);
        let mut rest = Vec::new();
        let sound = set.begin(&base);
        for (index, &package) in left.iter().enumerate() {
            if set.known[package.0 as usize] == Known::Fine {
                continue;
            }
            if sound && set.add(package) {
                continue;
            }
            rest.push(package);
            if !sound && index == 0 {
                rest.extend(&left[1..]);
                break;
            }
        }
        // The first of a round met nothing but the base set: only the search can help it.
        let settle = if sound {
            rest.first() == left.first()
        } else {
            true
        };
        if settle && !rest.is_empty() {
            let package = rest.remove(0);
            let proved = if allowed.contains(package) {
                prove(universe, &allowed, &base, package)
            } else {
                let allowed = letting_in(&allowed, package);
                let base = base_targets(universe, &allowed, options.present);
                prove(universe, &allowed, &base, package)
            };
            match proved {
                // With a package let in that is not allowed, a set says nothing of the others.
                Ok(_) if !allowed.contains(package) => known[package.0 as usize] = Known::Fine,
                Ok(model) => model
                    .iter()
                    .for_each(|id| known[id.0 as usize] = Known::Fine),
                Err(found) => {
                    known[package.0 as usize] = Known::Broken;
                    broken.push(found);
                }
            }
        }
        left = rest;
    }
    broken.sort_by_key(|found| found.package);
    Installability { total, broken }
}

/// What has to be present: every native Essential name in some version, and the names asked for.
fn base_targets(universe: &Universe<'_>, allowed: &Allowed, present: &[&str]) -> Vec<Target> {
    let mut targets = Vec::new();
    for id in universe.ids() {
        let package = universe.package(id);
        let native = effective(universe, id) == universe.native();
        if native && package.is_essential() && allowed.is_first(id) {
            targets.push(Target {
                wish: None,
                packages: versions(universe, allowed, id),
            });
        }
    }
    for name in present {
        let packages = universe
            .find(name)
            .into_iter()
            .flat_map(|name| universe.packages_named(name));
        let packages = packages.filter(|&id| allowed.contains(id)).collect();
        targets.push(Target {
            wish: None,
            packages,
        });
    }
    targets
}

fn prove(
    universe: &Universe<'_>,
    allowed: &Arc<Allowed>,
    base: &[Target],
    package: PackageId,
) -> Result<Vec<PackageId>, Broken> {
    let mut targets = base.to_vec();
    targets.push(Target {
        wish: None,
        packages: vec![package],
    });
    Search::new(universe, allowed)
        .run(&targets)
        .map_err(|proof| Broken {
            package,
            proof: minimise(universe, allowed, &targets, proof),
            targets,
            allowed: Arc::clone(allowed),
        })
}

/// Asking for a package that no priority lets in lets it in, as a wish for its version does.
fn letting_in(allowed: &Allowed, package: PackageId) -> Arc<Allowed> {
    let mut wider = allowed.clone();
    wider.admit([package]);
    Arc::new(wider)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Open,
    Fine,
    Broken,
}

/// A set of packages that holds together at every moment.
struct Growing<'u, 'a> {
    universe: &'u Universe<'a>,
    allowed: &'u Allowed,
    known: &'u mut [Known],
    member: Vec<bool>,
    barred: Vec<u32>,
    added: Vec<PackageId>,
    effort: u32,
}

impl<'u, 'a> Growing<'u, 'a> {
    fn new(universe: &'u Universe<'a>, allowed: &'u Allowed, known: &'u mut [Known]) -> Self {
        Self {
            universe,
            allowed,
            known,
            member: vec![false; universe.len()],
            barred: vec![0; universe.len()],
            added: Vec::new(),
            effort: 0,
        }
    }

    /// Takes in what has to be present; only the whole of it says that its parts are fine.
    fn begin(&mut self, base: &[Target]) -> bool {
        self.effort = u32::MAX;
        let sound = base.iter().all(|target| {
            let mut packages = target.packages.iter();
            let present = packages.any(|package| self.member[package.0 as usize]);
            present
                || target
                    .packages
                    .iter()
                    .any(|&package| self.enter(package, 0))
        });
        if sound {
            self.note();
        }
        sound
    }

    /// Adds a package with all it needs, or leaves the set as it was.
    fn add(&mut self, package: PackageId) -> bool {
        self.added.clear();
        self.effort = EFFORT;
        let fits = self.enter(package, 0);
        self.note();
        fits
    }

    /// Remembers that what was added is installable.
    fn note(&mut self) {
        for package in &self.added {
            self.known[package.0 as usize] = Known::Fine;
        }
    }

    fn possible(&self, package: PackageId) -> bool {
        let row = package.0 as usize;
        self.barred[row] == 0 && self.known[row] != Known::Broken && self.allowed.contains(package)
    }

    fn enter(&mut self, package: PackageId, depth: u32) -> bool {
        if self.member[package.0 as usize] {
            return true;
        }
        if !self.possible(package) || self.effort == 0 || depth > 1_000 {
            return false;
        }
        self.effort -= 1;
        let mark = self.added.len();
        let mut clash = false;
        let (member, barred) = (&self.member, &mut self.barred);
        for_each_excluded(self.universe, package, |other| {
            clash |= member[other.0 as usize];
            barred[other.0 as usize] += 1;
        });
        self.member[package.0 as usize] = true;
        self.added.push(package);
        if clash || !self.satisfy(package, depth) {
            self.undo(mark);
            return false;
        }
        true
    }

    fn satisfy(&mut self, package: PackageId, depth: u32) -> bool {
        let universe = self.universe;
        universe
            .dependencies(package)
            .all(|Dependency { field, group }| {
                let candidates = universe.group_candidates(group);
                !field.is_required()
                    || candidates
                        .iter()
                        .any(|&candidate| self.member[candidate as usize])
                    || candidates
                        .iter()
                        .any(|&candidate| self.enter(PackageId(candidate), depth + 1))
            })
    }

    fn undo(&mut self, mark: usize) {
        for index in mark..self.added.len() {
            let package = self.added[index];
            self.member[package.0 as usize] = false;
            let barred = &mut self.barred;
            for_each_excluded(self.universe, package, |other| {
                barred[other.0 as usize] -= 1
            });
        }
        self.added.truncate(mark);
    }
}
