//! What `migrate` answers.

use serde::Serialize;

use super::{Cost, Input};

/// What becomes of the approved list and of every image in another suite.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Migration {
    /// The format of this document.
    pub format: u32,
    /// The Releases it was made from.
    pub inputs: Vec<Input>,
    /// The suite that is left.
    pub from: String,
    /// The suite that is gone to.
    pub to: String,
    /// The approved list; null if nothing is approved in the suite that is left.
    pub approved: Option<MigrationList>,
    /// The images, sorted.
    pub images: Vec<MigrationList>,
    /// What the draft pulls in, and what of it is not approved in the new suite; null without one.
    pub cost: Option<Cost>,
    /// How many source packages the draft pulls in; null without one.
    pub sources: Option<u64>,
    /// Why the draft cannot be resolved, if it cannot.
    pub conflict: Option<String>,
    /// The draft proposal as text; null if there is nothing to propose.
    pub draft: Option<String>,
    /// The file that the draft was written to; null if it was not.
    pub written: Option<String>,
}

/// What becomes of one list of names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MigrationList {
    /// The list: `approved`, or an image.
    pub name: String,
    /// The architecture.
    pub architecture: String,
    /// How many names stay as they are.
    pub stays: u64,
    /// What becomes of the others, sorted by name.
    pub changes: Vec<MigrationChange>,
    /// How much the old wishes need in the old suite; null for the approved list, or if unknown.
    pub before: Option<MigrationSize>,
    /// How much the new wishes need in the new suite; null for the approved list, or if unknown.
    pub after: Option<MigrationSize>,
}

/// How much a closure is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MigrationSize {
    /// How many packages.
    pub packages: u64,
    /// What they take when installed, in bytes.
    pub installed_size: u64,
}

/// What becomes of one binary package.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MigrationChange {
    /// Its name in the old suite.
    pub name: String,
    /// Its source in the old suite; empty if that is not known.
    pub source: String,
    /// What becomes of it.
    pub kind: MigrationKind,
    /// What takes its place, sorted; empty if nothing is known to.
    pub to: Vec<String>,
    /// How that is known.
    pub basis: String,
    /// Whether somebody asked for it by name; else others needed it.
    pub wished: bool,
}

/// What becomes of a package.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum MigrationKind {
    /// It is gone, and no successor is known.
    #[default]
    Gone,
    /// It has another name.
    Renamed,
    /// Another package takes its place.
    Replaced,
    /// Several packages take its place.
    Split,
    /// It keeps its name, but is built from another source.
    OtherSource,
}

impl MigrationKind {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            MigrationKind::Gone => "gone",
            MigrationKind::Renamed => "renamed",
            MigrationKind::Replaced => "replaced",
            MigrationKind::Split => "split",
            MigrationKind::OtherSource => "other source",
        }
    }
}
