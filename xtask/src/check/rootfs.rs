//! One root file system beside the peer, and the same bits from several builds of it.

use super::Findings;
use super::documents::formwork;
use crate::rootfs::{self, Options};

pub(super) fn check() -> Findings {
    let program = formwork()?;
    let mut options = Options::new();
    options.data = program.with_file_name("rootfs");
    options.formwork = program;
    rootfs::sample(&options)
}
