//! Which indices of a Release are wanted, and in which form they are fetched.
//!
//! A Release lists `main/binary-amd64/Packages` plain and in compressed forms; archives keep
//! most of the compressed ones only. Debian lists packages of architecture `all` in the index of
//! every architecture and says so by `No-Support-for-Architecture-all: Packages`; where a
//! Release offers `all` without that remark, the index of `all` is wanted besides.

use std::collections::BTreeMap;

use formwork_deb::release::{IndexFile, Release};

use crate::error::Error;
use crate::repository::{Repository, Want};
use formwork_codec::Compression;

/// The forms of an index from the most to the least welcome.
const FORMS: [Compression; 4] = [
    Compression::Xz,
    Compression::Zstd,
    Compression::Gzip,
    Compression::Plain,
];

/// What an index lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IndexKind {
    /// Binary packages.
    Packages,
    /// Source packages.
    Sources,
}

/// One index to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexPlan {
    /// What it lists.
    pub kind: IndexKind,
    /// The component as the project names it; empty in a flat repository.
    pub component: String,
    /// The architecture of its directory; none for sources and in a flat repository.
    pub architecture: Option<String>,
    /// The path below the Release's directory, with the ending of its form.
    pub path: String,
    /// The form.
    pub compression: Compression,
    /// Size and digest of the file as it is fetched.
    pub packed: IndexFile,
    /// Size and digest of its plain form, when the Release lists it.
    pub plain: Option<IndexFile>,
}

/// Chooses the indices; refuses components and architectures that the Release does not offer.
pub fn plan(
    release: &Release,
    repository: &Repository,
    want: &Want,
) -> Result<Vec<IndexPlan>, Error> {
    if repository.is_flat() {
        return flat(release, repository, want);
    }
    offered(
        "component",
        &repository.components,
        &release.components,
        repository,
        same_component,
    )?;
    let mut architectures = repository.architectures_of(want);
    offered(
        "architecture",
        &architectures,
        &release.architectures,
        repository,
        |a, b| a == b,
    )?;
    let separate_all =
        release.architectures.iter().any(|one| one == "all") && !release.no_support_for_all;
    if separate_all && !architectures.iter().any(|one| one == "all") {
        architectures.push("all".to_owned());
    }
    let mut plans = Vec::new();
    for component in &repository.components {
        for architecture in &architectures {
            let stem = format!("{component}/binary-{architecture}/Packages");
            let found = choose(release, &stem, IndexKind::Packages, component);
            let found = found.ok_or_else(|| missing(repository, &stem))?;
            plans.push(IndexPlan {
                architecture: Some(architecture.clone()),
                ..found
            });
        }
        if want.sources {
            // Many private repositories carry no sources at all.
            let stem = format!("{component}/source/Sources");
            plans.extend(choose(release, &stem, IndexKind::Sources, component));
        }
    }
    Ok(plans)
}

fn flat(release: &Release, repository: &Repository, want: &Want) -> Result<Vec<IndexPlan>, Error> {
    let packages = choose(release, "Packages", IndexKind::Packages, "");
    let mut plans = vec![packages.ok_or_else(|| missing(repository, "Packages"))?];
    if want.sources {
        plans.extend(choose(release, "Sources", IndexKind::Sources, ""));
    }
    Ok(plans)
}

fn choose(release: &Release, stem: &str, kind: IndexKind, component: &str) -> Option<IndexPlan> {
    let plain = release.files.get(stem).copied();
    FORMS.iter().find_map(|form| {
        let path = format!("{stem}{}", form.ending());
        let packed = *release.files.get(&path)?;
        let component = component.to_owned();
        let (architecture, compression) = (None, *form);
        Some(IndexPlan {
            kind,
            component,
            architecture,
            path,
            compression,
            packed,
            plain,
        })
    })
}

/// The next form of an index that a Release lists, for mirrors that lack the one chosen first.
pub fn next_form(files: &BTreeMap<String, IndexFile>, index: &IndexPlan) -> Option<IndexPlan> {
    let stem = index.path.strip_suffix(index.compression.ending())?;
    let mut forms = FORMS.iter().skip_while(|form| **form != index.compression);
    forms.by_ref().next();
    forms.find_map(|form| {
        let path = format!("{stem}{}", form.ending());
        Some(IndexPlan {
            compression: *form,
            packed: *files.get(&path)?,
            path,
            ..index.clone()
        })
    })
}

/// Debian's security archive of old calls its components `updates/main` and so on, in the list
/// of components but not in the paths of the indices.
fn same_component(wanted: &str, listed: &str) -> bool {
    wanted == listed || listed.rsplit('/').next() == Some(wanted)
}

fn offered(
    what: &'static str,
    wanted: &[String],
    listed: &[String],
    repository: &Repository,
    same: impl Fn(&str, &str) -> bool,
) -> Result<(), Error> {
    for one in wanted {
        if !listed.iter().any(|known| same(one, known)) {
            return Err(Error::NotOffered {
                what,
                wanted: one.clone(),
                repository: repository.name.clone(),
                suite: repository.suite.clone(),
                offered: listed.join(" "),
            });
        }
    }
    Ok(())
}

fn missing(repository: &Repository, stem: &str) -> Error {
    Error::NoIndex {
        repository: repository.name.clone(),
        suite: repository.suite.clone(),
        index: stem.to_owned(),
    }
}

/// The path of an index by its digest, below the Release's directory.
#[must_use]
pub fn by_hash(plan: &IndexPlan) -> String {
    let directory = plan
        .path
        .rsplit_once('/')
        .map_or(String::new(), |(head, _)| format!("{head}/"));
    format!("{directory}by-hash/SHA256/{}", plan.packed.sha256)
}
