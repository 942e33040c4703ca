//! Settings applied to a tree made by hand, beside the tools of this machine.

mod accounts;
mod files;
mod support;
mod units;
