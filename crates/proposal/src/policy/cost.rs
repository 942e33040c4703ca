//! Rules about what a package brings along.

use super::case::{ASK, Case, Said, Says, bytes, counted, few, length};
use super::facts::{Cost, SuiteFacts, interpreter};
use crate::flat::{Closed, ClosedPackage};
use formwork_model::approved::ApprovedList;
use std::collections::BTreeSet;

/// Whether source and binaries are there and can be installed.
pub(super) fn available(case: &Case<'_>) -> Vec<Said> {
    case.by_suite(|suite, facts| {
        let mut said = Vec::new();
        let source = case.package.source.as_str();
        if let Some(sources) = &facts.sources
            && !sources.contains_key(source)
        {
            said.push(Says::found(
                format!("{suite} has no source {source}"),
                "name the source as this suite does, or give the entry `suites`",
            ));
        }
        said.extend(missing(case, suite, facts));
        if let Some(Cost {
            conflict: Some(conflict),
            ..
        }) = facts.costs.get(source)
        {
            said.push(Says::found(
                format!("cannot be installed in {suite}: {conflict}"),
                "name a provider, or other binaries",
            ));
        }
        if said.is_empty() {
            said.push(Says::fine("there in every suite it is proposed for"));
        }
        said
    })
}

/// Wanted binaries that are not there.
fn missing(case: &Case<'_>, suite: &str, facts: &SuiteFacts) -> Vec<Says> {
    let wanted = |name: &str| {
        let mut binaries = case.package.binaries.iter();
        binaries.any(|binary| binary.name.as_str() == name)
    };
    let missing = facts.missing.iter().filter(|(name, _)| wanted(name));
    missing
        .map(|(name, architecture)| {
            Says::found(
                format!("{suite} has no binary {name} for {architecture}"),
                format!(
                    "write \"{name} [!{architecture}]\" or \"{name} [!{suite}]\", or take it out"
                ),
            )
        })
        .collect()
}

/// What it adds to the approved list, against the limits.
pub(super) fn dependency_cost(case: &Case<'_>) -> Vec<Said> {
    case.by_suite(
        |_, facts| match facts.costs.get(case.package.source.as_str()) {
            Some(cost) if cost.conflict.is_none() => judge(case, cost),
            _ => vec![Says::unknown(
                "what it brings along could not be resolved",
                ASK,
            )],
        },
    )
}

fn judge(case: &Case<'_>, cost: &Cost) -> Vec<Says> {
    let limits = &case.world.policy.limits;
    let sources = length(&cost.new_sources);
    let told = format!(
        "adds {} and {} to the approved list, {} installed",
        counted(sources, "other source"),
        counted(cost.new_binaries, "binary"),
        bytes(cost.installed_size)
    );
    let mut over = Vec::new();
    if sources > limits.new_sources {
        over.push(format!(
            "more than {}: {}",
            counted(limits.new_sources, "source"),
            few(&cost.new_sources)
        ));
    }
    if cost.new_binaries > limits.new_binaries {
        over.push(format!(
            "more than {}",
            counted(limits.new_binaries, "binary")
        ));
    }
    if cost.installed_size > limits.installed_size {
        over.push(format!("more than {}", bytes(limits.installed_size)));
    }
    let mut said = vec![if over.is_empty() {
        Says::fine(told)
    } else {
        Says::found(
            format!("{told}; {}", over.join("; ")),
            "want fewer binaries, or waive with the reason why it is worth it",
        )
    }];
    if case.package.on_target {
        said.extend(interpreters(cost));
    }
    said
}

/// Interpreters that come to the target.
fn interpreters(cost: &Cost) -> Option<Says> {
    if cost.interpreters.is_empty() {
        return None;
    }
    let told: Vec<String> = cost
        .interpreters
        .iter()
        .map(|(name, approved)| match approved {
            true => format!("{name} (already approved)"),
            false => name.clone(),
        })
        .collect();
    let noun = if told.len() == 1 {
        "an interpreter"
    } else {
        "interpreters"
    };
    Some(Says::found(
        format!("brings {noun} to the target: {}", few(&told)),
        "choose a package without it, or waive with a reason",
    ))
}

/// What a source of a proposal brings along beyond the approved list, from the closure of the
/// whole proposal: all that its own wished binaries lead to. Nothing if it wishes none there.
#[must_use]
pub fn cost_of(closed: &Closed, approved: Option<&ApprovedList>, source: &str) -> Option<Cost> {
    let reached = reached(closed, source)?;
    let is_source = |name: &str| approved.is_some_and(|list| list.has(name));
    let is_binary = |package: &ClosedPackage| {
        let own = approved.and_then(|list| list.sources.get(&package.source));
        own.is_some_and(|own| own.binaries.contains_key(&package.name))
    };
    let mut cost = Cost::default();
    let mut sources = BTreeSet::new();
    for package in reached {
        if package.source != source && !is_source(&package.source) {
            sources.insert(package.source.clone());
        }
        if !is_binary(package) {
            cost.new_binaries += 1;
            cost.installed_size += package.installed_size;
        }
        if let Some(language) = interpreter(&package.name) {
            let approved = is_source(&package.source);
            let known = cost
                .interpreters
                .iter_mut()
                .find(|(name, _)| name == language);
            match known {
                Some((_, all)) => *all &= approved,
                None => cost.interpreters.push((language.to_owned(), approved)),
            }
        }
    }
    cost.interpreters.sort();
    cost.new_sources = sources.into_iter().collect();
    Some(cost)
}

/// The packages that the wished binaries of a source lead to, these among them.
fn reached<'a>(closed: &'a Closed, source: &str) -> Option<Vec<&'a ClosedPackage>> {
    let mut needs: Vec<Vec<usize>> = vec![Vec::new(); closed.packages.len()];
    for (at, package) in closed.packages.iter().enumerate() {
        for link in &package.needed_by {
            if let Some(list) = needs.get_mut(link.by) {
                list.push(at);
            }
        }
    }
    let own = |package: &ClosedPackage| package.source == source && package.wish.is_some();
    let mut seen: Vec<bool> = closed.packages.iter().map(own).collect();
    let mut open: Vec<usize> = (0..seen.len()).filter(|at| seen[*at]).collect();
    if open.is_empty() {
        return None;
    }
    while let Some(at) = open.pop() {
        for &next in &needs[at] {
            if !std::mem::replace(&mut seen[next], true) {
                open.push(next);
            }
        }
    }
    let reached = closed.packages.iter().zip(&seen);
    Some(
        reached
            .filter(|(_, seen)| **seen)
            .map(|(package, _)| package)
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flat::{Link, Wished};
    use formwork_model::approved::{ApprovedBinary, ApprovedSource};
    use std::collections::BTreeMap;

    fn package(name: &str, source: &str, by: &[usize]) -> ClosedPackage {
        let link = |&by: &usize| Link {
            by,
            relation: String::new(),
        };
        ClosedPackage {
            name: name.to_owned(),
            source: source.to_owned(),
            installed_size: 10,
            wish: by.is_empty().then_some(Wished::Always),
            needed_by: by.iter().map(link).collect(),
            ..ClosedPackage::default()
        }
    }

    #[test]
    fn each_source_pays_for_what_it_leads_to() {
        let closed = Closed {
            packages: vec![
                package("acl", "acl", &[]),
                package("fail2ban", "fail2ban", &[]),
                package("libc6", "glibc", &[0, 3, 4]),
                package("python3", "python3-defaults", &[1]),
                package("python3.11", "python3.11", &[3]),
            ],
            ..Closed::default()
        };
        let binaries = BTreeMap::from([("libc6".to_owned(), ApprovedBinary::default())]);
        let glibc = ApprovedSource {
            binaries,
            ..ApprovedSource::default()
        };
        let approved = ApprovedList {
            suite: "bookworm".to_owned(),
            sources: BTreeMap::from([
                ("glibc".to_owned(), glibc),
                ("python3.11".to_owned(), ApprovedSource::default()),
            ]),
        };
        let cost = cost_of(&closed, Some(&approved), "fail2ban").unwrap();
        assert_eq!(cost.new_sources, ["python3-defaults"]);
        assert_eq!((cost.new_binaries, cost.installed_size), (3, 30));
        assert_eq!(cost.interpreters, [("python3".to_owned(), false)]);
        let cost = cost_of(&closed, Some(&approved), "acl").unwrap();
        assert_eq!((cost.new_binaries, cost.new_sources.len()), (1, 0));
        let cost = cost_of(&closed, None, "acl").unwrap();
        assert_eq!((cost.new_binaries, cost.new_sources.len()), (2, 1));
        assert_eq!(cost_of(&closed, None, "glibc"), None);
    }
}
