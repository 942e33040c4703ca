//! What an image looks like on a disk, as meant: how it boots, its partitions, blobs, forms.
//!
//! Slots, verity and signing are not there yet. They will be further keys of a partition and of
//! `[boot]`; nothing here takes for granted that a disk has one root only.

mod blobs;
mod packing;
mod partitions;
mod read;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::project::node::Table;
use crate::settings::{Placed, ProjectFile};
use crate::source::FileError;

pub use packing::{Packer, Packing};

/// The forms in which an image is handed over, in the order in which they are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// A partitioned disk.
    Disk,
    /// The tree as one tar archive.
    Tar,
    /// The tree as a directory.
    Dir,
    /// The root file system as ext4.
    Ext4,
    /// The root file system as squashfs.
    Squashfs,
    /// The root file system as EROFS.
    Erofs,
    /// The initial RAM disk.
    Initrd,
}

impl Form {
    /// Every form.
    pub const ALL: [Form; 7] = [
        Form::Disk,
        Form::Tar,
        Form::Dir,
        Form::Ext4,
        Form::Squashfs,
        Form::Erofs,
        Form::Initrd,
    ];

    /// The word for it in an image's file and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Form::Disk => "disk",
            Form::Tar => "tar",
            Form::Dir => "dir",
            Form::Ext4 => "ext4",
            Form::Squashfs => "squashfs",
            Form::Erofs => "erofs",
            Form::Initrd => "initrd",
        }
    }
}

/// How an image boots and how its disk is laid out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Layout {
    /// The forms that are made unless the command line says others; never empty.
    pub forms: Vec<Form>,
    /// How it boots; `None` where nothing of the image is for booting.
    pub boot: Option<Boot>,
    /// The size of the whole disk in bytes; without it as small as its content allows.
    pub size: Option<u64>,
    /// Whether the last partition takes the rest of the disk when the device first boots.
    pub grow: bool,
    /// Whether a root that is read only gets a partition for `/var`, which also holds what is
    /// written below `/etc`; false where the root can be written to.
    pub state: bool,
    /// In which form the disk is handed over besides the raw one.
    pub compress: Option<Compression>,
    /// Whether a block map stands beside the disk.
    pub block_map: bool,
    /// How a squashfs is packed that is no partition; as all below, none packs nothing.
    pub squashfs: Option<Packing>,
    /// How an EROFS is packed that is no partition.
    pub erofs: Option<Packing>,
    /// The partitions in the order of the disk; that of the root is among them.
    pub partitions: Vec<Partition>,
    /// Bytes at fixed places, sorted by offset.
    pub blobs: Vec<Blob>,
}

impl Layout {
    /// Reads the merged tables of an image for one of its suites.
    pub fn read(values: &Table, suite: &str) -> Result<Layout, FileError> {
        read::layout(values, suite)
    }

    /// The same without what depends on where a file says something.
    #[must_use]
    pub fn bare(&self) -> Layout {
        let mut bare = self.clone();
        if let Some(boot) = &mut bare.boot {
            boot.at.clear();
            if let Some(kernel) = &mut boot.kernel {
                kernel.at.clear();
            }
        }
        for partition in &mut bare.partitions {
            partition.at.clear();
        }
        for blob in &mut bare.blobs {
            blob.at.clear();
            if let BlobSource::File(file) = &mut blob.source {
                file.host.clear();
                file.at.clear();
            }
        }
        bare
    }

    /// The partition of the root file system.
    #[must_use]
    pub fn root(&self) -> Option<&Partition> {
        let mut partitions = self.partitions.iter();
        partitions.find(|partition| partition.role == Role::Root)
    }

    /// Every file of the project that is used, to be filled in.
    pub fn project_files(&mut self) -> Vec<&mut ProjectFile> {
        let files = self
            .blobs
            .iter_mut()
            .filter_map(|blob| match &mut blob.source {
                BlobSource::File(file) => Some(file),
                BlobSource::Package { .. } => None,
            });
        files.collect()
    }
}

/// How an image boots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Boot {
    /// What the firmware starts.
    pub loader: Loader,
    /// The kernel's package, where the image has several.
    pub kernel: Option<Placed>,
    /// What makes the initial RAM disk.
    #[serde(default)]
    pub initrd: Maker,
    /// Words of the kernel command line behind those that follow from the layout.
    pub command_line: Vec<String>,
    /// Seconds until EFI Boot Guard's watchdog resets a device that hangs; 0 for never.
    pub watchdog: u32,
    /// File and line that asks for it.
    pub at: String,
}

/// What the firmware starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Loader {
    /// The unified kernel image itself.
    Uki,
    /// EFI Boot Guard, which starts the unified kernel image of a configuration partition.
    EfiBootGuard,
    /// Nothing of ours: the board's own firmware, or QEMU, starts the kernel.
    None,
}

impl Loader {
    /// The word for it in an image's file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Loader::Uki => "uki",
            Loader::EfiBootGuard => "efibootguard",
            Loader::None => "none",
        }
    }
}

/// What makes an initial RAM disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Maker {
    /// Formwork itself, of the tree's files; the tree's own `mkinitramfs` where the tree asks for
    /// what only that can do.
    #[default]
    Native,
    /// The tree's own `mkinitramfs`, run in the sandbox.
    InitramfsTools,
}

impl Maker {
    /// The word for it in an image's file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Maker::Native => "native",
            Maker::InitramfsTools => "initramfs-tools",
        }
    }
}

/// How a disk is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// As `.zst`.
    Zst,
    /// As `.xz`.
    Xz,
}

/// A partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partition {
    /// Its name: its label in the partition table, and what messages call it.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Its file system; `None` leaves it empty.
    pub filesystem: Option<FileSystem>,
    /// The label of the file system; without it the name.
    pub label: Option<String>,
    /// Its size in bytes; without it what its content needs and `free`.
    pub size: Option<u64>,
    /// Bytes that stay free for the device.
    pub free: u64,
    /// How its file system is packed; none packs nothing.
    #[serde(default)]
    pub packing: Option<Packing>,
    /// Where it is mounted: it then holds what the tree has there. `/` for the root.
    pub mount: Option<String>,
    /// Options of the mount.
    pub options: Vec<String>,
    /// File and line that asks for it.
    pub at: String,
}

/// What a partition is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The EFI system partition.
    Esp,
    /// A configuration partition of EFI Boot Guard.
    Config,
    /// The root file system.
    Root,
    /// Anything else of Linux.
    Data,
}

/// A file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileSystem {
    /// ext4.
    Ext4,
    /// squashfs, read only.
    Squashfs,
    /// EROFS, read only.
    Erofs,
    /// FAT.
    Vfat,
}

impl FileSystem {
    /// Its name, as `mount -t` takes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            FileSystem::Ext4 => "ext4",
            FileSystem::Squashfs => "squashfs",
            FileSystem::Erofs => "erofs",
            FileSystem::Vfat => "vfat",
        }
    }

    /// Whether nothing can ever be written to it.
    #[must_use]
    pub fn is_read_only(self) -> bool {
        matches!(self, FileSystem::Squashfs | FileSystem::Erofs)
    }
}

/// Bytes at a fixed place of the disk, such as a boot loader for a board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blob {
    /// What it is called.
    pub name: String,
    /// Where it begins, in bytes.
    pub offset: u64,
    /// Where it comes from.
    pub source: BlobSource,
    /// File and line that asks for it.
    pub at: String,
}

/// Where a blob comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum BlobSource {
    /// A file of the project.
    File(ProjectFile),
    /// A file of a package, which stands in the lock and need not be installed.
    Package {
        /// The binary package.
        package: String,
        /// The path of the file in it.
        file: String,
    },
}
