//! How an inside begins: the first function of `main`, and the process that holds the namespaces.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use rustix::event::{PollFd, PollFlags};
use rustix::process::{Pid, PidfdFlags, Signal};
use rustix::thread::UnshareFlags;

use super::error::Step;
use super::frame::{self, Kind, Packer};
use super::{Inside, Main, SandboxError, descriptors, inside, process};

/// The first argument of a process that is an inside.
pub(super) const MARK: &str = "__inside";
/// The room that every program has: it ends at once.
pub(super) const PROBE: &str = "";
/// The code with which a holder ends that could not set up; the outside was told why.
pub(super) const FAILED: i32 = 125;

/// What the outside says on the command line.
struct Call {
    room: String,
    own_users: bool,
}

/// Must be the first thing in `main`: returns at once unless this process is an inside, and then never returns.
///
/// The table names the rooms that [`super::run`] may ask for.
pub fn dispatch(table: &[(&str, Main)]) {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_none_or(|first| first != MARK) {
        return;
    }
    // Called by hand it is no inside, and `main` will say that there is no such command.
    let Some(call) = parse(arguments) else {
        return;
    };
    let Ok(line) = std::io::stdin().as_fd().try_clone_to_owned() else {
        return;
    };
    let line = UnixStream::from(line);
    if line.peer_addr().is_err() {
        return;
    }
    let code = match hold(table, &call, &line) {
        Ok(code) => code,
        Err(error) => {
            tell_failure(&line, &error);
            FAILED
        }
    };
    process::leave(code)
}

fn parse(mut arguments: impl Iterator<Item = OsString>) -> Option<Call> {
    let mut next = || arguments.next()?.into_string().ok();
    Some(Call {
        room: next()?,
        own_users: next()?.parse().ok()?,
    })
}

/// Tells the outside which step of setting up failed.
pub(super) fn tell_failure(line: &UnixStream, error: &SandboxError) {
    let (step, source) = match error {
        SandboxError::Step { step, source } => (step.as_str(), source),
        other => ("begin", &io::Error::other(other.to_string())),
    };
    let errno = source.raw_os_error().unwrap_or(0).unsigned_abs();
    let content = Packer::default()
        .text(step)
        .number(errno.into())
        .text(source.to_string())
        .finish();
    // If the outside is gone nobody wants to know.
    let _gone = frame::write(line, Kind::Failed, &content);
}

/// Makes the namespaces and the inside, and waits for the end of it or of the outside.
fn hold(table: &[(&str, Main)], call: &Call, line: &UnixStream) -> Result<i32, SandboxError> {
    let room = table.iter().find(|(name, _)| *name == call.room);
    let main = match room {
        Some((_, main)) => *main,
        None if call.room == PROBE => |_: &Inside, _| Ok(Vec::new()),
        None => {
            let unknown = io::Error::other("this program has no such room");
            return Err(SandboxError::step(format!("open {:?}", call.room), unknown));
        }
    };
    if !process::alone() {
        let late = io::Error::other("threads were started before sandbox::dispatch");
        return Err(SandboxError::step("begin", late));
    }
    process::die_with_parent().step("follow its parent")?;
    // If it went before that, the line is cut.
    if !lives(line.as_fd()) {
        return Ok(FAILED);
    }
    forget_the_caller(line)?;
    if call.own_users {
        become_root_of_its_own(line)?;
    }
    become_root().step("become root")?;
    process::unshare(
        UnshareFlags::NEWNS
            | UnshareFlags::NEWPID
            | UnshareFlags::NEWIPC
            | UnshareFlags::NEWUTS
            | UnshareFlags::NEWNET,
    )
    .step("make namespaces")?;
    // Its name of a group of processes is the host's; a kernel without such groups has none.
    let _no_groups = process::unshare(UnshareFlags::NEWCGROUP);
    // A change of user numbers has cleared it.
    process::die_with_parent().step("follow its parent")?;
    let (alive, held) =
        rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).step("make a pipe")?;
    match process::fork().step("fork")? {
        None => {
            drop(held);
            inside::live(main, line, alive, call.own_users)
        }
        Some(child) => {
            drop(alive);
            let code = wait(line, child);
            drop(held);
            code
        }
    }
}

/// Lets go of the terminal, of standard input and of what the caller had left open.
fn forget_the_caller(line: &UnixStream) -> Result<(), SandboxError> {
    process::name(c"formwork-hold");
    process::default_signals();
    descriptors::close_all_but(&[line.as_fd()]);
    rustix::process::setsid().step("leave the terminal")?;
    let empty = std::fs::File::open("/dev/null").step("open /dev/null")?;
    descriptors::replace_input(empty.as_fd()).step("close its standard input")?;
    rustix::process::chdir("/").step("go to /")?;
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    Ok(())
}

/// Makes a user namespace and has the outside say which numbers it knows.
fn become_root_of_its_own(line: &UnixStream) -> Result<(), SandboxError> {
    process::unshare(UnshareFlags::NEWUSER).step("make a user namespace")?;
    frame::write(line, Kind::Unmapped, &[]).step("talk to the outside")?;
    match frame::read(line).step("talk to the outside")? {
        Some((Kind::Mapped, _)) => Ok(()),
        _ => process::leave(FAILED),
    }
}

fn become_root() -> rustix::io::Result<()> {
    let (user, group) = (rustix::process::Uid::ROOT, rustix::process::Gid::ROOT);
    rustix::thread::set_thread_groups(&[])?;
    rustix::thread::set_thread_res_gid(group, group, group)?;
    rustix::thread::set_thread_res_uid(user, user, user)
}

/// Waits until the inside has ended; kills it when the outside is gone.
fn wait(line: &UnixStream, child: Pid) -> Result<i32, SandboxError> {
    let handle =
        rustix::process::pidfd_open(child, PidfdFlags::empty()).step("watch its first process")?;
    let ended = loop {
        let mut polled = [
            PollFd::new(&handle, PollFlags::IN),
            // The end of the other side is told unasked.
            PollFd::new(line, PollFlags::empty()),
        ];
        match rustix::event::poll(&mut polled, None) {
            Ok(_) if !polled[0].revents().is_empty() => break true,
            Ok(_) if !polled[1].revents().is_empty() => break false,
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(SandboxError::step("wait for its first process", error)),
        }
    };
    if !ended {
        // If it has just ended by itself, that is as good.
        let _gone = rustix::process::pidfd_send_signal(&handle, Signal::KILL);
    }
    let waited = process::wait(Some(child)).step("wait for its first process")?;
    Ok(waited.map_or(FAILED, |(_, code)| code))
}

/// Whether the process that holds the other end of a pipe or line still lives.
pub(super) fn lives(pipe: BorrowedFd) -> bool {
    let mut polled = [PollFd::from_borrowed_fd(pipe, PollFlags::empty())];
    let now = rustix::event::Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    matches!(rustix::event::poll(&mut polled, Some(&now)), Ok(0))
}
