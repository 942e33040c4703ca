//! `formwork inspect`: what an image is, out of the records that its build left beside it.
//!
//! Read from top to bottom: find the records, read them, compare them with each other and with
//! what is there, and put the answer together.

mod find;
mod verify;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use formwork_inspect::answer::{self, Look};
use formwork_inspect::files::Files;
use formwork_inspect::records::{self, RecordError, Records};
use formwork_inspect::{chain, page};
use formwork_model::documents::Inspected;
use formwork_sys::fs;
use thiserror::Error;

use crate::Error;
use crate::context::Context;

use find::Place;

/// No record is larger.
const MAX_RECORD_BYTES: u64 = 1 << 30;

/// What a person wants to look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// The image: a name in the project, or the path of an output or a record; without it the
    /// project's only one.
    pub image: Option<String>,
    /// The suite of the project's image; without it its first.
    pub suite: Option<String>,
    /// Options of the project's image.
    pub with: Vec<String>,
    /// The architecture of the project's image.
    pub architecture: Option<String>,
    /// How deep directories are told.
    pub depth: usize,
    /// Whether the image itself is read and compared.
    pub verify: bool,
}

/// Why an image cannot be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InspectError {
    /// The project has not built it.
    #[error("{title} has not been built yet: {} is not there", record.display())]
    NotBuilt {
        /// The image.
        title: String,
        /// The record that is sought.
        record: PathBuf,
    },
    /// A file has no records beside it.
    #[error("{} lies without the records of its build: {} is not there", file.display(), record.display())]
    NoRecords {
        /// The file.
        file: PathBuf,
        /// The record that is sought.
        record: PathBuf,
    },
    /// A record is of no use.
    #[error(transparent)]
    Record(#[from] RecordError),
}

impl InspectError {
    /// What to try.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            InspectError::NotBuilt { title, .. } => {
                let image = title.split(['+', '@']).next().unwrap_or(title);
                Some(format!("build it: formwork build {image}"))
            }
            InspectError::NoRecords { .. } => Some(
                "a build writes them beside the image: .buildinfo.json, .packages.json, .tree.json"
                    .to_owned(),
            ),
            InspectError::Record(RecordError::OtherFormat { .. }) => {
                Some("build the image again, or use the Formwork that built it".to_owned())
            }
            InspectError::Record(_) => Some("build the image again".to_owned()),
        }
    }
}

/// An answer, and the files that a page of it shows.
#[derive(Clone, Debug)]
pub struct Looked {
    /// The answer.
    pub inspected: Inspected,
    /// The files of the tree.
    pub files: Files,
}

/// Looks at an image.
pub fn inspect(context: &Context, wish: &Wish) -> Result<Looked, Error> {
    let place = find::place(context, wish)?;
    let records = read(&place)?;
    let mut differences = chain::contradictions(&records);
    let (outputs, missing) = find::outputs(&place, &records.build.says.files, wish.verify);
    differences.extend(missing);
    if wish.verify {
        differences.extend(verify::verify(context, &records, &outputs)?);
    }
    // A record is an output too: what both looks at it find is told once.
    let mut told = BTreeSet::new();
    differences.retain(|one| {
        let one = [&one.place, &one.what, &one.recorded, &one.found];
        told.insert(one.map(String::clone))
    });
    let look = Look {
        depth: wish.depth,
        outputs,
        verified: wish.verify,
        differences,
    };
    Ok(Looked {
        inspected: answer::answer(&records, look),
        files: records.tree.says,
    })
}

/// The list for the LTS and ELTS sponsors.
#[must_use]
pub fn pkglist(looked: &Looked) -> String {
    answer::pkglist(&looked.inspected)
}

/// Writes the answer as one page that needs nothing else.
pub fn write_page(looked: &Looked, path: &Path) -> Result<(), Error> {
    let page = page::html(&looked.inspected, &looked.files);
    Ok(fs::replace(path, page.as_bytes())?)
}

/// Reads the records of a place.
fn read(place: &Place) -> Result<Records, Error> {
    let name = |ending: &str| place.file(ending).display().to_string();
    let text = |ending: &str| fs::read_limited(&place.file(ending), MAX_RECORD_BYTES);
    let must = |ending: &str| match text(ending) {
        Ok(text) => Ok(text),
        Err(error) if error.is_not_found() => Err(place.missing(ending)),
        Err(error) => Err(error.into()),
    };
    let image = match text("image.json") {
        Ok(text) => Some(records::image(&name("image.json"), &text).map_err(InspectError::from)?),
        Err(error) if error.is_not_found() => None,
        Err(error) => return Err(error.into()),
    };
    let build = records::build(&name("buildinfo.json"), &must("buildinfo.json")?);
    let packages = records::packages(&name("packages.json"), &must("packages.json")?);
    let tree = records::tree(&name("tree.json"), &must("tree.json")?);
    Ok(Records {
        build: build.map_err(InspectError::from)?,
        packages: packages.map_err(InspectError::from)?,
        tree: tree.map_err(InspectError::from)?,
        image,
    })
}
