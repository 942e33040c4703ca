//! A tree without a project: what the command line says becomes a project in memory.
//!
//! It is written down as the files of a project would be and read by the same code, so that
//! names are checked and suites matched as everywhere. Its lock is resolved anew each time and
//! never written; the build record holds all that it holds.

use std::fmt::Write as _;

use formwork_model::lock::Lock;
use formwork_model::name::Kind;
use formwork_model::project::{DebianArchive, Project};
use formwork_model::source::Source;

use super::order::{Form, Loose, Order};
use crate::context::Context;
use crate::init::check;
use crate::lock::Impossible;
use crate::lock::keep::Keep;
use crate::lock::recipe::{self, Outcome};
use crate::project::{LoadedProject, ProjectError};
use crate::{Error, machine};

/// The image that the command line describes.
pub(super) const NAME: &str = "root";

/// The project that the command line describes.
pub(super) fn project(
    context: &Context,
    loose: &Loose,
    order: &Order,
) -> Result<LoadedProject, Error> {
    let suites = match loose.suites.as_slice() {
        [] => vec![machine::suite(context)?],
        some => some.to_vec(),
    };
    let architecture = order.architecture.clone();
    let architecture = architecture.unwrap_or_else(machine::architecture);
    check(Kind::Suite, "--suite", &suites)?;
    check(Kind::Component, "--component", &loose.components)?;
    check(
        Kind::Architecture,
        "--arch",
        std::slice::from_ref(&architecture),
    )?;
    let text = describe(loose, &suites, &architecture);
    let image = image(loose, &order.forms);
    let project = Project::read(
        Source::new("the command line", &text),
        &[(NAME, Source::new("--include", &image))],
    )
    .map_err(ProjectError::from)?;
    Ok(LoadedProject {
        directory: context.settings.directory.clone(),
        project,
    })
}

/// The lock of a project in memory.
pub(super) fn lock(
    context: &Context,
    loaded: &LoadedProject,
) -> Result<Result<Lock, Box<Impossible>>, Error> {
    match recipe::make(context, loaded, None, &Keep::All)? {
        Outcome::Made(made) => Ok(Ok(made.lock)),
        Outcome::Impossible(impossible) => Ok(Err(impossible)),
    }
}

/// The text of its `formwork.toml`.
fn describe(loose: &Loose, suites: &[String], architecture: &str) -> String {
    let main = suites.first().map_or("", String::as_str);
    let mut text = format!(
        "[project]\nname = {}\nsuites = {}\narchitectures = {}\n",
        quoted(NAME),
        list([main]),
        list([architecture])
    );
    for archive in DebianArchive::ALL {
        let own: Vec<&str> = suites
            .iter()
            .map(String::as_str)
            .filter(|suite| DebianArchive::of_suite(suite) == archive)
            .collect();
        if own.is_empty() {
            continue;
        }
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "[repositories.{}]\nsuites = {}\nserves = {}\n",
            archive.as_str(),
            list(own),
            list([main])
        );
        if !loose.components.is_empty() {
            let components = loose.components.iter().map(String::as_str);
            let _ = writeln!(text, "components = {}", list(components));
        }
        if !loose.keyrings.is_empty() {
            let names: Vec<String> = loose.keyrings.iter().map(|path| absolute(path)).collect();
            let _ = writeln!(
                text,
                "keyrings = {}",
                list(names.iter().map(String::as_str))
            );
        }
        if let Some(at) = loose.at {
            let _ = writeln!(text, "at = {}", quoted(&at.snapshot()));
        }
    }
    text
}

/// The text of its image.
fn image(loose: &Loose, forms: &[Form]) -> String {
    let mut text = format!(
        "packages = {}\nvariant = {}\nrecommends = {}\n",
        list(loose.include.iter().map(String::as_str)),
        quoted(loose.variant.as_str()),
        loose.recommends
    );
    if !forms.is_empty() {
        let forms = forms.iter().map(|form| form.as_str());
        // Nobody can say here what a device needs to grow, so it has the size that it has.
        let _ = write!(text, "forms = {}\ndisk.grow = false\n", list(forms));
    }
    text
}

/// A path that does not depend on the directory of a project.
fn absolute(path: &std::path::Path) -> String {
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    full.display().to_string()
}

/// Texts as a list of TOML.
fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = texts.into_iter().map(quoted).collect();
    format!("[{}]", quoted.join(", "))
}

/// A text as a string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter.is_control() => {
                // Writing to a string cannot fail.
                let _ = write!(quoted, "\\u{:04X}", u32::from(letter));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}
