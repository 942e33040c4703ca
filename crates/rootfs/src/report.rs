//! What comes back from the inside: what was written, and how long each step took.
//!
//! The report crosses from the sandbox to the process that a person started as JSON. What is in
//! [`Report::outputs`] is the same in every build of the same order; times are not, and belong
//! into the log alone.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::job::Kind;

/// What was made of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What was written, in the order of the job.
    pub outputs: Vec<Written>,
    /// How many files, links and directories the tree has.
    pub entries: u64,
    /// The bytes that its files hold, each counted once.
    pub bytes: u64,
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

/// One step and how long it took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What was done, in a word: `unpack`, `configure`.
    pub name: String,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
}
