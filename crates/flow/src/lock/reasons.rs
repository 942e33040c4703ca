//! For each source package one reason why the lock has it, for the list of changes.

use std::collections::BTreeMap;

use formwork_deb::universe::{PackageId, Universe};
use formwork_model::documents::Why;
use formwork_model::project::Plan;
use formwork_resolve::{Reason, Solution};

use crate::query::describe;

/// How much a reason says; the smallest is the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// Somebody asked for it.
    Wish,
    /// It belongs to the base set.
    Base,
    /// A package of another source needs it.
    Needed,
    /// A package of the same source needs it, which says little.
    NeededByOwn,
    /// A single file of it is taken.
    Beside,
}

/// The best reason for each source package.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reasons(BTreeMap<String, (Rank, String)>);

impl Reasons {
    /// Why the lock has a source package, as `nginx: Depends libfoo1 (>= 1.1)`.
    pub(crate) fn of(&self, source: &str) -> Option<&str> {
        self.0.get(source).map(|(_, text)| text.as_str())
    }

    /// Notes a reason if it is better than the one known.
    fn put(&mut self, source: &str, rank: Rank, text: impl FnOnce() -> String) {
        let better = self.0.get(source).is_none_or(|(old, _)| rank < *old);
        if better {
            self.0.insert(source.to_owned(), (rank, text()));
        }
    }
}

/// Notes the reasons of a solution where they are better than those known.
pub(super) fn note(universe: &Universe<'_>, solution: &Solution, plan: &Plan, known: &mut Reasons) {
    for (id, reasons) in solution.reasons(universe) {
        let source = universe.package(id).source();
        for reason in &reasons {
            let rank = rank(universe, source, reason);
            known.put(source, rank, || sentence(universe, reason, plan));
        }
    }
}

/// Notes what the packages beside a plan are for, in the plan's order.
pub(super) fn note_beside(
    universe: &Universe<'_>,
    found: &[PackageId],
    plan: &Plan,
    known: &mut Reasons,
) {
    for (id, planned) in found.iter().zip(&plan.beside) {
        let source = universe.package(*id).source();
        let text = || beside(plan, &planned.purpose);
        known.put(source, Rank::Beside, text);
    }
}

fn rank(universe: &Universe<'_>, source: &str, reason: &Reason) -> Rank {
    let own = |id: PackageId| universe.package(id).source() == source;
    match reason {
        Reason::Wish(_) => Rank::Wish,
        Reason::Base => Rank::Base,
        Reason::Needed { by, .. } if own(*by) => Rank::NeededByOwn,
        Reason::Needed { .. } => Rank::Needed,
    }
}

/// A reason in the words of the list of changes.
fn sentence(universe: &Universe<'_>, reason: &Reason, plan: &Plan) -> String {
    match describe::why(universe, reason, plan.variant.as_str()) {
        Why::Wish { wish } => format!("{}: wish {wish}", plan.name()),
        Why::Variant { variant } => format!("{}: variant {variant}", plan.name()),
        Why::Relation {
            by,
            field,
            relation,
            ..
        } => format!("{by}: {field} {relation}"),
        Why::Beside { purpose } => beside(plan, &purpose),
    }
}

/// The sentence for a package that is not installed.
fn beside(plan: &Plan, purpose: &str) -> String {
    format!("{}: beside, for {purpose}", plan.name())
}
