//! Saying why there is no solution, in package words.
//!
//! A proof is a smallest set of facts. Read from the wishes down, each fact becomes one step:
//! who needs whom, through which relation, and where the ways meet in a clash.

use crate::allowed::{Allowed, effective};
use crate::installable::Broken;
use crate::search::{Fact, Proof};
use crate::solve::Conflict;
use crate::targets::Target;
use crate::ways_out::ways_out;
use formwork_deb::universe::{Field, GroupId, NameId, PackageId, Universe};
use formwork_model::documents::{Conflict as Explanation, ConflictStep, PackageName, StepKind};
use std::collections::{BTreeSet, VecDeque};

/// How many of the packages that do not fit a step tells of.
const TOLD: usize = 5;

/// Explains why wishes cannot be fulfilled together, and what would help.
pub fn explain(universe: &Universe<'_>, conflict: &Conflict) -> Explanation {
    let chain = chain(
        universe,
        &conflict.targets,
        &conflict.proof,
        &conflict.allowed,
    );
    let wishes = wished(&conflict.proof)
        .filter_map(|index| conflict.targets.get(index)?.wish.as_ref())
        .map(ToString::to_string)
        .collect();
    Explanation {
        wishes,
        chain,
        ways_out: ways_out(universe, conflict),
    }
}

/// Explains step by step why a package of an archive cannot be installed.
pub fn explain_broken(universe: &Universe<'_>, broken: &Broken) -> Vec<ConflictStep> {
    let steps = chain(universe, &broken.targets, &broken.proof, &broken.allowed);
    steps
        .into_iter()
        .filter(|step| step.step != StepKind::Wish)
        .collect()
}

fn wished(proof: &Proof) -> impl Iterator<Item = usize> {
    proof.facts.iter().filter_map(|fact| match fact {
        Fact::Wish(index) => Some(*index),
        _ => None,
    })
}

struct Chain<'u, 'a> {
    universe: &'u Universe<'a>,
    allowed: &'u Allowed,
    steps: Vec<ConflictStep>,
    seen: BTreeSet<PackageId>,
    queue: VecDeque<PackageId>,
}

fn chain(
    universe: &Universe<'_>,
    targets: &[Target],
    proof: &Proof,
    allowed: &Allowed,
) -> Vec<ConflictStep> {
    let mut chain = Chain {
        universe,
        allowed,
        steps: Vec::new(),
        seen: BTreeSet::new(),
        queue: VecDeque::new(),
    };
    for target in wished(proof).filter_map(|index| targets.get(index)) {
        chain.wish(target);
        while let Some(package) = chain.queue.pop_front() {
            chain.needs_of(package, proof);
        }
    }
    for fact in &proof.facts {
        if let Fact::Excludes(a, b) = *fact {
            chain.clash(a, b);
        }
    }
    chain.steps
}

impl Chain<'_, '_> {
    fn name(&self, id: PackageId) -> PackageName {
        let package = self.universe.package(id);
        PackageName {
            name: package.source_or_name().to_owned(),
            version: package.version().to_owned(),
            architecture: package.architecture().to_owned(),
        }
    }

    fn reach(&mut self, package: PackageId) {
        if self.seen.insert(package) {
            self.queue.push_back(package);
        }
    }

    fn wish(&mut self, target: &Target) {
        for &id in &target.packages {
            let package = self.name(id);
            let text = match &target.wish {
                Some(wish) if wish.name != package.name => {
                    format!("{} is wished, as {wish}", package.name)
                }
                Some(_) => format!("{} is wished", package.name),
                None => format!("{} has to be present", package.name),
            };
            self.steps.push(ConflictStep {
                step: StepKind::Wish,
                package,
                other: None,
                field: None,
                relation: None,
                text,
            });
            self.reach(id);
        }
    }

    fn needs_of(&mut self, of: PackageId, proof: &Proof) {
        for fact in &proof.facts {
            match *fact {
                Fact::Depends {
                    package,
                    field,
                    group,
                } if package == of => self.needs(package, field, group),
                _ => {}
            }
        }
    }

    fn needs(&mut self, by: PackageId, field: Field, group: GroupId) {
        let relation = self.universe.group_text(group);
        let candidates = self
            .universe
            .group_candidates(group)
            .iter()
            .map(|&id| PackageId(id));
        let usable: Vec<PackageId> = candidates.filter(|&id| self.allowed.contains(id)).collect();
        let by = self.name(by);
        let says = format!("{} {} {}: {relation}", by.name, by.version, field.name());
        if usable.is_empty() {
            let text = format!("{says}, which {}", self.what_there_is(group));
            self.push(StepKind::Unfulfilled, by, None, (field, relation), text);
            return;
        }
        for id in usable {
            let package = self.name(id);
            let text = format!("{says} → {} {}", package.name, package.version);
            self.push(
                StepKind::Needs,
                package,
                Some(by.clone()),
                (field, relation),
                text,
            );
            self.reach(id);
        }
    }

    /// What the archive has under the names of a group that nothing fulfils.
    fn what_there_is(&self, group: GroupId) -> String {
        let mut found = Vec::new();
        for atom in self.universe.group_atoms(group) {
            let name = self.universe.atom(atom).name;
            if let Some(id) = self.universe.find(name) {
                found.extend(self.bearers(id));
            }
        }
        if found.is_empty() {
            return "nothing provides".to_owned();
        }
        let left_out = found.len().saturating_sub(TOLD);
        found.truncate(TOLD);
        let more = match left_out {
            0 => String::new(),
            count => format!(" and {count} more"),
        };
        format!(
            "no allowed version fulfils; there is {}{more}",
            found.join(", ")
        )
    }

    /// The packages of a name and its providers, as `name version (suite)`.
    fn bearers(&self, name: NameId) -> impl Iterator<Item = String> {
        let real = self.universe.packages_named(name).map(|id| {
            let suite = self.universe.package(id).origin().suite;
            format!("{} ({suite})", self.label(id))
        });
        let asked = self.universe.name(name);
        let providers = self.universe.providers(name).map(move |provider| {
            let version = provider.version.unwrap_or("of no version");
            let label = self.label(provider.package);
            format!("{label} (provides {asked} {version})")
        });
        real.chain(providers)
    }

    /// `name version`, with the architecture where it is a foreign one.
    fn label(&self, id: PackageId) -> String {
        let package = self.universe.package(id);
        let (name, version) = (package.source_or_name(), package.version());
        match effective(self.universe, id) {
            native if native == self.universe.native() => format!("{name} {version}"),
            foreign => format!("{name}:{foreign} {version}"),
        }
    }

    fn push(
        &mut self,
        step: StepKind,
        package: PackageName,
        other: Option<PackageName>,
        (field, relation): (Field, &str),
        text: String,
    ) {
        self.steps.push(ConflictStep {
            step,
            package,
            other,
            field: Some(field.name().to_owned()),
            relation: Some(relation.to_owned()),
            text,
        });
    }

    fn clash(&mut self, a: PackageId, b: PackageId) {
        let found = [(a, b), (b, a)].into_iter().find_map(|(by, against)| {
            let mut negative = self
                .universe
                .dependencies(by)
                .filter(|dependency| dependency.field.is_negative());
            let declared = negative.find(|dependency| {
                self.universe
                    .group_candidates(dependency.group)
                    .contains(&against.0)
            })?;
            Some((by, against, declared))
        });
        let found = found.filter(|_| !self.universe.same_name(a, b));
        let Some((by, against, declared)) = found else {
            let (package, other) = (self.name(a), self.name(b));
            let text = format!(
                "{} {} and {} exclude each other: one version of a package at a time",
                package.name, package.version, other.version
            );
            self.steps.push(ConflictStep {
                step: StepKind::Excludes,
                package,
                other: Some(other),
                field: None,
                relation: None,
                text,
            });
            return;
        };
        let relation = self.universe.group_text(declared.group);
        let (package, other) = (self.name(by), self.name(against));
        let text = format!(
            "{} {} {}: {relation}, which is {} {}",
            package.name,
            package.version,
            declared.field.name(),
            other.name,
            other.version
        );
        self.push(
            StepKind::Conflicts,
            package,
            Some(other),
            (declared.field, relation),
            text,
        );
    }
}
