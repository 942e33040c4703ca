//! The flows: one function a user action, where the stages meet. Nothing here knows a terminal.
//!
//! A flow takes a [`context::Context`] (where to look, what time it is, whom to tell) and what
//! the person asks for, and returns a document of `formwork-model` or an [`Error`].

#![forbid(unsafe_code)]

mod error;
mod package_facts;
mod repositories;
mod settings;

pub mod approved;
pub mod build;
pub mod cache;
pub mod check;
pub mod context;
pub mod coverage;
pub mod fetch;
pub mod images;
pub mod init;
pub mod inside;
pub mod inspect;
pub mod lock;
pub mod machine;
pub mod migrate;
pub mod project;
pub mod propose;
pub mod query;
pub mod repro;
pub mod run;
pub mod show_image;
pub mod timings;
pub mod trace;
pub mod update;

pub use error::{BrokenImage, BrokenTree, Error};
pub use formwork_archive::Error as ArchiveError;
pub use formwork_deb::time::Timestamp;
pub use formwork_resolve::WishError;
