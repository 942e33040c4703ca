//! The real program on a toy archive: a good and a bad run of every command, as people see it.
//!
//! What a run prints is compared with a file in `snapshots/`; `UPDATE=1 cargo test` writes these
//! anew, and the difference is then read like code.

mod cache;
mod closure;
mod images;
mod inspect;
mod installable;
mod machine;
mod own;
mod policy;
mod project;
mod propose;
mod rdepends;
mod search;
mod show;
mod sources;
mod support;
mod tree;
mod why;
