//! `formwork build` as people use it: what is asked for, whole builds of a toy Debian, faults.
//!
//! Whole builds run the toy's own dpkg in the sandbox. They need root or a range of subordinate
//! ids, as building does; where neither is there, the message that says so is what is tested.

mod again;
mod asked;
mod bootable;
mod disks;
mod faults;
mod killed;
mod settings;
mod stages;
mod support;
mod toy;

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_formwork");
