//! What `coverage` answers.

use serde::Serialize;

use super::Input;

/// Which requirements the approved packages meet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Coverage {
    /// The format of this document.
    pub format: u32,
    /// The Releases that the approved lists were frozen from.
    pub inputs: Vec<Input>,
    /// The board that is looked at; null: any board.
    pub board: Option<CoverageBoard>,
    /// The security level whose requirements are looked at; null: all.
    pub level: Option<u8>,
    /// The proposals that count, by number.
    pub proposals: Vec<u32>,
    /// How many requirements are met as things stand.
    pub met: u64,
    /// How many are met only with a feature that must be enabled.
    pub met_with: u64,
    /// How many are not met.
    pub not_met: u64,
    /// How many ask nothing of a component.
    pub not_asked: u64,
    /// The features that count: without a board the least set that meets all that can be met.
    pub features: Vec<CoverageFeature>,
    /// The requirements, in the order of the standard.
    pub requirements: Vec<CoverageRequirement>,
    /// What a reader should know besides, each a sentence.
    pub notes: Vec<String>,
}

/// A board in a few words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CoverageBoard {
    /// Its name.
    pub name: String,
    /// What it is.
    pub title: String,
    /// Its architecture.
    pub architecture: String,
}

/// A feature that a requirement depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CoverageFeature {
    /// Its name.
    pub name: String,
    /// What it is.
    pub title: String,
    /// Whether the board has it.
    pub state: FeatureState,
    /// What must be done for it, where that is possible; empty otherwise.
    pub how: String,
    /// The requirements that are met only with it, in the order of the standard.
    pub requirements: Vec<String>,
}

/// Whether a board has a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FeatureState {
    /// The board has it.
    Present,
    /// It can be had.
    Possible,
    /// The board cannot have it.
    Missing,
    /// No board is looked at; the hardware must have it.
    Expected,
}

/// How a requirement is met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CoverageRequirement {
    /// Its id.
    pub id: String,
    /// Its short title.
    pub title: String,
    /// Its heading.
    pub group: String,
    /// The security levels that ask for it.
    pub levels: Vec<u8>,
    /// Whether it is met.
    pub state: CoverageState,
    /// The features that must be enabled for it; empty unless met only with some.
    pub with: Vec<String>,
    /// The approved packages that serve it, those that meet it first.
    pub by: Vec<CoverageBy>,
    /// What would meet it, where it is not met or not without more.
    pub candidates: Vec<CoverageCandidate>,
    /// The tests that show it.
    pub tests: Vec<String>,
}

/// Whether a requirement is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CoverageState {
    /// By an approved package, as things stand.
    Met,
    /// By an approved package, if features are enabled.
    MetWith,
    /// Not at all.
    NotMet,
    /// Nothing is asked of a component.
    NotAsked,
}

/// An approved package that serves a requirement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CoverageBy {
    /// The features it needs that the board lacks as delivered; without a board all it needs.
    pub missing: Vec<String>,
    /// The source package.
    pub source: String,
    /// The binaries that are wanted of it.
    pub binaries: Vec<String>,
    /// The proposal that brought it.
    pub proposal: u32,
    /// The capability by which it serves; null if it names the requirement itself.
    pub capability: Option<String>,
    /// All features it needs.
    pub needs: Vec<String>,
}

/// A capability that would serve a requirement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CoverageCandidate {
    /// The features it needs that the board lacks; without a board all it needs.
    pub missing: Vec<String>,
    /// The capability.
    pub capability: String,
    /// Source packages that are known to give it and are not approved.
    pub packages: Vec<String>,
}
