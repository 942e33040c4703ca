//! One root file system beside the peer, and the same bits from several builds of it.

use super::Findings;
use super::documents::formwork;
use crate::rootfs::{self, Options};

/// An ordinary user to build as, made by `.ci/prepare.sh`.
const USER: &str = "FORMWORK_TEST_USER";

pub(super) fn check() -> Findings {
    let program = formwork()?;
    let mut options = Options::new();
    options.data = program.with_file_name("rootfs");
    options.formwork = program;
    options.user = std::env::var(USER).ok().filter(|name| !name.is_empty());
    let mut findings = rootfs::sample(&options)?;
    if options.user.is_none() {
        findings.push(format!("{USER} names no ordinary user to build as"));
    }
    Ok(findings)
}
