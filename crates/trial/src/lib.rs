//! Trying an image out: the virtual machine, its console, and what is asked of the guest.
//!
//! [`machine`] says how QEMU is called, [`firmware`] where its firmware is, [`parts`] what of an
//! image boots, [`access`] what a guest is given for one run, and [`run`] does it.

#![forbid(unsafe_code)]

pub mod access;
mod console;
mod error;
pub mod firmware;
pub mod machine;
pub mod parts;
pub mod run;

pub use error::TrialError;
