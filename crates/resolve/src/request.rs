//! What is asked: wishes, a base set, and how free the resolver is.

use formwork_deb::universe::PackageId;
pub use formwork_model::project::Variant;
pub use formwork_model::wish::{Wish, WishError as WishSyntax};

/// A question to the resolver.
#[derive(Clone, Default, Debug)]
pub struct Request {
    /// What is wished.
    pub wishes: Vec<Wish>,
    /// A base set to begin with.
    pub variant: Option<Variant>,
    /// Whether `Recommends` are followed where they can be.
    pub recommends: bool,
    /// Packages to stay with where possible, such as those of a lock.
    pub keep: Vec<PackageId>,
    /// The answer to the same question before, such as a lock's: taken again if it still is one.
    pub earlier: Vec<PackageId>,
}
