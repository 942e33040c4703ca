//! Toy archives for proposals.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use formwork_model::proposal::{Proposal, State};
use formwork_model::source::Source;
use formwork_testkit::archive::{Archive, Suite};
use formwork_testkit::env::{Home, Run};
use formwork_testkit::package::{Package, Source as SourcePackage};

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_formwork");

/// An example of the workspace.
pub(crate) fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples")
        .join(name)
}

/// An archive that has just what the proposals of an example name in each suite, with a few
/// dependencies that make a flat list worth reading.
pub(crate) fn archive_for(example: &Path) -> Archive {
    let mut suites: BTreeMap<String, BTreeMap<String, Package>> = BTreeMap::new();
    for proposal in proposals(example) {
        for suite in &proposal.suites {
            let packages = suites.entry(suite.text.clone()).or_default();
            for wanted in proposal
                .packages
                .iter()
                .filter(|one| one.state != State::Deferred)
            {
                for binary in wanted.binaries_for(&suite.text, "amd64") {
                    let name = binary.name.as_str();
                    packages
                        .entry(name.to_owned())
                        .or_insert_with(|| package(name, wanted.source.as_str()));
                }
            }
            for package in extras() {
                packages.insert(package.name.clone(), package);
            }
        }
    }
    let archive = Archive::new();
    for (name, packages) in suites {
        archive.write(&with_sources(
            Suite::new(&name),
            packages.into_values().collect(),
        ));
    }
    archive
}

/// A suite with packages and the sources they are built from.
pub(crate) fn with_sources(suite: Suite, packages: Vec<Package>) -> Suite {
    let mut sources: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    for package in &packages {
        let stanza = package.stanza();
        let said = stanza
            .lines()
            .find_map(|line| line.strip_prefix("Source: "));
        let said = said.unwrap_or(&package.name);
        let (name, version) = match said.split_once(" (") {
            Some((name, version)) => (name, version.trim_end_matches(')')),
            None => (said, package.version.as_str()),
        };
        let entry = sources.entry(name.to_owned()).or_default();
        entry.0 = version.to_owned();
        entry.1.push(package.name.clone());
    }
    let suite = suite.packages(packages);
    sources
        .iter()
        .fold(suite, |suite, (name, (version, binaries))| {
            suite.source(SourcePackage::new(name, version, &binaries.join(", ")))
        })
}

/// One toy package.
fn package(name: &str, source: &str) -> Package {
    let package = Package::new(name, "1.0-1", "amd64").field("Source", source);
    match name {
        "dpkg" => package.field("Essential", "yes").field("Depends", "tar"),
        "fail2ban" => package.field("Depends", "python3:any, aide-data | mail-transport-agent"),
        _ => package.field("Depends", "libc6"),
    }
}

/// Packages that nobody names and others need.
fn extras() -> Vec<Package> {
    let amd64 =
        |name: &str, source: &str| Package::new(name, "1.0-1", "amd64").field("Source", source);
    vec![
        amd64("libc6", "glibc"),
        amd64("python3", "python3-defaults")
            .field("Multi-Arch", "allowed")
            .field("Depends", "libpython3-stdlib"),
        amd64("libpython3-stdlib", "python3-defaults"),
        amd64("msmtp-mta", "msmtp").field("Provides", "mail-transport-agent"),
        amd64("exim4", "exim4").field("Provides", "mail-transport-agent"),
    ]
}

/// The proposals of a project, as they are read.
pub(crate) fn proposals(project: &Path) -> Vec<Proposal> {
    let mut files: Vec<PathBuf> = fs::read_dir(project.join("proposals"))
        .expect("proposals")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| !path.display().to_string().ends_with(".flat.toml"))
        .collect();
    files.sort();
    let read = |path: &PathBuf| {
        let name = path.file_name().expect("a name").to_string_lossy();
        let text = fs::read_to_string(path).expect("a text");
        let file = format!("proposals/{name}");
        Proposal::read(Source::new(&file, &text)).unwrap_or_else(|error| panic!("{error}"))
    };
    files.iter().map(read).collect()
}

/// A project with a toy archive of two suites, proposals in git, and people who review.
pub(crate) struct World {
    /// Kept as long as the world needs it.
    _archive: Archive,
    pub(crate) home: Home,
}

impl World {
    /// A project without proposals.
    pub(crate) fn new() -> World {
        let archive = Archive::new();
        for suite in ["bullseye", "bookworm"] {
            archive.write(&with_sources(Suite::new(suite), toys(suite)));
        }
        let home = Home::new();
        home.write(
            "formwork.toml",
            &project(&archive, &["bullseye", "bookworm"]),
        );
        home.write(
            "images/minimal.toml",
            "packages = []\nvariant = \"essential\"\n",
        );
        let world = World {
            _archive: archive,
            home,
        };
        world.git(&["init", "--quiet", "--initial-branch=main"]);
        world.git(&["config", "user.name", "anna"]);
        world.git(&["config", "user.email", "anna@mail.example"]);
        world
    }

    /// Runs the program in the project.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.home.run(PROGRAM, arguments)
    }

    /// Runs git in the project.
    pub(crate) fn git(&self, arguments: &[&str]) {
        let _ = self.home.run("git", arguments).exits(0);
    }

    /// Commits everything.
    pub(crate) fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "x"]);
    }
}

/// A `formwork.toml` for a toy archive.
pub(crate) fn project(archive: &Archive, suites: &[&str]) -> String {
    let suites: Vec<String> = suites.iter().map(|suite| format!("\"{suite}\"")).collect();
    let suites = suites.join(", ");
    format!(
        "[project]\nname = \"toy\"\nsuites = [{suites}]\narchitectures = [\"amd64\"]\n\n\
         [repositories.debian]\nurl = \"{}\"\narchive = \"debian\"\nsuites = [{suites}]\n\
         keyrings = [\"{}\"]\n\n\
         [review]\nleast_days = 7\n\n\
         [review.groups.core]\nmembers = [\"anna\", \"ben\"]\nquorum = 2\n",
        archive.url(),
        archive.keyring().display()
    )
}

fn toys(suite: &str) -> Vec<Package> {
    let amd64 = |name: &str, version: &str| Package::new(name, version, "amd64");
    let (library, version) = if suite == "bullseye" {
        ("libssl1.1", "1.1-1")
    } else {
        ("libssl3", "3.0-1")
    };
    vec![
        amd64("base-files", "12").field("Essential", "yes"),
        amd64("openssl", version)
            .field("Description", "a tool for certificates")
            .field("Depends", library),
        amd64(library, version)
            .field("Source", "openssl")
            .field("Description", "the library"),
        amd64("fail2ban", "1.0-2")
            .field("Description", "ban hosts that cause errors")
            .field("Depends", "python3:any, mail-transport-agent"),
        amd64("python3", "3.11-1")
            .field("Source", "python3-defaults (3.11)")
            .field("Multi-Arch", "allowed"),
        amd64("msmtp-mta", "1.8-1")
            .field("Source", "msmtp")
            .field("Provides", "mail-transport-agent"),
        amd64("exim4-daemon-light", "4.96-1")
            .field("Source", "exim4")
            .field("Provides", "mail-transport-agent"),
    ]
}
