//! From what is asked for to one closure of a lock that fits: which image, suite and
//! architecture, and whether the lock says all that a build needs.

use std::collections::BTreeSet;

use formwork_deb::sha256::Sha256;
use formwork_model::documents::LockChecked;
use formwork_model::event::{Event, Phase, Unit};
use formwork_model::layout::Layout;
use formwork_model::lock::{Lock, LockedClosure, LockedPackage, PackageKey};
use formwork_model::nearest::nearest;
use formwork_model::project::{Composition, Image, Place, Plan, Project};
use formwork_model::settings::Settings;

use super::order::{Order, What};
use super::{NotBuilt, loose};
use crate::check;
use crate::context::Context;
use crate::lock::{self, Locked as Relocked};
use crate::project::{self, LoadedProject, ProjectError};
use crate::{Error, machine, settings};

/// How many names are offered in place of an unknown one.
const OFFERED: usize = 3;

/// Everything that decides what a tree will be.
pub(super) struct Locked {
    /// The project, which may live in memory alone.
    pub(super) loaded: LoadedProject,
    /// The lock.
    pub(super) lock: Lock,
    /// The digest of its text.
    pub(super) digest: Sha256,
    /// What is asked for.
    pub(super) plan: Plan,
    /// What it gets besides packages, with the digests of the project's files.
    pub(super) settings: Settings,
    /// How it boots and what its disk looks like, likewise.
    pub(super) layout: Layout,
    /// What it is called: `gateway+debug@trixie`.
    pub(super) title: String,
}

impl Locked {
    /// The closure that is built.
    pub(super) fn closure(&self) -> Result<&LockedClosure, Error> {
        let found = self.lock.closure_at(self.plan.place());
        found.ok_or_else(|| ProjectError::NoLock.into())
    }

    /// The package files of the closure, in the lock's order.
    pub(super) fn packages(&self) -> Result<Vec<&LockedPackage>, Error> {
        Ok(self.listed(&self.closure()?.packages))
    }

    /// The packages of which single files are taken, in the lock's order.
    pub(super) fn beside(&self) -> Result<Vec<&LockedPackage>, Error> {
        Ok(self.listed(&self.closure()?.beside))
    }

    /// The repositories that are directories of the project's own packages.
    pub(super) fn own(&self) -> BTreeSet<&str> {
        let all = self.loaded.project.repositories.iter();
        all.filter(|one| matches!(one.place, Place::Directory(_)))
            .map(|one| one.name.as_str())
            .collect()
    }

    fn listed(&self, keys: &[PackageKey]) -> Vec<&LockedPackage> {
        // A lock without one of them cannot be read in the first place.
        keys.iter()
            .filter_map(|key| self.lock.package(key))
            .collect()
    }
}

/// An image of the project, as it is named on the command line.
pub(crate) struct Named {
    /// The project.
    pub(crate) loaded: LoadedProject,
    /// The image with its options, for one suite and architecture.
    pub(crate) composition: Composition,
    /// What it is called: `gateway+debug@trixie`.
    pub(crate) title: String,
}

/// Finds an image of the project by what the command line says.
pub(crate) fn named(
    context: &Context,
    name: Option<&str>,
    suite: Option<&str>,
    with: &[String],
    architecture: Option<&str>,
) -> Result<Named, Error> {
    let loaded = project::open(context)?;
    let image = image_of(&loaded.project, name)?;
    let suite = suite_of(image, suite)?;
    let architecture = architecture_of(image, architecture)?;
    let composed = loaded
        .project
        .compose(&image.name, with, &suite, &architecture);
    let composition = composed.map_err(ProjectError::from)?;
    let title = title(image, &composition);
    Ok(Named {
        loaded,
        composition,
        title,
    })
}

/// Finds what is to be built, in a lock that is current; makes the lock if there is none yet.
pub(super) fn find(context: &Context, order: &Order) -> Result<Result<Locked, NotBuilt>, Error> {
    (context.settings.events)(Event::Started {
        phase: Phase::Lock,
        unit: Unit::Items,
        total: None,
    });
    let found = match &order.what {
        What::Image { name, suite, with } => {
            let architecture = order.architecture.as_deref();
            let Named {
                loaded,
                composition,
                title,
            } = named(
                context,
                name.as_deref(),
                suite.as_deref(),
                with,
                architecture,
            )?;
            of_project(context, loaded, composition, title)?
        }
        What::Loose(asked) => {
            let loaded = loose::project(context, asked, order)?;
            let composition = loaded.project.builds().into_iter().next();
            let composition = composition.ok_or(ProjectError::NoImage)?;
            let plan = loaded.project.plan(&composition);
            match loose::lock(context, &loaded)? {
                Err(impossible) => Err(NotBuilt::Impossible(impossible)),
                Ok(lock) => Ok(Locked {
                    digest: Sha256::of(lock.to_string().as_bytes()),
                    title: plan.image.clone(),
                    loaded,
                    lock,
                    plan,
                    settings: composition.settings,
                    layout: composition.layout,
                }),
            }
        }
    };
    let summary = match &found {
        Ok(locked) => summary(locked)?,
        Err(_) => String::new(),
    };
    (context.settings.events)(Event::Finished {
        phase: Phase::Lock,
        summary,
    });
    Ok(found)
}

/// The lock of a project, if it fits what is built.
fn of_project(
    context: &Context,
    loaded: LoadedProject,
    composition: Composition,
    title: String,
) -> Result<Result<Locked, NotBuilt>, Error> {
    let plan = loaded.project.plan(&composition);
    check_combined(&loaded.project, &plan)?;
    if loaded.lock()?.is_none() {
        // Nothing is fixed yet, so nothing that somebody relies on can change.
        match lock::lock(context)? {
            Relocked::Impossible(impossible) => return Ok(Err(NotBuilt::Impossible(impossible))),
            Relocked::Denied(findings) => return Ok(Err(NotBuilt::Denied(findings))),
            Relocked::Written(_) => (context.settings.events)(Event::Warning(
                "there was no formwork.lock: it is written; keep it in git".to_owned(),
            )),
        }
    } else {
        let mut checked = lock::check(context)?;
        // What does not fit in other images is no reason not to build this one.
        checked.stale.retain(|stale| {
            stale.image.is_empty()
                || (&stale.image, &stale.suite, &stale.architecture)
                    == (&plan.name(), &plan.suite, &plan.architecture)
        });
        if !checked.stale.is_empty() {
            let checked = LockChecked {
                current: false,
                ..checked
            };
            return Ok(Err(NotBuilt::Stale(Box::new(checked))));
        }
    }
    let settings = settings::load(&loaded.directory, composition.settings)?;
    let layout = settings::load_layout(&loaded.directory, composition.layout)?;
    let current = loaded.required_lock()?;
    let denied = check::before_build(context, &loaded, &current.lock, &plan)?;
    if !denied.is_empty() {
        return Ok(Err(NotBuilt::Denied(denied)));
    }
    Ok(Ok(Locked {
        digest: Sha256::of(current.text.as_bytes()),
        lock: current.lock,
        loaded,
        plan,
        settings,
        layout,
        title,
    }))
}

/// The image of this name, or the only one.
fn image_of<'a>(project: &'a Project, name: Option<&str>) -> Result<&'a Image, Error> {
    let built = || project.images.values().filter(|image| !image.is_abstract);
    let names = || built().map(|image| image.name.as_str());
    match name {
        Some(name) => built().find(|image| image.name == name).ok_or_else(|| {
            let close = nearest(name, names(), OFFERED);
            let offered = if close.is_empty() {
                names().collect()
            } else {
                close
            };
            unknown("image", name, "the project", &offered)
        }),
        None if built().count() > 1 => {
            Err(ProjectError::WhichImage(names().map(str::to_owned).collect()).into())
        }
        None => Ok(built().next().ok_or(ProjectError::NoImage)?),
    }
}

/// The suite to build for: the one named, else the image's first.
fn suite_of(image: &Image, asked: Option<&str>) -> Result<String, Error> {
    let Some(asked) = asked else {
        let first = image.suites.first();
        return Ok(first.ok_or(ProjectError::NoImage)?.clone());
    };
    one_of("suite", asked, image, &image.suites)
}

/// The architecture to build for: the one named, else this machine's, else the image's first.
fn architecture_of(image: &Image, asked: Option<&str>) -> Result<String, Error> {
    let all = &image.architectures;
    match asked {
        Some(asked) => one_of("architecture", asked, image, all),
        None => {
            let own = machine::architecture();
            let found = all.iter().find(|name| **name == own).or(all.first());
            Ok(found.ok_or(ProjectError::NoImage)?.clone())
        }
    }
}

/// A name that must be one of those the image has.
fn one_of(
    what: &'static str,
    asked: &str,
    image: &Image,
    known: &[String],
) -> Result<String, Error> {
    if known.iter().any(|name| name == asked) {
        return Ok(asked.to_owned());
    }
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let place = format!("the image {}", image.name);
    Err(unknown(what, asked, &place, &known))
}

fn unknown(what: &'static str, name: &str, place: &str, known: &[&str]) -> Error {
    ProjectError::NotInImage {
        what,
        name: name.to_owned(),
        place: place.to_owned(),
        known: known.iter().map(|name| (*name).to_owned()).collect(),
    }
    .into()
}

/// The lock holds closures of each option alone and of combinations that are written down; any
/// other combination must first be.
fn check_combined(project: &Project, plan: &Plan) -> Result<(), Error> {
    let planned = project.plans();
    if planned.iter().any(|known| known.place() == plan.place()) {
        return Ok(());
    }
    Err(ProjectError::NotCombined {
        image: plan.image.clone(),
        options: plan.options.clone(),
    }
    .into())
}

/// What an image is called: its name with its options, and its suite where that is not its first.
fn title(image: &Image, composition: &Composition) -> String {
    let (name, suite) = (composition.name(), &composition.suite);
    if image.suites.first() == Some(suite) {
        name
    } else {
        format!("{name}@{suite}")
    }
}

/// The lock in a line: `187 packages from 2 repositories, signed 2026-11-22`.
fn summary(locked: &Locked) -> Result<String, Error> {
    let packages = locked.packages()?;
    let mut repositories: Vec<&str> = packages
        .iter()
        .map(|package| package.repository.as_str())
        .collect();
    repositories.sort_unstable();
    repositories.dedup();
    let date = locked.lock.date().map(|date| date.date());
    let noun = |count: usize, one: &str, many: &str| {
        format!("{count} {}", if count == 1 { one } else { many })
    };
    Ok(format!(
        "{} from {}, signed {}",
        noun(packages.len(), "package", "packages"),
        noun(repositories.len(), "repository", "repositories"),
        date.unwrap_or_default()
    ))
}
