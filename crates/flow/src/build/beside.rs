//! Files out of packages that are not installed: the stub of a unified kernel image, EFI Boot
//! Guard, a board's boot loader.
//!
//! The package files come from the cache as all others do, and are hashed again as they are read
//! here. Nothing of them is run, so the architecture does not matter.

use std::collections::BTreeMap;
use std::io::Read;

use formwork_archive::store::Store;
use formwork_codec::{Compression, Limits as Unpacking, decoder};
use formwork_deb::container::package::{Compression as Packed, PackageArchive};
use formwork_deb::container::tar::{Kind, Limits, Reader};
use formwork_deb::sha256::Sha256;
use formwork_model::lock::LockedPackage;
use formwork_rootfs::job::Job;
use formwork_sys::{CheckedFile, fs};
use thiserror::Error;

use super::locked::Locked;
use crate::Error;
use crate::context::Context;
use crate::fetch;
use crate::project::ProjectError;

/// A package beside the tree, with its file.
#[derive(Clone, Debug)]
pub(super) struct Beside {
    /// The package.
    pub(super) package: LockedPackage,
    /// Its file in the cache.
    pub(super) file: CheckedFile,
}

/// A file out of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    /// The package, as [`reference`] writes it.
    pub(super) package: String,
    /// The absolute path that the file has in it.
    pub(super) path: String,
    /// Its content.
    pub(super) bytes: Vec<u8>,
}

/// Why a file cannot be taken out of a package.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(super) enum BesideError {
    /// No package of these names stands beside the image.
    #[error("the lock has no package {} beside the image", .0.join(" or "))]
    NoPackage(Vec<String>),
    /// The package has none of the files.
    #[error("the package {package} has no {}", paths.join(" or "))]
    NoFile {
        /// The package, as [`reference`] writes it.
        package: String,
        /// The files that were looked for.
        paths: Vec<String>,
    },
    /// The file of the package is not what the lock says, or is no package.
    #[error("the file of the package {package} cannot be read: {reason}")]
    Unreadable {
        /// The package, as [`reference`] writes it.
        package: String,
        /// Why.
        reason: String,
    },
}

impl BesideError {
    /// The same at the place of the project that asks for the file.
    pub(super) fn at(self, at: &str) -> Error {
        let hint = match &self {
            BesideError::NoPackage(_) => "write the lock anew: formwork update",
            BesideError::NoFile { .. } => {
                "choose another loader, file or version; dpkg -c lists what a package has"
            }
            BesideError::Unreadable { .. } => "look at the cache: formwork cache verify",
        };
        ProjectError::Setting {
            at: at.to_owned(),
            message: self.to_string(),
            hint: hint.to_owned(),
        }
        .into()
    }
}

/// Brings the packages of a build into the cache and their files into its order; gives those
/// beside the installed ones.
///
/// Where the stage of all packages is kept, those that are in it need only be there: should
/// the stage be damaged, they are checked when they are unpacked.
pub(super) fn fetch(
    context: &Context,
    locked: &Locked,
    job: &mut Job,
    store: &Store,
) -> Result<Vec<Beside>, Error> {
    let mut all = locked.packages()?.into_iter();
    let own = locked.own();
    let is_own = |package: &LockedPackage| own.contains(package.repository.as_str());
    if job.stages.is_some()
        && all.all(|package| is_own(package) || store.has(&package.sha256, package.size))
    {
        let mut wanted = locked.beside()?;
        let installed = locked.packages()?.into_iter();
        wanted.extend(installed.filter(|package| is_own(package)));
        let beside = obtain(context, locked, job, &wanted)?;
        for package in &mut job.packages {
            if let (true, Ok(sha256)) =
                (package.file.as_os_str().is_empty(), package.sha256.parse())
            {
                store.touch(&sha256);
                package.file = store.path(&sha256);
            }
        }
        // What cannot be read is told once it is fetched anew.
        if formwork_rootfs::build::split(job).is_ok() && formwork_rootfs::build::is_kept(job) {
            return Ok(beside);
        }
    }
    let keys = locked.closure()?.shipped().into_iter();
    let wanted: Vec<&LockedPackage> = keys.filter_map(|key| locked.lock.package(key)).collect();
    let beside = obtain(context, locked, job, &wanted)?;
    for package in &mut job.packages {
        let sha256 = package.sha256.as_str();
        let mut all = wanted.iter();
        package.own = all.any(|one| one.sha256.to_string() == sha256 && is_own(one));
    }
    formwork_rootfs::build::split(job).map_err(|failure| super::not_ready(locked, failure))?;
    Ok(beside)
}

/// Obtains packages, checked, and notes their files in the order.
fn obtain(
    context: &Context,
    locked: &Locked,
    job: &mut Job,
    wanted: &[&LockedPackage],
) -> Result<Vec<Beside>, Error> {
    let files = match wanted.is_empty() {
        true => Vec::new(),
        false => fetch::obtain(context, &locked.loaded, &locked.lock, wanted)?,
    };
    let of: BTreeMap<String, CheckedFile> = wanted
        .iter()
        .map(|package| package.sha256.to_string())
        .zip(files)
        .collect();
    for package in &mut job.packages {
        if let Some(file) = of.get(&package.sha256) {
            file.path().clone_into(&mut package.file);
        }
    }
    let beside = locked.beside()?.into_iter().filter_map(|package| {
        Some(Beside {
            package: package.clone(),
            file: of.get(&package.sha256.to_string()).cloned()?,
        })
    });
    Ok(beside.collect())
}

/// Takes a file out of the first of the named packages that stands beside the image: the first
/// of the given absolute paths that it has.
pub(super) fn file(
    beside: &[Beside],
    names: &[&str],
    paths: &[&str],
) -> Result<Taken, BesideError> {
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    let named = |name: &&str| beside.iter().find(|one| one.package.name == **name);
    let found = names.iter().find_map(named);
    let Some(Beside { package, file }) = found else {
        return Err(BesideError::NoPackage(texts(names)));
    };
    let label = reference(package);
    let unreadable = |reason: String| BesideError::Unreadable {
        package: label.clone(),
        reason,
    };
    let deb = fs::read_limited(file.path(), file.size());
    let deb = deb.map_err(|error| unreadable(error.to_string()))?;
    if Sha256::of(&deb) != *file.sha256() {
        return Err(unreadable("it is not the file that was locked".to_owned()));
    }
    match take(&deb, paths).map_err(unreadable)? {
        Some((path, bytes)) => Ok(Taken {
            package: label,
            path,
            bytes,
        }),
        None => Err(BesideError::NoFile {
            package: label,
            paths: texts(paths),
        }),
    }
}

/// A package as the lock writes it: `NAME:ARCHITECTURE=VERSION`.
pub(super) fn reference(package: &LockedPackage) -> String {
    let LockedPackage {
        name,
        version,
        architecture,
        ..
    } = package;
    format!("{name}:{architecture}={version}")
}

/// The first of these paths that a package has as a file, with its content.
fn take(deb: &[u8], paths: &[&str]) -> Result<Option<(String, Vec<u8>)>, String> {
    let archive = PackageArchive::parse(deb).map_err(|error| error.to_string())?;
    let mut tar = Reader::new(unpacked(&archive)?, Limits::DATA);
    let mut best: Option<(usize, Vec<u8>)> = None;
    while let Some(entry) = tar.next_entry().map_err(|error| error.to_string())? {
        let path = entry.path.strip_prefix(b".").unwrap_or(&entry.path);
        let rank = paths.iter().position(|asked| asked.as_bytes() == path);
        let Some(rank) = rank.filter(|_| entry.kind == Kind::File) else {
            continue;
        };
        if best.as_ref().is_none_or(|(known, _)| rank < *known) {
            best = Some((rank, tar.content().map_err(|error| error.to_string())?));
        }
    }
    Ok(best.and_then(|(rank, bytes)| Some((paths.get(rank)?.to_string(), bytes))))
}

/// The files of a package, unpacked while they are read.
fn unpacked<'a>(archive: &PackageArchive<'a>) -> Result<Box<dyn Read + Send + 'a>, String> {
    let compression = match archive.data_compression {
        Packed::None => Compression::Plain,
        Packed::Gzip => Compression::Gzip,
        Packed::Xz => Compression::Xz,
        Packed::Zstandard => Compression::Zstd,
        Packed::Bzip2 | Packed::Lzma => return Err("packed in an old way".to_owned()),
    };
    let limits = Unpacking {
        threads: 1,
        ..Unpacking::unsigned()
    };
    decoder(compression, archive.data.content, &limits).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use formwork_testkit::package::Package;

    /// A package of an architecture that this machine need not know, in a file of its own.
    fn beside(directory: &std::path::Path, version: &str) -> Beside {
        let deb = Package::new("u-boot", version, "riscv64")
            .file("usr/lib/u-boot/a.bin", b"first")
            .file("usr/lib/u-boot/b.bin", b"second")
            .deb();
        let path = directory.join(version);
        std::fs::write(&path, &deb).expect("a file");
        let sha256 = Sha256::of(&deb);
        let package = LockedPackage {
            name: "u-boot".to_owned(),
            version: version.to_owned(),
            architecture: "riscv64".to_owned(),
            source: "u-boot".to_owned(),
            source_version: version.to_owned(),
            size: deb.len() as u64,
            sha256,
            repository: "debian".to_owned(),
            path: "pool/x.deb".to_owned(),
        };
        let file = CheckedFile::check(&path, &sha256, None).expect("checks");
        Beside { package, file }
    }

    #[test]
    fn the_first_path_that_the_package_has_is_taken_and_the_bytes_are_checked_again() {
        let home = tempfile::tempdir().expect("a directory");
        let all = [beside(home.path(), "1")];
        let b = "/usr/lib/u-boot/b.bin";
        let taken = file(
            &all,
            &["other", "u-boot"],
            &["/x", b, "/usr/lib/u-boot/a.bin"],
        );
        let taken = taken.expect("taken");
        assert_eq!(
            (taken.path.as_str(), taken.bytes.as_slice()),
            (b, &b"second"[..])
        );
        assert_eq!(taken.package, "u-boot:riscv64=1");
        let message = |names: &[&str], paths: &[&str]| {
            let error = file(&all, names, paths).expect_err("an error");
            error.at("images/a.toml:3").to_string()
        };
        assert_eq!(
            message(&["efibootguard"], &[b]),
            "images/a.toml:3: the lock has no package efibootguard beside the image"
        );
        assert_eq!(
            message(&["u-boot"], &["/a", "/usr/lib/u-boot"]),
            "images/a.toml:3: the package u-boot:riscv64=1 has no /a or /usr/lib/u-boot"
        );
        let mut damaged = std::fs::read(home.path().join("1")).expect("the file");
        damaged[70] ^= 1;
        std::fs::write(home.path().join("1"), damaged).expect("a file");
        assert!(message(&["u-boot"], &[b]).contains("not the file that was locked"));
    }
}
