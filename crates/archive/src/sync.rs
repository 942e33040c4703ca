//! From repositories to a verified snapshot.
//!
//! 1. A recent record of an earlier sync is taken as it is; only expiry is judged again.
//! 2. Otherwise the Release is fetched and checked: signature, suite, dates, rollback.
//! 3. Its indices are fetched by their digests, all repositories at once. If one cannot be had
//!    as the Release lists it, the mirror may just be updating: the Release is fetched once
//!    more. An index that fails again is sought in its other forms before that is an error.
//! 4. What was seen is remembered, and a record is written.

use std::sync::Arc;

use formwork_deb::time::Timestamp;
use formwork_model::event::{Event, Phase, Unit};

use crate::archive::{Archive, Inner};
use crate::directory;
use crate::error::Error;
use crate::fetch::{FetchError, Wanted};
use crate::indices::{self, IndexPlan};
use crate::record;
use crate::release_file::VerifiedPart;
use crate::release_rules;
use crate::repository::{Refresh, Repository, RepositoryKind, Want};
use crate::snapshot::{Part, Snapshot};

impl Archive {
    /// Verifies Releases and indices of these repositories, and fetches what is missing.
    ///
    /// # Errors
    /// If anything is not as it must be, or cannot be had.
    pub fn sync(&self, repositories: &[Repository], want: &Want) -> Result<Snapshot, Error> {
        let want = sorted(want);
        let mut parts: Vec<Option<Part>> = Vec::with_capacity(repositories.len());
        for repository in repositories {
            parts.push(match repository.kind {
                RepositoryKind::Directory => Some(directory::part(&self.inner, repository)?),
                RepositoryKind::Indexed => self.inner.recorded(repository, &want)?,
            });
        }
        let cold: Vec<usize> = (0..parts.len()).filter(|at| parts[*at].is_none()).collect();
        if !cold.is_empty() {
            let wanted: Vec<Repository> = cold.iter().map(|at| repositories[*at].clone()).collect();
            for (at, part) in cold.into_iter().zip(self.sync_cold(wanted, &want)?) {
                parts[at] = Some(part);
            }
        }
        Ok(Snapshot {
            parts: parts.into_iter().flatten().collect(),
        })
    }

    fn sync_cold(&self, repositories: Vec<Repository>, want: &Want) -> Result<Vec<Part>, Error> {
        let inner = &self.inner;
        inner.refuse_offline(&repositories)?;
        (inner.events)(Event::Started {
            phase: Phase::Sync,
            unit: Unit::Bytes,
            total: None,
        });
        let repositories: Arc<[Repository]> = repositories.into();
        let all: Vec<usize> = (0..repositories.len()).collect();
        let mut found = self.releases(&repositories, &all, want)?;
        let bytes = match self.fetch_all(&found) {
            Ok(bytes) => bytes,
            Err(FetchError::Missing { missing, .. }) => {
                let lacking = |part: &VerifiedPart| {
                    let digests = part.part.indices.iter().map(|index| index.packed.sha256);
                    digests
                        .into_iter()
                        .any(|digest| missing.iter().any(|one| one.sha256 == digest))
                };
                let again: Vec<usize> = all
                    .iter()
                    .copied()
                    .filter(|at| lacking(&found[*at]))
                    .collect();
                for (at, part) in again
                    .iter()
                    .zip(self.releases(&repositories, &again, want)?)
                {
                    found[*at] = part;
                }
                self.fetch_any_form(&mut found)?
            }
            Err(other) => return Err(other.into()),
        };
        for (repository, verified) in repositories.iter().zip(&found) {
            inner.seen.remember(repository, &verified.seen())?;
            record::save(inner, repository, want, &verified.part)?;
        }
        let summary = summary(&found, bytes);
        (inner.events)(Event::Finished {
            phase: Phase::Sync,
            summary,
        });
        Ok(found.into_iter().map(|verified| verified.part).collect())
    }

    /// Fetches and checks the Releases of the chosen repositories, several at once.
    fn releases(
        &self,
        repositories: &Arc<[Repository]>,
        chosen: &[usize],
        want: &Want,
    ) -> Result<Vec<VerifiedPart>, Error> {
        let (inner, list, want) = (
            Arc::clone(&self.inner),
            Arc::clone(repositories),
            want.clone(),
        );
        let order = chosen.to_vec();
        let jobs = inner.options.jobs;
        let work = move |at: usize| inner.verified_part(&list[order[at]], &want);
        let results = self
            .inner
            .client()?
            .in_parallel(jobs, chosen.len(), &|| {}, work);
        let results = results.ok_or(Error::Interrupted)?;
        results.into_iter().collect()
    }

    /// Fetches all indices, and where a form of one is not to be had its next form: some mirrors
    /// lack forms that the Release lists.
    fn fetch_any_form(&self, found: &mut [VerifiedPart]) -> Result<u64, Error> {
        let mut first = None;
        loop {
            let missing = match self.fetch_all(found) {
                Ok(bytes) => return Ok(bytes),
                Err(FetchError::Missing { missing, offline })
                    if missing.iter().all(|one| one.absent) =>
                {
                    let lacked = missing.iter().map(|one| one.sha256).collect::<Vec<_>>();
                    first.get_or_insert(FetchError::Missing { missing, offline });
                    lacked
                }
                // Other bytes than those signed are no reason to look elsewhere.
                Err(other) => return Err(inconsistent(other)),
            };
            let replaced = found.iter_mut().all(|part| part.take_next_forms(&missing));
            if let Some(error) = first.take_if(|_| !replaced) {
                return Err(inconsistent(error));
            }
        }
    }

    /// Brings all indices into the store; the answer is how many bytes they have.
    fn fetch_all(&self, found: &[VerifiedPart]) -> Result<u64, FetchError> {
        let wanted: Vec<Wanted> = found
            .iter()
            .flat_map(|verified| self.inner.wanted_indices(&verified.part))
            .collect();
        let fetcher = self.inner.fetcher().map_err(|error| match error {
            Error::System(error) => FetchError::File(error),
            _ => FetchError::Interrupted,
        })?;
        fetcher.fetch(Phase::Sync, &wanted)?;
        Ok(wanted.iter().map(|one| one.size).sum())
    }
}

impl Inner {
    /// What an earlier sync found, if it is recent enough.
    fn recorded(&self, repository: &Repository, want: &Want) -> Result<Option<Part>, Error> {
        let options = &self.options;
        if options.refresh == Refresh::Always && !options.offline {
            return Ok(None);
        }
        let Some(record) = record::load(self, repository, want) else {
            return Ok(None);
        };
        let recent = options.offline
            // What was on a date does not change.
            || repository.at.is_some()
            || match options.refresh {
                Refresh::Never => true,
                Refresh::IfOlder(seconds) => is_recent(record.fetched, options.now, seconds),
                Refresh::Always => false,
            };
        if !recent {
            return Ok(None);
        }
        let mut part = record.part;
        let judged = release_rules::check_rollback(part.release.date, repository, None, options)
            .and_then(|()| {
                release_rules::expiry(
                    part.release.valid_until,
                    part.expired_keys.clone(),
                    repository,
                    options.now,
                )
            });
        match judged {
            Ok(waiver) => {
                part.release.expired_waiver = waiver;
                Ok(Some(part))
            }
            // A newer one may be there by now.
            Err(_) if !options.offline => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The indices of a part as the fetcher wants them.
    pub(crate) fn wanted_indices(&self, part: &Part) -> Vec<Wanted> {
        let base = self.with_credentials(&part.repository, &part.base);
        let sources = |index: &IndexPlan| {
            let by_hash = part.by_hash.then(|| indices::by_hash(index));
            // Paths in a Release were checked when it was read, so joining cannot fail.
            by_hash
                .iter()
                .chain([&index.path])
                .filter_map(|path| base.join(path).ok())
                .collect()
        };
        let name = format!("{} {}", part.repository.name, part.repository.suite);
        let wanted = |index: &IndexPlan| Wanted {
            label: format!("{name} {}", index.path),
            sha256: index.packed.sha256,
            size: index.packed.size,
            sources: sources(index),
        };
        part.indices.iter().map(wanted).collect()
    }

    /// With `--offline`, says in one error all that is lacking.
    fn refuse_offline(&self, repositories: &[Repository]) -> Result<(), Error> {
        let lacking: Vec<String> = repositories
            .iter()
            .filter(|repository| !self.is_reachable(&repository.url))
            .map(|repository| format!("{} of repository `{}`", repository.suite, repository.name))
            .collect();
        if lacking.is_empty() {
            Ok(())
        } else {
            Err(Error::Offline { lacking })
        }
    }
}

fn inconsistent(error: FetchError) -> Error {
    match error {
        FetchError::Missing { .. } => Error::Inconsistent { source: error },
        other => other.into(),
    }
}

/// A record from the future says that the clock was set back: it is not recent.
fn is_recent(fetched: Timestamp, now: Timestamp, seconds: u64) -> bool {
    let age = now.0 - fetched.0;
    u64::try_from(age).is_ok_and(|age| age <= seconds)
}

/// The same choice, however it is written, has the same record.
fn sorted(want: &Want) -> Want {
    let mut architectures = want.architectures.clone();
    architectures.sort();
    architectures.dedup();
    Want {
        architectures,
        sources: want.sources,
    }
}

fn summary(found: &[VerifiedPart], bytes: u64) -> String {
    let newest = found
        .iter()
        .map(|verified| verified.part.release.date)
        .max()
        .unwrap_or(Timestamp(0));
    let count = match found.len() {
        1 => "1 repository".to_owned(),
        count => format!("{count} repositories"),
    };
    format!(
        "{count}, signed {}, {}.{} MB of indices",
        newest.date(),
        bytes / 1_000_000,
        bytes / 100_000 % 10
    )
}
