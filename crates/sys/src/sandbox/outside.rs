//! The outside: it starts an inside, hears what it says, and takes it down whatever happens.

use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};

use super::error::Step;
use super::frame::{self, Frames, Kind, Unpacker};
use super::{SandboxError, User, holder, users, watch};
use crate::signal;

/// How long an interruption may go unnoticed.
const LOOK: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 100_000_000,
};
/// How long an inside may take to end when its outside has gone.
const END: Duration = Duration::from_secs(10);
/// What of our environment an inside may need.
const PASSED_ON: [&str; 2] = ["PATH", "RUST_BACKTRACE"];
/// How much an inside may complain on standard error.
const COMPLAINT: usize = 64 << 10;

/// What a room is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order<'a> {
    /// The room, by its name in the table of [`super::dispatch`].
    pub room: &'a str,
    /// Its input.
    pub input: Vec<u8>,
}

/// What we are allowed to be on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Privilege {
    /// Root: user numbers are the machine's own.
    Root,
    /// An ordinary user: 0 is the user itself, the other numbers are lent to it.
    User(User),
}

/// Finds out, by doing it, whether a sandbox can be made here.
///
/// # Errors
/// If it cannot; the error says what to install or to set.
pub fn privilege() -> Result<Privilege, SandboxError> {
    let privilege = users::who()?;
    let probe = Order {
        room: holder::PROBE,
        input: Vec::new(),
    };
    let _nothing = run_as(&privilege, &probe, &mut |_| {})?;
    Ok(privilege)
}

/// Runs a room in a sandbox to its end; its messages are handed on as they come.
///
/// The outer result is that of the sandbox, the inner one the room's own.
///
/// # Errors
/// If the sandbox cannot be made or breaks, or the person interrupts us; nothing of it is left then.
pub fn run(order: &Order, on_message: &mut dyn FnMut(&[u8])) -> Answer {
    run_as(&users::who()?, order, on_message)
}

/// Like [`run`], but root too works in a user namespace, as ordinary users do: it has the same
/// numbers there, and no power over the machine.
///
/// # Errors
/// As those of [`run`].
pub fn run_in_own_users(order: &Order, on_message: &mut dyn FnMut(&[u8])) -> Answer {
    let privilege = match users::who()? {
        Privilege::Root => Privilege::User(users::root_alone()),
        user => user,
    };
    run_as(&privilege, order, on_message)
}

fn run_as(privilege: &Privilege, order: &Order, on_message: &mut dyn FnMut(&[u8])) -> Answer {
    attempt(privilege, order, on_message).map_err(|error| {
        // Ctrl-C reaches the programs that we call as well: what they make of it is no fault.
        if signal::interrupted() {
            SandboxError::Interrupted
        } else {
            users::explain(privilege, error)
        }
    })
}

fn attempt(privilege: &Privilege, order: &Order, on_message: &mut dyn FnMut(&[u8])) -> Answer {
    let mut inside = Outer::start(order.room, privilege)?;
    if let Privilege::User(user) = privilege {
        inside.map(user)?;
    }
    frame::write(inside.line()?, Kind::Input, &order.input).or_else(gone)?;
    match inside.hear(on_message)? {
        Some(Heard::Answer(answer)) => {
            inside.end();
            answer
        }
        _ => Err(inside.post_mortem()),
    }
}

/// A line whose other end is gone: what it said last, or how it ended, tells more than this error.
fn gone(error: io::Error) -> Result<(), SandboxError> {
    match error.kind() {
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => Ok(()),
        _ => Err(SandboxError::step("talk to its first process", error)),
    }
}

/// How an order ends: the sandbox's result, and within it the room's own.
type Answer = Result<Result<Vec<u8>, Vec<u8>>, SandboxError>;

/// An inside as the outside holds it. Dropping it kills the inside.
struct Outer {
    holder: Child,
    line: Option<UnixStream>,
    complaints: Option<ChildStderr>,
    complaint: Vec<u8>,
    status: Option<ExitStatus>,
}

impl Outer {
    fn start(room: &str, privilege: &Privilege) -> Result<Outer, SandboxError> {
        let (line, its) = UnixStream::pair().step("make a line")?;
        let mut command = Command::new("/proc/self/exe");
        command
            .arg(holder::MARK)
            .arg(room)
            .arg((*privilege != Privilege::Root).to_string())
            .env_clear()
            .stdin(Stdio::from(OwnedFd::from(its)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        for name in PASSED_ON {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        let mut holder = command.spawn().step("run this program again")?;
        Ok(Outer {
            complaints: holder.stderr.take(),
            holder,
            line: Some(line),
            complaint: Vec::new(),
            status: None,
        })
    }

    fn line(&self) -> Result<&UnixStream, SandboxError> {
        let closed = || io::Error::from(io::ErrorKind::NotConnected);
        self.line
            .as_ref()
            .ok_or_else(closed)
            .step("talk to its first process")
    }

    /// Waits for the new user namespace and gives it its numbers.
    fn map(&mut self, user: &User) -> Result<(), SandboxError> {
        match self.hear(&mut |_| {})? {
            Some(Heard::Unmapped) => {
                users::map(user, self.holder.id())?;
                frame::write(self.line()?, Kind::Mapped, &[]).or_else(gone)
            }
            Some(Heard::Answer(Err(error))) => Err(error),
            _ => Err(self.post_mortem()),
        }
    }

    /// Hands on messages until something else is said; `None` if it ends without a word.
    fn hear(&mut self, on_message: &mut dyn FnMut(&[u8])) -> Result<Option<Heard>, SandboxError> {
        let step = "hear from its first process";
        let mut frames = Frames::default();
        let mut buffer = vec![0; 64 << 10];
        loop {
            while let Some((kind, content)) = frames.next().step(step)? {
                match heard(kind, content) {
                    Heard::Message(content) => on_message(&content),
                    other => return Ok(Some(other)),
                }
            }
            if !self.wait_for_words()? {
                continue;
            }
            let count = match self.line()?.read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => 0,
                read => read.step(step)?,
            };
            if count == 0 {
                return Ok(None);
            }
            frames.push(&buffer[..count]);
        }
    }

    /// Waits until there is something to read on the line, or an interruption; complaints are put by.
    fn wait_for_words(&mut self) -> Result<bool, SandboxError> {
        if signal::interrupted() {
            return Err(SandboxError::Interrupted);
        }
        let (words, complaint) = {
            let line = self.line()?;
            let mut polled = vec![PollFd::new(line, PollFlags::IN)];
            if let Some(pipe) = &self.complaints {
                polled.push(PollFd::new(pipe, PollFlags::IN));
            }
            match rustix::event::poll(&mut polled, Some(&LOOK)) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(SandboxError::step("wait for its answer", error)),
            }
            let mut heard = polled.iter().map(|one| !one.revents().is_empty());
            (heard.next() == Some(true), heard.next() == Some(true))
        };
        if complaint {
            self.read_complaint();
        }
        Ok(words)
    }

    fn read_complaint(&mut self) {
        let mut buffer = [0; 4096];
        let read = self.complaints.as_mut().map(|pipe| pipe.read(&mut buffer));
        match read {
            Some(Ok(count)) if count > 0 => {
                self.complaint.extend_from_slice(&buffer[..count]);
                let surplus = self.complaint.len().saturating_sub(COMPLAINT);
                self.complaint.drain(..surplus);
            }
            _ => self.complaints = None,
        }
    }

    /// Lets go of the inside and waits until nothing of it is left.
    fn end(&mut self) {
        // The holder notices that the line is cut, kills the inside and follows it.
        self.line = None;
        let start = Instant::now();
        while self.status.is_none() {
            match self.holder.try_wait() {
                Ok(Some(status)) => self.status = Some(status),
                Ok(None) if start.elapsed() < END => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Ok(None) | Err(_) => {
                    let _gone = self.holder.kill();
                    self.status = self.holder.wait().ok();
                    return;
                }
            }
        }
    }

    /// Finds out why an inside ended without a word.
    fn post_mortem(&mut self) -> SandboxError {
        self.end();
        while self.complaints.is_some() && self.complaint.len() < COMPLAINT {
            self.read_complaint();
        }
        let how = self.status.map_or_else(
            || "for a reason unknown".to_owned(),
            |status| status.to_string(),
        );
        SandboxError::Died {
            how,
            tail: watch::last_lines(&self.complaint),
        }
    }
}

impl Drop for Outer {
    fn drop(&mut self) {
        self.end();
    }
}

/// What a frame of the inside means.
enum Heard {
    /// A word of the room on its way.
    Message(Vec<u8>),
    /// Its user namespace has no numbers yet.
    Unmapped,
    /// The last word.
    Answer(Answer),
}

fn heard(kind: Kind, content: Vec<u8>) -> Heard {
    Heard::Answer(match kind {
        Kind::Message => return Heard::Message(content),
        Kind::Unmapped => return Heard::Unmapped,
        Kind::Done => Ok(Ok(content)),
        Kind::Refused => Ok(Err(content)),
        Kind::Panicked => Err(SandboxError::Panicked {
            message: String::from_utf8_lossy(&content).into_owned(),
        }),
        Kind::Failed => Err(failure(&content)),
        Kind::Mapped | Kind::Input => Err(SandboxError::step(
            "understand its first process",
            io::Error::from(io::ErrorKind::InvalidData),
        )),
    })
}

/// A failed step of setting up, as the inside told it.
fn failure(content: &[u8]) -> SandboxError {
    let mut unpacker = Unpacker(content);
    let step = unpacker.words().unwrap_or_default();
    let errno = unpacker
        .number()
        .and_then(|number| i32::try_from(number).ok());
    match errno {
        Some(errno) if errno != 0 => SandboxError::step(step, io::Error::from_raw_os_error(errno)),
        _ => SandboxError::step(step, io::Error::other(unpacker.words().unwrap_or_default())),
    }
}
