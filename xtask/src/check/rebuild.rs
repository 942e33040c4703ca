//! Builds after edits beside builds from nothing.

use super::Findings;
use super::documents::formwork;
use crate::rebuild;
use crate::rootfs::Options;

pub(super) fn check() -> Findings {
    let program = formwork()?;
    let mut options = Options::new();
    options.data = program.with_file_name("rootfs");
    options.formwork = program;
    rebuild::sample(options)
}
