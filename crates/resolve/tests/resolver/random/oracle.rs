//! The SAT oracle: an archive as clauses, and questions as assumptions.

use super::archive::{Archive, Atom, Group, NATIVE, is_choice};
use batsat::{BasicSolver, Lit, SolverInterface, Var, lbool};
use formwork_model::wish::Wish;
use std::collections::BTreeSet;

/// An archive under the priorities that a request leaves.
pub(crate) struct Oracle<'a> {
    pub(crate) archive: &'a Archive,
    pub(crate) allowed: Vec<bool>,
}

/// A solver with one variable for each row.
pub(crate) struct Clauses {
    solver: BasicSolver,
    rows: Vec<Var>,
}

impl Clauses {
    fn new(count: usize) -> Self {
        let mut solver = BasicSolver::default();
        let rows = (0..count).map(|_| solver.new_var_default()).collect();
        Self { solver, rows }
    }

    pub(crate) fn literal(&self, row: usize, present: bool) -> Lit {
        Lit::new(self.rows[row], present)
    }

    fn add(&mut self, mut clause: Vec<Lit>) {
        self.solver.add_clause_reuse(&mut clause);
    }

    /// At least one of these rows.
    pub(crate) fn one_of(&mut self, rows: &[usize]) {
        let clause = rows.iter().map(|&row| self.literal(row, true)).collect();
        self.add(clause);
    }

    /// A literal that, when assumed, asks for one of these rows.
    pub(crate) fn switch(&mut self, rows: &[usize]) -> Lit {
        let on = Lit::new(self.solver.new_var_default(), true);
        let mut clause: Vec<Lit> = rows.iter().map(|&row| self.literal(row, true)).collect();
        clause.push(!on);
        self.add(clause);
        on
    }

    /// The row only beside one of these.
    pub(crate) fn needs(&mut self, row: usize, candidates: &[usize]) {
        let mut clause = vec![self.literal(row, false)];
        clause.extend(candidates.iter().map(|&other| self.literal(other, true)));
        self.add(clause);
    }

    pub(crate) fn excludes(&mut self, a: usize, b: usize) {
        self.add(vec![self.literal(a, false), self.literal(b, false)]);
    }

    pub(crate) fn holds(&mut self, assumed: &[Lit]) -> bool {
        self.solver.solve_limited(assumed) == lbool::TRUE
    }
}

impl<'a> Oracle<'a> {
    /// The rows that wishes of these names, versions and suites leave to choose from.
    pub(crate) fn new(archive: &'a Archive, wishes: &[Wish]) -> Self {
        let allowed = archive.rows.iter().map(|row| archive.wins(row)).collect();
        let mut oracle = Self { archive, allowed };
        for wish in wishes.iter().filter(|wish| is_choice(wish)) {
            for row in oracle.named(wish) {
                oracle.allowed[row] = true;
            }
            let rows = oracle.archive.rows.iter().zip(&mut oracle.allowed);
            rows.filter(|(row, _)| wish.suite.as_deref() == Some(&row.suite))
                .for_each(|(_, allowed)| *allowed = true);
        }
        oracle
    }

    /// The rows that would fulfil a wish: those of its name, then its providers.
    pub(crate) fn named(&self, wish: &Wish) -> Vec<usize> {
        let rows = &self.archive.rows;
        let open = |index: &usize| {
            rows[*index].is_picked_by(wish) && (is_choice(wish) || self.allowed[*index])
        };
        let all: Vec<usize> = (0..rows.len()).filter(open).collect();
        let (real, others): (Vec<usize>, Vec<usize>) = all
            .into_iter()
            .partition(|&index| rows[index].name == wish.name);
        let known = rows.iter().any(|row| row.name == wish.name);
        if is_choice(wish) && known {
            return real;
        }
        let serves = |index: &usize| rows[*index].provides(&wish.name, None);
        let others: Vec<usize> = others.into_iter().filter(serves).collect();
        real.into_iter().chain(others).collect()
    }

    /// What a wish means: one package in some versions, or a mistake.
    pub(crate) fn meaning(&self, wish: &Wish) -> Option<Vec<usize>> {
        let found = self.named(wish);
        let name = |index: &usize| &self.archive.rows[*index].name;
        let first = found.first().map(name)?;
        let is_real = *first == wish.name;
        (is_real || found.iter().all(|index| name(index) == first)).then_some(found)
    }

    /// The rows that satisfy a group of a row, of those allowed and the row itself.
    pub(crate) fn candidates(&self, of: usize, group: &Group) -> Vec<usize> {
        let candidates = self.archive.candidates(of, group);
        candidates
            .filter(|&other| other == of || self.allowed[other])
            .collect()
    }

    /// Everything that the archive says, as clauses.
    pub(crate) fn clauses(&self) -> Clauses {
        let rows = &self.archive.rows;
        let mut clauses = self.bare();
        // Rows that are not allowed are nobody's candidates, so nothing need keep them out.
        for (index, row) in rows.iter().enumerate() {
            for group in row.needs() {
                clauses.needs(index, &self.candidates(index, group));
            }
            for other in self.archive.excluded(index) {
                clauses.excludes(index, other);
            }
        }
        clauses
    }

    /// Everything that the archive says, and that the Essential packages are there.
    pub(crate) fn with_essential(&self) -> Clauses {
        let mut clauses = self.clauses();
        for rows in self.essential() {
            clauses.one_of(&rows);
        }
        clauses
    }

    /// The same archive with one more row to choose from.
    pub(crate) fn letting_in(&self, row: usize) -> Self {
        let mut allowed = self.allowed.clone();
        allowed[row] = true;
        Self {
            archive: self.archive,
            allowed,
        }
    }

    /// Variables only.
    pub(crate) fn bare(&self) -> Clauses {
        Clauses::new(self.archive.rows.len())
    }

    /// The rows of each name that has to be present because it is Essential.
    pub(crate) fn essential(&self) -> Vec<Vec<usize>> {
        let rows = &self.archive.rows;
        let native = |index: &usize| self.allowed[*index] && rows[*index].counts_for() == NATIVE;
        let all: Vec<usize> = (0..rows.len()).filter(native).collect();
        let essential = all.iter().filter(|&&index| rows[index].essential);
        let names: BTreeSet<&str> = essential.map(|&index| rows[index].name.as_str()).collect();
        let of = |name| {
            all.iter()
                .copied()
                .filter(move |&index| rows[index].name == name)
        };
        names.into_iter().map(|name| of(name).collect()).collect()
    }

    /// Whether a set holds together by itself.
    pub(crate) fn is_sound(&self, set: &[usize]) -> bool {
        let rows = &self.archive.rows;
        set.iter().all(|&index| {
            let row = &rows[index];
            let met = |group: &Group| {
                let by = |atom: &Atom| {
                    set.iter()
                        .any(|&other| atom.met_by(row.counts_for(), &rows[other]))
                };
                group.atoms.iter().any(by)
            };
            row.needs().all(met)
                && set
                    .iter()
                    .all(|&other| other == index || !row.excludes(&rows[other]))
        })
    }
}
