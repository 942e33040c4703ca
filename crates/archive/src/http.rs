//! The downloader: HTTP/1.1 with all that mirrors, proxies and bad lines ask for.
//!
//! One try is a [`Client::open`]: it follows redirects by our own rules (bounded, never from
//! https to http, credentials stay at home) and gives a [`Response`] whose body is read with
//! [`Client::pump`]. Around it, `Client::retrying` tries again what may pass: connection
//! failures, time-outs, cut bodies, 408, 429 and 5xx, with back-off and `Retry-After`.
//! `file:` addresses take the same way.

mod agents;
mod body;
mod error;
mod forward;
mod options;
mod proxy;
mod request;
mod retry;
mod workers;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use formwork_model::{Event, Sink};

use crate::url::Url;

pub use error::HttpError;
pub use options::{ClientOptions, Timeouts};
pub use proxy::Proxies;
pub use request::{Request, Response};
pub(crate) use workers::{Crew, run_all};

use agents::Agents;

/// After how many files that could not be had from a host it gets one try a file only.
const PATIENCE_WITH_HOST: u32 = 2;

/// Fetches from http, https and `file:` addresses, from several threads at once.
pub struct Client {
    agents: Agents,
    options: ClientOptions,
    /// How many files in a row could not be had from a host for reasons of the network.
    troubles: Mutex<BTreeMap<String, u32>>,
    events: Sink,
}

impl Client {
    /// Prepares a client; no connection is made yet.
    ///
    /// # Errors
    /// If a CA file or a proxy setting cannot be used.
    pub fn new(options: ClientOptions, events: Sink) -> Result<Client, HttpError> {
        let agents = Agents::new(&options)?;
        Ok(Client {
            agents,
            options,
            troubles: Mutex::default(),
            events,
        })
    }

    /// Fetches one document whole, trying again as often as the options say.
    ///
    /// # Errors
    /// If it is not there, longer than `limit`, or cannot be had.
    pub fn get(&self, url: &Url, limit: u64) -> Result<Vec<u8>, HttpError> {
        self.retrying(url, &mut |_| {
            let mut bytes = Vec::new();
            let response = self.open(&Request::whole(url))?;
            self.pump(response, limit, &mut |part| {
                bytes.extend_from_slice(part);
                Ok(())
            })?;
            Ok(bytes)
        })
    }

    /// Does `work` until it succeeds, fails for good, or has been tried often enough.
    ///
    /// `work` is told how many tries have failed before it. A try that has brought bytes
    /// (see [`HttpError::progress`]) does not count.
    pub(crate) fn retrying<T>(
        &self,
        url: &Url,
        work: &mut dyn FnMut(u32) -> Result<T, HttpError>,
    ) -> Result<T, HttpError> {
        let mut plan = retry::Plan::new(&self.options, url, self.is_troubled(url));
        loop {
            if self.interrupted() {
                return Err(HttpError::Interrupted);
            }
            let error = match work(plan.failed()) {
                Ok(value) => {
                    self.note_trouble(url, false);
                    return Ok(value);
                }
                // A connection that breaks while we stop is our own doing.
                Err(_) if self.interrupted() => return Err(HttpError::Interrupted),
                Err(error) => error,
            };
            let Some(delay) = plan.next(&error) else {
                self.note_trouble(url, error.is_passing());
                return Err(error);
            };
            (self.events)(Event::Retry {
                what: url.to_string(),
                reason: error.reason(),
                attempt: plan.failed() + 1,
                delay_ms: delay.as_millis().try_into().unwrap_or(u64::MAX),
            });
            self.sleep(delay)?;
        }
    }

    /// Tells whether somebody has asked us to stop.
    #[must_use]
    pub fn interrupted(&self) -> bool {
        (self.options.interrupted)()
    }

    /// Does `work` for each index below `count` in up to `jobs` threads, in order of the index.
    ///
    /// An interruption ends it within a second, even if threads hang in a name look-up or a
    /// read; the answer is then `None`, and all connections are broken for good.
    pub fn in_parallel<R: Send + 'static>(
        &self,
        jobs: usize,
        count: usize,
        tick: &dyn Fn(),
        work: impl Fn(usize) -> R + Send + Sync + 'static,
    ) -> Option<Vec<R>> {
        let interrupted = || self.interrupted();
        let crew = Crew {
            jobs,
            interrupted: &interrupted,
            stop: &|| self.agents.stop(),
            tick,
        };
        run_all(&crew, count, Arc::new(work))
    }

    fn sleep(&self, delay: std::time::Duration) -> Result<(), HttpError> {
        let end = std::time::Instant::now() + delay;
        loop {
            let left = end.saturating_duration_since(std::time::Instant::now());
            if self.interrupted() {
                return Err(HttpError::Interrupted);
            }
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(options::POLL));
        }
    }

    fn is_troubled(&self, url: &Url) -> bool {
        let troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        troubles
            .get(&url.origin())
            .is_some_and(|count| *count >= PATIENCE_WITH_HOST)
    }

    fn note_trouble(&self, url: &Url, trouble: bool) {
        let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        if trouble {
            *troubles.entry(url.origin()).or_default() += 1;
        } else {
            troubles.remove(&url.origin());
        }
    }
}
