//! Digests of an image and of its parts, each by a core of its own, while it is made to last.

use std::io;
use std::ops::Range;

use formwork_deb::sha256::{Hasher, Sha256};
use rayon::prelude::*;

use crate::target::{Place, Target};

/// How much is read at a time.
const STEP: usize = 1 << 20;

/// The digests of parts of an image.
pub(super) fn of<P: Place + Sync>(
    target: &Target<P>,
    ranges: &[Range<u64>],
) -> io::Result<Vec<Sha256>> {
    // What is on its way to the disk goes on meanwhile, and need not be waited for later.
    std::thread::scope(|scope| {
        let sync = scope.spawn(|| target.sync());
        let digests = ranges.par_iter().map(|range| one(target, range)).collect();
        match sync.join() {
            Ok(synced) => synced.and(digests),
            Err(_) => digests,
        }
    })
}

fn one<P: Place>(target: &Target<P>, range: &Range<u64>) -> io::Result<Sha256> {
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; STEP];
    let mut offset = range.start;
    while offset < range.end {
        let step = (range.end - offset).min(STEP as u64) as usize;
        target.read(offset, &mut buffer[..step])?;
        hasher.update(&buffer[..step]);
        offset += step as u64;
    }
    Ok(hasher.finish())
}
