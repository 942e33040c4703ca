//! Our tree: `formwork build`, right after the maintainer scripts or finished.

use super::place::Place;
use std::path::Path;
use std::process::Command;

/// What has nothing of an earlier build used but packages.
pub(crate) const COLD: [&str; 1] = ["--no-stages"];

/// The build that stops where the peer's tree is taken.
pub(crate) fn until_scripts(place: &Place, path: &Path) -> Command {
    let mut command = place.formwork(&[]);
    command
        .args(arguments(place))
        .args(COLD)
        .args(["--until", "scripts", "--output"])
        .arg(path);
    command
}

/// What the program is told to build a set as one archive, but for where to put it.
pub(crate) fn arguments(place: &Place) -> Vec<String> {
    let words = [
        "build",
        &place.set,
        "--arch",
        &place.architecture,
        "--kind",
        "tar",
    ];
    words.map(str::to_owned).to_vec()
}
