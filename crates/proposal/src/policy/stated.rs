//! Rules about what the proposer must say: reason, requirements, needs, alternatives.

use std::collections::BTreeSet;

use formwork_model::proposal::{Package, Placed, State};

use super::case::{Case, Said, Says, few};

/// Whether a reason is given.
pub(super) fn reason(case: &Case<'_>) -> Vec<Said> {
    let says = if case.package.reason.trim().is_empty() {
        Says::found(
            "no reason is given",
            "say in `reason` what it does for the product",
        )
    } else {
        Says::fine("a reason is given")
    };
    vec![Said::at(&case.package.source.spot, says)]
}

/// Whether a capability or requirement is named.
pub(super) fn requirement(case: &Case<'_>) -> Vec<Said> {
    let package = case.package;
    let served: Vec<&str> = served(case, package).into_iter().collect();
    let says = match (served.is_empty(), package.capabilities.is_empty()) {
        (true, true) => Says::found(
            "serves no capability and no requirement",
            "name them in `capabilities` or `requirements`",
        ),
        (true, false) => Says::fine(format!("gives {}", texts(&package.capabilities))),
        _ => Says::fine(format!("serves {}", few(&served))),
    };
    vec![Said::at(&package.source.spot, says)]
}

/// Whether it is said what hardware and network it needs.
pub(super) fn needs(case: &Case<'_>) -> Vec<Said> {
    let says = match &case.package.needs {
        None => Says::found(
            "nothing is said of the hardware and network it needs",
            "needs = [] if none, else as in needs = [\"tpm2\"]",
        ),
        Some(needs) if needs.is_empty() => Says::fine("needs nothing special"),
        Some(needs) => Says::fine(format!("needs {}", texts(needs))),
    };
    vec![Said::at(&case.package.source.spot, says)]
}

/// Whether what is approved already and serves the same requirement is spoken of.
pub(super) fn alternatives(case: &Case<'_>) -> Vec<Said> {
    let package = case.package;
    let spot = &package.source.spot;
    let own = served(case, package);
    let mut open = Vec::new();
    for (other, requirements) in others(case, |other| served(case, other)) {
        let same: Vec<&str> = requirements.intersection(&own).copied().collect();
        if !same.is_empty() && !spoken_of(package, other) {
            let verb = format!("{other} serves {} and is approved", few(&same));
            open.push(verb);
        }
    }
    open.sort();
    let says = match (open.as_slice(), package.alternatives.is_empty()) {
        ([], true) => Says::fine("nothing that is approved serves the same requirement"),
        ([], false) => Says::fine(format!("considered: {}", few(&alternative_names(package)))),
        (open, none) => {
            let head = if none {
                "no alternative considered"
            } else {
                "not all alternatives considered"
            };
            Says::found(
                format!("{head}; {}", few(open)),
                "say in `alternatives` why it is not enough, or waive until a date",
            )
        }
    };
    vec![Said::at(spot, says)]
}

/// Whether another package gives the same capability: one that is approved, or one of the same
/// proposal that leaves this one nothing of its own.
pub(super) fn duplicate(case: &Case<'_>) -> Vec<Said> {
    let package = case.package;
    let own = capabilities(package);
    let mut said = Vec::new();
    let mut seen = BTreeSet::new();
    for (other, state) in beside(case, &own) {
        let source = other.source.as_str();
        if spoken_of(package, source) || !seen.insert(source) {
            continue;
        }
        let theirs = capabilities(other);
        let same: Vec<&str> = own.intersection(&theirs).copied().collect();
        if !same.is_empty() {
            said.push(Says::found(
                format!("{source} gives {} and {state}", few(&same)),
                format!(
                    "say in `alternatives` why {source} is not enough, write replaces = \"{source}\", or take one of them out"
                ),
            ));
        }
    }
    if said.is_empty() {
        said.push(Says::fine("nothing else gives the same capability"));
    }
    let spot = &package.source.spot;
    said.into_iter().map(|says| Said::at(spot, says)).collect()
}

fn capabilities(package: &Package) -> BTreeSet<&str> {
    package.capabilities.iter().map(Placed::as_str).collect()
}

/// Whether a package that is to be removed is still needed.
pub(super) fn removal(case: &Case<'_>) -> Vec<Said> {
    let source = &case.package.source;
    let needs = case.world.needed.get(source.as_str());
    let Some(needs) = needs.filter(|needs| !needs.is_empty()) else {
        let says = Says::fine("nothing needs it any more");
        return vec![Said::at(&source.spot, says)];
    };
    needs
        .iter()
        .map(|need| {
            let chain = match need.chain.as_slice() {
                [] | [_] => String::new(),
                steps => format!(": {}", steps.join(" → ")),
            };
            Said {
                chain: need.chain.clone(),
                ..Said::at(
                    &source.spot,
                    Says::found(
                        format!("{} still needs it{chain}", need.who),
                        "take it out there first, or keep it",
                    ),
                )
            }
        })
        .collect()
}

/// The requirements that a package serves: those it names, and those of its capabilities.
fn served<'a>(case: &Case<'a>, package: &'a Package) -> BTreeSet<&'a str> {
    let catalogue = case.world.catalogue;
    let mut served: BTreeSet<&str> = package.requirements.iter().map(Placed::as_str).collect();
    for name in &package.capabilities {
        if let Some(capability) = catalogue.capabilities.get(name.as_str()) {
            served.extend(capability.requirements.iter().map(String::as_str));
        }
    }
    served
}

/// Approved packages of other sources for a suite of this one, each with what `of` says of it.
fn others<'a, T>(case: &Case<'a>, of: impl Fn(&'a Package) -> T) -> Vec<(&'a str, T)> {
    let mut seen = BTreeSet::new();
    approved(case)
        .filter(|other| seen.insert(other.source.as_str()))
        .map(|other| (other.source.as_str(), of(other)))
        .collect()
}

/// Packages of other sources, each with how it stands: the approved ones, and those of the same
/// proposal that give everything this one gives. Of two that give the same the later is looked at.
fn beside<'a>(case: &Case<'a>, own: &BTreeSet<&str>) -> Vec<(&'a Package, &'static str)> {
    let mut before = true;
    let mut same = Vec::new();
    for other in &case.proposal.packages {
        if other.source == case.package.source {
            before = false;
            continue;
        }
        let theirs = capabilities(other);
        let all = own.is_subset(&theirs) && (before || own.len() < theirs.len());
        if all && other.state == State::Proposed {
            same.push((other, "is proposed, too"));
        }
    }
    approved(case)
        .map(|other| (other, "is approved"))
        .chain(same)
        .collect()
}

/// Approved packages of other sources that are for the target in a suite of this one.
fn approved<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a Package> {
    let own = case.package.source.as_str();
    let suites: Vec<&str> = case.suites().collect();
    let this = case.proposal.id;
    let replaces = case.package.replaces.as_ref().map(Placed::as_str);
    let lists = case.world.lists;
    case.world
        .approved
        .iter()
        .copied()
        .filter(move |proposal| proposal.id != this)
        .flat_map(|proposal| &proposal.packages)
        .filter(move |other| {
            let source = other.source.as_str();
            let on_list = |suite: &&str| lists.get(*suite).is_some_and(|list| list.has(source));
            other.state.is_wanted()
                && source != own
                && Some(source) != replaces
                && suites.iter().any(on_list)
        })
}

/// Whether a package names another among its alternatives.
fn spoken_of(package: &Package, other: &str) -> bool {
    alternative_names(package).contains(&other)
}

fn alternative_names(package: &Package) -> Vec<&str> {
    let alternatives = package.alternatives.iter();
    alternatives.map(|one| one.package.as_str()).collect()
}

fn texts(placed: &[Placed]) -> String {
    let texts: Vec<&str> = placed.iter().map(Placed::as_str).collect();
    few(&texts)
}
