//! The difference of two locks, told by source package as Debian engineers think of it.

use std::collections::{BTreeMap, BTreeSet};

use formwork_deb::version::Version;
use serde::Serialize;

use crate::lock::{Lock, LockedPackage};

/// What changed from one lock to another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LockDiff {
    /// Releases that are others now, sorted by repository and suite.
    pub releases: Vec<ReleaseChange>,
    /// Sources whose version rose, sorted.
    pub upgraded: Vec<SourceChange>,
    /// Sources whose version fell, sorted.
    pub downgraded: Vec<SourceChange>,
    /// Sources that are new, sorted.
    pub added: Vec<SourceChange>,
    /// Sources that are gone, sorted.
    pub removed: Vec<SourceChange>,
    /// Sources of the same version with other binaries or files, sorted.
    pub changed: Vec<SourceChange>,
    /// Closures that are new, as `IMAGE SUITE ARCHITECTURE`, sorted.
    pub closures_added: Vec<String>,
    /// Closures that are gone, as `IMAGE SUITE ARCHITECTURE`, sorted.
    pub closures_removed: Vec<String>,
}

/// A Release that is another one now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReleaseChange {
    /// The repository's name.
    pub repository: String,
    /// The suite; empty for a plain directory.
    pub suite: String,
    /// The version of the distribution before, if it had one.
    pub old_version: Option<String>,
    /// Its version now, if it has one.
    pub new_version: Option<String>,
    /// The date before; null if the Release is new to the lock.
    pub old_date: Option<String>,
    /// The date now; null if the lock no longer uses it.
    pub new_date: Option<String>,
}

/// A source package that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourceChange {
    /// The source package.
    pub source: String,
    /// Its versions before, usually one.
    pub old_versions: Vec<String>,
    /// Its versions now, usually one.
    pub new_versions: Vec<String>,
    /// Its binary packages in the newer lock, or in the older if it is gone, sorted.
    pub binaries: Vec<String>,
    /// The images that have one of them, sorted.
    pub images: Vec<String>,
    /// Why an added source is there ("nginx: Depends libfoo1 (>= 1.1)"), if that is known.
    pub reason: Option<String>,
}

impl LockDiff {
    /// Compares two locks.
    #[must_use]
    pub fn between(old: &Lock, new: &Lock) -> LockDiff {
        let mut diff = LockDiff {
            releases: release_changes(old, new),
            ..LockDiff::default()
        };
        let (before, after) = (sources(old), sources(new));
        let names: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
        for name in names {
            let (left, right) = (before.get(name), after.get(name));
            if left.map(|state| &state.files) != right.map(|state| &state.files) {
                diff.put(name, left, right);
            }
        }
        let (left, right) = (closures(old), closures(new));
        diff.closures_added = right.difference(&left).cloned().collect();
        diff.closures_removed = left.difference(&right).cloned().collect();
        diff
    }

    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == LockDiff::default()
    }

    /// Puts one source into the list it belongs to.
    fn put(&mut self, name: &str, old: Option<&State<'_>>, new: Option<&State<'_>>) {
        let versions = |state: Option<&State<'_>>| -> Vec<String> {
            state.map_or_else(Vec::new, |state| {
                state
                    .versions
                    .iter()
                    .map(|version| version.as_str().to_owned())
                    .collect()
            })
        };
        let shown = new.or(old);
        let texts = |list: &BTreeSet<&str>| list.iter().map(|text| (*text).to_owned()).collect();
        let change = SourceChange {
            source: name.to_owned(),
            old_versions: versions(old),
            new_versions: versions(new),
            binaries: shown.map_or_else(Vec::new, |state| texts(&state.binaries)),
            images: shown.map_or_else(Vec::new, |state| texts(&state.images)),
            reason: None,
        };
        let newest = |state: &State<'_>| state.versions.last().cloned();
        match (old, new) {
            (None, _) => self.added.push(change),
            (_, None) => self.removed.push(change),
            (Some(old), Some(new)) if old.versions == new.versions => self.changed.push(change),
            (Some(old), Some(new)) if newest(old) > newest(new) => self.downgraded.push(change),
            _ => self.upgraded.push(change),
        }
    }
}

/// What a lock has of one source.
#[derive(Default)]
struct State<'a> {
    versions: BTreeSet<Version>,
    binaries: BTreeSet<&'a str>,
    images: BTreeSet<&'a str>,
    files: BTreeSet<(&'a str, &'a str, String)>,
}

/// All sources of a lock.
fn sources(lock: &Lock) -> BTreeMap<&str, State<'_>> {
    let mut sources: BTreeMap<&str, State<'_>> = BTreeMap::new();
    for package in &lock.packages {
        sources.entry(&package.source).or_default().add(package);
    }
    for closure in &lock.closures {
        let keys = closure.packages.iter().chain(&closure.beside);
        for package in keys.filter_map(|key| lock.package(key)) {
            let state = sources.entry(&package.source).or_default();
            state.images.insert(&closure.image);
        }
    }
    sources
}

impl<'a> State<'a> {
    fn add(&mut self, package: &'a LockedPackage) {
        // A version that dpkg would refuse cannot come from a checked archive.
        if let Ok(version) = Version::parse(&package.source_version) {
            self.versions.insert(version);
        }
        self.binaries.insert(&package.name);
        self.files.insert((
            &package.name,
            &package.architecture,
            package.sha256.to_string(),
        ));
    }
}

/// The closures of a lock by name.
fn closures(lock: &Lock) -> BTreeSet<String> {
    lock.closures
        .iter()
        .map(crate::lock::LockedClosure::title)
        .collect()
}

/// The Releases that are others now.
fn release_changes(old: &Lock, new: &Lock) -> Vec<ReleaseChange> {
    let key = |repository: &str, suite: &Option<String>| (repository.to_owned(), suite.clone());
    let mut names = BTreeSet::new();
    for release in old.releases.iter().chain(&new.releases) {
        names.insert(key(&release.repository, &release.suite));
    }
    let mut changes = Vec::new();
    for (repository, suite) in names {
        let left = old.release(&repository, suite.as_deref());
        let right = new.release(&repository, suite.as_deref());
        if left.map(|release| release.release_sha256) == right.map(|release| release.release_sha256)
        {
            continue;
        }
        changes.push(ReleaseChange {
            old_version: left.and_then(|release| release.version.clone()),
            new_version: right.and_then(|release| release.version.clone()),
            old_date: left.map(|release| release.date.to_string()),
            new_date: right.map(|release| release.date.to_string()),
            suite: suite.unwrap_or_default(),
            repository,
        });
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::{LockedClosure, LockedRelease};
    use crate::project::Variant;
    use formwork_deb::sha256::Sha256;
    use formwork_deb::time::Timestamp;

    /// A lock of packages written `image binary source version`.
    fn lock(version: &str, lines: &[&str]) -> Lock {
        let mut packages = Vec::new();
        let mut closures: BTreeMap<String, LockedClosure> = BTreeMap::new();
        for line in lines {
            let words: Vec<&str> = line.split(' ').collect();
            let package = LockedPackage {
                name: words[1].into(),
                version: words[3].into(),
                architecture: "amd64".into(),
                source: words[2].into(),
                source_version: words[3].into(),
                size: 1,
                sha256: Sha256::of(format!("{}{}", words[1], words[3]).as_bytes()),
                repository: "debian".into(),
                path: format!("pool/{}_{}.deb", words[1], words[3]),
            };
            let closure = closures
                .entry(words[0].into())
                .or_insert_with(|| LockedClosure {
                    image: words[0].into(),
                    options: vec![],
                    suite: "bookworm".into(),
                    architecture: "amd64".into(),
                    foreign: vec![],
                    variant: Variant::Minbase,
                    recommends: false,
                    plan_sha256: Sha256::of(b""),
                    packages_sha256: Sha256::of(b""),
                    packages: vec![],
                    beside: vec![],
                });
            closure.packages.push(package.key());
            packages.push(package);
        }
        let release = LockedRelease {
            repository: "debian".into(),
            suite: Some("bookworm".into()),
            version: Some(version.into()),
            date: Timestamp(0),
            release_sha256: Sha256::of(version.as_bytes()),
            at: None,
        };
        Lock::new(vec![release], closures.into_values().collect(), packages).expect("lock")
    }

    #[test]
    fn equal_locks_do_not_differ() {
        let one = lock("12.14", &["a openssl openssl 1"]);
        assert!(LockDiff::between(&one, &one).is_empty());
    }

    #[test]
    fn changes_are_told_by_source() {
        let old = lock(
            "12.14",
            &[
                "gateway openssl openssl 3.0.17-1",
                "gateway libssl3 openssl 3.0.17-1",
                "debug openssl openssl 3.0.17-1",
                "gateway gone gone 1",
                "gateway fell fell 2",
                "gateway same same 1",
                "gateway split split 1",
                "old x x 1",
            ],
        );
        let new = lock(
            "12.15",
            &[
                "gateway openssl openssl 3.0.18-1",
                "gateway libssl3 openssl 3.0.18-1",
                "debug openssl openssl 3.0.18-1",
                "gateway libfoo1 foo 1.2-1",
                "gateway fell fell 1.0",
                "gateway same same 1",
                "gateway split split 1",
                "gateway split-data split 1",
                "gateway x x 1",
            ],
        );
        let diff = LockDiff::between(&old, &new);
        let names = |list: &[SourceChange]| {
            list.iter()
                .map(|change| change.source.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&diff.upgraded), ["openssl"]);
        assert_eq!(names(&diff.added), ["foo"]);
        assert_eq!(names(&diff.removed), ["gone"]);
        assert_eq!(names(&diff.downgraded), ["fell"]);
        assert_eq!(names(&diff.changed), ["split"]);
        assert_eq!(diff.closures_removed, ["old bookworm amd64"]);
        let openssl = &diff.upgraded[0];
        assert_eq!(openssl.old_versions, ["3.0.17-1"]);
        assert_eq!(openssl.new_versions, ["3.0.18-1"]);
        assert_eq!(openssl.binaries, ["libssl3", "openssl"]);
        assert_eq!(openssl.images, ["debug", "gateway"]);
        assert_eq!(diff.releases.len(), 1);
        assert_eq!(diff.releases[0].old_version.as_deref(), Some("12.14"));
        assert_eq!(diff.releases[0].new_version.as_deref(), Some("12.15"));
    }
}
