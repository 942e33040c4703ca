//! The rules of `[policy]`, applied to a proposal: what is kept, what is not, and what would help.
//!
//! [`check`] looks at each package that is reviewed now, rule by rule, and gives one finding for
//! each thing it looked at, also where all is well: the facts behind it are then in the answer.
//! What the archive, the files of packages and other data say comes in as [`World`].

mod case;
mod cost;
mod facts;
mod images;
mod security;
mod ships;
mod stated;
mod support;
mod upkeep;
mod vulnerabilities;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use formwork_deb::time::Timestamp;
use formwork_model::approved::ApprovedList;
use formwork_model::documents::{Finding, FindingState, Severity, Waiver};
use formwork_model::policy::{self, Level, Policy, Rule};
use formwork_model::proposal::{Package, Proposal, State};
use formwork_model::requirement::Catalogue;

use case::{Case, Said, Says};
pub use cost::cost_of;
pub use facts::{BinaryFacts, Contents, Cost, SourceFacts, SuiteFacts, interpreter};
pub use images::{Chain, Installed, Project};
pub use support::{AS_OF, Care, Lesser, SuiteDates, dates, lesser, matches_pattern};
pub use vulnerabilities::{Issue, Vulnerabilities};

/// All that is known when a proposal is checked.
#[derive(Clone, Debug)]
pub struct World<'a> {
    /// What the project demands.
    pub policy: &'a Policy,
    /// Requirements, capabilities and features.
    pub catalogue: &'a Catalogue,
    /// The proposals of the project that are approved.
    pub approved: Vec<&'a Proposal>,
    /// The approved list of each suite.
    pub lists: &'a BTreeMap<String, ApprovedList>,
    /// What is known of the packages, by suite; a suite that is not there could not be asked.
    pub suites: BTreeMap<String, SuiteFacts>,
    /// Who needs a source that is to be removed.
    pub needed: BTreeMap<String, Vec<Need>>,
    /// The vulnerability data, if any is loaded.
    pub vulnerabilities: Option<&'a Vulnerabilities>,
    /// The day by which dates are judged.
    pub today: Timestamp,
}

/// Somebody who needs a source that is to be removed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// `the image gateway (bookworm amd64)`, `proposal 2 (Security packages)`.
    pub who: String,
    /// The packages that lead to it, where known.
    pub chain: Vec<String>,
}

/// Looks at one package by one rule.
type Check = fn(&Case<'_>) -> Vec<Said>;

/// The rules for packages that are wanted, in the order in which they are told.
const WANTED: &[(Rule, Check)] = &[
    (Rule::Reason, stated::reason),
    (Rule::Requirement, stated::requirement),
    (Rule::Needs, stated::needs),
    (Rule::Alternatives, stated::alternatives),
    (Rule::Duplicate, stated::duplicate),
    (Rule::Available, cost::available),
    (Rule::DependencyCost, cost::dependency_cost),
    (Rule::UploadAge, upkeep::upload_age),
    (Rule::Maintainer, upkeep::maintainer),
    (Rule::SupportEnded, security::support_ended),
    (Rule::SupportLimited, security::support_limited),
    (Rule::Licence, ships::licence),
    (Rule::NetworkFacing, ships::network_facing),
    (Rule::Setuid, ships::setuid),
    (Rule::FileCapabilities, ships::file_capabilities),
    (Rule::Services, ships::services),
    (Rule::Vulnerabilities, security::vulnerabilities),
];

/// Applies all rules to a proposal.
#[must_use]
pub fn check(world: &World<'_>, proposal: &Proposal) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |rule: Rule, package: Option<&Package>, said: Vec<Said>| {
        let finder = Finder {
            world,
            rule,
            package,
        };
        findings.extend(said.into_iter().filter_map(|said| finder.finding(said)));
    };
    add(Rule::CareDates, None, upkeep::care_dates(world, proposal));
    add(
        Rule::Vulnerabilities,
        None,
        security::no_data(world, proposal),
    );
    for package in &proposal.packages {
        let case = Case {
            world,
            proposal,
            package,
        };
        match package.state {
            State::Remove => add(Rule::Removal, Some(package), stated::removal(&case)),
            state if state.is_wanted() => {
                for (rule, check) in WANTED {
                    add(*rule, Some(package), check(&case));
                }
            }
            _ => continue,
        }
        let expired = expired(world, package);
        add(Rule::WaiverExpired, Some(package), expired);
    }
    findings
}

/// The waivers for a package whose last day has passed.
fn expired(world: &World<'_>, package: &Package) -> Vec<Said> {
    let own = |name: &Option<String>| name.as_deref() == Some(package.source.as_str());
    let waivers = world.policy.waivers.iter();
    waivers
        .filter(|waiver| own(&waiver.package) && !holds(waiver.until, world.today))
        .map(|waiver| Said::at(&waiver.spot, over(waiver)))
        .collect()
}

/// What is said of a waiver whose last day has passed.
fn over(waiver: &policy::Waiver) -> Says {
    let message = format!(
        "the waiver for {} expired on {} ({})",
        waiver.rule.as_str(),
        waiver.until.date(),
        waiver.reason
    );
    Says::found(message, "satisfy the rule, or decide again until when")
}

/// Whether a leave still holds; its last day counts in full.
#[must_use]
pub fn holds(until: Timestamp, today: Timestamp) -> bool {
    today.0 < until.0.saturating_add(86_400)
}

/// Makes findings of what a rule says.
struct Finder<'a> {
    world: &'a World<'a>,
    rule: Rule,
    package: Option<&'a Package>,
}

impl Finder<'_> {
    /// The finding, unless the rule is off.
    fn finding(&self, said: Said) -> Option<Finding> {
        let severity = severity(self.world.policy.level(self.rule))?;
        let (state, message, satisfy) = match said.says {
            Says::Fine(message) => (FindingState::Fine, message, None),
            Says::Found { message, satisfy } => (FindingState::Found, message, Some(satisfy)),
            Says::Unknown { message, satisfy } => (FindingState::Unknown, message, Some(satisfy)),
        };
        let waiver = self.waiver().filter(|_| state != FindingState::Fine);
        Some(Finding {
            rule: self.rule.as_str().to_owned(),
            severity,
            state: if waiver.is_some() {
                FindingState::Waived
            } else {
                state
            },
            package: self.package.map(|package| package.source.text.clone()),
            suites: said.suites,
            image: None,
            file: said.spot.file.clone(),
            line: said.spot.line,
            message,
            satisfy,
            waiver,
            chain: said.chain,
        })
    }

    /// The waiver that lets the finding through.
    fn waiver(&self) -> Option<Waiver> {
        let names = [self.package?.source.as_str()];
        project_waiver(self.world.policy, self.rule, &names, None, self.world.today)
    }
}

/// The waiver of the project for a rule that names one of these packages, or none at all.
#[must_use]
pub fn project_waiver(
    policy: &Policy,
    rule: Rule,
    packages: &[&str],
    image: Option<&str>,
    today: Timestamp,
) -> Option<Waiver> {
    let fits = |own: &Option<String>, names: &[&str]| {
        own.as_ref().is_none_or(|own| names.contains(&own.as_str()))
    };
    let images: Vec<&str> = image.into_iter().collect();
    let found = policy.waivers.iter().find(|waiver| {
        waiver.rule == rule
            && fits(&waiver.package, packages)
            && fits(&waiver.image, &images)
            && holds(waiver.until, today)
    })?;
    Some(Waiver {
        until: found.until.date(),
        reason: found.reason.clone(),
    })
}

/// How hard a finding is; none if the rule is off.
#[must_use]
pub fn severity(level: Level) -> Option<Severity> {
    match level {
        Level::Off => None,
        Level::Warn => Some(Severity::Warn),
        Level::Deny => Some(Severity::Deny),
    }
}
