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
    let start = Instant::now();
    let bytes: io::Result<Vec<Content>> = packages.par_iter().map(content).collect();
    let bytes = bytes?;
    let read = start.elapsed();
    let start = Instant::now();
    bytes.par_iter().try_for_each(unpack)?;
    Ok(Floor {
        read,
        unpack: start.elapsed(),
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
