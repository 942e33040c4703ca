//! Which requirements the approved packages meet, on a board or on any.
//!
//! An approved package serves the requirements that it names and those of the capabilities that it
//! names. It needs the features that it names and, where it serves by a capability, those of the
//! capability. A requirement is met when one package serves it whose features are all there; met
//! with features when they can be enabled; not met otherwise, and then what would meet it is told.
//!
//! Without a board nothing is there: what remains is the least set of features that meets all
//! that can be met, which is what a maker of hardware must enable.

mod csv;
mod html;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use formwork_model::approved::ApprovedList;
use formwork_model::board::Board;
use formwork_model::documents::{
    self, Coverage, CoverageBoard, CoverageBy, CoverageCandidate, CoverageFeature,
    CoverageRequirement, CoverageState, FeatureState, Input,
};
use formwork_model::proposal::{Package, Placed, Proposal};
use formwork_model::requirement::{Catalogue, Requirement, order};

pub use csv::csv;
pub use html::html;

/// More features than this are not tried in every combination.
const MOST_TRIED: usize = 14;

/// What coverage is computed from.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// Requirements, capabilities, features.
    pub catalogue: &'a Catalogue,
    /// The proposals that count: those approved, and any that is to count as if it were.
    pub proposals: Vec<&'a Proposal>,
    /// The approved list of each suite: what was removed since does not count.
    pub lists: &'a BTreeMap<String, ApprovedList>,
    /// The number of a proposal that counts though it is not approved.
    pub also: Option<u32>,
    /// The board.
    pub board: Option<&'a Board>,
    /// The security level whose requirements are asked for.
    pub level: Option<u8>,
    /// The Releases of the frozen lists.
    pub inputs: Vec<Input>,
}

/// Computes the coverage.
#[must_use]
pub fn coverage(question: &Question<'_>) -> Coverage {
    let served = question.served();
    let in_order = question.catalogue.in_order().into_iter();
    let asked = in_order.filter(|requirement| {
        let levels = &requirement.levels;
        question.level.is_none_or(|level| levels.contains(&level))
    });
    let mut requirements: Vec<CoverageRequirement> = asked
        .map(|requirement| question.requirement(requirement, &served))
        .collect();
    let chosen = question.choose(&mut requirements);
    let count = |state: CoverageState| {
        let found = requirements.iter().filter(|one| one.state == state).count();
        u64::try_from(found).unwrap_or(u64::MAX)
    };
    Coverage {
        format: documents::FORMAT,
        inputs: question.inputs.clone(),
        board: question.board.map(|board| CoverageBoard {
            name: board.name.clone(),
            title: board.title.clone(),
            architecture: board.architecture.clone(),
        }),
        level: question.level,
        proposals: question.proposals.iter().map(|one| one.id).collect(),
        met: count(CoverageState::Met),
        met_with: count(CoverageState::MetWith),
        not_met: count(CoverageState::NotMet),
        not_asked: count(CoverageState::NotAsked),
        features: question.features(&requirements, &chosen),
        requirements,
        notes: question.notes(),
    }
}

/// What serves each requirement.
type Served<'a> = BTreeMap<&'a str, Vec<CoverageBy>>;

impl<'a> Question<'a> {
    /// What serves each requirement, sorted.
    fn served(&self) -> Served<'a> {
        let mut served: Served<'a> = BTreeMap::new();
        for proposal in &self.proposals {
            for package in &proposal.packages {
                if self.counts(proposal, package) {
                    self.serve(proposal, package, &mut served);
                }
            }
        }
        for list in served.values_mut() {
            list.sort_by_key(|by| (by.missing.len(), by.clone()));
            list.dedup();
        }
        served
    }

    /// Whether a package is approved, for the target, and for the board's architecture.
    fn counts(&self, proposal: &Proposal, package: &Package) -> bool {
        let source = package.source.as_str();
        let mut lists = self.lists.values();
        let approved = self.also == Some(proposal.id) || lists.any(|list| list.has(source));
        let fits = self.board.is_none_or(|board| {
            let own = &board.architecture;
            let mut architectures = proposal.architectures.iter();
            architectures.any(|one| one.text == *own) && package.is_for_architecture(own)
        });
        package.state.is_wanted() && package.on_target && approved && fits
    }

    /// Which proposals do not count, as they are not for the board's architecture.
    fn notes(&self) -> Vec<String> {
        let Some(board) = self.board else {
            return Vec::new();
        };
        let own = &board.architecture;
        let proposals = self.proposals.iter();
        let other = proposals.filter(|proposal| {
            let mut architectures = proposal.architectures.iter();
            !architectures.any(|one| one.text == *own)
        });
        other
            .map(|proposal| {
                let (id, title) = (proposal.id, &proposal.title);
                format!("proposal {id} ({title}) does not count: it is not for {own}")
            })
            .collect()
    }

    /// Adds all that a package serves.
    fn serve(&self, proposal: &'a Proposal, package: &'a Package, served: &mut Served<'a>) {
        let own: BTreeSet<&str> = package.needs.iter().flatten().map(Placed::as_str).collect();
        let mut add = |requirement: &'a str, capability: Option<&str>, needs: &BTreeSet<&str>| {
            let by = CoverageBy {
                missing: self.missing(needs),
                source: package.source.text.clone(),
                binaries: binaries(package),
                proposal: proposal.id,
                capability: capability.map(str::to_owned),
                needs: texts(needs),
            };
            served.entry(requirement).or_default().push(by);
        };
        for id in &package.requirements {
            add(id.as_str(), None, &own);
        }
        for name in &package.capabilities {
            let Some(capability) = self.catalogue.capabilities.get(name.as_str()) else {
                continue;
            };
            let mut needs = own.clone();
            needs.extend(capability.features.iter().map(String::as_str));
            for id in &capability.requirements {
                add(id, Some(name.as_str()), &needs);
            }
        }
    }

    /// The features that the board lacks as delivered; without a board all of them.
    fn missing(&self, needs: &BTreeSet<&str>) -> Vec<String> {
        let has = |name: &&&str| {
            self.board
                .is_some_and(|board| board.features.contains_key(**name))
        };
        needs
            .iter()
            .filter(|name| !has(name))
            .map(|name| (*name).to_owned())
            .collect()
    }

    /// Whether features can be had; without a board all can.
    fn possible(&self, missing: &[String]) -> bool {
        self.board.is_none_or(|board| {
            let mut names = missing.iter();
            names.all(|name| board.possible.contains_key(name))
        })
    }

    /// How one requirement is met.
    fn requirement(&self, requirement: &Requirement, served: &Served<'_>) -> CoverageRequirement {
        let by = served
            .get(requirement.id.as_str())
            .cloned()
            .unwrap_or_default();
        let state = if by.iter().any(|one| one.missing.is_empty()) {
            CoverageState::Met
        } else if by.iter().any(|one| self.possible(&one.missing)) {
            CoverageState::MetWith
        } else if requirement.levels.is_empty() {
            CoverageState::NotAsked
        } else {
            CoverageState::NotMet
        };
        let candidates = match state {
            CoverageState::NotMet => self.candidates(&requirement.id, &by),
            _ => Vec::new(),
        };
        CoverageRequirement {
            id: requirement.id.clone(),
            title: requirement.title.clone(),
            group: requirement.group.clone(),
            levels: requirement.levels.clone(),
            state,
            with: Vec::new(),
            by,
            candidates,
            tests: requirement.tests.clone(),
        }
    }

    /// What would meet a requirement that is not met: those first that need the least.
    fn candidates(&self, id: &str, by: &[CoverageBy]) -> Vec<CoverageCandidate> {
        let approved: BTreeSet<&str> = by.iter().map(|one| one.source.as_str()).collect();
        let serving = self.catalogue.serving(id);
        let mut candidates: Vec<CoverageCandidate> = serving
            .map(|capability| {
                let features = capability.features.iter().map(String::as_str).collect();
                let packages = capability.packages.iter();
                CoverageCandidate {
                    missing: self.missing(&features),
                    capability: capability.name.clone(),
                    packages: packages
                        .filter(|name| !approved.contains(name.as_str()))
                        .cloned()
                        .collect(),
                }
            })
            .collect();
        candidates.sort_by_key(|one| (one.missing.len(), one.clone()));
        candidates
    }

    /// Chooses the least set of features that meets all that can be met, and says for each
    /// requirement which of them it takes.
    fn choose(&self, requirements: &mut [CoverageRequirement]) -> Vec<String> {
        let ways: Vec<Vec<BTreeSet<String>>> = requirements
            .iter()
            .filter(|one| one.state == CoverageState::MetWith)
            .map(|one| self.ways(one))
            .collect();
        let chosen = least(&ways);
        for one in requirements.iter_mut() {
            if one.state == CoverageState::MetWith {
                let mut ways = self.ways(one);
                ways.retain(|way| way.is_subset(&chosen));
                ways.sort_by_key(|way| (way.len(), way.clone()));
                one.with = ways
                    .into_iter()
                    .next()
                    .unwrap_or_default()
                    .into_iter()
                    .collect();
            }
        }
        chosen.into_iter().collect()
    }

    /// The sets of features by which a requirement can be met.
    fn ways(&self, requirement: &CoverageRequirement) -> Vec<BTreeSet<String>> {
        let possible = requirement
            .by
            .iter()
            .filter(|one| self.possible(&one.missing));
        possible
            .map(|one| one.missing.iter().cloned().collect())
            .collect()
    }

    /// The features that matter, each with the requirements that hang on it.
    fn features(
        &self,
        requirements: &[CoverageRequirement],
        chosen: &[String],
    ) -> Vec<CoverageFeature> {
        let mut names: BTreeSet<&str> = chosen.iter().map(String::as_str).collect();
        if self.board.is_some() {
            let by = requirements.iter().flat_map(|one| &one.by);
            names.extend(by.flat_map(|by| &by.needs).map(String::as_str));
        }
        names
            .into_iter()
            .map(|name| {
                let hangs = |one: &&CoverageRequirement| {
                    let on_it = one
                        .by
                        .iter()
                        .all(|by| by.needs.iter().any(|need| need == name));
                    !one.by.is_empty() && on_it
                };
                let own = requirements.iter().filter(hangs);
                let mut ids: Vec<String> = own.map(|one| one.id.clone()).collect();
                ids.sort_by(|left, right| order(left, right));
                let known = self.catalogue.features.get(name);
                let (state, how) = self.state(name);
                CoverageFeature {
                    name: name.to_owned(),
                    title: known.map(|known| known.title.clone()).unwrap_or_default(),
                    state,
                    how,
                    requirements: ids,
                }
            })
            .collect()
    }

    fn state(&self, feature: &str) -> (FeatureState, String) {
        let Some(board) = self.board else {
            return (FeatureState::Expected, String::new());
        };
        if board.features.contains_key(feature) {
            return (FeatureState::Present, String::new());
        }
        match board.possible.get(feature) {
            Some(possible) => (FeatureState::Possible, possible.how.clone()),
            None => (FeatureState::Missing, String::new()),
        }
    }
}

/// The least set of features that holds one way of each requirement; of equal ones the first.
fn least(ways: &[Vec<BTreeSet<String>>]) -> BTreeSet<String> {
    let all: BTreeSet<&String> = ways.iter().flatten().flatten().collect();
    let all: Vec<&String> = all.into_iter().collect();
    let meets = |set: &BTreeSet<String>| {
        let met = |ways: &Vec<BTreeSet<String>>| ways.iter().any(|way| way.is_subset(set));
        ways.iter().all(met)
    };
    if all.len() > MOST_TRIED {
        return greedy(ways);
    }
    let set = |bits: u32| -> BTreeSet<String> {
        let chosen = all
            .iter()
            .enumerate()
            .filter(|(at, _)| bits & (1 << at) != 0);
        chosen.map(|(_, name)| (*name).clone()).collect()
    };
    let mut numbers: Vec<u32> = (0..1_u32 << all.len()).collect();
    numbers.sort_by_key(|bits| (bits.count_ones(), *bits));
    let mut sets = numbers.into_iter().map(set);
    sets.find(meets).unwrap_or_default()
}

/// A small set, where trying all would take too long: for each requirement what adds the least.
fn greedy(ways: &[Vec<BTreeSet<String>>]) -> BTreeSet<String> {
    let mut chosen = BTreeSet::new();
    for list in ways {
        let added = |way: &&BTreeSet<String>| way.difference(&chosen).count();
        let best = list.iter().min_by_key(|way| (added(way), (*way).clone()));
        let best = best.cloned().unwrap_or_default();
        chosen.extend(best);
    }
    chosen
}

/// The binaries that are wanted of a package.
fn binaries(package: &Package) -> Vec<String> {
    let mut names: Vec<String> = package
        .binaries
        .iter()
        .map(|binary| binary.name.text.clone())
        .collect();
    names.sort();
    names.dedup();
    names
}

fn texts(names: &BTreeSet<&str>) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A state in a person's words: `met`, `met with tpm2`, `not met`, `nothing asked`.
#[must_use]
pub fn words(requirement: &CoverageRequirement) -> String {
    match requirement.state {
        CoverageState::Met => "met".to_owned(),
        CoverageState::MetWith => format!("met with {}", requirement.with.join(", ")),
        CoverageState::NotMet => "not met".to_owned(),
        CoverageState::NotAsked => "nothing asked".to_owned(),
    }
}

/// The packages that meet a requirement or would, as people name them.
#[must_use]
pub fn packages(requirement: &CoverageRequirement) -> Vec<String> {
    let meets = |by: &&CoverageBy| match requirement.state {
        CoverageState::Met => by.missing.is_empty(),
        CoverageState::MetWith => {
            let mut missing = by.missing.iter();
            missing.all(|name| requirement.with.contains(name))
        }
        _ => false,
    };
    let mut names: Vec<String> = Vec::new();
    for by in requirement.by.iter().filter(meets) {
        let own = match by.binaries.as_slice() {
            [] => std::slice::from_ref(&by.source),
            some => some,
        };
        for name in own {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    names
}

/// Why a requirement is not met and what would meet it, or what must be done for its features.
#[must_use]
pub fn advice(coverage: &Coverage, requirement: &CoverageRequirement) -> String {
    let mut told = Vec::new();
    match requirement.state {
        CoverageState::MetWith => {
            let features = coverage.features.iter();
            let own = features.filter(|one| requirement.with.contains(&one.name));
            told.extend(
                own.filter(|one| !one.how.is_empty())
                    .map(|one| format!("{}: {}", one.name, one.how)),
            );
        }
        CoverageState::NotMet => {
            for by in &requirement.by {
                let missing = by.missing.join(", ");
                let line = format!(
                    "{} needs {missing}, which this board cannot have",
                    by.source
                );
                if !told.contains(&line) {
                    told.push(line);
                }
            }
            told.extend(candidates(requirement));
        }
        CoverageState::Met | CoverageState::NotAsked => {}
    }
    told.join("; ")
}

/// What would meet a requirement, in words.
fn candidates(requirement: &CoverageRequirement) -> Vec<String> {
    if requirement.candidates.is_empty() && requirement.by.is_empty() {
        return vec!["nothing known serves it".to_owned()];
    }
    requirement
        .candidates
        .iter()
        .filter(|one| !one.packages.is_empty())
        .map(|one| {
            let needs = match one.missing.as_slice() {
                [] => String::new(),
                some => format!(" (needs {})", some.join(", ")),
            };
            let packages = one.packages.join(", ");
            format!("for {}: {packages}{needs}", one.capability)
        })
        .collect()
}
