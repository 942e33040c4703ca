//! What can go wrong between a closure and a finished tree.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::initramfs::InitramfsError;
use crate::kernel::KernelError;

/// Why there is no tree.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file of the tree, or one beside it, could not be written or read.
    #[error(transparent)]
    Files(#[from] formwork_sys::Error),
    /// A package file could not be read.
    #[error("package {package}: {source}")]
    Unreadable {
        /// Name and version.
        package: String,
        /// What the system said.
        source: formwork_sys::Error,
    },
    /// A package file is not the one that was locked.
    #[error(
        "package {package}: the file {} is not the one that was locked: {found} instead of \
         {expected}; `formwork cache verify` removes damaged files, and the next run fetches \
         them again",
        file.display()
    )]
    Mismatch {
        /// Name and version.
        package: String,
        /// The file.
        file: PathBuf,
        /// What was locked.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A package file cannot be understood, or is over a limit.
    #[error("package {package} is no good package: {reason}")]
    Broken {
        /// Name and version.
        package: String,
        /// What is wrong, and where.
        reason: String,
    },
    /// A package ships something that none may ship.
    #[error("package {package}: the entry {entry} is refused: {reason}")]
    Refused {
        /// Name and version.
        package: String,
        /// The entry, escaped.
        entry: String,
        /// Why.
        reason: String,
    },
    /// Two packages ship the same file and neither replaces the other.
    #[error(
        "package {package} would overwrite {path}, which is also in package {other}; one of them \
         must declare `Replaces`, or stay out of the image"
    )]
    Conflict {
        /// The package that came second.
        package: String,
        /// The one that came first.
        other: String,
        /// The path.
        path: String,
    },
    /// A program of the tree failed.
    #[error("{0}")]
    Program(Failure),
    /// The sandbox could not be made, or broke.
    #[error("{0}")]
    Sandbox(String),
    /// The tree has no kernel to boot with, or nobody knows which.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// The initial RAM disk cannot be made of the tree.
    #[error(transparent)]
    Initramfs(#[from] InitramfsError),
    /// The packages cannot be put into an order, or one that is needed is missing.
    #[error("{0}")]
    Job(String),
}

/// Whose trouble it is: decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blame {
    /// Something is wrong in what was given: exit code 2.
    Input,
    /// Trouble outside: a disk, permissions, a package's own program; exit code 3.
    Outside,
    /// A fault of Formwork; exit code 4.
    Ours,
}

/// A failure as it crosses from the sandbox to the process that a person started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Whose trouble it is.
    pub blame: Blame,
    /// What failed, to which package, and what to try.
    pub message: String,
    /// The last lines that the failing program printed.
    pub output: Vec<String>,
    /// Where the failed tree was kept.
    pub kept: Option<PathBuf>,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message)?;
        for line in &self.output {
            write!(formatter, "\n  | {line}")?;
        }
        match &self.kept {
            Some(path) => write!(formatter, "\nThe tree was kept in {}", path.display()),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        let blame = match &error {
            Error::Program(failure) => return failure.clone(),
            Error::Files(_) | Error::Unreadable { .. } | Error::Sandbox(_) => Blame::Outside,
            Error::Mismatch { .. } | Error::Broken { .. } => Blame::Outside,
            Error::Refused { .. } | Error::Conflict { .. } | Error::Job(_) => Blame::Input,
            Error::Kernel(_) | Error::Initramfs(_) => Blame::Input,
        };
        Failure {
            blame,
            message: error.to_string(),
            output: Vec::new(),
            kept: None,
        }
    }
}
