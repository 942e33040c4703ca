//! What `inspect` tells of an image, out of the records that its build left.

use serde::Serialize;

use super::{ImageBoot, ImageDisk, ImageFileSystem, Input};

/// What `inspect --json` answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Inspected {
    /// The format of this document.
    pub format: u32,
    /// The Releases that the image was made from.
    pub inputs: Vec<Input>,
    /// The image, with its options and any suite other than its first.
    pub image: String,
    /// The suite.
    pub suite: String,
    /// The architecture.
    pub architecture: String,
    /// The lock's date.
    pub date: String,
    /// The version of Formwork that made it.
    pub formwork: String,
    /// The SHA-256 of the lock.
    pub lock_sha256: String,
    /// The SHA-256 of the build record, at the end of the chain.
    pub record_sha256: String,
    /// What the build wrote, in its order.
    pub outputs: Vec<InspectedOutput>,
    /// The partitioned disk, if there is one.
    pub disk: Option<ImageDisk>,
    /// Root file systems that are files of their own.
    pub filesystems: Vec<ImageFileSystem>,
    /// How it boots; null if nothing of it is for booting.
    pub boot: Option<ImageBoot>,
    /// How many files the tree has; each counted once, whatever names it has.
    pub files: u64,
    /// What they hold.
    pub bytes: u64,
    /// The packages, those first whose files hold most.
    pub packages: Vec<InspectedPackage>,
    /// Directories down to the depth that was asked for, with all below them, the largest first.
    pub directories: Vec<InspectedDirectory>,
    /// The largest files, the largest first.
    pub largest: Vec<InspectedFile>,
    /// How many files no package has.
    pub unowned_files: u64,
    /// What they hold.
    pub unowned_bytes: u64,
    /// The files that no package has, the largest first.
    pub unowned: Vec<InspectedFile>,
    /// Whether the image itself was read and compared, not only its records.
    pub verified: bool,
    /// Where records and image contradict each other; empty if they fit.
    pub differences: Vec<Difference>,
}

/// A file that the build wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InspectedOutput {
    /// What it is: `disk`, `tar`, `tree` (the manifest), `packages`, …
    pub kind: String,
    /// Its path.
    pub path: String,
    /// Its size in bytes, as the record says.
    pub size: u64,
    /// Its SHA-256, as the record says.
    pub sha256: String,
    /// Whether it is there.
    pub present: bool,
}

/// A package of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InspectedPackage {
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
    /// Whether it is installed; of the others single files are on the disk.
    pub installed: bool,
    /// How many files of the tree are its own.
    pub files: u64,
    /// What they hold.
    pub bytes: u64,
}

/// A directory with all below it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InspectedDirectory {
    /// Its path, escaped as in the manifest.
    pub path: String,
    /// How many files it and the directories below it have.
    pub files: u64,
    /// What they hold.
    pub bytes: u64,
}

/// One file of a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InspectedFile {
    /// Its path, escaped as in the manifest.
    pub path: String,
    /// What it holds.
    pub bytes: u64,
    /// The package that has it; null where none has, or several.
    pub package: Option<String>,
}

/// Something that is not as a record says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Difference {
    /// The file or part: `minimal.img`, `partition 2 (root)`, `minimal.tree.json`.
    pub place: String,
    /// What is compared: `size`, `sha256`, `start`, …
    pub what: String,
    /// What the record says.
    pub recorded: String,
    /// What is there.
    pub found: String,
}
