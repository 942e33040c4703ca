//! What `propose flat`, `approved` and their kin answer.

use serde::Serialize;

use super::Input;

/// A flat list: every source and binary package that a proposal pulls in, in one suite.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Flat {
    /// The format of this document.
    pub format: u32,
    /// The Releases it was made from.
    pub inputs: Vec<Input>,
    /// The number of the proposal.
    pub proposal: u32,
    /// Its revision.
    pub revision: u32,
    /// The suite.
    pub suite: String,
    /// How many source packages are not approved yet.
    pub proposed: u64,
    /// How many source packages are approved already.
    pub approved: u64,
    /// How many source packages there are.
    pub total: u64,
    /// The source packages, sorted by name.
    pub sources: Vec<FlatSource>,
    /// How many binaries the proposed sources have here.
    pub proposed_binaries: u64,
    /// How many binaries the approved sources have here.
    pub approved_binaries: u64,
    /// How many binaries there are.
    pub total_binaries: u64,
    /// What the proposal is about.
    pub title: String,
    /// Who proposes it.
    pub proposer: String,
    /// The architectures it was resolved for.
    pub architectures: Vec<String>,
    /// What the proposal takes off the approved list: `SOURCE`, or `SOURCE/BINARY`.
    pub removed: Vec<String>,
    /// Packages that are talked about, but are no part of this review and of no total.
    pub under_discussion: Vec<FlatAside>,
    /// Packages that were put off, and are in no total.
    pub deferred: Vec<FlatAside>,
    /// What a reader should know besides, each a sentence.
    pub notes: Vec<String>,
}

/// A source package of a flat list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FlatSource {
    /// The source package.
    pub source: String,
    /// Whether it is on the approved list of the suite already.
    pub approved: bool,
    /// The names of its binaries, sorted.
    pub binaries: Vec<String>,
    /// Why it is wanted; empty for what only others need.
    pub reason: String,
    /// The binaries that lead to it from one that is wanted, itself the last.
    pub chain: Vec<String>,
    /// The relations between those of the chain, such as `Depends python3:any`.
    pub relations: Vec<String>,
    /// Its version.
    pub version: String,
    /// Whether the proposal itself names it.
    pub wished: bool,
    /// Whether it is needed to build only.
    pub build_only: bool,
    /// Whether it is wanted only where the hardware has what it needs.
    pub optional: bool,
    /// The hardware and network features it needs; of a source that comes by a chain, those of
    /// the chain's beginning if that is optional.
    pub needs: Vec<String>,
    /// The capabilities it serves.
    pub capabilities: Vec<String>,
    /// The requirements it serves.
    pub requirements: Vec<String>,
    /// Words by which the security group sorts packages.
    pub security_tags: Vec<String>,
    /// Further notes.
    pub notes: String,
    /// The approved proposals that brought it.
    pub approved_by: Vec<u32>,
    /// Its binaries that are not on the approved list though the source is.
    pub new_binaries: Vec<String>,
    /// Its binaries with all that is known of them.
    pub packages: Vec<FlatBinary>,
}

/// A binary package of a flat list.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FlatBinary {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The architectures on which it is needed; empty if only the approved list names it.
    pub architectures: Vec<String>,
    /// The size of the file in bytes; 0 if only the approved list names it.
    pub size: u64,
    /// What it takes when installed, in bytes; 0 if only the approved list names it.
    pub installed_size: u64,
    /// Whether the proposal itself names it.
    pub wished: bool,
    /// The binaries that lead to it from one that is wanted, itself the last.
    pub chain: Vec<String>,
}

/// A package that a proposal mentions without asking for it now.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FlatAside {
    /// The source package.
    pub source: String,
    /// The names of its binaries, sorted.
    pub binaries: Vec<String>,
    /// Why it is mentioned, or why it was put off.
    pub reason: String,
    /// The revision that put it off; 0 if none did.
    pub revision: u32,
    /// What must change first; empty if nobody said.
    pub first: String,
}

/// The approved lists, one for each suite.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ApprovedLists {
    /// The format of this document.
    pub format: u32,
    /// The Releases that the frozen lists were made from.
    pub inputs: Vec<Input>,
    /// The lists, sorted by suite.
    pub lists: Vec<ApprovedDocument>,
}

/// The approved list of one suite.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ApprovedDocument {
    /// The suite.
    pub suite: String,
    /// How many source packages there are.
    pub total: u64,
    /// How many binaries there are.
    pub total_binaries: u64,
    /// The source packages, sorted by name.
    pub sources: Vec<FlatSource>,
}

/// What changed between two flat or approved lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FlatDiff {
    /// The format of this document.
    pub format: u32,
    /// The Releases that the newer side was made from.
    pub inputs: Vec<Input>,
    /// What the older side is.
    pub before: String,
    /// What the newer side is.
    pub after: String,
    /// The changes, one for each suite that has any, sorted.
    pub suites: Vec<SuiteDiff>,
    /// What people changed in the proposal itself, each a sentence.
    pub written: Vec<String>,
}

/// What changed in one suite.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SuiteDiff {
    /// The suite.
    pub suite: String,
    /// Binaries that are new.
    pub added: Vec<ListedBinary>,
    /// Binaries that are gone.
    pub removed: Vec<ListedBinary>,
    /// Binaries whose version changed.
    pub changed: Vec<ChangedBinary>,
    /// Sources that are new with all their binaries.
    pub added_sources: Vec<String>,
    /// Sources that are gone with all their binaries.
    pub removed_sources: Vec<String>,
    /// What the older side costs; null if that is not known.
    pub cost_before: Option<Cost>,
    /// What the newer side costs; null if that is not known.
    pub cost_after: Option<Cost>,
}

/// A binary package with its source.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ListedBinary {
    /// The source package.
    pub source: String,
    /// The binary package.
    pub binary: String,
    /// The version.
    pub version: String,
}

/// A binary package whose version changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChangedBinary {
    /// The source package.
    pub source: String,
    /// The binary package.
    pub binary: String,
    /// The version before.
    pub before: String,
    /// The version after.
    pub after: String,
}

/// What packages cost those who care for them and those who install them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cost {
    /// Sources that are not approved yet.
    pub new_sources: u64,
    /// Binaries that are not approved yet.
    pub new_binaries: u64,
    /// Bytes to fetch for these binaries.
    pub size: u64,
    /// Bytes that these binaries take when installed.
    pub installed_size: u64,
    /// The interpreters that come onto the target, whether approved already or not, sorted.
    pub interpreters: Vec<String>,
}

/// That a list was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SentRecord {
    /// The format of this document.
    pub format: u32,
    /// The Releases it was made from: none, an approved list is made from frozen lists.
    pub inputs: Vec<Input>,
    /// To whom.
    pub to: String,
    /// The suite.
    pub suite: String,
    /// On which day.
    pub date: String,
    /// How many lines it has.
    pub packages: u64,
    /// The SHA-256 of the list as it was sent.
    pub sha256: String,
    /// The record, relative to the project.
    pub file: String,
}

/// The lists of many machines, united.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MergedList {
    /// The format of this document.
    pub format: u32,
    /// The Releases it was made from: none, the lists come from machines.
    pub inputs: Vec<Input>,
    /// The packages, each once, sorted.
    pub packages: Vec<ListedBinary>,
}

/// What is to be told of several recipients.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SentDiff {
    /// The format of this document.
    pub format: u32,
    /// The Releases it was made from: none, an approved list is made from frozen lists.
    pub inputs: Vec<Input>,
    /// What each recipient does not know yet, sorted by recipient.
    pub recipients: Vec<FlatDiff>,
}

/// The packet of a proposal, as it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Exported {
    /// The format of this document.
    pub format: u32,
    /// The Releases it was made from.
    pub inputs: Vec<Input>,
    /// The number of the proposal.
    pub proposal: u32,
    /// Its revision.
    pub revision: u32,
    /// The files, in the order in which the mail names them.
    pub files: Vec<ExportedFile>,
}

/// A file of a packet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExportedFile {
    /// The suite it is about.
    pub suite: String,
    /// Where it was written, as named on the command line.
    pub path: String,
    /// What it holds.
    pub what: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256.
    pub sha256: String,
}
