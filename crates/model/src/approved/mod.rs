//! What closed proposals leave behind: frozen flat lists, the approved list that follows from
//! them, and the record of what was sent to whom.
//!
//! `proposals/NNNN-slug.flat.toml` is written once, when a proposal is closed as approved, and
//! never again: one `[[list]]` for each suite, with the Releases it was resolved from, and one
//! `[[source]]` for each source package with its binaries and the reason or the chain that brings
//! it. The approved list is the union of these files, less what later ones remove. It is computed
//! whenever it is asked for and stands in no file that a hand could change.

mod frozen;
mod list;
mod sent;

#[cfg(test)]
mod tests;

pub use frozen::{Frozen, FrozenBinary, FrozenList, FrozenSource};
pub use list::{ApprovedBinary, ApprovedList, ApprovedSource, approved};
pub use sent::{Sent, is_pkglist_field};

/// The ending of the file beside a proposal that holds its frozen flat lists.
pub const ENDING: &str = ".flat.toml";
/// The directory in which it is recorded what was sent.
pub const LISTS: &str = "lists";
/// The format number of these files.
pub const FORMAT: u64 = 1;
