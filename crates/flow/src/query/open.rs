//! Opens what a question is asked of: verified Releases and the mapped universe.

use formwork_archive::repository::Want as Indices;
use formwork_archive::{Archive, MappedUniverse};
use formwork_deb::universe::{NameId, Universe};
use formwork_model::documents::Input;
use formwork_model::project::Plan;
use formwork_model::wish::Wish;
use formwork_resolve::nearest_names;

use super::select::{Selection, distinct, known_suites, of_parts, of_plan, select};
use super::{Choice, Scope};
use crate::Error;
use crate::context::Context;
use crate::error::UnknownName;
use crate::project::LoadedProject;
use crate::repositories;

/// What a question needs besides its scope.
#[derive(Clone, Debug, Default)]
pub(crate) struct Want {
    /// Architectures that its words name.
    pub(crate) architectures: Vec<String>,
    /// Whether source packages are needed.
    pub(crate) sources: bool,
}

impl Want {
    /// What wishes need: the architectures behind their colons.
    pub(crate) fn for_wishes<T: AsRef<str>>(wishes: &[T]) -> Want {
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
    pub(crate) fn for_choice(choice: Choice, wishes: &[String]) -> Want {
        Want {
            sources: choice.builds,
            ..Want::for_wishes(wishes)
        }
    }
}

/// An archive that can be asked.
pub(crate) struct Opened {
    /// The Releases it was made from.
    pub(crate) inputs: Vec<Input>,
    /// The suites that are asked, in the order given.
    pub(crate) suites: Vec<String>,
    /// The native architecture.
    pub(crate) architecture: String,
    /// The components that are asked.
    components: Vec<String>,
    universe: MappedUniverse,
}

/// Brings the indices of a scope up to date and maps them.
pub(crate) fn open(context: &Context, scope: &Scope, want: Want) -> Result<Opened, Error> {
    open_selection(context, select(context, scope)?, want)
}

/// Brings the indices of one plan of a project up to date and maps them.
pub(crate) fn open_plan(
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

/// Brings the indices of all repositories of a project that serve a suite up to date and maps
/// them; where none does, those of that suite alone are taken, as for a question without a project.
pub(crate) fn open_suite(
    context: &Context,
    loaded: &LoadedProject,
    (suite, architecture): (&str, &str),
    want: Want,
) -> Result<Opened, Error> {
    let scope = Scope {
        suites: vec![suite.to_owned()],
        architecture: Some(architecture.to_owned()),
        ..Scope::default()
    };
    let parts = loaded.project.repositories_for(suite, architecture);
    if parts.is_empty() {
        return open(context, &scope, want);
    }
    open_selection(
        context,
        of_parts(context, &scope, loaded, &parts, architecture)?,
        want,
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
    let universe = archive.universe(
        &snapshot,
        &native,
        &selection.foreign,
        want.sources.then_some(selection.build_profiles.as_slice()),
    )?;
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
    pub(crate) fn universe(&self) -> Universe<'_> {
        self.universe.get()
    }

    /// Where was asked, in a person's words: `bookworm main amd64`.
    pub(crate) fn place(&self) -> String {
        let words = [
            self.suites.join(", "),
            self.components.join(", "),
            self.architecture.clone(),
        ];
        let words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
        words.join(" ")
    }

    /// The number of a name, an architecture behind a colon left aside.
    pub(crate) fn find(&self, universe: &Universe<'_>, name: &str) -> Option<NameId> {
        universe
            .find(name)
            .or_else(|| universe.find(name.rsplit_once(':')?.0))
    }

    /// The error for names that nobody knows, with those most like them.
    pub(crate) fn unknown(&self, universe: &Universe<'_>, names: &[&str]) -> Error {
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
