//! Unpacking package files: read and checked once, in parallel, then put into the tree in order.
//!
//! [`control`] reads the control part of each package, which is enough to plan with. [`stage`]
//! reads a whole package file, compares its digest and only then unpacks it, each file under a
//! number into a directory of its own beside the tree. [`place`] moves what is staged to its
//! place, as dpkg would: in one thread and in a fixed order, so that conflicts, diversions and
//! replaced files come out the same in every build. Staging goes on while scripts of packages
//! that were placed already run.

pub(crate) mod control;
pub(crate) mod entry;
pub(crate) mod place;
pub(crate) mod quick;
pub(crate) mod stage;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use formwork_sys::tree::Tree;

use crate::error::Error;
use control::Control;
use entry::Entry;

/// The entries of a package whose files lie staged, or why there are none.
type Staged = Result<Vec<Entry>, Error>;

/// Packages that are being unpacked beside the tree.
pub(crate) struct Staging<'a> {
    controls: &'a [Control],
    stage: &'a Tree,
    tree_bytes: u64,
    /// The packages in the order in which they are staged.
    order: Vec<usize>,
    next: AtomicUsize,
    slots: Mutex<Vec<Option<Staged>>>,
    ready: Condvar,
}

impl<'a> Staging<'a> {
    /// Begins with nothing; the largest packages of each wave come first, so that no thread is
    /// left alone with one at the end.
    pub(crate) fn new(
        controls: &'a [Control],
        waves: &[Vec<usize>],
        stage: &'a Tree,
        tree_bytes: u64,
    ) -> Staging<'a> {
        let mut order = Vec::with_capacity(controls.len());
        for wave in waves {
            let mut wave = wave.clone();
            wave.sort_by_key(|index| (std::cmp::Reverse(controls[*index].package.size), *index));
            order.extend(wave);
        }
        Staging {
            controls,
            stage,
            tree_bytes,
            order,
            next: AtomicUsize::new(0),
            slots: Mutex::new(controls.iter().map(|_| None).collect()),
            ready: Condvar::new(),
        }
    }

    /// Runs `body` while `threads` threads stage packages; they stop when it returns.
    pub(crate) fn during<R>(&self, threads: usize, body: impl FnOnce() -> R) -> R {
        std::thread::scope(|scope| {
            for _ in 0..threads.max(1) {
                scope.spawn(|| while self.stage_next() {});
            }
            let result = body();
            self.next.store(self.order.len(), Ordering::Relaxed);
            result
        })
    }

    /// Stages one more package; tells whether there was one.
    fn stage_next(&self) -> bool {
        let place = self.next.fetch_add(1, Ordering::Relaxed);
        let Some(index) = self.order.get(place).copied() else {
            return false;
        };
        let control = &self.controls[index];
        let stage = || stage::stage(index, control, self.stage, self.tree_bytes);
        // A thread that died would leave the one that waits for it waiting for ever.
        let staged = catch_unwind(AssertUnwindSafe(stage)).unwrap_or_else(|_| {
            Err(Error::Broken {
                package: control.label(),
                reason: "unpacking it ended in a fault of Formwork".to_owned(),
            })
        });
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots[index] = Some(staged);
        self.ready.notify_all();
        true
    }

    /// Waits for a package; each can be taken once, while [`Staging::during`] runs.
    pub(crate) fn take(&self, index: usize) -> Staged {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(staged) = slots[index].take() {
                return staged;
            }
            slots = self
                .ready
                .wait(slots)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}
