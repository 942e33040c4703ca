//! This program run once more, in surroundings that are made different on purpose.
//!
//! What can be told to a new process from outside (arguments, variables) is given to it;
//! the rest it changes itself, before it does anything else: [`Surroundings::enter`].

use std::ffi::OsString;
use std::io::Read;
use std::process::{Command, Stdio};

use rustix::fs::Mode;
use rustix::thread::CpuSet;

use crate::Error;

/// More bytes than the answer of a run may have.
const ANSWER: u64 = 64 << 20;
/// What of our environment the other run sees as well, besides what begins with `FORMWORK_`.
const PASSED_ON: [&str; 12] = [
    "PATH",
    "TERM",
    "NO_COLOR",
    "CLICOLOR_FORCE",
    "COLUMNS",
    "XDG_STATE_HOME",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTPS_PROXY",
    "NO_PROXY",
    "RUST_BACKTRACE",
];

/// How the other run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code, or 130 where a signal ended it.
    pub code: i32,
    /// What it wrote to standard output.
    pub answer: Vec<u8>,
}

/// Runs this program with other arguments and variables; what it says on standard error goes
/// where ours goes.
///
/// # Errors
/// If it cannot be started or heard.
pub fn run(arguments: &[OsString], variables: &[(&str, OsString)]) -> Result<Ended, Error> {
    let own = std::path::Path::new("/proc/self/exe");
    let fail = |source| Error::io("run", own, source);
    let passed_on = std::env::vars_os().filter(|(name, _)| {
        let name = name.to_string_lossy();
        PASSED_ON.contains(&name.as_ref()) || name.starts_with("FORMWORK_")
    });
    let mut child = Command::new(own)
        .args(arguments)
        .env_clear()
        .envs(passed_on)
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(fail)?;
    let mut answer = Vec::new();
    let heard = match child.stdout.take() {
        Some(pipe) => pipe.take(ANSWER).read_to_end(&mut answer).map(|_| ()),
        None => Ok(()),
    };
    // It is waited for, whatever was heard: nothing of it stays behind.
    let status = child.wait().map_err(fail)?;
    heard.map_err(fail)?;
    Ok(Ended {
        code: status.code().unwrap_or(130),
        answer,
    })
}

/// What a process changes of its own surroundings, as far as it may.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The permission bits that new files do not get.
    pub umask: Option<u32>,
    /// Whether it runs on one processor only.
    pub one_processor: bool,
    /// The host name that it sees; only root may change it.
    pub hostname: Option<String>,
}

impl Surroundings {
    /// Changes them for this process and all that it starts. It must not have threads yet.
    pub fn enter(&self) {
        if let Some(umask) = self.umask {
            rustix::process::umask(Mode::from_raw_mode(umask));
        }
        if self.one_processor {
            one_processor();
        }
        if let Some(name) = &self.hostname
            && unshare_name().is_ok()
        {
            // In a namespace of our own that is nobody else's affair.
            let _kept = rustix::system::sethostname(name.as_bytes());
        }
    }
}

/// Stays on the first of the processors that it may use.
fn one_processor() {
    let Ok(all) = rustix::thread::sched_getaffinity(None) else {
        return;
    };
    if let Some(first) = (0..CpuSet::MAX_CPU).find(|number| all.is_set(*number)) {
        let mut one = CpuSet::new();
        one.set(first);
        // Where that is refused, it may run on all as before.
        let _kept = rustix::thread::sched_setaffinity(None, &one);
    }
}

/// Leaves the namespace of the machine's name.
// The safe form of rustix is gone, because of files shared between threads.
#[allow(unsafe_code)]
fn unshare_name() -> rustix::io::Result<()> {
    // SAFETY: the flag concerns the host name alone; no descriptor is shared or closed by it.
    unsafe { rustix::thread::unshare_unsafe(rustix::thread::UnshareFlags::NEWUTS) }
}
