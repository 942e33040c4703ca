//! What comes back from the inside: what was written, and how long each step took.
//!
//! The report crosses from the sandbox to the process that a person started as JSON. What is in
//! [`Report::outputs`] is the same in every build of the same order; times are not, and belong
//! into the log alone.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::job::{Kind, Maker};

/// What was made of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What was written, in the order of the job.
    pub outputs: Vec<Written>,
    /// How many files, links and directories the tree has.
    pub entries: u64,
    /// The bytes that its files hold, each counted once.
    pub bytes: u64,
    /// The kernel that the tree boots with, where the job asks for one.
    pub kernel: Option<Kernel>,
    /// How the initial RAM disk was made, if it was.
    pub initrd: Option<Initrd>,
    /// The packages whose files were taken out of the finished tree, as dpkg calls them, sorted.
    #[serde(default)]
    pub stripped: Vec<String>,
    /// The stage below the tree, where one is kept.
    #[serde(default)]
    pub stage: Option<Stage>,
    /// The steps in the order in which they were taken.
    pub steps: Vec<Step>,
}

/// One output as it lies on the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// In which form.
    pub kind: Kind,
    /// Its path, as the job gave it.
    pub path: PathBuf,
    /// Its size in bytes; of a directory, that of its files.
    pub size: u64,
    /// Its SHA-256 in hexadecimal; of a directory, that of its manifest.
    pub sha256: String,
}

/// The kernel of a tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kernel {
    /// Its version, which its modules' directory has as its name: `6.1.0-41-amd64`.
    pub version: String,
    /// Its path in the tree, without a slash in front: `boot/vmlinuz-6.1.0-41-amd64`.
    pub path: String,
    /// The package that brings it, where one does.
    pub package: Option<String>,
}

/// How an initial RAM disk was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Initrd {
    /// What made it.
    pub made_by: Maker,
    /// How it is packed: `zstd`, `gzip` or `none`.
    pub packed: String,
}

/// One step and how long it took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What was done, in a word: `unpack`, `configure`.
    pub name: String,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
    /// Processor time of the programs of the tree in it, in milliseconds.
    #[serde(default)]
    pub programs: u64,
}

/// The stage that a tree was made on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Its archive, which holds what [`Kind::Delta`] leaves out.
    pub archive: PathBuf,
    /// Whether it was there before.
    pub restored: bool,
    /// Whether anything was kept in the cache that was not there before.
    pub grown: bool,
}
