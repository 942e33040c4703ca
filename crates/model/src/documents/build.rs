//! What `build` answers and what it leaves beside an image: the record, the packages, the log.
//!
//! The record (`IMAGE.buildinfo.json`) and the list of packages are the same bytes in every
//! build of the same inputs: they name no directory, no machine, no person and no time but the
//! lock's. What differs from build to build stands in the log, which nothing hashes.

use serde::{Deserialize, Serialize};

use super::Input;

/// What `build --json` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Built {
    /// The format of this document.
    pub format: u32,
    /// The image, with its options and any suite other than its first: `gateway+debug@trixie`.
    pub image: String,
    /// The architecture.
    pub architecture: String,
    /// The SHA-256 of the lock it was built from.
    pub lock: String,
    /// Whether nothing was written, as the same inputs had given these files before.
    pub unchanged: bool,
    /// The files that were written, in a fixed order.
    pub files: Vec<BuiltFile>,
    /// The path of the build record.
    pub buildinfo: String,
}

/// One file that a build wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BuiltFile {
    /// What it is: a form such as `disk` or `tar`, `bmap`, `tree` (the manifest), `packages`, ….
    pub kind: String,
    /// Its path; in the build record its name alone.
    pub path: String,
    /// Its size in bytes; of a directory, that of the files in it.
    pub size: u64,
    /// Its SHA-256; of a directory, that of the manifest of its tree.
    pub sha256: String,
}

/// The build record: all that went in, all that came out, and by which steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BuildRecord {
    /// The format of this document.
    pub format: u32,
    /// The Releases of the lock.
    pub inputs: Vec<Input>,
    /// The version of Formwork.
    pub formwork: String,
    /// The image, with its options and any suite other than its first.
    pub image: String,
    /// The suite.
    pub suite: String,
    /// The architecture.
    pub architecture: String,
    /// The set it begins with.
    pub variant: String,
    /// How far the build went: `finished`, or the stage at which it was told to stop.
    pub until: String,
    /// The SHA-256 of the lock.
    pub lock_sha256: String,
    /// The lock's date: nothing in the tree is younger.
    pub date: String,
    /// The package files that went in, sorted.
    pub packages: Vec<BuiltPackage>,
    /// The steps in their order.
    pub steps: Vec<BuildStep>,
    /// The files that came out.
    pub files: Vec<BuiltFile>,
}

/// One step of a build, with the digests of what it read and wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BuildStep {
    /// What was done: `fetch`, `tree`, then the forms: `tar`, `initrd`, `disk` and so on.
    pub name: String,
    /// Who did it, where several can: `native` or `initramfs-tools`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What it read.
    pub read: Vec<Digest>,
    /// What it wrote.
    pub wrote: Vec<Digest>,
}

/// A thing and its digest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Digest {
    /// What it is.
    pub name: String,
    /// Its SHA-256.
    pub sha256: String,
}

/// One package file of an image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BuiltPackage {
    /// The binary package.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its architecture, `all` included.
    pub architecture: String,
    /// The source package it was built from.
    pub source: String,
    /// The version of that source package.
    pub source_version: String,
    /// The size of the file in bytes.
    pub size: u64,
    /// The SHA-256 of the file.
    pub sha256: String,
    /// The repository, by its name in the project.
    pub repository: String,
    /// The path below the repository's root.
    pub path: String,
    /// Whether it is installed. Of the others single files are on the disk, or nothing is left of
    /// them, as they were taken out of the finished tree.
    pub installed: bool,
}

/// The packages of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BuiltPackages {
    /// The format of this document.
    pub format: u32,
    /// The Releases of the lock.
    pub inputs: Vec<Input>,
    /// The image, with its options and any suite other than its first.
    pub image: String,
    /// The suite.
    pub suite: String,
    /// The architecture.
    pub architecture: String,
    /// The packages, sorted.
    pub packages: Vec<BuiltPackage>,
}

/// What is particular to one run: when, where, how long. Nothing hashes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BuildLog {
    /// The format of this document.
    pub format: u32,
    /// The image, with its options and any suite other than its first.
    pub image: String,
    /// The architecture.
    pub architecture: String,
    /// When the build began.
    pub began: String,
    /// The machine.
    pub host: BuildHost,
    /// Whether the image was built.
    pub built: bool,
    /// Why it was not, with the last lines of a program that failed; null if it was.
    pub error: Option<String>,
    /// The steps in their order, as far as they went.
    pub steps: Vec<TimedStep>,
}

/// The machine on which a build ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BuildHost {
    /// Its name.
    pub name: String,
    /// The release of its kernel.
    pub kernel: String,
    /// Its architecture.
    pub architecture: String,
    /// Whether the builder was root or an ordinary user.
    pub root: bool,
}

/// How long a step took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TimedStep {
    /// The step.
    pub name: String,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
    /// Processor time of the programs of the tree in it, in milliseconds.
    pub programs: u64,
}
