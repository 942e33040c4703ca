//! Opens what a question is asked of: verified Releases and the mapped universe.

use formwork_archive::mirror::AptSources;
use formwork_archive::repository::{Repository, Want as Indices};
use formwork_archive::{Archive, Error as ArchiveError, MappedUniverse};
use formwork_deb::universe::{NameId, Universe};
use formwork_model::documents::Input;
use formwork_model::project::Plan;
use formwork_model::wish::Wish;
use formwork_resolve::nearest_names;

use super::{Choice, Scope};
use crate::context::Context;
use crate::error::UnknownName;
use crate::project::{self, LoadedProject};
use crate::repositories::{self, Asked};
use crate::{Error, machine};

/// What a question needs besides its scope.
#[derive(Clone, Debug, Default)]
pub(super) struct Want {
    /// Architectures that its words name.
    pub(super) architectures: Vec<String>,
    /// Whether source packages are needed.
    pub(super) sources: bool,
}

impl Want {
    /// What wishes need: the architectures behind their colons.
    pub(super) fn for_wishes<T: AsRef<str>>(wishes: &[T]) -> Want {
        let named = wishes
            .iter()
            .filter_map(|text| Wish::parse(text.as_ref()).ok()?.architecture);
        Want {
            architectures: named.filter(|name| name != "all").collect(),
            sources: false,
        }
    }
}

impl Want {
    /// What wishes of this kind need.
    pub(super) fn for_choice(choice: Choice, wishes: &[String]) -> Want {
        Want {
            sources: choice.builds,
            ..Want::for_wishes(wishes)
        }
    }
}

/// An archive that can be asked.
pub(super) struct Opened {
    /// The Releases it was made from.
    pub(super) inputs: Vec<Input>,
    /// The suites that are asked, in the order given.
    pub(super) suites: Vec<String>,
    /// The native architecture.
    pub(super) architecture: String,
    /// The components that are asked.
    components: Vec<String>,
    universe: MappedUniverse,
}

/// The repositories and the architecture that a scope means.
struct Selection {
    repositories: Vec<Repository>,
    architecture: String,
    foreign: Vec<String>,
}

/// Brings the indices of a scope up to date and maps them.
pub(super) fn open(context: &Context, scope: &Scope, want: Want) -> Result<Opened, Error> {
    open_selection(context, select(context, scope)?, want)
}

/// Brings the indices of one plan of a project up to date and maps them.
pub(super) fn open_plan(
    context: &Context,
    scope: &Scope,
    loaded: &LoadedProject,
    plan: &Plan,
) -> Result<Opened, Error> {
    open_selection(
        context,
        of_plan(context, scope, loaded, plan)?,
        Want::default(),
    )
}

/// Brings the indices of the chosen repositories up to date and maps them.
fn open_selection(
    context: &Context,
    mut selection: Selection,
    want: Want,
) -> Result<Opened, Error> {
    selection.foreign.extend(want.architectures);
    let native = selection.architecture.clone();
    selection.foreign.retain(|name| *name != native);
    selection.foreign.sort();
    selection.foreign.dedup();
    let mut architectures = vec![native.clone()];
    architectures.extend(selection.foreign.iter().cloned());
    let archive = Archive::open(
        repositories::options(context, Vec::new()),
        context.settings.events.clone(),
    )?;
    let indices = Indices {
        architectures,
        sources: want.sources,
    };
    let snapshot = archive
        .sync(&selection.repositories, &indices)
        .map_err(|error| known_suites(context, error))?;
    let universe = archive.universe(&snapshot, &native, &selection.foreign, want.sources)?;
    Ok(Opened {
        inputs: repositories::inputs(&snapshot),
        suites: distinct(
            selection
                .repositories
                .iter()
                .map(|repository| &repository.suite),
        ),
        components: distinct(
            selection
                .repositories
                .iter()
                .flat_map(|repository| &repository.components),
        ),
        architecture: native,
        universe,
    })
}

impl Opened {
    /// The universe.
    pub(super) fn universe(&self) -> Universe<'_> {
        self.universe.get()
    }

    /// Where was asked, in a person's words: `bookworm main amd64`.
    pub(super) fn place(&self) -> String {
        let words = [
            self.suites.join(", "),
            self.components.join(", "),
            self.architecture.clone(),
        ];
        let words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
        words.join(" ")
    }

    /// The number of a name, an architecture behind a colon left aside.
    pub(super) fn find(&self, universe: &Universe<'_>, name: &str) -> Option<NameId> {
        universe
            .find(name)
            .or_else(|| universe.find(name.rsplit_once(':')?.0))
    }

    /// The error for names that nobody knows, with those most like them.
    pub(super) fn unknown(&self, universe: &Universe<'_>, names: &[&str]) -> Error {
        let unknown = names.iter().map(|name| UnknownName {
            name: (*name).to_owned(),
            nearest: nearest_names(
                universe,
                name.rsplit_once(':').map_or(name, |(front, _)| front),
            ),
        });
        Error::UnknownPackages {
            unknown: unknown.collect(),
            place: self.place(),
        }
    }
}

/// The texts, each once, in their first order, empty ones left out.
fn distinct<'a>(texts: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for text in texts {
        if !text.is_empty() && !found.contains(text) {
            found.push(text.clone());
        }
    }
    found
}

/// Chooses repositories: the suites that are named, else the project's, else this machine's.
fn select(context: &Context, scope: &Scope) -> Result<Selection, Error> {
    let project = project::find(&context.settings)?;
    match (&project, scope.suites.is_empty()) {
        (Some(loaded), true) => of_project(context, scope, loaded),
        _ => by_suite(context, scope, project.as_ref()),
    }
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
fn of_plan(
    context: &Context,
    scope: &Scope,
    loaded: &LoadedProject,
    plan: &Plan,
) -> Result<Selection, Error> {
    let mut chosen = Vec::new();
    for part in &plan.repositories {
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
        architecture: scope
            .architecture
            .clone()
            .unwrap_or_else(|| plan.architecture.clone()),
        foreign: [scope.foreign.clone(), plan.foreign.clone()].concat(),
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
        architecture: scope
            .architecture
            .clone()
            .unwrap_or_else(machine::architecture),
        foreign: scope.foreign.clone(),
    })
}

/// Adds the suites there are to an error that one is not there.
fn known_suites(context: &Context, error: ArchiveError) -> Error {
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
