//! From wishes to packages: the resolver, its explanations and the checker of its answers.
//!
//! The way of a question: wishes are looked up ([`Targets`]), the packages apt would choose are
//! walked ([`walk`]); where that walk ends in a clash a complete search ([`search`]) finds
//! another set or proves that there is none. Whatever is answered goes through [`check`], which
//! shares no code with the two.
//!
//! This room is pure and exact: no file, no clock, no randomness, the same answer everywhere.

mod allowed;
mod check;
mod exclusion;
mod explain;
mod hopeless;
mod installable;
mod nearest;
mod request;
mod search;
mod solution;
mod solve;
mod targets;
mod walk;
mod ways_out;

pub use check::{Unsound, check};
pub use explain::{explain, explain_broken};
pub use installable::{Broken, Installability, InstallableOptions, installable};
pub use nearest::nearest_names;
pub use request::{Request, Variant, Wish, WishSyntax};
pub use search::{Fact, Proof};
pub use solution::{Reason, Solution};
pub use solve::{Conflict, Failure, solve};
pub use targets::{Target, Targets, WishError};
