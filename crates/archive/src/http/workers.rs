//! Several threads that work through a list, and can be left behind when somebody says stop.
//!
//! A thread that looks up a name or connects cannot be interrupted. So the threads are not
//! waited for after a stop: what they share is counted, and what they write is safe at any
//! moment.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::options::POLL;

/// How long threads get to end by themselves after a stop.
const GRACE: Duration = Duration::from_millis(300);

/// How a list is worked through.
pub(crate) struct Crew<'a> {
    /// How many threads at most.
    pub(crate) jobs: usize,
    /// Asked often: are we to stop?
    pub(crate) interrupted: &'a dyn Fn() -> bool,
    /// Called once when we are.
    pub(crate) stop: &'a dyn Fn(),
    /// Called often, for progress.
    pub(crate) tick: &'a dyn Fn(),
}

/// Does `work` for each index below `count`, in threads; the results are in order of the index.
///
/// `None` means: interrupted.
///
/// # Panics
/// If `work` panics.
pub(crate) fn run_all<R: Send + 'static>(
    crew: &Crew<'_>,
    count: usize,
    work: Arc<dyn Fn(usize) -> R + Send + Sync>,
) -> Option<Vec<R>> {
    let next = Arc::new(AtomicUsize::new(0));
    let (sender, receiver) = channel();
    let panicked = Arc::new(Mutex::new(None));
    for _ in 0..crew.jobs.clamp(1, count.max(1)) {
        let (next, sender, work, panicked) = (
            Arc::clone(&next),
            sender.clone(),
            Arc::clone(&work),
            Arc::clone(&panicked),
        );
        std::thread::spawn(move || {
            let body = || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count || sender.send((index, work(index))).is_err() {
                        return;
                    }
                }
            };
            if let Err(payload) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body)) {
                *panicked.lock().unwrap_or_else(PoisonError::into_inner) = Some(payload);
            }
        });
    }
    drop(sender);
    let mut results: Vec<Option<R>> = std::iter::repeat_with(|| None).take(count).collect();
    let mut missing = count;
    let mut deadline: Option<Instant> = None;
    while missing > 0 {
        match receiver.recv_timeout(POLL) {
            Ok((index, result)) => {
                results[index] = Some(result);
                missing -= 1;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        (crew.tick)();
        match deadline {
            None if (crew.interrupted)() => {
                (crew.stop)();
                next.store(count, Ordering::Relaxed);
                deadline = Some(Instant::now() + GRACE);
            }
            Some(deadline) if Instant::now() > deadline => return None,
            _ => {}
        }
    }
    if let Some(payload) = panicked
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take()
    {
        std::panic::resume_unwind(payload);
    }
    results.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crew<'a>(jobs: usize, interrupted: &'a dyn Fn() -> bool) -> Crew<'a> {
        Crew {
            jobs,
            interrupted,
            stop: &|| {},
            tick: &|| {},
        }
    }

    #[test]
    fn results_are_in_order_whatever_the_number_of_threads() {
        for jobs in [0, 1, 3, 100] {
            let work = Arc::new(|index: usize| {
                std::thread::sleep(Duration::from_millis((7 * index as u64) % 5));
                index * index
            });
            let results = run_all(&crew(jobs, &|| false), 20, work).unwrap();
            assert_eq!(
                results,
                (0..20).map(|index| index * index).collect::<Vec<_>>()
            );
        }
        assert_eq!(
            run_all(&crew(2, &|| false), 0, Arc::new(|index| index)),
            Some(Vec::new())
        );
    }

    #[test]
    fn a_stop_does_not_wait_for_threads_that_hang() {
        let start = Instant::now();
        let stopped = AtomicUsize::new(0);
        let stop = || {
            stopped.fetch_add(1, Ordering::Relaxed);
        };
        let interrupted = || start.elapsed() > Duration::from_millis(60);
        let crew = Crew {
            jobs: 2,
            interrupted: &interrupted,
            stop: &stop,
            tick: &|| {},
        };
        let work = Arc::new(|_| std::thread::sleep(Duration::from_secs(20)));
        assert_eq!(run_all(&crew, 5, work), None);
        assert!(
            start.elapsed() < Duration::from_secs(1),
            "{:?}",
            start.elapsed()
        );
        assert_eq!(stopped.load(Ordering::Relaxed), 1);
    }

    #[test]
    #[should_panic(expected = "work panics")]
    fn a_panic_is_passed_on() {
        run_all(&crew(2, &|| false), 3, Arc::new(|_| panic!("work panics")));
    }
}
