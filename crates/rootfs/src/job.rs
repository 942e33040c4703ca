//! What the outside asks of the inside: the whole order for one tree, as plain data.
//!
//! The order crosses from the process that a person started to the one in the sandbox as JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

pub use formwork_model::layout::Maker;
use formwork_model::settings::Settings;
use serde::{Deserialize, Serialize};

use crate::clean::Clean;
use crate::variation::Variation;

/// The order for one tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The architecture of the tree, as dpkg names it.
    pub architecture: String,
    /// Further architectures whose packages may be in it.
    pub foreign: Vec<String>,
    /// The code name of the suite: `bookworm`.
    pub suite: String,
    /// The lock's date in seconds since 1970: no file of the result is younger.
    pub date: i64,
    /// The packages, sorted by name and architecture.
    pub packages: Vec<Package>,
    /// The limits of what a package's own programs may use.
    pub limits: Limits,
    /// What is written out at the end.
    pub outputs: Vec<Output>,
    /// How far to go; a comparison with a peer stops before our own steps.
    pub until: Stage,
    /// Numbers that people have given to system users and groups, by name; all others are ours.
    #[serde(default)]
    pub ids: BTreeMap<String, u32>,
    /// What is taken out before the tree is shipped.
    #[serde(default)]
    pub clean: Clean,
    /// What the tree gets besides its packages.
    #[serde(default)]
    pub settings: Settings,
    /// Where a failed tree is kept for a look.
    pub keep: Option<PathBuf>,
    /// The kernel to be found in the tree, where the image is to boot; an initial RAM disk among
    /// the outputs is for it.
    #[serde(default)]
    pub kernel: Option<KernelWish>,
    /// What is made different on purpose, to see that the result is the same.
    #[serde(default)]
    pub vary: BTreeSet<Variation>,
    /// Where stages are kept, and taken from; without it none are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stages: Option<Stages>,
}

/// Where stages are kept, and what for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stages {
    /// The directory of the cache.
    pub directory: PathBuf,
    /// What the image is called, for those who look into the cache.
    pub image: String,
}

/// Which kernel of the tree is meant, and how its initial RAM disk is made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KernelWish {
    /// The package that brings it, or one that depends on that; without it the only one there is.
    pub package: Option<String>,
    /// File and line that asks for it, for messages.
    pub at: String,
    /// What makes the initial RAM disk.
    pub initrd: Maker,
}

/// One package file, checked before and checked again while it is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// The name of the binary package.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its architecture; `all` for any.
    pub architecture: String,
    /// The package file on the host.
    pub file: PathBuf,
    /// The size of the file in bytes.
    pub size: u64,
    /// The SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// Whether it was asked for by name; all others are marked as installed automatically.
    pub wished: bool,
    /// Whether it is one of the project's own, which come after all others, on their stage.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
}

/// How far a package's own programs may go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Seconds that one maintainer script, or one run of dpkg between two lines of output, may take.
    pub script_seconds: u64,
    /// Bytes that one program may print.
    pub output_bytes: u64,
    /// Bytes that the whole tree may take.
    pub tree_bytes: u64,
}

/// The points at which a build may stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// All packages are configured; nothing of ours has touched the tree.
    Scripts,
    /// The image's own settings, files and scripts are applied.
    Settings,
    /// Normalised and cleaned: what is shipped.
    Finished,
}

/// One thing to write at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// In which form.
    pub kind: Kind,
    /// Under which name; a temporary name beside it is used until it is whole.
    pub path: PathBuf,
}

/// The forms in which a tree is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// One tar archive, sorted, with numeric owners and extended attributes.
    Tar,
    /// A directory; its owners can only be right where the builder is root.
    Dir,
    /// The tree manifest as JSON.
    Manifest,
    /// The initial RAM disk of the tree's kernel.
    Initrd,
    /// A tar archive that leaves out the content of files which the stage below has already;
    /// without a stage it is a whole one. For who makes images of it at once.
    Delta,
}
