//! The containers of a `.deb`: an `ar` archive of tar archives.
//!
//! A package is an `ar` archive with the members `debian-binary`, `control.tar` and
//! `data.tar`, the last two usually compressed; see deb(5). Here containers are only
//! listed and read: nothing is decompressed (the caller gives the tar reader a decoder)
//! and nothing is written to disk. Every count and size is bounded.

pub mod ar;
pub mod package;
pub mod tar;
