//! What the tests of every room share: tiny signed archives, a bad web server, toy universes.
//!
//! Nothing here depends on another crate of the workspace, so that it can serve as an independent
//! witness: it writes Debian's formats by its own code and tests check that dpkg and apt agree.
//! Helpers panic with a sentence when they cannot set a test up; that is a failed test, not an error.

pub mod archive;
pub mod bytes;
pub mod clock;
pub mod deb_file;
pub mod env;
pub mod keys;
pub mod machine;
pub mod package;
pub mod project;
pub mod proposals;
pub mod server;
pub mod universe;
