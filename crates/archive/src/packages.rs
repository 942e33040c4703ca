//! Obtaining locked packages: from the store, else from wherever they may still be.
//!
//! For each file, in this order: the repository as it is (or as of its `at`), its snapshot at
//! the lock's date, and each `file:` repository of the project as a copy. All are believed by
//! the lock's hash alone, so it does not matter which of them has it.

use formwork_deb::sha256::Sha256;
use formwork_deb::time::Timestamp;
use formwork_model::event::Phase;
use formwork_sys::CheckedFile;

use crate::archive::{Archive, Inner};
use crate::error::Error;
use crate::fetch::Wanted;
use crate::repository::{Repository, RepositoryKind};
use crate::url::{Scheme, Url};

/// A package as a lock names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedFile {
    /// What people call it: `fail2ban 1.0.2-2`.
    pub label: String,
    /// The name of its repository.
    pub repository: String,
    /// Its path inside the repository.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its hash.
    pub sha256: Sha256,
}

impl Archive {
    /// Obtains all files; `date` is the lock's, for snapshots. The answer is in their order.
    ///
    /// # Errors
    /// One error lists all that could not be had, and where they were sought.
    pub fn fetch(
        &self,
        files: &[LockedFile],
        repositories: &[Repository],
        date: Timestamp,
    ) -> Result<Vec<CheckedFile>, Error> {
        let mut places = Places::default();
        for repository in repositories {
            self.inner.add_places(repository, date, &mut places);
        }
        let wanted: Result<Vec<Wanted>, Error> =
            files.iter().map(|file| places.wanted(file)).collect();
        Ok(self.inner.fetcher()?.fetch(Phase::Fetch, &wanted?)?)
    }
}

impl Inner {
    fn add_places(&self, repository: &Repository, date: Timestamp, places: &mut Places) {
        let name = &repository.name;
        let live = self.with_credentials(repository, &repository.url);
        if repository.url.scheme() == Scheme::File {
            places.copies.push((repository.kind, live.clone()));
        }
        // A repository without snapshots is no error here: the file may be elsewhere.
        let own = repository
            .at
            .and_then(|at| self.address_at(repository, at).ok());
        places.add(
            name,
            own.map_or(live, |url| self.with_credentials(repository, &url)),
        );
        if repository.kind == RepositoryKind::Indexed {
            let past = self.known_address_at(repository, date);
            let past = past
                .ok()
                .flatten()
                .map(|url| (name.clone(), self.with_credentials(repository, &url)));
            places.snapshots.extend(past);
        }
    }
}

/// All the directories that may hold a locked file.
#[derive(Default)]
struct Places {
    repositories: Vec<(String, Url)>,
    snapshots: Vec<(String, Url)>,
    copies: Vec<(RepositoryKind, Url)>,
}

impl Places {
    fn add(&mut self, name: &str, url: Url) {
        self.repositories.push((name.to_owned(), url));
    }

    fn wanted(&self, file: &LockedFile) -> Result<Wanted, Error> {
        let escape = |source| Error::Address {
            repository: file.repository.clone(),
            source,
        };
        let mut sources = Vec::new();
        for (name, url) in self.repositories.iter().chain(&self.snapshots) {
            if *name == file.repository {
                sources.push(url.join(&file.path).map_err(escape)?);
            }
        }
        let base_name = file.path.rsplit('/').next().unwrap_or_default();
        for (kind, url) in &self.copies {
            let path = if *kind == RepositoryKind::Directory {
                base_name
            } else {
                &file.path
            };
            sources.push(url.join(path).map_err(escape)?);
        }
        let mut unique: Vec<Url> = Vec::new();
        for url in sources {
            if !unique.contains(&url) {
                unique.push(url);
            }
        }
        Ok(Wanted {
            label: file.label.clone(),
            sha256: file.sha256,
            size: file.size,
            sources: unique,
        })
    }
}
