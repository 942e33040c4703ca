//! Ways out of a clash: changes of the request that lead to an answer, each of them tried.

use crate::allowed::effective;
use crate::request::{Request, Wish};
use crate::search::{Fact, Search};
use crate::solve::Conflict;
use crate::targets::Targets;
use formwork_deb::universe::{Package, PackageId, Universe};
use formwork_model::documents::WayOut;
use std::collections::BTreeMap;

/// Wishes to drop, then versions to ask for that no priority lets in of itself.
pub(crate) fn ways_out(universe: &Universe<'_>, conflict: &Conflict) -> Vec<WayOut> {
    let trial = Trial { universe, conflict };
    let mut drops = trial.single_wishes();
    if drops.is_empty() {
        drops = trial.several_wishes();
    }
    let mut ways: Vec<WayOut> = drops.iter().map(|drop| drop_wishes(drop)).collect();
    ways.extend(trial.other_suites());
    ways
}

struct Trial<'t, 'a> {
    universe: &'t Universe<'a>,
    conflict: &'t Conflict,
}

impl Trial<'_, '_> {
    fn works(&self, wishes: Vec<Wish>) -> bool {
        let request = Request {
            wishes,
            ..self.conflict.request.clone()
        };
        Targets::find(self.universe, &request).is_ok_and(|Targets { targets, allowed }| {
            Search::new(self.universe, &allowed).run(&targets).is_ok()
        })
    }

    fn wishes(&self) -> &[Wish] {
        &self.conflict.request.wishes
    }

    fn works_without(&self, dropped: &[&Wish]) -> bool {
        let wishes = self.wishes().iter();
        let rest = wishes.filter(|wish| !dropped.contains(wish));
        self.works(rest.cloned().collect())
    }

    /// Each wish of the proof whose loss alone is enough.
    fn single_wishes(&self) -> Vec<Vec<&Wish>> {
        let facts = self.conflict.proof.facts.iter();
        let wished = facts.filter_map(|fact| match fact {
            Fact::Wish(index) => self.conflict.targets.get(*index)?.wish.as_ref(),
            _ => None,
        });
        let single = wished.map(|wish| vec![wish]);
        single.filter(|drop| self.works_without(drop)).collect()
    }

    /// What is lost when the wishes are kept in turn, from the first or from the last, as long
    /// as they hold together.
    fn several_wishes(&self) -> Vec<Vec<&Wish>> {
        if !self.works(Vec::new()) {
            return Vec::new();
        }
        let forwards: Vec<&Wish> = self.wishes().iter().collect();
        let backwards: Vec<&Wish> = self.wishes().iter().rev().collect();
        let mut drops = vec![self.least_loss(&forwards), self.least_loss(&backwards)];
        drops.dedup();
        drops
    }

    fn least_loss<'w>(&self, order: &[&'w Wish]) -> Vec<&'w Wish> {
        let mut dropped = order.to_vec();
        for &wish in order {
            let rest: Vec<&Wish> = dropped.iter().copied().filter(|&d| d != wish).collect();
            if self.works_without(&rest) {
                dropped = rest;
            }
        }
        dropped.sort_unstable();
        dropped
    }

    /// Versions that would meet a need of the proof but have to be asked for.
    fn other_suites(&self) -> Vec<WayOut> {
        let mut asks = BTreeMap::new();
        for fact in &self.conflict.proof.facts {
            let Fact::Depends { group, .. } = *fact else {
                continue;
            };
            for &candidate in self.universe.group_candidates(group) {
                let package = self.universe.package(PackageId(candidate));
                if !self.conflict.allowed.contains(package.id) {
                    asks.entry(self.asking_for(package)).or_insert(package);
                }
            }
        }
        let working = asks.into_iter().filter(|(wish, _)| {
            let wishes = self.wishes().iter().chain([wish]);
            self.works(wishes.cloned().collect())
        });
        working
            .map(|(wish, package)| WayOut {
                drop: Vec::new(),
                text: format!("ask for {wish} (version {})", package.version()),
            })
            .collect()
    }

    /// The wish for the version of a package's suite or, where it has none, for its version.
    fn asking_for(&self, package: Package<'_>) -> Wish {
        let own = effective(self.universe, package.id);
        let suite = Some(package.origin().suite).filter(|suite| !suite.is_empty());
        Wish {
            name: package.name().to_owned(),
            architecture: Some(own.to_owned()).filter(|own| own != self.universe.native()),
            version: suite.is_none().then(|| package.version().to_owned()),
            suite: suite.map(str::to_owned),
        }
    }
}

fn drop_wishes(dropped: &[&Wish]) -> WayOut {
    let drop: Vec<String> = dropped.iter().map(|wish| wish.to_string()).collect();
    let text = format!("drop {}", drop.join(" and "));
    WayOut { drop, text }
}
