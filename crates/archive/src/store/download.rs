//! One blob on its way into the store: its lock, its partial file, and where that came from.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use formwork_deb::sha256::Sha256;
use formwork_model::Sink;
use formwork_sys::fs::{Lock, Mode, Waiting};
use formwork_sys::{CheckedFile, Error, Incoming};

use super::{Store, waiting_for};

/// How long we wait for a process whose download does not grow.
const STANDSTILL: Duration = Duration::from_secs(60);

/// What `begin` found.
pub(crate) enum Begun {
    /// Another process has fetched it meanwhile.
    Have(CheckedFile),
    /// It is ours to fetch.
    Download(Box<Download>),
    /// Somebody asked us to stop while we waited.
    Interrupted,
}

/// Where the bytes of a partial file came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// A hash of the address, which may itself be secret.
    pub(crate) address: Sha256,
    /// For `If-Range`.
    pub(crate) validator: String,
}

/// A blob that is being fetched; dropped before it is published, it can be continued later.
pub(crate) struct Download {
    incoming: Incoming,
    sha256: Sha256,
    size: u64,
    target: PathBuf,
    origin: PathBuf,
    /// Missing if we fetch beside a process that has come to a standstill.
    lock: Option<Lock>,
}

impl Store {
    /// Begins to fetch a blob, or continues where somebody left off.
    ///
    /// Another process that fetches it is waited for as long as its file grows; after that we
    /// fetch it ourselves under another name.
    pub(crate) fn begin(
        &self,
        wanted: (&Sha256, u64, &str),
        events: &Sink,
    ) -> Result<Begun, Error> {
        self.begin_with(
            wanted,
            events,
            STANDSTILL,
            &formwork_sys::signal::interrupted,
        )
    }

    pub(super) fn begin_with(
        &self,
        (sha256, size, label): (&Sha256, u64, &str),
        events: &Sink,
        standstill: Duration,
        interrupted: &dyn Fn() -> bool,
    ) -> Result<Begun, Error> {
        let partial = self.partial(sha256, "");
        let watch = std::cell::RefCell::new(Watch::new(partial.clone()));
        let waiting = Waiting {
            patience: Duration::from_millis(500),
            tell: &|process| {
                events(waiting_for(
                    &format!("{label}, which is being fetched"),
                    process,
                ))
            },
            give_up: &|| interrupted() || watch.borrow_mut().still_for() > standstill,
        };
        let lock = Lock::wait(&self.partial(sha256, ".lock"), Mode::Exclusive, &waiting)?;
        if lock.is_none() && interrupted() {
            return Ok(Begun::Interrupted);
        }
        if let Some(file) = self.get(sha256, Some(size))? {
            lock.into_iter().for_each(Lock::release_and_remove);
            return Ok(Begun::Have(file));
        }
        let path = if lock.is_some() {
            partial
        } else {
            self.temporary(sha256)
        };
        let mut incoming = Incoming::resume(&path)?;
        if incoming.size() > size {
            incoming.restart()?;
        }
        Ok(Begun::Download(Box::new(Download {
            incoming,
            sha256: *sha256,
            size,
            target: self.path(sha256),
            origin: self.partial(sha256, ".from"),
            lock,
        })))
    }
}

impl Download {
    /// How many bytes are there.
    pub(crate) fn have(&self) -> u64 {
        self.incoming.size()
    }

    /// Tells whether all bytes are there; they may still be wrong.
    pub(crate) fn is_complete(&self) -> bool {
        self.have() == self.size
    }

    /// Adds bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.incoming.write(bytes)
    }

    /// Throws away what is there.
    pub(crate) fn restart(&mut self) -> Result<(), Error> {
        self.incoming.restart()
    }

    /// Where the bytes that are there came from, if it is known.
    pub(crate) fn origin(&self) -> Option<Origin> {
        let text = fs::read_to_string(&self.origin).ok()?;
        let (address, validator) = text.trim_end().split_once(' ')?;
        Some(Origin {
            address: address.parse().ok()?,
            validator: validator.to_owned(),
        })
    }

    /// Notes where the bytes come from.
    pub(crate) fn set_origin(&self, origin: Option<&Origin>) -> Result<(), Error> {
        match origin {
            Some(Origin { address, validator }) => formwork_sys::fs::replace(
                &self.origin,
                format!("{address} {validator}\n").as_bytes(),
            ),
            None => formwork_sys::fs::remove(&self.origin).map(|_| ()),
        }
    }

    /// Checks the whole and puts it into the store.
    ///
    /// Wrong bytes are thrown away; the download then begins anew with nothing.
    pub(crate) fn publish(
        self: Box<Self>,
    ) -> Result<Result<CheckedFile, (Box<Download>, Error)>, Error> {
        let Download {
            incoming,
            sha256,
            size,
            target,
            origin,
            lock,
        } = *self;
        let path = incoming.path().to_owned();
        match incoming.publish(&target, &sha256, Some(size)) {
            Ok(file) => {
                formwork_sys::fs::remove(&origin)?;
                lock.into_iter().for_each(Lock::release_and_remove);
                Ok(Ok(file))
            }
            Err(error) if error.is_mismatch() => {
                let incoming = Incoming::resume(&path)?;
                Ok(Err((
                    Box::new(Download {
                        incoming,
                        sha256,
                        size,
                        target,
                        origin,
                        lock,
                    }),
                    error,
                )))
            }
            Err(error) => Err(error),
        }
    }
}

/// Watches whether another process gets on with a file.
struct Watch {
    path: PathBuf,
    size: u64,
    since: Instant,
}

impl Watch {
    fn new(path: PathBuf) -> Self {
        Watch {
            path,
            size: 0,
            since: Instant::now(),
        }
    }

    fn still_for(&mut self) -> Duration {
        let size = fs::metadata(&self.path).map_or(0, |metadata| metadata.len());
        if size != self.size {
            self.size = size;
            self.since = Instant::now();
        }
        self.since.elapsed()
    }
}
