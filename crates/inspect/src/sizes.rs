//! Sums over the files of a tree: by package, by directory, the largest.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use formwork_model::documents::{
    BuiltPackage, InspectedDirectory, InspectedFile, InspectedPackage,
};

use crate::files::{File, Files};

/// A number of files and what they hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    files: u64,
    bytes: u64,
}

impl Sum {
    fn add(&mut self, file: &File) {
        self.files = self.files.saturating_add(1);
        self.bytes = self.bytes.saturating_add(file.size);
    }
}

/// The packages with what their files hold, those first that hold most.
#[must_use]
pub fn packages(files: &Files, packages: &[BuiltPackage]) -> Vec<InspectedPackage> {
    let mut sums: BTreeMap<&str, Sum> = BTreeMap::new();
    for file in &files.files {
        if let Some(name) = &file.package {
            sums.entry(name).or_default().add(file);
        }
    }
    let mut told: Vec<InspectedPackage> = packages
        .iter()
        .map(|package| {
            // What stands beside the tree has no file in it, whatever else bears its name.
            let sum = match package.installed {
                true => sum_of(&sums, package, &files.architecture),
                false => Sum::default(),
            };
            InspectedPackage {
                name: package.name.clone(),
                version: package.version.clone(),
                architecture: package.architecture.clone(),
                source: package.source.clone(),
                source_version: package.source_version.clone(),
                installed: package.installed,
                files: sum.files,
                bytes: sum.bytes,
            }
        })
        .collect();
    told.sort_by(|left, right| {
        let place = |one: &InspectedPackage| (one.name.clone(), one.architecture.clone());
        let rank = |one: &InspectedPackage| (!one.installed, Reverse(one.bytes));
        (rank(left), place(left)).cmp(&(rank(right), place(right)))
    });
    told
}

/// A package of a foreign architecture is named with it in the manifest.
fn sum_of(sums: &BTreeMap<&str, Sum>, package: &BuiltPackage, own: &str) -> Sum {
    let foreign = package.architecture != own && package.architecture != "all";
    let full = format!("{}:{}", package.name, package.architecture);
    let plain = || sums.get(package.name.as_str()).filter(|_| !foreign);
    let sum = sums.get(full.as_str()).or_else(plain);
    sum.copied().unwrap_or_default()
}

/// All directories down to this depth with everything below them, the largest first; the root
/// has depth 0 and comes first of those of its size.
#[must_use]
pub fn directories(files: &Files, depth: usize) -> Vec<InspectedDirectory> {
    let mut sums: BTreeMap<&str, Sum> = BTreeMap::new();
    for file in &files.files {
        for directory in ancestors(&file.path).take(depth.saturating_add(1)) {
            sums.entry(directory).or_default().add(file);
        }
    }
    let mut told: Vec<InspectedDirectory> = sums
        .into_iter()
        .map(|(path, sum)| InspectedDirectory {
            path: path.to_owned(),
            files: sum.files,
            bytes: sum.bytes,
        })
        .collect();
    // Sorted by path already; the sort is stable.
    told.sort_by_key(|directory| Reverse(directory.bytes));
    told
}

/// The directories that a path lies in, from the root down.
pub(crate) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    let slashes = path.match_indices('/');
    slashes.map(|(at, _)| match at {
        0 => "/",
        _ => path.get(..at).unwrap_or(path),
    })
}

/// The largest files of those that are meant, the largest first.
#[must_use]
pub fn largest(files: &Files, is_meant: impl Fn(&File) -> bool, most: usize) -> Vec<InspectedFile> {
    let mut found: Vec<&File> = files.files.iter().filter(|file| is_meant(file)).collect();
    found.sort_by(|left, right| (right.size, &left.path).cmp(&(left.size, &right.path)));
    found.truncate(most);
    found
        .into_iter()
        .map(|file| InspectedFile {
            path: file.path.clone(),
            bytes: file.size,
            package: file.package.clone(),
        })
        .collect()
}
