//! A program of the host that runs beside us for long, such as a virtual machine.
//!
//! It talks to us over sockets and reads files that exist in memory only, both handed over as
//! open descriptors: nothing of it lies on a disk, so nothing is left behind however we end.
//! It is killed when we die, whatever we die of.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::command::{CommandError, PASSED_ON, code_of};

/// Descriptors that a program inherits have numbers from this one on, out of the way of others.
const FIRST: RawFd = 200;
/// What is kept of what a program says on standard error.
const MOST_ERRORS: usize = 64 * 1024;
/// How long we sleep between two looks at a program that is to end.
const PAUSE: Duration = Duration::from_millis(5);

/// A program to run beside us.
#[derive(Debug)]
pub struct Program {
    program: OsString,
    arguments: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
    inherited: Vec<OwnedFd>,
}

/// A program that runs beside us; dropping it kills it.
#[derive(Debug)]
pub struct Running {
    name: String,
    child: Child,
    errors: Arc<Mutex<Vec<u8>>>,
}

impl Program {
    /// A program by its name or path, with no arguments.
    pub fn new(program: impl AsRef<OsStr>) -> Program {
        Program {
            program: program.as_ref().to_owned(),
            arguments: Vec::new(),
            variables: Vec::new(),
            inherited: Vec::new(),
        }
    }

    /// Adds arguments.
    pub fn arguments<S: AsRef<OsStr>>(&mut self, arguments: impl IntoIterator<Item = S>) {
        let owned = arguments.into_iter().map(|one| one.as_ref().to_owned());
        self.arguments.extend(owned);
    }

    /// Sets a variable of its environment.
    pub fn variable(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) {
        let pair = (name.as_ref().to_owned(), value.as_ref().to_owned());
        self.variables.push(pair);
    }

    /// Hands a descriptor over; gives the number that it has in the program.
    ///
    /// # Errors
    /// If there are too many open files.
    pub fn inherit(&mut self, descriptor: impl AsFd) -> io::Result<RawFd> {
        let kept = rustix::io::fcntl_dupfd_cloexec(descriptor, FIRST)?;
        let number = kept.as_raw_fd();
        self.inherited.push(kept);
        Ok(number)
    }

    /// Makes a socket between us and the program: our end, and the number of its end.
    ///
    /// # Errors
    /// If there are too many open files.
    pub fn channel(&mut self) -> io::Result<(UnixStream, RawFd)> {
        let (ours, theirs) = UnixStream::pair()?;
        Ok((ours, self.inherit(theirs)?))
    }

    /// Hands over a file that exists in memory only; gives a path by which the program opens it.
    ///
    /// # Errors
    /// If there is not enough memory.
    pub fn memory_file(&mut self, name: &str, parts: &[&[u8]]) -> io::Result<String> {
        let flags = rustix::fs::MemfdFlags::CLOEXEC;
        let mut file = File::from(rustix::fs::memfd_create(name, flags)?);
        for part in parts {
            file.write_all(part)?;
        }
        Ok(format!("/proc/self/fd/{}", self.inherit(file)?))
    }

    /// Starts it. It reads nothing from standard input, and what it says there is kept.
    ///
    /// # Errors
    /// If it is missing or cannot be started.
    pub fn start(self) -> Result<Running, CommandError> {
        let name = self.program.to_string_lossy().into_owned();
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // Ctrl-C is meant for us; we end it as is right.
            .process_group(0);
        for variable in PASSED_ON {
            if let Some(value) = std::env::var_os(variable) {
                command.env(variable, value);
            }
        }
        command.env("LC_ALL", "C.UTF-8");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        prepare(&mut command, self.inherited);
        let mut child = command.spawn().map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => CommandError::Missing {
                program: name.clone(),
            },
            _ => CommandError::Failed {
                program: name.clone(),
                source,
            },
        })?;
        let errors = Arc::new(Mutex::new(Vec::new()));
        if let Some(pipe) = child.stderr.take() {
            let kept = Arc::clone(&errors);
            thread::spawn(move || keep(pipe, &kept));
        }
        Ok(Running {
            name,
            child,
            errors,
        })
    }
}

/// What happens in the child before the program begins.
#[allow(unsafe_code)]
fn prepare(command: &mut Command, inherited: Vec<OwnedFd>) {
    let parent = rustix::process::getpid();
    let set_up = move || {
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
        if rustix::process::getppid() != Some(parent) {
            // We are dead already, and no signal will come any more.
            return Err(io::Error::from(io::ErrorKind::NotConnected));
        }
        for descriptor in &inherited {
            rustix::io::fcntl_setfd(descriptor, rustix::io::FdFlags::empty())?;
        }
        Ok(())
    };
    // SAFETY: between fork and exec this makes system calls only; it allocates nothing and
    // takes no lock.
    unsafe { command.pre_exec(set_up) };
}

/// Keeps the beginning of what a program says.
fn keep(mut pipe: impl Read, kept: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = pipe.read(&mut buffer) {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MOST_ERRORS.saturating_sub(kept.len());
        kept.extend(&buffer[..count.min(room)]);
    }
}

impl Running {
    /// Its exit code, once it has ended: 128 and the number of a signal that ended it.
    ///
    /// # Errors
    /// If the system does not say.
    pub fn ended(&mut self) -> io::Result<Option<i32>> {
        Ok(self.child.try_wait()?.map(code_of))
    }

    /// Asks it to end, and makes it end when it has not done so in time.
    pub fn end(&mut self, patience: Duration) {
        if let Some(process) = rustix::process::Pid::from_raw(self.child.id().cast_signed()) {
            // Its number is not given away before we have asked for its end.
            let _ = rustix::process::kill_process(process, rustix::process::Signal::TERM);
        }
        let start = Instant::now();
        while let Ok(None) = self.child.try_wait() {
            if start.elapsed() >= patience {
                break;
            }
            thread::sleep(PAUSE);
        }
        self.kill();
    }

    /// What it was started as.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The beginning of what it has said on standard error so far.
    #[must_use]
    pub fn errors(&self) -> String {
        let kept = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&kept).into_owned()
    }

    fn kill(&mut self) {
        // One that is gone already is what we want.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(running: &mut Running) -> i32 {
        loop {
            if let Some(code) = running.ended().unwrap() {
                return code;
            }
            thread::sleep(PAUSE);
        }
    }

    #[test]
    fn a_program_gets_channels_and_files_that_lie_nowhere() {
        let mut program = Program::new("bash");
        let (mut ours, number) = program.channel().unwrap();
        let path = program.memory_file("greeting", &[b"hel", b"lo"]).unwrap();
        program.arguments(["-c", &format!("cat {path} >&{number}; exit 3")]);
        let mut running = program.start().unwrap();
        let mut heard = String::new();
        ours.read_to_string(&mut heard).unwrap();
        assert_eq!(heard, "hello");
        assert_eq!(wait(&mut running), 3);
    }

    #[test]
    fn what_it_complains_of_is_kept() {
        let mut program = Program::new("sh");
        program.arguments(["-c", "echo trouble >&2"]);
        let mut running = program.start().unwrap();
        wait(&mut running);
        let start = Instant::now();
        while running.errors().is_empty() && start.elapsed() < Duration::from_secs(10) {
            thread::sleep(PAUSE);
        }
        assert_eq!(running.errors(), "trouble\n");
    }

    #[test]
    fn one_that_does_not_want_to_end_is_killed() {
        let mut program = Program::new("bash");
        let (mut ours, number) = program.channel().unwrap();
        let script = format!("trap '' TERM; echo x >&{number}; read -r word <&{number}");
        program.arguments(["-c", &script]);
        let mut running = program.start().unwrap();
        ours.read_exact(&mut [0]).unwrap();
        let start = Instant::now();
        running.end(Duration::from_millis(20));
        assert_eq!(running.ended().unwrap(), Some(137));
        assert!(start.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = Program::new("no-such-program-here").start().unwrap_err();
        assert_eq!(
            error.to_string(),
            "the program no-such-program-here is not installed"
        );
    }
}
