//! Opens a suite of a project for facts: its packages, and its sources if they can be had.

use formwork_archive::repository::{Repository, Want};
use formwork_archive::{Archive, MappedUniverse, Snapshot};
use formwork_model::documents::Input;
use formwork_model::event::{Event, Sink};

use crate::Error;
use crate::context::Context;
use crate::project::LoadedProject;
use crate::repositories;

/// A suite that can be asked for facts.
pub(crate) struct Asked {
    /// The suite.
    pub(crate) suite: String,
    /// The architecture.
    pub(crate) architecture: String,
    /// The Releases.
    pub(crate) inputs: Vec<Input>,
    /// Whether the indices of sources are at hand.
    pub(crate) has_sources: bool,
    /// The packages.
    pub(crate) universe: MappedUniverse,
    pub(super) archive: Archive,
    pub(super) snapshot: Snapshot,
    pub(super) repositories: Vec<Repository>,
    pub(super) events: Sink,
}

/// Opens a suite on an architecture, with its index of sources or without: in the project's
/// repositories that serve it, else in this machine's mirror.
pub(crate) fn open(
    context: &Context,
    loaded: &LoadedProject,
    (suite, architecture): (&str, &str),
    sources: bool,
) -> Result<Asked, Error> {
    let repositories = repositories_of(context, loaded, suite, architecture)?;
    let events = context.settings.events.clone();
    let archive = Archive::open(repositories::options(context, Vec::new()), events.clone())?;
    let want = |sources: bool| Want {
        architectures: vec![architecture.to_owned()],
        sources,
    };
    let (snapshot, has_sources) = match archive.sync(&repositories, &want(sources)) {
        Ok(snapshot) => (snapshot, sources),
        Err(formwork_archive::Error::Interrupted) => return Err(Error::Interrupted),
        Err(error) if !sources => return Err(error.into()),
        Err(error) => {
            let snapshot = archive.sync(&repositories, &want(false))?;
            let text = format!("{suite}: the index of sources could not be had: {error}");
            events(Event::Warning(text));
            (snapshot, false)
        }
    };
    let universe = archive.universe(&snapshot, architecture, &[], None)?;
    Ok(Asked {
        suite: suite.to_owned(),
        architecture: architecture.to_owned(),
        inputs: repositories::inputs(&snapshot),
        has_sources,
        universe,
        archive,
        snapshot,
        repositories,
        events,
    })
}

fn repositories_of(
    context: &Context,
    loaded: &LoadedProject,
    suite: &str,
    architecture: &str,
) -> Result<Vec<Repository>, Error> {
    let parts = loaded.project.repositories_for(suite, architecture);
    if parts.is_empty() {
        let asked = repositories::Asked {
            components: &[],
            keyrings: &[],
            at: None,
        };
        return Ok(vec![repositories::of_machine(context, suite, &asked)?]);
    }
    let mut found = Vec::new();
    for part in &parts {
        if let Some(repository) = loaded.project.repository(&part.name) {
            let suite = part.suite.as_deref();
            found.push(repositories::of_project(
                context, loaded, repository, suite,
            )?);
        }
    }
    Ok(found)
}
