//! What a person asks `build` for.

use std::path::PathBuf;

use formwork_deb::time::Timestamp;
use formwork_model::project::Variant;

pub use formwork_model::layout::{Compression, Form};
pub use formwork_rootfs::job::Stage;

/// What is to be built, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// What the tree is made of.
    pub what: What,
    /// The architecture; without it this machine's if the image has it, else the image's first.
    pub architecture: Option<String>,
    /// In which forms the image is handed over; without any in those that it says itself.
    pub forms: Vec<Form>,
    /// How the disk is compressed besides; without it as the image says.
    pub compress: Option<Compression>,
    /// The path of the one output; without it everything goes below `build/`.
    pub output: Option<PathBuf>,
    /// Whether the tree is kept if the build fails.
    pub keep: bool,
    /// Whether maintainer scripts may be given our stand-ins for slow helpers of packages.
    pub native_helpers: bool,
    /// Whether stages are kept in the cache, and taken from it.
    pub stages: bool,
    /// Whether everything is written anew though nothing has changed.
    pub rebuild: bool,
    /// How many bytes of memory the tree may take; without it most of what is free.
    pub space: Option<u64>,
    /// How far to go.
    pub until: Stage,
}

/// What the tree is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// An image of the project.
    Image {
        /// Its name; without it the project's only one.
        name: Option<String>,
        /// The suite; without it the image's first.
        suite: Option<String>,
        /// Options besides those that are on by default.
        with: Vec<String>,
    },
    /// What the command line says, from this machine's own mirror and without a project.
    Loose(Loose),
}

/// A tree described on the command line alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loose {
    /// The suites; the first one is what the tree is.
    pub suites: Vec<String>,
    /// The components; `main` if there are none.
    pub components: Vec<String>,
    /// The set it begins with.
    pub variant: Variant,
    /// Further packages.
    pub include: Vec<String>,
    /// Whether recommended packages are taken too.
    pub recommends: bool,
    /// Keyring files to believe instead of Debian's.
    pub keyrings: Vec<PathBuf>,
    /// The instant whose state of the archive is meant.
    pub at: Option<Timestamp>,
}
