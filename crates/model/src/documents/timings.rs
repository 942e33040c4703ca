//! What `build --timings` tells: where the time of one build went, and how near that is to what
//! no build can do without.

use serde::Serialize;

/// Where the time went (`IMAGE.timings.json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Timings {
    /// The format of this document.
    pub format: u32,
    /// The image, with its options and any suite other than its first.
    pub image: String,
    /// The architecture.
    pub architecture: String,
    /// How many processors the build could use.
    pub processors: u32,
    /// The release of this machine's kernel.
    pub kernel: String,
    /// How long the whole build took, in milliseconds.
    pub milliseconds: u64,
    /// The phases in their order; what no step accounts for is in the last, `other`.
    pub phases: Vec<TimedPhase>,
    /// Everything that was noted, in the order of its beginning.
    pub spans: Vec<TimedSpan>,
}

/// One phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TimedPhase {
    /// Its name: `read`, `unpack`, `scripts`, `finish`, `initrd`, `write`, `other`.
    pub name: String,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
    /// Its share of the whole, in thousandths.
    pub share: u32,
    /// The least that this machine needs for it, in milliseconds, measured after the build; null
    /// where nothing could be measured.
    pub floor: Option<u64>,
}

/// A piece of the build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TimedSpan {
    /// A step, or what it was at: a package.
    pub name: String,
    /// The phase that it is part of.
    pub phase: String,
    /// How deep it lies: 1 for a step, 2 for what is in one.
    pub depth: u32,
    /// When it began, in milliseconds from the beginning of the build.
    pub start: u64,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
}
