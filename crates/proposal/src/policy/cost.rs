//! Rules about what a package brings along.

use super::case::{ASK, Case, Said, Says, bytes, counted, few, length};
use super::facts::{Cost, SuiteFacts};

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
