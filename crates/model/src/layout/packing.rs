//! `compression` and `level` of a partition: how a file system that is read only is packed.

use serde::{Deserialize, Serialize};

use super::FileSystem;
use super::read::word;
use crate::project::node::Table;
use crate::source::FileError;

/// The suites whose kernels read no packed EROFS of ours: Linux 5.10 and before.
const WITHOUT_PACKED_EROFS: [&str; 3] = ["stretch", "buster", "bullseye"];
/// The suites whose kernels unpack no Zstandard in EROFS: before Linux 6.10.
const WITHOUT_ZSTD_EROFS: [&str; 1] = ["bookworm"];

/// What packs the blocks of a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Packer {
    /// LZ4: large, and quick to unpack.
    Lz4,
    /// Zstandard.
    Zstd,
    /// xz: small, and slow.
    Xz,
    /// zlib.
    Gzip,
}

impl Packer {
    /// The word for it in an image's file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Packer::Lz4 => "lz4",
            Packer::Zstd => "zstd",
            Packer::Xz => "xz",
            Packer::Gzip => "gzip",
        }
    }

    /// The level that nobody asked for, and the range of all.
    fn levels(self) -> (u32, std::ops::RangeInclusive<i64>) {
        match self {
            Packer::Lz4 => (4, 1..=12),
            Packer::Zstd => (3, 1..=22),
            Packer::Xz => (6, 0..=9),
            Packer::Gzip => (9, 1..=9),
        }
    }
}

/// How the blocks of a file system are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Packing {
    /// By what.
    pub packer: Packer,
    /// How hard, as the packer counts it.
    pub level: u32,
}

impl Packing {
    fn usual(packer: Packer) -> Packing {
        Packing {
            packer,
            level: packer.levels().0,
        }
    }
}

/// How a file system of a suite is packed where nobody says otherwise: as its kernel reads it.
pub(super) fn usual(filesystem: FileSystem, suite: &str) -> Option<Packing> {
    match filesystem {
        FileSystem::Squashfs => Some(Packing::usual(Packer::Zstd)),
        FileSystem::Erofs if WITHOUT_PACKED_EROFS.contains(&suite) => None,
        FileSystem::Erofs if WITHOUT_ZSTD_EROFS.contains(&suite) => {
            Some(Packing::usual(Packer::Lz4))
        }
        FileSystem::Erofs => Some(Packing::usual(Packer::Zstd)),
        FileSystem::Ext4 | FileSystem::Vfat => None,
    }
}

/// What a partition says of it.
pub(super) fn read(
    table: &Table,
    filesystem: Option<FileSystem>,
    suite: &str,
) -> Result<Option<Packing>, FileError> {
    let filesystem = filesystem.unwrap_or(FileSystem::Vfat);
    let mut packing = usual(filesystem, suite);
    for key in ["compression", "level"] {
        if let Some(entry) = table.get(key).filter(|_| !filesystem.is_read_only()) {
            let error = entry.node.error(format!("`{key}` has no meaning here"));
            return Err(error.hint("filesystem = \"squashfs\" or \"erofs\", or take it out"));
        }
    }
    if let Some(entry) = table.get("compression") {
        let packers = [Packer::Zstd, Packer::Lz4, Packer::Xz, Packer::Gzip];
        let mut known: Vec<(&str, Option<Packer>)> = packers
            .iter()
            .map(|packer| (packer.as_str(), Some(*packer)))
            .collect();
        if filesystem == FileSystem::Erofs {
            known.truncate(2);
            known.push(("none", None));
        }
        let packer = word(&entry.node, "compression of this file system", &known)?;
        if let (FileSystem::Erofs, Some(packer)) = (filesystem, packer) {
            let best = usual(filesystem, suite).map(|packing| packing.packer);
            let is_read = best == Some(Packer::Zstd) || best == Some(packer);
            if !is_read {
                let word = packer.as_str();
                let message = format!("the kernel of {suite} reads no EROFS with {word}");
                let best = best.map_or("none", Packer::as_str);
                return Err(entry
                    .node
                    .error(message)
                    .hint(format!("compression = \"{best}\"")));
            }
        }
        packing = packer.map(Packing::usual);
    }
    if let Some(entry) = table.get("level") {
        let Some(packing) = &mut packing else {
            let error = entry
                .node
                .error("nothing is packed that could have a level");
            return Err(error.hint("take it out"));
        };
        let levels = packing.packer.levels().1;
        let level = entry.node.integer().filter(|level| levels.contains(level));
        let Some(level) = level.and_then(|level| u32::try_from(level).ok()) else {
            let word = packing.packer.as_str();
            let error = entry.node.error(format!("{word} has no such level"));
            return Err(error.hint(format!("{} to {}", levels.start(), levels.end())));
        };
        packing.level = level;
    }
    Ok(packing)
}
