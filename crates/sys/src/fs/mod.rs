//! Files: replaced whole or not at all, locked, mapped.

mod batch;
mod fresh;
mod lock;
mod mapped;
mod scratch;
mod sparse;

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::SystemTime;

pub use batch::{put_all, write_first};
pub use fresh::Fresh;
pub use lock::{Lock, Mode, Waiting};
pub use mapped::{MappedFile, mapped_memory};
pub use scratch::Scratch;
pub use sparse::Sparse;

use crate::Error;

/// Writes a file so that it has either its old or its new content, whatever happens.
///
/// A symbolic link is followed, and the mode of a file that exists is kept.
///
/// # Errors
/// If a step fails; the old file is then untouched.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let fail = |action| move |source| Error::io(action, path, source);
    let directory = parent(path);
    let mut temporary = tempfile::Builder::new()
        .prefix(".formwork-")
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(directory)
        .map_err(fail("write a temporary file beside"))?;
    temporary.write_all(bytes).map_err(fail("write"))?;
    if let Ok(old) = fs::metadata(path) {
        temporary
            .as_file()
            .set_permissions(old.permissions())
            .map_err(fail("set the mode of"))?;
    }
    temporary.as_file().sync_all().map_err(fail("sync"))?;
    temporary
        .persist(path)
        .map_err(|error| Error::io("replace", path, error.error))?;
    sync_directory(directory)
}

/// The directory that holds `path`; the current one for a bare name.
fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => directory,
        _ => Path::new("."),
    }
}

/// Makes a rename in `directory` last.
fn sync_directory(directory: &Path) -> Result<(), Error> {
    let synced = File::open(directory).and_then(|handle| handle.sync_all());
    match synced {
        // Some file systems cannot sync directories; the rename itself has been done.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        other => other.map_err(|source| Error::io("sync", directory, source)),
    }
}

/// Makes a directory and those above it, if they are missing.
///
/// # Errors
/// If that is not possible.
pub fn create_directory(path: &Path) -> Result<(), Error> {
    fs::create_dir_all(path).map_err(|source| Error::io("create the directory", path, source))
}

/// Reads a whole file that must not be longer than `limit`.
///
/// # Errors
/// If it cannot be read or is longer.
pub fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let fail = |source| Error::io("read", path, source);
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(fail)?;
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(fail)?;
    if bytes.len() as u64 > limit {
        let source = io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("longer than {limit} bytes"),
        );
        return Err(fail(source));
    }
    Ok(bytes)
}

/// Removes a file; tells whether it was there.
///
/// # Errors
/// If it is there and cannot be removed.
pub fn remove(path: &Path) -> Result<bool, Error> {
    absent_is_false(fs::remove_file(path), path)
}

/// Removes a directory with all it holds; tells whether it was there.
///
/// # Errors
/// If it is there and cannot be removed whole.
pub fn remove_directory(path: &Path) -> Result<bool, Error> {
    absent_is_false(fs::remove_dir_all(path), path)
}

fn absent_is_false(result: io::Result<()>, path: &Path) -> Result<bool, Error> {
    match result {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(Error::io("remove", path, source)),
    }
}

/// Moves a finished file or directory to its place on the same disk; what was there before is
/// replaced, a directory with all that it holds.
///
/// # Errors
/// If it cannot be moved; what was there before is then still there.
pub fn put(from: &Path, to: &Path) -> Result<(), Error> {
    let fail = |source| Error::io("replace", to, source);
    let is_directory = fs::symlink_metadata(to).is_ok_and(|metadata| metadata.is_dir());
    if !is_directory {
        fs::rename(from, to).map_err(fail)?;
        return sync_directory(parent(to));
    }
    let swapped = rustix::fs::renameat_with(
        rustix::fs::CWD,
        from,
        rustix::fs::CWD,
        to,
        rustix::fs::RenameFlags::EXCHANGE,
    );
    match swapped {
        Ok(()) => {
            remove_directory(from)?;
        }
        // Not every file system can swap two names, such as NFS.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
            remove_directory(to)?;
            fs::rename(from, to).map_err(fail)?;
        }
        Err(error) => return Err(fail(error.into())),
    }
    sync_directory(parent(to))
}

/// Sets when a file was last used (its modification time).
///
/// # Errors
/// If the file is missing or belongs to somebody else.
pub fn set_modified(path: &Path, time: SystemTime) -> Result<(), Error> {
    let set = OpenOptions::new()
        .read(true)
        .open(path)
        .and_then(|file| file.set_modified(time));
    set.map_err(|source| Error::io("set the time of", path, source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_keeps_its_mode() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.toml");
        replace(&path, b"one").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o640
        );
        assert_eq!(
            fs::read_dir(directory.path()).unwrap().count(),
            1,
            "no temporary file is left"
        );
    }

    #[test]
    fn a_link_is_followed() {
        let directory = tempfile::tempdir().unwrap();
        let (real, link) = (directory.path().join("real"), directory.path().join("link"));
        replace(&real, b"one").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        replace(&link, b"two").unwrap();
        assert_eq!(fs::read(&real).unwrap(), b"two");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[test]
    fn errors_name_the_path() {
        let missing = Path::new("/nonexistent/dir/file");
        for error in [
            replace(missing, b"").unwrap_err(),
            read_limited(missing, 1).unwrap_err(),
        ] {
            assert!(
                error.to_string().contains("/nonexistent/dir/file"),
                "{error}"
            );
            assert!(error.is_not_found());
        }
        assert!(!remove(missing).unwrap());
        assert!(!remove_directory(missing).unwrap());
    }

    #[test]
    fn a_full_disk_is_recognised_and_the_old_file_stays() {
        // /dev/full answers every write with ENOSPC; a file there cannot be renamed, so the
        // write itself is tried.
        let error = OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .and_then(|mut file| file.write_all(b"x"));
        let error = Error::io("write", Path::new("/dev/full"), error.unwrap_err());
        assert!(error.is_disk_full(), "{error}");
    }

    #[test]
    fn files_and_directories_take_the_place_of_old_ones() {
        let directory = tempfile::tempdir().unwrap();
        let (new, place) = (directory.path().join("new"), directory.path().join("place"));
        for round in ["one", "two"] {
            create_directory(&new).unwrap();
            fs::write(new.join(round), round).unwrap();
            put(&new, &place).unwrap();
        }
        let names: Vec<_> = fs::read_dir(&place).unwrap().flatten().collect();
        assert_eq!(names.len(), 1, "nothing of the old directory is left");
        fs::write(&new, "three").unwrap();
        put(&new, &directory.path().join("file")).unwrap();
        fs::write(&new, "four").unwrap();
        put(&new, &directory.path().join("file")).unwrap();
        assert_eq!(fs::read(directory.path().join("file")).unwrap(), b"four");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
        assert!(put(&new, &place).unwrap_err().is_not_found());
        assert!(place.join("two").exists(), "what was there stays");
    }

    #[test]
    fn a_file_over_the_limit_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        replace(&path, b"12345").unwrap();
        assert_eq!(read_limited(&path, 5).unwrap(), b"12345");
        assert!(read_limited(&path, 4).is_err());
    }
}
