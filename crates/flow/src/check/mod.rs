//! `propose check` and `check`: what the rules of `[policy]` find.
//!
//! A finding is no error: what is wrong in a proposal's packages, in what images install, or in a
//! waiver comes back as a document, also where it denies. What cannot be found out is in it as
//! unknown.

mod chains;
mod needed;
mod project;
mod proposal;
mod vulnerabilities;

pub use formwork_proposal::findings::{markdown, message, summary, waiver, word};
pub use project::{after_lock, before_build, project};
pub use proposal::{denials, look_at, proposal};
