//! The resolver against toy universes: each case says why it exists, and random universes are
//! compared with a SAT solver.

mod multi_arch;
mod random;
mod relations;
mod virtuals;
mod world;
