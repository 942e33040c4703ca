//! Digests of an image and of its parts, each by a core of its own, while it is made to last.
//!
//! What is empty is not read. A range of the block map that begins where its partition begins
//! has the digest that the partition has up to there, so that most of what a partition holds is
//! hashed once for both. What is empty for a few blocks only is no reason to end a range:
//! a card is written faster in one go.

use std::io;
use std::ops::Range;

use formwork_deb::sha256::{Hasher, Sha256};
use rayon::prelude::*;

use crate::bmap::Mapped;
use crate::target::{BLOCK, Place, Target};

/// How much is read at a time.
const STEP: usize = 1 << 20;
/// How many empty bytes may lie inside a range of the block map.
const GAP: u64 = 64 * BLOCK;
/// What is hashed for what is empty.
static ZEROES: [u8; 64 << 10] = [0; 64 << 10];

/// The digests of an image.
#[derive(Debug)]
pub(super) struct Digests {
    /// That of all of it.
    pub(super) whole: Sha256,
    /// Those of its partitions.
    pub(super) partitions: Vec<Sha256>,
    /// The blocks that hold anything; none where nobody asked for them.
    pub(super) mapped: Vec<Mapped>,
}

/// A part of an image that is gone through once.
#[derive(Debug)]
struct Part {
    range: Range<u64>,
    /// Whether its own digest is wanted, and those of the ranges in it that hold anything.
    is_whole: bool,
    has_map: bool,
}

/// The digests of an image and of its partitions, which follow each other, and if `has_map` of
/// what holds anything, in ranges that end where a partition begins or ends.
pub(super) fn of<P: Place + Sync>(
    target: &Target<P>,
    partitions: &[Range<u64>],
    has_map: bool,
) -> io::Result<Digests> {
    let mut parts = vec![Part {
        range: 0..target.size(),
        is_whole: true,
        has_map: false,
    }];
    let mut end = 0;
    let sections = partitions.iter().map(|range| (range.clone(), true));
    for (range, is_whole) in sections.chain([(target.size()..target.size(), false)]) {
        let gap = end..range.start;
        end = range.end;
        for (range, is_whole) in [(gap, false), (range, is_whole)] {
            if is_whole || has_map && !range.is_empty() {
                parts.push(Part {
                    range,
                    is_whole,
                    has_map,
                });
            }
        }
    }
    // What is on its way to the disk goes on meanwhile, and need not be waited for later.
    let found = std::thread::scope(|scope| {
        let sync = scope.spawn(|| target.sync());
        let found: io::Result<Vec<_>> = parts.par_iter().map(|part| one(target, part)).collect();
        match sync.join() {
            Ok(synced) => synced.and(found),
            Err(_) => found,
        }
    })?;
    let mut wholes = Vec::new();
    let mut mapped = Vec::new();
    for (part, (digest, ranges)) in parts.iter().zip(found) {
        if part.is_whole {
            wholes.push(digest);
        }
        mapped.extend(ranges);
    }
    Ok(Digests {
        whole: wholes.remove(0),
        partitions: wholes,
        mapped,
    })
}

/// The digest of a part, and those of the ranges in it.
fn one<P: Place>(target: &Target<P>, part: &Part) -> io::Result<(Sha256, Vec<Mapped>)> {
    let mut whole = Hasher::new();
    let mut mapped = Vec::new();
    let mut buffer = vec![0; STEP];
    let mut offset = part.range.start;
    while offset < part.range.end {
        let (mut end, holds) = target.run(offset, part.range.end);
        if !holds {
            zeroes(&mut whole, if part.is_whole { end - offset } else { 0 });
            offset = end;
            continue;
        }
        while part.has_map && end < part.range.end {
            let (next, _) = target.run(end, part.range.end);
            if next - end > GAP || next == part.range.end {
                break;
            }
            (end, _) = target.run(next, part.range.end);
        }
        let start = offset;
        let is_shared = part.is_whole && start == part.range.start;
        let mut own = (part.has_map && !is_shared).then(Hasher::new);
        while offset < end {
            let step = (end - offset).min(STEP as u64) as usize;
            target.read(offset, &mut buffer[..step])?;
            if part.is_whole {
                whole.update(&buffer[..step]);
            }
            if let Some(own) = &mut own {
                own.update(&buffer[..step]);
            }
            offset += step as u64;
        }
        if part.has_map {
            mapped.push(Mapped {
                first: start / BLOCK,
                last: (end - 1) / BLOCK,
                sha256: own.unwrap_or_else(|| whole.clone()).finish(),
            });
        }
    }
    Ok((whole.finish(), mapped))
}

fn zeroes(hasher: &mut Hasher, mut count: u64) {
    while count > 0 {
        let step = count.min(ZEROES.len() as u64);
        hasher.update(&ZEROES[..step as usize]);
        count -= step;
    }
}
