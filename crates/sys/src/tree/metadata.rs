//! What a file is.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{FileType, Stat};
use rustix::io::Errno;

use crate::Error;

/// What a name in a tree stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    SymbolicLink,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A character device.
    CharacterDevice,
    /// A block device.
    BlockDevice,
}

impl Kind {
    pub(super) fn of(file_type: FileType) -> Option<Kind> {
        Some(match file_type {
            FileType::RegularFile => Kind::File,
            FileType::Directory => Kind::Directory,
            FileType::Symlink => Kind::SymbolicLink,
            FileType::Fifo => Kind::Fifo,
            FileType::Socket => Kind::Socket,
            FileType::CharacterDevice => Kind::CharacterDevice,
            FileType::BlockDevice => Kind::BlockDevice,
            FileType::Unknown => return None,
        })
    }
}

/// A point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time {
    /// Seconds since 1970.
    pub seconds: i64,
    /// Nanoseconds after that.
    pub nanoseconds: u32,
}

impl Time {
    /// A full second.
    #[must_use]
    pub fn seconds(seconds: i64) -> Time {
        Time {
            seconds,
            nanoseconds: 0,
        }
    }
}

/// What the system says of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// What it is.
    pub kind: Kind,
    /// The permission bits, with set-id and sticky.
    pub mode: u32,
    /// The number of the owner.
    pub user: u32,
    /// The number of the group.
    pub group: u32,
    /// The size in bytes.
    pub size: u64,
    /// The time of the last change of its content.
    pub modified: Time,
    /// The time of the last change of anything about it, which nobody can set.
    pub changed: Time,
    /// How many names it has.
    pub links: u64,
    /// The number that names of one file have in common.
    pub inode: u64,
    /// Major and minor number of a device; 0 else.
    pub device: (u32, u32),
}

impl Metadata {
    /// What an open file is; `shown` is for messages.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn of_file(file: &File, shown: &Path) -> Result<Metadata, Error> {
        rustix::fs::fstat(file)
            .map(|stat| Metadata::of(&stat))
            .map_err(|source| Error::io("look at", shown, source.into()))
    }

    // The fields have other types on other architectures.
    #[allow(clippy::unnecessary_cast, clippy::useless_conversion)]
    pub(super) fn of(stat: &Stat) -> Metadata {
        let file_type = FileType::from_raw_mode(stat.st_mode);
        let number = stat.st_rdev as u64;
        Metadata {
            kind: Kind::of(file_type).unwrap_or(Kind::File),
            mode: stat.st_mode & 0o7777,
            user: stat.st_uid,
            group: stat.st_gid,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            modified: Time {
                seconds: stat.st_mtime as i64,
                nanoseconds: stat.st_mtime_nsec as u32,
            },
            changed: Time {
                seconds: stat.st_ctime as i64,
                nanoseconds: stat.st_ctime_nsec as u32,
            },
            links: stat.st_nlink as u64,
            inode: stat.st_ino as u64,
            device: (rustix::fs::major(number), rustix::fs::minor(number)),
        }
    }
}

/// Passes a handle on as a file, if it is one.
pub(super) fn require_file(handle: OwnedFd, shown: &Path) -> Result<File, Error> {
    let fail = |source: Errno| Error::io("read", shown, source.into());
    let stat = rustix::fs::fstat(&handle).map_err(fail)?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Ok(File::from(handle)),
        FileType::Directory => Err(fail(Errno::ISDIR)),
        _ => Err(fail(Errno::INVAL)),
    }
}
