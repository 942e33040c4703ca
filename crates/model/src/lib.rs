//! Formwork's own documents: project files, the lock, answers as JSON, events.
//!
//! This room is pure: text comes in, values go out. It opens no file, knows no clock and no
//! environment; the loaders live in `flow`.

#![forbid(unsafe_code)]

pub mod approved;
pub mod board;
pub mod diff;
pub mod documents;
pub mod event;
mod keys;
pub mod layout;
pub mod lock;
pub mod migration;
pub mod name;
pub mod nearest;
pub mod page;
pub mod policy;
pub mod project;
pub mod proposal;
pub mod requirement;
pub mod review;
pub mod settings;
pub mod source;
pub mod stage;
pub mod tree;
pub mod wish;

pub use event::{Event, Phase, Sink};
