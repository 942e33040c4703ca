//! What can go wrong at the wall, always with the path.

use std::io;
use std::path::{Path, PathBuf};

use formwork_deb::sha256::Sha256;

/// A failure of a file, a directory, a lock or a signal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system refused.
    #[error("cannot {action} {}: {}", path.display(), plain(source))]
    Io {
        /// What was tried, as a verb: `write`, `lock`.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// There is no room left on the disk, or in the user's quota.
    #[error("disk full: cannot {action} {}; free some space and run the same command again", path.display())]
    DiskFull {
        /// What was tried.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
    },
    /// A file has another length than it should.
    #[error("{} has {found} bytes instead of {expected}", path.display())]
    WrongSize {
        /// The file.
        path: PathBuf,
        /// How many bytes it should have.
        expected: u64,
        /// How many it has.
        found: u64,
    },
    /// A file has other content than it should.
    #[error("{} has SHA-256 {found} instead of {expected}", path.display())]
    WrongHash {
        /// The file.
        path: PathBuf,
        /// What it should be.
        expected: Sha256,
        /// What it is.
        found: Sha256,
    },
    /// A name climbs out of its tree, or is one that no file may have.
    #[error("the name {name} is refused: it climbs out, is too long or holds a NUL")]
    HostileName {
        /// The name, escaped.
        name: String,
    },
    /// No directory for our files can be found.
    #[error("no home directory: set {variable} to a directory of your own")]
    NoHome {
        /// The variable that would help.
        variable: &'static str,
    },
}

impl Error {
    /// Puts the action and the path to an error of the system; a full disk becomes [`Error::DiskFull`].
    #[must_use]
    pub fn io(action: &'static str, path: &Path, source: io::Error) -> Error {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Error::DiskFull { action, path }
            }
            _ => Error::Io {
                action,
                path,
                source,
            },
        }
    }

    /// Tells whether the file or directory was simply not there.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Error::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }

    /// Tells whether a file was read and found to be another one than it should be.
    #[must_use]
    pub fn is_mismatch(&self) -> bool {
        matches!(self, Error::WrongSize { .. } | Error::WrongHash { .. })
    }

    /// Tells whether the disk is full.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Error::DiskFull { .. })
    }
}

/// The system's message without Rust's ` (os error 2)`.
fn plain(source: &io::Error) -> String {
    let text = source.to_string();
    match text.split_once(" (os error") {
        Some((message, _)) => message.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_the_path_and_a_full_disk_is_its_own_kind() {
        let path = Path::new("/srv/x");
        let missing = Error::io("read", path, io::Error::from_raw_os_error(2));
        assert_eq!(
            missing.to_string(),
            "cannot read /srv/x: No such file or directory"
        );
        assert!(missing.is_not_found() && !missing.is_disk_full());
        for code in [28, 122] {
            assert!(
                Error::io("write", path, io::Error::from_raw_os_error(code)).is_disk_full(),
                "{code}"
            );
        }
    }
}
