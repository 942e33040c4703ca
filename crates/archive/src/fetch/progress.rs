//! How far many downloads have come, as one stream of events.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use formwork_model::event::{Event, Phase, Sink};

/// Counts the bytes of each file, and tells their sum.
pub(super) struct Progress {
    phase: Phase,
    total: u64,
    done: Vec<AtomicU64>,
    item: Mutex<String>,
    told: AtomicU64,
}

impl Progress {
    pub(super) fn new(phase: Phase, sizes: impl ExactSizeIterator<Item = u64>) -> Self {
        let done = std::iter::repeat_with(AtomicU64::default)
            .take(sizes.len())
            .collect();
        Self {
            phase,
            total: sizes.sum(),
            done,
            item: Mutex::default(),
            told: AtomicU64::new(0),
        }
    }

    /// How many bytes there are to fetch.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Sets how many bytes of a file are there.
    pub(super) fn set(&self, position: usize, bytes: u64) {
        self.done[position].store(bytes, Ordering::Relaxed);
    }

    /// Names the file that was begun last.
    pub(super) fn name(&self, item: &str) {
        item.clone_into(&mut self.item.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Tells how far all have come, if that has changed.
    pub(super) fn tell(&self, events: &Sink) {
        let done = self
            .done
            .iter()
            .map(|bytes| bytes.load(Ordering::Relaxed))
            .sum();
        if self.told.swap(done, Ordering::Relaxed) == done {
            return;
        }
        let item = self
            .item
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        events(Event::Advanced {
            phase: self.phase,
            item,
            done,
            total: Some(self.total),
        });
    }
}
