//! What `propose check` and `check` answer.

use serde::Serialize;

use super::{Input, Waiver};

/// What the rules of a project find.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Findings {
    /// The format of this document.
    pub format: u32,
    /// The Releases it was made from.
    pub inputs: Vec<Input>,
    /// What was looked at: the file of a proposal, or `formwork.toml` for the whole project.
    pub subject: String,
    /// The day by which dates are judged.
    pub today: String,
    /// How many findings deny.
    pub denied: u64,
    /// How many warn; those that tell of something unknown are counted apart.
    pub warnings: u64,
    /// How many tell that something is not known.
    pub unknown: u64,
    /// How many are let through by a waiver.
    pub waived: u64,
    /// How many rules are kept.
    pub fine: u64,
    /// All of them: what is kept too, so that its facts can be read.
    pub findings: Vec<Finding>,
}

/// What one rule says of one thing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Finding {
    /// The rule.
    pub rule: String,
    /// How hard the rule is.
    pub severity: Severity,
    /// What it says.
    pub state: FindingState,
    /// The source package, if it is about one.
    pub package: Option<String>,
    /// The suites it is about; empty if about all or none.
    pub suites: Vec<String>,
    /// The image, if it is about one.
    pub image: Option<String>,
    /// The file, relative to the project.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// What was found, in one sentence without a full stop.
    pub message: String,
    /// What would satisfy the rule; null where nothing is missing.
    pub satisfy: Option<String>,
    /// The written leave by which it is let through.
    pub waiver: Option<Waiver>,
    /// The chain of packages by which something is needed, from the image's wish on.
    pub chain: Vec<String>,
}

/// How hard a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// It is told, and the answer is "no".
    Deny,
    /// It is told.
    Warn,
}

/// What a rule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FindingState {
    /// It is not kept.
    Found,
    /// Whether it is kept is not known; a rule that denies then denies.
    Unknown,
    /// It is not kept, and that is let through.
    Waived,
    /// It is kept.
    Fine,
}

impl Findings {
    /// Puts findings in order and counts them.
    #[must_use]
    pub fn new(
        inputs: Vec<Input>,
        subject: String,
        today: String,
        mut findings: Vec<Finding>,
    ) -> Findings {
        let place = |finding: &Finding| (finding.file.clone(), finding.line);
        // Stable: rules keep their order within a line.
        findings.sort_by_key(place);
        let count = |test: &dyn Fn(&Finding) -> bool| {
            u64::try_from(findings.iter().filter(|finding| test(finding)).count())
                .unwrap_or(u64::MAX)
        };
        Findings {
            format: super::FORMAT,
            inputs,
            subject,
            today,
            denied: count(&Finding::denies),
            warnings: count(&|finding| {
                finding.severity == Severity::Warn && finding.state == FindingState::Found
            }),
            unknown: count(&|finding| {
                finding.severity == Severity::Warn && finding.state == FindingState::Unknown
            }),
            waived: count(&|finding| finding.state == FindingState::Waived),
            fine: count(&|finding| finding.state == FindingState::Fine),
            findings,
        }
    }
}

impl Finding {
    /// Whether it makes the answer "no".
    #[must_use]
    pub fn denies(&self) -> bool {
        self.severity == Severity::Deny
            && matches!(self.state, FindingState::Found | FindingState::Unknown)
    }
}
