//! What `lock`, `update` and `fetch` answer.

use serde::Serialize;

use super::{Finding, Input, PackageName};
use crate::diff::LockDiff;

/// A lock was written, or would not change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LockWritten {
    /// The format of this document.
    pub format: u32,
    /// The Releases of the lock.
    pub inputs: Vec<Input>,
    /// Whether the file was written; false if it was current already.
    pub written: bool,
    /// How many closures the lock has.
    pub closures: u64,
    /// How many packages the lock has.
    pub packages: u64,
    /// What changed.
    pub changes: LockDiff,
    /// What `[policy]` says of a lock that was made: packages that no approved proposal covers.
    pub findings: Vec<Finding>,
}

/// Whether a lock fits its project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LockChecked {
    /// The format of this document.
    pub format: u32,
    /// The Releases of the lock.
    pub inputs: Vec<Input>,
    /// Whether the lock fits the project.
    pub current: bool,
    /// What does not fit, sorted.
    pub stale: Vec<Stale>,
}

/// One thing by which a lock does not fit its project.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Stale {
    /// The image; empty if the whole lock is meant.
    pub image: String,
    /// Its suite; empty if the whole lock is meant.
    pub suite: String,
    /// Its architecture; empty if the whole lock is meant.
    pub architecture: String,
    /// What does not fit, as a sentence.
    pub reason: String,
}

/// All locked packages are at hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Fetched {
    /// The format of this document.
    pub format: u32,
    /// The Releases of the lock.
    pub inputs: Vec<Input>,
    /// How many packages there are.
    pub total: u64,
    /// Their size in bytes.
    pub size: u64,
    /// The packages, sorted.
    pub packages: Vec<FetchedPackage>,
}

/// A locked package that is at hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FetchedPackage {
    /// Which package.
    #[serde(flatten)]
    pub package: PackageName,
    /// The size of the file in bytes.
    pub size: u64,
    /// The SHA-256 of the file.
    pub sha256: String,
    /// The file on this machine.
    pub file: String,
}
