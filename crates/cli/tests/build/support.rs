//! A project whose image can be built: a toy Debian with this machine's dpkg.

use formwork_testkit::archive::Suite;
use formwork_testkit::package::Package;
use formwork_testkit::project::Project;

use super::PROGRAM;

/// A suite of packages without any dpkg, for questions that end before the tree.
pub(crate) fn plain() -> Project {
    let suite = Suite::new("bookworm")
        .package(Package::new("base-files", "12", "amd64").field("Essential", "yes"))
        .package(Package::new("hello", "1.0", "amd64").file("usr/bin/hello", b"hello"));
    Project::new(PROGRAM, &suite, "\"hello\"")
}
