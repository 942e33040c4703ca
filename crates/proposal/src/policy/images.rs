//! The rules for a whole project: what images install against the approved lists, and waivers.

use std::collections::{BTreeMap, BTreeSet};

use formwork_deb::time::Timestamp;
use formwork_model::approved::ApprovedList;
use formwork_model::documents::{Finding, FindingState, Severity, Waiver};
use formwork_model::policy::{Policy, Rule};
use formwork_model::source::Spot;

use super::case::{counted, few, length};
use super::{holds, project_waiver, severity};

/// What an image installs in one suite on one architecture.
#[derive(Clone, Debug)]
pub struct Installed<'a> {
    /// The image.
    pub image: &'a str,
    /// The suite.
    pub suite: &'a str,
    /// The architecture.
    pub architecture: &'a str,
    /// Where the image is described, for what no wish of it stands for.
    pub spot: Spot,
    /// What it wishes, each with its place.
    pub wishes: BTreeMap<&'a str, &'a Spot>,
    /// The packages: source by binary.
    pub packages: BTreeMap<&'a str, &'a str>,
}

/// Finds the chain of packages to a binary of the image at a place of the list.
pub type Chain<'a> = dyn Fn(usize, &str) -> Vec<String> + 'a;

/// What the project is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Project<'a> {
    /// What it demands.
    pub policy: &'a Policy,
    /// The approved list of each suite.
    pub lists: &'a BTreeMap<String, ApprovedList>,
    /// The day by which dates are judged.
    pub today: Timestamp,
}

impl Project<'_> {
    /// What images install that no approved proposal covers.
    #[must_use]
    pub fn uncovered(&self, images: &[Installed<'_>], chain: &Chain<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let rules = [Rule::Unapproved, Rule::Growth];
        if rules.iter().all(|rule| self.severity(*rule).is_none()) {
            return findings;
        }
        for (at, image) in images.iter().enumerate() {
            let chain = |name: &str| chain(at, name);
            let found = match self.lists.get(image.suite) {
                Some(list) => self.outside(image, list, &chain),
                None => self.no_list(image).into_iter().collect(),
            };
            for finding in found {
                merge(&mut findings, finding);
            }
        }
        findings
    }

    /// That it is not known what images install, as nothing is locked.
    #[must_use]
    pub fn unlocked(&self, file: &str) -> Option<Finding> {
        let severity = self.severity(Rule::Unapproved)?;
        let finding = Finding {
            state: FindingState::Unknown,
            message: "what images install is not known: nothing is locked yet".to_owned(),
            satisfy: Some("lock it: formwork lock".to_owned()),
            ..bare(Rule::Unapproved, severity, file, 1)
        };
        Some(self.waived(finding, Rule::Unapproved, &[]))
    }

    /// The one finding for an image in whose suite nothing is approved.
    fn no_list(&self, image: &Installed<'_>) -> Option<Finding> {
        let message = format!(
            "no proposal is approved for {}: nothing of the image is covered ({})",
            image.suite,
            counted(
                length(&image.packages.keys().collect::<Vec<_>>()),
                "package"
            )
        );
        let mut finding = self.finding(Rule::Unapproved, image, &image.spot, message)?;
        finding.satisfy = Some("propose its packages: formwork propose new".to_owned());
        Some(self.waived(finding, Rule::Unapproved, &[]))
    }

    /// A finding for each source of an image that is not on the list.
    fn outside(
        &self,
        image: &Installed<'_>,
        list: &ApprovedList,
        chain: &dyn Fn(&str) -> Vec<String>,
    ) -> Vec<Finding> {
        let mut sources: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (binary, source) in &image.packages {
            if !list.has(source) {
                sources.entry(source).or_default().push(binary);
            }
        }
        let mut findings: Vec<Finding> = sources
            .iter()
            .filter_map(|(source, binaries)| self.outsider(image, list, (source, binaries), chain))
            .collect();
        if findings.is_empty() && sources.is_empty() {
            let count = counted(
                u64::try_from(image.packages.len()).unwrap_or(u64::MAX),
                "package",
            );
            let message = format!("{count} of the image, all covered");
            let fine = self.finding(Rule::Unapproved, image, &image.spot, message);
            findings.extend(fine.map(|fine| Finding {
                state: FindingState::Fine,
                ..fine
            }));
        }
        findings
    }

    /// The finding for one source that is not on the list.
    fn outsider(
        &self,
        image: &Installed<'_>,
        list: &ApprovedList,
        (source, binaries): (&str, &[&str]),
        chain: &dyn Fn(&str) -> Vec<String>,
    ) -> Option<Finding> {
        let mut chains: Vec<Vec<String>> = binaries.iter().map(|name| chain(name)).collect();
        chains.sort_by_key(|chain| (chain.is_empty(), chain.len()));
        let chain = chains.into_iter().next().unwrap_or_default();
        let covered = |name: &&String| {
            let own = image.packages.get(name.as_str());
            own.is_some_and(|source| list.has(source))
        };
        // The last approved package on the way is the one that has grown.
        let by = chain.iter().rev().find(covered);
        let rule = if by.is_some() {
            Rule::Growth
        } else {
            Rule::Unapproved
        };
        let what = match binaries {
            [one] if *one == source => source.to_owned(),
            many => format!("{source} (source of {})", few(many)),
        };
        let way = match chain.as_slice() {
            [] | [_] => String::new(),
            steps => format!(": {}", steps.join(" → ")),
        };
        let message = match by {
            Some(by) => format!("{what} came in through {by}, which is approved without it{way}"),
            None => format!("{what} is covered by no approved proposal{way}"),
        };
        let first = chain
            .first()
            .and_then(|name| image.wishes.get(name.as_str()));
        let mut finding = self.finding(rule, image, first.unwrap_or(&&image.spot), message)?;
        finding.package = Some(source.to_owned());
        finding.chain = chain;
        finding.satisfy = Some("propose it, or take out what brings it".to_owned());
        let mut names = vec![source];
        names.extend(binaries);
        Some(self.waived(finding, rule, &names))
    }

    /// Approved sources that no image installs.
    #[must_use]
    pub fn unused(&self, images: &[Installed<'_>], file: &str) -> Vec<Finding> {
        let Some(severity) = self.severity(Rule::Unused) else {
            return Vec::new();
        };
        let mut findings = Vec::new();
        for (suite, list) in self.lists {
            let in_suite = images.iter().filter(|image| image.suite == suite);
            let used: BTreeSet<&str> = in_suite
                .flat_map(|image| image.packages.values().copied())
                .collect();
            for (source, approved) in &list.sources {
                if approved.build_only || used.contains(source.as_str()) {
                    continue;
                }
                let finding = Finding {
                    package: Some(source.clone()),
                    suites: vec![suite.clone()],
                    message: format!("{source} is approved for {suite}, and no image installs it"),
                    satisfy: Some(
                        "take it off the list: a proposal with state = \"remove\"".to_owned(),
                    ),
                    ..bare(Rule::Unused, severity, file, 1)
                };
                findings.push(self.waived(finding, Rule::Unused, &[source]));
            }
        }
        findings
    }

    /// Waivers whose last day has passed.
    #[must_use]
    pub fn expired(&self) -> Vec<Finding> {
        let Some(severity) = self.severity(Rule::WaiverExpired) else {
            return Vec::new();
        };
        let waivers = self.policy.waivers.iter();
        let over = waivers.filter(|waiver| !holds(waiver.until, self.today));
        over.map(|waiver| Finding {
            package: waiver.package.clone(),
            image: waiver.image.clone(),
            message: format!(
                "the waiver for {} expired on {} ({})",
                waiver.rule.as_str(),
                waiver.until.date(),
                waiver.reason
            ),
            satisfy: Some("satisfy the rule, or decide again until when".to_owned()),
            ..bare(
                Rule::WaiverExpired,
                severity,
                &waiver.spot.file,
                waiver.spot.line,
            )
        })
        .collect()
    }

    fn severity(&self, rule: Rule) -> Option<Severity> {
        severity(self.policy.level(rule))
    }

    /// A finding about an image.
    fn finding(
        &self,
        rule: Rule,
        image: &Installed<'_>,
        spot: &Spot,
        message: String,
    ) -> Option<Finding> {
        let severity = self.severity(rule)?;
        Some(Finding {
            suites: vec![image.suite.to_owned()],
            image: Some(image.image.to_owned()),
            message,
            ..bare(rule, severity, &spot.file, spot.line)
        })
    }

    /// The finding, let through if a waiver says so.
    fn waived(&self, finding: Finding, rule: Rule, names: &[&str]) -> Finding {
        let image = finding.image.clone();
        let waiver: Option<Waiver> =
            project_waiver(self.policy, rule, names, image.as_deref(), self.today);
        match waiver {
            Some(waiver) => Finding {
                state: FindingState::Waived,
                waiver: Some(waiver),
                ..finding
            },
            None => finding,
        }
    }
}

/// The same finding for a second architecture is told once.
fn merge(findings: &mut Vec<Finding>, finding: Finding) {
    if !findings.contains(&finding) {
        findings.push(finding);
    }
}

/// A finding about nothing yet.
fn bare(rule: Rule, severity: Severity, file: &str, line: u64) -> Finding {
    Finding {
        rule: rule.as_str().to_owned(),
        severity,
        state: FindingState::Found,
        package: None,
        suites: Vec::new(),
        image: None,
        file: file.to_owned(),
        line,
        message: String::new(),
        satisfy: None,
        waiver: None,
        chain: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use formwork_model::approved::ApprovedSource;
    use formwork_model::policy::{self, Level};
    use formwork_model::source::Source;

    fn spot(line: usize) -> Spot {
        let text = "\n".repeat(line);
        Source::new("images/gateway.toml", &text).spot(&(line - 1..line - 1))
    }

    fn lists(sources: &[&str]) -> BTreeMap<String, ApprovedList> {
        let list = ApprovedList {
            suite: "bookworm".to_owned(),
            sources: sources
                .iter()
                .map(|name| ((*name).to_owned(), ApprovedSource::default()))
                .collect(),
        };
        BTreeMap::from([("bookworm".to_owned(), list)])
    }

    fn image<'a>(wish: &'a Spot) -> Installed<'a> {
        Installed {
            image: "gateway",
            suite: "bookworm",
            architecture: "amd64",
            spot: spot(1),
            wishes: BTreeMap::from([("nginx", wish)]),
            packages: BTreeMap::from([
                ("nginx", "nginx"),
                ("libssl3", "openssl"),
                ("libfoo1", "foo"),
            ]),
        }
    }

    fn chain(_: usize, name: &str) -> Vec<String> {
        let chain: &[&str] = match name {
            "libfoo1" => &["nginx", "libssl3", "libfoo1"],
            "libssl3" => &["nginx", "libssl3"],
            _ => &["nginx"],
        };
        chain.iter().map(|name| (*name).to_owned()).collect()
    }

    fn check(policy: &Policy, sources: &[&str]) -> Vec<(String, FindingState, u64, String)> {
        let project = Project {
            policy,
            lists: &lists(sources),
            today: Timestamp::parse_date("2026-11-22").unwrap(),
        };
        let wish = spot(7);
        let images = [image(&wish), image(&wish)];
        project
            .uncovered(&images, &chain)
            .into_iter()
            .map(|one| (one.rule, one.state, one.line, one.message))
            .collect()
    }

    #[test]
    fn what_no_proposal_covers_is_told_with_its_chain() {
        let policy = Policy::default();
        let found = check(&policy, &["openssl"]);
        assert_eq!(
            found,
            [
                (
                    "growth".to_owned(),
                    FindingState::Found,
                    7,
                    "foo (source of libfoo1) came in through libssl3, which is approved without it: nginx → libssl3 → libfoo1".to_owned()
                ),
                (
                    "unapproved".to_owned(),
                    FindingState::Found,
                    7,
                    "nginx is covered by no approved proposal".to_owned()
                ),
            ]
        );
        let all = check(&policy, &["openssl", "nginx", "foo"]);
        assert_eq!(all[0].1, FindingState::Fine);
        assert_eq!(all.len(), 1);
    }

    #[test]
    fn waivers_and_levels_hold_for_images() {
        let mut policy = Policy::default();
        policy.levels.insert(Rule::Growth, Level::Off);
        policy.waivers.push(policy::Waiver {
            rule: Rule::Unapproved,
            package: Some("nginx".to_owned()),
            image: Some("gateway".to_owned()),
            until: Timestamp::parse_date("2026-11-22").unwrap(),
            reason: "being proposed".to_owned(),
            spot: spot(3),
        });
        let found = check(&policy, &["openssl"]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].1, FindingState::Waived);
    }

    #[test]
    fn a_suite_without_a_list_is_told_once() {
        let policy = Policy::default();
        let wish = spot(7);
        let lists = BTreeMap::new();
        let project = Project {
            policy: &policy,
            lists: &lists,
            today: Timestamp(0),
        };
        let found = project.uncovered(&[image(&wish)], &chain);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].message.ends_with("(3 packages)"),
            "{}",
            found[0].message
        );
    }

    #[test]
    fn what_nothing_uses_is_told_if_asked() {
        let mut policy = Policy::default();
        let wish = spot(7);
        let lists = lists(&["nginx", "acl"]);
        let of = |policy: &Policy| {
            let project = Project {
                policy,
                lists: &lists,
                today: Timestamp(0),
            };
            project.unused(&[image(&wish)], "formwork.toml")
        };
        assert!(of(&policy).is_empty(), "off unless asked");
        policy.levels.insert(Rule::Unused, Level::Warn);
        let found = of(&policy);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].package.as_deref(), Some("acl"));
    }
}
