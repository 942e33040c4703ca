//! Several files that are made last together: what waits for the disk waits once.

use std::fs::{self, File};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

use rustix::fs::Advice;

use super::{parent, put, sync_directory};
use crate::Error;

/// Writes a file on which nobody relies before [`put_all`] has given it its place.
///
/// # Errors
/// If it cannot be written.
pub fn write_first(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    fs::write(path, bytes).map_err(|source| Error::io("write", path, source))
}

/// Makes finished files last, and then moves each from the first place to the second, in this
/// order; both are on the same disk. What was there before is replaced, a directory with all that
/// it holds.
///
/// # Errors
/// If one cannot be synced, then nothing is moved; or if one cannot be moved.
pub fn put_all(moves: &[(PathBuf, PathBuf)]) -> Result<(), Error> {
    thread::scope(|scope| {
        // The memory of a large file that is replaced is given back while the disk works,
        // instead of at its end.
        scope.spawn(|| moves.iter().for_each(|(_, to)| forget(to)));
        let synced: Vec<_> = moves
            .iter()
            .map(|(from, _)| scope.spawn(move || sync(from)))
            .collect();
        let mut synced = synced.into_iter();
        synced.try_for_each(|one| one.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })?;
    let mut directories: Vec<&Path> = Vec::new();
    for (from, to) in moves {
        let is_directory = |path: &Path| path.symlink_metadata().is_ok_and(|one| one.is_dir());
        if is_directory(to) {
            put(from, to)?;
            continue;
        }
        fs::rename(from, to).map_err(|source| Error::io("replace", to, source))?;
        directories.push(parent(to));
    }
    directories.sort_unstable();
    directories.dedup();
    directories.into_iter().try_for_each(sync_directory)
}

/// Makes the content of a file last; that of a directory is made last by who fills it.
fn sync(path: &Path) -> Result<(), Error> {
    let fail = |source| Error::io("sync", path, source);
    let file = File::open(path).map_err(fail)?;
    match file.metadata().map_err(fail)?.is_file() {
        true => file.sync_all().map_err(fail),
        false => Ok(()),
    }
}

/// Lets the system give back the memory that holds a file, if there is one.
fn forget(path: &Path) {
    let is_file = path.symlink_metadata().is_ok_and(|one| one.is_file());
    if let Some(file) = is_file.then(|| File::open(path).ok()).flatten() {
        // It is given back at the end of the file at the latest.
        let _kept = rustix::fs::fadvise(&file, 0, None, Advice::DontNeed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_moved_and_what_was_there_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let moves = [
            (at("new/a"), at("a")),
            (at("new/b"), at("b")),
            (at("new/c"), at("c")),
        ];
        fs::create_dir_all(at("new/c")).unwrap();
        fs::create_dir_all(at("c/old")).unwrap();
        fs::write(at("b"), "old").unwrap();
        write_first(&at("new/a"), b"first").unwrap();
        write_first(&at("new/b"), b"second").unwrap();
        put_all(&moves).unwrap();
        assert_eq!(fs::read(at("a")).unwrap(), b"first");
        assert_eq!(fs::read(at("b")).unwrap(), b"second");
        assert!(!at("c/old").exists() && at("c").is_dir());
        assert_eq!(fs::read_dir(at("new")).unwrap().count(), 0);
    }

    #[test]
    fn nothing_is_moved_if_one_is_missing() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        write_first(&at("a.new"), b"new").unwrap();
        fs::write(at("a"), "old").unwrap();
        let moves = [(at("a.new"), at("a")), (at("b.new"), at("b"))];
        assert!(put_all(&moves).unwrap_err().is_not_found());
        assert_eq!(fs::read(at("a")).unwrap(), b"old");
    }
}
