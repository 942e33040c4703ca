//! Packing the blocks of an image: in all cores, out of the cache where they are known, and
//! handed over in their order, so that neither cores nor cache change a bit of the image.

use std::borrow::Cow;
use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use formwork_codec::pack::Packer;
use formwork_sys::fs::{self, MappedFile};
use rayon::prelude::*;

use crate::cache::{BlockCache, Key};

/// Bytes of blocks that are packed at a time: enough for many cores, little memory.
const BATCH: usize = 8 << 20;
/// How many bytes of mapped files are much, and how often that is looked at.
const MUCH: u64 = 32 << 20;
const STEP: Duration = Duration::from_millis(5);

/// What helps with the writing of an image, and changes nothing of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Aids<'a> {
    /// Blocks that were packed before.
    pub blocks: Option<&'a BlockCache>,
    /// The files that the tree's content is mapped from: their memory is let go.
    pub mapped: &'a [&'a MappedFile],
}

impl Aids<'_> {
    /// Gives back the memory of mapped files, if it is much.
    pub(crate) fn let_go(&self) {
        let is_much = || fs::mapped_memory().is_none_or(|bytes| bytes > MUCH);
        if self.maps_any() && is_much() {
            for mapped in self.mapped {
                mapped.let_go();
            }
            if let Some(blocks) = self.blocks {
                blocks.let_go();
            }
        }
    }

    /// Gives it back as well if so many bytes were read since `read` was last nothing: a thread
    /// that looks now and then comes too late where files are only copied.
    pub(crate) fn let_go_after(&self, read: &mut u64, bytes: usize) {
        *read += bytes as u64;
        if *read >= MUCH / 4 && self.maps_any() {
            *read = 0;
            self.let_go();
        }
    }

    /// Whether there is anything whose memory could be let go.
    fn maps_any(&self) -> bool {
        !self.mapped.is_empty() || self.blocks.is_some()
    }

    /// Does something that reads mapped files, while another thread gives back the memory
    /// that holds what was read of them, so that a large tree does not fill it.
    pub fn bounded<R>(&self, work: impl FnOnce() -> R) -> R {
        let (end, ended) = mpsc::channel::<()>();
        std::thread::scope(|scope| {
            if self.maps_any() {
                scope.spawn(move || {
                    while ended.recv_timeout(STEP) == Err(RecvTimeoutError::Timeout) {
                        self.let_go();
                    }
                });
            }
            let done = work();
            drop(end);
            done
        })
    }
}

/// A block as it is and as it was packed.
#[derive(Debug)]
pub(crate) struct Packed<'a> {
    pub(crate) plain: Cow<'a, [u8]>,
    /// Packed; nothing if it would not become smaller.
    pub(crate) packed: Option<Cow<'a, [u8]>>,
    /// The name under which the cache is to keep it.
    keep: Option<Key>,
}

/// Packs pieces and hands each to `put` in its order. `size` tells about how large a piece
/// is, `read` what it holds.
pub(crate) fn each<'a, T: Sync, E: From<io::Error> + Send>(
    aids: &Aids<'a>,
    packer: Packer,
    pieces: &[T],
    size: impl Fn(&T) -> usize,
    read: &(impl Fn(&T) -> Cow<'a, [u8]> + Sync),
    put: &mut (impl FnMut(&T, &Packed<'_>) -> Result<(), E> + Send),
) -> Result<(), E> {
    let pack = |batch: &[T]| -> io::Result<Vec<Packed<'a>>> {
        let packed = batch.par_iter();
        packed
            .map(|piece| one(aids.blocks, packer, read(piece)))
            .collect()
    };
    let batches = batches(pieces, size);
    let mut done: &[T] = &[];
    let mut packed = Vec::new();
    // While one batch is written the next one is packed.
    for batch in batches.into_iter().chain([&[][..]]) {
        let mut write = || -> Result<(), E> {
            for (piece, packed) in done.iter().zip(&packed) {
                put(piece, packed)?;
                if let (Some(cache), Some(key)) = (aids.blocks, &packed.keep) {
                    cache.put(key, packed.packed.as_deref());
                }
            }
            Ok(())
        };
        let (next, written) = rayon::join(|| pack(batch), &mut write);
        written?;
        (done, packed) = (batch, next?);
        aids.let_go();
    }
    Ok(())
}

/// Cuts a list so that each part has about as many bytes.
fn batches<T>(mut pieces: &[T], size: impl Fn(&T) -> usize) -> Vec<&[T]> {
    let mut batches = Vec::new();
    while !pieces.is_empty() {
        let mut bytes = 0;
        let full = pieces.iter().position(|piece| {
            bytes += size(piece);
            bytes >= BATCH
        });
        let (batch, rest) = pieces.split_at(full.map_or(pieces.len(), |last| last + 1));
        batches.push(batch);
        pieces = rest;
    }
    batches
}

/// Packs a block, or finds it.
fn one<'a>(
    cache: Option<&'a BlockCache>,
    packer: Packer,
    plain: Cow<'a, [u8]>,
) -> io::Result<Packed<'a>> {
    let Some(cache) = cache else {
        let packed = packer.block(&plain)?.map(Cow::Owned);
        return Ok(Packed {
            plain,
            packed,
            keep: None,
        });
    };
    let key = BlockCache::key(packer, &plain);
    if let Some(found) = cache.get(&key) {
        return Ok(Packed {
            plain,
            packed: found.map(Cow::Borrowed),
            keep: None,
        });
    }
    let packed = packer.block(&plain)?.map(Cow::Owned);
    Ok(Packed {
        plain,
        packed,
        keep: Some(key),
    })
}
