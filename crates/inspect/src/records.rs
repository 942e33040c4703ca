//! The records of a build, read as what they are: texts that anybody may have written.

use formwork_deb::sha256::Sha256;
use formwork_model::documents::{BuildRecord, BuiltPackages, FORMAT, ImageRecord};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::files::{Files, Tree};

/// Why a record cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RecordError {
    /// It is of a format that this version does not know.
    #[error("{file} is of format {found}; this version of Formwork reads format {FORMAT}")]
    OtherFormat {
        /// Its name.
        file: String,
        /// The format it says it has.
        found: u64,
    },
    /// It is no record of this kind.
    #[error("{file} cannot be read as a record: {reason}")]
    Unreadable {
        /// Its name.
        file: String,
        /// What is wrong, with its line.
        reason: String,
    },
}

/// A record with the name of its file and the digest of its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<T> {
    /// The name of its file.
    pub file: String,
    /// What it says.
    pub says: T,
    /// The SHA-256 of its text.
    pub sha256: Sha256,
    /// The length of its text.
    pub size: u64,
}

/// All records of one image.
#[derive(Clone, Debug)]
pub struct Records {
    /// The build record.
    pub build: Record<BuildRecord>,
    /// The packages.
    pub packages: Record<BuiltPackages>,
    /// The files of the tree.
    pub tree: Record<Files>,
    /// Disk and file systems, if any were made.
    pub image: Option<Record<ImageRecord>>,
}

/// Only the number that says how to read the rest.
#[derive(Deserialize)]
struct Head {
    format: u64,
}

/// Reads the record of a build.
///
/// # Errors
/// If it is none, or of another format.
pub fn build(file: &str, text: &[u8]) -> Result<Record<BuildRecord>, RecordError> {
    read(file, text, |says: &BuildRecord| says.format)
}

/// Reads the list of packages.
///
/// # Errors
/// As [`build`].
pub fn packages(file: &str, text: &[u8]) -> Result<Record<BuiltPackages>, RecordError> {
    read(file, text, |says: &BuiltPackages| says.format)
}

/// Reads the record of disk and file systems.
///
/// # Errors
/// As [`build`].
pub fn image(file: &str, text: &[u8]) -> Result<Record<ImageRecord>, RecordError> {
    read(file, text, |says: &ImageRecord| says.format)
}

/// Reads the manifest of the tree.
///
/// # Errors
/// As [`build`].
pub fn tree(file: &str, text: &[u8]) -> Result<Record<Files>, RecordError> {
    let read = read(file, text, |says: &Tree| says.format)?;
    Ok(Record {
        file: read.file,
        says: Files::of(read.says),
        sha256: read.sha256,
        size: read.size,
    })
}

fn read<T: DeserializeOwned>(
    file: &str,
    text: &[u8],
    format: impl Fn(&T) -> u32,
) -> Result<Record<T>, RecordError> {
    let other = |found: u64| RecordError::OtherFormat {
        file: file.to_owned(),
        found,
    };
    let says: T = serde_json::from_slice(text).map_err(|error| {
        // A later format may well have other keys: then that is what to say.
        match serde_json::from_slice::<Head>(text) {
            Ok(head) if head.format != u64::from(FORMAT) => other(head.format),
            _ => RecordError::Unreadable {
                file: file.to_owned(),
                reason: error.to_string(),
            },
        }
    })?;
    if format(&says) != FORMAT {
        return Err(other(u64::from(format(&says))));
    }
    Ok(Record {
        file: file.to_owned(),
        says,
        sha256: Sha256::of(text),
        size: text.len() as u64,
    })
}
