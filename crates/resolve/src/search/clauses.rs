//! Clauses, what they follow from, and who watches what.

use super::{Fact, IN, OUT};
use formwork_deb::universe::PackageId;

/// A package being in or out, as one number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Literal(u32);

impl Literal {
    pub(super) fn present(package: PackageId) -> Self {
        Self(package.0 * 2)
    }

    pub(super) fn absent(package: PackageId) -> Self {
        Self(package.0 * 2 + 1)
    }

    pub(super) fn package(self) -> PackageId {
        PackageId(self.0 / 2)
    }

    pub(super) fn is_present(self) -> bool {
        self.0 & 1 == 0
    }

    /// Whether it holds for a package of this value; nothing while that is unknown.
    pub(super) fn truth(self, value: u8) -> Option<bool> {
        match value {
            IN => Some(self.is_present()),
            OUT => Some(!self.is_present()),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ClauseId(u32);

struct Clause {
    literals: Vec<Literal>,
    facts: Vec<Fact>,
}

pub(super) struct Clauses {
    clauses: Vec<Clause>,
    watchers: Vec<Vec<ClauseId>>,
}

impl Clauses {
    pub(super) fn new(packages: usize) -> Self {
        Self {
            clauses: Vec::new(),
            watchers: vec![Vec::new(); packages * 2],
        }
    }

    pub(super) fn push(&mut self, literals: Vec<Literal>, facts: Vec<Fact>) -> ClauseId {
        self.clauses.push(Clause { literals, facts });
        ClauseId(self.clauses.len() as u32 - 1)
    }

    pub(super) fn literals(&self, id: ClauseId) -> &[Literal] {
        &self.clauses[id.0 as usize].literals
    }

    pub(super) fn literals_mut(&mut self, id: ClauseId) -> &mut [Literal] {
        &mut self.clauses[id.0 as usize].literals
    }

    pub(super) fn facts(&self, id: ClauseId) -> &[Fact] {
        &self.clauses[id.0 as usize].facts
    }

    /// Watches the first two literals of a clause.
    pub(super) fn watch(&mut self, id: ClauseId) {
        for place in 0..2 {
            if let Some(&literal) = self.clauses[id.0 as usize].literals.get(place) {
                self.add_watcher(literal, id);
            }
        }
    }

    pub(super) fn add_watcher(&mut self, literal: Literal, id: ClauseId) {
        self.watchers[literal.0 as usize].push(id);
    }

    pub(super) fn take_watchers(&mut self, literal: Literal) -> Vec<ClauseId> {
        std::mem::take(&mut self.watchers[literal.0 as usize])
    }

    /// Puts back the clauses that still watch; nothing else was added meanwhile.
    pub(super) fn put_watchers(&mut self, literal: Literal, watching: Vec<ClauseId>) {
        self.watchers[literal.0 as usize] = watching;
    }
}
