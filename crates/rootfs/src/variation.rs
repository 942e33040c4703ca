//! What is made different on purpose while a tree is built, to find out what depends on it.
//!
//! An ordinary build varies nothing. `docs/repro.md` says what each variation means and what it
//! finds; here stands what the programs of the tree see of it.

use std::collections::BTreeSet;
use std::ffi::OsStr;

use formwork_sys::clock;
use formwork_sys::sandbox::{Inside, Program};
use formwork_sys::tree::{self, Tree};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::job::Job;

/// One thing of a builder's surroundings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Variation {
    /// The directories that are worked in.
    Directory,
    /// The time of day and the date.
    Time,
    /// The time zone.
    TimeZone,
    /// The language.
    Locale,
    /// The permission bits that new files do not get.
    Umask,
    /// The name of the user and the home directory.
    User,
    /// The name of the machine.
    HostName,
    /// How many processors there are.
    Processors,
    /// In which order directories are read.
    FileOrder,
    /// What the cache holds besides packages.
    Cache,
    /// Whether root builds or an ordinary user.
    Root,
    /// Whether scripts get our helpers or those of the packages.
    Helpers,
}

/// The host name that is not `localhost`.
pub const HOST: &str = "another-host";
/// The user that is not root.
pub const USER: &str = "builder";
/// A home that is not there.
pub const HOME: &str = "/nonexistent/home/builder";
/// Fourteen hours ahead of UTC, as far as clocks on earth go; to POSIX the sign means the west.
pub const ZONE: &str = "<+14>-14";
/// A language whose small and large `i` are others.
pub const LOCALE: &str = "tr_TR.UTF-8";
/// Nobody but the owner.
pub const UMASK: u32 = 0o077;
/// A name of a directory that is long and that few scripts quote well enough.
pub const DIRECTORY: &str = "a directory with a long name, with spaces and an \u{fc} in it, as nobody but a test would have";
/// What the order of names in directories follows from.
const SEED: u64 = 0x2026_1122_4711_0815;
/// Where the library lies that tells another time, in what only the sandbox has. Scripts that
/// copy what `ldd` lists (usrmerge) pass by a name with a tab in it.
const CLOCK: &str = "/dev/formwork\tclock";
/// Its name.
const LIBRARY: &str = "clock.so";

impl Variation {
    /// All of them, in the order in which they are told.
    pub const ALL: [Variation; 12] = [
        Variation::Directory,
        Variation::Time,
        Variation::TimeZone,
        Variation::Locale,
        Variation::Umask,
        Variation::User,
        Variation::HostName,
        Variation::Processors,
        Variation::FileOrder,
        Variation::Cache,
        Variation::Root,
        Variation::Helpers,
    ];

    /// The word by which it is named.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Variation::Directory => "directory",
            Variation::Time => "time",
            Variation::TimeZone => "time-zone",
            Variation::Locale => "locale",
            Variation::Umask => "umask",
            Variation::User => "user",
            Variation::HostName => "host-name",
            Variation::Processors => "processors",
            Variation::FileOrder => "file-order",
            Variation::Cache => "cache",
            Variation::Root => "root",
            Variation::Helpers => "helpers",
        }
    }

    /// What it makes of the second build, in a few words.
    #[must_use]
    pub fn effect(self) -> &'static str {
        match self {
            Variation::Directory => "long directory",
            Variation::Time => "+400 days",
            Variation::TimeZone => "UTC+14",
            Variation::Locale => "tr_TR",
            Variation::Umask => "umask 077",
            Variation::User => "user builder",
            Variation::HostName => "another host",
            Variation::Processors => "1 CPU",
            Variation::FileOrder => "shuffled",
            Variation::Cache => "cold",
            Variation::Root => "not root",
            Variation::Helpers => "the packages' own",
        }
    }
}

/// Prepares what the variations of a job need, once for each tree.
pub(crate) fn prepare(inside: &Inside, job: &Job) -> Result<(), Error> {
    if job.vary.contains(&Variation::FileOrder) {
        tree::shuffle(SEED);
    }
    if !job.vary.contains(&Variation::Time) {
        return Ok(());
    }
    let scratch = Tree::open(inside.scratch())?;
    for architecture in architectures(job) {
        if let Some(library) = clock::library(architecture) {
            scratch.write(library_name(architecture), &library, 0o755)?;
        }
    }
    Ok(())
}

/// Makes what a program of the tree sees another.
pub(crate) fn apply(program: &mut Program, inside: &Inside, job: &Job, tree: &Tree) {
    for variation in &job.vary {
        match variation {
            Variation::Time => ahead(program, inside, job),
            Variation::TimeZone => set(program, "TZ", ZONE),
            Variation::Locale => locale(program, tree),
            // A package's own script is run by dpkg, which sets it to 022 whatever it finds.
            Variation::Umask if is_of_package(program) => {}
            Variation::Umask => program.umask = UMASK,
            Variation::User => {
                for (name, value) in [("USER", USER), ("LOGNAME", USER), ("HOME", HOME)] {
                    set(program, name, value);
                }
            }
            Variation::HostName => HOST.clone_into(&mut program.hostname),
            // These are seen without any doing of the program's environment.
            Variation::Directory
            | Variation::Processors
            | Variation::FileOrder
            | Variation::Cache
            | Variation::Root
            | Variation::Helpers => {}
        }
    }
}

/// Has the loader bring in the library that tells another time.
fn ahead(program: &mut Program, inside: &Inside, job: &Job) {
    for architecture in architectures(job) {
        if let Some(directory) = clock::directory(architecture) {
            let library = inside.scratch().join(library_name(architecture));
            let place = format!("{CLOCK}/{directory}/{LIBRARY}");
            program.read_only_binds.push((library, place.into()));
        }
    }
    // The loader of each architecture knows its own directory.
    set(program, "LD_PRELOAD", &format!("{CLOCK}/$LIB/{LIBRARY}"));
}

/// Whether a program is a script of a package, which we run in the place of dpkg.
fn is_of_package(program: &Program) -> bool {
    let mut names = program.environment.iter().map(|(name, _)| name);
    names.any(|name| name == "DPKG_MAINTSCRIPT_NAME")
}

/// Another language: fully where the tree has it, else as far as programs look at its name.
fn locale(program: &mut Program, tree: &Tree) {
    set(program, "LANG", LOCALE);
    set(program, "LANGUAGE", "tr");
    if has_locale(tree) {
        set(program, "LC_ALL", LOCALE);
    } else {
        program.environment.retain(|(name, _)| name != "LC_ALL");
    }
}

/// Whether the tree has locales that were made for it.
fn has_locale(tree: &Tree) -> bool {
    let places = ["usr/lib/locale/locale-archive", "usr/lib/locale/tr_TR.utf8"];
    places
        .iter()
        .any(|path| tree.exists(path).unwrap_or_default())
}

/// Sets a variable that the program has not been given for itself.
fn set(program: &mut Program, name: &str, value: &str) {
    program.environment.retain(|(other, _)| other != name);
    program
        .environment
        .push((name.to_owned(), value.to_owned()));
}

/// The architectures whose programs there may be.
fn architectures(job: &Job) -> impl Iterator<Item = &str> {
    std::iter::once(&job.architecture)
        .chain(&job.foreign)
        .map(String::as_str)
}

fn library_name(architecture: &str) -> String {
    format!("clock-{architecture}.so")
}

/// The name of the directory that the tree is made in.
pub(crate) fn tree_name(vary: &BTreeSet<Variation>) -> &'static OsStr {
    OsStr::new(if vary.contains(&Variation::Directory) {
        DIRECTORY
    } else {
        "tree"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variation_has_words_of_its_own() {
        let words: BTreeSet<&str> = Variation::ALL.iter().map(|one| one.word()).collect();
        let effects: BTreeSet<&str> = Variation::ALL.iter().map(|one| one.effect()).collect();
        assert_eq!((words.len(), effects.len()), (12, 12));
        for variation in Variation::ALL {
            // The word of the job is the word of the command line.
            let told = serde_json::to_value(variation).unwrap();
            assert_eq!(told, variation.word());
        }
    }

    #[test]
    fn a_variable_is_set_once() {
        let mut program = Program::new(["env"]);
        program.environment = vec![("TZ".into(), "UTC".into()), ("A".into(), "b".into())];
        set(&mut program, "TZ", ZONE);
        let expected = [("A".into(), "b".into()), ("TZ".into(), ZONE.into())];
        assert_eq!(program.environment, expected);
    }

    #[test]
    fn a_language_that_the_tree_lacks_is_named_only() {
        let directory = tempfile::tempdir().unwrap();
        let tree = Tree::open(directory.path()).unwrap();
        let varied = || {
            let mut program = Program::new(["env"]);
            program.environment = vec![("LC_ALL".into(), "C.UTF-8".into())];
            locale(&mut program, &tree);
            let found = program
                .environment
                .iter()
                .find(|(name, _)| name == "LC_ALL");
            found.map(|(_, value)| value.clone())
        };
        assert_eq!(varied(), None);
        std::fs::create_dir_all(directory.path().join("usr/lib/locale/tr_TR.utf8")).unwrap();
        assert_eq!(varied().as_deref(), Some(LOCALE));
    }
}
