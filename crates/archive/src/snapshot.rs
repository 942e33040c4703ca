//! What a sync proves: Releases that are signed and current, and the indices they list.

use formwork_deb::release::IndexFile;
use formwork_deb::sha256::Sha256;
use formwork_deb::time::Timestamp;

use crate::indices::IndexPlan;
use crate::release_rules::ExpiredWaiver;
use crate::repository::Repository;
use crate::trust::Signer;
use crate::url::Url;

/// The verified state of some repositories. Only [`crate::Archive::sync`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub(crate) parts: Vec<Part>,
}

/// A Release whose signature, suite and dates were found good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedRelease {
    /// The repository's name in the project.
    pub repository: String,
    /// The suite as it was asked for; empty for a directory of packages.
    pub suite: String,
    /// When it was made; the first second of 1970 for a directory of packages, which has no date.
    pub date: Timestamp,
    /// The version of the distribution, such as `12.14`.
    pub version: Option<String>,
    /// The end of its validity, if it has one.
    pub valid_until: Option<Timestamp>,
    /// SHA-256 of the signed text, which is that of the plain `Release` file; for a directory
    /// that of the index made from its packages.
    pub release_sha256: Sha256,
    /// Set when it counts only by a written permission: the answer must say so.
    pub expired_waiver: Option<ExpiredWaiver>,
    /// Who signed; empty for a directory of packages.
    pub signers: Vec<Signer>,
}

/// One repository and suite of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) release: VerifiedRelease,
    /// What was asked for.
    pub(crate) repository: Repository,
    /// The keys that signed and have all expired; empty otherwise.
    pub(crate) expired_keys: Vec<String>,
    /// The directory of the Release, without credentials.
    pub(crate) base: Url,
    pub(crate) by_hash: bool,
    pub(crate) indices: Vec<IndexPlan>,
}

impl Snapshot {
    /// The Releases, in the order of the repositories that were asked for.
    pub fn releases(&self) -> impl ExactSizeIterator<Item = &VerifiedRelease> {
        self.parts.iter().map(|part| &part.release)
    }

    /// The newest date of its Releases.
    #[must_use]
    pub fn date(&self) -> Timestamp {
        self.releases()
            .map(|release| release.date)
            .max()
            .unwrap_or(Timestamp(0))
    }

    /// How many bytes its indices have as they are fetched.
    #[must_use]
    pub fn index_bytes(&self) -> u64 {
        self.packed().map(|file| file.size).sum()
    }

    fn packed(&self) -> impl Iterator<Item = &IndexFile> {
        self.parts
            .iter()
            .flat_map(|part| &part.indices)
            .map(|index| &index.packed)
    }
}
