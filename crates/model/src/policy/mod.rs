//! `[policy]`: which checks hold in a project, how hard they are, and what is let through.
//!
//! ```toml
//! [policy]
//! alternatives = "deny"                 # a rule: off, warn or deny
//! vulnerability_data = "data/cve.json"  # a copy of the security tracker's data, for open CVEs
//!
//! [policy.limits]
//! upload_age_days = 1095                # from when a rule complains
//!
//! [[policy.waivers]]                    # what is let through
//! rule = "services"
//! package = "chrony"                    # a source; `image = "…"` where a rule is about one
//! until = "2027-01-31"
//! reason = "…"
//! ```
//!
//! What a waiver lets through is still told; one that has expired lets nothing through and is
//! itself a finding.

mod read;
mod rule;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use formwork_deb::time::Timestamp;

use crate::source::Spot;

pub(crate) use read::read;
pub use rule::Rule;

/// How hard a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// It is not looked at.
    Off,
    /// It is told.
    Warn,
    /// It is told, and the answer is "no".
    Deny,
}

impl Level {
    /// All of them, softest first.
    pub const ALL: [Level; 3] = [Level::Off, Level::Warn, Level::Deny];

    /// The word in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Off => "off",
            Level::Warn => "warn",
            Level::Deny => "deny",
        }
    }
}

/// How urgent a vulnerability is, by the words of Debian's security tracker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// No effect on the packages as Debian builds them.
    Unimportant,
    /// Low.
    Low,
    /// Nobody has judged it yet.
    NotYetAssigned,
    /// Medium.
    Medium,
    /// High.
    High,
    /// Open, and the suite is no longer cared for.
    EndOfLife,
}

impl Urgency {
    /// All of them, least first. One that nobody has judged stands above those judged low.
    pub const ALL: [Urgency; 6] = [
        Urgency::Unimportant,
        Urgency::Low,
        Urgency::NotYetAssigned,
        Urgency::Medium,
        Urgency::High,
        Urgency::EndOfLife,
    ];

    /// The tracker's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Urgency::Unimportant => "unimportant",
            Urgency::Low => "low",
            Urgency::NotYetAssigned => "not yet assigned",
            Urgency::Medium => "medium",
            Urgency::High => "high",
            Urgency::EndOfLife => "end-of-life",
        }
    }

    /// The urgency of a word; older data mark some words with `**`.
    #[must_use]
    pub fn named(word: &str) -> Option<Urgency> {
        let word = word.trim_end_matches('*');
        Urgency::ALL
            .into_iter()
            .find(|urgency| urgency.as_str() == word)
    }
}

/// From when rules complain that judge a number or a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many sources a package may add that are not approved yet, itself left aside.
    pub new_sources: u64,
    /// How many binaries it may add.
    pub new_binaries: u64,
    /// How much it may take when installed, with all it adds, in bytes.
    pub installed_size: u64,
    /// How old its last upload may be, in days.
    pub upload_age_days: u64,
    /// The oldest version of Debian Policy that it may follow, as `4.1`.
    pub standards_version: String,
    /// The day until which a suite must be cared for by somebody; without it today.
    pub cared_until: Option<Timestamp>,
    /// Licences that must not come onto the target; a `*` stands for any text.
    pub refused_licences: Vec<String>,
    /// From which urgency an open vulnerability counts.
    pub urgency: Urgency,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            new_sources: 10,
            new_binaries: 25,
            installed_size: 100_000_000,
            upload_age_days: 1_826,
            standards_version: "4.0".to_owned(),
            cared_until: None,
            refused_licences: Vec::new(),
            urgency: Urgency::NotYetAssigned,
        }
    }
}

/// A written leave for what a rule finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// The rule.
    pub rule: Rule,
    /// The source or binary package; `None`: all.
    pub package: Option<String>,
    /// The image; `None`: all.
    pub image: Option<String>,
    /// The last day on which it holds.
    pub until: Timestamp,
    /// Why.
    pub reason: String,
    /// Where it stands.
    pub spot: Spot,
}

/// What a project demands of its packages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// The rules that the project sets, each with its level.
    pub levels: BTreeMap<Rule, Level>,
    /// From when rules complain.
    pub limits: Limits,
    /// What is let through.
    pub waivers: Vec<Waiver>,
    /// The file of vulnerability data, relative to the project.
    pub vulnerability_data: Option<String>,
}

impl Policy {
    /// How hard a rule is here.
    #[must_use]
    pub fn level(&self, rule: Rule) -> Level {
        self.levels
            .get(&rule)
            .copied()
            .unwrap_or_else(|| rule.usual_level())
    }
}
