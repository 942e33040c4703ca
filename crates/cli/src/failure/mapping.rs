//! What went wrong, as an exit code and a page: the one place that decides both.

use std::io::Write;

use formwork_flow::build::Blame;
use formwork_flow::project::ProjectError;
use formwork_flow::run::TrialError;
use formwork_flow::{ArchiveError, BrokenImage, BrokenTree, Error, WishError};

use super::page::{Page, Place};
use super::{Code, Failure, Outcome};
use crate::terminal::number;
use crate::terminal::output::OutputError;
use crate::terminal::style::{self, Style};
use crate::terminal::{nearby, printable};

/// Ends a command: shows what went wrong, if anything, and says with which code.
pub(crate) fn end(result: Result<Outcome, Failure>) -> Code {
    if formwork_flow::context::interrupted() {
        show(&Page {
            title: "interrupted; nothing was half written".to_owned(),
            ..Page::default()
        });
        return Code::Interrupted;
    }
    match result {
        Ok(Outcome::Fine) => Code::Fine,
        Ok(Outcome::No) => Code::No,
        Ok(Outcome::Guest(code)) => Code::Guest(code),
        Err(Failure::Output(OutputError::Closed)) => Code::Fine,
        Err(failure) => {
            pages(&failure).iter().for_each(show);
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
        Failure::Guest(_) => Code::NotRun,
    }
}

/// The code of what a flow says.
fn code_of(error: &Error) -> Code {
    match error {
        Error::Project(error) if error.is_input() => Code::Input,
        Error::Propose(error) if error.is_input() => Code::Input,
        Error::Inspect(_)
        | Error::Syntax(_)
        | Error::Wishes { .. }
        | Error::UnknownPackages { .. }
        | Error::UnknownSuite { .. }
        | Error::NoWish
        | Error::NoSuite
        | Error::Option { .. } => Code::Input,
        Error::Archive(error) => code_of_archive(error),
        Error::Trial(TrialError::Image { .. } | TrialError::Architecture(_)) => Code::Input,
        Error::Trial(TrialError::Interrupted) => Code::Interrupted,
        Error::Tree(broken) => match broken.failure.blame {
            Blame::Input => Code::Input,
            Blame::Outside => Code::Outside,
            Blame::Ours => Code::Fault,
        },
        Error::Image(broken) if broken.is_input() => Code::Input,
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
        | ArchiveError::BadPackage { .. }
        | ArchiveError::DirectoryNotLocal { .. } => Code::Input,
        ArchiveError::BadUniverse { .. } => Code::Fault,
        ArchiveError::Interrupted => Code::Interrupted,
        _ => Code::Outside,
    }
}

/// The pages that a failure shows, usually one.
fn pages(failure: &Failure) -> Vec<Page> {
    match failure {
        Failure::Flow(error) => pages_of(error),
        Failure::Usage { message, hint } => vec![Page::new(message).hint(hint)],
        Failure::Guest(failure) => pages(failure),
        Failure::Output(OutputError::Closed) => Vec::new(),
        Failure::Output(OutputError::Failed(error)) => {
            vec![Page::new(format!(
                "the result could not be written: {}",
                plain(error)
            ))]
        }
    }
}

/// The system's message without Rust's ` (os error 28)`.
fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split_once(" (os error")
        .map_or(text.clone(), |(message, _)| message.to_owned())
}

/// The pages of what a flow says: one a name where several names are wrong.
fn pages_of(error: &Error) -> Vec<Page> {
    match error {
        Error::Wishes { errors, place } => errors
            .iter()
            .map(|error| page_of_wish(error, place))
            .collect(),
        Error::UnknownPackages { unknown, place } => unknown
            .iter()
            .map(|unknown| page_of_unknown(&unknown.name, &unknown.nearest, place))
            .collect(),
        _ => vec![page_of(error)],
    }
}

/// The page of what a flow says.
fn page_of(error: &Error) -> Page {
    let page = Page::new(error.to_string());
    match error {
        Error::Project(error) => page_of_project(error),
        Error::Inspect(error) => error.hint().into_iter().fold(page, Page::hint),
        Error::Propose(error) => error.hint().into_iter().fold(page, Page::hint),
        Error::UnknownSuite { known, .. } if !known.is_empty() => {
            page.hint(format!("suites known here: {}", known.join(", ")))
        }
        Error::Tree(broken) => page_of_tree(broken),
        Error::Trial(error) => page_of_trial(error),
        Error::Image(broken) => page_of_image(broken),
        Error::NoWish => {
            page.hint("name what is wished: --from NAME…; or begin a project: formwork init")
        }
        Error::NoSuite => {
            page.hint("name one: --suite bookworm; or begin a project: formwork init")
        }
        Error::Check(_) => page.hint("please report it with the command line; nothing was written"),
        _ => page,
    }
}

/// The page of a tree that could not be made: what failed, what it said last, where to look.
fn page_of_tree(broken: &BrokenTree) -> Page {
    let failure = &broken.failure;
    let mut page = Page::new(&failure.message);
    if !failure.output.is_empty() {
        page = page.hint("last lines of its output:");
        let lines = failure.output.iter().map(|line| format!("  {line}"));
        page.hints.extend(lines);
    }
    let full = |line: &String| line.contains("No space left on device");
    if failure.output.iter().any(full) {
        page = page.hint("the tree may take so much memory and no more; --space 8G gives it more");
    }
    let place = format!(
        "in    the tree of {}, {}",
        broken.image, broken.architecture
    );
    let page = match &failure.kept {
        Some(path) => page.hint(format!("{place}, kept in {}", nearby(path))),
        // Where no program has failed the tree would not tell more.
        None if failure.output.is_empty() => page,
        None => page
            .hint(place)
            .hint("try   the same with --keep          to look at the tree as it is now"),
    };
    match &broken.log {
        Some(log) => page.hint(format!("log   {}", nearby(log))),
        None => page,
    }
}

/// The page of an image that could not be made: what failed, where, what takes the room.
fn page_of_image(broken: &BrokenImage) -> Page {
    let place = format!("the image of {}, {}", broken.image, broken.architecture);
    if broken.source.is_disk_full() {
        return Page::new(format!("disk full: {place}, cannot be written"))
            .hint("free some space and run the same command again");
    }
    let mut page = Page::new(broken.source.to_string());
    if !broken.packages.is_empty() {
        let largest = broken.packages.iter();
        let largest = largest.map(|(name, bytes)| format!("{name} {}", number::size(*bytes)));
        let largest: Vec<String> = largest.collect();
        page = page.hint(format!("largest packages: {}", largest.join(", ")));
    }
    if let Some(at) = &broken.at {
        page = page.hint(format!("its size is set at {at}"));
    }
    page.hint(format!("in    {place}"))
}

/// The page of an image that could not be run: what helps, and what its console said last.
fn page_of_trial(error: &TrialError) -> Page {
    let page = Page::new(error.to_string());
    match error {
        TrialError::Missing { package, .. } => page.hint(format!(
            "sudo apt-get install --no-install-recommends {package}"
        )),
        TrialError::Image {
            hint: Some(hint), ..
        } => page.hint(hint),
        TrialError::PortTaken(_) => page.hint("--ssh without a port takes one that is free"),
        TrialError::Memory { .. } => page.hint("--memory SIZE gives it more"),
        TrialError::Guest { hint, console, .. } => {
            let mut page = hint.iter().fold(page, Page::hint);
            if !console.is_empty() {
                page = page.hint("last lines of its console:");
                let lines = console.iter().map(|line| format!("  {}", printable(line)));
                page.hints.extend(lines);
            }
            page
        }
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
    Page {
        place: Some(Place {
            spot: fault.spot.clone(),
            label,
        }),
        ..Page::new(&fault.message)
    }
}

/// The page of a wish that means no package, or several.
fn page_of_wish(error: &WishError, place: &str) -> Page {
    match error {
        WishError::Unknown { name, nearest } => page_of_unknown(name, nearest, place),
        WishError::Virtual { name, providers } => Page::new(format!(
            "'{name}' is a virtual package that several packages of {place} provide"
        ))
        .hint(format!("name one of them: {}", providers.join(", "))),
        WishError::NoSuchVersion { wish, found } => {
            Page::new(format!("no package '{wish}' in {place}"))
                .hint(format!("there is: {}", found.join(", ")))
        }
    }
}

/// The page of a name that nobody bears, with names that may have been meant.
fn page_of_unknown(name: &str, nearest: &[String], place: &str) -> Page {
    let page = Page::new(format!("no package '{name}' in {place}"));
    if nearest.is_empty() {
        page
    } else {
        page.hint(format!("did you mean: {}?", nearest.join(", ")))
    }
}
