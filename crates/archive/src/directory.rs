//! A plain directory of `.deb` files: an index is made from the packages themselves.
//!
//! The index is the text that `dpkg-scanpackages` would write, sorted by file name. Reading a
//! package again is avoided by a file in the cache that keeps each paragraph with the size,
//! times and inode of its file; any change of these makes us read the package anew.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use formwork_deb::container::package::{Compression as Packing, PackageArchive, control_file};
use formwork_deb::container::tar::Limits as TarLimits;
use formwork_deb::deb822;
use formwork_deb::path::is_file_name;
use formwork_deb::record::{PackageRecord, Stanza};
use formwork_deb::release::IndexFile;
use formwork_deb::sha256::Sha256;
use formwork_deb::time::Timestamp;
use formwork_sys::fs;

use crate::archive::Inner;
use crate::error::Error;
use crate::indices::{IndexKind, IndexPlan};
use crate::repository::Repository;
use crate::snapshot::{Part, VerifiedRelease};
use formwork_codec::{self as codec, Compression, Limits};

/// The largest package that is read whole.
const MAX_PACKAGE_BYTES: u64 = 4 << 30;
/// The largest cache of paragraphs.
const MAX_CACHE_BYTES: u64 = 512 << 20;
/// The field that ties a cached paragraph to its file.
const STAMP: &str = "X-Formwork-File";
/// Fields that we write ourselves; what a package says of them does not count.
const OURS: [&str; 6] = ["Filename", "Size", "SHA256", "SHA1", "MD5sum", STAMP];

/// The part of a snapshot that a directory of packages is.
pub(crate) fn part(inner: &Inner, repository: &Repository) -> Result<Part, Error> {
    let directory = repository
        .url
        .to_file_path()
        .ok_or_else(|| Error::DirectoryNotLocal {
            repository: repository.name.clone(),
            address: repository.url.clone(),
        })?;
    let cache = inner
        .cache("directories")
        .join(Sha256::of(directory.as_os_str().as_encoded_bytes()).to_string());
    let text = index(&directory, &cache)?;
    let packed = IndexFile {
        size: text.len() as u64,
        sha256: Sha256::of(text.as_bytes()),
    };
    if !inner.store.has(&packed.sha256, packed.size) {
        inner.store.put(text.as_bytes())?;
    }
    let index = IndexPlan {
        kind: IndexKind::Packages,
        component: String::new(),
        architecture: None,
        path: "Packages".to_owned(),
        compression: Compression::Plain,
        packed,
        plain: None,
    };
    Ok(Part {
        release: VerifiedRelease {
            repository: repository.name.clone(),
            suite: repository.suite.clone(),
            date: Timestamp(0),
            version: None,
            valid_until: None,
            release_sha256: packed.sha256,
            expired_waiver: None,
            signers: Vec::new(),
        },
        repository: repository.clone(),
        expired_keys: Vec::new(),
        base: repository.url.clone(),
        by_hash: false,
        indices: vec![index],
    })
}

/// The index of all packages in a directory.
fn index(directory: &Path, cache: &Path) -> Result<String, Error> {
    let known = cached(cache);
    let mut text = String::new();
    let mut stamped = String::new();
    for (name, stamp) in packages(directory)? {
        let paragraph = match known.get(&stamp) {
            Some(paragraph) => paragraph.clone(),
            None => paragraph(&directory.join(&name), &name)?,
        };
        stamped.push_str(&format!("{STAMP}: {stamp}\n{paragraph}\n"));
        text.push_str(&paragraph);
        text.push('\n');
    }
    if known.len() != stamped.matches("\nPackage: ").count() || !same(cache, &stamped) {
        if let Some(parent) = cache.parent() {
            fs::create_directory(parent)?;
        }
        fs::replace(cache, stamped.as_bytes())?;
    }
    Ok(text)
}

/// The packages in a directory with their stamps, sorted by name.
fn packages(directory: &Path) -> Result<Vec<(String, String)>, Error> {
    let fail = |source| formwork_sys::Error::io("read the directory", directory, source);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "deb") {
            continue;
        }
        let name = entry
            .file_name()
            .into_string()
            .ok()
            .filter(|name| is_file_name(name));
        let name =
            name.ok_or_else(|| bad(&path, "its name has characters that no index can hold"))?;
        let facts = std::fs::metadata(&path)
            .map_err(|source| formwork_sys::Error::io("read", &path, source))?;
        if !facts.is_file() {
            continue;
        }
        let stamp = format!(
            "{} {}.{:09} {}.{:09} {} {name}",
            facts.size(),
            facts.mtime(),
            facts.mtime_nsec(),
            facts.ctime(),
            facts.ctime_nsec(),
            facts.ino()
        );
        found.push((name, stamp));
    }
    found.sort();
    Ok(found)
}

/// The paragraphs of an earlier run by their stamps; nothing if the file cannot be read.
fn cached(cache: &Path) -> BTreeMap<String, String> {
    let mut known = BTreeMap::new();
    let Ok(bytes) = fs::read_limited(cache, MAX_CACHE_BYTES) else {
        return known;
    };
    let Ok(text) = String::from_utf8(bytes) else {
        return known;
    };
    for block in text.split_inclusive("\n\n") {
        let entry = block.strip_suffix('\n').and_then(|block| {
            block
                .strip_prefix(STAMP)?
                .strip_prefix(": ")?
                .split_once('\n')
        });
        if let Some((stamp, paragraph)) = entry {
            known.insert(stamp.to_owned(), paragraph.to_owned());
        }
    }
    known
}

fn same(cache: &Path, text: &str) -> bool {
    fs::read_limited(cache, MAX_CACHE_BYTES).is_ok_and(|bytes| bytes == text.as_bytes())
}

/// Reads one package and writes the paragraph that an index has for it.
fn paragraph(path: &Path, name: &str) -> Result<String, Error> {
    let bytes = fs::read_limited(path, MAX_PACKAGE_BYTES)?;
    let control = control(path, &bytes)?;
    let mut paragraphs = deb822::paragraphs(&control);
    let fields = match paragraphs.next() {
        Some(Ok(fields)) => fields,
        Some(Err(error)) => return Err(bad(path, &format!("its control file: {error}"))),
        None => return Err(bad(path, "its control file is empty")),
    };
    if paragraphs.next().is_some() {
        return Err(bad(path, "its control file has more than one paragraph"));
    }
    PackageRecord::from_paragraph(&fields, Stanza::Control)
        .map_err(|error| bad(path, &format!("its control file: {error}")))?;
    let mut text = String::new();
    for field in fields.fields() {
        if !OURS
            .iter()
            .any(|ours| field.name.eq_ignore_ascii_case(ours))
        {
            let gap = if field.value.starts_with('\n') {
                ""
            } else {
                " "
            };
            text.push_str(&format!("{}:{gap}{}\n", field.name, field.value));
        }
    }
    text.push_str(&format!(
        "Filename: {name}\nSize: {}\nSHA256: {}\n",
        bytes.len(),
        Sha256::of(&bytes)
    ));
    Ok(text)
}

/// The control file of a package.
fn control(path: &Path, bytes: &[u8]) -> Result<String, Error> {
    let archive = PackageArchive::parse(bytes).map_err(|error| bad(path, &error.to_string()))?;
    let compression = match archive.control_compression {
        Packing::None => Compression::Plain,
        Packing::Gzip => Compression::Gzip,
        Packing::Xz => Compression::Xz,
        Packing::Zstandard => Compression::Zstd,
        other => {
            return Err(bad(
                path,
                &format!("its control archive is packed as {other:?}, which is not read"),
            ));
        }
    };
    let limits = Limits {
        threads: 1,
        ..Limits::bytes(TarLimits::CONTROL.bytes)
    };
    let tar = codec::decoder(compression, archive.control.content, &limits)
        .map_err(|error| bad(path, &error.to_string()))?;
    let control = control_file(tar, "control", TarLimits::CONTROL)
        .map_err(|error| bad(path, &error.to_string()))?;
    String::from_utf8(control).map_err(|_| bad(path, "its control file is not UTF-8"))
}

fn bad(path: &Path, reason: &str) -> Error {
    Error::BadPackage {
        path: PathBuf::from(path),
        reason: reason.to_owned(),
    }
}
