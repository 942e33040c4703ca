//! The archive: fetches signed repositories, believes only what is signed, keeps it by content.
//!
//! What leaves this room is checked: a [`trust::SignedText`] was signed by a trusted key.

pub mod trust;
pub mod url;
