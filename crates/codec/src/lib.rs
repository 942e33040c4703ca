//! Unpacking xz, gzip and zstd as a stream, with limits that hostile data cannot pass.
//!
//! [`CheckedReader`] is the chain for indices: it hashes the packed bytes and the plain bytes
//! while they pass, in a thread of its own, so that parsing goes on meanwhile. What it has
//! given must not be believed before [`CheckedReader::finish`] has said so.

mod background;
mod limits;
pub mod pack;
pub mod quick;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use formwork_deb::sha256::{Hasher, Sha256};
use liblzma::bufread::XzDecoder;
use liblzma::stream::{IGNORE_CHECK, MtStreamBuilder, Stream};

use limits::Limited;
pub use limits::Limits;

/// How much packed data is read at once.
const INPUT: usize = 256 * 1024;
/// The largest zstd window, as a power of two: 128 MiB, what `zstd -d` allows by default.
const ZSTD_WINDOW: u32 = 27;

/// How a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Compression {
    /// Not at all.
    Plain,
    /// gzip, `.gz`.
    Gzip,
    /// xz, `.xz`.
    Xz,
    /// Zstandard, `.zst`.
    Zstd,
}

impl Compression {
    /// Reads the compression from the ending of a name; no known ending means plain.
    #[must_use]
    pub fn of_name(name: &str) -> Compression {
        match name.rsplit_once('.').map(|(_, ending)| ending) {
            Some("gz") => Compression::Gzip,
            Some("xz") => Compression::Xz,
            Some("zst") => Compression::Zstd,
            _ => Compression::Plain,
        }
    }

    /// The ending of names, with the dot; empty for plain files.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Compression::Plain => "",
            Compression::Gzip => ".gz",
            Compression::Xz => ".xz",
            Compression::Zstd => ".zst",
        }
    }
}

/// Why a packed file could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnpackError {
    /// The file could not be opened or read.
    #[error(transparent)]
    File(#[from] formwork_sys::Error),
    /// The packed data is damaged, cut off, or over a limit.
    #[error("cannot unpack {}: {reason}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What the decoder said.
        reason: String,
    },
    /// The packed or the plain bytes are not those that were signed.
    #[error("{}: the {form} content is not what was signed: {found} instead of {expected}", path.display())]
    Differs {
        /// The file.
        path: PathBuf,
        /// `packed` or `unpacked`.
        form: &'static str,
        /// What was signed: a size or a SHA-256.
        expected: String,
        /// What was found.
        found: String,
    },
}

/// What a file must turn out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Its size in bytes.
    pub size: u64,
    /// Its hash; `None` where the size alone is to be kept.
    pub sha256: Option<Sha256>,
}

/// Unpacks `input`, within `limits`.
///
/// # Errors
/// If the decoder cannot be made; reading then fails for damaged or endless data.
pub fn decoder<'a>(
    compression: Compression,
    input: impl BufRead + Send + 'a,
    limits: &Limits,
) -> io::Result<Box<dyn Read + Send + 'a>> {
    let input = limits::Counted::new(input);
    let packed = input.count();
    let decoder: Box<dyn Read + Send + 'a> = match compression {
        Compression::Plain => Box::new(input),
        Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(input)),
        Compression::Xz => Box::new(XzStreams::new(input, *limits)?),
        Compression::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(input)?;
            decoder.window_log_max(ZSTD_WINDOW)?;
            Box::new(decoder)
        }
    };
    Ok(Box::new(Limited::new(decoder, limits, packed)))
}

/// All streams of an xz file, one after the other, with zero padding between them.
///
/// liblzma's threaded decoder, as it is wrapped, stops after the first.
struct XzStreams<R: BufRead> {
    decoder: Option<XzDecoder<R>>,
    limits: Limits,
}

impl<R: BufRead> XzStreams<R> {
    fn new(input: R, limits: Limits) -> io::Result<Self> {
        let decoder = Some(XzDecoder::new_stream(input, xz_stream(&limits)?));
        Ok(Self { decoder, limits })
    }
}

impl<R: BufRead> Read for XzStreams<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(decoder) = &mut self.decoder {
            let count = decoder.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            let Some(decoder) = self.decoder.take() else {
                break;
            };
            let mut input = decoder.into_inner();
            if skip_zeros(&mut input)? {
                self.decoder = Some(XzDecoder::new_stream(input, xz_stream(&self.limits)?));
            }
        }
        Ok(0)
    }
}

/// Skips zero bytes; tells whether anything follows.
fn skip_zeros(input: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let buffer = input.fill_buf()?;
        let zeros = buffer.iter().take_while(|byte| **byte == 0).count();
        match (zeros < buffer.len(), zeros) {
            (true, _) => {
                input.consume(zeros);
                return Ok(true);
            }
            (false, 0) => return Ok(false),
            (false, _) => input.consume(zeros),
        }
    }
}

fn xz_stream(limits: &Limits) -> io::Result<Stream> {
    let stream = if limits.threads > 1 {
        let mut builder = MtStreamBuilder::new();
        builder
            .threads(limits.threads)
            .memlimit_threading(limits.memory)
            .memlimit_stop(limits.memory);
        builder.decoder()
    } else {
        let flags = if limits.trust_input { IGNORE_CHECK } else { 0 };
        Stream::new_stream_decoder(limits.memory, flags)
    };
    stream.map_err(io::Error::from)
}

/// Size and hash of what has passed.
#[derive(Debug, Default)]
struct Tally {
    size: u64,
    hasher: Option<Hasher>,
}

/// A reader that counts and hashes what passes.
struct Hashing<R> {
    inner: R,
    tally: Arc<Mutex<Tally>>,
}

impl<R> Hashing<R> {
    fn new(inner: R, expected: Option<Expected>) -> Self {
        let hasher = expected
            .and_then(|expected| expected.sha256)
            .map(|_| Hasher::new());
        let tally = Arc::new(Mutex::new(Tally { size: 0, hasher }));
        Self { inner, tally }
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        tally.size += count as u64;
        if let Some(hasher) = &mut tally.hasher {
            hasher.update(&buffer[..count]);
        }
        Ok(count)
    }
}

/// Which side is checked, what it must turn out to be, and what has passed.
type Check = (&'static str, Option<Expected>, Arc<Mutex<Tally>>);

/// A packed file that is unpacked and checked while it is read.
pub struct CheckedReader {
    plain: background::Background,
    path: PathBuf,
    checks: [Check; 2],
    failure: Option<String>,
}

impl CheckedReader {
    /// Opens a packed file; `packed` and `plain` say what it must turn out to be.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn open(
        path: &Path,
        compression: Compression,
        packed: Option<Expected>,
        plain: Option<Expected>,
    ) -> Result<CheckedReader, UnpackError> {
        let fail = |source| formwork_sys::Error::io("read", path, source);
        let file = File::open(path).map_err(fail)?;
        let mut limits = match plain {
            Some(plain) => Limits::bytes(plain.size),
            None => Limits::unsigned(),
        };
        // Decoding overlaps with parsing already; more threads would hold whole blocks in memory.
        limits.threads = 1;
        limits.trust_input = packed.is_some_and(|packed| packed.sha256.is_some());
        let packed_side = Hashing::new(file, packed);
        let packed_tally = Arc::clone(&packed_side.tally);
        let input = BufReader::with_capacity(INPUT, packed_side);
        let decoder = decoder(compression, input, &limits).map_err(fail)?;
        let plain_side = Hashing::new(decoder, plain);
        let plain_tally = Arc::clone(&plain_side.tally);
        Ok(CheckedReader {
            plain: background::Background::start(plain_side),
            path: path.to_owned(),
            checks: [
                ("packed", packed, packed_tally),
                ("unpacked", plain, plain_tally),
            ],
            failure: None,
        })
    }

    /// Reads what is left and says whether all of it is what it should be.
    ///
    /// # Errors
    /// If the data is damaged, over its limit, or not what was signed.
    pub fn finish(mut self) -> Result<(), UnpackError> {
        // A failure is kept by `read`.
        let _ = io::copy(&mut self, &mut io::sink());
        if let Some(reason) = self.failure.take() {
            // Wrong packed bytes are the cause, a complaint of the decoder only its effect.
            self.compare_whole_file()?;
            return Err(UnpackError::Broken {
                path: self.path,
                reason,
            });
        }
        for (form, expected, tally) in &self.checks {
            let tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
            compare(
                &self.path,
                form,
                *expected,
                (tally.size, tally.hasher.clone()),
            )?;
        }
        Ok(())
    }

    /// Compares the packed file as a whole, after the decoder has given up somewhere in it.
    fn compare_whole_file(&self) -> Result<(), UnpackError> {
        let (form, expected, _) = &self.checks[0];
        let Some(Expected {
            size,
            sha256: Some(sha256),
        }) = *expected
        else {
            return Ok(());
        };
        let (found, length) = formwork_sys::checked::hash_file(&self.path)?;
        let differs = |expected: String, found: String| {
            Err(UnpackError::Differs {
                path: self.path.clone(),
                form,
                expected,
                found,
            })
        };
        if length != size {
            return differs(format!("{size} bytes"), format!("{length} bytes"));
        }
        if found == sha256 {
            Ok(())
        } else {
            differs(sha256.to_string(), found.to_string())
        }
    }
}

fn compare(
    path: &Path,
    form: &'static str,
    expected: Option<Expected>,
    (size, hasher): (u64, Option<Hasher>),
) -> Result<(), UnpackError> {
    let Some(expected) = expected else {
        return Ok(());
    };
    let differs = |expected: String, found: String| {
        Err(UnpackError::Differs {
            path: path.to_owned(),
            form,
            expected,
            found,
        })
    };
    if size != expected.size {
        return differs(format!("{} bytes", expected.size), format!("{size} bytes"));
    }
    match (expected.sha256, hasher.map(Hasher::finish)) {
        (Some(expected), Some(found)) if expected != found => {
            differs(expected.to_string(), found.to_string())
        }
        _ => Ok(()),
    }
}

impl Read for CheckedReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let result = self.plain.read(buffer);
        if let Err(error) = &result {
            self.failure.get_or_insert_with(|| error.to_string());
        }
        result
    }
}

#[cfg(test)]
mod tests;
