//! The kernel that a tree boots with.
//!
//! A kernel of Debian is `/boot/vmlinuz-VERSION` with its modules in `/lib/modules/VERSION`. An
//! image with one kernel needs to say nothing; one with several names the package that brings
//! the right one, or one that depends on that, such as `linux-image-amd64`.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use formwork_deb::deb822;
use formwork_deb::relation::parse_groups;
use formwork_sys::tree::{Kind, Tree};

use crate::error::Error;
use crate::job::KernelWish;
use crate::report::Kernel;

/// Where kernels lie, and what their names begin with.
const BOOT: &str = "boot";
const NAME: &str = "vmlinuz-";
/// The database of installed packages.
const DPKG: &str = "var/lib/dpkg";

/// Why a tree has no kernel to boot with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KernelError {
    /// There is none.
    #[error(
        "{at}the image has no kernel to boot with: nothing is named /boot/vmlinuz-VERSION; add \
         one to its packages, for example `{example}`"
    )]
    None {
        /// Where it is asked for, with a colon behind.
        at: String,
        /// A package that brings one.
        example: &'static str,
    },
    /// There are several, and nobody says which.
    #[error(
        "{at}the image has several kernels: {found}; name the package of the one to boot with \
         as `kernel` in [boot], or leave the others out"
    )]
    Several {
        /// Where it is asked for, with a colon behind.
        at: String,
        /// Versions and packages.
        found: String,
    },
    /// The package that is named is not installed.
    #[error("{at}the kernel's package {package} is not in the image; its kernels are: {found}")]
    NotInstalled {
        /// Where it is asked for, with a colon behind.
        at: String,
        /// The package.
        package: String,
        /// Versions and packages.
        found: String,
    },
    /// The package that is named brings no kernel, nor does one that it depends on.
    #[error(
        "{at}the package {package} brings no kernel, nor does one that it depends on; the \
         image's kernels are: {found}"
    )]
    NotOne {
        /// Where it is asked for, with a colon behind.
        at: String,
        /// The package.
        package: String,
        /// Versions and packages.
        found: String,
    },
    /// The modules of the kernel are not there.
    #[error(
        "{at}the kernel {version} has no modules: /lib/modules/{version}/{missing} is missing; \
         the package of the kernel's modules belongs into the image, and kmod with it, which \
         lists them"
    )]
    NoModules {
        /// Where it is asked for, with a colon behind.
        at: String,
        /// The version.
        version: String,
        /// What is not there.
        missing: &'static str,
    },
}

/// Finds the kernel that is meant.
///
/// # Errors
/// If there is none, or several and the wish does not say which, or its modules are missing.
pub fn find(tree: &Tree, wish: &KernelWish, architecture: &str) -> Result<Kernel, Error> {
    let at = match wish.at.as_str() {
        "" => String::new(),
        at => format!("{at}: "),
    };
    let kernels = all(tree)?;
    if kernels.is_empty() {
        let example = example(architecture);
        return Err(KernelError::None { at, example }.into());
    }
    let chosen = match &wish.package {
        Some(package) => of_package(tree, kernels, package, &at)?,
        None => kernels,
    };
    let kernel = match <[Kernel; 1]>::try_from(chosen) {
        Ok([kernel]) => kernel,
        Err(several) => {
            let found = told(&several);
            return Err(KernelError::Several { at, found }.into());
        }
    };
    for missing in ["", "modules.dep"] {
        let version = kernel.version.clone();
        if !tree.exists(format!("lib/modules/{version}/{missing}").trim_end_matches('/'))? {
            return Err(KernelError::NoModules {
                at,
                version,
                missing,
            }
            .into());
        }
    }
    Ok(kernel)
}

/// A package of Debian with a kernel.
fn example(architecture: &str) -> &'static str {
    match architecture {
        "arm64" => "linux-image-arm64",
        "armhf" => "linux-image-armmp",
        "armel" => "linux-image-rpi",
        "i386" => "linux-image-686",
        "riscv64" => "linux-image-riscv64",
        "ppc64el" => "linux-image-powerpc64le",
        "s390x" => "linux-image-s390x",
        _ => "linux-image-amd64",
    }
}

/// All kernels of the tree, by version.
fn all(tree: &Tree) -> Result<Vec<Kernel>, Error> {
    let mut kernels = Vec::new();
    if !tree.exists(BOOT)? {
        return Ok(kernels);
    }
    for (name, kind) in tree.list(BOOT)? {
        let Some(version) = name.to_str().and_then(|name| name.strip_prefix(NAME)) else {
            continue;
        };
        if kind == Kind::File && !version.is_empty() {
            let path = format!("{BOOT}/{NAME}{version}");
            kernels.push(Kernel {
                version: version.to_owned(),
                package: owner(tree, &path, version)?,
                path,
            });
        }
    }
    kernels.sort_by(|left, right| left.version.cmp(&right.version));
    Ok(kernels)
}

/// The package whose list names a file; that of Debian's kernels can be guessed.
fn owner(tree: &Tree, path: &str, version: &str) -> Result<Option<String>, Error> {
    let info = format!("{DPKG}/info");
    if !tree.exists(&info)? {
        return Ok(None);
    }
    let guess = format!("linux-image-{version}.list");
    let names = tree.list(&info)?.into_iter();
    let mut lists: Vec<String> = names
        .filter_map(|(name, _)| name.into_string().ok())
        .filter(|name| name.ends_with(".list"))
        .collect();
    lists.sort_by_key(|name| *name != guess);
    for name in lists {
        let list = tree.read(format!("{info}/{name}"))?;
        let mut lines = list.split(|byte| *byte == b'\n');
        if lines.any(|line| line.strip_prefix(b"/") == Some(path.as_bytes())) {
            let package = name.trim_end_matches(".list");
            let bare = package.split_once(':').map_or(package, |(name, _)| name);
            return Ok(Some(bare.to_owned()));
        }
    }
    Ok(None)
}

/// The kernels that a package brings, or those that it depends on.
fn of_package(
    tree: &Tree,
    kernels: Vec<Kernel>,
    package: &str,
    at: &str,
) -> Result<Vec<Kernel>, Error> {
    let (at, package) = (at.to_owned(), package.to_owned());
    let found = told(&kernels);
    let depends = depends(tree)?;
    if !depends.contains_key(&package) {
        return Err(KernelError::NotInstalled { at, package, found }.into());
    }
    // The nearest win: a kernel's own package may depend on further ones.
    let mut seen = BTreeSet::from([package.clone()]);
    let mut wave = vec![package.clone()];
    while !wave.is_empty() {
        let here: Vec<Kernel> = kernels
            .iter()
            .filter(|kernel| {
                let owner = kernel.package.as_ref();
                owner.is_some_and(|owner| wave.contains(owner))
            })
            .cloned()
            .collect();
        if !here.is_empty() {
            return Ok(here);
        }
        let next = wave.iter().filter_map(|name| depends.get(name)).flatten();
        wave = next
            .filter(|name| seen.insert((*name).clone()))
            .cloned()
            .collect();
    }
    Err(KernelError::NotOne { at, package, found }.into())
}

/// What each installed package depends on, by names alone.
fn depends(tree: &Tree) -> Result<BTreeMap<String, Vec<String>>, Error> {
    let path = format!("{DPKG}/status");
    let status = tree.read_if_there(&path)?.unwrap_or_default();
    let status = String::from_utf8_lossy(&status);
    let mut depends = BTreeMap::new();
    for paragraph in deb822::paragraphs(&status) {
        let paragraph = paragraph.map_err(|error| Error::Job(format!("/{path}: {error}")))?;
        let Some(name) = paragraph.get("Package") else {
            continue;
        };
        let mut names: Vec<String> = Vec::new();
        for field in ["Pre-Depends", "Depends"] {
            let Some(field) = paragraph.get(field) else {
                continue;
            };
            // A relation that cannot be read leads to no kernel; dpkg has accepted it.
            for group in parse_groups(field.value).unwrap_or_default() {
                names.extend(group.alternatives.iter().map(|one| one.name.to_owned()));
            }
        }
        depends.insert(name.value.to_owned(), names);
    }
    Ok(depends)
}

/// Kernels as a message names them.
fn told(kernels: &[Kernel]) -> String {
    let names = kernels.iter().map(|kernel| match &kernel.package {
        Some(package) => format!("{} ({package})", kernel.version),
        None => kernel.version.clone(),
    });
    names.collect::<Vec<String>>().join(", ")
}
