//! What `why`, `tree`, `rdepends`, `show`, `search` and `sources` answer.

use serde::Serialize;

use super::{Input, PackageName, Why};

/// Why a package is in a closure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Explanation {
    /// The format of this document.
    pub format: u32,
    /// The Releases it was made from.
    pub inputs: Vec<Input>,
    /// The suites that were asked.
    pub suites: Vec<String>,
    /// The native architecture.
    pub architecture: String,
    /// What the closure was asked for, as typed.
    pub wishes: Vec<String>,
    /// The package that is explained.
    pub package: PackageName,
    /// The shortest way from each wish that leads to it.
    pub paths: Vec<ExplanationPath>,
    /// All direct reasons.
    pub why: Vec<Why>,
}

/// A way from a wish to a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExplanationPath {
    /// The wish, as typed, or the base set.
    pub wish: String,
    /// The packages on the way, the wished one first.
    pub steps: Vec<PathStep>,
}

/// A package on the way from a wish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PathStep {
    /// The package.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its architecture.
    pub architecture: String,
    /// The reason by which the step before led here.
    pub why: Why,
}

/// A closure as a tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Tree {
    /// The format of this document.
    pub format: u32,
    /// The Releases it was made from.
    pub inputs: Vec<Input>,
    /// The suites that were asked.
    pub suites: Vec<String>,
    /// The native architecture.
    pub architecture: String,
    /// What was asked for, as typed.
    pub wishes: Vec<String>,
    /// The packages that fulfil the wishes, with what they need.
    pub roots: Vec<TreeNode>,
}

/// A package of a tree with what it needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TreeNode {
    /// The package.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its architecture.
    pub architecture: String,
    /// The field through which the parent needs it; null at a root.
    pub field: Option<String>,
    /// The relation as written; null at a root.
    pub relation: Option<String>,
    /// Whether its needs are told at an earlier place and left out here.
    pub repeated: bool,
    /// What it needs.
    pub needs: Vec<TreeNode>,
}

/// Who needs a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReverseDependencies {
    /// The format of this document.
    pub format: u32,
    /// The Releases it was made from.
    pub inputs: Vec<Input>,
    /// The suites that were asked.
    pub suites: Vec<String>,
    /// The native architecture.
    pub architecture: String,
    /// The name that was asked for.
    pub name: String,
    /// The packages that need it, sorted.
    pub dependants: Vec<Dependant>,
}

/// A package that needs another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Dependant {
    /// The package.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its architecture.
    pub architecture: String,
    /// The field of the relation; null if it needs the name through others.
    pub field: Option<String>,
    /// The relation as written; null if it needs the name through others.
    pub relation: Option<String>,
    /// Whether another package could serve as well; null if it needs the name through others.
    pub alternatives: Option<bool>,
    /// How many relations lie between; 1 is a direct need.
    pub steps: u32,
}

/// All that is known of some packages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Shown {
    /// The format of this document.
    pub format: u32,
    /// The Releases it was made from.
    pub inputs: Vec<Input>,
    /// The suites that were asked.
    pub suites: Vec<String>,
    /// The native architecture.
    pub architecture: String,
    /// The versions, the one that would be chosen first.
    pub packages: Vec<ShownPackage>,
}

/// All that is known of one version of a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShownPackage {
    /// The package.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its architecture.
    pub architecture: String,
    /// The source package it was built from.
    pub source: String,
    /// The version of that source package.
    pub source_version: String,
    /// Whether this is the version that would be chosen.
    pub candidate: bool,
    /// Its section.
    pub section: String,
    /// Its priority: required, important, standard, optional, extra.
    pub priority: String,
    /// Whether it is essential.
    pub essential: bool,
    /// Its Multi-Arch value: no, same, foreign or allowed.
    pub multi_arch: String,
    /// The size of the file in bytes.
    pub size: u64,
    /// What it takes when installed, in bytes.
    pub installed_size: u64,
    /// The SHA-256 of the file.
    pub sha256: String,
    /// The path of the file below the root of its repository.
    pub filename: String,
    /// The repository's name.
    pub repository: String,
    /// The suite; empty for a plain directory of packages.
    pub suite: String,
    /// The component.
    pub component: String,
    /// The priority of its repository, as apt understands it.
    pub repository_priority: i32,
    /// The short description.
    pub description: String,
    /// Its relations, in the order of the fields.
    pub relations: Vec<ShownRelation>,
}

/// A field of relations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShownRelation {
    /// The field.
    pub field: String,
    /// The relations, each as written.
    pub relations: Vec<String>,
}

/// Packages that fit some words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Search {
    /// The format of this document.
    pub format: u32,
    /// The Releases it was made from.
    pub inputs: Vec<Input>,
    /// The suites that were asked.
    pub suites: Vec<String>,
    /// The native architecture.
    pub architecture: String,
    /// The words that were asked for.
    pub words: Vec<String>,
    /// The packages, best first.
    pub matches: Vec<SearchMatch>,
}

/// A package that fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SearchMatch {
    /// The package.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its architecture.
    pub architecture: String,
    /// The source package it was built from.
    pub source: String,
    /// The repository's name.
    pub repository: String,
    /// The short description.
    pub description: String,
}

/// The binaries of a closure by source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Sources {
    /// The format of this document.
    pub format: u32,
    /// The Releases it was made from.
    pub inputs: Vec<Input>,
    /// The suites that were asked.
    pub suites: Vec<String>,
    /// The native architecture.
    pub architecture: String,
    /// What was asked for, as typed.
    pub wishes: Vec<String>,
    /// The source packages, sorted.
    pub sources: Vec<SourceGroup>,
}

/// A source package with its binaries in a closure.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourceGroup {
    /// The source package.
    pub source: String,
    /// Its version.
    pub version: String,
    /// Its binaries in the closure, sorted.
    pub binaries: Vec<SourceBinary>,
}

/// A binary package of a source package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourceBinary {
    /// The package.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its architecture.
    pub architecture: String,
    /// The size of the file in bytes.
    pub size: u64,
    /// What it takes when installed, in bytes.
    pub installed_size: u64,
}
