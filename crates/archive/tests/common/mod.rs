//! What the tests of downloading share: a directory served by a misbehaving server, a store,
//! and a client whose patience is short.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use formwork_archive::fetch::{FetchError, Fetcher, Wanted};
use formwork_archive::http::{Client, ClientOptions, Proxies, Timeouts};
use formwork_archive::store::Store;
use formwork_archive::url::Url;
use formwork_deb::sha256::Sha256;
use formwork_model::event::{Event, Phase, Sink};
use formwork_sys::CheckedFile;
use formwork_testkit::server::Server;
use tempfile::TempDir;

/// Options with which a fault is noticed in a fraction of a second.
pub fn impatient() -> ClientOptions {
    ClientOptions {
        timeouts: Timeouts {
            connect: Duration::from_secs(2),
            response: Duration::from_millis(700),
            idle: Duration::from_millis(700),
            window: Duration::from_secs(20),
            slowest: 1,
        },
        attempts: 3,
        back_off: Duration::from_millis(10),
        longest_wait: Duration::from_secs(2),
        proxies: Proxies::default(),
        interrupted: Arc::new(|| false),
        ..ClientOptions::default()
    }
}

/// Bytes that differ everywhere, so that a wrong offset shows.
pub fn content(size: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    })
    .take(size)
    .collect()
}

pub fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

/// A served directory, a cache, and what was told.
pub struct World {
    pub directory: TempDir,
    pub cache: TempDir,
    pub server: Server,
    pub events: Arc<Mutex<Vec<Event>>>,
    pub interrupted: Arc<AtomicBool>,
    pub options: ClientOptions,
    pub offline: bool,
    pub jobs: usize,
}

impl World {
    pub fn new() -> World {
        let directory = tempfile::tempdir().unwrap();
        let interrupted = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&interrupted);
        let options = ClientOptions {
            interrupted: Arc::new(move || theirs.load(Ordering::Relaxed)),
            ..impatient()
        };
        World {
            server: Server::new(directory.path()),
            directory,
            cache: tempfile::tempdir().unwrap(),
            events: Arc::default(),
            interrupted,
            options,
            offline: false,
            jobs: 3,
        }
    }

    pub fn sink(&self) -> Sink {
        let events = Arc::clone(&self.events);
        Arc::new(move |event| events.lock().unwrap().push(event))
    }

    pub fn client(&self) -> Client {
        Client::new(self.options.clone(), self.sink()).unwrap()
    }

    pub fn store(&self) -> Store {
        Store::open(self.cache.path(), &self.sink()).unwrap()
    }

    /// Puts a file into the served directory.
    pub fn serve(&self, path: &str, bytes: &[u8]) -> PathBuf {
        let file = self.directory.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, bytes).unwrap();
        file
    }

    pub fn at(&self, path: &str) -> Url {
        url(&format!("{}/{path}", self.server.url()))
    }

    /// Serves a file and wants it.
    pub fn wanted(&self, path: &str, bytes: &[u8]) -> Wanted {
        self.serve(path, bytes);
        wanted(path, bytes, vec![self.at(path)])
    }

    pub fn fetch(&self, wanted: &[Wanted]) -> Result<Vec<CheckedFile>, FetchError> {
        let fetcher = Fetcher {
            store: Arc::new(self.store()),
            client: Arc::new(self.client()),
            offline: self.offline,
            jobs: self.jobs,
            events: self.sink(),
        };
        fetcher.fetch(Phase::Fetch, wanted)
    }

    /// The reasons of all retries so far.
    pub fn retries(&self) -> Vec<String> {
        let events = self.events.lock().unwrap();
        let reason = |event: &Event| match event {
            Event::Retry { reason, .. } => Some(reason.clone()),
            _ => None,
        };
        events.iter().filter_map(reason).collect()
    }

    /// The `Range` headers of all requests for a path so far.
    pub fn ranges(&self, path: &str) -> Vec<Option<String>> {
        let log = self.server.log();
        log.into_iter()
            .filter(|request| request.path == path)
            .map(|request| request.range)
            .collect()
    }
}

pub fn wanted(label: &str, bytes: &[u8], sources: Vec<Url>) -> Wanted {
    Wanted {
        label: label.to_owned(),
        sha256: Sha256::of(bytes),
        size: bytes.len() as u64,
        sources,
    }
}

pub fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}
