//! Unpacking beside the real dpkg, and packages that mean harm.
//!
//! Everything here changes owners, as unpacking does, so it needs root; the sandbox is not used:
//! a stand-in plays the programs of the tree.

#![allow(clippy::unwrap_used)]

mod beside_dpkg;
mod hostile;
mod order;
mod world;
