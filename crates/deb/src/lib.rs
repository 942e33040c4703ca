//! Debian's own formats: versions, relations, control paragraphs, Release files, packages.
//!
//! This room is pure: it opens no file, asks no clock and reads no environment. Every
//! parser takes text, bytes or a reader, and answers hostile input with an error.

pub mod container;
pub mod deb822;
#[doc(hidden)]
pub mod fuzzing;
pub mod path;
pub mod record;
pub mod relation;
pub mod release;
pub mod sha256;
pub mod time;
pub mod universe;
pub mod version;
