//! Questions to the archive: one file a command.
//!
//! A question is asked in a [`Scope`] (which suites, architectures and instant); with a project
//! and no suite named it is asked of the project's own repositories. Every answer is a document
//! of `formwork-model` and begins with the Releases it was made from.

mod closure;
pub(crate) mod describe;
mod installable;
mod likely;
mod open;
mod rdepends;
mod scope;
mod search;
mod show;
mod solved;
mod sources;
mod tree;
mod why;

pub use closure::closure;
pub use installable::installable;
pub use rdepends::{Depth, rdepends};
pub use scope::{Choice, Scope};
pub use search::search;
pub use show::show;
pub use sources::sources;
pub use tree::tree;
pub use why::why;

use formwork_model::documents::Contradiction;

/// What came of a question that may have no solution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<T> {
    /// A solution.
    Yes(T),
    /// The proof that there is none.
    No(Box<Contradiction>),
}
