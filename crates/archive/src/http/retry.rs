//! When to try again: back-off with jitter, and what `Retry-After` says.
//!
//! The jitter comes from the address and the number of the try, not from chance, so that the
//! same run does the same thing, while many files do not come back at the same moment.

use std::time::Duration;

use formwork_deb::time::Timestamp;

use super::{ClientOptions, HttpError};
use crate::url::Url;

/// How many tries a file gets in all, even if each of them brings some bytes.
const MOST_TRIES: u32 = 50;

/// The tries of one file.
pub(super) struct Plan {
    attempts: u32,
    back_off: Duration,
    longest_wait: Duration,
    seed: u64,
    failed: u32,
    without_progress: u32,
}

impl Plan {
    /// Begins; a host that has failed for other files gets one try only.
    pub(super) fn new(options: &ClientOptions, url: &Url, troubled: bool) -> Plan {
        Plan {
            attempts: if troubled { 1 } else { options.attempts },
            back_off: options.back_off,
            longest_wait: options.longest_wait,
            seed: fnv(url.as_sent().as_bytes()),
            failed: 0,
            without_progress: 0,
        }
    }

    /// How many tries have failed so far.
    pub(super) fn failed(&self) -> u32 {
        self.failed
    }

    /// Takes note of a failure; says how long to wait before the next try, or that there is none.
    pub(super) fn next(&mut self, error: &HttpError) -> Option<Duration> {
        self.failed += 1;
        self.without_progress = if error.progress() > 0 {
            1
        } else {
            self.without_progress + 1
        };
        let exhausted = self.without_progress >= self.attempts || self.failed >= MOST_TRIES;
        if !error.is_passing() || exhausted {
            return None;
        }
        if let HttpError::Status {
            retry_after: Some(asked),
            ..
        } = error
        {
            // A server that wants us back much later is a server that does not serve us now.
            return (*asked <= self.longest_wait).then_some(*asked);
        }
        let doubled = self
            .back_off
            .saturating_mul(1 << (self.without_progress - 1).min(16));
        let jitter = fnv(&(self.seed ^ u64::from(self.failed)).to_le_bytes()) % 500;
        let jittered = doubled.saturating_add(doubled.saturating_mul(jitter as u32) / 1000);
        Some(jittered.min(self.longest_wait))
    }
}

/// Reads `Retry-After`: seconds, or a date that is compared with the answer's own `Date`.
pub(super) fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let then = Timestamp::parse_rfc2822(value.trim()).ok()?;
    Some(Duration::from_secs(
        u64::try_from(then.0.saturating_sub(now.0)).unwrap_or(0),
    ))
}

/// A small hash (FNV-1a), for spreading only.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn broken(progress: u64) -> HttpError {
        HttpError::Connection {
            url: url("http://h.example/"),
            reason: String::new(),
            progress,
        }
    }

    fn status(status: u16, retry_after: Option<u64>) -> HttpError {
        HttpError::Status {
            url: url("http://h.example/"),
            status,
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    #[test]
    fn waits_double_and_end_and_are_the_same_each_time() {
        let delays = |address: &str| {
            let mut plan = Plan::new(&ClientOptions::default(), &url(address), false);
            std::iter::from_fn(|| plan.next(&broken(0))).collect::<Vec<_>>()
        };
        let first = delays("http://h.example/a");
        assert_eq!(first.len(), 3);
        for (delay, base) in first.iter().zip([500, 1000, 2000]) {
            assert!(
                (base..base * 3 / 2).contains(&delay.as_millis()),
                "{delay:?}"
            );
        }
        assert_eq!(first, delays("http://h.example/a"));
        assert_ne!(first, delays("http://h.example/b"));
    }

    #[test]
    fn progress_begins_the_count_anew_but_not_for_ever() {
        let mut plan = Plan::new(&ClientOptions::default(), &url("http://h.example/"), false);
        let tries = std::iter::from_fn(|| plan.next(&broken(1))).count();
        assert_eq!(tries, MOST_TRIES as usize - 1);
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let cases = [
            (status(500, None), true),
            (status(503, Some(2)), true),
            (status(429, Some(3600)), false),
            (status(408, None), true),
            (status(418, None), false),
            (
                HttpError::NotFound {
                    url: url("http://h.example/"),
                },
                false,
            ),
            (HttpError::Interrupted, false),
        ];
        for (error, again) in cases {
            let mut plan = Plan::new(&ClientOptions::default(), &url("http://h.example/"), false);
            assert_eq!(plan.next(&error).is_some(), again, "{error}");
        }
        let mut plan = Plan::new(&ClientOptions::default(), &url("http://h.example/"), false);
        assert_eq!(
            plan.next(&status(503, Some(2))),
            Some(Duration::from_secs(2))
        );
        let mut troubled = Plan::new(&ClientOptions::default(), &url("http://h.example/"), true);
        assert_eq!(troubled.next(&broken(0)), None);
    }

    #[test]
    fn retry_after_has_two_forms() {
        let now = Timestamp::parse_rfc2822("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let cases = [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60)),
            ("Sun, 06 Nov 1994 08:40:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
        ];
        for (value, seconds) in cases {
            assert_eq!(
                retry_after(value, now),
                seconds.map(Duration::from_secs),
                "{value}"
            );
        }
    }
}
