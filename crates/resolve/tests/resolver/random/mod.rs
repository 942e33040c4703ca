//! Random universes: the resolver against a SAT solver, fact by fact.

mod archive;
mod damage;
mod dice;
mod generator;
mod oracle;
mod properties;
