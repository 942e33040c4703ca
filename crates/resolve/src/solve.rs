//! Answering a request: the walk first, the search where the walk fails.

use crate::allowed::Allowed;
use crate::request::Request;
use crate::search::{Fact, Proof, Search};
use crate::solution::Solution;
use crate::targets::{Target, Targets, WishError};
use crate::walk::walk;
use formwork_deb::universe::{Field, PackageId, Universe};
use std::collections::BTreeSet;

/// Wishes that cannot all be fulfilled.
#[derive(Debug)]
pub struct Conflict {
    /// The targets that were asked for; [`Fact::Wish`] counts in them.
    pub targets: Vec<Target>,
    /// Facts that exclude a solution; leaving out any one of them lets a solution in.
    pub proof: Proof,
    pub(crate) allowed: Allowed,
    pub(crate) request: Request,
}

/// Why a request has no answer.
#[derive(Debug)]
pub enum Failure {
    /// Wishes that mean no package.
    Wishes(Vec<WishError>),
    /// Wishes that cannot be fulfilled together.
    Conflict(Box<Conflict>),
}

/// Finds the packages a request needs.
pub fn solve(universe: &Universe<'_>, request: &Request) -> Result<Solution, Failure> {
    let Targets { targets, allowed } = Targets::find(universe, request).map_err(Failure::Wishes)?;
    if let Some(solution) = stay(universe, &allowed, &targets, request) {
        return Ok(solution);
    }
    let set = match walk(universe, &allowed, &targets, request.recommends) {
        Some(set) => set,
        None => match Search::new(universe, &allowed).run(&targets) {
            Ok(set) if request.recommends => add_recommended(universe, &allowed, set),
            Ok(set) => set,
            Err(proof) => {
                let proof = minimise(universe, &allowed, &targets, proof);
                return Err(Failure::Conflict(Box::new(Conflict {
                    targets,
                    proof,
                    allowed,
                    request: request.clone(),
                })));
            }
        },
    };
    Ok(Solution::new(universe, targets, set, request.recommends))
}

/// The part of an earlier answer that is needed now, if it is an answer.
fn stay(
    universe: &Universe<'_>,
    allowed: &Allowed,
    targets: &[Target],
    request: &Request,
) -> Option<Solution> {
    if request.earlier.is_empty() {
        return None;
    }
    let (earlier, recommends) = (request.earlier.clone(), request.recommends);
    let solution = Solution::new(universe, targets.to_vec(), earlier, recommends);
    let fulfilled = |target: &Target| target.fulfilled_by(|&id| solution.contains(id)).is_some();
    let members = &solution.packages;
    let holds = targets.iter().all(fulfilled)
        && members.iter().all(|&package| allowed.contains(package))
        && solution.holds_together(universe);
    let grows = || recommends && add_recommended(universe, allowed, members.clone()) != *members;
    (holds && !grows()).then_some(solution)
}

/// Adds recommended packages one by one, each where the set as it is holds together with it.
fn add_recommended(
    universe: &Universe<'_>,
    allowed: &Allowed,
    set: Vec<PackageId>,
) -> Vec<PackageId> {
    let mut best: BTreeSet<PackageId> = set.into_iter().collect();
    let mut tried = BTreeSet::new();
    loop {
        let open = best
            .iter()
            .flat_map(|&package| universe.dependencies(package))
            .find(|dependency| {
                let candidates = universe.group_candidates(dependency.group);
                dependency.field == Field::Recommends
                    && !candidates.is_empty()
                    && !candidates
                        .iter()
                        .any(|&candidate| best.contains(&PackageId(candidate)))
                    && !tried.contains(&dependency.group.0)
            });
        let Some(dependency) = open else {
            return best.into_iter().collect();
        };
        tried.insert(dependency.group.0);
        let candidates = universe
            .group_candidates(dependency.group)
            .iter()
            .map(|&candidate| PackageId(candidate));
        let packages = candidates
            .filter(|&candidate| allowed.contains(candidate))
            .collect();
        let members = best.iter().map(|&package| vec![package]);
        let wanted = members.chain([packages]).map(|packages| Target {
            wish: None,
            packages,
        });
        let wanted: Vec<Target> = wanted.collect();
        if let Ok(set) = Search::new(universe, allowed).run(&wanted) {
            best = set.into_iter().collect();
        }
    }
}

/// Leaves facts out one by one as long as the rest still excludes a solution.
pub(crate) fn minimise(
    universe: &Universe<'_>,
    allowed: &Allowed,
    targets: &[Target],
    proof: Proof,
) -> Proof {
    let mut facts: BTreeSet<Fact> = proof.facts.into_iter().collect();
    let mut kept = BTreeSet::new();
    while let Some(fact) = facts.pop_last() {
        let rest: BTreeSet<Fact> = facts.union(&kept).copied().collect();
        match Search::new(universe, allowed).believing(&rest).run(targets) {
            Ok(_) => drop(kept.insert(fact)),
            Err(smaller) => facts.retain(|fact| smaller.facts.contains(fact)),
        }
    }
    Proof {
        facts: kept.into_iter().collect(),
    }
}
