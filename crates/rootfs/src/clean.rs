//! What is taken out of a tree before it is shipped; each rule can be switched off by its name.
//!
//! The reasons stand in `docs/rootfs-rules.md`, one paragraph a switch.

use serde::{Deserialize, Serialize};

/// The rules of cleaning that are in force; all are, unless an image's `[clean]` says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Clean {
    /// The package lists and the state of downloads of apt.
    pub apt_lists: bool,
    /// Downloaded packages and the caches of apt.
    pub apt_cache: bool,
    /// What installing wrote into `/var/log`; logs that packages made for later are emptied.
    pub logs: bool,
    /// Everything in `/tmp`, `/var/tmp` and `/run`.
    pub temporary: bool,
    /// Earlier states of files that tools left beside them: `passwd-`, `status-old`, ….
    pub backups: bool,
    /// Caches that are made again when they are missed: of the linker and of fontconfig.
    pub caches: bool,
    /// The identity of the machine: it is made at first boot.
    pub machine_id: bool,
    /// SSH host keys: they are made at first boot.
    pub host_keys: bool,
    /// The self-signed certificate of ssl-cert: it is made at first boot.
    pub certificates: bool,
    /// Random seeds and other secrets that must not be shared by devices.
    pub seeds: bool,
}

impl Default for Clean {
    fn default() -> Self {
        Self {
            apt_lists: true,
            apt_cache: true,
            logs: true,
            temporary: true,
            backups: true,
            caches: true,
            machine_id: true,
            host_keys: true,
            certificates: true,
            seeds: true,
        }
    }
}
