//! All stages of a cache read again, and compared with what was kept.

use std::path::{Path, PathBuf};

use formwork_model::stage::{INDEX, INITRD, StageIndex};
use formwork_sys::fs;

use super::{MAX_INDEX, restore};
use crate::initramfs;

/// A stage, or an initial RAM disk on one, that is not what was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// What is damaged.
    pub file: PathBuf,
    /// What is wrong with it.
    pub reason: String,
    /// What else is of no use without it.
    pub with: Option<PathBuf>,
}

/// Reads all stages of a directory; gives how many things were looked at, and those that are
/// damaged, in order of their paths. What another program has kept is passed over, and so is
/// what belongs to no stage: nobody takes it.
///
/// # Errors
/// If the directory cannot be read.
pub fn verify(directory: &Path) -> Result<(u64, Vec<Damaged>), formwork_sys::Error> {
    let mut checked = 0;
    let mut damaged = Vec::new();
    for path in files(directory)? {
        let found = match path.extension().and_then(|ending| ending.to_str()) {
            Some(INDEX) => stage(&path, directory),
            Some(INITRD) => initramfs::check_kept(&path).map_err(|reason| Damaged {
                file: path.clone(),
                reason,
                with: None,
            }),
            _ => continue,
        };
        checked += 1;
        damaged.extend(found.err());
    }
    Ok((checked, damaged))
}

/// The files of a directory, sorted; none where it is not there.
fn files(directory: &Path) -> Result<Vec<PathBuf>, formwork_sys::Error> {
    let fail = |source| formwork_sys::Error::io("read the directory", directory, source);
    let entries = match std::fs::read_dir(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(fail)?,
    };
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = paths.collect::<Result<Vec<PathBuf>, _>>().map_err(fail)?;
    paths.sort();
    Ok(paths)
}

/// Compares one stage with its index.
fn stage(path: &Path, directory: &Path) -> Result<(), Damaged> {
    let wrong = |reason: &str| Damaged {
        file: path.to_owned(),
        reason: reason.to_owned(),
        with: None,
    };
    let text = match fs::read_limited(path, MAX_INDEX) {
        Ok(text) => text,
        // Somebody has removed it just now.
        Err(error) if error.is_not_found() => return Ok(()),
        Err(error) => return Err(wrong(&error.to_string())),
    };
    let Some(index) = StageIndex::read(&text) else {
        return match StageIndex::is_whole(&text) {
            true => Ok(()),
            false => Err(wrong("the index of the stage is not whole")),
        };
    };
    if path
        .file_stem()
        .is_none_or(|stem| stem != index.key.as_str())
    {
        return Err(wrong("the index is that of another stage"));
    }
    restore::check(&index, directory).map_err(|reason| Damaged {
        file: directory.join(&index.archive),
        reason: format!("the stage of {} is damaged: {reason}", index.image),
        with: Some(path.to_owned()),
    })
}
