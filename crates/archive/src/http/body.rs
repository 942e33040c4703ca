//! Reading the body of an answer, within its limits of size and time.

use std::io::{self, Read};
use std::time::Instant;

use super::{Client, HttpError, Response};
use crate::url::{Scheme, Url};

/// How much is read at once.
const CHUNK: usize = 128 * 1024;

impl Client {
    /// Reads a body to its end and hands it on piece by piece; gives its length.
    ///
    /// `limit` is for the whole file, the part that came before included.
    ///
    /// # Errors
    /// If the connection breaks, stalls or drips, the body is too long, or `sink` fails.
    pub fn pump(
        &self,
        response: Response,
        limit: u64,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), formwork_sys::Error>,
    ) -> Result<u64, HttpError> {
        let Response {
            url,
            from,
            size,
            mut body,
            ..
        } = response;
        if size.is_some_and(|size| size > limit) {
            return Err(HttpError::TooLong { url, limit });
        }
        let mut buffer = vec![0; CHUNK];
        let mut pace = Pace::new();
        let mut received = 0;
        loop {
            let count = match body.read(&mut buffer) {
                Ok(0) => return Ok(received),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.body_error(url, error, received)),
            };
            received += count as u64;
            if from + received > limit {
                return Err(HttpError::TooLong { url, limit });
            }
            sink(&buffer[..count])?;
            if self.interrupted() {
                return Err(HttpError::Interrupted);
            }
            if pace.is_too_slow(self, count as u64) {
                let reason = format!(
                    "the server sends less than {} bytes a second",
                    self.options.timeouts.slowest
                );
                return Err(HttpError::Connection {
                    url,
                    reason,
                    progress: 0,
                });
            }
        }
    }

    fn body_error(&self, url: Url, error: io::Error, progress: u64) -> HttpError {
        if url.scheme() == Scheme::File {
            return HttpError::Unreadable {
                url,
                reason: error.to_string(),
            };
        }
        self.explain(&url, ureq::Error::from(error), progress)
    }
}

/// How much has come since when.
struct Pace {
    since: Instant,
    bytes: u64,
}

impl Pace {
    fn new() -> Self {
        Pace {
            since: Instant::now(),
            bytes: 0,
        }
    }

    /// Counts bytes; at the end of each window, says whether they were too few.
    fn is_too_slow(&mut self, client: &Client, bytes: u64) -> bool {
        let timeouts = &client.options.timeouts;
        self.bytes += bytes;
        let elapsed = self.since.elapsed();
        if elapsed < timeouts.window {
            return false;
        }
        let slow = self.bytes < timeouts.slowest.saturating_mul(elapsed.as_secs().max(1));
        *self = Pace::new();
        slow
    }
}
