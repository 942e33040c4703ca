//! What of an image boots: kernel, initial RAM disk and command line, read from its disk.

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use formwork_format::gpt::{self, Partition, SECTOR};
use formwork_format::guid::Guid;
use formwork_format::{fat, uki};

use crate::error::TrialError;

/// A partition table ends within so many bytes.
const TABLE: u64 = 1 << 20;
/// No partition for boot files is larger.
const MOST_BOOT: u64 = 4 << 30;

/// The partitions on which unified kernel images lie, and where on them.
const PLACES: [(Guid, &str); 2] = [
    (gpt::kind::EFI_SYSTEM, "EFI/BOOT"),
    (gpt::kind::BASIC_DATA, ""),
];

/// What boots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The kernel.
    pub kernel: Vec<u8>,
    /// The initial RAM disk.
    pub initrd: Vec<u8>,
    /// The command line.
    pub command_line: String,
}

/// Reads what boots from a disk that holds a unified kernel image: on its EFI system partition,
/// else on a partition of the boot loader's, the first one that has any.
///
/// # Errors
/// If the disk cannot be read, or has none.
pub fn read(disk: &Path) -> Result<Parts, TrialError> {
    let wrong = |reason: String| TrialError::Image {
        path: disk.to_owned(),
        reason,
        hint: Some("--as-shipped boots it by its firmware, whatever it holds".to_owned()),
    };
    let fail = |source| formwork_sys::Error::io("read", disk, source);
    let mut file = File::open(disk).map_err(fail)?;
    let table = part(&mut file, 0, TABLE).map_err(fail)?;
    let table = gpt::parse(&table, 1)
        .map_err(|error| wrong(format!("this is no disk that we can read: {error}")))?;
    for (kind, directory) in PLACES {
        for partition in table.partitions.iter().filter(|one| one.kind == kind) {
            let bytes = content(&mut file, partition).map_err(fail)?;
            if let Some(parts) = unified(&bytes, directory) {
                return Ok(parts);
            }
        }
    }
    Err(wrong("there is no unified kernel image on it".to_owned()))
}

/// The parts of a unified kernel image, of whichever stub.
fn sections(program: &[u8]) -> Option<Parts> {
    let unified = uki::read(program).ok()?;
    Some(Parts {
        kernel: unified.kernel.to_owned(),
        initrd: unified.initrd.unwrap_or_default().to_owned(),
        command_line: unified.command_line.trim_end().to_owned(),
    })
}

/// What the first unified kernel image in a directory of a partition holds.
fn unified(partition: &[u8], directory: &str) -> Option<Parts> {
    let volume = fat::read(partition).ok()?;
    let entries = volume.list(directory).ok()?;
    entries
        .iter()
        .filter(|entry| !entry.is_directory)
        .find_map(|entry| sections(&volume.content(entry).ok()?))
}

fn content(file: &mut File, partition: &Partition) -> io::Result<Vec<u8>> {
    let length = (partition.last - partition.first + 1) * SECTOR;
    if length > MOST_BOOT {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    part(file, partition.first * SECTOR, length)
}

fn part(file: &mut File, start: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(start))?;
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}
