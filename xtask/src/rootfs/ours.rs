//! Our tree: `formwork build`, right after the maintainer scripts or finished.

use super::place::Place;
use std::path::Path;
use std::process::Command;

/// The build that stops where the peer's tree is taken.
pub(crate) fn until_scripts(place: &Place, path: &Path) -> Command {
    let mut command = build(place, path);
    command.args(["--until", "scripts"]);
    command
}

/// The whole build, as one archive.
pub(crate) fn build(place: &Place, path: &Path) -> Command {
    let mut command = place.formwork(&["build"]);
    command
        .arg(&place.set)
        .args(["--arch", &place.architecture, "--kind", "tar", "--output"])
        .arg(path);
    command
}
