//! A project as meant: what `formwork.toml` and `images/*.toml` ask for, checked and complete.
//!
//! `formwork.toml` has the tables
//!
//! - `[project]`: `name`, the default `suites` and `architectures` of its images, and, if the
//!   machine's own are not to be used, `mirror` and `snapshot`;
//! - `[repositories.NAME]`: where packages come from and whose signature is believed;
//! - `[sets.NAME]`: `packages` with a name, used as `@NAME`;
//! - `[policy]`: what is demanded of packages, see [`crate::policy`];
//! - `[review]`: whose verdicts proposals need, see [`crate::review`].
//!
//! `images/NAME.toml` says what one image is made of; `shape` lists its keys. An image extends
//! others and has options: `layers`, `options` and `merge` make one table of them, in which each
//! value knows its place. Unknown keys are errors. What a person wrote in `formwork.toml` is
//! read by [`written`], made complete by `convert`; [`Project::plans`] then says what is to be
//! resolved, and [`Project::compose`] what is to be built.

mod beside;
mod compose;
mod convert;
mod edit;
mod images;
mod layers;
mod listed;
mod merge;
pub mod node;
mod options;
mod packages;
mod plan;
mod profiles;
mod shape;
mod template;
pub mod written;

#[cfg(test)]
mod tests;

#[cfg(test)]
mod compose_tests;

use std::collections::BTreeMap;

use formwork_deb::time::Timestamp;

use crate::policy::Policy;
use crate::review::Rules;
use crate::source::{FileError, Source, Spot};
use crate::wish::{Restriction, Wish};

pub use beside::PlannedBeside;
pub use compose::{ComposeError, Composition, name as name_with_options};
pub use edit::{EditError, add_package};
pub use listed::ListedValue;
pub use options::{ChoiceError, ImageOption};
pub use plan::{Plan, PlanRepository, PlannedWish};
pub use profiles::profiles;
pub use template::{GITIGNORE, IMAGE_NAME, image_template, project_template};

/// The priority of a repository of which nothing else is said.
pub const USUAL_PRIORITY: i32 = 500;
/// The priority of backports and of third parties, which never win unless asked.
pub const LOW_PRIORITY: i32 = 100;
/// The priority of the project's own packages, which win over those of any archive.
pub const OWN_PRIORITY: i32 = 900;
/// The directory of the project's own packages, and the name of the repository that it is.
pub const OWN_PACKAGES: &str = "packages";
/// The priority of suites whose Release says `NotAutomatic` without `ButAutomaticUpgrades`.
pub const LEAST_PRIORITY: i32 = 1;

/// A whole project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its name.
    pub name: String,
    /// The mirror to use instead of the machine's own, as `--mirror` takes it.
    pub mirror: Option<String>,
    /// Its repositories, sorted by name.
    pub repositories: Vec<Repository>,
    /// Its images, by name.
    pub images: BTreeMap<String, Image>,
    /// What it demands of its packages.
    pub policy: Policy,
    /// Whose verdicts its proposals need.
    pub review: Rules,
    /// Its named sets of packages.
    sets: packages::Sets,
}

/// A repository of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// The name under which the lock speaks of it.
    pub name: String,
    /// Where it is.
    pub place: Place,
    /// Its suites, in the order written; empty for a directory.
    pub suites: Vec<String>,
    /// Its components; empty for a directory.
    pub components: Vec<String>,
    /// The architectures to which it is limited; empty: those of the images.
    pub architectures: Vec<String>,
    /// The suites of images that it serves; empty: all.
    pub serves: Vec<String>,
    /// Built-in names or paths of the keyrings that are believed.
    pub keyrings: Vec<String>,
    /// A priority that the project gives, if it does.
    pub priority: Option<i32>,
    /// The instant whose state of the archive is meant.
    pub at: Option<Timestamp>,
    /// The template of the URLs of past states.
    pub snapshot: Option<String>,
    /// Until when an expired Release is let through, and why.
    pub allow_expired: Option<AllowExpired>,
    /// Where the file describes it.
    pub spot: Spot,
}

/// Where a repository is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the mirror that this machine uses for a Debian archive.
    Mirror(DebianArchive),
    /// At a URL (http, https or file) that the project names.
    Url {
        /// The URL.
        url: String,
        /// Which of Debian's archives it is a copy of, if it is one.
        archive: Option<DebianArchive>,
    },
    /// In a plain directory of `.deb` files, relative to the project.
    Directory(String),
}

/// One of the archives that Debian itself keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DebianArchive {
    /// The main archive.
    Debian,
    /// The archive of security updates.
    Security,
}

impl DebianArchive {
    /// All of them.
    pub const ALL: [DebianArchive; 2] = [DebianArchive::Debian, DebianArchive::Security];

    /// The name in files, and the directory on most mirrors.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            DebianArchive::Debian => "debian",
            DebianArchive::Security => "debian-security",
        }
    }

    /// In which archive a suite of Debian is.
    #[must_use]
    pub fn of_suite(suite: &str) -> DebianArchive {
        if suite.ends_with("-security") || suite.ends_with("/updates") {
            DebianArchive::Security
        } else {
            DebianArchive::Debian
        }
    }
}

/// A written leave to use an expired Release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowExpired {
    /// The last day on which it holds, as its first second.
    pub until: Timestamp,
    /// Why.
    pub reason: String,
}

/// An image of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Its name, which is that of its file.
    pub name: String,
    /// What it is for, if its file says so.
    pub description: Option<String>,
    /// The suites it is made for.
    pub suites: Vec<String>,
    /// The architectures it is made for.
    pub architectures: Vec<String>,
    /// Whether it is only there to be extended.
    pub is_abstract: bool,
    /// Its options.
    options: options::Options,
    /// The combinations of options that are locked besides each option alone.
    combinations: Vec<(Vec<String>, Spot)>,
    /// What its files say, bases first.
    tables: Vec<node::Table>,
}

/// One package that an image asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The wish.
    pub wish: Wish,
    /// The architectures it is for.
    pub restriction: Restriction,
    /// Where it is written.
    pub spot: Spot,
}

/// The set of packages that an image begins with, as debootstrap names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variant {
    /// Packages marked `Essential`, and what they need.
    Essential,
    /// These, apt, and packages of priority `required`.
    #[default]
    Minbase,
    /// These and packages of priority `important` and `standard`.
    Standard,
}

impl Variant {
    /// All of them, smallest first.
    pub const ALL: [Variant; 3] = [Variant::Essential, Variant::Minbase, Variant::Standard];

    /// The name in files and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Variant::Essential => "essential",
            Variant::Minbase => "minbase",
            Variant::Standard => "standard",
        }
    }

    /// The variant of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Variant> {
        Variant::ALL
            .into_iter()
            .find(|variant| variant.as_str() == name)
    }
}

impl Repository {
    /// The priority of one of its suites, backports and third parties standing back.
    #[must_use]
    pub fn priority_of(&self, suite: &str) -> i32 {
        let usual = usual_priority(suite);
        match (self.priority, &self.place) {
            (Some(priority), _) => priority,
            (None, Place::Url { archive: None, .. }) => usual.min(LOW_PRIORITY),
            (None, _) => usual,
        }
    }

    /// Whether images of this suite take packages from the given suite of this repository.
    #[must_use]
    pub fn serves(&self, image_suite: &str, own_suite: &str) -> bool {
        if self.serves.is_empty() {
            return self.suites.is_empty() || base_suite(own_suite) == image_suite;
        }
        self.serves.iter().any(|served| served == image_suite)
    }
}

/// The priority of a suite of which nothing else is said, as apt takes it from the Release.
#[must_use]
pub fn usual_priority(suite: &str) -> i32 {
    match suite {
        "experimental" | "rc-buggy" => LEAST_PRIORITY,
        _ if suite.ends_with("-backports") || suite.ends_with("-backports-sloppy") => LOW_PRIORITY,
        _ => USUAL_PRIORITY,
    }
}

/// The suite that `-updates`, `-security`, `-backports` and the like belong to.
#[must_use]
pub fn base_suite(suite: &str) -> &str {
    const KINDS: [&str; 8] = [
        "-proposed-updates",
        "-updates",
        "-security",
        "-backports-sloppy",
        "-backports",
        "-lts",
        "-elts",
        "/updates",
    ];
    KINDS
        .iter()
        .find_map(|kind| suite.strip_suffix(kind))
        .unwrap_or(suite)
}

impl Project {
    /// Reads a project from its texts: `formwork.toml`, and each image with its name.
    pub fn read(project: Source<'_>, images: &[(&str, Source<'_>)]) -> Result<Project, FileError> {
        let written = written::Project::read(project)?;
        convert::project(project, &written, images)
    }

    /// Takes the directory of own packages for a repository, unless the project describes it
    /// itself.
    pub fn add_own_packages(&mut self) -> Result<(), FileError> {
        let is_own = |path: &str| {
            let path = path.strip_prefix("./").unwrap_or(path);
            path.trim_end_matches('/') == OWN_PACKAGES
        };
        let described = |repository: &Repository| matches!(&repository.place, Place::Directory(path) if is_own(path));
        if self.repositories.iter().any(described) {
            return Ok(());
        }
        if let Some(other) = self.repository(OWN_PACKAGES) {
            let message = format!(
                "the repository `{OWN_PACKAGES}` has the name that belongs to the directory {OWN_PACKAGES}/"
            );
            let error = node::at(&other.spot, message);
            return Err(error.hint("give it another name, or the directory"));
        }
        self.repositories.push(Repository {
            name: OWN_PACKAGES.to_owned(),
            place: Place::Directory(OWN_PACKAGES.to_owned()),
            suites: Vec::new(),
            components: Vec::new(),
            architectures: Vec::new(),
            serves: Vec::new(),
            keyrings: Vec::new(),
            priority: Some(OWN_PRIORITY),
            at: None,
            snapshot: None,
            allow_expired: None,
            spot: Spot {
                file: format!("{OWN_PACKAGES}/"),
                line: 1,
                column: 1,
                length: 1,
                text: String::new(),
            },
        });
        self.repositories
            .sort_by(|left, right| left.name.cmp(&right.name));
        Ok(())
    }
}
