//! The records as one answer.

use formwork_model::documents::{
    Difference, FORMAT, ImageRecord, Inspected, InspectedOutput, package_list,
};

use crate::files::total;
use crate::records::Records;
use crate::sizes;

/// How many of the largest files are named.
const LARGEST: usize = 100;

/// What is asked, and what the records alone cannot say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// How deep directories are told; the root has depth 0.
    pub depth: usize,
    /// The build's outputs, with their paths and whether they are there.
    pub outputs: Vec<InspectedOutput>,
    /// Whether the image itself was read.
    pub verified: bool,
    /// Everything that contradicts.
    pub differences: Vec<Difference>,
}

/// Puts the answer together.
#[must_use]
pub fn answer(records: &Records, look: Look) -> Inspected {
    let build = &records.build.says;
    let files = &records.tree.says;
    let unowned = sizes::largest(files, |file| file.package.is_none(), usize::MAX);
    let image = match &records.image {
        Some(image) => image.says.clone(),
        None => ImageRecord::default(),
    };
    Inspected {
        format: FORMAT,
        inputs: build.inputs.clone(),
        image: build.image.clone(),
        suite: build.suite.clone(),
        architecture: build.architecture.clone(),
        date: build.date.clone(),
        formwork: build.formwork.clone(),
        lock_sha256: build.lock_sha256.clone(),
        record_sha256: records.build.sha256.to_string(),
        outputs: look.outputs,
        disk: image.disk,
        filesystems: image.filesystems,
        boot: image.boot,
        files: files.files.len() as u64,
        bytes: files.bytes(),
        packages: sizes::packages(files, &records.packages.says.packages),
        directories: sizes::directories(files, look.depth),
        largest: sizes::largest(files, |_| true, LARGEST),
        unowned_files: unowned.len() as u64,
        unowned_bytes: total(unowned.iter().map(|file| file.bytes)),
        unowned,
        verified: look.verified,
        differences: look.differences,
    }
}

/// The list that the Debian LTS and ELTS sponsors are asked for: what is installed, and of what
/// else single files are on the disk.
#[must_use]
pub fn pkglist(inspected: &Inspected) -> String {
    let packages = inspected.packages.iter();
    package_list(packages.map(|package| {
        (
            package.source.as_str(),
            package.name.as_str(),
            package.version.as_str(),
        )
    }))
}
