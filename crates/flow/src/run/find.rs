//! Which disk is meant, and what is known of it.

use std::path::{Path, PathBuf};

use formwork_model::documents::ImageRecord;
use formwork_sys::fs;
use formwork_trial::TrialError;

use super::Wish;
use crate::context::Context;
use crate::{Error, build};

/// What the name of a disk ends in, and that of its record.
const DISK: &str = "img";
const RECORD: &str = "image.json";
/// No record of an image is larger.
const MOST_RECORD: u64 = 16 << 20;

/// A disk that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Image {
    /// What it is called.
    pub(super) title: String,
    /// The disk.
    pub(super) disk: PathBuf,
    /// Its architecture.
    pub(super) architecture: String,
}

/// Finds the disk by its path, or by the name that its image has in the project.
pub(super) fn image(context: &Context, wish: &Wish) -> Result<Image, Error> {
    match &wish.image {
        Some(path) if is_path(path) => loose(Path::new(path), wish.architecture.as_deref()),
        name => built(context, wish, name.as_deref()),
    }
}

/// Whether a path is meant; names of images have neither a slash nor such an ending.
fn is_path(text: &str) -> bool {
    text.contains('/') || Path::new(text).extension().is_some_and(|end| end == DISK)
}

/// A disk that the project has built.
fn built(context: &Context, wish: &Wish, name: Option<&str>) -> Result<Image, Error> {
    let architecture = wish.architecture.as_deref();
    let named = build::named(
        context,
        name,
        wish.suite.as_deref(),
        &wish.with,
        architecture,
    )?;
    let architecture = named.composition.architecture;
    let directory = named.loaded.directory.join("build").join(&named.title);
    let file = format!("{}.{DISK}", named.title);
    let disk = directory.join(&architecture).join(file);
    if !disk.exists() {
        return Err(wrong(
            &disk,
            "this disk has not been built yet",
            Some(format!("formwork build {} --kind disk", named.title)),
        ));
    }
    Ok(Image {
        title: named.title,
        disk,
        architecture,
    })
}

/// A disk by its path.
fn loose(disk: &Path, architecture: Option<&str>) -> Result<Image, Error> {
    if !disk.is_file() {
        return Err(wrong(disk, "there is no such file", None));
    }
    let record = disk.with_extension(RECORD);
    let read = match fs::read_limited(&record, MOST_RECORD) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.is_not_found() => None,
        Err(error) => return Err(error.into()),
    };
    let known = read.map(|bytes| serde_json::from_slice::<ImageRecord>(&bytes));
    let known = known.transpose().map_err(|error| {
        wrong(
            &record,
            &format!("this is no record of an image: {error}"),
            None,
        )
    })?;
    let told = known.as_ref().map(|record| record.architecture.clone());
    let architecture = architecture.map(str::to_owned).or(told).ok_or_else(|| {
        wrong(
            disk,
            "no record lies beside it that tells its architecture",
            Some("name it: --arch amd64".to_owned()),
        )
    })?;
    let stem = disk.file_stem().unwrap_or_default().to_string_lossy();
    Ok(Image {
        title: known.map_or_else(|| stem.into_owned(), |record| record.image),
        disk: std::path::absolute(disk).unwrap_or_else(|_| disk.to_owned()),
        architecture,
    })
}

/// An image that cannot be run.
pub(super) fn wrong(path: &Path, reason: &str, hint: Option<String>) -> Error {
    TrialError::Image {
        path: path.to_owned(),
        reason: reason.to_owned(),
        hint,
    }
    .into()
}
