//! Making and ending processes: the few calls that have no safe form.
//!
//! Every fork here happens in a process with one thread; [`alone`] proves it where the
//! program begins, and the others descend from that one.

use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

use rustix::process::{Pid, Signal, WaitOptions};
use rustix::thread::UnshareFlags;

/// Whether this process has but one thread.
pub(super) fn alone() -> bool {
    std::fs::read_dir("/proc/self/task").is_ok_and(|tasks| tasks.count() == 1)
}

/// Splits this process in two; the child gets `None`. Only for a process with one thread.
// There is no safe form of fork.
#[allow(unsafe_code)]
pub(super) fn fork() -> io::Result<Option<Pid>> {
    // SAFETY: the process has one thread, so the child has all of what the parent had: no lock
    // is held by a thread that the child lacks.
    let number = unsafe { libc::fork() };
    match number {
        -1 => Err(io::Error::last_os_error()),
        number => Ok(Pid::from_raw(number)),
    }
}

/// Forks into new namespaces of processes, mounts, IPC and host name. The parent gets a handle
/// to the child, the child `None`. Only for a process with one thread.
///
/// The network namespace stays that of the inside: from its one device, the loopback, nothing
/// is reached but itself, nobody in it may make another, and one more namespace would cost as
/// much as all the rest.
// There is no safe form of clone.
#[allow(unsafe_code)]
pub(super) fn fork_apart() -> io::Result<Option<OwnedFd>> {
    let flags = libc::CLONE_NEWPID
        | libc::CLONE_NEWNS
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWUTS
        | libc::CLONE_PIDFD
        | libc::SIGCHLD;
    let mut handle: libc::c_int = -1;
    // SAFETY: without CLONE_VM and with no stack of its own the child is a copy, as by fork;
    // the process has one thread. The third argument is where the kernel puts the handle,
    // which lives until the call returns; the last two are not looked at with these flags.
    let number = unsafe {
        libc::syscall(
            libc::SYS_clone,
            libc::c_long::from(flags),
            0 as libc::c_long,
            &raw mut handle,
            0 as libc::c_long,
            0 as libc::c_long,
        )
    };
    match number {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(None),
        // SAFETY: the kernel has just made this descriptor for us; nobody else owns it.
        _ => Ok(Some(unsafe { OwnedFd::from_raw_fd(handle) })),
    }
}

/// Leaves the namespaces that are named. Only for a process with one thread.
// The safe form of rustix is gone, because of files shared between threads.
#[allow(unsafe_code)]
pub(super) fn unshare(flags: UnshareFlags) -> rustix::io::Result<()> {
    // SAFETY: the only flag that would be dangerous is FILES in a process with several
    // threads; no caller names it, and there is one thread.
    unsafe { rustix::thread::unshare_unsafe(flags) }
}

/// Has this process killed when the thread that made it ends.
pub(super) fn die_with_parent() -> rustix::io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
}

/// Gives every signal its default again but SIGPIPE, which stays ignored as Rust has it.
// There is no safe form of signal.
#[allow(unsafe_code)]
pub(super) fn default_signals() {
    for signal in 1..=31 {
        if ![libc::SIGKILL, libc::SIGSTOP, libc::SIGPIPE].contains(&signal) {
            // SAFETY: the default action is no code of ours; an unknown number is refused.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
    }
}

/// Waits for a child of ours, or for any; its code, or 128 and its signal. `None`: no child is left.
pub(super) fn wait(child: Option<Pid>) -> io::Result<Option<(Pid, i32)>> {
    loop {
        let ended = match child {
            Some(_) => rustix::process::waitpid(child, WaitOptions::empty()),
            None => rustix::process::wait(WaitOptions::empty()),
        };
        match ended {
            Ok(Some((pid, status))) => {
                let code = status
                    .exit_status()
                    .or_else(|| status.terminating_signal().map(|signal| 128 + signal));
                if let Some(code) = code {
                    return Ok(Some((pid, code)));
                }
            }
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::CHILD) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Ends this process without running anything that its parent had planned for its own end.
// There is no safe form of _exit.
#[allow(unsafe_code)]
pub(super) fn leave(code: i32) -> ! {
    // SAFETY: the call does not return and touches no memory.
    unsafe { libc::_exit(code) }
}

/// Takes the end of all children that have ended, with the time that they took.
pub(super) fn take_ended() {
    while let Ok(Some(_)) = rustix::process::wait(WaitOptions::NOHANG) {}
}

/// Names this process for those who list processes.
pub(super) fn name(name: &std::ffi::CStr) {
    // A name is a courtesy: without it nothing is wrong.
    let _unnamed = rustix::thread::set_name(name);
}
