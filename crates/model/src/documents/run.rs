//! What came of running an image.

use serde::Serialize;

/// The answer of `formwork run`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ran {
    /// The format of this document.
    pub format: u32,
    /// The image, with its options and any suite other than its first.
    pub image: String,
    /// The disk that was run.
    pub disk: String,
    /// Its architecture.
    pub architecture: String,
    /// Whether this machine's own processor ran it; else it was emulated.
    pub accelerated: bool,
    /// Whether it booted by its firmware, with nothing given to it.
    pub as_shipped: bool,
    /// How it ended.
    pub end: RanEnd,
    /// The exit code of the command; null if there was none.
    pub exit_code: Option<u8>,
    /// What the command wrote to standard output, as text; null if there was none.
    pub stdout: Option<String>,
    /// What the command wrote to standard error, as text; null if there was none.
    pub stderr: Option<String>,
    /// When the command began, or what was expected was seen; null if neither was asked for.
    pub ready_milliseconds: Option<u64>,
    /// How long all of it took.
    pub total_milliseconds: u64,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RanEnd {
    /// The command ended.
    Exited,
    /// What was expected was seen on the console.
    Seen,
    /// The guest went down by itself.
    Down,
    /// The person left it.
    Left,
}
