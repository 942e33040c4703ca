//! The tree as the maker of an initial RAM disk sees it: it answers questions, and notes each of
//! them with a digest of its answer.
//!
//! What is made follows from the answers alone, so where all of them are the same again, so is
//! what was made. Hence [`Seen`] has nothing but what is noted: no number of a file, no time of
//! a directory.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use formwork_deb::sha256::Sha256;
use formwork_sys::tree::{Kind, Metadata, Tree, Visited};
use serde::{Deserialize, Serialize};

use super::native::{hooks, sort};
use crate::error::Error;
use crate::program::{Ended, Program, Run};
use crate::stage::Known;

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Ask {
    /// What is in a file.
    Content(String),
    /// The types of file systems to check that a table names.
    Checked(String),
    /// What a script needs before it.
    Needs(String),
    /// Whether there is anything.
    There(String),
    /// What it is.
    About(String),
    /// Where a symbolic link leads.
    Link(String),
    /// The names in a directory that begin in one of these ways.
    Names(String, Vec<String>),
    /// All that is below a directory.
    Below(String),
    /// What a program of the tree prints.
    Prints(Vec<String>),
}

/// The questions with the digests of their answers.
pub(super) type Answers = BTreeMap<Ask, Sha256>;

/// What is told of a file, directory or link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// What it is.
    pub(super) kind: Kind,
    /// The permission bits.
    pub(super) mode: u32,
    /// The owner of a file.
    pub(super) user: u32,
    /// The group of a file.
    pub(super) group: u32,
    /// The size of a file.
    pub(super) size: u64,
    /// The time of a file, not later than the lock's date.
    pub(super) time: u32,
}

/// A tree that is asked.
pub(super) struct View<'a> {
    pub(super) tree: &'a Tree,
    known: Option<&'a Known>,
    latest: u32,
    answers: Option<Mutex<Answers>>,
}

impl<'a> View<'a> {
    /// A view of a tree that notes nothing; no time is told that is later than `date`.
    pub(super) fn new(tree: &'a Tree, date: i64) -> View<'a> {
        View {
            tree,
            known: None,
            latest: u32::try_from(date).unwrap_or(u32::MAX),
            answers: None,
        }
    }

    /// The same with some files known, so that those are not hashed.
    pub(super) fn knowing(self, known: Option<&'a Known>) -> View<'a> {
        View { known, ..self }
    }

    /// The same, noting from now on.
    pub(super) fn noting(self) -> View<'a> {
        let answers = Some(Mutex::default());
        View { answers, ..self }
    }

    /// What was noted.
    pub(super) fn into_answers(self) -> Answers {
        let answers = self.answers.unwrap_or_default();
        answers.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, ask: impl FnOnce() -> Ask, digest: impl FnOnce() -> Sha256) {
        if let Some(answers) = &self.answers {
            let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
            answers.entry(ask()).or_insert_with(digest);
        }
    }

    /// Reads a whole file; symbolic links are followed inside the tree.
    pub(super) fn read(&self, path: impl AsRef<str>) -> Result<Vec<u8>, Error> {
        let path = path.as_ref();
        let file = self.tree.open_file(path)?;
        self.content(path, file)
    }

    /// Reads a whole file, or nothing where there is none.
    pub(super) fn read_if_there(&self, path: impl AsRef<str>) -> Result<Option<Vec<u8>>, Error> {
        let path = path.as_ref();
        match self.tree.open_if_there(path)? {
            Some(file) => self.content(path, file).map(Some),
            None => {
                self.note(|| Ask::Content(path.to_owned()), nothing);
                Ok(None)
            }
        }
    }

    /// Which types of file systems a table says are to be checked: all that matters of it, as it
    /// names partitions by what follows from the whole image.
    pub(super) fn checked(&self, path: &str) -> Result<Vec<String>, Error> {
        let types = hooks::checked(&self.text(path)?);
        self.note(|| Ask::Checked(path.to_owned()), || told(&types));
        Ok(types)
    }

    /// What a script needs before it; its content is no matter to others.
    pub(super) fn needs(&self, path: &str) -> Result<Option<sort::Needs>, Error> {
        let needs = sort::needs(&self.text(path)?);
        self.note(|| Ask::Needs(path.to_owned()), || told(&needs));
        Ok(needs)
    }

    /// A text, without a note; empty where there is none.
    fn text(&self, path: &str) -> Result<String, Error> {
        let content = self.tree.read_if_there(path)?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&content).into_owned())
    }

    fn content(&self, path: &str, file: File) -> Result<Vec<u8>, Error> {
        let noted = self.answers.is_some().then(|| self.known(path, &file));
        let content = whole(path, file)?;
        if let Some(noted) = noted.transpose()? {
            let digest = || noted.unwrap_or_else(|| Sha256::of(&content));
            self.note(|| Ask::Content(path.to_owned()), digest);
        }
        Ok(content)
    }

    /// The digest of a file that nothing has touched since its stage.
    fn known(&self, path: &str, file: &File) -> Result<Option<Sha256>, Error> {
        let Some(known) = self.known else {
            return Ok(None);
        };
        let metadata = Metadata::of_file(file, Path::new(path))?;
        Ok(known.content(&metadata).map(|content| content.sha256))
    }

    /// Whether there is anything at a path.
    pub(super) fn exists(&self, path: impl AsRef<str>) -> Result<bool, Error> {
        let path = path.as_ref();
        let found = self.tree.exists(path)?;
        self.note(|| Ask::There(path.to_owned()), || told(&found));
        Ok(found)
    }

    /// What a path is, itself and not what it points to.
    pub(super) fn metadata(&self, path: impl AsRef<str>) -> Result<Option<Seen>, Error> {
        let path = path.as_ref();
        let found = self.tree.metadata(path)?.map(|found| self.seen(&found));
        self.note(|| Ask::About(path.to_owned()), || told(&found));
        Ok(found)
    }

    /// Where a symbolic link points to.
    pub(super) fn read_link(&self, path: impl AsRef<str>) -> Result<PathBuf, Error> {
        let path = path.as_ref();
        let found = self.tree.read_link(path)?;
        self.note(|| Ask::Link(path.to_owned()), || told(&found));
        Ok(found)
    }

    /// The names in a directory with what they are, sorted.
    pub(super) fn list(&self, path: impl AsRef<str>) -> Result<Vec<(OsString, Kind)>, Error> {
        self.list_like(path, &[""])
    }

    /// Those of them that begin in one of some ways.
    pub(super) fn list_like(
        &self,
        path: impl AsRef<str>,
        beginnings: &[&str],
    ) -> Result<Vec<(OsString, Kind)>, Error> {
        let path = path.as_ref();
        let mut found = self.tree.list(path)?;
        found.retain(|(name, _)| {
            let begins = |with: &&str| name.as_encoded_bytes().starts_with(with.as_bytes());
            beginnings.iter().any(begins)
        });
        let ask = || {
            let beginnings = beginnings.iter().map(|one| (*one).to_owned());
            Ask::Names(path.to_owned(), beginnings.collect())
        };
        self.note(ask, || told(&found));
        Ok(found)
    }

    /// Everything below a directory, each directory before its content, sorted.
    pub(super) fn below(&self, path: impl AsRef<str>) -> Result<Vec<(String, Seen)>, Error> {
        let path = path.as_ref();
        let mut found = Vec::new();
        self.tree.walk(path, &mut |visited: &Visited<'_>| {
            found.push((visited.path.to_owned(), self.seen(&visited.metadata)));
            Ok::<(), Error>(())
        })?;
        self.note(|| Ask::Below(path.to_owned()), || told(&found));
        let found = found.into_iter();
        Ok(found
            .map(|(path, seen)| (path.to_string_lossy().into_owned(), seen))
            .collect())
    }

    /// Runs a program of the tree, of which the arguments are all; gives its lines.
    pub(super) fn run(
        &self,
        arguments: &[&str],
        run: &mut dyn Run,
    ) -> Result<(Ended, Vec<String>), Error> {
        let mut lines = Vec::new();
        let program = Program::new(arguments.iter().copied());
        let ended = run.run(&program, &mut |line| lines.push(line.to_owned()))?;
        let digest = || told(&(ended.success(), &lines));
        self.note(|| Ask::Prints(program.arguments.clone()), digest);
        Ok((ended, lines))
    }

    /// Whether a program prints what it did, by its digest.
    pub(super) fn prints(&self, ask: &Ask, expected: &Sha256, run: &mut dyn Run) -> bool {
        let Ask::Prints(arguments) = ask else {
            return false;
        };
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let again = View::new(self.tree, i64::from(self.latest)).noting();
        let ran = again.run(&arguments, run);
        ran.is_ok() && again.into_answers().get(ask) == Some(expected)
    }

    fn seen(&self, metadata: &Metadata) -> Seen {
        let is_file = metadata.kind == Kind::File;
        let of_file = |number: u32| if is_file { number } else { 0 };
        let time = u32::try_from(metadata.modified.seconds.max(0)).unwrap_or(u32::MAX);
        Seen {
            kind: metadata.kind,
            mode: metadata.mode,
            user: of_file(metadata.user),
            group: of_file(metadata.group),
            size: if is_file { metadata.size } else { 0 },
            time: of_file(time.min(self.latest)),
        }
    }

    /// Whether a question that asks for no program has the answer of this digest.
    pub(super) fn answers(&self, ask: &Ask, expected: &Sha256) -> bool {
        let found = match ask {
            Ask::Content(path) => self.digest(path),
            _ => {
                let again = View::new(self.tree, i64::from(self.latest)).noting();
                let asked = match ask {
                    Ask::There(path) => again.exists(path).is_ok(),
                    Ask::About(path) => again.metadata(path).is_ok(),
                    Ask::Link(path) => again.read_link(path).is_ok(),
                    Ask::Names(path, beginnings) => {
                        let beginnings: Vec<&str> = beginnings.iter().map(String::as_str).collect();
                        again.list_like(path, &beginnings).is_ok()
                    }
                    Ask::Checked(path) => again.checked(path).is_ok(),
                    Ask::Needs(path) => again.needs(path).is_ok(),
                    Ask::Below(path) => again.below(path).is_ok(),
                    _ => false,
                };
                asked.then(|| again.into_answers().remove(ask)).flatten()
            }
        };
        found.as_ref() == Some(expected)
    }

    /// The digest of a file, read only where it is not known.
    fn digest(&self, path: &str) -> Option<Sha256> {
        let Some(file) = self.tree.open_if_there(path).ok()? else {
            return Some(nothing());
        };
        match self.known(path, &file).ok()? {
            Some(known) => Some(known),
            None => whole(path, file).ok().map(|content| Sha256::of(&content)),
        }
    }
}

fn whole(path: &str, mut file: File) -> Result<Vec<u8>, Error> {
    let mut content = Vec::new();
    file.read_to_end(&mut content)
        .map_err(|source| formwork_sys::Error::io("read", Path::new(path), source))?;
    Ok(content)
}

/// Stands for what is not there.
fn nothing() -> Sha256 {
    Sha256::from_bytes([0; 32])
}

/// The digest of an answer; two answers are written in the same way only if they are the same.
fn told(answer: &impl std::fmt::Debug) -> Sha256 {
    Sha256::of(format!("{answer:?}").as_bytes())
}
