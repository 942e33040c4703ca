//! Trees made on a stage beside trees made from nothing; stages that are damaged.
//!
//! Everything here changes owners, so it needs root; the sandbox is not used: a stand-in plays
//! the programs of the tree.

#![allow(clippy::unwrap_used)]

mod damage;
mod same;
mod world;
