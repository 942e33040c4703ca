//! What a caller asks of the archive: repositories, options, architectures.

use std::path::PathBuf;

use formwork_deb::time::Timestamp;

use crate::trust::KeyringSource;
use crate::url::Url;

/// One signed repository and suite, or one directory of packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Its name in the project, which documents use instead of its address.
    pub name: String,
    /// The directory above `dists/`, or the directory of `.deb` files.
    pub url: Url,
    /// The suite or code name; one that ends in `/` is a flat repository without `dists/`.
    pub suite: String,
    /// The components that are wanted, in order.
    pub components: Vec<String>,
    /// The architectures it is limited to; empty: all that are wanted.
    pub architectures: Vec<String>,
    /// The keyrings whose keys may sign its Release.
    pub keyrings: Vec<KeyringSource>,
    /// Pin priority as apt understands it; 500 is ordinary.
    pub priority: i32,
    /// The date to travel back to.
    pub at: Option<Timestamp>,
    /// Where its snapshots are, with places for the date (see [`crate::time_travel`]).
    pub snapshot_template: Option<String>,
    /// A written permission to use it although it has expired.
    pub allow_expired: Option<AllowExpired>,
    /// How it is laid out.
    pub kind: RepositoryKind,
}

/// How a repository is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RepositoryKind {
    /// With a signed Release and indices.
    Indexed,
    /// A plain directory of `.deb` files on this machine.
    Directory,
}

/// A written permission to use an expired repository, which expires itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowExpired {
    /// The last day on which it holds.
    pub until: Timestamp,
    /// Why somebody gave it.
    pub reason: String,
}

impl AllowExpired {
    /// Whether the permission still holds; the day it names is included.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        now.0 < self.until.0 + 86_400
    }
}

/// How old what we have may be before the mirror is asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// What we have is taken, whatever its age; what is missing is fetched.
    Never,
    /// What was fetched longer ago than so many seconds is fetched again.
    IfOlder(u64),
    /// The mirror is always asked.
    Always,
}

/// A Release that a lock was made from: nothing older is accepted in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Floor {
    /// The repository's name.
    pub repository: String,
    /// The suite.
    pub suite: String,
    /// The date of the Release.
    pub date: Timestamp,
}

/// How the archive works.
#[derive(Clone, Debug)]
pub struct Options {
    /// Never touch the network.
    pub offline: bool,
    /// When the mirror is asked again.
    pub refresh: Refresh,
    /// The present.
    pub now: Timestamp,
    /// How many transfers run at once.
    pub jobs: usize,
    /// Accept a Release older than one seen before, or than the lock's.
    pub allow_older: bool,
    /// The Releases of the lock.
    pub floors: Vec<Floor>,
    /// What can always be fetched or made again.
    pub cache_dir: PathBuf,
    /// What must survive a cleaning of the cache: the Releases seen so far.
    pub state_dir: PathBuf,
    /// The directory that stands for `/` when this machine's own settings are read.
    pub root: PathBuf,
}

/// Which indices are wanted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Want {
    /// The architectures whose packages are wanted.
    pub architectures: Vec<String>,
    /// Whether source packages are wanted too.
    pub sources: bool,
}

impl Repository {
    /// The wanted architectures that this repository is not closed to.
    #[must_use]
    pub fn architectures_of(&self, want: &Want) -> Vec<String> {
        let open =
            |name: &&String| self.architectures.is_empty() || self.architectures.contains(name);
        want.architectures.iter().filter(open).cloned().collect()
    }

    /// The time at which expiry is judged: the asked date, else the present.
    #[must_use]
    pub fn reference(&self, now: Timestamp) -> Timestamp {
        self.at.unwrap_or(now)
    }

    /// Whether this is a flat repository, whose indices stand beside its Release.
    #[must_use]
    pub fn is_flat(&self) -> bool {
        self.suite.ends_with('/')
    }

    /// The path of the Release's directory below the address, with `/` at the end.
    #[must_use]
    pub fn release_directory(&self) -> String {
        if self.is_flat() {
            let inner = self.suite.trim_start_matches("./");
            return inner.trim_start_matches('/').to_owned();
        }
        format!("dists/{}/", self.suite)
    }

    /// The allowance for expired things, as far as it still holds.
    #[must_use]
    pub fn waiver(&self, now: Timestamp) -> Option<&AllowExpired> {
        self.allow_expired
            .as_ref()
            .filter(|allowance| allowance.holds(now))
    }

    /// Whether a key that has expired since it signed counts: only by a written permission,
    /// and only where the project names a keyring of its own choice for this repository.
    #[must_use]
    pub fn accepts_expired_keys(&self, now: Timestamp) -> bool {
        let chosen = self
            .keyrings
            .iter()
            .any(|one| *one != KeyringSource::DebianArchive);
        chosen && self.waiver(now).is_some()
    }
}
