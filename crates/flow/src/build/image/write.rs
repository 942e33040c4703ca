//! What is said of images: sizes, and what takes the room.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use formwork_model::documents::ImageDisk;
use formwork_sys::fs;
use serde::Deserialize;

/// How many packages are named where an image is too large.
const NAMED: usize = 5;
/// No manifest is larger.
const MAX_MANIFEST: u64 = 1 << 30;

/// The error of a file as what writes to it knows errors, with what counts of it.
pub(super) fn io(error: formwork_sys::Error) -> io::Error {
    let kind = match error.is_disk_full() {
        true => io::ErrorKind::StorageFull,
        false => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}

/// A disk in a line: `disk 812 MB (GPT: esp 64 MB, root ext4 700 MB)`.
pub(super) fn summary(disk: &ImageDisk) -> String {
    let partitions = disk.partitions.iter().map(|partition| {
        let kind = partition.filesystem.as_ref().map(|one| one.kind.as_str());
        match kind.filter(|kind| *kind != "vfat") {
            Some(kind) => format!("{} {kind} {}", partition.name, size(partition.size)),
            None => format!("{} {}", partition.name, size(partition.size)),
        }
    });
    let partitions: Vec<String> = partitions.collect();
    format!("disk {} (GPT: {})", size(disk.size), partitions.join(", "))
}

/// Bytes in the unit that people compare, rounded.
pub(super) fn size(bytes: u64) -> String {
    format!("{} MB", (bytes + 500_000) / 1_000_000)
}

/// The packages whose files take the most, the largest first, by the manifest of the tree.
/// That it cannot be read is no reason to hide why it was asked for.
pub(super) fn largest(manifest: &Path) -> Vec<(String, u64)> {
    let bytes = fs::read_limited(manifest, MAX_MANIFEST).unwrap_or_default();
    let manifest: Manifest = serde_json::from_slice(&bytes).unwrap_or_default();
    let mut sizes: BTreeMap<String, u64> = BTreeMap::new();
    for entry in manifest.entries {
        if let Some(package) = entry.package {
            *sizes.entry(package).or_default() += entry.size;
        }
    }
    let mut sizes: Vec<(String, u64)> = sizes.into_iter().collect();
    sizes.sort_by(|left, right| (right.1, &left.0).cmp(&(left.1, &right.0)));
    sizes.truncate(NAMED);
    sizes
}

/// As much of a manifest as is needed here.
#[derive(Default, Deserialize)]
struct Manifest {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    size: u64,
    package: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use formwork_model::documents::{ImageFileSystem, ImagePartition};

    #[test]
    fn a_disk_is_told_in_a_line() {
        let partition = |name: &str, kind: Option<&str>, size| ImagePartition {
            name: name.to_owned(),
            size,
            filesystem: kind.map(|kind| ImageFileSystem {
                kind: kind.to_owned(),
                ..ImageFileSystem::default()
            }),
            ..ImagePartition::default()
        };
        let disk = ImageDisk {
            size: 812_345_678,
            partitions: vec![
                partition("esp", Some("vfat"), 64_000_000),
                partition("root", Some("ext4"), 699_999_999),
                partition("spare", None, 1_048_576),
            ],
            ..ImageDisk::default()
        };
        let expected = "disk 812 MB (GPT: esp 64 MB, root ext4 700 MB, spare 1 MB)";
        assert_eq!(summary(&disk), expected);
    }

    #[test]
    fn the_largest_packages_come_first() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("tree.json");
        let manifest = r#"{"format":1,"entries":[{"path":"/","type":"dir"},
            {"path":"/a","size":5,"package":"small"},{"path":"/b","size":7,"package":"large"},
            {"path":"/c","size":900},{"path":"/d","size":4,"package":"large"}]}"#;
        fs::replace(&path, manifest.as_bytes()).expect("written");
        let expected = [("large".to_owned(), 11), ("small".to_owned(), 5)];
        assert_eq!(largest(&path), expected);
        assert!(largest(&directory.path().join("none")).is_empty());
    }
}
