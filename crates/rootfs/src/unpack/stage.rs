//! One package file: read whole, its digest compared, and only then unpacked beside the tree.
//!
//! Where there is a quick copy, the file is only compared, piece by piece, and the copy unpacked
//! as it is read; if that turns out not to be whole, the file itself is taken.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};

use formwork_codec::{Compression, Limits};
use formwork_deb::container::package::PackageArchive;
use formwork_deb::container::tar;
use formwork_deb::sha256::{Hasher, Sha256};
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
    let mut limits = Limits {
        output: tree_bytes,
        // The digest over the whole file has been compared.
        trust_input: true,
        threads: 1,
        ..Limits::unsigned()
    };
    let name = index.to_string();
    stage.create_directory(&name, 0o700)?;
    let directory = stage.directory(&name)?;
    let place = quick::place(&control.package);
    let place = place.as_deref();
    if let Some(reading) = place.and_then(|place| quick::Reading::open(place, &control.package)) {
        check(control)?;
        if let Some(entries) = unpack_copy(control, reading, &limits, &directory) {
            return Ok(entries);
        }
        // What a damaged copy has left must go before the package itself is unpacked.
        drop(directory);
        stage.remove_all(&name)?;
        stage.create_directory(&name, 0o700)?;
    }
    let directory = stage.directory(&name)?;
    let bytes = read_checked(control)?;
    let broken = |reason: String| broken(control, reason);
    let archive = PackageArchive::parse(&bytes).map_err(|error| broken(error.to_string()))?;
    if archive.control.content != control.packed {
        return Err(changed(control));
    }
    let compression = codec(archive.data_compression)
        .ok_or_else(|| broken("its files are packed with bzip2 or lzma".to_owned()))?;
    let data = archive.data.content;
    if data.len() >= LARGE {
        limits.threads = Limits::unsigned().threads;
    }
    let mut decoder = formwork_codec::decoder(compression, data, &limits)
        .map_err(|error| broken(error.to_string()))?;
    // What unpacks fast anyway needs no copy.
    let place = place.filter(|_| compression == Compression::Xz);
    let Some(copy) = place.and_then(|place| quick::Copy::begin(place, &control.package)) else {
        return unpack(control, decoder, &directory);
    };
    let mut copying = quick::Copying::new(&mut decoder, copy);
    let entries = unpack(control, &mut copying, &directory)?;
    copying.finish();
    Ok(entries)
}

/// Unpacks a quick copy; nothing where it is not whole, or anything else went wrong: unpacking
/// the package itself will tell.
fn unpack_copy(
    control: &Control,
    reading: quick::Reading,
    limits: &Limits,
    directory: &Directory,
) -> Option<Vec<Entry>> {
    let mut input = BufReader::with_capacity(CHUNK, reading);
    let decoder = formwork_codec::decoder(Compression::Zstd, &mut input, limits).ok()?;
    let entries = unpack(control, decoder, directory).ok()?;
    input.into_inner().finish().then_some(entries)
}

fn broken(control: &Control, reason: String) -> Error {
    Error::Broken {
        package: control.label(),
        reason,
    }
}

fn changed(control: &Control) -> Error {
    broken(control, "its file changed while it was read".to_owned())
}

/// Compares size and digest of the file, and that its control part is the one that was read
/// before, without ever holding more than that.
fn check(control: &Control) -> Result<(), Error> {
    let package = &control.package;
    let mut file = File::open(&package.file)
        .map_err(|error| unreadable(control, error))?
        .take(package.size.saturating_add(1));
    let part = control.packed_at..control.packed_at + control.packed.len();
    let mut buffer = vec![0; CHUNK.max(part.end)];
    let mut hasher = Hasher::new();
    let mut size = 0;
    loop {
        let count = fill(&mut file, &mut buffer).map_err(|error| unreadable(control, error))?;
        if count == 0 {
            break;
        }
        let piece = &buffer[..count];
        if size == 0 && piece.get(part.clone()) != Some(&control.packed[..]) {
            return Err(changed(control));
        }
        hasher.update(piece);
        size += count as u64;
    }
    compare(control, size, || hasher.finish())
}

/// Compares what was found of a file with what was ordered.
fn compare(control: &Control, size: u64, digest: impl FnOnce() -> Sha256) -> Result<(), Error> {
    let package = &control.package;
    let mismatch = |expected: String, found: String| Error::Mismatch {
        package: control.label(),
        file: package.file.clone(),
        expected,
        found,
    };
    if size != package.size {
        let found = match size > package.size {
            true => "more".to_owned(),
            false => format!("{size} bytes"),
        };
        return Err(mismatch(format!("{} bytes", package.size), found));
    }
    let found = digest().to_string();
    match found == package.sha256.to_ascii_lowercase() {
        true => Ok(()),
        false => Err(mismatch(format!("SHA-256 {}", package.sha256), found)),
    }
}

fn unreadable(control: &Control, source: io::Error) -> Error {
    Error::Unreadable {
        package: control.label(),
        source: formwork_sys::Error::io("read", &control.package.file, source),
    }
}

/// Reads the file and compares size and digest.
fn read_checked(control: &Control) -> Result<Vec<u8>, Error> {
    let package = &control.package;
    let capacity = usize::try_from(package.size).unwrap_or(0).min(1 << 30);
    let mut bytes = Vec::with_capacity(capacity);
    File::open(&package.file)
        .and_then(|file| {
            let most = package.size.saturating_add(1);
            file.take(most).read_to_end(&mut bytes)
        })
        .map_err(|error| unreadable(control, error))?;
    compare(control, bytes.len() as u64, || Sha256::of(&bytes))?;
    Ok(bytes)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Package;
    use std::path::PathBuf;

    /// A package in a cache of its own, and trees to unpack it into.
    struct World {
        directory: tempfile::TempDir,
        control: Control,
        copy: PathBuf,
    }

    impl World {
        fn new() -> World {
            let content: Vec<u8> = (0..700_000_u32)
                .map(|at| (at.wrapping_mul(at) >> 7) as u8)
                .collect();
            let deb = formwork_testkit::package::Package::new("a", "1", "all")
                .file("usr/share/a/large", &content)
                .file("usr/share/a/small", b"small\n")
                .deb();
            let directory = tempfile::tempdir().unwrap();
            let sha256 = Sha256::of(&deb).to_string();
            let blobs = directory.path().join("blobs/sha256").join(&sha256[..2]);
            std::fs::create_dir_all(&blobs).unwrap();
            let package = Package {
                name: "a".to_owned(),
                version: "1".to_owned(),
                architecture: "all".to_owned(),
                file: blobs.join(&sha256),
                size: deb.len() as u64,
                sha256,
                wished: false,
                own: false,
            };
            std::fs::write(&package.file, deb).unwrap();
            World {
                copy: quick::place(&package).unwrap(),
                control: Control::read(&package).unwrap(),
                directory,
            }
        }

        /// What is staged: the entries and all that the files hold.
        fn stage(&self, name: &str) -> Result<(Vec<Entry>, Vec<u8>), Error> {
            let place = self.directory.path().join(name);
            std::fs::create_dir(&place).unwrap();
            let entries = stage(7, &self.control, &Tree::open(&place).unwrap(), 1 << 30)?;
            let mut files: Vec<PathBuf> = std::fs::read_dir(place.join("7"))
                .unwrap()
                .map(|file| file.unwrap().path())
                .collect();
            files.sort();
            let content = files.iter().flat_map(|file| std::fs::read(file).unwrap());
            Ok((entries, content.collect()))
        }
    }

    #[test]
    fn a_copy_gives_what_the_package_does_and_a_damaged_one_is_passed_over() {
        let world = World::new();
        let expected = world.stage("without").unwrap();
        assert!(world.stage("with").unwrap() == expected);
        let whole = std::fs::read(&world.copy).unwrap();
        for at in [3, whole.len() / 2, whole.len() - 1] {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x55;
            std::fs::write(&world.copy, &damaged).unwrap();
            assert!(world.stage(&format!("damaged-{at}")).unwrap() == expected);
            let again = std::fs::read(&world.copy).unwrap();
            assert!(again == whole, "it is made anew");
        }
        std::fs::write(&world.copy, &whole[..whole.len() / 3]).unwrap();
        assert!(world.stage("cut").unwrap() == expected);
    }

    #[test]
    fn beside_a_copy_the_package_is_compared_all_the_same() {
        let world = World::new();
        world.stage("first").unwrap();
        let file = &world.control.package.file;
        let whole = std::fs::read(file).unwrap();
        let part = world.control.packed_at + 5;
        for (at, expected) in [(whole.len() - 1, "SHA-256"), (part, "changed")] {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            std::fs::write(file, damaged).unwrap();
            let said = world.stage(&format!("damaged-{at}")).unwrap_err();
            assert!(said.to_string().contains(expected), "{said}");
        }
        std::fs::write(file, &whole[..whole.len() - 1]).unwrap();
        let said = world.stage("cut").unwrap_err().to_string();
        assert!(said.contains("bytes"), "{said}");
    }
}
