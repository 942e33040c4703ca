//! What `propose list` and `propose show` answer, and what every command that writes says it wrote.

use serde::Serialize;

use super::Input;

/// All proposals of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProposalList {
    /// The format of this document.
    pub format: u32,
    /// Empty: no archive is asked.
    pub inputs: Vec<Input>,
    /// The day by which dates are judged.
    pub today: String,
    /// The proposals, sorted by number.
    pub proposals: Vec<ProposalSummary>,
}

/// One proposal in a few words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProposalSummary {
    /// Its number.
    pub id: u32,
    /// Its file, relative to the project.
    pub file: String,
    /// What it is about.
    pub title: String,
    /// Who proposes it.
    pub proposer: String,
    /// Its revision.
    pub revision: u32,
    /// Its status.
    pub status: String,
    /// The day until which it is reviewed.
    pub due: Option<String>,
    /// How many days are left until then; negative when it has passed; null once it is closed.
    pub days_left: Option<i64>,
    /// The day it was closed.
    pub closed: Option<String>,
    /// The suites it is for.
    pub suites: Vec<String>,
    /// The architectures it is for.
    pub architectures: Vec<String>,
    /// How many packages it asks for.
    pub packages: u64,
    /// How many packages are in it without being asked for.
    pub aside: u64,
    /// How many comments nobody has answered.
    pub open_comments: u64,
    /// Whose approval of this revision is missing, in words; empty once it is closed.
    pub missing: Vec<String>,
    /// Who rejects this revision, in words; empty once it is closed.
    pub rejections: Vec<String>,
}

/// One proposal in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProposalShown {
    /// The format of this document.
    pub format: u32,
    /// Empty: no archive is asked.
    pub inputs: Vec<Input>,
    /// The day by which dates are judged.
    pub today: String,
    /// The proposal in a few words.
    pub proposal: ProposalSummary,
    /// The proposals whose place it takes.
    pub supersedes: Vec<u32>,
    /// Notes on the whole.
    pub notes: String,
    /// Its packages, in the order of the file.
    pub packages: Vec<ProposalPackage>,
    /// What reviewers said, in the order of the file.
    pub reviews: Vec<ProposalReview>,
}

/// A package of a proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProposalPackage {
    /// The source package.
    pub source: String,
    /// The binaries, each with its restriction in brackets if it has one.
    pub binaries: Vec<String>,
    /// The suites it is for; empty: all of the proposal.
    pub suites: Vec<String>,
    /// The architectures it is for; empty: all of the proposal.
    pub architectures: Vec<String>,
    /// How it stands.
    pub state: String,
    /// Whether it goes onto the target.
    pub on_target: bool,
    /// Why it is wanted.
    pub reason: String,
    /// The capabilities it serves.
    pub capabilities: Vec<String>,
    /// The requirements it serves, by itself and by its capabilities, in the standard's order.
    pub requirements: Vec<String>,
    /// The features it needs; null: not said.
    pub needs: Option<Vec<String>>,
    /// What else was considered.
    pub alternatives: Vec<ProposalAlternative>,
    /// Which package serves a virtual name.
    pub providers: Vec<ProposalProvider>,
    /// Words by which the security group sorts packages.
    pub security_tags: Vec<String>,
    /// The source whose place it takes.
    pub replaces: Option<String>,
    /// Why it was put off and what must change first, if it was.
    pub deferred: Option<ProposalDeferred>,
    /// Further notes.
    pub notes: String,
    /// The line of the file where it stands.
    pub line: u64,
}

/// Something else that was considered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProposalAlternative {
    /// The package.
    pub package: String,
    /// Why it was not chosen.
    pub why_not: String,
}

/// The choice of a package for a virtual name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProposalProvider {
    /// The virtual name.
    #[serde(rename = "virtual")]
    pub of: String,
    /// The package that serves it.
    pub package: String,
}

/// Why a package was put off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProposalDeferred {
    /// The revision that took it out.
    pub revision: u32,
    /// Why.
    pub reason: String,
    /// What must change before it comes back.
    pub first: String,
}

/// What a reviewer said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProposalReview {
    /// Its number, as `propose review --answer` takes it.
    pub number: u64,
    /// Who.
    pub who: String,
    /// On which day.
    pub when: String,
    /// Of which revision.
    pub revision: u32,
    /// The verdict.
    pub verdict: String,
    /// The source package; null: the whole.
    pub package: Option<String>,
    /// The comment.
    pub comment: String,
    /// What was answered.
    pub answer: Option<String>,
    /// Whether it still counts: a verdict for the present revision, or a comment without answer.
    pub counts: bool,
}

/// What a command changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProposalWritten {
    /// The format of this document.
    pub format: u32,
    /// The Releases that were asked, if any.
    pub inputs: Vec<Input>,
    /// The number of the proposal.
    pub proposal: u32,
    /// Its revision now.
    pub revision: u32,
    /// Its status now.
    pub status: String,
    /// The files that were written, relative to the project.
    pub files: Vec<String>,
    /// What was done, a sentence each.
    pub done: Vec<String>,
}

/// Why a proposal is not closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProposalRefused {
    /// The format of this document.
    pub format: u32,
    /// Empty: what was asked of an archive is in the reasons.
    pub inputs: Vec<Input>,
    /// The file of the proposal.
    pub file: String,
    /// The reasons, a sentence each.
    pub reasons: Vec<String>,
}
