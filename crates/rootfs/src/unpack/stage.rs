//! One package file: read whole, its digest compared, and only then unpacked beside the tree.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};

use formwork_codec::{Compression, Limits};
use formwork_deb::container::package::PackageArchive;
use formwork_deb::container::tar;
use formwork_deb::sha256::Sha256;
use formwork_sys::tree::{Directory, Seal, Tree};

use super::control::{Control, codec};
use super::entry::{Checker, Entry, What};
use super::quick;
use crate::database::md5::Md5;
use crate::error::Error;

/// How much of a file is copied at once.
const CHUNK: usize = 128 * 1024;
/// Data parts from this size on are worth more than one thread.
const LARGE: usize = 24 << 20;

/// Unpacks a package into the directory `index` of the stage.
pub(super) fn stage(
    index: usize,
    control: &Control,
    stage: &Tree,
    tree_bytes: u64,
) -> Result<Vec<Entry>, Error> {
    let bytes = read_checked(control)?;
    let broken = |reason: String| Error::Broken {
        package: control.label(),
        reason,
    };
    let archive = PackageArchive::parse(&bytes).map_err(|error| broken(error.to_string()))?;
    if archive.control.content != control.packed {
        return Err(broken("its file changed while it was read".to_owned()));
    }
    let compression = codec(archive.data_compression)
        .ok_or_else(|| broken("its files are packed with bzip2 or lzma".to_owned()))?;
    let data = archive.data.content;
    let mut limits = Limits {
        output: tree_bytes,
        // The digest over the whole file has been compared.
        trust_input: true,
        ..Limits::unsigned()
    };
    if data.len() < LARGE {
        limits.threads = 1;
    }
    let name = index.to_string();
    stage.create_directory(&name, 0o700)?;
    let directory = stage.directory(&name)?;
    // What unpacks fast anyway needs no copy.
    let slow = compression == Compression::Xz;
    let place = quick::place(&control.package).filter(|_| slow);
    let place = place.as_deref();
    if let Some(frame) = place.and_then(|place| quick::read(place, &control.package)) {
        drop(bytes);
        let decoder = formwork_codec::decoder(Compression::Zstd, &frame[..], &limits)
            .map_err(|error| broken(error.to_string()))?;
        return unpack(control, decoder, &directory);
    }
    let mut decoder = formwork_codec::decoder(compression, data, &limits)
        .map_err(|error| broken(error.to_string()))?;
    let Some(copy) = place.and_then(|place| quick::Copy::begin(place, &control.package)) else {
        return unpack(control, decoder, &directory);
    };
    let mut copying = quick::Copying::new(&mut decoder, copy);
    let entries = unpack(control, &mut copying, &directory)?;
    copying.finish();
    Ok(entries)
}

/// Reads the file and compares size and digest.
fn read_checked(control: &Control) -> Result<Vec<u8>, Error> {
    let package = &control.package;
    let unreadable = |source| Error::Unreadable {
        package: control.label(),
        source: formwork_sys::Error::io("read", &package.file, source),
    };
    let mismatch = |expected: String, found: String| Error::Mismatch {
        package: control.label(),
        file: package.file.clone(),
        expected,
        found,
    };
    let capacity = usize::try_from(package.size).unwrap_or(0).min(1 << 30);
    let mut bytes = Vec::with_capacity(capacity);
    File::open(&package.file)
        .and_then(|file| {
            let most = package.size.saturating_add(1);
            file.take(most).read_to_end(&mut bytes)
        })
        .map_err(unreadable)?;
    if bytes.len() as u64 != package.size {
        let found = match bytes.len() as u64 > package.size {
            true => "more".to_owned(),
            false => format!("{} bytes", bytes.len()),
        };
        return Err(mismatch(format!("{} bytes", package.size), found));
    }
    let found = Sha256::of(&bytes).to_string();
    match found == package.sha256.to_ascii_lowercase() {
        true => Ok(bytes),
        false => Err(mismatch(format!("SHA-256 {}", package.sha256), found)),
    }
}

/// Writes the files of an archive under their numbers and lists all entries.
fn unpack(control: &Control, data: impl Read, directory: &Directory) -> Result<Vec<Entry>, Error> {
    let mut archive = tar::Reader::new(data, tar::Limits::DATA);
    let broken = |error: tar::TarError| Error::Broken {
        package: control.label(),
        reason: error.to_string(),
    };
    let label = control.label();
    let mut checker = Checker::new(&label);
    let with_sums = control.file("md5sums").is_none();
    let mut entries: Vec<Entry> = Vec::new();
    let mut buffer = vec![0; CHUNK];
    while let Some(found) = archive.next_entry().map_err(broken)? {
        let mut entry = checker.check(&found, entries.len())?;
        if let What::File(number, sum) = &mut entry.what {
            let name = OsString::from(number.to_string());
            let mut file = directory.create_file(&name, 0o600)?;
            let mut md5 = with_sums.then(Md5::new);
            copy(&mut archive, &mut file, &mut buffer, &mut md5).map_err(|error| match error {
                Trouble::Reading(error) => Error::Broken {
                    package: control.label(),
                    reason: error.to_string(),
                },
                Trouble::Writing(error) => {
                    formwork_sys::Error::io("unpack", directory.shown(), error).into()
                }
            })?;
            *sum = md5.map(Md5::finish);
            directory.seal(
                &file,
                &name,
                &Seal {
                    mode: entry.mode,
                    user: entry.user,
                    group: entry.group,
                    modified: entry.modified,
                },
            )?;
        }
        entries.push(entry);
    }
    // dpkg leaves symbolic links for the end, so that nothing is written through one.
    entries.sort_by_key(|entry| matches!(entry.what, What::SymbolicLink(_)));
    Ok(entries)
}

enum Trouble {
    Reading(io::Error),
    Writing(io::Error),
}

fn copy(
    from: &mut impl Read,
    to: &mut File,
    buffer: &mut [u8],
    md5: &mut Option<Md5>,
) -> Result<(), Trouble> {
    loop {
        let length = fill(from, buffer).map_err(Trouble::Reading)?;
        if length == 0 {
            return Ok(());
        }
        if let Some(md5) = md5 {
            md5.update(&buffer[..length]);
        }
        to.write_all(&buffer[..length]).map_err(Trouble::Writing)?;
    }
}

/// Reads until the buffer is full or nothing is left, so that few and large pieces are written.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match from.read(&mut buffer[filled..])? {
            0 => break,
            length => filled += length,
        }
    }
    Ok(filled)
}
