//! Proposals, reviews and the approved list: what follows from them, and how it is told.

pub mod cost;
pub mod coverage;
pub mod diff;
pub mod export;
pub mod findings;
pub mod flat;
pub mod formats;
pub mod import;
pub mod migrate;
pub mod policy;
pub mod trace;
