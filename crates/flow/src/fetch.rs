//! `formwork fetch`: every locked package into the cache, checked against the lock.
//!
//! The lock is all that counts: nothing is resolved, and no index is read. A package that the
//! mirror has dropped since is taken from the cache, from the repository's snapshot at the
//! lock's date, or from a copy in one of the project's `file:` repositories.

use formwork_archive::repository::Repository;
use formwork_archive::{Archive, LockedFile};
use formwork_deb::time::Timestamp;
use formwork_model::documents::{self, Fetched, FetchedPackage, PackageName};
use formwork_model::lock::{Lock, LockedPackage};
use formwork_sys::CheckedFile;

use crate::Error;
use crate::context::Context;
use crate::lock;
use crate::project::{self, LoadedProject, ProjectError};
use crate::repositories;

/// Obtains every package of the lock.
pub fn fetch(context: &Context) -> Result<Fetched, Error> {
    let loaded = project::open(context)?;
    let lock = loaded.required_lock()?.lock;
    let wanted: Vec<&LockedPackage> = lock.packages.iter().collect();
    let files = obtain(context, &loaded, &lock, &wanted)?;
    let packages: Vec<FetchedPackage> = lock
        .packages
        .iter()
        .zip(&files)
        .map(|(package, file)| entry(package, file))
        .collect();
    Ok(Fetched {
        format: documents::FORMAT,
        inputs: lock::inputs(&loaded, &lock),
        total: u64::try_from(packages.len()).unwrap_or(u64::MAX),
        size: packages.iter().map(|package| package.size).sum(),
        packages,
    })
}

/// Obtains packages of a lock, in the order given.
pub(crate) fn obtain(
    context: &Context,
    loaded: &LoadedProject,
    lock: &Lock,
    packages: &[&LockedPackage],
) -> Result<Vec<CheckedFile>, Error> {
    let files: Vec<LockedFile> = packages.iter().map(|package| wanted(package)).collect();
    let repositories = all_repositories(context, loaded)?;
    let known = |file: &&LockedFile| repositories.iter().any(|one| one.name == file.repository);
    if let Some(lost) = files.iter().find(|file| !known(file)) {
        return Err(ProjectError::UnknownRepository(lost.repository.clone()).into());
    }
    let options = repositories::options(context, Vec::new());
    let archive = Archive::open(options, context.settings.events.clone())?;
    let date = lock.date().unwrap_or(Timestamp(0));
    Ok(archive.fetch(&files, &repositories, date)?)
}

/// Every suite of every repository of the project: any of them may hold a copy.
fn all_repositories(context: &Context, loaded: &LoadedProject) -> Result<Vec<Repository>, Error> {
    let mut all = Vec::new();
    for repository in &loaded.project.repositories {
        if repository.suites.is_empty() {
            all.push(repositories::of_project(context, loaded, repository, None)?);
        }
        for suite in &repository.suites {
            all.push(repositories::of_project(
                context,
                loaded,
                repository,
                Some(suite),
            )?);
        }
    }
    Ok(all)
}

/// A package as the archive is asked for it.
fn wanted(package: &LockedPackage) -> LockedFile {
    LockedFile {
        label: format!(
            "{} {} {}",
            package.name, package.version, package.architecture
        ),
        repository: package.repository.clone(),
        path: package.path.clone(),
        size: package.size,
        sha256: package.sha256,
    }
}

/// A package that is at hand.
fn entry(package: &LockedPackage, file: &CheckedFile) -> FetchedPackage {
    FetchedPackage {
        package: PackageName {
            name: package.name.clone(),
            version: package.version.clone(),
            architecture: package.architecture.clone(),
        },
        size: package.size,
        sha256: package.sha256.to_string(),
        file: file.path().display().to_string(),
    }
}
