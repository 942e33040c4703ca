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
use crate::search::{Fact, Proof, Search};
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
    /// The targets that the proof speaks of: what has to be present, or the package itself.
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
    let mut survey = Survey::new(universe, options);
    let mut left = survey.asked_for();
    let total = left.len();
    survey.sort_out_hopeless(&mut left);
    match survey.ground() {
        Ok(ground) => {
            while !left.is_empty() {
                left = survey.round(&ground, &left);
            }
        }
        Err(proof) => survey.nothing_stands(&left, &proof),
    }
    let mut broken = survey.broken;
    broken.sort_by_key(|found| found.package);
    Installability { total, broken }
}

struct Survey<'u, 'a> {
    universe: &'u Universe<'a>,
    options: InstallableOptions<'u>,
    allowed: Arc<Allowed>,
    base: Vec<Target>,
    known: Vec<Known>,
    broken: Vec<Broken>,
}

impl<'u, 'a> Survey<'u, 'a> {
    fn new(universe: &'u Universe<'a>, options: InstallableOptions<'u>) -> Self {
        let allowed = Arc::new(Allowed::by_priority(universe));
        Self {
            universe,
            options,
            base: base_targets(universe, &allowed, options.present),
            allowed,
            known: vec![Known::Open; universe.len()],
            broken: Vec::new(),
        }
    }

    fn asked_for(&self) -> Vec<PackageId> {
        let is_asked = |id: &PackageId| {
            let package = self.universe.package(*id);
            package.is_source() == self.options.builds
        };
        match self.options.packages {
            [] => self.universe.ids().filter(is_asked).collect(),
            some => some.to_vec(),
        }
    }

    fn sort_out_hopeless(&mut self, left: &mut Vec<PackageId>) {
        let hopeless = Hopeless::find(self.universe, &self.allowed);
        for package in hopeless.packages() {
            self.known[package.0 as usize] = Known::Broken;
        }
        left.retain(|&package| {
            let lost = hopeless.contains(package);
            if lost {
                self.broken.push(Broken {
                    package,
                    targets: vec![target_of(package)],
                    proof: hopeless.proof(self.universe, &self.allowed, package),
                    allowed: Arc::clone(&self.allowed),
                });
            }
            !lost
        });
    }

    /// A set that holds what has to be present, in which every round begins.
    fn ground(&mut self) -> Result<Vec<PackageId>, Proof> {
        let (universe, allowed) = (self.universe, &self.allowed);
        let mut set = Growing::new(universe, allowed, &mut self.known, &[]);
        let ground = match set.hold(&self.base) {
            true => set.added,
            false => Search::new(universe, allowed)
                .run(&self.base)
                .map_err(|proof| minimise(universe, allowed, &self.base, proof))?,
        };
        for package in &ground {
            self.known[package.0 as usize] = Known::Fine;
        }
        Ok(ground)
    }

    /// Where what has to be present excludes itself, no package can be installed beside it.
    fn nothing_stands(&mut self, left: &[PackageId], proof: &Proof) {
        for &package in left {
            if !self.allowed.contains(package) {
                self.settle(package);
                continue;
            }
            let mut targets = self.base.clone();
            targets.push(target_of(package));
            self.broken
                .push(Broken::new(package, &targets, proof, &self.allowed));
        }
    }

    /// Grows one set as far as it goes; what does not fit is left for the next.
    fn round(&mut self, ground: &[PackageId], left: &[PackageId]) -> Vec<PackageId> {
        let mut set = Growing::new(self.universe, &self.allowed, &mut self.known, ground);
        let mut rest: Vec<PackageId> = left
            .iter()
            .copied()
            .filter(|&package| set.known[package.0 as usize] != Known::Fine && !set.add(package))
            .collect();
        // The first of a round met nothing but the base set: only the search can help it.
        if !rest.is_empty() && rest.first() == left.first() {
            let package = rest.remove(0);
            self.settle(package);
        }
        rest
    }

    /// Has the search decide about a package.
    fn settle(&mut self, package: PackageId) {
        let allowed = letting_in(&self.allowed, package);
        let mut targets = match allowed {
            None => self.base.clone(),
            Some(ref wider) => base_targets(self.universe, wider, self.options.present),
        };
        targets.push(target_of(package));
        let is_let_in = allowed.is_some();
        let allowed = allowed.unwrap_or_else(|| Arc::clone(&self.allowed));
        match Search::new(self.universe, &allowed).run(&targets) {
            // With a package let in that is not allowed, a set says nothing of the others.
            Ok(_) if is_let_in => self.known[package.0 as usize] = Known::Fine,
            Ok(model) => model
                .iter()
                .for_each(|id| self.known[id.0 as usize] = Known::Fine),
            Err(proof) => {
                let proof = minimise(self.universe, &allowed, &targets, proof);
                self.known[package.0 as usize] = Known::Broken;
                self.broken
                    .push(Broken::new(package, &targets, &proof, &allowed));
            }
        }
    }
}

impl Broken {
    /// Keeps of the targets only those that the proof speaks of.
    fn new(package: PackageId, targets: &[Target], proof: &Proof, allowed: &Arc<Allowed>) -> Self {
        let mut kept = Vec::new();
        let mut keep = |fact: &Fact| match *fact {
            Fact::Wish(index) => {
                kept.extend(targets.get(index).cloned());
                Fact::Wish(kept.len() - 1)
            }
            other => other,
        };
        let proof = Proof {
            facts: proof.facts.iter().map(&mut keep).collect(),
        };
        Self {
            package,
            targets: kept,
            proof,
            allowed: Arc::clone(allowed),
        }
    }
}

fn target_of(package: PackageId) -> Target {
    Target {
        wish: None,
        packages: vec![package],
    }
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

/// Asking for a package that no priority lets in lets it in, as a wish for its version does.
fn letting_in(allowed: &Allowed, package: PackageId) -> Option<Arc<Allowed>> {
    (!allowed.contains(package)).then(|| {
        let mut wider = allowed.clone();
        wider.admit([package]);
        Arc::new(wider)
    })
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
    /// A set that begins with packages known to hold together.
    fn new(
        universe: &'u Universe<'a>,
        allowed: &'u Allowed,
        known: &'u mut [Known],
        ground: &[PackageId],
    ) -> Self {
        let mut this = Self {
            universe,
            allowed,
            known,
            member: vec![false; universe.len()],
            barred: vec![0; universe.len()],
            added: Vec::new(),
            effort: 0,
        };
        for &package in ground {
            this.member[package.0 as usize] = true;
            let barred = &mut this.barred;
            for_each_excluded(universe, package, |other| barred[other.0 as usize] += 1);
        }
        this
    }

    /// Takes in one package of each target, if it finds any that hold together.
    fn hold(&mut self, targets: &[Target]) -> bool {
        targets.iter().all(|target| {
            let mut packages = target.packages.iter();
            self.effort = EFFORT;
            packages.any(|package| self.member[package.0 as usize])
                || target
                    .packages
                    .iter()
                    .any(|&package| self.enter(package, 0))
        })
    }

    /// Adds a package with all it needs, or leaves the set as it was.
    fn add(&mut self, package: PackageId) -> bool {
        self.added.clear();
        self.effort = EFFORT;
        let fits = self.enter(package, 0);
        for package in &self.added {
            self.known[package.0 as usize] = Known::Fine;
        }
        fits
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
