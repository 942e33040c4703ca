//! A project whose image can be built: a toy Debian with this machine's dpkg.

use std::fs;
use std::path::{Path, PathBuf};

use formwork_testkit::archive::Suite;
use formwork_testkit::bytes::sha256;
use formwork_testkit::machine::toybox;
use formwork_testkit::package::Package;
use formwork_testkit::project::Project;

use super::PROGRAM;

/// Where the files of the toy's image go.
pub(crate) const PLACE: &str = "build/minimal/amd64";

/// A suite of packages without any dpkg, for questions that end before the tree.
pub(crate) fn plain() -> Project {
    let suite = Suite::new("bookworm")
        .package(Package::new("base-files", "12", "amd64").field("Essential", "yes"))
        .package(Package::new("hello", "1.0", "amd64").file("usr/bin/hello", b"hello"));
    Project::new(PROGRAM, &suite, "\"hello\"")
}

/// A project that can be built, locked, with these packages beside the essential one, all of
/// which its image asks for; none where this machine has no dpkg to lend, or is no amd64.
pub(crate) fn buildable(packages: &[Package]) -> Option<Project> {
    let toybox = toybox().filter(|toybox| toybox.architecture == "amd64");
    let Some(toybox) = toybox else {
        eprintln!("skipped: this machine has no dpkg for amd64 to lend to the toy");
        return None;
    };
    let mut suite = Suite::new("bookworm").package(toybox);
    for package in packages {
        suite = suite.package(package.clone());
    }
    let names: Vec<String> = packages
        .iter()
        .map(|package| format!("\"{}\"", package.name))
        .collect();
    let project = Project::new(PROGRAM, &suite, &names.join(", "));
    project.run(&["lock"]).exits(0);
    Some(project)
}

/// A package whose postinst does something and leaves a trace.
pub(crate) fn hello() -> Package {
    Package::new("hello", "1.0", "amd64")
        .field("Depends", "toybox")
        .file("usr/bin/hello", b"hello")
        .script(
            "postinst",
            "#!/bin/sh\nset -e\necho configured > /var/hello\n",
        )
}

/// Whether the tests run as root.
pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

/// A file of the toy's image.
pub(crate) fn built(project: &Project, name: &str) -> PathBuf {
    project.home.work().join(PLACE).join(name)
}

/// The names in the directory of the toy's image, sorted.
pub(crate) fn names(project: &Project) -> Vec<String> {
    let place = project.home.work().join(PLACE);
    let mut names: Vec<String> = fs::read_dir(place)
        .map(|entries| {
            entries
                .flatten()
                .map(|entry| entry.file_name().to_string_lossy().into_owned())
                .collect()
        })
        .unwrap_or_default();
    names.sort();
    names
}

/// A JSON file.
pub(crate) fn json(path: &Path) -> serde_json::Value {
    let text = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The SHA-256 of a file.
pub(crate) fn digest(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    sha256(&bytes)
}
