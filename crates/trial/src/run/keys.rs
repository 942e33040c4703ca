//! What we are given on standard input goes to the guest.
//!
//! At a terminal Ctrl-A is the way out, as QEMU users know it: Ctrl-A X leaves, Ctrl-A A is one
//! Ctrl-A for the guest.

use std::io::Write;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use formwork_sys::terminal::{Input, read_input};

/// How long we wait for a key before we look whether the run is over.
const WAIT: Duration = Duration::from_millis(100);
/// Ctrl-A.
const ESCAPE: u8 = 1;

/// What the passing of keys tells and is told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listening<'a> {
    left: &'a AtomicBool,
    over: &'a AtomicBool,
    escapes: bool,
    ends: bool,
}

impl<'a> Listening<'a> {
    /// Sets `left` when the person leaves, and stops when `over` is set.
    pub(super) fn new(left: &'a AtomicBool, over: &'a AtomicBool) -> Listening<'a> {
        Listening {
            left,
            over,
            escapes: false,
            ends: false,
        }
    }

    /// The same, with a meaning of our own for Ctrl-A.
    pub(super) fn escaping(self, escapes: bool) -> Listening<'a> {
        Listening { escapes, ..self }
    }

    /// The same, and where our input ends, the guest's does.
    pub(super) fn ending(self) -> Listening<'a> {
        Listening { ends: true, ..self }
    }
}

/// Passes everything on until the run is over or nothing more comes.
pub(super) fn pass(mut to: UnixStream, listening: &Listening<'_>) {
    let mut buffer = [0; 4096];
    let mut escapes = Escapes::default();
    while !listening.over.load(Ordering::Relaxed) {
        let count = match read_input(&mut buffer, WAIT) {
            Ok(Input::Bytes(count)) => count,
            Ok(Input::Nothing) => continue,
            Ok(Input::End) | Err(_) => break,
        };
        let bytes = &buffer[..count];
        let passed = match listening.escapes {
            true => escapes.filter(bytes),
            false => bytes.to_vec(),
        };
        if to.write_all(&passed).is_err() {
            return;
        }
        if escapes.left {
            listening.left.store(true, Ordering::Relaxed);
            return;
        }
    }
    if listening.ends {
        end(&to, listening.over);
    }
}

/// Says that nothing more comes, and keeps the way until the run is over: of one that is gone
/// altogether QEMU drops what the guest has not read yet.
fn end(to: &UnixStream, over: &AtomicBool) {
    // A socket that is gone needs no end.
    let _ = to.shutdown(Shutdown::Write);
    while !over.load(Ordering::Relaxed) {
        thread::sleep(WAIT);
    }
}

/// What has been typed of an escape.
#[derive(Debug, Default)]
struct Escapes {
    begun: bool,
    left: bool,
}

impl Escapes {
    /// The keys that are for the guest.
    fn filter(&mut self, keys: &[u8]) -> Vec<u8> {
        let mut passed = Vec::new();
        for key in keys {
            match (self.begun, key) {
                (false, &ESCAPE) => self.begun = true,
                (true, b'x' | b'X') => {
                    self.left = true;
                    return passed;
                }
                (true, key) => {
                    self.begun = false;
                    passed.push(ESCAPE);
                    if !matches!(*key, b'a' | b'A' | ESCAPE) {
                        passed.push(*key);
                    }
                }
                (false, key) => passed.push(*key),
            }
        }
        passed
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_way_that_has_ended_stays_until_the_run_is_over() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            let ending = scope.spawn(|| {
                end(&ours, &over);
                drop(ours);
            });
            let mut rest = Vec::new();
            assert_eq!(theirs.read_to_end(&mut rest).unwrap(), 0);
            thread::sleep(2 * WAIT);
            assert!(theirs.write_all(b"still there").is_ok());
            over.store(true, Ordering::Relaxed);
            ending.join().unwrap();
        });
        assert!(theirs.write_all(b"gone").is_err());
    }

    #[test]
    fn ctrl_a_is_the_way_out_and_nothing_else_is_lost() {
        type Case<'a> = (&'a [&'a [u8]], &'a [u8], bool);
        let table: [Case<'_>; 6] = [
            (&[b"ls\r"], b"ls\r", false),
            (&[b"ab\x01x and more"], b"ab", true),
            (&[b"\x01", b"X"], b"", true),
            (&[b"\x01a\x01\x01x"], b"\x01\x01x", false),
            (&[b"\x01b"], b"\x01b", false),
            (&[b"\x03\x04"], b"\x03\x04", false),
        ];
        for (pieces, expected, left) in table {
            let mut escapes = Escapes::default();
            let passed: Vec<u8> = pieces
                .iter()
                .flat_map(|piece| escapes.filter(piece))
                .collect();
            assert_eq!(
                (passed.as_slice(), escapes.left),
                (expected, left),
                "{pieces:?}"
            );
        }
    }
}
