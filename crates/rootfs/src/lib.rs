//! From a closure of checked package files to a finished Debian tree.

pub mod clean;
pub mod job;
pub mod report;
