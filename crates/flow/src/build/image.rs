//! Disks and file systems out of a finished tree, without any privilege.
//!
//! The tree comes as the archive that its maker wrote, with that of the stage that it stands on; everything else is bytes: the initial
//! RAM disk, and single files out of packages that stand in the lock without being installed.

mod parts;
mod write;

use formwork_codec::pack::{self, Container};
use formwork_deb::sha256::Sha256;
use formwork_image::blocks::Aids;
use formwork_image::cache::{self, BlockCache};
use formwork_image::make::{self, DiskOrder, FileSystemOrder, ImageError};
use formwork_image::tree::Tree;
use formwork_model::documents::{self, BuildStep, BuiltFile, Digest, ImageDisk, ImageRecord};
use formwork_model::event::{Event, Phase, Unit};
use formwork_model::layout::{FileSystem, Loader};
use formwork_rootfs::job::Kind;
use formwork_rootfs::report::Report;
use formwork_sys::fs::{self, Fresh, MappedFile, Sparse};

use super::beside::Beside;
use super::records::{Records, digest, text, word};
use super::{Compression, Form, Watch};
use crate::Error;
use crate::context::{self, Context};
use crate::error::BrokenImage;
use parts::Parts;

/// The part of the cache for packed blocks.
pub(crate) const BLOCKS: &str = "blocks";

/// All that decides about the images of a tree.
pub(super) struct Images<'a> {
    /// What was asked for, and the order for the tree.
    pub(super) records: &'a Records<'a>,
    /// The packages of which single files are taken.
    pub(super) beside: &'a [Beside],
    /// The seed of names for life.
    pub(super) seed: Sha256,
    /// How the disk is compressed besides.
    pub(super) compress: Option<Compression>,
}

/// What was made besides what the maker of trees writes itself.
#[derive(Debug, Default)]
pub(super) struct Made {
    /// The files in their order, with their bare names.
    pub(super) files: Vec<BuiltFile>,
    /// What is in them.
    pub(super) record: Option<ImageRecord>,
    /// The steps, with the digests of what they read and wrote.
    pub(super) steps: Vec<BuildStep>,
}

/// What all images of a build are made of.
struct Source<'a> {
    tree: &'a Tree<'a>,
    aids: Aids<'a>,
    /// The manifest's digest, which stands for the tree.
    digest: Digest,
    time: u32,
}

impl Images<'_> {
    /// Makes every form that is an image.
    pub(super) fn make(
        &self,
        context: &Context,
        report: &Report,
        watch: &mut Watch,
    ) -> Result<Made, Error> {
        let is_image = |form: &&Form| !matches!(form, Form::Tar | Form::Dir | Form::Initrd);
        let forms: Vec<Form> = self
            .records
            .forms
            .iter()
            .filter(is_image)
            .copied()
            .collect();
        if forms.is_empty() {
            return Ok(Made::default());
        }
        let events = &context.settings.events;
        events(Event::Started {
            phase: Phase::Image,
            unit: Unit::Items,
            total: Some(forms.len() as u64),
        });
        let has_all = report.outputs.iter().any(|output| output.kind == Kind::Tar);
        let kind = if has_all { Kind::Tar } else { Kind::Delta };
        let archive = MappedFile::open(&self.staged(kind))?;
        let stage = report.stage.as_ref().filter(|_| !has_all);
        let stage = stage.map(|stage| MappedFile::open(&stage.archive));
        let stage = stage.transpose()?;
        let mapped: Vec<&MappedFile> = std::iter::once(&archive).chain(&stage).collect();
        let blocks = BlockCache::open(&context.cache.join(BLOCKS));
        let aids = Aids {
            blocks: Some(&blocks),
            mapped: &mapped,
        };
        let tree = aids
            .bounded(|| Tree::open_over(&archive, stage.as_deref().unwrap_or_default(), &aids))
            .map_err(|error| self.broken(report, error.into()))?;
        watch.lap("open");
        let source = Source {
            tree: &tree,
            aids,
            digest: digest("tree", sha256_of(report, Kind::Manifest)),
            time: u32::try_from(self.records.job.date).unwrap_or_default(),
        };
        let mut made = Made::default();
        let mut record = self.record(&source);
        let mut told = Vec::new();
        for (number, form) in forms.iter().enumerate() {
            if context::interrupted() {
                return Err(Error::Interrupted);
            }
            events(Event::Advanced {
                phase: Phase::Image,
                item: form.as_str().to_owned(),
                done: number as u64,
                total: Some(forms.len() as u64),
            });
            told.push(match form {
                Form::Disk => self.disk(&source, report, &mut made, &mut record, watch)?,
                Form::Squashfs => self.file_system(
                    FileSystem::Squashfs,
                    &source,
                    report,
                    &mut made,
                    &mut record,
                )?,
                Form::Erofs => {
                    self.file_system(FileSystem::Erofs, &source, report, &mut made, &mut record)?
                }
                _ => self.file_system(FileSystem::Ext4, &source, report, &mut made, &mut record)?,
            });
            if *form != Form::Disk {
                watch.lap(form.as_str());
            }
        }
        blocks.finish(cache::USUAL_LIMIT);
        record
            .filesystems
            .sort_by(|left, right| left.kind.cmp(&right.kind));
        made.record = Some(record);
        events(Event::Finished {
            phase: Phase::Image,
            summary: told.join("; "),
        });
        Ok(made)
    }

    /// The record before anything is made.
    fn record(&self, source: &Source<'_>) -> ImageRecord {
        let plan = &self.records.locked.plan;
        ImageRecord {
            format: documents::FORMAT,
            image: self.records.locked.title.clone(),
            suite: plan.suite.clone(),
            architecture: plan.architecture.clone(),
            tree_sha256: source.digest.sha256.clone(),
            ..ImageRecord::default()
        }
    }

    /// The disk, its block map and its compressed form; tells what it is in a line.
    fn disk(
        &self,
        source: &Source<'_>,
        report: &Report,
        made: &mut Made,
        record: &mut ImageRecord,
        watch: &mut Watch,
    ) -> Result<String, Error> {
        let locked = self.records.locked;
        let layout = &locked.layout;
        let mut parts = Parts::take(layout, &locked.plan.architecture, self.beside)?;
        let initrd = match layout.boot {
            Some(_) => Some(MappedFile::open(&self.staged(Kind::Initrd))?),
            None => None,
        };
        parts.unpack_kernel(source.tree, report, &locked.packages()?)?;
        let blobs = parts.blobs();
        let order = DiskOrder {
            layout,
            tree: source.tree,
            kernel: parts.kernel(report),
            initrd: initrd.as_ref().map(|bytes| parts::initrd(bytes)),
            stub: parts.stub(),
            loader: parts.loader(),
            blobs: &blobs,
            seed: self.seed,
            time: source.time,
            architecture: &locked.plan.architecture,
            aids: source.aids,
        };
        let name = self.records.places.name(Form::Disk);
        let path = self.records.places.first(&name);
        let disk = make::disk(&order, |size| {
            Sparse::create(&path, size).map_err(write::io)
        })
        .map_err(|error| self.broken(report, error))?;
        let mut wrote = vec![digest("disk", &disk.disk.sha256)];
        made.files.push(BuiltFile {
            kind: "disk".to_owned(),
            path: name.clone(),
            size: disk.disk.size,
            sha256: disk.disk.sha256.clone(),
        });
        if let Some(map) = &disk.map {
            let file = self.put("bmap", &format!("{name}.bmap"), map.as_bytes())?;
            wrote.push(digest("bmap", &file.sha256));
            made.files.push(file);
        }
        watch.lap("disk");
        if let Some(compression) = self.compress {
            let size = disk.disk.size;
            let file = self.compressed(&name, size, &disk.place, compression)?;
            wrote.push(digest(&file.kind, &file.sha256));
            made.files.push(file);
            watch.lap("compress");
        }
        disk.place.publish()?;
        self.beside_a_disk_that_boots_otherwise(&order, made, &mut wrote)?;
        let mut read = vec![source.digest.clone(), self.layout()?];
        let boot = disk.boot.iter().flat_map(|boot| &boot.parts);
        read.extend(
            boot.filter(|part| part.name != "uki")
                .map(|part| digest(&part.name, &part.sha256)),
        );
        let blobs = disk.disk.blobs.iter();
        read.extend(blobs.map(|blob| digest(&format!("blob {}", blob.name), &blob.sha256)));
        made.steps.push(BuildStep {
            name: "disk".to_owned(),
            by: None,
            read,
            wrote,
        });
        let told = write::summary(&disk.disk);
        record.disk = Some(ImageDisk {
            file: name,
            ..disk.disk
        });
        record.boot = disk.boot;
        Ok(told)
    }

    /// Kernel and initial RAM disk as files, where something of the board's own starts them.
    fn beside_a_disk_that_boots_otherwise(
        &self,
        order: &DiskOrder<'_>,
        made: &mut Made,
        wrote: &mut Vec<Digest>,
    ) -> Result<(), Error> {
        let boot = order.layout.boot.as_ref();
        if boot.is_none_or(|boot| boot.loader != Loader::None) {
            return Ok(());
        }
        let initrd = order
            .initrd
            .filter(|_| !self.records.forms.contains(&Form::Initrd));
        let kernel = order.kernel.map(|kernel| kernel.part);
        for (kind, part) in [("kernel", kernel), ("initrd", initrd)] {
            if let Some(part) = part {
                let file = self.put(kind, &self.records.places.beside(kind), part.bytes)?;
                wrote.push(digest(kind, &file.sha256));
                made.files.push(file);
            }
        }
        Ok(())
    }

    /// The whole tree as one file system; tells what it is in a line.
    fn file_system(
        &self,
        kind: FileSystem,
        source: &Source<'_>,
        report: &Report,
        made: &mut Made,
        record: &mut ImageRecord,
    ) -> Result<String, Error> {
        let form = match kind {
            FileSystem::Squashfs => Form::Squashfs,
            FileSystem::Erofs => Form::Erofs,
            FileSystem::Ext4 | FileSystem::Vfat => Form::Ext4,
        };
        let order = FileSystemOrder {
            kind,
            layout: &self.records.locked.layout,
            tree: source.tree,
            seed: self.seed,
            time: source.time,
            aids: source.aids,
        };
        let name = self.records.places.name(form);
        let path = self.records.places.first(&name);
        let image = make::file_system(&order, |size| {
            Sparse::create(&path, size).map_err(write::io)
        })
        .map_err(|error| self.broken(report, error))?;
        image.place.publish()?;
        let sha256 = image.sha256.to_string();
        made.steps.push(BuildStep {
            name: form.as_str().to_owned(),
            by: None,
            read: vec![source.digest.clone(), self.layout()?],
            wrote: vec![digest(form.as_str(), &sha256)],
        });
        made.files.push(BuiltFile {
            kind: form.as_str().to_owned(),
            path: name.clone(),
            size: image.record.size,
            sha256,
        });
        let told = format!("{} {}", form.as_str(), write::size(image.record.size));
        record.filesystems.push(documents::ImageFileSystem {
            file: Some(name),
            ..image.record
        });
        Ok(told)
    }

    /// Packs the finished disk.
    fn compressed(
        &self,
        disk: &str,
        size: u64,
        place: &Sparse,
        compression: Compression,
    ) -> Result<BuiltFile, Error> {
        let (container, kind) = match compression {
            Compression::Zst => (Container::Zst, "zst"),
            Compression::Xz => (Container::Xz, "xz"),
        };
        let name = format!("{disk}.{kind}");
        let path = self.records.places.first(&name);
        let read = |offset: u64, buffer: &mut [u8]| place.read_at(offset, buffer);
        let mut packed = Fresh::create(&path)?;
        pack::file(container, size, &read, &mut packed)
            .map_err(|error| formwork_sys::Error::io("write", &path, error))?;
        let (sha256, size) = packed.finish()?;
        Ok(BuiltFile {
            kind: format!("disk.{kind}"),
            path: name,
            size,
            sha256: sha256.to_string(),
        })
    }

    /// Writes a small file and says what it is.
    fn put(&self, kind: &str, name: &str, bytes: &[u8]) -> Result<BuiltFile, Error> {
        fs::write_first(&self.records.places.first(name), bytes)?;
        Ok(BuiltFile {
            kind: kind.to_owned(),
            path: name.to_owned(),
            size: bytes.len() as u64,
            sha256: Sha256::of(bytes).to_string(),
        })
    }

    /// Where the maker of trees has written something.
    fn staged(&self, kind: Kind) -> std::path::PathBuf {
        let places = self.records.places;
        places.first(&places.name_of(kind, self.records.forms))
    }

    /// The digest of the layout.
    fn layout(&self) -> Result<Digest, Error> {
        let bytes = text(&self.records.locked.layout.bare())?;
        Ok(digest("layout", &Sha256::of(&bytes).to_string()))
    }

    /// The error for an image that could not be made.
    fn broken(&self, report: &Report, source: ImageError) -> Error {
        let manifest = report
            .outputs
            .iter()
            .find(|output| output.kind == Kind::Manifest);
        let too_large = matches!(source, ImageError::TooLarge(_));
        let manifest = manifest.filter(|_| too_large);
        Error::Image(Box::new(BrokenImage {
            image: self.records.locked.title.clone(),
            architecture: self.records.locked.plan.architecture.clone(),
            packages: manifest.map_or_else(Vec::new, |output| write::largest(&output.path)),
            at: self.place_of(&source),
            source,
        }))
    }

    /// File and line of the partition that has too little room.
    fn place_of(&self, error: &ImageError) -> Option<String> {
        let ImageError::TooLarge(large) = error else {
            return None;
        };
        let mut partitions = self.records.locked.layout.partitions.iter();
        let found = partitions.find(|partition| partition.name == large.partition)?;
        let is_set = found.size.is_some() && !found.at.is_empty();
        is_set.then(|| found.at.clone())
    }
}

/// The digest of what the maker of trees has written.
fn sha256_of(report: &Report, kind: Kind) -> &str {
    let found = report.outputs.iter().find(|output| output.kind == kind);
    debug_assert!(found.is_some(), "{} is an output", word(kind));
    found.map_or("", |output| &output.sha256)
}
