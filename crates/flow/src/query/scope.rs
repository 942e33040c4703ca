//! Where a question is asked and what is installed for it, as typed.

use std::path::PathBuf;

use formwork_deb::time::Timestamp;
use formwork_model::project::Variant;

/// Where a question is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Exactly these suites; without any those of the project, else this machine's own.
    pub suites: Vec<String>,
    /// These components instead of `main`.
    pub components: Vec<String>,
    /// The native architecture; without it the project's or this machine's.
    pub architecture: Option<String>,
    /// Foreign architectures.
    pub foreign: Vec<String>,
    /// The profiles by which build dependencies are read.
    pub build_profiles: Vec<String>,
    /// The instant whose state of the archive is meant.
    pub at: Option<Timestamp>,
    /// Keyring files to believe instead of Debian's.
    pub keyrings: Vec<PathBuf>,
}

/// What the wishes are, and what is installed besides them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// The base set to begin with.
    pub variant: Option<Variant>,
    /// Whether `Recommends` are followed.
    pub recommends: bool,
    /// Whether the wishes are source packages, to be built rather than installed.
    pub builds: bool,
}
