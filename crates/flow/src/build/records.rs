//! What a build leaves beside its outputs: the record, the list of packages, the log.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use formwork_deb::sha256::Sha256;
use formwork_deb::time::Timestamp;
use formwork_model::documents::{
    self, BuildHost, BuildLog, BuildRecord, BuildStep, BuiltFile, BuiltPackage, BuiltPackages,
    Digest, Input, TimedStep,
};
use formwork_model::layout::Form;
use formwork_model::lock::LockedPackage;
use formwork_rootfs::error::Failure;
use formwork_rootfs::job::{Job, Kind, Stage};
use formwork_rootfs::report::{Report, Written};
use formwork_sys::fs;
use serde::Serialize;

use super::image::Made;
use super::locked::Locked;
use super::places::Places;
use crate::context::Context;
use crate::error::BrokenTree;
use crate::{Error, lock, machine};

/// The ending of the list of packages.
pub(super) const PACKAGES: &str = "packages.json";
/// The ending of the build record.
pub(super) const RECORD: &str = "buildinfo.json";
/// The ending of the log.
const LOG: &str = "log.json";
/// The ending of the record of a disk and file systems.
const IMAGE: &str = "image.json";

/// What all records tell of.
pub(super) struct Records<'a> {
    /// What was asked for.
    pub(super) locked: &'a Locked,
    /// Where the files are.
    pub(super) places: &'a Places,
    /// The order for the tree.
    pub(super) job: &'a Job,
    /// The forms that are made.
    pub(super) forms: &'a [Form],
}

impl Records<'_> {
    /// Writes the list of packages and the record; returns the files of the build in their order,
    /// with their bare names.
    pub(super) fn write(&self, report: &Report, made: &Made) -> Result<Vec<BuiltFile>, Error> {
        let list = self.put(PACKAGES, "packages", &self.package_list(report)?)?;
        let mut files = made.files.clone();
        let outputs = report.outputs.iter();
        files.extend(outputs.filter_map(|output| self.file(output)));
        if let Some(image) = &made.record {
            files.push(self.put(IMAGE, "image", image)?);
        }
        files.push(list);
        let record = self.record(report, made, &files)?;
        self.put(RECORD, "buildinfo", &record)?;
        Ok(files)
    }

    /// Writes one document and says what it is.
    fn put(&self, ending: &str, kind: &str, document: &impl Serialize) -> Result<BuiltFile, Error> {
        let name = self.places.beside(ending);
        let bytes = text(document)?;
        fs::write_first(&self.places.first(&name), &bytes)?;
        Ok(BuiltFile {
            kind: kind.to_owned(),
            path: name,
            size: bytes.len() as u64,
            sha256: Sha256::of(&bytes).to_string(),
        })
    }

    /// An output by its bare name, if it was asked for.
    fn file(&self, written: &Written) -> Option<BuiltFile> {
        let is_asked = match written.kind {
            Kind::Tar => self.forms.contains(&Form::Tar),
            Kind::Initrd => self.forms.contains(&Form::Initrd),
            Kind::Dir | Kind::Manifest => true,
            Kind::Delta => false,
        };
        is_asked.then(|| BuiltFile {
            kind: word(written.kind).to_owned(),
            path: self.places.name_of(written.kind, self.forms),
            size: written.size,
            sha256: written.sha256.clone(),
        })
    }

    /// The packages of the image.
    fn package_list(&self, report: &Report) -> Result<BuiltPackages, Error> {
        let plan = &self.locked.plan;
        Ok(BuiltPackages {
            format: documents::FORMAT,
            inputs: self.inputs(),
            image: self.locked.title.clone(),
            suite: plan.suite.clone(),
            architecture: plan.architecture.clone(),
            packages: self.packages(report)?,
        })
    }

    /// The packages that took part; those of which nothing is left in the tree are not installed.
    fn packages(&self, report: &Report) -> Result<Vec<BuiltPackage>, Error> {
        let native = &self.locked.plan.architecture;
        let is_gone = |one: &LockedPackage| {
            let is_foreign = one.architecture != *native && one.architecture != "all";
            let name = match is_foreign {
                true => format!("{}:{}", one.name, one.architecture),
                false => one.name.clone(),
            };
            report.stripped.binary_search(&name).is_ok()
        };
        let installed = self.locked.packages()?.into_iter();
        let installed = installed.map(|one| package(one, !is_gone(one)));
        let beside = self.locked.beside()?.into_iter();
        let mut packages: Vec<BuiltPackage> = installed
            .chain(beside.map(|one| package(one, false)))
            .collect();
        // Nothing is listed twice: what is installed is there, whatever else it serves for.
        packages.sort_by(|left, right| {
            let place = |one: &BuiltPackage| (one.name.clone(), one.architecture.clone());
            (place(left), !left.installed).cmp(&(place(right), !right.installed))
        });
        packages.dedup_by(|right, left| right.sha256 == left.sha256);
        Ok(packages)
    }

    fn inputs(&self) -> Vec<Input> {
        lock::inputs(&self.locked.loaded, &self.locked.lock)
    }

    /// The build record.
    fn record(
        &self,
        report: &Report,
        made: &Made,
        files: &[BuiltFile],
    ) -> Result<BuildRecord, Error> {
        let plan = &self.locked.plan;
        Ok(BuildRecord {
            format: documents::FORMAT,
            inputs: self.inputs(),
            formwork: env!("CARGO_PKG_VERSION").to_owned(),
            image: self.locked.title.clone(),
            suite: plan.suite.clone(),
            architecture: plan.architecture.clone(),
            variant: plan.variant.as_str().to_owned(),
            until: stage(self.job.until).to_owned(),
            lock_sha256: self.locked.digest.to_string(),
            date: self.locked.lock.date().unwrap_or(Timestamp(0)).to_string(),
            packages: self.packages(report)?,
            steps: self.steps(report, made)?,
            files: files.to_vec(),
        })
    }

    /// Each step with the digests of what it read and wrote.
    fn steps(&self, report: &Report, made: &Made) -> Result<Vec<BuildStep>, Error> {
        let packages = digest(
            "packages",
            &self.locked.closure()?.packages_sha256.to_string(),
        );
        let order = digest("order", &Sha256::of(&text(&bare(self.job))?).to_string());
        let lock = digest("lock", &self.locked.digest.to_string());
        let manifest = report
            .outputs
            .iter()
            .find(|output| output.kind == Kind::Manifest);
        let tree = digest("tree", manifest.map_or("", |output| &output.sha256));
        let mut steps = vec![
            BuildStep {
                name: "fetch".to_owned(),
                by: None,
                read: vec![lock],
                wrote: vec![packages.clone()],
            },
            BuildStep {
                name: "tree".to_owned(),
                by: None,
                read: [vec![order, packages], self.project_files()].concat(),
                wrote: vec![tree.clone()],
            },
        ];
        let outputs = report
            .outputs
            .iter()
            .filter(|output| !matches!(output.kind, Kind::Manifest | Kind::Delta));
        for output in outputs {
            let mut read = vec![tree.clone()];
            let mut by = None;
            if output.kind == Kind::Initrd {
                read.push(digest("kernel", &self.kernel()?.to_string()));
                by = report.initrd.as_ref().map(|initrd| initrd.made_by);
            }
            steps.push(BuildStep {
                name: word(output.kind).to_owned(),
                by: by.map(|maker| maker.as_str().to_owned()),
                read,
                wrote: vec![digest(word(output.kind), &output.sha256)],
            });
        }
        steps.extend(made.steps.iter().cloned());
        Ok(steps)
    }

    /// The digest of what was asked of kernel and initial RAM disk.
    fn kernel(&self) -> Result<Sha256, Error> {
        let mut wish = self.job.kernel.clone().unwrap_or_default();
        wish.at.clear();
        Ok(Sha256::of(&text(&wish)?))
    }

    /// The project's own files that are in the tree or run in it, each once.
    fn project_files(&self) -> Vec<Digest> {
        let mut settings = self.job.settings.clone();
        let mut files: Vec<Digest> = settings
            .project_files()
            .into_iter()
            .map(|file| digest(&file.path, &file.sha256))
            .collect();
        files.sort_by(|left, right| left.name.cmp(&right.name));
        files.dedup();
        files
    }

    /// The error for a tree that could not be made.
    pub(super) fn broken(&self, failure: Failure) -> Error {
        let image = self.locked.title.clone();
        Error::Tree(Box::new(BrokenTree {
            architecture: self.locked.plan.architecture.clone(),
            log: Some(self.places.last(&self.places.beside(LOG))),
            image,
            failure,
        }))
    }

    /// Writes the log, of a build that failed too.
    pub(super) fn log(
        &self,
        context: &Context,
        steps: Vec<TimedStep>,
        error: Option<&Error>,
    ) -> Result<(), Error> {
        let log = BuildLog {
            format: documents::FORMAT,
            image: self.locked.title.clone(),
            architecture: self.locked.plan.architecture.clone(),
            began: context.settings.now.to_string(),
            host: host(),
            built: error.is_none(),
            error: error.map(ToString::to_string),
            steps,
        };
        self.places.put(&self.places.beside(LOG), &text(&log)?)
    }
}

/// The job without the paths of this machine and what only limits it: what decides about the tree.
pub(super) fn bare(job: &Job) -> Job {
    let mut bare = job.clone();
    for package in &mut bare.packages {
        package.file.clear();
    }
    bare.settings = bare.settings.bare();
    bare.outputs.clear();
    bare.keep = None;
    // What is made of the finished tree decides nothing about it.
    bare.kernel = None;
    // Nor does where its stages are kept.
    bare.stages = None;
    bare.limits.tree_bytes = 0;
    // What is varied may change nothing: that it does not is the point of varying it.
    bare.vary.clear();
    bare
}

/// The word for an output.
pub(super) fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Tar => "tar",
        Kind::Delta => "delta",
        Kind::Dir => "dir",
        Kind::Manifest => "tree",
        Kind::Initrd => "initrd",
    }
}

/// The word for a stage.
fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Scripts => "scripts",
        Stage::Settings => "settings",
        Stage::Finished => "finished",
    }
}

/// A thing and its digest.
pub(super) fn digest(name: &str, sha256: &str) -> Digest {
    Digest {
        name: name.to_owned(),
        sha256: sha256.to_owned(),
    }
}

/// A package as the records name it.
fn package(package: &LockedPackage, installed: bool) -> BuiltPackage {
    BuiltPackage {
        name: package.name.clone(),
        version: package.version.clone(),
        architecture: package.architecture.clone(),
        source: package.source.clone(),
        source_version: package.source_version.clone(),
        size: package.size,
        sha256: package.sha256.to_string(),
        repository: package.repository.clone(),
        path: package.path.clone(),
        installed,
    }
}

/// This machine, for the log alone.
fn host() -> BuildHost {
    let kernel = |name: &str| {
        let bytes = fs::read_limited(&Path::new("/proc/sys/kernel").join(name), 1 << 10);
        let bytes = bytes.unwrap_or_default();
        String::from_utf8_lossy(&bytes).trim().to_owned()
    };
    BuildHost {
        name: kernel("hostname"),
        kernel: kernel("osrelease"),
        architecture: machine::architecture(),
        root: is_root(),
    }
}

/// Whether this process runs as root: who it is owns its directory of the process table.
pub(crate) fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

/// A document as it is written: two spaces a level, a line end at the end.
pub(super) fn text(document: &impl Serialize) -> Result<Vec<u8>, Error> {
    let mut bytes =
        serde_json::to_vec_pretty(document).map_err(|error| Error::Check(error.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}
