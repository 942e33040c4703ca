//! Copies of what packages hold that unpack faster, kept in the cache from one build to the next.
//!
//! Most packages are packed with xz, whose unpacking is the largest part of a build's work. The
//! build that unpacks such a package the first time writes the same archive beside, packed with
//! Zstandard. A copy is one frame and, behind it, the SHA-256 over the frame and the digest of
//! the package: what is damaged, cut off or of another package is not used, and made anew. The
//! package file itself is read and compared with the lock in any case.
//!
//! A copy is a courtesy to the next build: where none can be written, this one goes on.

use std::fs::File;
use std::io::{self, Read, Take, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use formwork_codec::quick::{self, Quick};
use formwork_deb::sha256::{Hasher, Sha256};
use formwork_sys::Kept;

use crate::job::Package;

/// Told apart from copies of another form by this.
const FORM: &[u8] = b"formwork quick copy 1\n";
/// How long the digest at the end is.
const DIGEST: usize = 32;
/// How much is read at once of what comes behind the last entry.
const CHUNK: usize = 64 * 1024;

/// How old a mark of use must be before it is renewed.
const USE_MARK: Duration = Duration::from_secs(3600);

/// Where the copy of a package lies: a package `blobs/sha256/ab/abcdef…` of the cache has it in
/// `quick/ab/abcdef…`. One from elsewhere has none.
pub(crate) fn place(package: &Package) -> Option<PathBuf> {
    let mut parts = package.file.components().rev();
    let mut next = || parts.next()?.as_os_str().to_str();
    let (name, above) = (next()?, next()?);
    let is_blob = (next()?, next()?) == ("sha256", "blobs") && name == package.sha256;
    let cache = package.file.ancestors().nth(4)?;
    is_blob.then(|| cache.join("quick").join(above).join(name))
}

/// A copy that is being read: what it gives must not be believed before [`Reading::finish`] has
/// said so. It is never in memory as a whole.
pub(crate) struct Reading {
    frame: Take<File>,
    hasher: Hasher,
    place: PathBuf,
}

impl Reading {
    /// Opens the copy of a package, if there is one.
    pub(crate) fn open(place: &Path, package: &Package) -> Option<Reading> {
        let file = File::open(place).ok()?;
        let frame = file.metadata().ok()?.len().checked_sub(DIGEST as u64)?;
        Some(Reading {
            frame: file.take(frame),
            hasher: begin(package)?,
            place: place.to_owned(),
        })
    }

    /// Reads what is left, and tells whether the copy is whole and of this package. Then it is
    /// marked as used, so that cleaning what nobody uses leaves it alone.
    pub(crate) fn finish(mut self) -> bool {
        let mut rest = vec![0; CHUNK];
        loop {
            match self.read(&mut rest) {
                Ok(0) => break,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
        let mut expected = [0; DIGEST];
        let mut file = self.frame.into_inner();
        if file.read_exact(&mut expected).is_err() || expected != *self.hasher.finish().as_bytes() {
            return false;
        }
        let used = file.metadata().and_then(|metadata| metadata.modified());
        if used.is_ok_and(|used| used.elapsed().is_ok_and(|age| age > USE_MARK)) {
            // In a cache that we may only read, nobody cleans by age either.
            let _ = formwork_sys::fs::set_modified(&self.place, SystemTime::now());
        }
        true
    }
}

impl Read for Reading {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.frame.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        Ok(count)
    }
}

/// The frame of a package's copy, if there is one and it is whole.
pub(crate) fn read(place: &Path, package: &Package) -> Option<Vec<u8>> {
    let mut reading = Reading::open(place, package)?;
    let mut frame = Vec::new();
    reading.read_to_end(&mut frame).ok()?;
    reading.finish().then_some(frame)
}

/// What is hashed before the frame.
fn begin(package: &Package) -> Option<Hasher> {
    let digest: Sha256 = package.sha256.parse().ok()?;
    let mut hasher = Hasher::new();
    hasher.update(FORM);
    hasher.update(digest.as_bytes());
    Some(hasher)
}

/// A copy that is being written.
pub(super) struct Copy(Quick<'static, Hashed>);

/// A file that hashes what it is given.
struct Hashed {
    file: Kept,
    hasher: Hasher,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Copy {
    /// Begins a copy; `None` where none can be written.
    pub(super) fn begin(place: &Path, package: &Package) -> Option<Copy> {
        let hasher = begin(package)?;
        let file = Kept::create(place).ok()?;
        quick::pack(Hashed { file, hasher }).ok().map(Copy)
    }

    /// Gives the copy its name.
    fn finish(self) -> io::Result<()> {
        let Hashed { mut file, hasher } = self.0.finish()?;
        file.write_all(hasher.finish().as_bytes())?;
        file.keep()
    }
}

/// A reader that writes a copy of all that is read.
pub(super) struct Copying<R> {
    inner: R,
    /// `None` once writing has failed: it is then removed.
    copy: Option<Copy>,
}

impl<R: Read> Copying<R> {
    /// Begins with nothing read.
    pub(super) fn new(inner: R, copy: Copy) -> Copying<R> {
        Copying {
            inner,
            copy: Some(copy),
        }
    }

    /// Copies what was not read so far, and keeps the copy if all of it is there.
    pub(super) fn finish(mut self) {
        let mut rest = vec![0; CHUNK];
        loop {
            match self.read(&mut rest) {
                Ok(0) => break,
                Ok(_) => {}
                // The entries are all there, so this build does not mind.
                Err(_) => return,
            }
        }
        if let Some(copy) = self.copy {
            let _unkept = copy.finish();
        }
    }
}

impl<R: Read> Read for Copying<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if let Some(copy) = &mut self.copy
            && copy.0.write_all(&buffer[..count]).is_err()
        {
            self.copy = None;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(digit: char) -> Package {
        Package {
            name: "a".to_owned(),
            version: "1".to_owned(),
            architecture: "all".to_owned(),
            file: "a.deb".into(),
            size: 0,
            sha256: digit.to_string().repeat(64),
            wished: false,
            own: false,
        }
    }

    fn unpacked(frame: &[u8]) -> Vec<u8> {
        let limits = formwork_codec::Limits::unsigned();
        let compression = formwork_codec::Compression::Zstd;
        let mut decoder = formwork_codec::decoder(compression, frame, &limits).unwrap();
        let mut plain = Vec::new();
        decoder.read_to_end(&mut plain).unwrap();
        plain
    }

    #[test]
    fn packages_of_the_cache_have_a_place() {
        let mut package = package('a');
        assert_eq!(place(&package), None);
        let digest = package.sha256.clone();
        package.file = format!("/cache/blobs/sha256/aa/{digest}").into();
        let expected = format!("/cache/quick/aa/{digest}");
        assert_eq!(place(&package), Some(expected.into()));
        package.file = "/cache/blobs/sha256/aa/other".into();
        assert_eq!(place(&package), None);
    }

    #[test]
    fn a_copy_holds_all_even_what_was_not_read() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("ab/abc");
        let content: Vec<u8> = (0..300_000_u32).map(|at| (at / 7) as u8).collect();
        let package = package('1');
        let mut copying = Copying::new(&content[..], Copy::begin(&place, &package).unwrap());
        copying.read_exact(&mut [0; 1000]).unwrap();
        assert!(read(&place, &package).is_none(), "it is not there yet");
        copying.finish();
        assert!(unpacked(&read(&place, &package).unwrap()) == content);
        let names = std::fs::read_dir(place.parent().unwrap()).unwrap().count();
        assert_eq!(names, 1, "nothing else is left");
    }

    #[test]
    fn one_that_is_damaged_cut_off_or_of_another_package_is_not_used() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("copy");
        let own = package('1');
        Copying::new(&b"content"[..], Copy::begin(&place, &own).unwrap()).finish();
        assert!(read(&place, &own).is_some());
        assert!(read(&place, &package('2')).is_none(), "of another package");
        let whole = std::fs::read(&place).unwrap();
        for at in [0, whole.len() / 2, whole.len() - 1] {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            std::fs::write(&place, &damaged).unwrap();
            assert!(read(&place, &own).is_none(), "byte {at}");
            std::fs::write(&place, &whole[..at]).unwrap();
            assert!(read(&place, &own).is_none(), "cut at {at}");
        }
    }

    #[test]
    fn where_none_can_be_written_reading_goes_on() {
        assert!(Copy::begin(Path::new("/proc/none/ab/abc"), &package('1')).is_none());
        // An archive that breaks off is no copy.
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("copy");
        let broken = b"half".chain(Failing);
        Copying::new(broken, Copy::begin(&place, &package('1')).unwrap()).finish();
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    struct Failing;

    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("no more"))
        }
    }
}
