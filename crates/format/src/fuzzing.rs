//! The bodies of the fuzz targets, which a normal test runs over their seeds too.
//!
//! Each takes any bytes, and panics only if a parser breaks one of its promises.

use crate::{cpio, ebg, fat, gpt, pe, uki};

/// The beginning of a disk: a table that is believed has partitions within the disk, none over
/// another. The sums are made right before, or nothing would come through.
pub fn partition_tables(bytes: &[u8]) {
    let mut disk = bytes.to_vec();
    if let Some(entries) = disk.get(1024..) {
        let sum = crc32fast::hash(&entries[..entries.len().min(128 * 128)]);
        if let Some(place) = disk.get_mut(600..604) {
            place.copy_from_slice(&sum.to_le_bytes());
        }
        if let Some(place) = disk.get_mut(528..532) {
            place.fill(0);
        }
        let sum = disk.get(512..604).map_or(0, crc32fast::hash);
        if let Some(place) = disk.get_mut(528..532) {
            place.copy_from_slice(&sum.to_le_bytes());
        }
    }
    let Ok(table) = gpt::parse(&disk, 1) else {
        return;
    };
    let mut places: Vec<(u64, u64)> = table
        .partitions
        .iter()
        .map(|partition| (partition.first, partition.last))
        .collect();
    places.sort_unstable();
    assert!(
        places
            .iter()
            .all(|(first, last)| first <= last && *last < table.sectors)
    );
    assert!(places.windows(2).all(|pair| pair[0].1 < pair[1].0));
}

/// A UEFI program: its sections lie within it, and what is added is found again.
pub fn programs(bytes: &[u8]) {
    if let Ok(sections) = pe::sections(bytes) {
        for section in &sections {
            let content = pe::content(bytes, section);
            assert!(content.is_err() || content.is_ok_and(|found| found.len() <= bytes.len()));
        }
    }
    let _ = uki::read(bytes);
    if let Ok(added) = pe::append(bytes, &[(".added", b"content")]) {
        let sections = pe::sections(&added).expect("what was written can be read");
        let last = sections.last().expect("a section was added");
        assert_eq!(pe::content(&added, last), Ok(&b"content"[..]));
    }
}

/// An environment of EFI Boot Guard, with size and sum made right before: it is read, and what is
/// written of it says the same.
pub fn environments(bytes: &[u8]) {
    let _ = ebg::Environment::decode(bytes);
    let mut whole = bytes.to_vec();
    whole.resize(ebg::SIZE, 0);
    let (content, sum) = whole.split_at_mut(ebg::SIZE - 4);
    sum.copy_from_slice(&crc32fast::hash(content).to_le_bytes());
    let read = ebg::Environment::decode(&whole).expect("size and sum are right");
    // A text without an end is one unit longer than any that is written.
    if let Ok(written) = read.encode() {
        assert_eq!(ebg::Environment::decode(&written), Ok(read));
    }
}

/// A FAT file system: whatever it lists can be asked for, and ends.
pub fn fats(bytes: &[u8]) {
    let Ok(volume) = fat::read(bytes) else {
        return;
    };
    let _ = (volume.id(), volume.label(), volume.free());
    let mut paths = vec![String::new()];
    // Damaged directories may hold each other.
    for _ in 0..64 {
        let Some(path) = paths.pop() else { break };
        for entry in volume.list(&path).unwrap_or_default() {
            let below = format!("{path}/{}", entry.name);
            if let Ok(content) = volume.content(&entry) {
                assert_eq!(content.len(), entry.size as usize);
            }
            let _ = volume.find(&below);
            if entry.is_directory {
                paths.push(below);
            }
        }
    }
}

/// A cpio archive: its members lie within it, one behind the other.
pub fn archives(bytes: &[u8]) {
    if let Ok((members, end)) = cpio::members(bytes) {
        let content: usize = members.iter().map(|member| member.content.len()).sum();
        assert!(content <= end);
    }
}
