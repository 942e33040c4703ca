//! Which repositories and architectures a scope means: those of the suites that are named, else
//! the project's, else this machine's.

use formwork_archive::Error as ArchiveError;
use formwork_archive::mirror::AptSources;
use formwork_archive::repository::Repository;
use formwork_model::name::Kind;
use formwork_model::project::{Plan, PlanRepository};

use super::Scope;
use crate::context::Context;
use crate::init::check;
use crate::project::{self, LoadedProject};
use crate::repositories::{self, Asked};
use crate::{Error, machine};

/// The repositories and the architecture that a scope means.
pub(super) struct Selection {
    /// The repositories, in the order given.
    pub(super) repositories: Vec<Repository>,
    /// The native architecture.
    pub(super) architecture: String,
    /// Foreign architectures, as named.
    pub(super) foreign: Vec<String>,
    /// The build profiles under which build dependencies are read.
    pub(super) build_profiles: Vec<String>,
}

/// Chooses repositories: the suites that are named, else the project's, else this machine's.
pub(super) fn select(context: &Context, scope: &Scope) -> Result<Selection, Error> {
    check_names(scope)?;
    let project = project::find(&context.settings)?;
    match (&project, scope.suites.is_empty()) {
        (Some(loaded), true) => of_project(context, scope, loaded),
        _ => by_suite(context, scope, project.as_ref()),
    }
}

/// Names become parts of paths and addresses: each must be one of its kind.
fn check_names(scope: &Scope) -> Result<(), Error> {
    let architecture: Vec<String> = scope.architecture.iter().cloned().collect();
    check(Kind::Suite, "--suite", &scope.suites)?;
    check(Kind::Component, "--component", &scope.components)?;
    check(Kind::Architecture, "--arch", &architecture)?;
    check(Kind::Architecture, "--foreign", &scope.foreign)
}

/// The repositories of the project's first image on the architecture that is asked.
fn of_project(
    context: &Context,
    scope: &Scope,
    loaded: &LoadedProject,
) -> Result<Selection, Error> {
    let plans = loaded.project.plans();
    let fits = |name: &str| {
        scope
            .architecture
            .as_deref()
            .is_none_or(|asked| asked == name)
    };
    let Some(plan) = plans
        .iter()
        .find(|plan| fits(&plan.architecture))
        .or(plans.first())
    else {
        return Err(project::ProjectError::NoImage.into());
    };
    of_plan(context, scope, loaded, plan)
}

/// The repositories that take part in a plan.
pub(super) fn of_plan(
    context: &Context,
    scope: &Scope,
    loaded: &LoadedProject,
    plan: &Plan,
) -> Result<Selection, Error> {
    let architecture = scope
        .architecture
        .clone()
        .unwrap_or_else(|| plan.architecture.clone());
    let mut selection = of_parts(context, scope, loaded, &plan.repositories, &architecture)?;
    selection.foreign.extend(plan.foreign.iter().cloned());
    Ok(selection)
}

/// Some suites of a project's repositories.
pub(super) fn of_parts(
    context: &Context,
    scope: &Scope,
    loaded: &LoadedProject,
    parts: &[PlanRepository],
    architecture: &str,
) -> Result<Selection, Error> {
    let mut chosen = Vec::new();
    for part in parts {
        let Some(repository) = loaded.project.repository(&part.name) else {
            continue;
        };
        chosen.push(repositories::of_project(
            context,
            loaded,
            repository,
            part.suite.as_deref(),
        )?);
    }
    override_by_scope(scope, &mut chosen)?;
    Ok(Selection {
        repositories: chosen,
        build_profiles: scope.build_profiles.clone(),
        architecture: architecture.to_owned(),
        foreign: scope.foreign.clone(),
    })
}

/// The suites that are named, each in the project's repository that has it, else in this machine's.
fn by_suite(
    context: &Context,
    scope: &Scope,
    project: Option<&LoadedProject>,
) -> Result<Selection, Error> {
    let suites = match scope.suites.as_slice() {
        [] => vec![machine::suite(context)?],
        some => some.to_vec(),
    };
    let asked = Asked {
        components: &scope.components,
        keyrings: &scope.keyrings,
        at: scope.at,
    };
    let mut chosen = Vec::new();
    for suite in &suites {
        let own = project.and_then(|loaded| {
            let mut all = loaded.project.repositories.iter();
            Some((
                loaded,
                all.find(|repository| repository.suites.contains(suite))?,
            ))
        });
        chosen.push(match own {
            Some((loaded, repository)) => {
                repositories::of_project(context, loaded, repository, Some(suite))?
            }
            None => {
                repositories::of_machine(context, suite, &asked).map_err(|error| match error {
                    Error::Archive(error) => known_suites(context, error),
                    other => other,
                })?
            }
        });
    }
    override_by_scope(scope, &mut chosen)?;
    Ok(Selection {
        repositories: chosen,
        build_profiles: scope.build_profiles.clone(),
        architecture: scope
            .architecture
            .clone()
            .or_else(|| project_architecture(project))
            .unwrap_or_else(machine::architecture),
        foreign: scope.foreign.clone(),
    })
}

/// The architecture of a project's first image.
fn project_architecture(project: Option<&LoadedProject>) -> Option<String> {
    let plans = project?.project.plans();
    plans.first().map(|plan| plan.architecture.clone())
}

/// Adds the suites there are to an error that one is not there.
pub(super) fn known_suites(context: &Context, error: ArchiveError) -> Error {
    let (ArchiveError::NoSuite { suite, .. } | ArchiveError::NoMirror { suite, .. }) = &error
    else {
        return error.into();
    };
    let loaded = project::find(&context.settings).ok().flatten();
    let own = loaded
        .iter()
        .flat_map(|loaded| &loaded.project.repositories)
        .flat_map(|repository| &repository.suites);
    let machine = AptSources::read(&context.root);
    let all = own.chain(machine.sources.iter().flat_map(|source| &source.suites));
    Error::UnknownSuite {
        suite: suite.clone(),
        known: distinct(all),
        source: Box::new(error),
    }
}

/// Lets what was typed win over what the project says.
fn override_by_scope(scope: &Scope, chosen: &mut [Repository]) -> Result<(), Error> {
    for repository in chosen {
        if !scope.components.is_empty() && !repository.components.is_empty() {
            repository.components.clone_from(&scope.components);
        }
        if !scope.keyrings.is_empty() {
            repository.keyrings = repositories::keyrings(&scope.keyrings)?;
        }
        repository.at = scope.at.or(repository.at);
    }
    Ok(())
}

/// The texts, each once, in their first order, empty ones left out.
pub(super) fn distinct<'a>(texts: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for text in texts {
        if !text.is_empty() && !found.contains(text) {
            found.push(text.clone());
        }
    }
    found
}
