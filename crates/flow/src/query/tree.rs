//! A closure as a tree, unfolded depth first; what was unfolded before is only named.

use std::collections::BTreeSet;

use formwork_deb::universe::{Dependency, Field, PackageId, Universe};
use formwork_model::documents::{self, TreeNode};
use formwork_resolve::Solution;

use super::open::{self, Want};
use super::{Answer, Choice, Scope, describe, solved};
use crate::Error;
use crate::context::Context;

/// Answers `tree`: the wished packages and, down to `depth` levels, what each needs.
pub fn tree(
    context: &Context,
    scope: &Scope,
    choice: Choice,
    wishes: &[String],
    depth: Option<u32>,
) -> Result<Answer<documents::Tree>, Error> {
    let opened = open::open(context, scope, Want::for_choice(choice, wishes))?;
    let solution = match solved::solve(context, &opened, choice, wishes)? {
        Answer::No(contradiction) => return Ok(Answer::No(contradiction)),
        Answer::Yes(solution) => solution,
    };
    let universe = opened.universe();
    let mut unfolding = Unfolding {
        universe,
        solution: &solution,
        recommends: choice.recommends,
        told: BTreeSet::new(),
    };
    let depth = depth.unwrap_or(u32::MAX);
    let roots = wished(&solution)
        .into_iter()
        .map(|id| unfolding.node(id, None, depth))
        .collect();
    Ok(Answer::Yes(documents::Tree {
        format: documents::FORMAT,
        inputs: opened.inputs.clone(),
        suites: opened.suites.clone(),
        architecture: opened.architecture.clone(),
        wishes: wishes.to_vec(),
        roots,
    }))
}

/// The packages that fulfil the wishes, in the order of the wishes, then the base set.
fn wished(solution: &Solution) -> Vec<PackageId> {
    let (wishes, base): (Vec<_>, Vec<_>) = solution
        .targets
        .iter()
        .partition(|target| target.wish.is_some());
    let mut seen = BTreeSet::new();
    wishes
        .into_iter()
        .chain(base)
        .filter_map(|target| {
            target
                .packages
                .iter()
                .copied()
                .find(|&id| solution.contains(id))
        })
        .filter(|&id| seen.insert(id))
        .collect()
}

/// A tree under way.
struct Unfolding<'a> {
    universe: Universe<'a>,
    solution: &'a Solution,
    recommends: bool,
    told: BTreeSet<PackageId>,
}

impl Unfolding<'_> {
    /// One package with what it needs.
    fn node(&mut self, id: PackageId, through: Option<Dependency>, depth: u32) -> TreeNode {
        let package = self.universe.package(id);
        let edges = self.edges(id);
        let repeated = !edges.is_empty() && self.told.contains(&id);
        let needs = if repeated || depth == 0 {
            Vec::new()
        } else {
            self.told.insert(id);
            edges
                .into_iter()
                .map(|(need, dependency)| self.node(need, Some(dependency), depth - 1))
                .collect()
        };
        TreeNode {
            name: package.name().to_owned(),
            version: package.version().to_owned(),
            architecture: package.architecture().to_owned(),
            field: through.map(|dependency| dependency.field.name().to_owned()),
            relation: through
                .map(|dependency| describe::one_line(self.universe.group_text(dependency.group))),
            repeated,
            needs,
        }
    }

    /// The members that serve a package's relations, in the order written, each once.
    fn edges(&self, id: PackageId) -> Vec<(PackageId, Dependency)> {
        let mut seen = BTreeSet::from([id]);
        let mut edges = Vec::new();
        for dependency in self
            .universe
            .dependencies(id)
            .filter(|dependency| self.counts(dependency.field))
        {
            let mut candidates = self
                .universe
                .group_candidates(dependency.group)
                .iter()
                .map(|&id| PackageId(id));
            let serving = candidates.find(|&candidate| self.solution.contains(candidate));
            if let Some(serving) = serving.filter(|&serving| seen.insert(serving)) {
                edges.push((serving, dependency));
            }
        }
        edges
    }

    /// Whether relations of this field are followed.
    fn counts(&self, field: Field) -> bool {
        field.is_required() || (self.recommends && field == Field::Recommends)
    }
}
