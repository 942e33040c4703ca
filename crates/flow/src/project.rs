//! Finds and loads a project: `formwork.toml`, its images, and its lock.
//!
//! A project is looked for in the current directory and in those above it, as git does; a
//! directory that the person names must be one itself.

use std::path::{Path, PathBuf};

use formwork_model::lock::{self, Lock, LockError};
use formwork_model::project::{ComposeError, OWN_PACKAGES, Project, name_with_options};
use formwork_model::source::{FileError, Source};
use formwork_sys::fs;
use thiserror::Error;

use crate::Error;
use crate::context::{Context, Settings};

/// The file that makes a directory a project.
pub const FILE_NAME: &str = "formwork.toml";
/// The directory of the images' files.
pub const IMAGES: &str = "images";
/// No file that a person writes is larger.
const MAX_TEXT_BYTES: u64 = 4 << 20;
/// No lock is larger.
const MAX_LOCK_BYTES: u64 = 256 << 20;

/// What is wrong with a project.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProjectError {
    /// A fault in one of its files, with its place.
    #[error(transparent)]
    File(Box<FileError>),
    /// There is no project.
    #[error("there is no project in {} or above it", .0.display())]
    NotFound(PathBuf),
    /// The directory that was named has no `formwork.toml`.
    #[error("{} is not a project: it has no {FILE_NAME}", .0.display())]
    NotOne(PathBuf),
    /// A file that would be written is there already.
    #[error("{} is there already", .0.display())]
    Exists(PathBuf),
    /// The project has no image.
    #[error("the project has no image")]
    NoImage,
    /// The project has several images, and none was named.
    #[error("the project has several images")]
    WhichImage(Vec<String>),
    /// Something was named that the project, or an image of it, does not have.
    #[error("{place} has no {what} '{name}'")]
    NotInImage {
        /// What it should be: an image, a suite, an architecture.
        what: &'static str,
        /// The name.
        name: String,
        /// Where it was sought.
        place: String,
        /// Names that would do.
        known: Vec<String>,
    },
    /// A setting of an image does not fit the files of the project.
    #[error("{at}: {message}")]
    Setting {
        /// File and line.
        at: String,
        /// What is wrong.
        message: String,
        /// What to try.
        hint: String,
    },
    /// What is asked for cannot be composed.
    #[error(transparent)]
    Compose(Box<ComposeError>),
    /// The lock has no closure of a combination of options, because nobody wrote it down.
    #[error("{} is no combination that the lock has", name_with_options(.image, .options))]
    NotCombined {
        /// The image.
        image: String,
        /// The options.
        options: Vec<String>,
    },
    /// There is no lock.
    #[error("the project has no {}", lock::FILE_NAME)]
    NoLock,
    /// A name that was given to `update` is neither a package nor a source of the lock.
    #[error("the lock has no package or source '{name}'")]
    NotLocked {
        /// The name.
        name: String,
        /// Names that are much like it.
        nearest: Vec<String>,
    },
    /// The lock names a repository that the project no longer has.
    #[error("the lock names the repository '{0}', which the project does not have")]
    UnknownRepository(String),
    /// A repository changed between two looks at it.
    #[error("the repository '{0}' changed while it was read")]
    Changed(String),
    /// An index gives no SHA-256 for a package.
    #[error("the index gives no SHA-256 for the package '{0}'")]
    NoDigest(String),
    /// What the archive gave does not make a lock.
    #[error(transparent)]
    Lock(#[from] LockError),
}

impl ProjectError {
    /// What to try.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            ProjectError::File(error) => return error.hint.clone(),
            ProjectError::NotFound(_) => "begin one: formwork init; or name it: --project DIR",
            ProjectError::NotOne(_) => "begin one there: formwork init DIR",
            ProjectError::Exists(_) => "nothing was written; name another directory",
            ProjectError::NoImage => "describe one in images/NAME.toml",
            ProjectError::Setting { hint, .. } => return Some(hint.clone()),
            ProjectError::Compose(error) => return error.hint(),
            ProjectError::NotCombined { image, options } => {
                return Some(format!(
                    "write it into {IMAGES}/{image}.toml: combinations = [{options:?}]; then formwork lock"
                ));
            }
            ProjectError::NoLock | ProjectError::UnknownRepository(_) => "write it: formwork lock",
            ProjectError::NotLocked { nearest, .. } if !nearest.is_empty() => {
                return Some(format!("did you mean: {}?", nearest.join(", ")));
            }
            ProjectError::NotLocked { .. } => "formwork update without a name updates all",
            ProjectError::WhichImage(names) => {
                return Some(format!("name one of them: {}", names.join(", ")));
            }
            ProjectError::NotInImage { known, .. } if !known.is_empty() => {
                return Some(format!("there is: {}", known.join(", ")));
            }
            ProjectError::NotInImage { .. } => "describe one in images/NAME.toml",
            ProjectError::Changed(_) => "try again",
            ProjectError::NoDigest(_) => "its repository must be made with SHA-256",
            ProjectError::Lock(_) => "the archive contradicts itself; try again later",
        };
        Some(hint.to_owned())
    }

    /// Whether it is the person's files or words that are wrong, not the world outside.
    #[must_use]
    pub fn is_input(&self) -> bool {
        !matches!(
            self,
            ProjectError::Lock(_) | ProjectError::Changed(_) | ProjectError::NoDigest(_)
        )
    }
}

impl From<ComposeError> for ProjectError {
    fn from(error: ComposeError) -> Self {
        match error {
            ComposeError::File(error) => ProjectError::File(error),
            other => ProjectError::Compose(Box::new(other)),
        }
    }
}

impl From<FileError> for ProjectError {
    fn from(error: FileError) -> Self {
        ProjectError::File(Box::new(error))
    }
}

/// A project with the directory it lives in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedProject {
    /// The directory of `formwork.toml`.
    pub directory: PathBuf,
    /// What the files mean.
    pub project: Project,
}

/// The lock of a project as it stands in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedLock {
    /// The text of the file.
    pub text: String,
    /// What it means.
    pub lock: Lock,
}

/// The project that the settings mean, if there is one; it must be there if it was named.
pub fn find(settings: &Settings) -> Result<Option<LoadedProject>, Error> {
    let directory = &settings.directory;
    if settings.project_named {
        if !directory.join(FILE_NAME).is_file() {
            return Err(ProjectError::NotOne(directory.clone()).into());
        }
        return load(directory).map(Some);
    }
    around(directory).map(load).transpose()
}

/// The directory of the project that a directory lies in, if it does.
fn around(directory: &Path) -> Option<&Path> {
    directory
        .ancestors()
        .find(|above| above.join(FILE_NAME).is_file())
}

/// Whether a directory lies in a project.
#[must_use]
pub fn is_there(directory: &Path) -> bool {
    around(directory).is_some()
}

/// The project that the settings mean.
pub fn open(context: &Context) -> Result<LoadedProject, Error> {
    let found = find(&context.settings)?;
    Ok(found.ok_or_else(|| ProjectError::NotFound(context.settings.directory.clone()))?)
}

/// Loads the project of a directory.
pub fn load(directory: &Path) -> Result<LoadedProject, Error> {
    let text = read_text(&directory.join(FILE_NAME), FILE_NAME)?;
    let mut images = Vec::new();
    for name in names_in(&directory.join(IMAGES), ".toml")? {
        let file = format!("{IMAGES}/{name}.toml");
        let text = read_text(&directory.join(&file), &file)?;
        images.push((name, file, text));
    }
    let sources: Vec<(&str, Source<'_>)> = images
        .iter()
        .map(|(name, file, text)| (name.as_str(), Source::new(file, text)))
        .collect();
    let mut project =
        Project::read(Source::new(FILE_NAME, &text), &sources).map_err(ProjectError::from)?;
    if !names_in(&directory.join(OWN_PACKAGES), ".deb")?.is_empty() {
        project.add_own_packages().map_err(ProjectError::from)?;
    }
    Ok(LoadedProject {
        directory: directory.to_owned(),
        project,
    })
}

impl LoadedProject {
    /// Where the lock is, or would be.
    #[must_use]
    pub fn lock_path(&self) -> PathBuf {
        self.directory.join(lock::FILE_NAME)
    }

    /// The lock, if there is one.
    pub fn lock(&self) -> Result<Option<LoadedLock>, Error> {
        let path = self.lock_path();
        let bytes = match fs::read_limited(&path, MAX_LOCK_BYTES) {
            Ok(bytes) => bytes,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let text = text(bytes, lock::FILE_NAME)?;
        let lock = Lock::read(Source::new(lock::FILE_NAME, &text)).map_err(ProjectError::from)?;
        Ok(Some(LoadedLock { text, lock }))
    }

    /// The lock, which must be there.
    pub fn required_lock(&self) -> Result<LoadedLock, Error> {
        Ok(self.lock()?.ok_or(ProjectError::NoLock)?)
    }
}

/// The names of the files of a directory with this ending, without it, sorted; hidden files and a
/// directory that is not there have none.
pub(crate) fn names_in(directory: &Path, ending: &str) -> Result<Vec<String>, Error> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(formwork_sys::Error::io("read", directory, error).into()),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| formwork_sys::Error::io("read", directory, error))?;
        let file = entry.file_name();
        // A name that is not UTF-8 is shown as well as can be, and then refused.
        let name = file.to_string_lossy();
        if let Some(stem) = name
            .strip_suffix(ending)
            .filter(|stem| !stem.starts_with('.'))
        {
            names.push(stem.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// The text of a file that a person writes.
pub(crate) fn read_text(path: &Path, name: &str) -> Result<String, Error> {
    text(fs::read_limited(path, MAX_TEXT_BYTES)?, name)
}

/// Bytes that must be UTF-8.
pub(crate) fn text(bytes: Vec<u8>, name: &str) -> Result<String, Error> {
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let readable = String::from_utf8_lossy(error.as_bytes());
        let source = Source::new(name, &readable);
        let fault = source.error(&(good..good), "the file is not UTF-8 from here on");
        ProjectError::from(fault.hint("save it as UTF-8")).into()
    })
}

#[cfg(test)]
#[path = "project_tests.rs"]
mod tests;
