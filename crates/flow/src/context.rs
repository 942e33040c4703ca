//! What every flow needs to know besides what it is asked for.

use std::path::PathBuf;

use formwork_deb::time::Timestamp;
use formwork_model::event::Sink;

use crate::Error;

/// What the person, the environment and the clock say.
pub struct Settings {
    /// The directory where a project is looked for.
    pub directory: PathBuf,
    /// Whether the person named that directory: then there must be a project in it.
    pub project_named: bool,
    /// A mirror to use instead of this machine's own.
    pub mirror: Option<String>,
    /// Never touch the network.
    pub offline: bool,
    /// Ask the mirror even if the cache is recent.
    pub refresh: bool,
    /// Accept a Release older than one seen before.
    pub allow_older: bool,
    /// How many transfers or threads run at once, if the person says.
    pub jobs: Option<usize>,
    /// The time by which validity is judged.
    pub now: Timestamp,
    /// Where events go.
    pub events: Sink,
}

/// Settings with the directories they live in.
pub struct Context {
    /// What the person, the environment and the clock say.
    pub settings: Settings,
    /// For what can be fetched or made again.
    pub cache: PathBuf,
    /// For what must survive a cleaning of the cache.
    pub state: PathBuf,
    /// The directory that stands for `/` where this machine's own settings are read.
    pub root: PathBuf,
}

impl Context {
    /// Finds the directories and puts the settings into them.
    pub fn new(settings: Settings) -> Result<Context, Error> {
        Ok(Context {
            settings,
            cache: formwork_sys::dirs::cache()?,
            state: formwork_sys::dirs::state()?,
            root: PathBuf::from(std::env::var_os("FORMWORK_ROOT").unwrap_or_else(|| "/".into())),
        })
    }
}

/// Begins to notice Ctrl-C: long work then ends early instead of being cut off.
pub fn notice_interrupts() {
    formwork_sys::signal::listen();
}

/// Whether the person has asked us to stop.
#[must_use]
pub fn interrupted() -> bool {
    formwork_sys::signal::interrupted()
}
