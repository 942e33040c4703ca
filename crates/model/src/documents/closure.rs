//! What `closure` and `installable` answer, and how a clash is told.

use serde::Serialize;

use super::{Input, PackageName};

/// What a set of names needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Closure {
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
    /// The packages, sorted by name and architecture.
    pub packages: Vec<ClosurePackage>,
}

/// One package of a closure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClosurePackage {
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
    /// What it takes when installed, in bytes.
    pub installed_size: u64,
    /// The SHA-256 of the file.
    pub sha256: String,
    /// The path of the file below the root of its repository.
    pub filename: String,
    /// The repository's name.
    pub repository: String,
    /// All reasons why it is there.
    pub why: Vec<Why>,
}

/// One reason why a package is there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Why {
    /// Somebody asked for it.
    Wish {
        /// What was asked for, as typed.
        wish: String,
    },
    /// It belongs to the base set that was asked for.
    Variant {
        /// The set: essential, minbase or standard.
        variant: String,
    },
    /// Another package needs it.
    Relation {
        /// The package that needs it.
        by: String,
        /// The field: Depends, Pre-Depends or Recommends.
        field: String,
        /// The relation as written there.
        relation: String,
        /// The virtual name that it provides for this relation, or null.
        provider_of: Option<String>,
        /// Other packages that could have served, sorted.
        alternatives: Vec<String>,
    },
    /// It is not installed: a single file of it is taken.
    Beside {
        /// What for, as in "the loader uki".
        purpose: String,
    },
}

/// The answer that there is no solution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Contradiction {
    /// The format of this document.
    pub format: u32,
    /// The Releases it was made from.
    pub inputs: Vec<Input>,
    /// Why there is no solution.
    pub conflict: Conflict,
}

/// Why there is no solution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Conflict {
    /// The wishes that clash, as typed.
    pub wishes: Vec<String>,
    /// The shortest way from each of these wishes to the clash.
    pub chain: Vec<ConflictStep>,
    /// What would help, nearest first.
    pub ways_out: Vec<WayOut>,
}

/// What a step towards a clash says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// The package was asked for.
    Wish,
    /// The package is needed by the one before.
    Needs,
    /// The package conflicts with, or breaks, another one of the chain.
    Conflicts,
    /// Two versions or architectures of one package exclude each other.
    Excludes,
    /// Nothing fulfils a relation of the package.
    Unfulfilled,
}

/// One step towards a clash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ConflictStep {
    /// What the step says.
    pub step: StepKind,
    /// The package it speaks of.
    pub package: PackageName,
    /// The other package, if the step is about two.
    pub other: Option<PackageName>,
    /// The field of the relation, if there is one.
    pub field: Option<String>,
    /// The relation as written, if there is one.
    pub relation: Option<String>,
    /// The step as a sentence.
    pub text: String,
}

/// A change of the question that would give it an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WayOut {
    /// The wishes to drop, as typed; empty if the way out is another.
    pub drop: Vec<String>,
    /// The way out as a sentence.
    pub text: String,
}

/// Which packages of a whole archive can be installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Installable {
    /// The format of this document.
    pub format: u32,
    /// The Releases it was made from.
    pub inputs: Vec<Input>,
    /// The native architecture.
    pub architecture: String,
    /// How many packages were judged.
    pub total: u64,
    /// Those that cannot be installed, sorted.
    pub broken: Vec<Broken>,
}

/// A package that cannot be installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Broken {
    /// The package, or the source package whose build dependencies are judged.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its architecture.
    pub architecture: String,
    /// The way from the package to what stands against it.
    pub reason: Vec<ConflictStep>,
}
