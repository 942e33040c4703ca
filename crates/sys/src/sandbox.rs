//! The sandbox: where a tree is made and the programs of its packages run.
//!
//! The process that a person started (the *outside*) runs its own executable again as the
//! *inside*: a process with its own mounts, process numbers, network and user numbers, which
//! runs a *room* of the program and sends back messages and one result. Each program of the
//! tree then runs one level further down, by [`Inside::run`], where it sees the tree and
//! nothing else. Whatever happens to the outside, `kill -9` included, the kernel takes all
//! processes and mounts of the inside away with it.
//!
//! ```text
//! outside ── holder ──┬ inside (process 1, any number of threads; runs the room)
//!                     └──── starter (one thread) ── first (process 1) ── the program
//! ```
//!
//! The holder only waits. The starter was forked before the room began, so it may fork
//! without regard to threads. It lives in a mount namespace in which no file of the host is
//! left but six device nodes.

mod capabilities;
mod descriptors;
mod emulation;
mod error;
mod filter;
mod first;
mod frame;
mod holder;
mod inside;
mod loopback;
mod mounts;
mod outside;
mod process;
mod program;
mod ranges;
mod starter;
mod users;
mod watch;

pub use emulation::Emulation;
pub use error::SandboxError;
pub use holder::dispatch;
pub use inside::Inside;
pub use outside::{Order, Privilege, privilege, run, run_in_own_users};
pub use program::{Ended, Limits, Program};
pub use ranges::Range;
pub use users::User;

/// What a room is: it gets an input, works inside, and ends with a result or a failure of its own making.
pub type Main = fn(&Inside, input: Vec<u8>) -> Result<Vec<u8>, Vec<u8>>;
