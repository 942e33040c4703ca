//! `formwork cache`: what was fetched and kept.

use std::collections::BTreeSet;
use std::path::Path;

use formwork_archive::store::{self, stages};
use formwork_deb::sha256::Sha256;
use formwork_image::cache as blocks;
use formwork_model::documents::{
    self, CacheCleaned, CachePart, CacheStage, CacheVerified, DamagedEntry,
};

use crate::Error;
use crate::build::{BLOCKS, STAGES};
use crate::context::Context;
use crate::{project, repositories};

pub use formwork_archive::store::Clean;

/// Says where the cache is and what it holds.
pub fn info(context: &Context) -> Result<documents::CacheInfo, Error> {
    let info = store::info(&context.cache)?;
    let mut parts: Vec<CachePart> = info
        .kinds
        .iter()
        .map(|kind| CachePart {
            name: kind.kind.plural().to_owned(),
            entries: kind.files,
            size: kind.bytes,
        })
        .collect();
    parts.sort();
    let stages = stages::list(&context.cache)?.into_iter();
    let stages = stages.map(|stage| CacheStage {
        image: stage.image,
        architecture: stage.architecture,
        packages: stage.packages,
        size: stage.size,
        used: stage.used.to_string(),
        key: stage.key,
    });
    Ok(documents::CacheInfo {
        format: documents::FORMAT,
        inputs: Vec::new(),
        directory: info.directory.display().to_string(),
        size: parts.iter().map(|part| part.size).sum(),
        parts,
        stages: stages.collect(),
    })
}

/// Removes everything, or a part of it; in a project the packages of its lock stay, which a mirror
/// may no longer have, unless `all` is asked for.
pub fn clean(context: &Context, what: Clean, all: bool) -> Result<CacheCleaned, Error> {
    let settings = &context.settings;
    let keep = match all {
        true => BTreeSet::new(),
        false => locked(context)?,
    };
    let cleaned = store::clean(&context.cache, what, &keep, settings.now, &settings.events)?;
    let cleaned = cleaned.ok_or(Error::Interrupted)?;
    Ok(CacheCleaned {
        format: documents::FORMAT,
        inputs: Vec::new(),
        entries: cleaned.files,
        size: cleaned.bytes,
        kept: cleaned.kept,
    })
}

/// The packages that the lock of the project names, if there is one.
fn locked(context: &Context) -> Result<BTreeSet<Sha256>, Error> {
    let Some(project) = project::find(&context.settings)? else {
        return Ok(BTreeSet::new());
    };
    let lock = project.lock()?;
    let packages = lock.iter().flat_map(|loaded| &loaded.lock.packages);
    Ok(packages.map(|package| package.sha256).collect())
}

/// Reads every entry, compares it with its digest, and removes those that are damaged.
pub fn verify(context: &Context) -> Result<CacheVerified, Error> {
    let settings = &context.settings;
    let jobs = repositories::jobs(settings);
    let verified =
        store::verify(&context.cache, jobs, &settings.events)?.ok_or(Error::Interrupted)?;
    let (packs, broken) = blocks::verify(&context.cache.join(BLOCKS));
    let (stages, unsound) = formwork_rootfs::stage::verify(&context.cache.join(STAGES))?;
    for one in &unsound {
        for path in std::iter::once(&one.file).chain(&one.with) {
            formwork_sys::fs::remove(path)?;
        }
    }
    let damaged = |path: &Path, reason: &str| DamagedEntry {
        file: path.display().to_string(),
        reason: reason.to_owned(),
    };
    let files = verified.corrupt.iter();
    let files = files.map(|path| damaged(path, "its content is not that of its name; removed"));
    let packs_of_blocks = broken.iter();
    let packs_of_blocks =
        packs_of_blocks.map(|path| damaged(path, "a packed block in it is damaged; removed"));
    let stages_of_builds = unsound
        .iter()
        .map(|one| damaged(&one.file, &format!("{}; removed", one.reason)));
    Ok(CacheVerified {
        format: documents::FORMAT,
        inputs: Vec::new(),
        checked: verified.files + packs + stages,
        damaged: files
            .chain(packs_of_blocks)
            .chain(stages_of_builds)
            .collect(),
    })
}
