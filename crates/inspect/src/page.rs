//! placeholder
use formwork_model::documents::Inspected;
use crate::files::Files;
/// x
#[must_use]
pub fn html(_inspected: &Inspected, _files: &Files) -> String { String::new() }
