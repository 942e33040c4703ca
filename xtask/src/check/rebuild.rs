//! Builds after edits beside builds from nothing.

use super::{Findings, rootfs};
use crate::rebuild;

pub(super) fn check() -> Findings {
    rebuild::sample(rootfs::options()?)
}
