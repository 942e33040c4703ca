//! What a tree gets because it will lie on a disk: `/etc/fstab`, mount points, growth at the first
//! boot, and a place to write to where the root is read only.
//!
//! Partitions are named by their GUIDs. These derive from a seed that is known before the tree is
//! made, so that the tree can name them and they can still follow from all that goes into it.

mod growth;
mod state;

#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use formwork_deb::sha256::Sha256;
use formwork_image::make::partition_uuid;
use formwork_model::layout::{FileSystem, Form, Layout, Partition, Role};
use formwork_model::settings::{Content, Directory, File, Rights, Settings};

use super::records::bare;
use crate::Error;
use crate::project::ProjectError;
use formwork_rootfs::job::Job;

/// Where the tree says what is mounted.
const FSTAB: &str = "/etc/fstab";
/// Names the module of the root file system to whoever makes the initial RAM disk: not every
/// suite takes those of read-only ones along by itself.
const ROOT_MODULE: &str = "/usr/share/initramfs-tools/modules.d/image-root";
/// Grows a file system up to its partition, whenever it is mounted.
const GROW: &str = "x-systemd.growfs";

/// The seed of all names for life: the order for the tree and the layout, without what the disk
/// adds to the tree and without where anything lies on this machine.
pub(super) fn seed(job: &Job, layout: &Layout) -> Result<Sha256, Error> {
    let order = (bare(job), layout.bare());
    let text = serde_json::to_vec(&order).map_err(|error| Error::Check(error.to_string()))?;
    Ok(Sha256::of(&text))
}

/// Whether the image is meant to lie on a disk, in whatever form it is handed over now.
pub(super) fn is_for_disk(layout: &Layout, forms: &[Form]) -> bool {
    layout.forms.contains(&Form::Disk) || forms.contains(&Form::Disk)
}

/// Adds to the order for the tree what its disk needs.
pub(super) fn add(job: &mut Job, layout: &Layout, seed: &Sha256) -> Result<(), Error> {
    let grows = growth::wanted(layout);
    if let Some(last) = grows {
        growth::add(job, layout, last)?;
    }
    if layout.state {
        state::add(job, layout, seed)?;
    }
    let settings = &mut job.settings;
    let root = layout.root().and_then(|root| root.filesystem);
    if let Some(root) = root.filter(|root| root.is_read_only()) {
        file(settings, ROOT_MODULE, format!("{}\n", root.as_str()), 0o644);
    }
    for partition in &layout.partitions {
        if let Some(path) = partition.mount.as_deref().filter(|path| *path != "/") {
            mount_point(settings, path, &partition.at);
        }
    }
    if !declares(settings, FSTAB) {
        let text = fstab(layout, seed, grows);
        file(settings, FSTAB, text, 0o644);
    }
    Ok(())
}

/// `/etc/fstab`: one line for each partition that is mounted, the root first.
fn fstab(layout: &Layout, seed: &Sha256, grows: Option<&Partition>) -> String {
    let mut text = String::from("# <file system> <mount point> <type> <options> <dump> <pass>\n");
    let mut lines: Vec<(&str, String)> = Vec::new();
    for partition in &layout.partitions {
        let (Some(mount), Some(filesystem)) = (&partition.mount, partition.filesystem) else {
            continue;
        };
        let is_grown = grows.is_some_and(|last| last.name == partition.name);
        let options = options(partition, filesystem, is_grown);
        let pass = pass(layout, partition, filesystem);
        let id = partition_uuid(seed, &partition.name);
        let kind = filesystem.as_str();
        lines.push((
            mount,
            format!("PARTUUID={id} {mount} {kind} {options} 0 {pass}\n"),
        ));
    }
    let root = layout.root().and_then(|root| root.filesystem);
    if root.is_some_and(FileSystem::is_read_only) {
        // Services with a place of their own for temporary files do not start without it.
        let line = "tmpfs /tmp tmpfs nosuid,nodev,mode=1777 0 0\n";
        lines.push(("/tmp", line.to_owned()));
    }
    // What is mounted below something else comes after it.
    lines.sort();
    for (_, line) in lines {
        text.push_str(&line);
    }
    text
}

/// The options of a mount.
fn options(partition: &Partition, filesystem: FileSystem, grows: bool) -> String {
    let mut options: Vec<&str> = partition.options.iter().map(String::as_str).collect();
    if filesystem.is_read_only() && !options.contains(&"ro") {
        options.push("ro");
    }
    if filesystem == FileSystem::Vfat && partition.options.is_empty() {
        options.push("umask=0077");
    }
    if grows {
        options.push(GROW);
    }
    if options.is_empty() {
        options.push("defaults");
    }
    options.join(",")
}

/// When it is checked at boot: what is read only never, what the initial RAM disk mounts neither.
fn pass(layout: &Layout, partition: &Partition, filesystem: FileSystem) -> u8 {
    let early = layout.state && partition.mount.as_deref() == Some(state::PLACE);
    match (partition.role, filesystem) {
        (Role::Root, FileSystem::Ext4) => 1,
        (_, FileSystem::Ext4) if !early => 2,
        _ => 0,
    }
}

/// Whether the image writes this file itself.
fn declares(settings: &Settings, path: &str) -> bool {
    let mut files = settings.files.iter();
    files.any(|file| file.path == path) || settings.links.iter().any(|link| link.path == path)
}

/// Adds a file, at its place in the order of paths.
fn file(settings: &mut Settings, path: &str, text: String, mode: u32) {
    let at = settings
        .files
        .partition_point(|file| file.path.as_str() < path);
    let file = File {
        path: path.to_owned(),
        content: Content::Text(text),
        rights: Rights {
            mode: Some(mode),
            ..Rights::default()
        },
        at: String::new(),
    };
    settings.files.insert(at, file);
}

/// Sees to it that a directory is there.
fn mount_point(settings: &mut Settings, path: &str, at: &str) {
    let place = settings
        .directories
        .partition_point(|known| known.path.as_str() < path);
    if settings
        .directories
        .get(place)
        .is_some_and(|known| known.path == path)
    {
        return;
    }
    let directory = Directory {
        path: path.to_owned(),
        at: at.to_owned(),
        ..Directory::default()
    };
    settings.directories.insert(place, directory);
}

/// Whether one of these packages is to be installed.
fn has(job: &Job, name: &str) -> bool {
    job.packages.iter().any(|package| package.name == name)
}

/// The error for a package that the disk needs.
fn lacks(layout: &Layout, what: &str, package: &str, otherwise: &str) -> Error {
    let at = layout.boot.as_ref().map(|boot| boot.at.clone());
    let mut hint = String::new();
    // Writing to a string cannot fail.
    let _ = write!(hint, "packages = [\"{package}\"]; or {otherwise}");
    ProjectError::Setting {
        at: at.unwrap_or_default(),
        message: format!("{what} needs the package {package}, which the image does not have"),
        hint,
    }
    .into()
}
