//! The complete search: finds a set where one exists, and proves it where none does.
//!
//! A conflict-driven clause-learning solver that decides only what is asked: each decision picks
//! a candidate for an unmet dependency of a package already chosen; packages nobody needs stay
//! undecided, which means not installed. Clauses are made when their package is first chosen.
//!
//! A clause is `not p, or one of p's candidates`; that two packages exclude each other is read
//! from the universe when one of them is chosen, never stored. Each learnt clause keeps the
//! facts it follows from, so that an impossible request yields a proof in package terms.

mod analyse;
mod clauses;

use crate::allowed::Allowed;
use crate::exclusion::for_each_excluded;
use crate::targets::Target;
use clauses::{ClauseId, Clauses, Literal};
use formwork_deb::universe::{Dependency, Field, GroupId, PackageId, Universe};
use std::collections::BTreeSet;

/// One statement of the archive or of the request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fact {
    /// This target, counted from 0, is wished.
    Wish(usize),
    /// A package needs one of a group.
    Depends {
        /// Who needs it.
        package: PackageId,
        /// In which field it says so.
        field: Field,
        /// What it needs.
        group: GroupId,
    },
    /// Two packages cannot be installed together.
    Excludes(PackageId, PackageId),
}

/// Facts that cannot all hold together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proof {
    /// The facts, sorted.
    pub facts: Vec<Fact>,
}

/// Why a package has its value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Because {
    Decision,
    Clause(ClauseId),
    /// Out, because this package is in.
    Excluded(PackageId),
}

/// What cannot hold at this moment.
enum Clash {
    Clause(ClauseId),
    /// Both are in.
    Pair(PackageId, PackageId),
}

const UNKNOWN: u8 = 0;
const IN: u8 = 1;
const OUT: u8 = 2;

pub(crate) struct Search<'u, 'a> {
    universe: &'u Universe<'a>,
    allowed: &'u Allowed,
    value: Vec<u8>,
    level: Vec<u32>,
    because: Vec<Because>,
    trail: Vec<PackageId>,
    levels: Vec<usize>,
    head: usize,
    opened: Vec<bool>,
    clauses: Clauses,
    /// What fulfils each wish, the best first.
    wishes: Vec<Vec<PackageId>>,
    only: Option<&'u BTreeSet<Fact>>,
}

impl<'u, 'a> Search<'u, 'a> {
    pub(crate) fn new(universe: &'u Universe<'a>, allowed: &'u Allowed) -> Self {
        let count = universe.len();
        Self {
            universe,
            allowed,
            value: vec![UNKNOWN; count],
            level: vec![0; count],
            because: vec![Because::Decision; count],
            trail: Vec::new(),
            levels: Vec::new(),
            head: 0,
            opened: vec![false; count],
            clauses: Clauses::new(count),
            wishes: Vec::new(),
            only: None,
        }
    }

    /// Believes these facts alone, to see which of them a proof needs.
    pub(crate) fn believing(mut self, facts: &'u BTreeSet<Fact>) -> Self {
        self.only = Some(facts);
        self
    }

    fn believes(&self, fact: Fact) -> bool {
        self.only.is_none_or(|facts| facts.contains(&fact))
    }

    /// A set that holds all targets, or the proof that there is none.
    pub(crate) fn run(&mut self, targets: &[Target]) -> Result<Vec<PackageId>, Proof> {
        for (index, target) in targets.iter().enumerate() {
            if !self.believes(Fact::Wish(index)) {
                continue;
            }
            self.wishes.push(target.packages.clone());
            let literals = target
                .packages
                .iter()
                .map(|&package| Literal::present(package))
                .collect();
            if let Some(clash) = self.add(literals, Fact::Wish(index)) {
                return Err(self.prove(clash));
            }
        }
        loop {
            if let Some(clash) = self.propagate() {
                if self.levels.is_empty() {
                    return Err(self.prove(clash));
                }
                if let Some(clash) = self.learn(clash) {
                    return Err(self.prove(clash));
                }
                continue;
            }
            let Some(package) = self.next_choice() else {
                return Ok(self.reachable());
            };
            self.levels.push(self.trail.len());
            self.assign(package, IN, Because::Decision);
        }
    }

    fn assign(&mut self, package: PackageId, value: u8, because: Because) {
        let row = package.0 as usize;
        self.value[row] = value;
        self.level[row] = self.levels.len() as u32;
        self.because[row] = because;
        self.trail.push(package);
    }

    fn back_to(&mut self, level: u32) {
        let Some(&keep) = self.levels.get(level as usize) else {
            return;
        };
        for package in self.trail.drain(keep..) {
            self.value[package.0 as usize] = UNKNOWN;
        }
        self.levels.truncate(level as usize);
        self.head = self.head.min(keep);
    }

    /// Adds a clause in the present state and draws its consequence, if it has one.
    fn add(&mut self, literals: Vec<Literal>, fact: Fact) -> Option<Clash> {
        let id = self.clauses.push(literals, vec![fact]);
        self.settle(id)
    }

    /// Chooses the two literals to watch: those that became false last, or are not false.
    fn settle(&mut self, id: ClauseId) -> Option<Clash> {
        let Self {
            clauses,
            value,
            level,
            ..
        } = self;
        let standing = |literal: &Literal| {
            let row = literal.package().0 as usize;
            match literal.truth(value[row]) {
                Some(true) => (0, 0),
                None => (1, 0),
                Some(false) => (2, u32::MAX - level[row]),
            }
        };
        let literals = clauses.literals_mut(id);
        for place in 0..2.min(literals.len()) {
            let best = (place..literals.len()).min_by_key(|&index| standing(&literals[index]));
            literals.swap(place, best.unwrap_or(place));
        }
        let first = literals
            .first()
            .map(|literal| (*literal, standing(literal).0));
        let second = literals.get(1).map_or(2, |literal| standing(literal).0);
        clauses.watch(id);
        match first {
            None | Some((_, 2)) => Some(Clash::Clause(id)),
            Some((literal, 1)) if second == 2 => {
                let value = if literal.is_present() { IN } else { OUT };
                self.assign(literal.package(), value, Because::Clause(id));
                None
            }
            Some(_) => None,
        }
    }

    fn propagate(&mut self) -> Option<Clash> {
        while let Some(&package) = self.trail.get(self.head) {
            self.head += 1;
            let clash = if self.value[package.0 as usize] == IN {
                self.chosen(package)
            } else {
                self.visit(Literal::present(package))
            };
            if clash.is_some() {
                return clash;
            }
        }
        None
    }

    /// Draws the consequences of a package being in.
    fn chosen(&mut self, package: PackageId) -> Option<Clash> {
        let universe = self.universe;
        let mut clash = None;
        for_each_excluded(universe, package, |other| {
            if !self.believes(Fact::Excludes(package.min(other), package.max(other))) {
                return;
            }
            match self.value[other.0 as usize] {
                IN if clash.is_none() => clash = Some(Clash::Pair(package, other)),
                UNKNOWN => self.assign(other, OUT, Because::Excluded(package)),
                _ => {}
            }
        });
        if clash.is_some() {
            return clash;
        }
        self.open(package)
            .or_else(|| self.visit(Literal::absent(package)))
    }

    /// Makes the clauses of a package that is chosen for the first time.
    fn open(&mut self, package: PackageId) -> Option<Clash> {
        if std::mem::replace(&mut self.opened[package.0 as usize], true) {
            return None;
        }
        let mut clash = None;
        for Dependency { field, group } in self.universe.dependencies(package) {
            let candidates = self.universe.group_candidates(group);
            let fact = Fact::Depends {
                package,
                field,
                group,
            };
            if !field.is_required() || candidates.contains(&package.0) || !self.believes(fact) {
                continue;
            }
            let mut literals = vec![Literal::absent(package)];
            let usable = candidates.iter().map(|&candidate| PackageId(candidate));
            literals.extend(
                usable
                    .filter(|&c| self.allowed.contains(c))
                    .map(Literal::present),
            );
            // Every clause is made, even after a clash: the package counts as opened.
            clash = clash.or(self.add(literals, fact));
        }
        clash
    }

    /// Visits the clauses that watch a literal which has just become false.
    fn visit(&mut self, falsified: Literal) -> Option<Clash> {
        let mut watching = self.clauses.take_watchers(falsified);
        let mut clash = None;
        watching.retain(|&id| clash.is_some() || self.keeps_watch(id, falsified, &mut clash));
        self.clauses.put_watchers(falsified, watching);
        clash
    }

    /// Whether a clause goes on watching a literal that has become false.
    fn keeps_watch(&mut self, id: ClauseId, falsified: Literal, clash: &mut Option<Clash>) -> bool {
        let value = &self.value;
        let truth = |literal: Literal| literal.truth(value[literal.package().0 as usize]);
        let literals = self.clauses.literals_mut(id);
        if literals.len() > 1 && literals[0] == falsified {
            literals.swap(0, 1);
        }
        let other = literals[0];
        if truth(other) == Some(true) {
            return true;
        }
        if let Some(place) =
            (2..literals.len()).find(|&place| truth(literals[place]) != Some(false))
        {
            literals.swap(1, place);
            let replacement = literals[1];
            self.clauses.add_watcher(replacement, id);
            return false;
        }
        match truth(other) {
            None if other != falsified => {
                let value = if other.is_present() { IN } else { OUT };
                self.assign(other.package(), value, Because::Clause(id));
            }
            _ => *clash = Some(Clash::Clause(id)),
        }
        true
    }

    /// The next package to choose: for the first unmet dependency on the way down from the
    /// wishes, its first candidate that is still possible.
    fn next_choice(&self) -> Option<PackageId> {
        if let Some(wish) = self.open_wish() {
            return Some(wish);
        }
        let mut seen = vec![false; self.universe.len()];
        let mut stack: Vec<PackageId> = self.fulfilling().collect();
        stack.reverse();
        let mut below = Vec::new();
        while let Some(package) = stack.pop() {
            if std::mem::replace(&mut seen[package.0 as usize], true) {
                continue;
            }
            below.clear();
            for Dependency { field, group } in self.universe.dependencies(package) {
                if !field.is_required()
                    || !self.believes(Fact::Depends {
                        package,
                        field,
                        group,
                    })
                {
                    continue;
                }
                let candidates = self.universe.group_candidates(group);
                let present = |&&candidate: &&u32| self.value[candidate as usize] == IN;
                match candidates.iter().find(present) {
                    Some(&candidate) => below.push(PackageId(candidate)),
                    None => return self.choose(candidates),
                }
            }
            stack.extend(below.drain(..).rev());
        }
        None
    }

    fn choose(&self, candidates: &[u32]) -> Option<PackageId> {
        let mut open = candidates
            .iter()
            .map(|&candidate| PackageId(candidate))
            .filter(|&candidate| {
                self.value[candidate.0 as usize] == UNKNOWN && self.allowed.contains(candidate)
            });
        let first = open
            .clone()
            .find(|&candidate| self.allowed.is_first(candidate));
        first.or_else(|| open.next())
    }

    /// The best choice for the first wish that does not have it yet. What fulfils a wish only by
    /// standing in for the real package is no reason to pass over that.
    fn open_wish(&self) -> Option<PackageId> {
        let is = |package: PackageId, value: u8| self.value[package.0 as usize] == value;
        self.wishes.iter().find_map(|wish| {
            let real = |&package: &PackageId| self.universe.same_name(wish[0], package);
            let mut possible = wish.iter().copied().filter(|&package| !is(package, OUT));
            let best = match possible.clone().find(real) {
                Some(real) => real,
                None => possible
                    .clone()
                    .find(|&package| is(package, IN))
                    .or_else(|| possible.next())?,
            };
            is(best, UNKNOWN).then_some(best)
        })
    }

    /// What fulfils each wish at this moment.
    fn fulfilling(&self) -> impl Iterator<Item = PackageId> {
        self.wishes.iter().filter_map(|wish| {
            wish.iter()
                .copied()
                .find(|package| self.value[package.0 as usize] == IN)
        })
    }

    /// What the wishes need of the packages that are in, by the ways that [`Self::next_choice`]
    /// went; the rest is left over from detours, and may lack what it needs itself.
    fn reachable(&self) -> Vec<PackageId> {
        let mut found: BTreeSet<PackageId> = BTreeSet::new();
        let mut stack: Vec<PackageId> = self.fulfilling().collect();
        while let Some(package) = stack.pop() {
            if !found.insert(package) {
                continue;
            }
            for dependency in self
                .universe
                .dependencies(package)
                .filter(|d| d.field.is_required())
            {
                let mut candidates = self.universe.group_candidates(dependency.group).iter();
                let present = candidates.find(|&&candidate| self.value[candidate as usize] == IN);
                stack.extend(present.map(|&candidate| PackageId(candidate)));
            }
        }
        found.into_iter().collect()
    }
}
