//! The resolver against toy universes: each case says why it exists, and random universes are
//! compared with a SAT solver.

mod archive;
mod builds;
mod checker;
mod explanations;
mod multi_arch;
mod origins;
mod random;
mod relations;
mod scale;
mod virtuals;
mod wishes;
mod world;
