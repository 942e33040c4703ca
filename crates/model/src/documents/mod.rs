//! Answers as JSON: one structure for each document that a command prints with `--json`.
//!
//! Each document begins with `"format": 1` and `"inputs"`, the Releases it was made from. Keys
//! keep the order of the structures; sizes are bytes; dates are UTC as in
//! `2026-11-22T10:00:00Z`; a list without a stated order is sorted. A key that says nothing
//! (no waiver, no provider) is `null` or left out as its description says. The schemas under
//! `docs/schema` are made from these structures.

mod build;
mod cache;
mod closure;
mod coverage;
mod findings;
mod flat;
mod image;
mod images;
mod inspect;
mod lock;
mod migration;
mod proposals;
mod query;
mod repro;
mod run;
#[cfg(feature = "schema")]
mod schema;
mod timings;
mod trace;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::project::AllowExpired;
use formwork_deb::sha256::Sha256;
use formwork_deb::time::Timestamp;

pub use build::{
    BuildHost, BuildLog, BuildRecord, BuildStep, Built, BuiltFile, BuiltPackage, BuiltPackages,
    Digest, TimedStep,
};
pub use cache::{CacheCleaned, CacheInfo, CachePart, CacheStage, CacheVerified, DamagedEntry};
pub use closure::{
    Broken, Closure, ClosurePackage, Conflict, ConflictStep, Contradiction, Installable, StepKind,
    WayOut, Why,
};
pub use coverage::{
    Coverage, CoverageBoard, CoverageBy, CoverageCandidate, CoverageFeature, CoverageRequirement,
    CoverageState, FeatureState,
};
pub use findings::{Finding, FindingState, Findings, Severity};
pub use flat::{
    ApprovedDocument, ApprovedLists, ChangedBinary, Cost, Exported, ExportedFile, Flat, FlatAside,
    FlatBinary, FlatDiff, FlatSource, ListedBinary, MergedList, SentDiff, SentRecord, SuiteDiff,
};
pub use image::{
    ImageBlob, ImageBoot, ImageBootPart, ImageDisk, ImageFileSystem, ImagePartition, ImageRecord,
};
pub use images::{BuildChoice, DescribedImage, DescribedOption, Images, ShownImage, ShownValue};
pub use inspect::{
    Difference, Inspected, InspectedDirectory, InspectedFile, InspectedOutput, InspectedPackage,
};
pub use lock::{Fetched, FetchedPackage, LockChecked, LockWritten, Stale};
pub use migration::{Migration, MigrationChange, MigrationKind, MigrationList, MigrationSize};
pub use proposals::{
    ProposalAlternative, ProposalDeferred, ProposalList, ProposalPackage, ProposalProvider,
    ProposalRefused, ProposalReview, ProposalShown, ProposalSummary, ProposalWritten,
};
pub use query::{
    Dependant, Explanation, ExplanationPath, PathStep, ReverseDependencies, Search, SearchMatch,
    Shown, ShownPackage, ShownRelation, SourceBinary, SourceGroup, Sources, Tree, TreeNode,
};
pub use repro::{Repro, ReproDifference, ReproNotVaried, ReproOutput};
pub use run::{Ran, RanEnd};
#[cfg(feature = "schema")]
pub use schema::schemas;
pub use timings::{TimedPhase, TimedSpan, Timings};
pub use trace::{Trace, TraceKind, TraceLink, TraceNode};

/// The format number of all documents of this version.
pub const FORMAT: u32 = 1;

/// A Release that an answer was made from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Input {
    /// The repository's name.
    pub repository: String,
    /// The suite; empty for a plain directory of packages.
    pub suite: String,
    /// The date of the Release.
    pub date: String,
    /// The SHA-256 of the Release file.
    pub release_sha256: String,
    /// Present if the Release is expired and let through by a written leave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_expired: Option<Waiver>,
}

/// The written leave by which an expired Release was let through.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Waiver {
    /// The last day of the leave.
    pub until: String,
    /// Why it was given.
    pub reason: String,
}

impl Input {
    /// Describes a Release.
    #[must_use]
    pub fn new(repository: &str, suite: Option<&str>, date: Timestamp, digest: Sha256) -> Input {
        Input {
            repository: repository.to_owned(),
            suite: suite.unwrap_or_default().to_owned(),
            date: date.to_string(),
            release_sha256: digest.to_string(),
            allow_expired: None,
        }
    }

    /// The same input, saying that it was let through though expired.
    #[must_use]
    pub fn waived(mut self, leave: &AllowExpired) -> Input {
        let reason = leave.reason.clone();
        self.allow_expired = Some(Waiver {
            until: leave.until.date(),
            reason,
        });
        self
    }
}

/// A package in a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PackageName {
    /// The binary package.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its architecture, `all` included.
    pub architecture: String,
}

/// The list of packages that the Debian LTS and ELTS sponsors are asked for: one line
/// `source,binary,version` each, sorted, without repetition.
#[must_use]
pub fn package_list<'a>(packages: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>) -> String {
    let mut lines: Vec<String> = packages
        .into_iter()
        .map(|(source, binary, version)| format!("{source},{binary},{version}\n"))
        .collect();
    lines.sort();
    lines.dedup();
    lines.concat()
}
