//! `formwork.lock`: the exact inputs of every image, written by Formwork and kept in git.
//!
//! # Formats 1 and 2 and their promises
//!
//! The file is TOML in UTF-8. It begins with a comment and `format = 1` or `format = 2`; then
//! come, each kind sorted, with one key a line and always in the same order of keys:
//!
//! - `[[release]]`: every Release that any closure was made from: `repository` (the name in
//!   `formwork.toml`), `suite` (left out for a plain directory, whose digest is that of its
//!   listing), `version` if the Release has one (`12.14`), `date`, `release_sha256`, and `at`
//!   if the project asks for a past state. Sorted by repository, suite, `at`.
//! - `[[closure]]`: what one image is made of: `image`, `options` if any decide about its
//!   packages, `suite`, `architecture`, `foreign` if there are further architectures, `variant`, `recommends`, `plan_sha256` (the digest of
//!   what the project asks for), `packages_sha256` (the digest of the packages that were found
//!   for it, so that neither a hand nor a merge makes a closure that nobody resolved) and
//!   `packages`, one reference a line, sorted. Sorted by image, suite, architecture, options.
//!   In format 2 `beside` may follow, not empty: packages that are fetched with the image and of
//!   which single files are taken, but which are not installed; `packages_sha256` covers them.
//! - `[[package]]`: every package of any closure, once: `name`, `version`, `architecture`,
//!   `source`, `source_version`, `size` in bytes, `sha256`, `repository` and `path` below the
//!   root of the repository. Sorted by name, version in dpkg's order, architecture, digest.
//!
//! A reference is `NAME:ARCHITECTURE=VERSION`. Where a lock holds two different files of that
//! description, `#` and the first 12 digits of the SHA-256 follow.
//!
//! - Same inputs, same bytes: no time of writing, no name of a mirror, of a machine or of a
//!   person, no version of Formwork. Nothing depends on the order in which things were found.
//! - No credentials, ever. Only paths that stay inside their repository.
//! - *The lock's date* is the newest `date` of its releases; it is not written separately, so
//!   that two branches merge where they do not really clash.
//! - A file of format 1 or 2 will be readable by every later Formwork. A key will never change
//!   its meaning; whatever needs a new key or meaning gets a new format number. A lock is written
//!   in the lowest format that can say it: 2 only if some closure has packages beside it.
//! - Unknown keys, dangling references, repeated entries and conflict markers are errors.

mod print;
mod read;

#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::collections::BTreeMap;

use formwork_deb::sha256::Sha256;
use formwork_deb::time::Timestamp;
use formwork_deb::version;

use crate::project::{Variant, name_with_options};

pub(crate) use print::quote;

/// The name of the lock's file in a project.
pub const FILE_NAME: &str = "formwork.lock";
/// The newest format that this code writes and reads.
pub const FORMAT: u64 = 2;
/// The format of a lock in which no closure has packages beside it.
const FORMAT_WITHOUT_BESIDE: u64 = 1;

/// A whole lock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// The Releases that it was made from.
    pub releases: Vec<LockedRelease>,
    /// The closures of the project's images.
    pub closures: Vec<LockedClosure>,
    /// The packages of all closures.
    pub packages: Vec<LockedPackage>,
}

/// A Release that the lock was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedRelease {
    /// The repository's name in `formwork.toml`.
    pub repository: String,
    /// The suite; `None` for a plain directory.
    pub suite: Option<String>,
    /// The version of the distribution, if the Release gives one.
    pub version: Option<String>,
    /// The date of the Release.
    pub date: Timestamp,
    /// The digest of the Release file, or of a directory's listing.
    pub release_sha256: Sha256,
    /// The past state that was asked for.
    pub at: Option<Timestamp>,
}

/// What one image is made of, for one suite and architecture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedClosure {
    /// The image.
    pub image: String,
    /// The options that decide about its packages, besides those it has by default, sorted.
    pub options: Vec<String>,
    /// Its suite.
    pub suite: String,
    /// Its native architecture.
    pub architecture: String,
    /// Its foreign architectures.
    pub foreign: Vec<String>,
    /// The set it begins with.
    pub variant: Variant,
    /// Whether recommended packages were taken.
    pub recommends: bool,
    /// The digest of the plan it was made from.
    pub plan_sha256: Sha256,
    /// The digest of its packages when it was resolved, see [`digest`].
    pub packages_sha256: Sha256,
    /// Its packages.
    pub packages: Vec<PackageKey>,
    /// Packages that single files are taken of, without being installed; sorted.
    pub beside: Vec<PackageKey>,
}

/// What tells one closure of a lock from all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClosurePlace<'a> {
    /// The image.
    pub image: &'a str,
    /// Its suite.
    pub suite: &'a str,
    /// Its native architecture.
    pub architecture: &'a str,
    /// The options that decide about its packages.
    pub options: &'a [String],
}

impl LockedClosure {
    /// What tells this closure from all others.
    #[must_use]
    pub fn place(&self) -> ClosurePlace<'_> {
        ClosurePlace {
            image: &self.image,
            suite: &self.suite,
            architecture: &self.architecture,
            options: &self.options,
        }
    }

    /// The image with its options, as in `gateway+debug`.
    #[must_use]
    pub fn name(&self) -> String {
        name_with_options(&self.image, &self.options)
    }

    /// The closure in a person's words: image with options, suite and architecture.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} {} {}", self.name(), self.suite, self.architecture)
    }

    /// All that is shipped of it: its packages and those beside it, sorted, each once.
    #[must_use]
    pub fn shipped(&self) -> Vec<&PackageKey> {
        let mut keys: Vec<&PackageKey> = self.packages.iter().chain(&self.beside).collect();
        keys.sort();
        keys.dedup();
        keys
    }
}

/// The digest of the packages of a closure and of those beside it, in whatever order.
#[must_use]
pub fn digest(packages: &[PackageKey], beside: &[PackageKey]) -> Sha256 {
    let mut text = listed(packages);
    if !beside.is_empty() {
        // No reference is without a colon, so this line cannot be one.
        text.push_str("beside\n");
        text.push_str(&listed(beside));
    }
    Sha256::of(text.as_bytes())
}

/// Packages with their digests, sorted, each once and on a line.
fn listed(packages: &[PackageKey]) -> String {
    let mut sorted: Vec<&PackageKey> = packages.iter().collect();
    sorted.sort();
    sorted.dedup();
    let mut text = String::new();
    for key in sorted {
        text.push_str(&plain_reference(key));
        text.push_str(&format!(" {}\n", key.sha256));
    }
    text
}

/// What names one package file in a lock.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PackageKey {
    /// The binary package.
    pub name: String,
    /// Its architecture, `all` included.
    pub architecture: String,
    /// Its version.
    pub version: String,
    /// The digest of its file.
    pub sha256: Sha256,
}

/// One package file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedPackage {
    /// The binary package.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its architecture, `all` included.
    pub architecture: String,
    /// The source package it was built from.
    pub source: String,
    /// The version of that source package.
    pub source_version: String,
    /// The size of the file in bytes.
    pub size: u64,
    /// The digest of the file.
    pub sha256: Sha256,
    /// The repository's name in `formwork.toml`.
    pub repository: String,
    /// The path below the root of the repository.
    pub path: String,
}

impl LockedPackage {
    /// What names this package in the lock.
    #[must_use]
    pub fn key(&self) -> PackageKey {
        PackageKey {
            name: self.name.clone(),
            architecture: self.architecture.clone(),
            version: self.version.clone(),
            sha256: self.sha256,
        }
    }
}

/// What packages are sorted by.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Order<'a> {
    name: &'a str,
    version: &'a str,
    architecture: &'a str,
    sha256: &'a Sha256,
}

impl Ord for Order<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.name
            .cmp(other.name)
            .then_with(|| version::compare(self.version, other.version))
            // 1.0 and 1.0-0 are one version to dpkg, but two texts.
            .then_with(|| self.version.cmp(other.version))
            .then_with(|| self.architecture.cmp(other.architecture))
            .then_with(|| self.sha256.cmp(other.sha256))
    }
}

impl PartialOrd for Order<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PackageKey {
    fn order(&self) -> Order<'_> {
        Order {
            name: &self.name,
            version: &self.version,
            architecture: &self.architecture,
            sha256: &self.sha256,
        }
    }
}

impl LockedPackage {
    fn order(&self) -> Order<'_> {
        Order {
            name: &self.name,
            version: &self.version,
            architecture: &self.architecture,
            sha256: &self.sha256,
        }
    }
}

impl Ord for PackageKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order().cmp(&other.order())
    }
}

impl PartialOrd for PackageKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The parts of a lock do not fit together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// A closure has a package that the list of packages lacks.
    #[error("the closure of {closure} has the package {package}, which the lock does not list")]
    Dangling {
        /// Image, suite and architecture.
        closure: String,
        /// The reference.
        package: String,
    },
    /// Two entries describe one file differently.
    #[error("two different entries for the file of {0}")]
    Contradiction(String),
    /// A path leaves its repository, or a text has characters that no such text has.
    #[error("{what} of {package} is not valid: {text:?}")]
    Invalid {
        /// Which part.
        what: &'static str,
        /// The package.
        package: String,
        /// The text.
        text: String,
    },
}

impl Lock {
    /// Makes a lock of its parts in any order: sorts them, merges entries that stand for the
    /// same file, and drops packages and releases that no closure needs.
    pub fn new(
        releases: Vec<LockedRelease>,
        closures: Vec<LockedClosure>,
        packages: Vec<LockedPackage>,
    ) -> Result<Lock, LockError> {
        let mut lock = Lock {
            releases,
            closures,
            packages: merge(packages)?,
        };
        lock.releases
            .sort_by(|left, right| release_order(left).cmp(&release_order(right)));
        lock.releases.dedup();
        lock.closures
            .sort_by(|left, right| left.place().cmp(&right.place()));
        for closure in &mut lock.closures {
            closure.packages.sort();
            closure.packages.dedup();
            closure.beside.sort();
            closure.beside.dedup();
            closure.foreign.sort();
        }
        lock.drop_unused();
        lock.check_references()?;
        Ok(lock)
    }

    /// Reads the text of a lock.
    pub fn read(source: crate::source::Source<'_>) -> Result<Lock, crate::source::FileError> {
        read::lock(source)
    }

    /// The newest date of its releases: the lock's date.
    #[must_use]
    pub fn date(&self) -> Option<Timestamp> {
        self.releases.iter().map(|release| release.date).max()
    }

    /// The closure of an image as it is for a suite and architecture.
    #[must_use]
    pub fn closure(&self, image: &str, suite: &str, architecture: &str) -> Option<&LockedClosure> {
        self.closure_at(ClosurePlace {
            image,
            suite,
            architecture,
            options: &[],
        })
    }

    /// The closure of an image with options for a suite and architecture.
    #[must_use]
    pub fn closure_at(&self, place: ClosurePlace<'_>) -> Option<&LockedClosure> {
        self.closures
            .iter()
            .find(|closure| closure.place() == place)
    }

    /// The package of a reference.
    #[must_use]
    pub fn package(&self, key: &PackageKey) -> Option<&LockedPackage> {
        let found = self
            .packages
            .binary_search_by(|package| package.order().cmp(&key.order()))
            .ok()?;
        self.packages.get(found)
    }

    /// The Release of a repository's suite.
    #[must_use]
    pub fn release(&self, repository: &str, suite: Option<&str>) -> Option<&LockedRelease> {
        self.releases
            .iter()
            .find(|release| release.repository == repository && release.suite.as_deref() == suite)
    }

    /// Removes packages that no closure has.
    fn drop_unused(&mut self) {
        let mut used: Vec<PackageKey> = self
            .closures
            .iter()
            .flat_map(|closure| closure.packages.iter().chain(&closure.beside).cloned())
            .collect();
        used.sort();
        self.packages
            .retain(|package| used.binary_search(&package.key()).is_ok());
    }

    /// Every package of a closure must be listed.
    fn check_references(&self) -> Result<(), LockError> {
        for closure in &self.closures {
            let mut all = closure.packages.iter().chain(&closure.beside);
            let missing = all.find(|key| self.package(key).is_none());
            if let Some(key) = missing {
                return Err(LockError::Dangling {
                    closure: closure.title(),
                    package: plain_reference(key),
                });
            }
        }
        Ok(())
    }

    /// The lowest format that can say what this lock says.
    fn format(&self) -> u64 {
        if self
            .closures
            .iter()
            .any(|closure| !closure.beside.is_empty())
        {
            FORMAT
        } else {
            FORMAT_WITHOUT_BESIDE
        }
    }

    /// How often each plain reference occurs among the packages.
    fn plain_references(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for package in &self.packages {
            *counts.entry(plain_reference(&package.key())).or_insert(0) += 1;
        }
        counts
    }
}

/// Sorts packages and merges entries for one file that two repositories offer.
fn merge(mut packages: Vec<LockedPackage>) -> Result<Vec<LockedPackage>, LockError> {
    for package in &packages {
        check_texts(package)?;
    }
    packages.sort_by(|left, right| {
        let place = |package: &LockedPackage| (package.repository.clone(), package.path.clone());
        left.order()
            .cmp(&right.order())
            .then_with(|| place(left).cmp(&place(right)))
    });
    let mut merged: Vec<LockedPackage> = Vec::with_capacity(packages.len());
    for package in packages {
        match merged.last().filter(|last| last.order() == package.order()) {
            Some(last) if last.size != package.size || last.source != package.source => {
                return Err(LockError::Contradiction(plain_reference(&package.key())));
            }
            Some(_) => {}
            None => merged.push(package),
        }
    }
    Ok(merged)
}

/// The texts of a package must be such that they can be read back and used as paths.
fn check_texts(package: &LockedPackage) -> Result<(), LockError> {
    let invalid = |what, text: &str| LockError::Invalid {
        what,
        package: plain_reference(&package.key()),
        text: text.to_owned(),
    };
    if !formwork_deb::path::is_inside(&package.path) {
        return Err(invalid("the path", &package.path));
    }
    let texts = [
        ("the name", &package.name),
        ("the version", &package.version),
        ("the architecture", &package.architecture),
        ("the source", &package.source),
        ("the source's version", &package.source_version),
    ];
    let strange = |text: &str| {
        text.is_empty()
            || text.contains(|letter: char| {
                letter.is_whitespace() || letter == '#' || letter.is_control()
            })
    };
    match texts.into_iter().find(|(_, text)| strange(text)) {
        Some((what, text)) => Err(invalid(what, text)),
        None => Ok(()),
    }
}

/// The order of releases.
fn release_order(release: &LockedRelease) -> (&str, Option<&str>, Option<Timestamp>) {
    (&release.repository, release.suite.as_deref(), release.at)
}

/// A reference without a digest.
fn plain_reference(key: &PackageKey) -> String {
    format!("{}:{}={}", key.name, key.architecture, key.version)
}
