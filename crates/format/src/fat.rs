//! FAT16 and FAT32 file systems, written in one pass (Microsoft's "FAT: General Overview of
//! On-Disk Format", 1.03).
//!
//! The boot sector is followed by two copies of the allocation table and the data clusters,
//! numbered from 2. In FAT16 the root directory has a place of its own before them; in FAT32
//! it is a chain of clusters like any directory. A directory is a list of entries of 32 bytes;
//! a name that does not fit 8.3 has further entries in front of it with its UTF-16 letters.
//! Clusters are given out in the order of the tree, so that the same files make the same bytes.

mod name;
mod read;
#[cfg(test)]
mod tests;
mod tree;

use std::io::{self, Write};

pub use read::{Entry, FatReadError, Volume, read};

use tree::Node;

/// Bytes in a sector.
const SECTOR: u32 = 512;
/// Bytes of an entry of a directory.
const ENTRY: usize = 32;
/// Entries of the root directory of FAT16.
const ROOT_ENTRIES: u32 = 512;
/// The largest numbers of clusters that still mean FAT12 and FAT16.
const MOST_FAT12: u32 = 4084;
const MOST_FAT16: u32 = 65_524;
/// The media byte of a fixed disk.
const MEDIA: u8 = 0xf8;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 16-bit table, 4,085 to 65,524 clusters.
    Fat16,
    /// 32-bit table, 65,525 clusters or more.
    Fat32,
}

/// How a file system is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Which of the two.
    pub kind: Kind,
    /// Its size in bytes.
    pub size: u64,
    /// Bytes in a cluster: a power of two from 512 to 32,768.
    pub cluster: u32,
    /// Its number, which operating systems show as `1234-ABCD`.
    pub id: u32,
    /// Its label, at most 11 ASCII characters.
    pub label: String,
    /// The time of all files in seconds since 1970; FAT knows the years from 1980 to 2107.
    pub time: i64,
}

/// One file, by its path from the root; directories follow from the paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File<'a> {
    /// The path, with `/` between names.
    pub path: &'a str,
    /// What it holds.
    pub content: &'a [u8],
}

/// Why a file system cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FatError {
    /// The size, the cluster and the kind do not go together.
    #[error("{size} bytes in clusters of {cluster} make {clusters} clusters, which is no {kind:?}")]
    Geometry {
        /// Bytes in all.
        size: u64,
        /// Bytes in a cluster.
        cluster: u32,
        /// The clusters that would come out.
        clusters: u64,
        /// What was asked for.
        kind: Kind,
    },
    /// The files need more room than there is.
    #[error("the files need {needed} bytes and there is room for {room}")]
    Full {
        /// What is needed, in whole clusters.
        needed: u64,
        /// What there is.
        room: u64,
    },
    /// A name, path or label cannot stand in a FAT.
    #[error("`{0}` cannot be a name in a FAT file system")]
    Name(String),
    /// Two names differ in case only, or a file is a directory too.
    #[error("`{0}` is there twice: FAT does not tell small letters from capital ones")]
    Twice(String),
    /// There are too many entries in the root directory of FAT16.
    #[error("the root directory of FAT16 has room for 512 entries")]
    RootFull,
    /// It cannot be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The numbers that follow from size and kind.
#[derive(Clone, Copy, Debug)]
struct Geometry {
    reserved: u32,
    table: u32,
    root: u32,
    sectors: u32,
    clusters: u32,
}

/// Writes a file system with these files.
///
/// # Errors
/// If it cannot hold them, or cannot be written.
pub fn write(out: &mut impl Write, options: &Options, files: &[File<'_>]) -> Result<(), FatError> {
    let geometry = geometry(options)?;
    let label = name::label(&options.label)?;
    let mut root = tree::build(files)?;
    let mut next = 2;
    let fixed_root = options.kind == Kind::Fat16;
    root.place(options.cluster, fixed_root, &mut next);
    let used = u64::from(next - 2);
    if used > u64::from(geometry.clusters) {
        let bytes = |clusters: u64| clusters * u64::from(options.cluster);
        return Err(FatError::Full {
            needed: bytes(used),
            room: bytes(u64::from(geometry.clusters)),
        });
    }
    let mut reserved = boot_sectors(options, geometry, &label, used as u32);
    reserved.resize((geometry.reserved * SECTOR) as usize, 0);
    out.write_all(&reserved)?;
    let table = table(options.kind, geometry, &root);
    out.write_all(&table)?;
    out.write_all(&table)?;
    let time = tree::Time::of(options.time);
    if fixed_root {
        let mut bytes = root.directory(time, Some(&label), 0);
        if bytes.len() > (geometry.root * SECTOR) as usize {
            return Err(FatError::RootFull);
        }
        bytes.resize((geometry.root * SECTOR) as usize, 0);
        out.write_all(&bytes)?;
    }
    write_node(out, &root, options, time, fixed_root, &label)?;
    let unused = u64::from(geometry.clusters) - used;
    let meta = geometry.reserved + 2 * geometry.table + geometry.root;
    let tail = u64::from(geometry.sectors - meta) * u64::from(SECTOR)
        - u64::from(geometry.clusters) * u64::from(options.cluster);
    zeroes(out, unused * u64::from(options.cluster) + tail)
}

/// What these files and the structures of the file system take of it.
///
/// # Errors
/// As [`write()`].
pub fn used(options: &Options, files: &[File<'_>]) -> Result<u64, FatError> {
    let geometry = geometry(options)?;
    let mut next = 2;
    tree::build(files)?.place(options.cluster, options.kind == Kind::Fat16, &mut next);
    let meta = geometry.reserved + 2 * geometry.table + geometry.root;
    Ok(u64::from(meta) * u64::from(SECTOR) + u64::from(next - 2) * u64::from(options.cluster))
}

fn write_node(
    out: &mut impl Write,
    node: &Node<'_>,
    options: &Options,
    time: tree::Time,
    fixed_root: bool,
    label: &[u8; 11],
) -> Result<(), FatError> {
    node.visit(&mut |node, parent| {
        if node.is_root() && fixed_root {
            return Ok(());
        }
        let made;
        let content = match node.content() {
            Some(content) => content,
            None => {
                made = node.directory(time, node.is_root().then_some(label), parent);
                &made
            }
        };
        out.write_all(content)?;
        let whole = content.len().next_multiple_of(options.cluster as usize);
        zeroes(out, (whole - content.len()) as u64)
    })
}

fn geometry(options: &Options) -> Result<Geometry, FatError> {
    let wrong = |clusters| FatError::Geometry {
        size: options.size,
        cluster: options.cluster,
        clusters,
        kind: options.kind,
    };
    let powers = options.cluster.is_power_of_two() && (SECTOR..=32_768).contains(&options.cluster);
    let sectors = u32::try_from(options.size / u64::from(SECTOR)).map_err(|_| wrong(0))?;
    if !powers {
        return Err(wrong(0));
    }
    let per_cluster = options.cluster / SECTOR;
    let (reserved, root, width) = match options.kind {
        Kind::Fat16 => (per_cluster.max(4), ROOT_ENTRIES * ENTRY as u32 / SECTOR, 2),
        Kind::Fat32 => (32.max(per_cluster), 0, 4),
    };
    let rest = sectors
        .checked_sub(reserved + root)
        .ok_or_else(|| wrong(0))?;
    // Each cluster costs its sectors and an entry in two tables; a table too large does no harm.
    let most = rest / per_cluster;
    let table = ((most + 2) * width).div_ceil(SECTOR);
    let data = rest.checked_sub(2 * table).ok_or_else(|| wrong(0))?;
    let clusters = data / per_cluster;
    let fits = match options.kind {
        Kind::Fat16 => (MOST_FAT12 + 1..=MOST_FAT16).contains(&clusters),
        Kind::Fat32 => (MOST_FAT16 + 1..=0x0fff_fff0).contains(&clusters),
    };
    if !fits {
        return Err(wrong(u64::from(clusters)));
    }
    Ok(Geometry {
        reserved,
        table,
        root,
        sectors,
        clusters,
    })
}

/// The boot sector and, for FAT32, the sector of counters and the copy of both.
fn boot_sectors(options: &Options, geometry: Geometry, label: &[u8; 11], used: u32) -> Vec<u8> {
    let fat32 = options.kind == Kind::Fat32;
    let mut boot = vec![0; SECTOR as usize];
    let mut put = |at: usize, bytes: &[u8]| boot[at..at + bytes.len()].copy_from_slice(bytes);
    put(
        0,
        if fat32 {
            &[0xeb, 0x58, 0x90]
        } else {
            &[0xeb, 0x3c, 0x90]
        },
    );
    put(3, b"FORMWORK");
    put(11, &(SECTOR as u16).to_le_bytes());
    put(13, &[(options.cluster / SECTOR) as u8]);
    put(14, &(geometry.reserved as u16).to_le_bytes());
    put(16, &[2]);
    put(
        17,
        &(if fat32 { 0 } else { ROOT_ENTRIES as u16 }).to_le_bytes(),
    );
    let small = u16::try_from(geometry.sectors).ok().filter(|_| !fat32);
    put(19, &small.unwrap_or(0).to_le_bytes());
    put(21, &[MEDIA]);
    put(24, &[32, 0, 64, 0]);
    if small.is_none() {
        put(32, &geometry.sectors.to_le_bytes());
    }
    if fat32 {
        put(36, &geometry.table.to_le_bytes());
        put(44, &2_u32.to_le_bytes());
        put(48, &[1, 0, 6, 0]);
    } else {
        put(22, &(geometry.table as u16).to_le_bytes());
    }
    let tail = if fat32 { 64 } else { 36 };
    put(tail, &[0x80, 0, 0x29]);
    put(tail + 3, &options.id.to_le_bytes());
    put(tail + 7, label);
    put(tail + 18, if fat32 { b"FAT32   " } else { b"FAT16   " });
    put(510, &[0x55, 0xaa]);
    if !fat32 {
        return boot;
    }
    let mut information = vec![0; SECTOR as usize];
    let mut put =
        |at: usize, bytes: &[u8]| information[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"RRaA");
    put(484, b"rrAa");
    put(488, &(geometry.clusters - used).to_le_bytes());
    put(492, &(used + 2).to_le_bytes());
    put(508, &[0, 0, 0x55, 0xaa]);
    let mut bytes = [boot, information].concat();
    let copy = bytes.clone();
    bytes.resize(6 * SECTOR as usize, 0);
    bytes.extend(copy);
    bytes
}

/// One allocation table: each chain of clusters lies in one piece.
fn table(kind: Kind, geometry: Geometry, root: &Node<'_>) -> Vec<u8> {
    let mut entries: Vec<u32> = vec![0x0fff_ff00 | u32::from(MEDIA), 0x0fff_ffff];
    for length in root.lengths() {
        let first = entries.len() as u32;
        entries.extend((1..length).map(|step| first + step));
        if length > 0 {
            entries.push(0x0fff_ffff);
        }
    }
    let mut bytes: Vec<u8> = match kind {
        Kind::Fat16 => entries
            .iter()
            .flat_map(|entry| (*entry as u16).to_le_bytes())
            .collect(),
        Kind::Fat32 => entries
            .iter()
            .flat_map(|entry| entry.to_le_bytes())
            .collect(),
    };
    bytes.resize((geometry.table * SECTOR) as usize, 0);
    bytes
}

fn zeroes(out: &mut impl Write, mut count: u64) -> Result<(), FatError> {
    let block = [0; 64 * 1024];
    while count > 0 {
        let step = count.min(block.len() as u64);
        out.write_all(&block[..step as usize])?;
        count -= step;
    }
    Ok(())
}
