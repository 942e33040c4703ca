//! An image's own settings, put into a tree whose packages are configured.
//!
//! The order is fixed: accounts and homes, then host name, locale and time zone, directories,
//! files, links, units, and scripts last. So a file may belong to a user of the image, replaces
//! what an earlier step wrote, and is there when a unit is enabled; a script sees all of it.
//! What an image says twice is refused before it comes here; what only the tree can tell (a
//! group that nobody has, a unit that no package brings) is an error with the file and line
//! that asks for it.

mod accounts;
mod files;
mod homes;
mod lists;
mod scripts;
mod system;
mod units;

use std::io::Read;

use formwork_deb::sha256::Sha256;
use formwork_model::nearest::nearest;
use formwork_model::settings::{Content, ProjectFile, Settings};
use formwork_sys::tree::Tree;

use crate::error::Error;
use crate::program::Run;

/// What scripts are told of the image.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The suite.
    pub suite: &'a str,
    /// The architecture.
    pub architecture: &'a str,
    /// The lock's date in seconds since 1970.
    pub date: i64,
}

/// Applies all settings.
///
/// # Errors
/// If the tree lacks what a setting needs, a file of the project is another by now, a script
/// fails, or the tree cannot be written.
pub fn apply(
    tree: &Tree,
    settings: &Settings,
    about: About<'_>,
    run: &mut dyn Run,
) -> Result<(), Error> {
    if settings.is_empty() {
        return Ok(());
    }
    let mut lists = lists::Lists::read(tree)?;
    let new = accounts::apply(&mut lists, settings, about.date)?;
    accounts::check_shells(tree, settings)?;
    lists.write(tree)?;
    homes::make(tree, &lists, settings, &new)?;
    system::apply(tree, &settings.system, run)?;
    let places = files::Places {
        tree,
        lists: &lists,
    };
    places.directories(&settings.directories)?;
    places.files(&settings.files)?;
    places.links(&settings.links)?;
    units::apply(tree, &settings.services)?;
    scripts::run(tree, &settings.scripts, about, run)
}

/// An error about what an image says, with its place.
fn wrong(at: &str, message: impl AsRef<str>) -> Error {
    Error::Job(format!("{at}: {}", message.as_ref()))
}

/// What may have been meant, for the end of an error.
fn meant<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    match nearest(name, known, 1).first() {
        Some(near) => format!("; did you mean `{near}`?"),
        None => String::new(),
    }
}

/// The bytes of a content; a file of the project must still be the one that the order names.
fn bytes(content: &Content) -> Result<Vec<u8>, Error> {
    match content {
        Content::Text(text) => Ok(text.clone().into_bytes()),
        Content::File(file) => project_file(file),
    }
}

/// The bytes of a file of the project.
fn project_file(file: &ProjectFile) -> Result<Vec<u8>, Error> {
    let fail = |source| formwork_sys::Error::io("read", &file.host, source);
    let mut content = Vec::new();
    std::fs::File::open(&file.host)
        .and_then(|opened| opened.take(file.size + 1).read_to_end(&mut content))
        .map_err(fail)?;
    if Sha256::of(&content).to_string() != file.sha256 {
        let message = format!("{} changed while the image was built", file.path);
        return Err(wrong(&file.at, message));
    }
    Ok(content)
}
