//! Everything that can stop a flow, in one enum; the command line decides how to say it.

use formwork_image::make::ImageError;
use thiserror::Error;

/// Why a flow could not do its work.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or directory of this machine.
    #[error(transparent)]
    System(#[from] formwork_sys::Error),
    /// The archive: network, signatures, indices, packages.
    #[error(transparent)]
    Archive(#[from] formwork_archive::Error),
    /// A suite that neither the mirror nor, if there is one, the project has.
    #[error("{source}")]
    UnknownSuite {
        /// The suite.
        suite: String,
        /// The suites of the project and of this machine's apt.
        known: Vec<String>,
        /// What the archive says.
        source: Box<formwork_archive::Error>,
    },
    /// The tree could not be made: a package's own script, the sandbox, the disk.
    #[error("{}", .0.failure)]
    Tree(Box<BrokenTree>),
    /// A disk or file system could not be made of the tree.
    #[error("{}", .0.source)]
    Image(Box<BrokenImage>),
    /// An image could not be run.
    #[error(transparent)]
    Trial(#[from] formwork_trial::TrialError),
    /// A fault of the project: its files, its lock, or the lack of them.
    #[error(transparent)]
    Project(#[from] crate::project::ProjectError),
    /// An image that cannot be looked at.
    #[error(transparent)]
    Inspect(#[from] crate::inspect::InspectError),
    /// What is asked of a proposal.
    #[error(transparent)]
    Propose(#[from] crate::propose::ProposeError),
    /// A wish that cannot be read.
    #[error(transparent)]
    Syntax(#[from] formwork_resolve::WishSyntax),
    /// Wishes that mean no package, or more than one.
    #[error("{}", join(errors))]
    Wishes {
        /// What is wrong with each.
        errors: Vec<formwork_resolve::WishError>,
        /// Where they were sought.
        place: String,
    },
    /// Names that no package bears and none provides.
    #[error("no package {} in {place}", quoted(unknown))]
    UnknownPackages {
        /// The names.
        unknown: Vec<UnknownName>,
        /// Where they were sought.
        place: String,
    },
    /// The checker refuses what the resolver found: a fault of ours.
    #[error("the checker refuses the resolver's answer: {0}")]
    Check(String),
    /// Nothing was wished, and there is no project whose images wish something.
    #[error("there is no project here whose images could be explained")]
    NoWish,
    /// The person asked us to stop; nothing was written.
    #[error("interrupted; nothing was written")]
    Interrupted,
    /// No suite was named, there is no project, and this machine's own is not known.
    #[error("no suite is named, and this machine does not say which Debian suite it runs")]
    NoSuite,
    /// The value of an option is not what it must be.
    #[error("{option} {value}: {reason}")]
    Option {
        /// The option as typed.
        option: &'static str,
        /// Its value.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// A tree that could not be made, and where more is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenTree {
    /// The image.
    pub image: String,
    /// The architecture.
    pub architecture: String,
    /// What went wrong.
    pub failure: formwork_rootfs::error::Failure,
    /// The log of the build, once it has begun.
    pub log: Option<std::path::PathBuf>,
}

/// A disk or file system that could not be made, and what is known of it.
#[derive(Debug)]
pub struct BrokenImage {
    /// The image.
    pub image: String,
    /// The architecture.
    pub architecture: String,
    /// The packages that take the most room, with their bytes, where there is too little.
    pub packages: Vec<(String, u64)>,
    /// File and line that limits it, if that is the trouble.
    pub at: Option<String>,
    /// What went wrong.
    pub source: ImageError,
}

impl BrokenImage {
    /// Whether what was asked for cannot be, whatever the machine.
    #[must_use]
    pub fn is_input(&self) -> bool {
        !matches!(self.source, ImageError::Io(_)) && !self.source.is_disk_full()
    }
}

/// A name that nobody knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    /// The name as typed.
    pub name: String,
    /// Names that are much like it.
    pub nearest: Vec<String>,
}

/// The names in quotes, joined by commas.
fn quoted(unknown: &[UnknownName]) -> String {
    let names: Vec<String> = unknown
        .iter()
        .map(|unknown| format!("'{}'", unknown.name))
        .collect();
    names.join(", ")
}

/// The errors in one line each.
fn join(errors: &[formwork_resolve::WishError]) -> String {
    errors
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}
