//! Whether a lock fits its project, found out from the files alone.

use std::collections::BTreeSet;

use formwork_archive::Archive;
use formwork_model::documents::Stale;
use formwork_model::lock::{self, FILE_NAME, LockedClosure};
use formwork_model::project::{Place, Plan, Project};

use super::recipe;
use crate::Error;
use crate::context::Context;
use crate::project::{LoadedLock, LoadedProject};
use crate::repositories;

/// What to say when there is no lock at all.
pub(super) fn no_lock() -> Stale {
    whole(format!("there is no {FILE_NAME}"))
}

/// Everything by which a lock does not fit its project, sorted.
pub(super) fn find(
    context: &Context,
    loaded: &LoadedProject,
    current: &LoadedLock,
) -> Result<Vec<Stale>, Error> {
    let mut found = Vec::new();
    let plans = loaded.project.plans();
    for plan in &plans {
        let closure = current.lock.closure_at(plan.place());
        found.extend(compare(&loaded.project, plan, closure).map(|reason| of(plan, reason)));
    }
    for closure in &current.lock.closures {
        let planned = plans.iter().any(|plan| plan.place() == closure.place());
        if !planned {
            found.push(Stale {
                image: closure.name(),
                suite: closure.suite.clone(),
                architecture: closure.architecture.clone(),
                reason: "the project no longer asks for it".to_owned(),
            });
        }
    }
    found.extend(releases(&plans, current));
    if found.is_empty() {
        found.extend(directories(context, loaded, &plans, current)?);
    }
    if found.is_empty() && current.text != current.lock.to_string() {
        found.push(whole(format!("{FILE_NAME} is not as Formwork writes it")));
    }
    found.sort();
    Ok(found)
}

/// Why a closure does not fit its plan, if it does not.
fn compare(project: &Project, plan: &Plan, closure: Option<&LockedClosure>) -> Option<String> {
    let Some(closure) = closure else {
        return Some("it is not in the lock".to_owned());
    };
    let options = [
        ("variant", closure.variant.as_str(), plan.variant.as_str()),
        (
            "recommends",
            text(closure.recommends),
            text(plan.recommends),
        ),
    ];
    let changed = options
        .into_iter()
        .find(|(_, locked, asked)| locked != asked);
    if let Some((key, locked, asked)) = changed {
        return Some(format!("{key} was {locked} and is {asked} now"));
    }
    if closure.plan_sha256 != plan.digest(project) {
        return Some("its packages or repositories have changed since it was locked".to_owned());
    }
    let edited = closure.packages_sha256 != lock::digest(&closure.packages, &closure.beside);
    edited.then(|| "its packages in the lock were changed by hand or by a merge".to_owned())
}

/// A truth value as TOML writes it.
fn text(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// Releases that the project asks for and the lock lacks, as after a merge.
fn releases(plans: &[Plan], current: &LoadedLock) -> Vec<Stale> {
    let asked: BTreeSet<(&str, Option<&str>)> = plans
        .iter()
        .flat_map(|plan| &plan.repositories)
        .map(|part| (part.name.as_str(), part.suite.as_deref()))
        .collect();
    asked
        .into_iter()
        .filter(|(name, suite)| current.lock.release(name, *suite).is_none())
        .map(|(name, suite)| {
            let suite = suite.map_or_else(String::new, |suite| format!("{suite} of "));
            whole(format!(
                "it has no Release for {suite}the repository {name}"
            ))
        })
        .collect()
}

/// Directories of packages whose content is no longer the locked one. They lie on this machine,
/// so looking at them needs no network.
fn directories(
    context: &Context,
    loaded: &LoadedProject,
    plans: &[Plan],
    current: &LoadedLock,
) -> Result<Vec<Stale>, Error> {
    let mut own = Vec::new();
    for repository in &loaded.project.repositories {
        let locked = current.lock.release(&repository.name, None).is_some();
        if locked && matches!(repository.place, Place::Directory(_)) {
            own.push(repositories::of_project(context, loaded, repository, None)?);
        }
    }
    if own.is_empty() {
        return Ok(Vec::new());
    }
    let options = repositories::options(context, Vec::new());
    let archive = Archive::open(options, context.settings.events.clone())?;
    let snapshot = archive.sync(&own, &recipe::want(plans))?;
    let changed = snapshot.releases().filter(|release| {
        let locked = current.lock.release(&release.repository, None);
        locked.is_none_or(|locked| locked.release_sha256 != release.release_sha256)
    });
    Ok(changed
        .map(|release| {
            whole(format!(
                "the packages in the directory of {} have changed",
                release.repository
            ))
        })
        .collect())
}

/// A reason that concerns one closure.
fn of(plan: &Plan, reason: String) -> Stale {
    Stale {
        image: plan.name(),
        suite: plan.suite.clone(),
        architecture: plan.architecture.clone(),
        reason,
    }
}

/// A reason that concerns the whole lock.
fn whole(reason: String) -> Stale {
    Stale {
        image: String::new(),
        suite: String::new(),
        architecture: String::new(),
        reason,
    }
}
