//! The stage that holds all packages, kept in the cache from one build to the next.
//!
//! Each build goes through the same stages, whether something is kept or not: all packages are
//! unpacked and configured, and no file is younger than the lock; only then come settings and
//! the rest. What the first stage leaves is kept under a [`key`] of all that decides about it.
//! The next build that has the same key writes those files into its tree and goes on: every
//! file is compared with its digest meanwhile, and a stage that is damaged is thrown away and
//! made again.
//!
//! What is [`Known`] of the files from then on spares hashing and writing those that nothing
//! has touched since.

mod archive;
mod key;
mod known;
mod restore;
mod save;
mod verify;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use formwork_deb::sha256::Sha256;
use formwork_model::stage::{INDEX, INITRD, StageIndex};
use formwork_sys::fs;
use formwork_sys::tree::{Kind, Tree, Visited};

use crate::error::Error;
use crate::job::{Job, Stage};
use crate::message::Message;
use crate::spine::{self, Context};
use crate::{normalise, report};

pub(crate) use known::{Attributes, Known};
pub use verify::{Damaged, verify};

/// No index is larger.
const MAX_INDEX: u64 = 1 << 30;

/// A tree in which all packages are configured.
pub(crate) struct Begun {
    /// The tree.
    pub(crate) tree: Tree,
    /// What is known of its files.
    pub(crate) known: Option<Known>,
    /// Whether it was there before.
    restored: bool,
}

impl Begun {
    /// The stage, for the report; `grown` tells whether more is kept on it.
    pub(crate) fn stage(&self, grown: bool) -> Option<report::Stage> {
        let known = self.known.as_ref()?;
        Some(report::Stage {
            archive: known.archive().to_owned(),
            restored: self.restored,
            grown: grown || !self.restored,
        })
    }
}

/// Where a stage lies.
struct Place {
    directory: PathBuf,
    key: String,
}

impl Place {
    /// The place of a job's stage; none where the job wants none.
    fn of(job: &Job) -> Option<Place> {
        let stages = job.stages.as_ref()?;
        Some(Place {
            directory: stages.directory.clone(),
            key: key::of(job)?.to_string(),
        })
    }

    fn index(&self) -> PathBuf {
        self.directory.join(format!("{}.{INDEX}", self.key))
    }
}

/// Whether the stage of a job is there; that it is sound shows when it is taken.
pub(crate) fn is_kept(job: &Job) -> bool {
    Place::of(job).is_some_and(|place| place.index().is_file())
}

/// Where the initial RAM disk of a kernel is kept that an image's tree on this stage has; none
/// where the job wants no stages.
pub(crate) fn place_of_initrd(job: &Job, kernel: &report::Kernel) -> Option<PathBuf> {
    let Place { directory, key } = Place::of(job)?;
    let image = &job.stages.as_ref()?.image;
    let decides = serde_json::to_vec(&(image, kernel)).ok()?;
    let name = Sha256::of(&decides).to_string();
    Some(directory.join(format!("{key}.{}.{INITRD}", &name[..16])))
}

/// The extended attributes of what is met in a tree, asked of the system only where they are not
/// known.
pub(crate) fn attributes(
    visited: &Visited<'_>,
    known: Option<&Known>,
) -> Result<Attributes, Error> {
    let noted = match visited.metadata.kind {
        Kind::File => known.and_then(|known| known.attributes(&visited.metadata)),
        _ => None,
    };
    match noted {
        Some(noted) => Ok(noted.clone()),
        None => Ok(visited.attributes()?),
    }
}

/// Makes the tree `name` in `home` with all packages configured: from the stage, if it is kept,
/// and the project's own packages on it.
pub(crate) fn packages(
    context: &mut Context<'_>,
    home: &Tree,
    name: &OsStr,
) -> Result<Begun, Error> {
    let place = Place::of(context.job);
    let restored = match &place {
        Some(place) => restored(context, home, name, place)?,
        None => None,
    };
    let begun = match restored {
        Some(begun) => begun,
        None => made(context, home, name, place.as_ref())?,
    };
    if context.job.packages.iter().any(|package| package.own) {
        with_staging(home, |staging| {
            spine::install_own(context, &begun.tree, staging)
        })?;
    }
    Ok(begun)
}

/// The tree made from nothing, and kept as a stage where there is a place.
fn made(
    context: &mut Context<'_>,
    home: &Tree,
    name: &OsStr,
    place: Option<&Place>,
) -> Result<Begun, Error> {
    let job = context.job;
    let tree = fresh(home, name)?;
    spine::prepare(&tree)?;
    with_staging(home, |staging| spine::install(context, &tree, staging))?;
    let mut known = None;
    if let Some(place) = place {
        known = context.step("keep", |context| {
            // Whoever cannot keep it can go on without.
            Ok(match save::save(&tree, home, job, place) {
                Ok(known) => Some(known),
                Err(reason) => {
                    let text = format!("the stage of all packages is not kept: {reason}");
                    (context.tell)(Message::Warning(text));
                    None
                }
            })
        })?;
    }
    // What is kept was settled as it was read.
    if job.until > Stage::Scripts && known.is_none() {
        context.step("settle", |_| normalise::times(&tree, job.date))?;
    }
    Ok(Begun {
        tree,
        known,
        restored: false,
    })
}

/// Does something with an empty directory beside the tree, where packages are unpacked first.
fn with_staging(home: &Tree, work: impl FnOnce(&Tree) -> Result<(), Error>) -> Result<(), Error> {
    const NAME: &str = "stage";
    home.create_directory(NAME, 0o755)?;
    work(&Tree::open(&home.path().join(NAME))?)?;
    home.remove_all(NAME)?;
    Ok(())
}

/// The tree out of the stage; nothing where there is none, or none that is sound.
fn restored(
    context: &mut Context<'_>,
    home: &Tree,
    name: &OsStr,
    place: &Place,
) -> Result<Option<Begun>, Error> {
    let path = place.index();
    let Ok(index) = fs::read_limited(&path, MAX_INDEX) else {
        return Ok(None);
    };
    (context.tell)(Message::started(context.job.packages.len()));
    let tree = fresh(home, name)?;
    let restored = context.step("restore", |_| {
        let index = StageIndex::read(&index).filter(|index| index.key == place.key);
        let index = index.ok_or_else(|| restore::Trouble::damaged("its index is not whole"));
        match index.and_then(|index| restore::restore(&tree, home, &index, &place.directory)) {
            Ok(known) => Ok(Ok(known)),
            Err(restore::Trouble::Damaged(reason)) => Ok(Err(reason)),
            Err(restore::Trouble::Tree(error)) => Err(error),
        }
    })?;
    match restored {
        Ok(known) => {
            // In a cache that we may only read, nobody cleans by age either.
            let _ = fs::set_modified(&path, std::time::SystemTime::now());
            Ok(Some(Begun {
                tree,
                known: Some(known),
                restored: true,
            }))
        }
        Err(reason) => {
            let text =
                format!("the kept stage of all packages is damaged, and made again: {reason}");
            (context.tell)(Message::Warning(text));
            let _ = fs::remove(&path);
            home.remove_all(name)?;
            Ok(None)
        }
    }
}

/// An empty tree.
fn fresh(home: &Tree, name: &OsStr) -> Result<Tree, Error> {
    home.create_directory(name, 0o755)?;
    Ok(Tree::open(&home.path().join(Path::new(name)))?)
}
