//! From the repositories of a project, or of this machine, to those the archive works with.

use std::path::{Path, PathBuf};

use formwork_archive::mirror::mirror_for;
use formwork_archive::repository::{
    AllowExpired, Floor, Options, Refresh, Repository, RepositoryKind,
};
use formwork_archive::trust::KeyringSource;
use formwork_archive::url::Url;
use formwork_archive::{Snapshot, VerifiedRelease};
use formwork_deb::time::Timestamp;
use formwork_model::documents::{Input, Waiver};
use formwork_model::project::{self, DebianArchive};

use crate::Error;
use crate::context::{Context, Settings};
use crate::project::LoadedProject;

/// How old indices may be before the mirror is asked again, if the person says nothing.
const FRESH_SECONDS: u64 = 60 * 60;
/// How many transfers run at once, if the person says nothing; they wait more than they work.
const USUAL_JOBS: usize = 8;

/// How the archive is to work for these settings; `floors` are the Releases of the lock.
pub(crate) fn options(context: &Context, floors: Vec<Floor>) -> Options {
    let settings = &context.settings;
    Options {
        offline: settings.offline,
        refresh: match (settings.offline, settings.refresh) {
            (true, _) => Refresh::Never,
            (_, true) => Refresh::Always,
            _ => Refresh::IfOlder(FRESH_SECONDS),
        },
        now: settings.now,
        jobs: jobs(settings),
        allow_older: settings.allow_older,
        floors,
        cache_dir: context.cache.clone(),
        state_dir: context.state.clone(),
        root: context.root.clone(),
    }
}

/// How many transfers or threads run at once.
pub(crate) fn jobs(settings: &Settings) -> usize {
    settings.jobs.unwrap_or(USUAL_JOBS)
}

/// One suite of a project's repository; `suite` is none for a plain directory of packages.
pub(crate) fn of_project(
    context: &Context,
    loaded: &LoadedProject,
    repository: &project::Repository,
    suite: Option<&str>,
) -> Result<Repository, Error> {
    let (url, kind) = place(context, loaded, repository, suite.unwrap_or_default())?;
    let keyrings = repository
        .keyrings
        .iter()
        .map(|name| KeyringSource::from_name(name, &loaded.directory));
    Ok(Repository {
        name: repository.name.clone(),
        url,
        suite: suite.unwrap_or_default().to_owned(),
        components: repository.components.clone(),
        architectures: repository.architectures.clone(),
        keyrings: keyrings.collect(),
        priority: repository.priority_of(suite.unwrap_or_default()),
        at: repository.at,
        snapshot_template: repository.snapshot.clone(),
        allow_expired: repository.allow_expired.as_ref().map(|leave| AllowExpired {
            until: leave.until,
            reason: leave.reason.clone(),
        }),
        kind,
    })
}

/// Where a project's repository is found.
fn place(
    context: &Context,
    loaded: &LoadedProject,
    repository: &project::Repository,
    suite: &str,
) -> Result<(Url, RepositoryKind), Error> {
    let name = repository.name.as_str();
    Ok(match &repository.place {
        project::Place::Mirror(_) => {
            let given = mirror(context, loaded.project.mirror.as_deref())?;
            (
                mirror_for(suite, given.as_ref(), &context.root)?.url,
                RepositoryKind::Indexed,
            )
        }
        project::Place::Url { url, .. } => (address(name, url)?, RepositoryKind::Indexed),
        project::Place::Directory(path) => {
            let path = absolute(&loaded.directory.join(path))?;
            (Url::from_file_path(&path), RepositoryKind::Directory)
        }
    })
}

/// What is asked of this machine's own mirror.
pub(crate) struct Asked<'a> {
    /// The components, `main` if there are none.
    pub(crate) components: &'a [String],
    /// The keyring files, Debian's own keys if there are none.
    pub(crate) keyrings: &'a [PathBuf],
    /// The date to travel back to.
    pub(crate) at: Option<Timestamp>,
}

/// One suite of this machine's own mirror, or of the one the person names.
pub(crate) fn of_machine(
    context: &Context,
    suite: &str,
    asked: &Asked<'_>,
) -> Result<Repository, Error> {
    let given = mirror(context, None)?;
    let components = match asked.components {
        [] => vec!["main".to_owned()],
        some => some.to_vec(),
    };
    Ok(Repository {
        name: DebianArchive::of_suite(suite).as_str().to_owned(),
        url: mirror_for(suite, given.as_ref(), &context.root)?.url,
        suite: suite.to_owned(),
        components,
        keyrings: keyrings(asked.keyrings)?,
        priority: project::usual_priority(suite),
        at: asked.at,
        snapshot_template: None,
        architectures: Vec::new(),
        allow_expired: None,
        kind: RepositoryKind::Indexed,
    })
}

/// The keyrings that the person names, else Debian's.
pub(crate) fn keyrings(named: &[PathBuf]) -> Result<Vec<KeyringSource>, Error> {
    if named.is_empty() {
        return Ok(vec![KeyringSource::DebianArchive]);
    }
    let here = absolute(Path::new("."))?;
    Ok(named
        .iter()
        .map(|path| KeyringSource::from_name(&path.to_string_lossy(), &here))
        .collect())
}

/// The mirror that the person names, else the one of the project.
fn mirror(context: &Context, of_project: Option<&str>) -> Result<Option<Url>, Error> {
    let given = context.settings.mirror.as_deref().or(of_project);
    given.map(|text| address("--mirror", text)).transpose()
}

/// An address that somebody wrote.
fn address(repository: &str, text: &str) -> Result<Url, Error> {
    Url::parse(text).map_err(|source| {
        formwork_archive::Error::Address {
            repository: repository.to_owned(),
            source,
        }
        .into()
    })
}

/// A path that does not depend on the current directory.
fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).map_err(|error| formwork_sys::Error::io("find", path, error).into())
}

/// The Releases of a snapshot as documents name them.
pub(crate) fn inputs(snapshot: &Snapshot) -> Vec<Input> {
    snapshot.releases().map(input).collect()
}

/// One Release as documents name it.
fn input(release: &VerifiedRelease) -> Input {
    Input {
        repository: release.repository.clone(),
        suite: release.suite.clone(),
        date: release.date.to_string(),
        release_sha256: release.release_sha256.to_string(),
        allow_expired: release.expired_waiver.as_ref().map(|leave| Waiver {
            until: leave.until.date(),
            reason: leave.reason.clone(),
        }),
    }
}
