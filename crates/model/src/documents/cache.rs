//! What `cache info`, `cache clean` and `cache verify` answer.

use serde::Serialize;

use super::Input;

/// What the cache holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CacheInfo {
    /// The format of this document.
    pub format: u32,
    /// Always empty: the cache is not made from one Release.
    pub inputs: Vec<Input>,
    /// Where the cache is.
    pub directory: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its parts, sorted by name.
    pub parts: Vec<CachePart>,
    /// The trees that builds have kept to begin the next one with, the one used last first.
    pub stages: Vec<CacheStage>,
}

/// A tree that a build has kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CacheStage {
    /// The image that it was made for; others with the same packages use it too.
    pub image: String,
    /// The architecture.
    pub architecture: String,
    /// How many packages are in it.
    pub packages: u64,
    /// Its size in bytes.
    pub size: u64,
    /// When it was used last.
    pub used: String,
    /// The digest of all that decides what is in it.
    pub key: String,
}

/// A part of the cache.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CachePart {
    /// What it holds.
    pub name: String,
    /// How many entries it has.
    pub entries: u64,
    /// Its size in bytes.
    pub size: u64,
}

/// What a cleaning of the cache removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CacheCleaned {
    /// The format of this document.
    pub format: u32,
    /// Always empty: the cache is not made from one Release.
    pub inputs: Vec<Input>,
    /// How many entries were removed.
    pub entries: u64,
    /// Their size in bytes.
    pub size: u64,
    /// How many entries were left because the project's lock names them.
    pub kept: u64,
}

/// What a check of the whole cache found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CacheVerified {
    /// The format of this document.
    pub format: u32,
    /// Always empty: the cache is not made from one Release.
    pub inputs: Vec<Input>,
    /// How many entries were read and checked.
    pub checked: u64,
    /// Entries that were not what they should be; they have been removed.
    pub damaged: Vec<DamagedEntry>,
}

/// An entry of the cache that was not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DamagedEntry {
    /// The file.
    pub file: String,
    /// What is wrong with it.
    pub reason: String,
}
