//! Ctrl-C and `kill`: a flag that long work asks now and then.
//!
//! The first SIGINT or SIGTERM sets the flag and puts the default back, so that a second one
//! ends the process at once.

use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Tells whether somebody has asked us to stop.
#[must_use]
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

extern "C" fn note(_signal: libc::c_int) {
    // A store to an atomic is all that happens here: it is safe in a signal handler.
    INTERRUPTED.store(true, Ordering::Relaxed);
}

/// Begins to listen; a program calls this once, early.
///
/// A signal that the parent had us ignore (`nohup`, a shell's background job) stays ignored.
// Signal handlers cannot be set without it, and no crate in the tree wraps them.
#[allow(unsafe_code)]
pub fn listen() {
    for signal in [libc::SIGINT, libc::SIGTERM] {
        // SAFETY: both structures are plain data that the calls only read or fill; the handler
        // only stores to an atomic. With valid signal numbers the calls cannot fail.
        unsafe {
            let mut before: libc::sigaction = std::mem::zeroed();
            libc::sigaction(signal, std::ptr::null(), &mut before);
            if before.sa_sigaction == libc::SIG_IGN {
                continue;
            }
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = note as *const () as libc::sighandler_t;
            action.sa_flags = libc::SA_RESTART | libc::SA_RESETHAND;
            libc::sigaction(signal, &action, std::ptr::null_mut());
        }
    }
}
