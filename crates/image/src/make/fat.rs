//! The ESP and the configuration partitions of EFI Boot Guard.

use std::io::BufWriter;

use formwork_format::ebg::{self, Environment};
use formwork_format::fat::{self, FatError, File, Kind, Options};
use formwork_model::documents::ImageFileSystem;
use formwork_model::layout::{Layout, Role};

use super::boot::{Booting, UKI_OF_CONFIG};
use super::error::TooLarge;
use super::partition::{Filled, Making, Room, make_room};
use super::{ImageError, names};
use crate::disk::ALIGNMENT;
use crate::target::{Place, Target};

/// The smallest ESP: FAT32 needs 65,525 clusters, which are 512 bytes at least.
const SMALLEST: u64 = 36 << 20;
/// What a file system of FAT needs besides its files: tables and directories.
const OVERHEAD: u64 = 1 << 20;

/// A file on its way to a FAT.
pub(super) type Files<'a> = Vec<(String, &'a [u8])>;

/// Writes a FAT with these files.
pub(super) fn fill<P: Place>(
    target: &mut Target<P>,
    making: &Making<'_>,
    files: &Files<'_>,
    kind: Option<Kind>,
) -> Result<Filled, ImageError> {
    let content: u64 = files.iter().map(|(_, bytes)| bytes.len() as u64).sum();
    // Each cluster of 512 bytes takes eight in the two tables.
    let needed = content + content / 64 + making.partition.free + OVERHEAD;
    let size = match making.room {
        Room::Fixed(size) => size,
        Room::AsNeeded => needed.max(SMALLEST).next_multiple_of(ALIGNMENT),
    };
    let (kind, cluster) = geometry(kind, size);
    let name = &making.partition.name;
    let label = making.partition.label.as_deref().unwrap_or(name);
    let id = names::fat_id(making.seed, name);
    let options = Options {
        kind,
        size,
        cluster,
        id,
        label: label.chars().take(11).collect(),
        time: i64::from(making.time),
    };
    let list: Vec<File<'_>> = files
        .iter()
        .map(|(path, content)| File { path, content })
        .collect();
    let fail = |source| match source {
        FatError::Full { needed, room } => ImageError::TooLarge(Box::new(TooLarge {
            partition: name.clone(),
            needed: needed + (size - room),
            size,
            largest: files
                .iter()
                .map(|(path, bytes)| (path.clone(), bytes.len() as u64))
                .collect(),
        })),
        source => ImageError::Fat {
            partition: name.clone(),
            source,
        },
    };
    make_room(target, making.start + size)?;
    let section = target.section(making.start..making.start + size)?;
    let mut out = BufWriter::with_capacity(1 << 20, section);
    fat::write(&mut out, &options, &list).map_err(fail)?;
    std::io::Write::flush(&mut out)?;
    Ok(Filled {
        length: size,
        record: Some(ImageFileSystem {
            kind: "vfat".to_owned(),
            label: options.label.to_ascii_uppercase(),
            uuid: format!("{:04X}-{:04X}", id >> 16, id & 0xffff),
            compression: None,
            file: None,
            size,
            used: fat::used(&options, &list).map_err(fail)?,
        }),
    })
}

/// Writes a configuration partition of EFI Boot Guard: the first holds the kernel, and the
/// second waits for one, with a lower revision, so that the loader finds the two that it wants.
pub(super) fn fill_config<P: Place>(
    target: &mut Target<P>,
    making: &Making<'_>,
    layout: &Layout,
    booting: &Booting,
) -> Result<Filled, ImageError> {
    let name = &making.partition.name;
    let configs = layout.partitions.iter();
    let mut configs = configs.filter(|partition| partition.role == Role::Config);
    let is_first = configs.next().is_some_and(|first| first.name == *name);
    let label = name.to_ascii_uppercase();
    let watchdog = layout.boot.as_ref().map_or(0, |boot| boot.watchdog);
    let environment = Environment {
        kernel: format!("C:{label}:{UKI_OF_CONFIG}"),
        parameters: String::new(),
        in_progress: false,
        state: ebg::State::Ok,
        watchdog: u16::try_from(watchdog).unwrap_or(u16::MAX),
        revision: if is_first { 2 } else { 1 },
    };
    let environment = environment.encode()?;
    let efi_label = ebg::label(&label);
    let mut files: Files<'_> = vec![
        (ebg::LABEL_FILE.to_owned(), &efi_label),
        (ebg::FILE.to_owned(), &environment),
    ];
    if let Some(uki) = booting.uki.as_ref().filter(|_| is_first) {
        files.push((UKI_OF_CONFIG.to_owned(), uki));
    }
    fill(target, making, &files, Some(Kind::Fat16))
}

/// FAT32 where it has room for its clusters, and clusters as large as that allows.
fn geometry(kind: Option<Kind>, size: u64) -> (Kind, u32) {
    let is_small = size < SMALLEST;
    let kind = kind.unwrap_or(if is_small { Kind::Fat16 } else { Kind::Fat32 });
    // A power of two such that there are neither too few nor too many clusters.
    let clusters = match kind {
        Kind::Fat16 => 32_768,
        Kind::Fat32 => 131_072,
    };
    let cluster = (size / clusters).next_power_of_two().clamp(512, 32_768);
    (kind, cluster as u32)
}
