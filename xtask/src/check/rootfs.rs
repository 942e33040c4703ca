//! Root file systems beside the peer, and the same bits from several builds, foreign ones too.

use super::Findings;
use super::documents::formwork;
use super::excuse::is_left_out;
use crate::rootfs::{self, Options};

/// Initial RAM disks beside those that the packages' own programs make.
pub(super) fn check_initrd() -> Findings {
    rootfs::initrd::sample(&options()?, "bookworm")
}

pub(super) fn check() -> Findings {
    let mut options = options()?;
    options.suites = rootfs::SUITES.map(str::to_owned).to_vec();
    let mut findings = rootfs::sample(&options)?;
    options.suites = vec!["bookworm".to_owned()];
    for architecture in ["arm64", "armhf"] {
        options.architecture = architecture.to_owned();
        let what = format!("the same bits of bookworm {architecture}");
        let found = rootfs::same_bits(&options);
        if !is_left_out(&what, &found) {
            findings.extend(found?);
        }
    }
    Ok(findings)
}

/// The program just built, with the place of all trees.
pub(super) fn options() -> Result<Options, String> {
    let program = formwork()?;
    let mut options = Options::new();
    options.data = program.with_file_name("rootfs");
    options.formwork = program;
    Ok(options)
}
