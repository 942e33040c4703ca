//! What the whole program does when something is wrong: names, files, archives, the network.

mod names;
mod network;
mod refusals;

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_formwork");
