//! Reading a file system, believing nothing of it: files by their paths, and where they lie.

use std::ops::Range;

use super::ENTRY;

/// The longest chain of clusters that is followed, so that a ring of them ends.
const MOST_CLUSTERS: usize = 1 << 22;
/// The most entries that a directory may have by Microsoft's rules: 2 MiB of them.
const MOST_DIRECTORY: usize = 2 << 20;
const DIRECTORY: u8 = 0x10;
const VOLUME: u8 = 0x08;
const LONG_NAME: u8 = 0x0f;

/// What is wrong with a file system.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FatReadError {
    /// It is no FAT, or a FAT12.
    #[error("no FAT16 or FAT32 file system: {0}")]
    Malformed(&'static str),
    /// A chain of clusters leads out of the file system, or never ends.
    #[error("the file system is damaged: {0}")]
    Damaged(&'static str),
    /// There is no such file.
    #[error("there is no /{0} in the file system")]
    Missing(String),
}

/// A file or a directory as its entry tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name: the long one where it has one.
    pub name: String,
    /// Whether it is a directory.
    pub is_directory: bool,
    /// Its size in bytes; 0 for a directory.
    pub size: u32,
    first: u32,
}

/// A file system that lies in memory or is mapped.
#[derive(Clone, Copy, Debug)]
pub struct Volume<'a> {
    bytes: &'a [u8],
    fat32: bool,
    cluster: usize,
    table: usize,
    table_size: usize,
    root: usize,
    root_size: usize,
    root_cluster: u32,
    data: usize,
    clusters: u32,
    id: u32,
    label: [u8; 11],
}

/// Looks at the boot sector of a file system.
///
/// # Errors
/// If it is none, or its numbers do not go together.
pub fn read(bytes: &[u8]) -> Result<Volume<'_>, FatReadError> {
    let boot = bytes
        .get(..512)
        .ok_or(FatReadError::Malformed("it is cut short"))?;
    if boot[510..] != [0x55, 0xaa] {
        return Err(FatReadError::Malformed("it has no boot sector"));
    }
    let sector = usize::from(half(boot, 11));
    let per_cluster = usize::from(boot[13]);
    if !matches!(sector, 512 | 1024 | 2048 | 4096) || !per_cluster.is_power_of_two() {
        return Err(FatReadError::Malformed("its sectors are of no known size"));
    }
    let root_entries = usize::from(half(boot, 17));
    let sectors = match half(boot, 19) {
        0 => word(boot, 32) as usize,
        small => usize::from(small),
    };
    let table_sectors = match half(boot, 22) {
        0 => word(boot, 36) as usize,
        small => usize::from(small),
    };
    let reserved = usize::from(half(boot, 14));
    let root_sectors = (root_entries * ENTRY).div_ceil(sector);
    let wrong = FatReadError::Malformed("its parts are larger than the whole");
    let before = table_sectors
        .checked_mul(usize::from(boot[16]))
        .and_then(|tables| tables.checked_add(reserved + root_sectors))
        .ok_or(wrong.clone())?;
    let clusters = sectors.checked_sub(before).ok_or(wrong.clone())? / per_cluster;
    if clusters <= super::MOST_FAT12 as usize || reserved == 0 {
        return Err(FatReadError::Malformed("it has too few clusters"));
    }
    let fat32 = clusters > super::MOST_FAT16 as usize;
    let extra = if fat32 { 64 } else { 36 };
    let mut label = [b' '; 11];
    label.copy_from_slice(&boot[extra + 7..extra + 18]);
    Ok(Volume {
        bytes,
        fat32,
        cluster: sector * per_cluster,
        table: reserved * sector,
        table_size: table_sectors.checked_mul(sector).ok_or(wrong)?,
        root: (before - root_sectors) * sector,
        root_size: root_entries * ENTRY,
        root_cluster: if fat32 { word(boot, 44) } else { 0 },
        data: before * sector,
        clusters: u32::try_from(clusters)
            .map_err(|_| FatReadError::Malformed("it is too large"))?,
        id: word(boot, extra + 3),
        label,
    })
}

impl<'a> Volume<'a> {
    /// Its number, as `1234-ABCD`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{:04X}-{:04X}", self.id >> 16, self.id & 0xffff)
    }

    /// Its label as the boot sector has it.
    #[must_use]
    pub fn label(&self) -> String {
        String::from_utf8_lossy(&self.label).trim_end().to_owned()
    }

    /// Bytes of clusters that nothing uses.
    ///
    /// # Errors
    /// If the table is cut short.
    pub fn free(&self) -> Result<u64, FatReadError> {
        let mut free = 0;
        for cluster in 2..self.clusters.saturating_add(2) {
            free += u64::from(self.next(cluster)? == 0);
        }
        Ok(free * self.cluster as u64)
    }

    /// What is in a directory; the empty path means the root.
    ///
    /// # Errors
    /// If there is none with this path, or the file system is damaged.
    pub fn list(&self, path: &str) -> Result<Vec<Entry>, FatReadError> {
        match self.resolve(path)? {
            None => self.entries(None),
            Some(entry) if entry.is_directory => self.entries(Some(entry.first)),
            Some(_) => Err(FatReadError::Missing(format!("{path}/"))),
        }
    }

    /// The file with this path, whose names are compared without regard to case.
    ///
    /// # Errors
    /// If there is none, or the file system is damaged.
    pub fn find(&self, path: &str) -> Result<Entry, FatReadError> {
        let entry = self.resolve(path)?;
        entry.ok_or_else(|| FatReadError::Missing(path.to_owned()))
    }

    /// Where the content of a file lies, counted from the beginning of the file system; pieces
    /// that touch are one.
    ///
    /// # Errors
    /// If its chain is damaged or shorter than its size.
    pub fn ranges(&self, entry: &Entry) -> Result<Vec<Range<u64>>, FatReadError> {
        let mut ranges: Vec<Range<u64>> = Vec::new();
        let mut left = u64::from(entry.size);
        if left == 0 {
            return Ok(ranges);
        }
        for cluster in self.chain(entry.first)? {
            let start = self.place(cluster)? as u64;
            let length = left.min(self.cluster as u64);
            match ranges.last_mut() {
                Some(last) if last.end == start => last.end += length,
                _ => ranges.push(start..start + length),
            }
            left -= length;
            if left == 0 {
                return Ok(ranges);
            }
        }
        Err(FatReadError::Damaged("a file is shorter than it should be"))
    }

    /// The content of a file.
    ///
    /// # Errors
    /// As [`Volume::ranges`].
    pub fn content(&self, entry: &Entry) -> Result<Vec<u8>, FatReadError> {
        let mut content = Vec::with_capacity(self.bytes.len().min(entry.size as usize));
        for range in self.ranges(entry)? {
            let part = self.bytes.get(range.start as usize..range.end as usize);
            content.extend(part.ok_or(FatReadError::Damaged("a file lies outside"))?);
        }
        Ok(content)
    }

    /// The entry of a path; nothing for the root.
    fn resolve(&self, path: &str) -> Result<Option<Entry>, FatReadError> {
        let mut found: Option<Entry> = None;
        for part in path.split('/').filter(|part| !part.is_empty()) {
            let missing = || FatReadError::Missing(path.to_owned());
            let directory = match &found {
                Some(entry) if !entry.is_directory => return Err(missing()),
                Some(entry) => Some(entry.first),
                None => None,
            };
            let mut entries = self.entries(directory)?.into_iter();
            let same = |entry: &Entry| entry.name.to_lowercase() == part.to_lowercase();
            found = Some(entries.find(same).ok_or_else(missing)?);
        }
        Ok(found)
    }

    /// The entries of a directory by its first cluster; without one those of the root.
    fn entries(&self, first: Option<u32>) -> Result<Vec<Entry>, FatReadError> {
        // `..` calls the root 0, wherever it lies.
        let first = first.filter(|cluster| *cluster != 0);
        if let (None, false) = (first, self.fat32) {
            let bytes = self.bytes.get(self.root..self.root + self.root_size);
            return Ok(parse(bytes.ok_or(FatReadError::Damaged(
                "its root directory lies outside",
            ))?));
        }
        let mut bytes = Vec::new();
        for cluster in self.chain(first.unwrap_or(self.root_cluster))? {
            let start = self.place(cluster)?;
            bytes.extend(&self.bytes[start..start + self.cluster]);
            if bytes.len() > MOST_DIRECTORY {
                return Err(FatReadError::Damaged("a directory is too large"));
            }
        }
        Ok(parse(&bytes))
    }

    /// The clusters of a chain.
    fn chain(&self, first: u32) -> Result<Vec<u32>, FatReadError> {
        let end = if self.fat32 { 0x0fff_fff8 } else { 0xfff8 };
        // A chain that is longer than what is there comes back to itself.
        let there = self.bytes.len() / self.cluster + 1;
        let most = MOST_CLUSTERS.min(self.clusters as usize).min(there);
        let mut chain = Vec::new();
        let mut cluster = first;
        while cluster < end {
            self.place(cluster)?;
            if chain.len() >= most {
                return Err(FatReadError::Damaged("a chain of clusters never ends"));
            }
            chain.push(cluster);
            cluster = self.next(cluster)?;
        }
        Ok(chain)
    }

    /// What the table says of a cluster.
    fn next(&self, cluster: u32) -> Result<u32, FatReadError> {
        let width = if self.fat32 { 4 } else { 2 };
        let at = cluster as usize * width;
        let inside = at + width <= self.table_size;
        let entry = inside.then(|| self.bytes.get(self.table + at..self.table + at + width));
        match entry.flatten() {
            Some([low, high]) => Ok(u32::from(u16::from_le_bytes([*low, *high]))),
            Some(four) => Ok(word(four, 0) & 0x0fff_ffff),
            None => Err(FatReadError::Damaged("its table is cut short")),
        }
    }

    /// Where a cluster begins; all of it is there.
    fn place(&self, cluster: u32) -> Result<usize, FatReadError> {
        let outside = FatReadError::Damaged("a chain leads out of the file system");
        let number = cluster.checked_sub(2).ok_or(outside.clone())?;
        let start = (number as usize)
            .checked_mul(self.cluster)
            .and_then(|offset| offset.checked_add(self.data));
        let start = start.filter(|_| number < self.clusters);
        let start = start.filter(|start| start.saturating_add(self.cluster) <= self.bytes.len());
        start.ok_or(outside)
    }
}

/// The entries of the bytes of a directory, without `.`, `..` and the label.
fn parse(bytes: &[u8]) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut long: Vec<u16> = Vec::new();
    for entry in bytes.chunks_exact(ENTRY) {
        match (entry[0], entry[11]) {
            (0, _) => break,
            (0xe5, _) => long.clear(),
            (number, LONG_NAME) => {
                if number & 0x40 != 0 {
                    long.clear();
                }
                let letters = [&entry[1..11], &entry[14..26], &entry[28..32]].concat();
                let units = letters.chunks_exact(2);
                // The pieces stand in front of the entry from the last one to the first.
                long.splice(
                    ..0,
                    units.map(|unit| u16::from_le_bytes([unit[0], unit[1]])),
                );
            }
            (b'.', _) => long.clear(),
            (_, bits) if bits & VOLUME != 0 => long.clear(),
            (_, bits) => {
                let units = long.iter().copied().take_while(|unit| *unit != 0);
                let name: Vec<u16> = units.collect();
                entries.push(Entry {
                    name: match name.is_empty() {
                        true => short(entry),
                        false => String::from_utf16_lossy(&name),
                    },
                    is_directory: bits & DIRECTORY != 0,
                    size: if bits & DIRECTORY != 0 {
                        0
                    } else {
                        word(entry, 28)
                    },
                    first: u32::from(half(entry, 20)) << 16 | u32::from(half(entry, 26)),
                });
                long.clear();
            }
        }
    }
    entries
}

/// The name of an entry that has no long one; small letters are as two of its bits say.
fn short(entry: &[u8]) -> String {
    let part = |bytes: &[u8], small: bool| {
        let text = String::from_utf8_lossy(bytes).trim_end().to_owned();
        if small { text.to_lowercase() } else { text }
    };
    let base = part(&entry[..8], entry[12] & 0x08 != 0);
    let ending = part(&entry[8..11], entry[12] & 0x10 != 0);
    match ending.is_empty() {
        true => base,
        false => format!("{base}.{ending}"),
    }
}

fn half(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
