//! The archive: fetches signed repositories, believes only what is signed, keeps it by content.
//!
//! What leaves this room is checked. A [`Snapshot`] is made only by [`Archive::sync`], which has
//! verified signatures, dates and digests; a `CheckedFile` has been hashed whole.

mod archive;
pub mod credentials;
mod directory;
mod error;
pub mod extract;
pub mod fetch;
pub mod http;
pub mod indices;
pub mod mirror;
mod packages;
mod record;
mod release_file;
pub mod release_rules;
pub mod repository;
pub mod seen;
mod snapshot;
pub mod store;
mod sync;
pub mod time_travel;
pub mod trust;
mod universe;
pub mod url;

pub use archive::Archive;
pub use error::Error;
pub use packages::LockedFile;
pub use snapshot::{Snapshot, VerifiedRelease};
pub use universe::MappedUniverse;
