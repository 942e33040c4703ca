//! Obtaining files by their hash: from the store, else from each address that may have them.
//!
//! Each file names its addresses in the order to try: the mirror, the snapshot of the lock's
//! date, a copy in a directory. All files are tried to the end before anything is reported, so
//! that one error can list all that are missing, and everywhere they were sought.

mod progress;
mod report;
mod transfer;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use formwork_deb::sha256::Sha256;
use formwork_model::event::{Event, Phase, Sink, Unit};
use formwork_sys::CheckedFile;

use crate::http::Client;
use crate::store::Store;
use crate::url::Url;

pub use report::{FetchError, Missing};

use progress::Progress;
use transfer::{Failure, Transfer};

/// A file that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What people call it: `fail2ban 1.0.2-2`, or an index's path.
    pub label: String,
    /// Its hash.
    pub sha256: Sha256,
    /// Its size in bytes.
    pub size: u64,
    /// Where it may be, in the order to try.
    pub sources: Vec<Url>,
}

/// The index of a wanted file, and what came of it.
type Obtained = (usize, Result<CheckedFile, Failure>);

/// Obtains files, several at once.
#[derive(Clone)]
pub struct Fetcher {
    /// Where they are kept.
    pub store: Arc<Store>,
    /// How they are fetched.
    pub client: Arc<Client>,
    /// Whether the network is left alone; `file:` addresses are then still read.
    pub offline: bool,
    /// How many are fetched at once.
    pub jobs: usize,
    /// Who is told how it goes.
    pub events: Sink,
}

impl Fetcher {
    /// Obtains all files; the answer is in their order.
    ///
    /// Progress is told as `phase`, in bytes, if anything is to be fetched.
    ///
    /// # Errors
    /// [`FetchError::Missing`] with all that could not be had, else what ended the work early.
    pub fn fetch(&self, phase: Phase, wanted: &[Wanted]) -> Result<Vec<CheckedFile>, FetchError> {
        let (wanted, positions) = unique(wanted);
        let wanted: Arc<[Wanted]> = wanted.into();
        let mut files = self.look_up(&wanted)?;
        let mut absent: Vec<usize> = (0..files.len())
            .filter(|index| files[*index].is_none())
            .collect();
        // Large files first, so that no long one is left for the end.
        absent.sort_by_key(|index| (std::cmp::Reverse(wanted[*index].size), *index));
        let fetched: u64 = absent.iter().map(|index| wanted[*index].size).sum();
        let mut missing = Vec::new();
        for (index, result) in self.obtain(phase, &wanted, absent)? {
            match result {
                Ok(file) => files[index] = Some(file),
                Err(Failure::Missing(report)) => missing.push((index, report)),
                Err(Failure::Ended(error)) => return Err(error),
            }
        }
        if !missing.is_empty() {
            missing.sort_by_key(|(index, _)| *index);
            let missing = missing.into_iter().map(|(_, report)| report).collect();
            return Err(FetchError::Missing {
                missing,
                offline: self.offline,
            });
        }
        let files: Vec<CheckedFile> = files.into_iter().flatten().collect();
        if phase == Phase::Fetch {
            let summary = report::summary(&files, fetched);
            (self.events)(Event::Finished { phase, summary });
        }
        Ok(positions
            .into_iter()
            .map(|position| files[position].clone())
            .collect())
    }

    /// What the store has, each file read and checked.
    fn look_up(&self, wanted: &Arc<[Wanted]>) -> Result<Vec<Option<CheckedFile>>, FetchError> {
        let (store, list) = (Arc::clone(&self.store), Arc::clone(wanted));
        let work = move |index: usize| store.get(&list[index].sha256, Some(list[index].size));
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let found = self.run(processors, wanted.len(), &|| {}, work)?;
        Ok(found.into_iter().collect::<Result<_, _>>()?)
    }

    /// Fetches what the store does not have; gives each index with its result.
    fn obtain(
        &self,
        phase: Phase,
        wanted: &Arc<[Wanted]>,
        absent: Vec<usize>,
    ) -> Result<Vec<Obtained>, FetchError> {
        if absent.is_empty() {
            return Ok(Vec::new());
        }
        let progress = Arc::new(Progress::new(
            phase,
            absent.iter().map(|index| wanted[*index].size),
        ));
        if phase == Phase::Fetch {
            (self.events)(Event::Started {
                phase,
                unit: Unit::Bytes,
                total: Some(progress.total()),
            });
        }
        let ended = Arc::new(AtomicBool::new(false));
        let (fetcher, list, order) = (self.clone(), Arc::clone(wanted), absent.clone());
        let (their_progress, their_ended) = (Arc::clone(&progress), Arc::clone(&ended));
        let work = move |position: usize| {
            if their_ended.load(Ordering::Relaxed) {
                return Err(Failure::Ended(FetchError::Interrupted));
            }
            let wanted = &list[order[position]];
            let result = Transfer::new(&fetcher, wanted, (&their_progress, position)).run();
            if let Err(Failure::Ended(_)) = &result {
                their_ended.store(true, Ordering::Relaxed);
            }
            result
        };
        let tick = || progress.tell(&self.events);
        let results = self.run(self.jobs, absent.len(), &tick, work)?;
        let mut results: Vec<_> = absent.into_iter().zip(results).collect();
        // What ended the work comes before those who only noticed that it had ended.
        results.sort_by_key(|(_, result)| {
            matches!(result, Err(Failure::Ended(FetchError::Interrupted)))
        });
        Ok(results)
    }

    fn run<R: Send + 'static>(
        &self,
        jobs: usize,
        count: usize,
        tick: &dyn Fn(),
        work: impl Fn(usize) -> R + Send + Sync + 'static,
    ) -> Result<Vec<R>, FetchError> {
        let results = self.client.in_parallel(jobs, count, tick, work);
        results.ok_or(FetchError::Interrupted)
    }
}

/// Each file once, with the addresses of all who want it, and where each of the list is now.
///
/// A package for all architectures is in the lock of each of them.
fn unique(list: &[Wanted]) -> (Vec<Wanted>, Vec<usize>) {
    let mut unique: Vec<Wanted> = Vec::new();
    let mut known = BTreeMap::new();
    let mut positions = Vec::new();
    for wanted in list {
        let position = *known
            .entry((wanted.sha256, wanted.size))
            .or_insert_with(|| {
                unique.push(Wanted {
                    sources: Vec::new(),
                    ..wanted.clone()
                });
                unique.len() - 1
            });
        for source in &wanted.sources {
            if !unique[position].sources.contains(source) {
                unique[position].sources.push(source.clone());
            }
        }
        positions.push(position);
    }
    (unique, positions)
}
