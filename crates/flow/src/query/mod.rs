//! Questions to the archive: one file a command.
//!
//! A question is asked in a [`Scope`] (which suites, architectures and instant); with a project
//! and no suite named it is asked of the project's own repositories. Every answer is a document
//! of `formwork-model` and begins with the Releases it was made from.

mod closure;
pub(crate) mod describe;
mod installable;
mod needle;
mod open;
mod rdepends;
mod reverse;
mod scope;
mod search;
mod select;
mod show;
mod solved;
mod sources;
mod tree;
mod why;

pub use closure::closure;
pub use installable::installable;
pub(crate) use open::{Opened, Want, open_suite};
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

#[cfg(test)]
mod toy {
    use formwork_deb::universe::{OriginSpec, Universe, UniverseBuilder};

    /// Asks something of the universe that these rows describe (see `formwork_testkit::universe`).
    pub(super) fn ask<T>(rows: &str, question: impl FnOnce(&Universe<'_>) -> T) -> T {
        let mut builder = UniverseBuilder::new("amd64", &[]);
        let origin = builder.add_origin(&OriginSpec {
            repository: "debian".to_owned(),
            suite: "bookworm".to_owned(),
            component: "main".to_owned(),
            priority: 500,
        });
        let text = formwork_testkit::universe::toy(rows);
        builder
            .add_packages(origin, "Packages", text.as_bytes())
            .expect("an index");
        let bytes = builder.finish();
        question(&Universe::open(&bytes).expect("a universe"))
    }
}
