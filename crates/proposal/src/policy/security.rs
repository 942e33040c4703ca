//! Rules about security support and open vulnerabilities.

use formwork_deb::time::Timestamp;
use formwork_model::policy::Urgency;
use formwork_model::proposal::Proposal;

use super::case::{ASK, Case, Said, Says, counted, few, length};
use super::facts::SuiteFacts;
use super::support::{Details, Lesser, dates, lesser};
use super::vulnerabilities::{Issue, Vulnerabilities, tracked_source};
use super::{World, holds};

/// Whether security support has ended.
pub(super) fn support_ended(case: &Case<'_>) -> Vec<Said> {
    by_support(case, |suite, lesser| match lesser {
        Some(Lesser::Ended(day, details)) => {
            let over = Timestamp::parse_date(day).map_or(true, |day| !holds(day, case.world.today));
            let verb = if over { "ended" } else { "ends" };
            Says::found(
                format!(
                    "security support in {suite} {verb} on {day}{}",
                    why(details)
                ),
                "choose another package, or waive with who will fix it instead",
            )
        }
        _ => Says::fine("security support has not ended"),
    })
}

/// Whether security support is limited.
pub(super) fn support_limited(case: &Case<'_>) -> Vec<Said> {
    by_support(case, |suite, lesser| match lesser {
        Some(Lesser::Limited(details)) => Says::found(
            format!("security support in {suite} is limited{}", why(details)),
            "see that it is used within these limits, and waive with how",
        ),
        _ => Says::fine("security support is not limited"),
    })
}

/// Asks for each suite of Debian; of others nothing is known.
fn by_support(case: &Case<'_>, ask: impl Fn(&str, Option<&Lesser>) -> Says) -> Vec<Said> {
    case.by_known_suite(|suite, _| {
        if dates(suite).is_none() {
            return vec![Says::unknown(
                format!("security support in {suite}, no suite of Debian, is not known"),
                "propose for a suite of Debian, or waive with who fixes it",
            )];
        }
        vec![ask(
            suite,
            lesser(suite, case.package.source.as_str()).as_ref(),
        )]
    })
}

fn why(details: &Details) -> String {
    match details.told() {
        told if told.is_empty() => String::new(),
        told => format!(": {told}"),
    }
}

/// Whether vulnerabilities of the urgency that counts are open.
pub(super) fn vulnerabilities(case: &Case<'_>) -> Vec<Said> {
    match case.world.vulnerabilities {
        Some(data) => case.by_suite(|suite, facts| vec![judge(case, data, suite, facts)]),
        // Told once for the whole proposal.
        None => Vec::new(),
    }
}

/// That no vulnerability data is loaded, if none is.
pub(super) fn no_data(world: &World<'_>, proposal: &Proposal) -> Vec<Said> {
    if world.vulnerabilities.is_some() {
        return Vec::new();
    }
    let says = Says::unknown(
        "open vulnerabilities are not known: no data is loaded",
        "name a copy of the security tracker's data: [policy] vulnerability_data = \"…\"",
    );
    vec![Said::at(&proposal.status_spot, says)]
}

fn judge(case: &Case<'_>, data: &Vulnerabilities, suite: &str, facts: &SuiteFacts) -> Says {
    let source = case.package.source.as_str();
    let Some(version) = version(case, facts) else {
        return Says::unknown(
            format!("the version of {source} in {suite} is not known"),
            ASK,
        );
    };
    let Some(issues) = data.of(tracked_source(source)) else {
        return Says::unknown(
            format!("the vulnerability data say nothing of {source}"),
            "look whether the data are complete",
        );
    };
    let open: Vec<&Issue> = issues
        .iter()
        .filter(|issue| issue.is_open(suite, &version))
        .collect();
    let untold = issues.iter().filter(|issue| !issue.tells(suite)).count();
    let limit = case.world.policy.limits.urgency;
    let mut counting: Vec<&Issue> = open
        .iter()
        .copied()
        .filter(|issue| issue.urgency(suite) >= limit)
        .collect();
    counting.sort_by_key(|issue| std::cmp::Reverse(issue.urgency(suite)));
    if !counting.is_empty() {
        return Says::found(
            format!(
                "{}: {}",
                open_in_words(length(&counting)),
                by_urgency(&counting, suite)
            ),
            "wait for the fix, choose another package, or waive with why it does no harm here",
        );
    }
    if untold > 0 {
        let count = counted(u64::try_from(untold).unwrap_or(u64::MAX), "vulnerability");
        return Says::unknown(
            format!("the data do not tell of {count} whether {suite} has it"),
            "look whether the data are complete",
        );
    }
    Says::fine(match open.len() {
        0 => "no open vulnerability in the data".to_owned(),
        _ => format!("{} below {}", open_in_words(length(&open)), limit.as_str()),
    })
}

fn open_in_words(count: u64) -> String {
    format!("{} open", counted(count, "vulnerability"))
}

/// The version by which the tracker knows the source in a suite.
fn version(case: &Case<'_>, facts: &SuiteFacts) -> Option<String> {
    let source = case.package.source.as_str();
    let own = facts
        .sources
        .as_ref()
        .and_then(|sources| sources.get(source));
    let written = match own {
        Some(own) => own.version.as_str(),
        None => {
            let mut wanted = case.package.binaries.iter();
            let binary = wanted.find_map(|one| facts.binaries.get(one.name.as_str()))?;
            binary.source_version.as_str()
        }
    };
    // linux-signed-amd64 6.1.176+1 is made of linux 6.1.176-1.
    Some(match written.rsplit_once('+') {
        Some((front, number)) if tracked_source(source) != source => format!("{front}-{number}"),
        _ => written.to_owned(),
    })
}

/// `1 high (CVE-…), 2 not yet assigned (CVE-…, CVE-…)`.
fn by_urgency(issues: &[&Issue], suite: &str) -> String {
    let mut told = Vec::new();
    for urgency in Urgency::ALL.into_iter().rev() {
        let ids: Vec<&str> = issues
            .iter()
            .filter(|issue| issue.urgency(suite) == urgency)
            .map(|issue| issue.id.as_str())
            .collect();
        if !ids.is_empty() {
            told.push(format!(
                "{} {} ({})",
                ids.len(),
                urgency.as_str(),
                few(&ids)
            ));
        }
    }
    told.join(", ")
}
