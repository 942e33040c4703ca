//! Proposals as people work with them: the examples from their first line to the approved list,
//! every fault of a file with its place, and the questions at a terminal.

mod dialogue;
mod examples;
mod faults;
mod life;
mod old_shapes;
mod world;
