//! One directory of a tree, held open.
//!
//! Names are single names: a slash in one, `.` and `..` are refused.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{AtFlags, Dir, Gid, Mode, OFlags, Timespec, Timestamps, Uid, XattrFlags};
use rustix::io::Errno;

use super::metadata::require_file;
use super::{DIRECTORY, Kind, MAX_NAME, Metadata, Time, hostile};
use crate::Error;

/// The ending of a file that is not whole yet.
const UNFINISHED: &str = ".formwork-new";
/// Enough bytes for the names of a few attributes.
const FEW_ATTRIBUTES: usize = 256;
/// More bytes than the names or the value of attributes may take.
const MAX_ATTRIBUTES: usize = 64 * 1024;

/// What a file gets once its content is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// The permission bits.
    pub mode: u32,
    /// The number of the owner.
    pub user: u32,
    /// The number of the group.
    pub group: u32,
    /// The time of the last change, in seconds since 1970.
    pub modified: i64,
}

/// A handle on a directory.
#[derive(Debug)]
pub struct Directory {
    handle: OwnedFd,
    shown: PathBuf,
}

/// By what the order of names is changed; 0 leaves it as the system tells it.
static SEED: AtomicU64 = AtomicU64::new(0);

/// Has this process read directories in an order that depends on the seed alone.
///
/// It is for proving that nothing we make depends on that order.
pub fn shuffle(seed: u64) {
    SEED.store(seed, Ordering::Relaxed);
}

/// Brings names into the order that follows from a seed.
fn shuffled(names: &mut [(OsString, Kind)], seed: u64) {
    if seed == 0 {
        return;
    }
    // Whatever the file system says, the result is the same on every machine.
    names.sort_unstable();
    // The generator xorshift64 by Marsaglia, and the shuffle of Fisher and Yates.
    let mut random = seed;
    for last in (1..names.len()).rev() {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let other = random % (last as u64 + 1);
        names.swap(last, usize::try_from(other).unwrap_or(0));
    }
}

impl Directory {
    pub(super) fn new(handle: OwnedFd, shown: PathBuf) -> Directory {
        Directory { handle, shown }
    }

    fn fail(&self, action: &'static str, name: &OsStr, source: Errno) -> Error {
        Error::io(action, &self.shown.join(name), source.into())
    }

    /// The handle, if this may be a name in it.
    fn at(&self, name: &OsStr) -> Result<BorrowedFd<'_>, Error> {
        let bytes = name.as_bytes();
        let bad = matches!(bytes, b"" | b"." | b"..")
            || bytes.len() > MAX_NAME
            || bytes.iter().any(|byte| matches!(byte, 0 | b'/'));
        match bad {
            true => Err(hostile(&self.shown.join(name))),
            false => Ok(self.handle.as_fd()),
        }
    }

    /// What the directory itself is.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn own_metadata(&self) -> Result<Metadata, Error> {
        rustix::fs::fstat(&self.handle)
            .map(|stat| Metadata::of(&stat))
            .map_err(|source| self.fail("look at", OsStr::new(""), source))
    }

    /// Sets the time of the last change of the directory itself.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn set_own_modified(&self, time: Time) -> Result<(), Error> {
        rustix::fs::futimens(&self.handle, &timestamps(time))
            .map_err(|source| self.fail("set the time of", OsStr::new(""), source))
    }

    /// What a name stands for, not following it.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn metadata(&self, name: &OsStr) -> Result<Option<Metadata>, Error> {
        match rustix::fs::statat(self.at(name)?, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(Metadata::of(&stat))),
            Err(Errno::NOENT) => Ok(None),
            Err(source) => Err(self.fail("look at", name, source)),
        }
    }

    /// The names in it with what they are, sorted by their bytes.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn list(&self) -> Result<Vec<(OsString, Kind)>, Error> {
        let mut names = self.unsorted()?;
        names.sort_unstable();
        Ok(names)
    }

    /// The names in it with what they are, in the order in which the system tells them, which is
    /// another on each file system; [`shuffle`] makes it another on purpose.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn unsorted(&self) -> Result<Vec<(OsString, Kind)>, Error> {
        let fail = |source| self.fail("read", OsStr::new(""), source);
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.handle).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let bytes = entry.file_name().to_bytes();
            if matches!(bytes, b"." | b"..") {
                continue;
            }
            let name = OsString::from_vec(bytes.to_vec());
            let kind = match Kind::of(entry.file_type()) {
                Some(kind) => kind,
                // Some file systems do not tell.
                None => match self.metadata(&name)? {
                    Some(metadata) => metadata.kind,
                    None => continue,
                },
            };
            names.push((name, kind));
        }
        shuffled(&mut names, SEED.load(Ordering::Relaxed));
        Ok(names)
    }

    /// Opens a directory in it; a symbolic link is refused.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn directory(&self, name: &OsStr) -> Result<Directory, Error> {
        let flags = DIRECTORY | OFlags::NOFOLLOW;
        rustix::fs::openat(self.at(name)?, name, flags, Mode::empty())
            .map(|handle| Directory::new(handle, self.shown.join(name)))
            .map_err(|source| self.fail("open", name, source))
    }

    /// Opens a file in it for reading; symbolic links, pipes and devices are refused.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn open_file(&self, name: &OsStr) -> Result<File, Error> {
        let handle = self.open_any(name, "read")?;
        require_file(handle, &self.shown.join(name))
    }

    fn open_any(&self, name: &OsStr, action: &'static str) -> Result<OwnedFd, Error> {
        let flags =
            OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        rustix::fs::openat(self.at(name)?, name, flags, Mode::empty())
            .map_err(|source| self.fail(action, name, source))
    }

    /// Where a symbolic link in it points to.
    ///
    /// # Errors
    /// If it is none.
    pub fn read_link(&self, name: &OsStr) -> Result<PathBuf, Error> {
        rustix::fs::readlinkat(self.at(name)?, name, Vec::new())
            .map(|target| PathBuf::from(OsString::from_vec(target.into_bytes())))
            .map_err(|source| self.fail("read", name, source))
    }

    /// Makes a new, empty file; what is there already is an error.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn create_file(&self, name: &OsStr, mode: u32) -> Result<File, Error> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        // The mode is set by hand, as a mask of the process would cut it.
        let handle = rustix::fs::openat(self.at(name)?, name, flags, Mode::from_raw_mode(0o600))
            .map_err(|source| self.fail("create", name, source))?;
        rustix::fs::fchmod(&handle, Mode::from_raw_mode(mode))
            .map_err(|source| self.fail("set the mode of", name, source))?;
        Ok(File::from(handle))
    }

    /// Gives a file that was made in it its owner, mode and time, in the order that keeps
    /// set-id bits; `name` is for messages.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn seal(&self, file: &File, name: &OsStr, seal: &Seal) -> Result<(), Error> {
        let fail = |source| self.fail("set owner and mode of", name, source);
        let (user, group) = (Uid::from_raw(seal.user), Gid::from_raw(seal.group));
        rustix::fs::fchown(file, Some(user), Some(group)).map_err(fail)?;
        rustix::fs::fchmod(file, Mode::from_raw_mode(seal.mode)).map_err(fail)?;
        let time = timestamps(Time::seconds(seal.modified));
        rustix::fs::futimens(file, &time).map_err(fail)
    }

    /// Makes a new file with all that it has, and says what it then is.
    ///
    /// # Errors
    /// If it is there, or cannot be made.
    pub fn restore_file(
        &self,
        name: &OsStr,
        content: &[u8],
        seal: &Seal,
        attributes: &BTreeMap<String, Vec<u8>>,
    ) -> Result<Metadata, Error> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        // Most files get all that they need from the start; whether it was so is looked at below.
        let is_plain =
            seal.mode <= 0o777 && (seal.user, seal.group) == (0, 0) && attributes.is_empty();
        let mode = if is_plain { seal.mode } else { 0o600 };
        let handle = rustix::fs::openat(self.at(name)?, name, flags, Mode::from_raw_mode(mode))
            .map_err(|source| self.fail("create", name, source))?;
        let mut file = File::from(handle);
        file.write_all(content)
            .map_err(|source| Error::io("write", &self.shown.join(name), source))?;
        let fail = |source| self.fail("set an attribute of", name, source);
        let look = || rustix::fs::fstat(&file).map(|stat| Metadata::of(&stat));
        if is_plain {
            let time = timestamps(Time::seconds(seal.modified));
            rustix::fs::futimens(&file, &time).map_err(fail)?;
            let found = look().map_err(fail)?;
            if (found.mode, found.user, found.group) == (seal.mode, seal.user, seal.group) {
                return Ok(found);
            }
        }
        self.seal(&file, name, seal)?;
        // Attributes come after the owner, a change of which takes capabilities away.
        for (attribute, value) in attributes {
            rustix::fs::fsetxattr(&file, attribute.as_str(), value, XattrFlags::empty())
                .map_err(fail)?;
        }
        look().map_err(fail)
    }

    /// Gives the directory itself its owner, mode, attributes and time.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn seal_own(
        &self,
        seal: &Seal,
        attributes: &BTreeMap<String, Vec<u8>>,
    ) -> Result<(), Error> {
        let fail = |source| self.fail("set owner and mode of", OsStr::new(""), source);
        if (seal.user, seal.group) != (0, 0) {
            let (user, group) = (Uid::from_raw(seal.user), Gid::from_raw(seal.group));
            rustix::fs::fchown(&self.handle, Some(user), Some(group)).map_err(fail)?;
        }
        rustix::fs::fchmod(&self.handle, Mode::from_raw_mode(seal.mode)).map_err(fail)?;
        for (attribute, value) in attributes {
            let flags = XattrFlags::empty();
            rustix::fs::fsetxattr(&self.handle, attribute.as_str(), value, flags).map_err(fail)?;
        }
        self.set_own_modified(Time::seconds(seal.modified))
    }

    /// Puts a file with this content and mode in the place of whatever file or link is there.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, name: &OsStr, content: &[u8], mode: u32) -> Result<(), Error> {
        let mut unfinished = name.as_bytes().to_vec();
        unfinished.truncate(MAX_NAME - UNFINISHED.len());
        unfinished.extend_from_slice(UNFINISHED.as_bytes());
        let unfinished = OsString::from_vec(unfinished);
        self.remove(&unfinished)?;
        self.create_file(&unfinished, mode)?
            .write_all(content)
            .map_err(|source| Error::io("write", &self.shown.join(name), source))?;
        self.rename(&unfinished, self, name)
    }

    /// Opens a file to add to its end; it is made where there is none.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn open_append(&self, name: &OsStr, mode: u32) -> Result<File, Error> {
        let flags = OFlags::WRONLY
            | OFlags::APPEND
            | OFlags::NOFOLLOW
            | OFlags::NONBLOCK
            | OFlags::NOCTTY
            | OFlags::CLOEXEC;
        match rustix::fs::openat(self.at(name)?, name, flags, Mode::empty()) {
            Ok(handle) => require_file(handle, &self.shown.join(name)),
            Err(Errno::NOENT) => self.create_file(name, mode),
            Err(source) => Err(self.fail("write", name, source)),
        }
    }

    /// Makes a directory.
    ///
    /// # Errors
    /// If it cannot be made, or something is there.
    pub fn create_directory(&self, name: &OsStr, mode: u32) -> Result<(), Error> {
        rustix::fs::mkdirat(self.at(name)?, name, Mode::from_raw_mode(0o700))
            .map_err(|source| self.fail("create", name, source))?;
        self.set_mode(name, mode)
    }

    /// Makes a directory that only its owner can look into, until [`Directory::seal_own`].
    ///
    /// # Errors
    /// If it cannot be made, or something is there.
    pub fn create_unsealed(&self, name: &OsStr) -> Result<(), Error> {
        rustix::fs::mkdirat(self.at(name)?, name, Mode::from_raw_mode(0o700))
            .map_err(|source| self.fail("create", name, source))
    }

    /// Makes a symbolic link.
    ///
    /// # Errors
    /// If it cannot be made, or something is there.
    pub fn symbolic_link(&self, target: &OsStr, name: &OsStr) -> Result<(), Error> {
        rustix::fs::symlinkat(target, self.at(name)?, name)
            .map_err(|source| self.fail("create", name, source))
    }

    /// Makes a named pipe.
    ///
    /// # Errors
    /// If it cannot be made, or something is there.
    pub fn create_fifo(&self, name: &OsStr, mode: u32) -> Result<(), Error> {
        let kind = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(self.at(name)?, name, kind, Mode::from_raw_mode(0o600), 0)
            .map_err(|source| self.fail("create", name, source))?;
        self.set_mode(name, mode)
    }

    /// Opens a named pipe in it for reading and writing, so that it never ends; symbolic links
    /// are refused. One that does not wait fails where it would have to.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn open_fifo(&self, name: &OsStr, waits: bool) -> Result<File, Error> {
        let flags = match waits {
            true => OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC,
            false => OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK,
        };
        rustix::fs::openat(self.at(name)?, name, flags, Mode::empty())
            .map(File::from)
            .map_err(|source| self.fail("open", name, source))
    }

    /// Gives a file in it another name in another directory; nothing is followed.
    ///
    /// # Errors
    /// If it cannot be made, or something is there.
    pub fn hard_link(&self, name: &OsStr, to: &Directory, new: &OsStr) -> Result<(), Error> {
        rustix::fs::linkat(self.at(name)?, name, to.at(new)?, new, AtFlags::empty())
            .map_err(|source| to.fail("create", new, source))
    }

    /// Moves a name to another directory; a file there gives way.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn rename(&self, name: &OsStr, to: &Directory, new: &OsStr) -> Result<(), Error> {
        rustix::fs::renameat(self.at(name)?, name, to.at(new)?, new)
            .map_err(|source| to.fail("create", new, source))
    }

    /// Removes a file, link or empty directory; tells whether there was one.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn remove(&self, name: &OsStr) -> Result<bool, Error> {
        let mut result = rustix::fs::unlinkat(self.at(name)?, name, AtFlags::empty());
        if matches!(result, Err(Errno::ISDIR | Errno::PERM)) {
            result = rustix::fs::unlinkat(self.at(name)?, name, AtFlags::REMOVEDIR);
        }
        match result {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(source) => Err(self.fail("remove", name, source)),
        }
    }

    /// Removes whatever is there, with all that is in it; tells whether there was anything.
    ///
    /// # Errors
    /// If something cannot be removed.
    pub fn remove_all(&self, name: &OsStr) -> Result<bool, Error> {
        match self.metadata(name)?.map(|metadata| metadata.kind) {
            None => return Ok(false),
            Some(Kind::Directory) => self.directory(name)?.clear()?,
            Some(_) => {}
        }
        self.remove(name)
    }

    /// Removes all that is in it. Depth is no matter of the stack.
    fn clear(self) -> Result<(), Error> {
        let names = self.list()?;
        let mut open = vec![(self, names)];
        while let Some((directory, names)) = open.last_mut() {
            match names.pop() {
                Some((name, Kind::Directory)) => {
                    let inner = directory.directory(&name)?;
                    let below = inner.list()?;
                    match below.is_empty() {
                        true => directory.remove(&name).map(|_| ())?,
                        false => {
                            names.push((name, Kind::Directory));
                            open.push((inner, below));
                        }
                    }
                }
                Some((name, _)) => directory.remove(&name).map(|_| ())?,
                None => drop(open.pop()),
            }
        }
        Ok(())
    }

    /// Sets the permission bits.
    ///
    /// # Errors
    /// If it is a symbolic link, or the system refuses.
    pub fn set_mode(&self, name: &OsStr, mode: u32) -> Result<(), Error> {
        let fail = |source| self.fail("set the mode of", name, source);
        match self.metadata(name)?.map(|metadata| metadata.kind) {
            None => return Err(fail(Errno::NOENT)),
            Some(Kind::SymbolicLink) => return Err(fail(Errno::LOOP)),
            Some(_) => {}
        }
        let mode = Mode::from_raw_mode(mode);
        rustix::fs::chmodat(self.at(name)?, name, mode, AtFlags::empty()).map_err(fail)
    }

    /// Sets owner and group; of a symbolic link its own.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn set_owner(&self, name: &OsStr, user: u32, group: u32) -> Result<(), Error> {
        let (user, group) = (Uid::from_raw(user), Gid::from_raw(group));
        let flags = AtFlags::SYMLINK_NOFOLLOW;
        rustix::fs::chownat(self.at(name)?, name, Some(user), Some(group), flags)
            .map_err(|source| self.fail("set the owner of", name, source))
    }

    /// Sets the time of the last change and access; of a symbolic link its own.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn set_modified(&self, name: &OsStr, time: Time) -> Result<(), Error> {
        let flags = AtFlags::SYMLINK_NOFOLLOW;
        rustix::fs::utimensat(self.at(name)?, name, &timestamps(time), flags)
            .map_err(|source| self.fail("set the time of", name, source))
    }

    /// The extended attributes of a file or directory; other things have none here.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn attributes(&self, name: &OsStr) -> Result<BTreeMap<String, Vec<u8>>, Error> {
        match self.metadata(name)?.map(|metadata| metadata.kind) {
            Some(kind) => self.attributes_of(name, kind),
            None => Ok(BTreeMap::new()),
        }
    }

    /// The same of something of which the kind is known.
    pub(super) fn attributes_of(
        &self,
        name: &OsStr,
        kind: Kind,
    ) -> Result<BTreeMap<String, Vec<u8>>, Error> {
        if !matches!(kind, Kind::File | Kind::Directory) {
            return Ok(BTreeMap::new());
        }
        let handle = self.open_any(name, "read the attributes of")?;
        let fail = |source| self.fail("read the attributes of", name, source);
        // Nearly nothing has any, which is told without a large buffer.
        let mut few = [0_u8; FEW_ATTRIBUTES];
        let names = match rustix::fs::flistxattr(&handle, few.as_mut_slice()) {
            Ok(0) | Err(Errno::NOTSUP) => return Ok(BTreeMap::new()),
            Ok(length) => few[..length].to_vec(),
            Err(Errno::RANGE) => {
                let mut many = vec![0_u8; MAX_ATTRIBUTES];
                let length = rustix::fs::flistxattr(&handle, many.as_mut_slice()).map_err(fail)?;
                many.truncate(length);
                many
            }
            Err(source) => return Err(fail(source)),
        };
        let mut buffer = vec![0_u8; MAX_ATTRIBUTES];
        let mut attributes = BTreeMap::new();
        for attribute in names.split(|byte| *byte == 0).filter(|one| !one.is_empty()) {
            let key = String::from_utf8_lossy(attribute).into_owned();
            let length = rustix::fs::fgetxattr(&handle, key.as_str(), buffer.as_mut_slice())
                .map_err(fail)?;
            attributes.insert(key, buffer[..length].to_vec());
        }
        Ok(attributes)
    }

    /// Sets an extended attribute of a file or directory.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn set_attribute(&self, name: &OsStr, attribute: &str, value: &[u8]) -> Result<(), Error> {
        let handle = self.open_any(name, "set an attribute of")?;
        rustix::fs::fsetxattr(&handle, attribute, value, XattrFlags::empty())
            .map_err(|source| self.fail("set an attribute of", name, source))
    }

    /// How the directory is shown in messages.
    #[must_use]
    pub fn shown(&self) -> &Path {
        &self.shown
    }
}

#[allow(clippy::unnecessary_cast, clippy::useless_conversion)]
fn timestamps(time: Time) -> Timestamps {
    let moment = Timespec {
        tv_sec: time.seconds,
        tv_nsec: time.nanoseconds.into(),
    };
    Timestamps {
        last_access: moment,
        last_modification: moment,
    }
}
