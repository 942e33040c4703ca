//! Rules about who cares for a package, and until when.

use std::cmp::Ordering;

use formwork_model::proposal::Proposal;

use super::World;
use super::case::{ASK, Case, FETCH, Said, Says, few};
use super::facts::SourceFacts;
use super::support::{Care, SuiteDates, dates};

const DAY: i64 = 86_400;

/// Whether the last upload is recent enough.
pub(super) fn upload_age(case: &Case<'_>) -> Vec<Said> {
    let limit = case.world.policy.limits.upload_age_days;
    case.by_suite(|suite, facts| {
        let binaries = case.binaries(suite, facts);
        let uploads = binaries
            .iter()
            .filter_map(|(_, one)| one.contents.as_ref()?.uploaded);
        let Some(uploaded) = uploads.max() else {
            return vec![Says::unknown(
                "the date of the last upload is not known",
                FETCH,
            )];
        };
        let days = case.world.today.0.saturating_sub(uploaded.0) / DAY;
        let told = format!("last upload {} ({} days ago)", uploaded.date(), days.max(0));
        vec![if u64::try_from(days).is_ok_and(|days| days > limit) {
            Says::found(
                format!("{told}, more than {limit}"),
                "find out whether it is still cared for, and waive with what you found",
            )
        } else {
            Says::fine(told)
        }]
    })
}

/// Whether somebody maintains it.
pub(super) fn maintainer(case: &Case<'_>) -> Vec<Said> {
    let oldest = &case.world.policy.limits.standards_version;
    case.by_suite(|suite, facts| {
        let source = case.package.source.as_str();
        let Some(sources) = &facts.sources else {
            return vec![Says::unknown(
                "the maintainer is not known without the index of sources",
                ASK,
            )];
        };
        let Some(facts) = sources.get(source) else {
            return vec![Says::unknown(
                format!("the maintainer is not known, as {suite} has no source {source}"),
                ASK,
            )];
        };
        let faults = faults(facts, oldest);
        vec![if faults.is_empty() {
            Says::fine(format!("maintained by {}", name(&facts.maintainer)))
        } else {
            Says::found(
                few(&faults),
                "find out who cares for it, and waive with what you found",
            )
        }]
    })
}

/// What is wrong with the upkeep of a source.
fn faults(facts: &SourceFacts, oldest: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if facts.is_orphaned() {
        faults.push("orphaned: the maintainer is Debian's QA group".to_owned());
    }
    if !facts.version_control {
        faults.push("names no version control (Vcs-*)".to_owned());
    }
    match &facts.standards_version {
        Some(version) if compare_numbers(version, oldest).is_lt() => {
            faults.push(format!("follows policy {version}, older than {oldest}"));
        }
        Some(_) => {}
        None => faults.push("names no Standards-Version".to_owned()),
    }
    faults
}

/// Compares versions of Debian Policy: number by number.
fn compare_numbers(left: &str, right: &str) -> Ordering {
    let numbers = |text: &str| -> Vec<u64> {
        text.split('.')
            .map(|part| part.parse().unwrap_or(0))
            .collect()
    };
    numbers(left).cmp(&numbers(right))
}

/// A maintainer without the address.
fn name(maintainer: &str) -> &str {
    maintainer.split('<').next().unwrap_or_default().trim()
}

/// Whether somebody cares for each suite of the proposal for long enough.
pub(super) fn care_dates(world: &World<'_>, proposal: &Proposal) -> Vec<Said> {
    proposal
        .suites
        .iter()
        .map(|suite| {
            let says = match dates(suite.as_str()) {
                Some(dates) => care(&dates, world),
                None => Says::unknown(
                    format!("until when {suite} is cared for is not known"),
                    "propose for a suite of Debian, or waive with who cares for it",
                ),
            };
            Said {
                suites: vec![suite.text.clone()],
                ..Said::at(&suite.spot, says)
            }
        })
        .collect()
}

fn care(dates: &SuiteDates, world: &World<'_>) -> Says {
    let until = world.policy.limits.cared_until;
    let day = until.unwrap_or(world.today).max(world.today);
    let told = format!("{}: {}", dates.suite, dates.told());
    let by = |care: Care| match care {
        Care::Regular => "by Debian",
        Care::Lts => "by Debian LTS",
        _ => "by ELTS, for what its sponsors list",
    };
    match dates.care(day) {
        Care::Unknown => Says::unknown(
            format!("until when {} is cared for is not known", dates.suite),
            "wait for its release",
        ),
        Care::Ended => Says::found(
            format!("{told}; nobody cares for it on {}", day.date()),
            "move to a later suite: formwork migrate --to SUITE",
        ),
        care @ (Care::Lts | Care::Elts) if until.is_none() => Says::found(
            format!("{told}; today it is cared for {}", by(care)),
            "see that the sponsors' list has every package, or move to a later suite",
        ),
        care => Says::fine(format!("{told}; on {} cared for {}", day.date(), by(care))),
    }
}
