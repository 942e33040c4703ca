//! Proposals: who wants which package, why, and what others say; one file a command.
//!
//! [`load()`] reads everything that people write about proposals and checks it as a whole; every
//! other recipe begins with it. Git is the store: nothing here commits, and what was committed is
//! asked for by [`store`].

mod close;
mod diff;
mod error;
mod export;
mod facts;
pub mod flat;
mod import;
mod list;
pub mod load;
mod new;
mod review;
mod revise;
mod save;
pub mod store;

pub use close::{Closed, close, reject};
pub use diff::{Against, diff};
pub use error::ProposeError;
pub use export::export;
pub use facts::{Archives, BinaryFacts, CostFacts, SourceFacts, SuiteFacts, VirtualChoice};
pub use import::import;
pub use list::{list, served, show};
pub use load::{Loaded, LoadedProposal, load};
pub use new::{Beginning, Leaving, add, new, remove};
pub use review::{Saying, review};
pub use revise::{revise, submit, withdraw};
