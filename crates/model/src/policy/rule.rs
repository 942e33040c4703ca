//! The rules by name: what each demands and how hard it is unless a project says otherwise.

use super::Level;

/// Declares the rules once: variant, name, usual level, what it demands.
macro_rules! rules {
    ($($variant:ident, $name:literal, $level:ident, $summary:literal;)*) => {
        /// A rule of `[policy]`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $(#[doc = $summary] $variant,)*
        }

        impl Rule {
            /// All of them, in the order in which they are told.
            pub const ALL: &'static [Rule] = &[$(Rule::$variant,)*];

            /// The name in files and answers.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Rule::$variant => $name,)* }
            }

            /// How hard it is unless the project says otherwise.
            #[must_use]
            pub fn usual_level(self) -> Level {
                match self { $(Rule::$variant => Level::$level,)* }
            }

            /// What it demands, in one sentence.
            #[must_use]
            pub fn summary(self) -> &'static str {
                match self { $(Rule::$variant => $summary,)* }
            }
        }
    };
}

rules! {
    Reason, "reason", Deny, "Every package says why it is wanted.";
    Requirement, "requirement", Deny, "Every package serves a capability or a requirement.";
    Needs, "needs", Warn, "Every package says which hardware and network it needs, if only none.";
    Alternatives, "alternatives", Warn, "What else serves the same requirement is named, with the reason why it was not chosen.";
    Duplicate, "duplicate", Warn, "No two packages serve the same capability.";
    Available, "available", Deny, "The source and the wanted binaries are in every suite.";
    DependencyCost, "dependency-cost", Warn, "What a package brings along stays within the limits, and brings no interpreter to the target.";
    UploadAge, "upload-age", Warn, "The last upload is not too long ago.";
    Maintainer, "maintainer", Warn, "Somebody maintains the package in Debian: no orphan, in version control, after a recent policy.";
    CareDates, "care-dates", Warn, "Every suite is cared for by Debian, Debian LTS or ELTS, for as long as is asked.";
    SupportEnded, "support-ended", Deny, "Security support for the package has not ended.";
    SupportLimited, "support-limited", Warn, "Security support for the package is not limited.";
    Licence, "licence", Warn, "The licences are known, and none of them is refused.";
    NetworkFacing, "network-facing", Warn, "What listens on the network or speaks over it says so in its needs.";
    Setuid, "setuid", Warn, "It ships no file that runs with the rights of another user or group.";
    FileCapabilities, "file-capabilities", Warn, "It ships no file with capabilities.";
    Services, "services", Warn, "It ships no service or socket unit.";
    Vulnerabilities, "vulnerabilities", Warn, "It has no open vulnerability of the urgency that counts.";
    Removal, "removal", Deny, "A package that is to be removed is needed by no image and no other proposal.";
    Unapproved, "unapproved", Warn, "An image installs nothing that no approved proposal covers.";
    Growth, "growth", Warn, "What an approved package needs has not grown since it was approved.";
    Unused, "unused", Off, "Every approved package is used by an image.";
    WaiverExpired, "waiver-expired", Warn, "No waiver has expired.";
}

impl Rule {
    /// The rule of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Rule> {
        Rule::ALL.iter().copied().find(|rule| rule.as_str() == name)
    }
}
