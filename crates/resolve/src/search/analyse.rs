//! Learning from a clash, and proving that nothing works.

use super::clauses::Literal;
use super::{Because, Clash, Fact, IN, Proof, Search};
use formwork_deb::universe::PackageId;
use std::collections::BTreeSet;

impl Search<'_, '_> {
    /// Learns the first clause (walking back) in which one package of the present level remains,
    /// goes back to where it says something new, and draws that consequence.
    pub(super) fn learn(&mut self, clash: Clash) -> Option<Clash> {
        let current = self.levels.len() as u32;
        let mut facts: BTreeSet<Fact> = BTreeSet::new();
        let mut marked = vec![false; self.value.len()];
        let mut learnt: Vec<Literal> = Vec::new();
        let mut open = 0usize;
        let mut pending = self.clash_packages(&clash, &mut facts);
        let mut index = self.trail.len();
        let pivot = loop {
            for package in pending.drain(..) {
                let row = package.0 as usize;
                if std::mem::replace(&mut marked[row], true) {
                    continue;
                }
                if self.level[row] == current {
                    open += 1;
                } else if self.level[row] == 0 {
                    self.root_facts(package, &mut facts);
                } else {
                    learnt.push(self.falsified(package));
                }
            }
            while index > 0 && !marked[self.trail[index - 1].0 as usize] {
                index -= 1;
            }
            index = index.checked_sub(1)?;
            let package = self.trail[index];
            open -= 1;
            if open == 0 {
                break package;
            }
            pending = self.antecedents(package, &mut facts);
        };
        let back = learnt
            .iter()
            .map(|literal| self.level[literal.package().0 as usize])
            .max();
        learnt.insert(0, self.falsified(pivot));
        self.back_to(back.unwrap_or(0));
        let id = self.clauses.push(learnt, facts.into_iter().collect());
        self.settle(id)
    }

    /// The literal that a package's present value makes false.
    fn falsified(&self, package: PackageId) -> Literal {
        if self.value[package.0 as usize] == IN {
            Literal::absent(package)
        } else {
            Literal::present(package)
        }
    }

    fn clash_packages(&self, clash: &Clash, facts: &mut BTreeSet<Fact>) -> Vec<PackageId> {
        match *clash {
            Clash::Clause(id) => {
                facts.extend(self.clauses.facts(id));
                self.clauses
                    .literals(id)
                    .iter()
                    .map(|literal| literal.package())
                    .collect()
            }
            Clash::Pair(a, b) => {
                facts.insert(Fact::Excludes(a.min(b), a.max(b)));
                vec![a, b]
            }
        }
    }

    /// The packages whose values forced this one's.
    fn antecedents(&self, package: PackageId, facts: &mut BTreeSet<Fact>) -> Vec<PackageId> {
        match self.because[package.0 as usize] {
            Because::Decision => Vec::new(),
            Because::Clause(id) => {
                facts.extend(self.clauses.facts(id));
                let literals = self.clauses.literals(id).iter();
                literals
                    .map(|literal| literal.package())
                    .filter(|&other| other != package)
                    .collect()
            }
            Because::Excluded(by) => {
                facts.insert(Fact::Excludes(package.min(by), package.max(by)));
                vec![by]
            }
        }
    }

    /// Adds everything that fixes a package's value before any decision.
    fn root_facts(&self, package: PackageId, facts: &mut BTreeSet<Fact>) {
        let mut seen = BTreeSet::from([package]);
        let mut stack = vec![package];
        while let Some(package) = stack.pop() {
            for before in self.antecedents(package, facts) {
                if seen.insert(before) {
                    stack.push(before);
                }
            }
        }
    }

    /// The facts behind a clash that no decision led to.
    pub(super) fn prove(&self, clash: Clash) -> Proof {
        let mut facts = BTreeSet::new();
        for package in self.clash_packages(&clash, &mut facts) {
            self.root_facts(package, &mut facts);
        }
        Proof {
            facts: facts.into_iter().collect(),
        }
    }
}
