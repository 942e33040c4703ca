//! Reads a lock, strictly: whatever this code does not know is an error with its line.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use formwork_deb::sha256::Sha256;
use formwork_deb::time::Timestamp;

use super::{
    FORMAT, FORMAT_WITHOUT_BESIDE, Lock, LockedClosure, LockedPackage, LockedRelease, PackageKey,
    plain_reference, release_order,
};
use crate::keys::{Keys, Text, parse};
use crate::project::Variant;
use crate::source::{FileError, Source};

/// How a person gets out of any fault of a lock.
const REMEDY: &str = "take the file from git again, or remove it and run `formwork lock`";

/// Reads the whole text.
pub(super) fn lock(source: Source<'_>) -> Result<Lock, FileError> {
    let tree = parse(source).map_err(with_remedy)?;
    let mut root = Keys::root(source, "a lock", &tree);
    let format = format(source, &mut root)?;
    read(source, root, format).map_err(with_remedy)
}

/// Adds the way out to an error that has no hint of its own.
fn with_remedy(error: FileError) -> FileError {
    if error.hint.is_some() {
        error
    } else {
        error.hint(REMEDY)
    }
}

/// The format of a lock; says clearly when it was written by a later Formwork.
fn format(source: Source<'_>, root: &mut Keys<'_>) -> Result<u64, FileError> {
    let number = root
        .integer("format")?
        .ok_or_else(|| root.missing("format").hint(REMEDY))?;
    match u64::try_from(*number.get_ref()) {
        Ok(known @ FORMAT_WITHOUT_BESIDE..=FORMAT) => Ok(known),
        Ok(later) if later > FORMAT => {
            let message =
                format!("this lock has format {later}; this Formwork reads formats up to {FORMAT}");
            Err(source
                .error(&number.span(), message)
                .hint("use a newer Formwork"))
        }
        _ => {
            let message = format!("there is no format {}", number.get_ref());
            Err(source.error(&number.span(), message).hint(REMEDY))
        }
    }
}

fn read(source: Source<'_>, mut root: Keys<'_>, format: u64) -> Result<Lock, FileError> {
    let releases = releases(source, root.tables("release", "a release")?)?;
    let closures = root.tables("closure", "a closure")?;
    let packages = packages(source, root.tables("package", "a package")?)?;
    root.finish()?;
    let index = index(&packages);
    let mut lock = Lock {
        releases,
        closures: Vec::new(),
        packages,
    };
    let mut seen = BTreeSet::new();
    for keys in closures {
        let place = keys.span();
        let closure = closure(source, keys, &index, format)?;
        let title = closure.title();
        if !seen.insert(title.clone()) {
            return Err(source.error(&place, format!("a second closure of {title}")));
        }
        lock.closures.push(closure);
    }
    lock.packages
        .sort_by(|left, right| left.order().cmp(&right.order()));
    Ok(lock)
}

fn releases(source: Source<'_>, tables: Vec<Keys<'_>>) -> Result<Vec<LockedRelease>, FileError> {
    let mut releases: Vec<LockedRelease> = Vec::new();
    for mut keys in tables {
        let release = LockedRelease {
            repository: keys.required_string("repository")?.into_inner(),
            suite: keys.string("suite")?.map(toml::Spanned::into_inner),
            version: keys.string("version")?.map(toml::Spanned::into_inner),
            date: time(
                source,
                &keys.required_string("date")?,
                Timestamp::parse_rfc3339,
            )?,
            release_sha256: digest(source, &keys.required_string("release_sha256")?)?,
            at: keys
                .string("at")?
                .map(|text| time(source, &text, Timestamp::parse_snapshot))
                .transpose()?,
        };
        keys.finish()?;
        if releases
            .iter()
            .any(|known| release_order(known) == release_order(&release))
        {
            return Err(keys.error(format!("a second release of {}", release.repository)));
        }
        releases.push(release);
    }
    Ok(releases)
}

fn packages(source: Source<'_>, tables: Vec<Keys<'_>>) -> Result<Vec<LockedPackage>, FileError> {
    let mut packages = Vec::with_capacity(tables.len());
    let mut seen = BTreeSet::new();
    for mut keys in tables {
        let package = package(source, &mut keys)?;
        keys.finish()?;
        if !seen.insert(package.key()) {
            let message = format!("a second entry for {}", plain_reference(&package.key()));
            return Err(keys.error(message));
        }
        packages.push(package);
    }
    Ok(packages)
}

fn package(source: Source<'_>, keys: &mut Keys<'_>) -> Result<LockedPackage, FileError> {
    let name = keys.required_string("name")?.into_inner();
    let version = keys.required_string("version")?.into_inner();
    let architecture = keys.required_string("architecture")?.into_inner();
    let origin = keys.required_string("source")?.into_inner();
    let source_version = keys.required_string("source_version")?.into_inner();
    let size = keys.required_size("size")?;
    let sha256 = digest(source, &keys.required_string("sha256")?)?;
    let repository = keys.required_string("repository")?.into_inner();
    let path = keys.required_string("path")?;
    if !formwork_deb::path::is_inside(path.get_ref()) {
        return Err(source.error(&path.span(), "this path leaves its repository"));
    }
    Ok(LockedPackage {
        name,
        version,
        architecture,
        source: origin,
        source_version,
        size,
        sha256,
        repository,
        path: path.into_inner(),
    })
}

/// Packages by their plain references.
fn index(packages: &[LockedPackage]) -> BTreeMap<String, Vec<PackageKey>> {
    let mut index: BTreeMap<String, Vec<PackageKey>> = BTreeMap::new();
    for package in packages {
        let key = package.key();
        index.entry(plain_reference(&key)).or_default().push(key);
    }
    index
}

fn closure(
    source: Source<'_>,
    mut keys: Keys<'_>,
    index: &BTreeMap<String, Vec<PackageKey>>,
    format: u64,
) -> Result<LockedClosure, FileError> {
    let image = keys.required_string("image")?.into_inner();
    let mut options = names(keys.strings("options")?);
    options.sort();
    let suite = keys.required_string("suite")?.into_inner();
    let architecture = keys.required_string("architecture")?.into_inner();
    let foreign = names(keys.strings("foreign")?);
    let variant = keys.required_string("variant")?;
    let recommends = keys
        .boolean("recommends")?
        .ok_or_else(|| keys.missing("recommends"))?;
    let plan_sha256 = digest(source, &keys.required_string("plan_sha256")?)?;
    let packages_sha256 = digest(source, &keys.required_string("packages_sha256")?)?;
    let references = keys
        .strings("packages")?
        .ok_or_else(|| keys.missing("packages"))?;
    let beside = match format {
        FORMAT_WITHOUT_BESIDE => None,
        _ => keys.strings("beside")?,
    };
    keys.finish()?;
    let variant = Variant::named(variant.get_ref()).ok_or_else(|| {
        source.error(
            &variant.span(),
            format!("unknown variant `{}`", variant.get_ref()),
        )
    })?;
    let packages = resolve_all(source, &references, index)?;
    let beside = resolve_all(source, &beside.unwrap_or_default(), index)?;
    Ok(LockedClosure {
        image,
        options,
        suite,
        architecture,
        foreign,
        variant,
        recommends,
        plan_sha256,
        packages_sha256,
        packages,
        beside,
    })
}

/// The names of a list that may be left out.
fn names(list: Option<Vec<Text>>) -> Vec<String> {
    let list = list.unwrap_or_default();
    list.into_iter().map(toml::Spanned::into_inner).collect()
}

/// The packages that references mean, sorted.
fn resolve_all(
    source: Source<'_>,
    references: &[Text],
    index: &BTreeMap<String, Vec<PackageKey>>,
) -> Result<Vec<PackageKey>, FileError> {
    let mut packages = Vec::with_capacity(references.len());
    for reference in references {
        packages.push(resolve(source, reference, index)?);
    }
    packages.sort();
    Ok(packages)
}

/// The package that a reference means.
fn resolve(
    source: Source<'_>,
    reference: &Text,
    index: &BTreeMap<String, Vec<PackageKey>>,
) -> Result<PackageKey, FileError> {
    let text = reference.get_ref();
    let (plain, digest) = match text.split_once('#') {
        Some((plain, digest)) => (plain, digest),
        None => (text.as_str(), ""),
    };
    let candidates = index.get(plain).map(Vec::as_slice).unwrap_or_default();
    let mut fitting = candidates
        .iter()
        .filter(|key| key.sha256.to_string().starts_with(digest));
    let message = match (fitting.next(), fitting.next()) {
        (Some(key), None) => return Ok(key.clone()),
        (None, _) => format!("the lock lists no package {text}"),
        (Some(_), Some(_)) => format!("the lock lists several packages {text}"),
    };
    Err(source.error(&reference.span(), message))
}

fn digest(source: Source<'_>, text: &Text) -> Result<Sha256, FileError> {
    Sha256::from_str(text.get_ref())
        .map_err(|_| source.error(&text.span(), "this is no SHA-256 in hexadecimal digits"))
}

fn time<E: std::fmt::Display>(
    source: Source<'_>,
    text: &Text,
    parse: impl Fn(&str) -> Result<Timestamp, E>,
) -> Result<Timestamp, FileError> {
    parse(text.get_ref()).map_err(|error| source.error(&text.span(), error.to_string()))
}
