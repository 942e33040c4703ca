//! The wall: the one room that writes files, takes locks, maps memory, runs programs and listens to signals.
//!
//! Everything here names the path it worked on when it fails, and leaves a file either as it
//! was or as it should be: a temporary name, sync, rename.

pub mod again;
pub mod checked;
pub mod clock;
pub mod command;
pub mod dirs;
mod error;
pub mod fs;
mod kept;
pub mod kvm;
pub mod machine;
pub mod sandbox;
pub mod signal;
pub mod terminal;
pub mod tree;
pub mod usage;

pub use checked::{CheckedFile, Incoming};
pub use error::Error;
pub use kept::Kept;
