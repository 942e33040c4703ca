//! What the tests of the archive share: a toy archive, served or not, and a place to sync it to.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use formwork_archive::http::{ClientOptions, Proxies, Timeouts};
use formwork_archive::repository::{Options, Refresh, Repository, RepositoryKind, Want};
use formwork_archive::trust::KeyringSource;
use formwork_archive::url::Url;
use formwork_archive::{Archive, Error, Snapshot};
use formwork_deb::time::Timestamp;
use formwork_model::event::Event;
use formwork_testkit::archive::{Archive as ToyArchive, Suite};
use formwork_testkit::package::Package;
use formwork_testkit::server::Server;
use tempfile::TempDir;

/// When the tests take place.
pub const NOW: &str = "2026-11-10";

/// A toy archive behind a server, and directories to sync to.
pub struct Toy {
    pub archive: ToyArchive,
    pub server: Server,
    pub home: TempDir,
    pub options: Options,
    pub events: Arc<Mutex<Vec<Event>>>,
}

pub fn date(text: &str) -> Timestamp {
    Timestamp(formwork_testkit::clock::seconds(text))
}

/// A suite with two packages.
pub fn bookworm() -> Suite {
    Suite::new("bookworm")
        .package(Package::new("hello", "1.0", "amd64").field("Depends", "libhello"))
        .package(Package::new("libhello", "1.0", "amd64"))
}

pub fn amd64() -> Want {
    Want {
        architectures: vec!["amd64".to_owned()],
        sources: false,
    }
}

impl Toy {
    /// A world in which this suite has just been published.
    pub fn new(suite: &Suite) -> Toy {
        let archive = ToyArchive::new();
        archive.write(suite);
        let home = tempfile::tempdir().unwrap();
        let options = Options {
            offline: false,
            refresh: Refresh::Always,
            now: date(NOW),
            jobs: 4,
            allow_older: false,
            floors: Vec::new(),
            cache_dir: home.path().join("cache"),
            state_dir: home.path().join("state"),
            root: home.path().join("root"),
        };
        let server = Server::new(archive.root());
        Toy {
            archive,
            server,
            home,
            options,
            events: Arc::default(),
        }
    }

    pub fn repository(&self) -> Repository {
        Repository {
            name: "toy".to_owned(),
            url: Url::parse(&self.server.url()).unwrap(),
            suite: "bookworm".to_owned(),
            components: vec!["main".to_owned()],
            keyrings: vec![KeyringSource::File(self.archive.keyring())],
            priority: 500,
            at: None,
            snapshot_template: None,
            architectures: Vec::new(),
            allow_expired: None,
            kind: RepositoryKind::Indexed,
        }
    }

    pub fn open(&self) -> Archive {
        let timeouts = Timeouts {
            connect: Duration::from_secs(2),
            response: Duration::from_millis(500),
            idle: Duration::from_millis(500),
            window: Duration::from_secs(20),
            slowest: 1,
        };
        let client = ClientOptions {
            timeouts,
            attempts: 2,
            back_off: Duration::from_millis(10),
            longest_wait: Duration::from_secs(1),
            proxies: Proxies::default(),
            interrupted: Arc::new(|| false),
            ..ClientOptions::default()
        };
        let events = Arc::clone(&self.events);
        let sink = Arc::new(move |event| events.lock().unwrap().push(event));
        Archive::with_client(self.options.clone(), client, sink).unwrap()
    }

    pub fn sync(&self, repository: &Repository) -> Result<Snapshot, Error> {
        self.open().sync(std::slice::from_ref(repository), &amd64())
    }

    /// Syncs and says how it failed.
    pub fn refused(&self, repository: &Repository) -> String {
        self.sync(repository).unwrap_err().to_string()
    }

    /// The packages of a snapshot as `name version`, sorted.
    pub fn packages(&self, snapshot: &Snapshot) -> Result<Vec<String>, Error> {
        let mapped = self.open().universe(snapshot, "amd64", &[], None)?;
        let universe = mapped.get();
        let mut found: Vec<String> = universe
            .ids()
            .map(|id| universe.package(id))
            .map(|package| format!("{} {}", package.name(), package.version()))
            .collect();
        found.sort();
        Ok(found)
    }

    /// The paths that were asked for since the last time.
    pub fn requests(&self) -> Vec<String> {
        let log = self.server.log();
        self.server.clear_log();
        log.into_iter().map(|request| request.path).collect()
    }
}
