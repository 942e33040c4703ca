//! What no build out of packages can do without: reading them, and unpacking what they hold.
//!
//! Both are measured by doing just that, in all cores and into nothing, so that a build can be
//! held against what this machine could do at best.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use formwork_codec::{Compression, Limits};
use formwork_deb::container::package::PackageArchive;
use rayon::prelude::*;

use crate::job::Package;
use crate::unpack::control::codec;
use crate::unpack::quick;

/// How many bytes of packages are in memory at once.
const AT_ONCE: u64 = 64 << 20;

/// How long it takes at best.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Floor {
    /// Reading all files.
    pub read: Duration,
    /// Unpacking them; reading is not part of it.
    pub unpack: Duration,
}

/// Measures reading and unpacking packages that are in the cache; others cost nothing here.
///
/// # Errors
/// If one cannot be read or unpacked.
pub fn measure(packages: &[Package]) -> io::Result<Floor> {
    let mut floor = Floor::default();
    for batch in batches(packages) {
        let start = Instant::now();
        let contents: io::Result<Vec<Content>> = batch.par_iter().map(content).collect();
        let contents = contents?;
        floor.read += start.elapsed();
        let start = Instant::now();
        contents.par_iter().try_for_each(unpack)?;
        floor.unpack += start.elapsed();
    }
    Ok(floor)
}

/// Packages that are in memory at once: as many as fit, and one in any case.
fn batches(packages: &[Package]) -> impl Iterator<Item = &[Package]> {
    let mut sum = 0;
    packages.chunk_by(move |package, next| {
        sum += package.size;
        let fits = sum + next.size <= AT_ONCE;
        if !fits {
            sum = 0;
        }
        fits
    })
}

/// What is read of a package: its quick copy where there is one, else its file.
enum Content {
    Frame(Vec<u8>),
    File(Vec<u8>),
}

fn content(package: &Package) -> io::Result<Content> {
    let frame = quick::place(package).and_then(|place| quick::read(&place, package));
    match frame {
        Some(frame) => Ok(Content::Frame(frame)),
        None => std::fs::read(&package.file).map(Content::File),
    }
}

fn unpack(content: &Content) -> io::Result<()> {
    let limits = Limits {
        trust_input: true,
        threads: 1,
        ..Limits::unsigned()
    };
    let (compression, bytes) = match content {
        Content::Frame(frame) => (Compression::Zstd, &frame[..]),
        Content::File(bytes) => {
            let archive = PackageArchive::parse(bytes).map_err(io::Error::other)?;
            let compression = codec(archive.data_compression)
                .ok_or_else(|| io::Error::other("packed with bzip2 or lzma"))?;
            (compression, archive.data.content)
        }
    };
    let mut decoder =
        formwork_codec::decoder(compression, bytes, &limits).map_err(io::Error::other)?;
    let mut buffer = vec![0; 128 * 1024];
    while decoder.read(&mut buffer)? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{AT_ONCE, batches};
    use crate::job::Package;

    fn package(size: u64) -> Package {
        Package {
            name: "one".to_owned(),
            version: "1".to_owned(),
            architecture: "all".to_owned(),
            file: "one.deb".into(),
            size,
            sha256: String::new(),
            wished: false,
            own: false,
        }
    }

    #[test]
    fn no_more_is_in_memory_than_allowed_but_by_one_that_is_larger() {
        let most = AT_ONCE;
        let cases: [(&[u64], &[usize]); 5] = [
            (&[], &[]),
            (&[most + 1, 1, 1], &[1, 2]),
            (&[1, most, 1], &[1, 1, 1]),
            (&[most / 2, most / 2, 1, most - 1, 1], &[2, 2, 1]),
            (&[1, 2, 3], &[3]),
        ];
        for (sizes, expected) in cases {
            let packages: Vec<Package> = sizes.iter().map(|size| package(*size)).collect();
            let found: Vec<usize> = batches(&packages).map(<[Package]>::len).collect();
            assert_eq!(found, expected, "{sizes:?}");
        }
    }
}
