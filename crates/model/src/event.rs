//! What happens while a command runs, as values: the only way a room below the command
//! line speaks of progress. It knows nothing of terminals; whoever listens decides what to show.
//!
//! A phase is `Started`, may be `Advanced` any number of times, from any thread, and is
//! `Finished` once. Phases of different kinds may overlap.

use std::sync::Arc;

/// A long piece of work that a person would recognise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Release files and indices are fetched and checked.
    Sync,
    /// Indices are turned into the mapped form.
    Index,
    /// Dependencies are resolved.
    Resolve,
    /// A solution is checked by the independent checker.
    Check,
    /// The lock is looked at, or made where there was none.
    Lock,
    /// Packages are fetched and checked.
    Fetch,
    /// A tree is made of packages: unpacked, configured, finished.
    Tree,
    /// A finished tree is written out.
    Write,
    /// A disk or a file system is made of a finished tree.
    Image,
    /// A guest comes up.
    Boot,
    /// The cache is read through and every entry checked.
    Verify,
    /// Unused entries of the cache are removed.
    Clean,
}

impl Phase {
    /// The lower-case word that stands for this phase in progress lines.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Phase::Sync => "sync",
            Phase::Index => "index",
            Phase::Resolve => "resolve",
            Phase::Check => "check",
            Phase::Lock => "lock",
            Phase::Fetch => "fetch",
            Phase::Tree => "tree",
            Phase::Write => "write",
            Phase::Image => "image",
            Phase::Boot => "boot",
            Phase::Verify => "verify",
            Phase::Clean => "clean",
        }
    }
}

/// In what an amount of work is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// Countable things: packages, images, entries.
    Items,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A phase begins; `total` is known or will follow with the first advance.
    Started {
        /// Which phase.
        phase: Phase,
        /// What is counted.
        unit: Unit,
        /// How much there is to do, if known.
        total: Option<u64>,
    },
    /// A phase has come so far.
    Advanced {
        /// Which phase.
        phase: Phase,
        /// What it is at just now: a file, a package, an image.
        item: String,
        /// How much is done, counted from the beginning of the phase.
        done: u64,
        /// How much there is to do, if known by now.
        total: Option<u64>,
    },
    /// A phase has ended; `summary` says in one line what it did ("187 packages, 96.4 MB").
    Finished {
        /// Which phase.
        phase: Phase,
        /// What was done, for the line that stays.
        summary: String,
    },
    /// Something worth knowing that needs no action.
    Note(String),
    /// Something that a person should look at, though the work goes on.
    Warning(String),
    /// Another process holds the lock on `what`; we wait for it.
    Waiting {
        /// What is locked, in a person's words.
        what: String,
    },
    /// A transfer failed and will be tried again.
    Retry {
        /// What is fetched, without any secret.
        what: String,
        /// Why the last try failed.
        reason: String,
        /// Which try comes next, counted from 1; the first retry is 2.
        attempt: u32,
        /// How long we wait before it, in milliseconds.
        delay_ms: u64,
    },
}

/// Where events go: any function that can be called from any thread.
pub type Sink = Arc<dyn Fn(Event) + Send + Sync>;

/// A sink that drops all events, for tests and for callers who do not care.
#[must_use]
pub fn silent() -> Sink {
    Arc::new(|_| {})
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn a_sink_takes_events_from_several_threads() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&seen);
        let sink: Sink = Arc::new(move |event| {
            if let Ok(mut list) = kept.lock() {
                list.push(event);
            }
        });
        std::thread::scope(|scope| {
            for number in 0..4_u64 {
                let sink = Arc::clone(&sink);
                scope.spawn(move || {
                    sink(Event::Advanced {
                        phase: Phase::Fetch,
                        item: number.to_string(),
                        done: number,
                        total: Some(4),
                    });
                });
            }
        });
        assert_eq!(seen.lock().map(|list| list.len()).unwrap_or(0), 4);
    }
}
