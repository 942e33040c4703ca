//! What a build leaves beside the disk of an image, and what `inspect` reads again: partitions,
//! file systems, blobs and how it boots. The same bytes in every build of the same inputs.

use serde::{Deserialize, Serialize};

/// The record of an image's disk and file systems (`IMAGE.image.json`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ImageRecord {
    /// The format of this document.
    pub format: u32,
    /// The image, with its options and any suite other than its first.
    pub image: String,
    /// The suite.
    pub suite: String,
    /// The architecture.
    pub architecture: String,
    /// The SHA-256 of the manifest of the tree it was made of.
    pub tree_sha256: String,
    /// The partitioned disk, if one was made.
    pub disk: Option<ImageDisk>,
    /// Root file systems that were made as files of their own, sorted by kind.
    pub filesystems: Vec<ImageFileSystem>,
    /// How it boots; null if nothing of it is for booting.
    pub boot: Option<ImageBoot>,
}

/// A partitioned disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ImageDisk {
    /// The name of its file.
    pub file: String,
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of the raw disk.
    pub sha256: String,
    /// The GUID of the disk.
    pub guid: String,
    /// The partitions, by number.
    pub partitions: Vec<ImagePartition>,
    /// Bytes at fixed places, sorted by offset.
    pub blobs: Vec<ImageBlob>,
}

/// A partition of a disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ImagePartition {
    /// Its number, from 1.
    pub number: u32,
    /// Its label.
    pub name: String,
    /// What it is for: `esp`, `config`, `root`, `data`.
    pub role: String,
    /// Its type, as a GUID.
    pub kind: String,
    /// Its own GUID.
    pub guid: String,
    /// Its first byte.
    pub start: u64,
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of all of it.
    pub sha256: String,
    /// Where it is mounted, if anywhere.
    pub mount: Option<String>,
    /// Its file system; null where it is empty.
    pub filesystem: Option<ImageFileSystem>,
}

/// A file system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ImageFileSystem {
    /// `ext4`, `squashfs`, `erofs` or `vfat`.
    pub kind: String,
    /// Its label; empty where the kind has none.
    pub label: String,
    /// Its UUID, or the serial number of a FAT; empty where the kind has none.
    pub uuid: String,
    /// What packs its blocks, and how hard, as in `zstd 3`; null if nothing does.
    #[serde(default)]
    pub compression: Option<String>,
    /// The name of its file, if it is one of its own and no part of a disk.
    pub file: Option<String>,
    /// Its size in bytes.
    pub size: u64,
    /// What its content and its own structures take.
    pub used: u64,
}

/// Bytes at a fixed place of a disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ImageBlob {
    /// What it is.
    pub name: String,
    /// Its first byte.
    pub offset: u64,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256.
    pub sha256: String,
}

/// How an image boots.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ImageBoot {
    /// `uki`, `efibootguard` or `none`.
    pub loader: String,
    /// The version of the kernel, as `uname -r` tells it.
    pub kernel_version: String,
    /// The kernel command line.
    pub command_line: String,
    /// The parts, in a fixed order: `kernel`, `initrd`, `stub`, `uki`, `loader`.
    pub parts: Vec<ImageBootPart>,
}

/// A part of what boots.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ImageBootPart {
    /// `kernel`, `initrd`, `stub`, `uki` or `loader`.
    pub name: String,
    /// The package it comes from as the lock writes it, `NAME:ARCHITECTURE=VERSION`; null for what
    /// the build made.
    pub package: Option<String>,
    /// Its absolute path: in the tree, in its package, or on its partition; `initrd` has none.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256.
    pub sha256: String,
}
