//! Whether the records of an image fit each other.
//!
//! The build record stands at the end of the chain: it names every other record by its digest.

use std::collections::BTreeSet;

use formwork_deb::sha256::Sha256;
use formwork_model::documents::{BuiltFile, BuiltPackage, Difference, ImageRecord};

use crate::records::{Record, Records};
use crate::{boot, disk};

/// Something that is not as recorded.
pub(crate) fn difference(
    place: impl Into<String>,
    what: &str,
    recorded: impl ToString,
    found: impl ToString,
) -> Difference {
    Difference {
        place: place.into(),
        what: what.to_owned(),
        recorded: recorded.to_string(),
        found: found.to_string(),
    }
}

/// Adds a difference where two things should be the same.
pub(crate) fn same<T: PartialEq + ToString>(
    found: &mut Vec<Difference>,
    place: &str,
    what: &str,
    recorded: T,
    seen: T,
) {
    if recorded != seen {
        found.push(difference(place, what, recorded, seen));
    }
}

/// Everything in which the records contradict each other or themselves.
#[must_use]
pub fn contradictions(records: &Records) -> Vec<Difference> {
    let mut found = Vec::new();
    let Records {
        build,
        packages,
        tree,
        image,
    } = records;
    named(&mut found, build.says.files.as_slice(), "tree", tree);
    named(&mut found, &build.says.files, "packages", packages);
    if let Some(image) = image {
        named(&mut found, &build.says.files, "image", image);
        let (recorded, seen) = (&image.says.tree_sha256, tree.sha256.to_string());
        same(
            &mut found,
            &tree.file,
            "sha256 in the image record",
            recorded,
            &seen,
        );
    } else if let Some(file) = build.says.files.iter().find(|file| file.kind == "image") {
        found.push(difference(&file.path, "record", "there", "missing"));
    }
    identity(&mut found, records);
    if build.says.packages != packages.says.packages {
        let (recorded, seen) = (
            listed(&build.says.packages),
            listed(&packages.says.packages),
        );
        let text = |other: &BTreeSet<String>, own: &BTreeSet<String>| {
            let only: Vec<&str> = own.difference(other).map(String::as_str).collect();
            match only.as_slice() {
                [] => "the same names, in another order or of other files".to_owned(),
                some => some.join(", "),
            }
        };
        found.push(difference(
            &packages.file,
            "packages",
            text(&seen, &recorded),
            text(&recorded, &seen),
        ));
    }
    owners(&mut found, records);
    if let Some(image) = image {
        images(&mut found, &build.says.files, &image.says);
    }
    found
}

/// Whether the record of disk and file systems names the files that the build record names.
fn images(found: &mut Vec<Difference>, files: &[BuiltFile], image: &ImageRecord) {
    if let Some(disk) = &image.disk {
        match files.iter().find(|file| file.path == disk.file) {
            Some(file) => {
                same(
                    found,
                    &disk.file,
                    "sha256 in the image record",
                    &file.sha256,
                    &disk.sha256,
                );
                same(
                    found,
                    &disk.file,
                    "size in the image record",
                    file.size,
                    disk.size,
                );
            }
            None => found.push(difference(
                &disk.file,
                "record",
                "is not named by the build record",
                "named by the image record",
            )),
        }
        found.extend(disk::contradictions(disk));
        if let Some(boot) = &image.boot {
            let digest = |kind: &str| {
                let file = files.iter().find(|file| file.kind == kind);
                file.map(|file| file.sha256.clone())
            };
            found.extend(boot::beside(boot, &digest));
        }
    }
    for system in &image.filesystems {
        let name = system.file.as_deref().unwrap_or_default();
        match files.iter().find(|file| file.path == name) {
            Some(file) => same(
                found,
                name,
                "size in the image record",
                file.size,
                system.size,
            ),
            None => found.push(difference(
                name,
                "record",
                "is not named by the build record",
                "named by the image record",
            )),
        }
    }
}

/// Whether the build record names another record as it is.
fn named<T>(found: &mut Vec<Difference>, files: &[BuiltFile], kind: &str, record: &Record<T>) {
    let Some(file) = files.iter().find(|file| file.kind == kind) else {
        let text = "is not named by the build record";
        found.push(difference(&record.file, "record", text, "there"));
        return;
    };
    let seen: &Sha256 = &record.sha256;
    same(
        found,
        &record.file,
        "sha256",
        file.sha256.clone(),
        seen.to_string(),
    );
    same(found, &record.file, "size", file.size, record.size);
}

/// Whether all records speak of the same image.
fn identity(found: &mut Vec<Difference>, records: &Records) {
    let build = &records.build.says;
    let mut others = vec![(
        records.packages.file.as_str(),
        Some(&records.packages.says.image),
        &records.packages.says.suite,
        &records.packages.says.architecture,
    )];
    let tree = &records.tree;
    others.push((&tree.file, None, &tree.says.suite, &tree.says.architecture));
    if let Some(image) = &records.image {
        let says = &image.says;
        others.push((
            &image.file,
            Some(&says.image),
            &says.suite,
            &says.architecture,
        ));
    }
    for (file, image, suite, architecture) in others {
        if let Some(image) = image {
            same(found, file, "image", &build.image, image);
        }
        same(found, file, "suite", &build.suite, suite);
        same(
            found,
            file,
            "architecture",
            &build.architecture,
            architecture,
        );
    }
}

/// Packages as `NAME VERSION ARCHITECTURE`.
fn listed(packages: &[BuiltPackage]) -> BTreeSet<String> {
    let told = |one: &BuiltPackage| format!("{} {} {}", one.name, one.version, one.architecture);
    packages.iter().map(told).collect()
}

/// Whether every owner of a file is an installed package.
fn owners(found: &mut Vec<Difference>, records: &Records) {
    let packages = records.packages.says.packages.iter();
    let installed: BTreeSet<&str> = packages
        .filter(|package| package.installed)
        .map(|package| package.name.as_str())
        .collect();
    let files = records.tree.says.files.iter();
    let strangers: BTreeSet<&str> = files
        .filter_map(|file| file.package.as_deref())
        .filter(|owner| {
            let name = owner.split(':').next().unwrap_or(owner);
            !installed.contains(name)
        })
        .collect();
    for stranger in strangers {
        let text = "owner of files";
        found.push(difference(
            &records.tree.file,
            text,
            stranger,
            "not among the packages",
        ));
    }
}
