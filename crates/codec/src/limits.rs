//! Limits for unpacking: bytes out, bytes out per byte in, memory.

use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Below this size the ratio is not looked at: small files of blanks pack very well.
const RATIO_FROM: u64 = 64 * 1024 * 1024;

/// How far unpacking may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many bytes may come out.
    pub output: u64,
    /// How many bytes may come out for one that goes in, once 64 MiB have come out.
    pub ratio: u64,
    /// How much memory the decoder may take, in bytes.
    pub memory: u64,
    /// How many threads an xz decoder may use.
    pub threads: u32,
    /// Whether the form's own checksums are left aside, as a SHA-256 over the input is compared.
    pub trust_input: bool,
}

impl Limits {
    /// Exactly as many bytes as were signed, or fewer.
    #[must_use]
    pub fn bytes(output: u64) -> Limits {
        Limits {
            output,
            ratio: u64::MAX,
            memory: 512 * 1024 * 1024,
            threads: std::thread::available_parallelism()
                .map_or(1, |count| count.get().min(4) as u32),
            trust_input: false,
        }
    }

    /// For content whose size nobody has signed, such as the members of a package.
    #[must_use]
    pub fn unsigned() -> Limits {
        Limits {
            ratio: 1000,
            ..Limits::bytes(u64::MAX)
        }
    }
}

/// A reader that counts what is taken from it.
pub(super) struct Counted<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R> Counted<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            count: Arc::default(),
        }
    }

    pub(super) fn count(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.count)
    }
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.count.fetch_add(count as u64, Ordering::Relaxed);
        self.inner.consume(count);
    }
}

/// A reader that fails once more has come out than is allowed.
pub(super) struct Limited<R> {
    inner: R,
    output: u64,
    ratio: u64,
    so_far: u64,
    packed: Arc<AtomicU64>,
}

impl<R> Limited<R> {
    pub(super) fn new(inner: R, limits: &Limits, packed: Arc<AtomicU64>) -> Self {
        Self {
            inner,
            output: limits.output,
            ratio: limits.ratio,
            so_far: 0,
            packed,
        }
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.so_far += count as u64;
        if self.so_far > self.output {
            let message = format!(
                "it unpacks to more than the {} bytes that were signed",
                self.output
            );
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        let packed = self.packed.load(Ordering::Relaxed);
        if self.so_far > RATIO_FROM && self.so_far / self.ratio > packed {
            let message = format!("it unpacks to more than {} times its size", self.ratio);
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(count)
    }
}
