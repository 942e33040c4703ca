//! What is taken out of a tree before it is shipped; each rule can be switched off by its name.
//!
//! The reasons stand in `docs/rootfs-rules.md`, one paragraph a switch.

mod first_boot;
#[cfg(test)]
mod tests;

use std::path::Path;

use formwork_sys::tree::{Kind, Tree, Visited};
use serde::{Deserialize, Serialize};

use crate::error::Error;

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
    /// Caches that are made again when they are missed: of the linker, fontconfig, mail aliases.
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

/// What installing wrote into `/var/log`; no program misses these.
const INSTALL_LOGS: [&str; 7] = [
    "var/log/alternatives.log",
    "var/log/apt/eipp.log.xz",
    "var/log/apt/history.log",
    "var/log/apt/term.log",
    "var/log/bootstrap.log",
    "var/log/dpkg.log",
    "var/log/fontconfig.log",
];

/// Files that tools leave beside the one they change.
const BACKUPS: [&str; 12] = [
    "etc/group-",
    "etc/gshadow-",
    "etc/passwd-",
    "etc/shadow-",
    "etc/subgid-",
    "etc/subuid-",
    "var/cache/debconf/config.dat-old",
    "var/cache/debconf/passwords.dat-old",
    "var/cache/debconf/templates.dat-old",
    "var/lib/dpkg/diversions-old",
    "var/lib/dpkg/statoverride-old",
    "var/lib/dpkg/status-old",
];

/// Secrets and names by which a device is told from others.
const SEEDS: [&str; 7] = [
    "boot/efi/loader/random-seed",
    "boot/loader/random-seed",
    "etc/nvme/hostid",
    "etc/nvme/hostnqn",
    "var/lib/systemd/credential.secret",
    "var/lib/systemd/random-seed",
    "var/lib/urandom/random-seed",
];

/// Takes out of the tree whatever the switches say.
///
/// # Errors
/// If something of the tree cannot be read or removed.
pub fn apply(tree: &Tree, clean: &Clean) -> Result<(), Error> {
    type Rule = (bool, fn(&Tree) -> Result<(), Error>);
    let rules: [Rule; 10] = [
        (clean.apt_lists, apt_lists),
        (clean.apt_cache, apt_cache),
        (clean.logs, logs),
        (clean.temporary, temporary),
        (clean.backups, backups),
        (clean.caches, caches),
        (clean.machine_id, machine_id),
        (clean.host_keys, host_keys),
        (clean.certificates, certificates),
        (clean.seeds, seeds),
    ];
    for (on, rule) in rules {
        if on {
            rule(tree)?;
        }
    }
    Ok(())
}

fn apt_lists(tree: &Tree) -> Result<(), Error> {
    remove_in(tree, "var/lib/apt/lists/partial", &|_| true)?;
    remove_in(tree, "var/lib/apt/lists", &|name| name != "partial")?;
    remove_in(tree, "var/lib/apt/periodic", &|_| true)
}

fn apt_cache(tree: &Tree) -> Result<(), Error> {
    remove_in(tree, "var/cache/apt", &|name| name.ends_with(".bin"))?;
    remove_in(tree, "var/cache/apt/archives/partial", &|_| true)?;
    remove_in(tree, "var/cache/apt/archives", &|name| name != "partial")
}

/// Removes the logs of the installation and the journal, and empties all others: who may write
/// into them was decided by their packages.
fn logs(tree: &Tree) -> Result<(), Error> {
    for path in INSTALL_LOGS {
        tree.remove(path)?;
    }
    remove_in(tree, "var/log/journal", &|_| true)?;
    if !is_directory(tree, "var/log")? {
        return Ok(());
    }
    let mut full = Vec::new();
    tree.walk("var/log", &mut |visited: &Visited<'_>| {
        if visited.metadata.kind == Kind::File && visited.metadata.size > 0 {
            full.push(visited.path.to_owned());
        }
        Ok::<(), Error>(())
    })?;
    for path in full {
        tree.rewrite(path, b"")?;
    }
    Ok(())
}

fn temporary(tree: &Tree) -> Result<(), Error> {
    for directory in ["tmp", "var/tmp", "run"] {
        remove_in(tree, directory, &|_| true)?;
    }
    Ok(())
}

fn backups(tree: &Tree) -> Result<(), Error> {
    for path in BACKUPS {
        tree.remove(path)?;
    }
    remove_in(tree, "var/backups", &|_| true)?;
    // ucf numbers the earlier states of its two files.
    remove_in(tree, "var/lib/ucf", &|name| {
        let number = name
            .strip_prefix("hashfile.")
            .or_else(|| name.strip_prefix("registry."));
        number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

fn caches(tree: &Tree) -> Result<(), Error> {
    tree.remove("var/cache/ldconfig/aux-cache")?;
    if tree.remove("etc/aliases.db")? {
        first_boot::add(tree, &first_boot::ALIASES)?;
    }
    remove_in(tree, "var/cache/fontconfig", &|_| true)
}

/// Empties the identity of the machine: systemd then makes one at boot without taking that boot
/// for the first one, which would undo what was enabled and disabled. D-Bus is to use the same.
fn machine_id(tree: &Tree) -> Result<(), Error> {
    if is_file(tree, "etc/machine-id")? {
        tree.rewrite("etc/machine-id", b"")?;
    }
    if is_file(tree, "var/lib/dbus/machine-id")? {
        tree.remove("var/lib/dbus/machine-id")?;
        tree.symbolic_link("/etc/machine-id".as_ref(), "var/lib/dbus/machine-id")?;
    }
    Ok(())
}

fn host_keys(tree: &Tree) -> Result<(), Error> {
    let is_key = |name: &str| {
        name.starts_with("ssh_host_") && (name.ends_with("_key") || name.ends_with("_key.pub"))
    };
    if names(tree, "etc/ssh")?.iter().any(|name| is_key(name)) {
        remove_in(tree, "etc/ssh", &is_key)?;
        first_boot::add(tree, &first_boot::HOST_KEYS)?;
    }
    Ok(())
}

fn certificates(tree: &Tree) -> Result<(), Error> {
    const CERTIFICATE: &str = "ssl-cert-snakeoil.pem";
    let directory = "etc/ssl/certs";
    if !is_file(tree, "etc/ssl/private/ssl-cert-snakeoil.key")? {
        return Ok(());
    }
    tree.remove("etc/ssl/private/ssl-cert-snakeoil.key")?;
    for name in names(tree, directory)? {
        let path = format!("{directory}/{name}");
        // Its other names are links that follow from the host name within.
        let points_there = || {
            tree.read_link(&path)
                .is_ok_and(|target| target == Path::new(CERTIFICATE))
        };
        if name == CERTIFICATE || points_there() {
            tree.remove(&path)?;
        }
    }
    first_boot::add(tree, &first_boot::CERTIFICATE)
}

fn seeds(tree: &Tree) -> Result<(), Error> {
    for path in SEEDS {
        tree.remove(path)?;
    }
    if tree.remove("etc/bind/rndc.key")? {
        first_boot::add(tree, &first_boot::CONTROL_KEY)?;
    }
    // The start script of open-iscsi makes a name where the file says this.
    let initiator = "etc/iscsi/initiatorname.iscsi";
    if is_file(tree, initiator)? {
        tree.rewrite(initiator, b"GenerateName=yes\n")?;
    }
    Ok(())
}

/// Removes the entries of a directory whose names are meant, and all that is in them.
fn remove_in(tree: &Tree, directory: &str, meant: &dyn Fn(&str) -> bool) -> Result<(), Error> {
    for name in names(tree, directory)? {
        if meant(&name) {
            tree.remove_all(format!("{directory}/{name}"))?;
        }
    }
    Ok(())
}

/// The names in a directory; of a link or of nothing, none.
fn names(tree: &Tree, directory: &str) -> Result<Vec<String>, Error> {
    if !is_directory(tree, directory)? {
        return Ok(Vec::new());
    }
    let names = tree.list(directory)?.into_iter();
    // A name that is no text is none that a rule speaks of.
    Ok(names
        .filter_map(|(name, _)| name.into_string().ok())
        .collect())
}

fn is_directory(tree: &Tree, path: &str) -> Result<bool, Error> {
    is(tree, path, Kind::Directory)
}

fn is_file(tree: &Tree, path: &str) -> Result<bool, Error> {
    is(tree, path, Kind::File)
}

fn is(tree: &Tree, path: &str, kind: Kind) -> Result<bool, Error> {
    let metadata = tree.metadata(path)?;
    Ok(metadata.is_some_and(|metadata| metadata.kind == kind))
}
