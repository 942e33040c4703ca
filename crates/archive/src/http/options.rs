//! How the downloader behaves; tests make the waits short.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::Proxies;

/// How often a waiting thread looks whether it is to stop.
pub(super) const POLL: Duration = Duration::from_millis(50);

/// Limits of time; there is none for a whole transfer, which would punish slow lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For looking up a name, and for connecting.
    pub connect: Duration,
    /// From the request to the end of the answer's header.
    pub response: Duration,
    /// Without a single byte, in the header or in the body.
    pub idle: Duration,
    /// Over this time at least `slowest` bytes a second must arrive.
    pub window: Duration,
    /// The slowest rate that is borne, in bytes a second; it ends servers that only drip.
    pub slowest: u64,
}

/// How the downloader behaves.
#[derive(Clone)]
pub struct ClientOptions {
    /// Limits of time.
    pub timeouts: Timeouts,
    /// How often a file is tried, the first time included.
    pub attempts: u32,
    /// How long the first wait between two tries is; it doubles from one to the next.
    pub back_off: Duration,
    /// The longest wait between two tries, and the longest `Retry-After` that is obeyed.
    pub longest_wait: Duration,
    /// How many redirects are followed.
    pub redirects: u32,
    /// Files with certificate authorities to trust beside the usual ones.
    pub ca_files: Vec<PathBuf>,
    /// Which proxies to use.
    pub proxies: Proxies,
    /// Asked often: are we to stop?
    pub interrupted: Arc<dyn Fn() -> bool + Send + Sync>,
}

impl Default for ClientOptions {
    /// Patient settings, no proxy, the usual certificate authorities.
    fn default() -> Self {
        ClientOptions {
            timeouts: Timeouts {
                connect: Duration::from_secs(20),
                response: Duration::from_secs(30),
                idle: Duration::from_secs(30),
                window: Duration::from_secs(60),
                slowest: 256,
            },
            attempts: 4,
            back_off: Duration::from_millis(500),
            longest_wait: Duration::from_secs(60),
            redirects: 8,
            ca_files: Vec::new(),
            proxies: Proxies::default(),
            interrupted: Arc::new(formwork_sys::signal::interrupted),
        }
    }
}

impl ClientOptions {
    /// The default with proxies and CA files from the environment.
    ///
    /// `FORMWORK_CA_FILE` and `SSL_CERT_FILE` name PEM files.
    #[must_use]
    pub fn from_environment() -> ClientOptions {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let ca_files = ["FORMWORK_CA_FILE", "SSL_CERT_FILE"]
            .iter()
            .filter_map(|name| variable(name));
        ClientOptions {
            ca_files: ca_files.map(PathBuf::from).collect(),
            proxies: Proxies::from_variables(&variable),
            ..ClientOptions::default()
        }
    }
}
