//! What `trace` answers.

use serde::Serialize;

use super::Input;

/// All that is linked to one thing, from requirements to boards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Trace {
    /// The format of this document.
    pub format: u32,
    /// The Releases of the lock and of the frozen lists.
    pub inputs: Vec<Input>,
    /// The thing that was asked for: the id of one of the nodes.
    pub subject: String,
    /// The subject, what stands above it and what stands below it, sorted by id.
    pub nodes: Vec<TraceNode>,
    /// How these are linked, from above to below; sorted.
    pub links: Vec<TraceLink>,
}

/// A thing that can be traced.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TraceNode {
    /// Its kind and name: `source:openssl`.
    pub id: String,
    /// Its kind.
    pub kind: TraceKind,
    /// Its name.
    pub name: String,
    /// What it is, or how it stands; may be empty.
    pub title: String,
}

/// A link from something above to something below.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TraceLink {
    /// The id of the upper end.
    pub above: String,
    /// The id of the lower end.
    pub below: String,
    /// How the lower end serves, fills or carries the upper one, in a few words.
    pub how: String,
}

/// The kinds of things, from above to below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TraceKind {
    /// A requirement of the catalogue.
    Requirement,
    /// A named function.
    Capability,
    /// A test that shows something.
    Test,
    /// A proposal.
    Proposal,
    /// A source package.
    Source,
    /// A binary package.
    Binary,
    /// A feature of hardware or network.
    Feature,
    /// An image.
    Image,
    /// A board.
    Board,
}

impl TraceKind {
    /// All of them, from above to below.
    pub const ALL: [TraceKind; 9] = [
        TraceKind::Requirement,
        TraceKind::Capability,
        TraceKind::Test,
        TraceKind::Proposal,
        TraceKind::Source,
        TraceKind::Binary,
        TraceKind::Feature,
        TraceKind::Image,
        TraceKind::Board,
    ];

    /// The word in ids and answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            TraceKind::Requirement => "requirement",
            TraceKind::Capability => "capability",
            TraceKind::Test => "test",
            TraceKind::Proposal => "proposal",
            TraceKind::Source => "source",
            TraceKind::Binary => "binary",
            TraceKind::Feature => "feature",
            TraceKind::Image => "image",
            TraceKind::Board => "board",
        }
    }
}
