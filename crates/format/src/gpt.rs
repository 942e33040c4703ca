//! The GUID partition table of UEFI (specification 2.10, section 5.3), with sectors of 512 bytes.
//!
//! Sector 0 holds a protective MBR, sector 1 the header, sectors 2 to 33 the 128 entries of
//! 128 bytes. The last 33 sectors repeat entries and header. Header and entries carry CRC-32
//! sums. All numbers are little-endian; names are UTF-16, at most 36 units.

mod read;
#[cfg(test)]
mod tests;

pub use read::{GptError, parse, parse_with};

use crate::guid::Guid;

/// Bytes in a sector.
pub const SECTOR: u64 = 512;
/// Sectors before the first that a partition may use.
pub const FIRST_USABLE: u64 = 34;
/// Sectors at the end that belong to the second table.
pub const TRAILER: u64 = 33;

/// The sector of the first entries, where nothing is in the way.
pub const FIRST_ENTRIES: u64 = 2;
/// Sectors of entries.
pub const ENTRIES_SECTORS: u64 = 32;

const ENTRIES: usize = 128;
const ENTRY: usize = 128;
const HEADER: usize = 92;
const SIGNATURE: &[u8; 8] = b"EFI PART";
const REVISION: u32 = 0x0001_0000;
const NAME_UNITS: usize = 36;

/// What kinds of partitions there are, as far as we make them.
pub mod kind {
    use crate::guid::Guid;

    /// EFI system partition.
    pub const EFI_SYSTEM: Guid = Guid::from_bytes([
        0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9,
        0x3b,
    ]);
    /// Basic data; EFI Boot Guard's configuration partitions are of this kind.
    pub const BASIC_DATA: Guid = Guid::from_bytes([
        0xa2, 0xa0, 0xd0, 0xeb, 0xe5, 0xb9, 0x33, 0x44, 0x87, 0xc0, 0x68, 0xb6, 0xb7, 0x26, 0x99,
        0xc7,
    ]);
    /// A root file system of Linux on amd64, arm64 and armhf (Discoverable Partitions
    /// Specification of the UAPI Group).
    pub const ROOT_AMD64: Guid = Guid::from_bytes([
        0xe3, 0xbc, 0x68, 0x4f, 0xcd, 0xe8, 0xb1, 0x4d, 0x96, 0xe7, 0xfb, 0xca, 0xf9, 0x84, 0xb7,
        0x09,
    ]);
    /// See [`ROOT_AMD64`].
    pub const ROOT_ARM64: Guid = Guid::from_bytes([
        0x45, 0xb0, 0x21, 0xb9, 0xf0, 0x1d, 0xc3, 0x41, 0xaf, 0x44, 0x4c, 0x6f, 0x28, 0x0d, 0x3f,
        0xae,
    ]);
    /// See [`ROOT_AMD64`].
    pub const ROOT_ARMHF: Guid = Guid::from_bytes([
        0x10, 0xd7, 0xda, 0x69, 0xe4, 0x2c, 0x3c, 0x4e, 0xb1, 0x6c, 0x21, 0xa1, 0xd4, 0x9a, 0xbe,
        0xd3,
    ]);
    /// Linux data, without a word of what for.
    pub const LINUX: Guid = Guid::from_bytes([
        0xaf, 0x3d, 0xc6, 0x0f, 0x83, 0x84, 0x72, 0x47, 0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47, 0x7d,
        0xe4,
    ]);
}

/// One partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// What it is for.
    pub kind: Guid,
    /// Its own name for life.
    pub id: Guid,
    /// Its first sector.
    pub first: u64,
    /// Its last sector, which belongs to it.
    pub last: u64,
    /// Its attribute bits.
    pub attributes: u64,
    /// Its label.
    pub name: String,
}

/// A whole table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The name of the disk.
    pub disk: Guid,
    /// The size of the disk in sectors.
    pub sectors: u64,
    /// The partitions, in the order of their numbers.
    pub partitions: Vec<Partition>,
}

impl Table {
    /// The first 34 sectors of the disk.
    ///
    /// # Errors
    /// If partitions lie outside the disk or over each other, are too many, or have too long a name.
    pub fn primary(&self) -> Result<Vec<u8>, GptError> {
        let (mut bytes, entries) = self.primary_apart(FIRST_ENTRIES)?;
        bytes.extend(entries);
        Ok(bytes)
    }

    /// The first two sectors of the disk, and 32 sectors of entries that lie from sector
    /// `entries_at` on: boards that start from sector 16 need them out of the way.
    ///
    /// # Errors
    /// As [`Table::primary`]; also if a partition begins before the end of the entries.
    pub fn primary_apart(&self, entries_at: u64) -> Result<(Vec<u8>, Vec<u8>), GptError> {
        let entries = self.entries()?;
        let first_usable = entries_at.max(FIRST_ENTRIES) + ENTRIES_SECTORS;
        let mut partitions = self.partitions.iter();
        if let Some(partition) = partitions.find(|one| one.first < first_usable) {
            return Err(GptError::Outside(partition.name.clone()));
        }
        let mut bytes = self.protective_mbr();
        let places = [1, self.sectors - 1, first_usable, entries_at];
        bytes.extend(self.header(&entries, places));
        Ok((bytes, entries))
    }

    /// The last 33 sectors of the disk.
    ///
    /// # Errors
    /// As [`Table::primary`].
    pub fn backup(&self) -> Result<Vec<u8>, GptError> {
        self.backup_apart(FIRST_ENTRIES)
    }

    /// The last 33 sectors of a disk whose first entries lie from sector `entries_at` on.
    ///
    /// # Errors
    /// As [`Table::primary`].
    pub fn backup_apart(&self, entries_at: u64) -> Result<Vec<u8>, GptError> {
        let mut bytes = self.entries()?;
        let first_usable = entries_at.max(FIRST_ENTRIES) + ENTRIES_SECTORS;
        let places = [self.sectors - 1, 1, first_usable, self.sectors - TRAILER];
        let header = self.header(&bytes, places);
        bytes.extend(header);
        Ok(bytes)
    }

    /// The last sector that a partition may use.
    #[must_use]
    pub fn last_usable(&self) -> u64 {
        self.sectors.saturating_sub(TRAILER + 1)
    }

    fn check(&self) -> Result<(), GptError> {
        if self.sectors < FIRST_USABLE + TRAILER {
            return Err(GptError::DiskTooSmall(self.sectors));
        }
        if self.partitions.len() > ENTRIES {
            return Err(GptError::TooMany(self.partitions.len()));
        }
        let mut places: Vec<&Partition> = self.partitions.iter().collect();
        places.sort_by_key(|partition| partition.first);
        for (index, partition) in places.iter().enumerate() {
            let inside = partition.first >= FIRST_USABLE && partition.last <= self.last_usable();
            if !inside || partition.last < partition.first {
                return Err(GptError::Outside(partition.name.clone()));
            }
            if let Some(next) = places.get(index + 1)
                && next.first <= partition.last
            {
                return Err(GptError::Overlap(partition.name.clone(), next.name.clone()));
            }
        }
        Ok(())
    }

    fn entries(&self) -> Result<Vec<u8>, GptError> {
        self.check()?;
        let mut bytes = Vec::with_capacity(ENTRIES * ENTRY);
        for partition in &self.partitions {
            bytes.extend(partition.kind.bytes());
            bytes.extend(partition.id.bytes());
            bytes.extend(partition.first.to_le_bytes());
            bytes.extend(partition.last.to_le_bytes());
            bytes.extend(partition.attributes.to_le_bytes());
            let name: Vec<u16> = partition.name.encode_utf16().collect();
            if name.len() > NAME_UNITS {
                return Err(GptError::LongName(partition.name.clone()));
            }
            bytes.extend(name.iter().flat_map(|unit| unit.to_le_bytes()));
            bytes.resize(bytes.len().next_multiple_of(ENTRY), 0);
        }
        bytes.resize(ENTRIES * ENTRY, 0);
        Ok(bytes)
    }

    /// One header, as a sector; `places` are its own, that of the other, the first sector that
    /// a partition may use, and the first of the entries.
    fn header(&self, entries: &[u8], places: [u64; 4]) -> Vec<u8> {
        let [here, other, first_usable, entries_at] = places;
        let mut bytes = Vec::with_capacity(SECTOR as usize);
        bytes.extend(SIGNATURE);
        bytes.extend(REVISION.to_le_bytes());
        bytes.extend((HEADER as u32).to_le_bytes());
        bytes.extend([0; 8]);
        for number in [here, other, first_usable, self.last_usable()] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(self.disk.bytes());
        bytes.extend(entries_at.to_le_bytes());
        bytes.extend((ENTRIES as u32).to_le_bytes());
        bytes.extend((ENTRY as u32).to_le_bytes());
        bytes.extend(crc32fast::hash(entries).to_le_bytes());
        let sum = crc32fast::hash(&bytes);
        bytes[16..20].copy_from_slice(&sum.to_le_bytes());
        bytes.resize(SECTOR as usize, 0);
        bytes
    }

    /// One MBR partition of type 0xEE over the whole disk, so that old tools leave it alone.
    fn protective_mbr(&self) -> Vec<u8> {
        let mut bytes = vec![0; SECTOR as usize];
        let length = u32::try_from(self.sectors - 1).unwrap_or(u32::MAX);
        bytes[446..462].copy_from_slice(&[
            0x00, 0x00, 0x02, 0x00, 0xee, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0, 0, 0, 0,
        ]);
        bytes[458..462].copy_from_slice(&length.to_le_bytes());
        bytes[510..512].copy_from_slice(&[0x55, 0xaa]);
        bytes
    }
}
