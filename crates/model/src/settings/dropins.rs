//! Files that have their usual places: of networks, and drop-ins beside what packages ship.

use super::read::place;
use super::{Content, File, Rights, files};
use crate::nearest::nearest;
use crate::project::node::{Entry, Table, at};
use crate::source::FileError;

/// The name of a drop-in that is not given one.
const USUAL: &str = "50-image";

/// The types of systemd's units.
pub(super) const UNITS: [&str; 11] = [
    "service",
    "socket",
    "device",
    "mount",
    "automount",
    "swap",
    "target",
    "path",
    "timer",
    "slice",
    "scope",
];

/// Configuration files that read drop-ins: name, directory, ending and mode.
const CONFIGURATIONS: [(&str, &str, &str, u32); 18] = [
    (
        "coredump.conf",
        "/etc/systemd/coredump.conf.d",
        ".conf",
        0o644,
    ),
    ("homed.conf", "/etc/systemd/homed.conf.d", ".conf", 0o644),
    (
        "journal-upload.conf",
        "/etc/systemd/journal-upload.conf.d",
        ".conf",
        0o644,
    ),
    (
        "journald.conf",
        "/etc/systemd/journald.conf.d",
        ".conf",
        0o644,
    ),
    ("logind.conf", "/etc/systemd/logind.conf.d", ".conf", 0o644),
    (
        "networkd.conf",
        "/etc/systemd/networkd.conf.d",
        ".conf",
        0o644,
    ),
    ("oomd.conf", "/etc/systemd/oomd.conf.d", ".conf", 0o644),
    ("pstore.conf", "/etc/systemd/pstore.conf.d", ".conf", 0o644),
    (
        "resolved.conf",
        "/etc/systemd/resolved.conf.d",
        ".conf",
        0o644,
    ),
    ("rsyslog.conf", "/etc/rsyslog.d", ".conf", 0o644),
    ("sleep.conf", "/etc/systemd/sleep.conf.d", ".conf", 0o644),
    ("ssh_config", "/etc/ssh/ssh_config.d", ".conf", 0o644),
    ("sshd_config", "/etc/ssh/sshd_config.d", ".conf", 0o644),
    ("sudoers", "/etc/sudoers.d", "", 0o440),
    ("system.conf", "/etc/systemd/system.conf.d", ".conf", 0o644),
    (
        "timesyncd.conf",
        "/etc/systemd/timesyncd.conf.d",
        ".conf",
        0o644,
    ),
    ("user.conf", "/etc/systemd/user.conf.d", ".conf", 0o644),
    ("apt.conf", "/etc/apt/apt.conf.d", "", 0o644),
];

/// A drop-in: `TARGET` or `TARGET/NAME`.
pub(super) fn dropin(name: &str, entry: &Entry) -> Result<File, FileError> {
    let (target, own) = match name.split_once('/') {
        Some((target, own)) => (target, own),
        None => (name, USUAL),
    };
    check_name(own, entry)?;
    let unit = target
        .rsplit_once('.')
        .is_some_and(|(stem, kind)| !stem.is_empty() && UNITS.contains(&kind));
    let found = CONFIGURATIONS.iter().find(|(known, ..)| *known == target);
    let (directory, ending, mode) = match found {
        Some((_, directory, ending, mode)) => ((*directory).to_owned(), *ending, *mode),
        None if unit => {
            check_name(target, entry)?;
            (format!("/etc/systemd/system/{target}.d"), ".conf", 0o644)
        }
        None => {
            let error = at(&entry.key, format!("nobody knows drop-ins for `{target}`"));
            let known = CONFIGURATIONS.iter().map(|(known, ..)| *known);
            return Err(match nearest(target, known.clone(), 1).first() {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!(
                    "a unit with its type, as in ssh.service, or one of {}; for others: [files]",
                    known.collect::<Vec<_>>().join(", ")
                )),
            });
        }
    };
    let own = own.strip_suffix(".conf").unwrap_or(own);
    made(name, format!("{directory}/{own}{ending}"), mode, entry)
}

/// A file of the network: systemd-networkd's by its ending, else a stanza of ifupdown.
pub(super) fn network(name: &str, entry: &Entry) -> Result<File, FileError> {
    check_name(name, entry)?;
    let networkd = [".network", ".netdev", ".link"]
        .iter()
        .any(|ending| name.ends_with(ending));
    if !networkd && name.contains('.') {
        let error = at(
            &entry.key,
            format!("nobody would read the network file `{name}`"),
        );
        return Err(error.hint(
            "NAME.network, NAME.netdev or NAME.link is for systemd-networkd, a name without a dot for ifupdown",
        ));
    }
    let directory = if networkd {
        "/etc/systemd/network"
    } else {
        "/etc/network/interfaces.d"
    };
    made(name, format!("{directory}/{name}"), 0o644, entry)
}

/// A file at its usual place.
fn made(name: &str, path: String, mode: u32, entry: &Entry) -> Result<File, FileError> {
    let empty = Table::new();
    let table = entry.node.table().unwrap_or(&empty);
    let content: Content = files::content(table, name, &entry.key)?;
    Ok(File {
        path,
        content,
        rights: Rights {
            mode: Some(mode),
            ..Rights::default()
        },
        at: place(&entry.key),
    })
}

/// A name that becomes that of a file.
fn check_name(name: &str, entry: &Entry) -> Result<(), FileError> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.@:\\".contains(letter);
    if name.chars().all(plain) && formwork_deb::path::is_file_name(name) && !name.starts_with('.') {
        return Ok(());
    }
    let error = at(
        &entry.key,
        format!("`{name}` cannot be the name of a file here"),
    );
    Err(error.hint("letters, digits, `-`, `_`, `.` and `@`"))
}
