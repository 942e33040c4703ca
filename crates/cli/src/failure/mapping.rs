//! What went wrong, as an exit code and a page: the one place that decides both.

use std::io::Write;

use formwork_flow::project::ProjectError;
use formwork_flow::{ArchiveError, Error, WishError};

use super::page::{Page, Place};
use super::{Code, Failure, Outcome};
use crate::terminal::output::OutputError;
use crate::terminal::style::{self, Style};

/// Ends a command: shows what went wrong, if anything, and says with which code.
pub(crate) fn end(result: Result<Outcome, Failure>) -> Code {
    if formwork_flow::context::interrupted() {
        show(&Page { title: "interrupted; nothing was half written".to_owned(), ..Page::default() });
        return Code::Interrupted;
    }
    match result {
        Ok(Outcome::Fine) => Code::Fine,
        Ok(Outcome::No) => Code::No,
        Err(Failure::Output(OutputError::Closed)) => Code::Fine,
        Err(failure) => {
            show(&page(&failure));
            code(&failure)
        }
    }
}

/// Writes a page to standard error.
fn show(page: &Page) {
    let stderr = std::io::stderr();
    let style = Style::new(style::wanted(std::io::IsTerminal::is_terminal(&stderr)));
    // Nobody is left to be told that standard error cannot be written.
    let _ = stderr.lock().write_all(page.render(style).as_bytes());
}

/// The code that a failure ends with.
fn code(failure: &Failure) -> Code {
    match failure {
        Failure::Flow(error) => code_of(error),
        Failure::Usage { .. } => Code::Input,
        Failure::Output(_) => Code::Outside,
    }
}

/// The code of what a flow says.
fn code_of(error: &Error) -> Code {
    match error {
        Error::Project(error) if error.is_input() => Code::Input,
        Error::Syntax(_)
        | Error::Wishes { .. }
        | Error::UnknownPackages { .. }
        | Error::UnknownSuite { .. }
        | Error::NoWish
        | Error::NoSuite
        | Error::Option { .. } => Code::Input,
        Error::Archive(error) => code_of_archive(error),
        Error::Check(_) => Code::Fault,
        Error::Interrupted => Code::Interrupted,
        _ => Code::Outside,
    }
}

/// The code of what the archive says: words that name nothing are the person's, the rest is outside.
fn code_of_archive(error: &ArchiveError) -> Code {
    match error {
        ArchiveError::Address { .. }
        | ArchiveError::Keyring { .. }
        | ArchiveError::NotOffered { .. }
        | ArchiveError::NoSuite { .. }
        | ArchiveError::SnapshotTemplate { .. }
        | ArchiveError::NoSnapshots { .. }
        | ArchiveError::NoMirror { .. }
        | ArchiveError::DirectoryNotLocal { .. } => Code::Input,
        ArchiveError::Interrupted => Code::Interrupted,
        _ => Code::Outside,
    }
}

/// The page that a failure shows.
fn page(failure: &Failure) -> Page {
    match failure {
        Failure::Flow(error) => page_of(error),
        Failure::Usage { message, hint } => Page::new(message).hint(hint),
        Failure::Output(OutputError::Closed) => Page::default(),
        Failure::Output(OutputError::Failed(error)) => {
            Page::new(format!("the result could not be written: {error}")).hint("nothing else was changed")
        }
    }
}

/// The page of what a flow says.
fn page_of(error: &Error) -> Page {
    let page = Page::new(error.to_string());
    match error {
        Error::Project(error) => page_of_project(error),
        Error::Wishes { errors, place } => page_of_wishes(errors, place),
        Error::UnknownPackages { unknown, .. } => unknown
            .iter()
            .fold(page, |page, unknown| with_nearest(page, &unknown.nearest)),
        Error::UnknownSuite { known, .. } if !known.is_empty() => {
            page.hint(format!("suites known here: {}", known.join(", ")))
        }
        Error::NoWish => page.hint("name what is wished: --from NAME…; or begin a project: formwork init"),
        Error::NoSuite => page.hint("name one: --suite bookworm; or begin a project: formwork init"),
        Error::Check(_) => page.hint("please report it with the command line; nothing was written"),
        _ => page,
    }
}

/// The page of a fault in a project, with the place in its file.
fn page_of_project(error: &ProjectError) -> Page {
    let ProjectError::File(fault) = error else {
        let page = Page::new(error.to_string());
        return error.hint().into_iter().fold(page, Page::hint);
    };
    let label = fault.hint.clone().unwrap_or_default();
    Page { place: Some(Place { spot: fault.spot.clone(), label }), ..Page::new(&fault.message) }
}

/// The page of wishes that mean no package, or several.
fn page_of_wishes(errors: &[WishError], place: &str) -> Page {
    let titles: Vec<String> = errors.iter().map(|error| wish_title(error, place)).collect();
    errors.iter().fold(Page::new(titles.join("\n")), |page, error| match error {
        WishError::Unknown { nearest, .. } => with_nearest(page, nearest),
        WishError::Virtual { providers, .. } => page.hint(format!("name one of them: {}", providers.join(", "))),
        WishError::NoSuchVersion { found, .. } => page.hint(format!("there is: {}", found.join(", "))),
    })
}

/// What is wrong with one wish.
fn wish_title(error: &WishError, place: &str) -> String {
    match error {
        WishError::Unknown { name, .. } => format!("no package '{name}' in {place}"),
        WishError::Virtual { name, .. } => {
            format!("'{name}' is a virtual package that several packages of {place} provide")
        }
        WishError::NoSuchVersion { wish, .. } => format!("no package '{wish}' in {place}"),
    }
}

/// The page with names that may have been meant.
fn with_nearest(page: Page, nearest: &[String]) -> Page {
    if nearest.is_empty() { page } else { page.hint(format!("did you mean: {}?", nearest.join(", "))) }
}
