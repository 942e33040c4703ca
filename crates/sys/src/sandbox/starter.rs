//! The process that starts programs: one thread, and next to no files in its sight.
//!
//! It was forked before the room began and may therefore fork at will. Its mount namespace
//! holds a `/proc` and six device nodes; trees come to it as handles.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use rustix::fs::{MemfdFlags, Mode, OFlags};
use rustix::mount::MountAttrFlags;
use rustix::pipe::PipeFlags;
use rustix::process::Pid;
use rustix::thread::UnshareFlags;

use super::error::Step;
use super::program::{Report, Unpacked};
use super::{Program, SandboxError, descriptors, filter, first, mounts, process};
use crate::usage;

/// The device nodes of the host that a tree sees.
pub(super) const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];
/// What the starter answers when something is done.
const DONE: &[u8] = b"done";
/// Asks the starter for the time of its programs.
const TAKEN: &[u8] = b"taken";
/// No packed program is longer.
const MOST: u64 = 16 << 20;

/// The inside's end of the line to the starter.
pub(super) struct Starter {
    line: OwnedFd,
    process: Pid,
}

/// A program that has been started, as the inside sees it.
pub(super) struct Running {
    /// What it writes.
    pub(super) output: OwnedFd,
    /// What it reads; `None` if nothing.
    pub(super) input: Option<OwnedFd>,
    /// Where its report comes.
    pub(super) report: OwnedFd,
    /// The first process of its namespace; when that has ended, all have.
    pub(super) process: OwnedFd,
}

/// What the starter hands to the first process of a program's namespace.
pub(super) struct Ordered {
    pub(super) program: Unpacked,
    pub(super) report: OwnedFd,
    pub(super) input: OwnedFd,
    pub(super) output: OwnedFd,
    pub(super) tree: OwnedFd,
    pub(super) binds: Vec<OwnedFd>,
}

impl Starter {
    /// Makes the starter. Only for a process with one thread.
    pub(super) fn fork(scratch: &Path) -> Result<Starter, SandboxError> {
        let (ours, its) = descriptors::pair().step("make a line to its starter")?;
        if let Some(process) = process::fork().step("fork")? {
            drop(its);
            let starter = Starter {
                line: ours,
                process,
            };
            // It says a word when it is ready.
            starter.answer()?;
            return Ok(starter);
        }
        process::name(c"formwork-start");
        descriptors::close_all_but(&[its.as_fd()]);
        let code = match settle(scratch) {
            Ok(()) => serve(&its),
            Err(error) => {
                let word = failed(&error).pack();
                descriptors::send(&its, &word, &[]).map(|()| 1)
            }
        };
        process::leave(code.unwrap_or(1))
    }

    /// Has a program started in a tree.
    pub(super) fn start(&self, tree: &Path, program: &Program) -> Result<Running, SandboxError> {
        let what = format!("open the tree {}", tree.display());
        let tree = mounts::copy_all(tree).step(&what)?;
        mounts::without_devices(&tree).step(&what)?;
        let mut binds = Vec::new();
        for (source, _) in &program.read_only_binds {
            let what = format!("show {} in the tree", source.display());
            let bind = mounts::copy(source).step(&what)?;
            mounts::read_only(&bind).step(&what)?;
            mounts::without_devices(&bind).step(&what)?;
            binds.push(bind);
        }
        let (output, written) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC).step("make a pipe")?;
        let (read, input) = self.input(program).step("make a pipe")?;
        let (report, told) = descriptors::pair().step("make a line to a program")?;
        let packed = memory(&program.pack()).step("write down what to start")?;
        let mut handed: Vec<BorrowedFd> = vec![
            packed.as_fd(),
            told.as_fd(),
            read.as_fd(),
            written.as_fd(),
            tree.as_fd(),
        ];
        handed.extend(binds.iter().map(AsFd::as_fd));
        descriptors::send(&self.line, b"start", &handed).step("talk to its starter")?;
        drop((told, read, written, tree, binds));
        let process = self.answer()?.ok_or_else(cut_off)?;
        Ok(Running {
            output,
            input,
            report,
            process,
        })
    }

    /// Moves the starter, and with it all programs, into a user namespace in which every number
    /// is its own.
    ///
    /// Only there may root have a table of program formats that is not the host's.
    pub(super) fn own_users(&self) -> Result<(), SandboxError> {
        self.ask(b"own users")?;
        let what = "give numbers to a user namespace";
        for map in ["uid_map", "gid_map"] {
            let own = std::fs::read_to_string(format!("/proc/self/{map}")).step(what)?;
            let path = format!("/proc/{}/{map}", self.process.as_raw_nonzero());
            let file = std::fs::OpenOptions::new().write(true).open(path);
            let mut file = file.step(what)?;
            file.write_all(identity(&own).as_bytes()).step(what)?;
        }
        self.ask(b"own mounts").map(|_| ())
    }

    /// Opens the table of program formats of the user namespace that programs run in.
    pub(super) fn table(&self) -> Result<OwnedFd, SandboxError> {
        self.ask(b"table")?.ok_or_else(cut_off)
    }

    /// The processor time of all programs that have ended so far.
    pub(super) fn taken(&self) -> Result<Duration, SandboxError> {
        let what = "hear from its starter";
        descriptors::send(&self.line, TAKEN, &[]).step("talk to its starter")?;
        let (word, _) = descriptors::receive(&self.line).step(what)?;
        let micros = <[u8; 8]>::try_from(&word[..]).map_err(|_| cut_off())?;
        Ok(Duration::from_micros(u64::from_le_bytes(micros)))
    }

    /// Has the starter do something; gives what it hands over, if anything.
    fn ask(&self, word: &[u8]) -> Result<Option<OwnedFd>, SandboxError> {
        descriptors::send(&self.line, word, &[]).step("talk to its starter")?;
        self.answer()
    }

    /// Lets the starter end, and takes over the time that all programs have taken; the kernel
    /// tells it to whoever waits for this process.
    pub(super) fn end(&self) {
        let ended = rustix::net::shutdown(&self.line, rustix::net::Shutdown::Both);
        if ended.is_ok() {
            // Only the time would be missing.
            let _waited = process::wait(Some(self.process));
        }
    }

    fn answer(&self) -> Result<Option<OwnedFd>, SandboxError> {
        let (word, mut handles) = descriptors::receive(&self.line).step("hear from its starter")?;
        if word == DONE {
            return Ok(handles.pop());
        }
        Err(match Report::read(&word) {
            Some(Report::Failed(step, errno)) => {
                SandboxError::step(step, io::Error::from_raw_os_error(errno))
            }
            _ => cut_off(),
        })
    }

    /// What a program reads, and where we write it; `/dev/null` if that is nothing.
    fn input(&self, program: &Program) -> io::Result<(OwnedFd, Option<OwnedFd>)> {
        if program.input.is_empty() {
            return Ok((std::fs::File::open("/dev/null")?.into(), None));
        }
        let (read, written) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
        rustix::fs::fcntl_setfl(&written, OFlags::NONBLOCK)?;
        Ok((read, Some(written)))
    }
}

/// A nameless file with these bytes.
fn memory(bytes: &[u8]) -> io::Result<OwnedFd> {
    let file = rustix::fs::memfd_create("program", MemfdFlags::CLOEXEC)?;
    let mut file = std::fs::File::from(file);
    file.write_all(bytes)?;
    io::Seek::rewind(&mut file)?;
    Ok(file.into())
}

/// A failure as a report.
pub(super) fn failed(error: &SandboxError) -> Report {
    match error {
        SandboxError::Step { step, source } => {
            Report::Failed(step.clone(), source.raw_os_error().unwrap_or(libc::EIO))
        }
        other => Report::Failed(other.to_string(), libc::EIO),
    }
}

/// Moves into a file system that has nothing but what programs will need of it.
fn settle(scratch: &Path) -> Result<(), SandboxError> {
    process::die_with_parent().step("follow its parent")?;
    process::unshare(UnshareFlags::NEWNS).step("make a mount namespace")?;
    mounts::keep_private().step("make its mounts private")?;
    let root = mounts::new("tmpfs", &[("size", "64k")], MountAttrFlags::empty())
        .step("make an empty root")?;
    let place = mounts::open(scratch).step("open its directory")?;
    mounts::attach(&root, place).step("mount an empty root")?;
    // Without a /proc in sight the kernel lets no ordinary user mount another.
    let copy = mounts::copy(Path::new("/proc")).step("open /proc")?;
    let place = mounts::directory(&root, "proc").step("make a directory")?;
    mounts::attach(copy, place).step("mount /proc")?;
    let devices = mounts::directory(&root, "dev").step("make a directory")?;
    for name in DEVICES {
        let what = format!("show /dev/{name}");
        let copy = mounts::copy(&Path::new("/dev").join(name)).step(&what)?;
        // Data may still be written to it, but its mode and owner are the host's.
        mounts::read_only(&copy).step(&what)?;
        let place = mounts::file(&devices, name).step(&what)?;
        mounts::attach(copy, place).step(&what)?;
    }
    mounts::directory(&root, "new").step("make a directory")?;
    mounts::pivot(&root).step("leave the host's files")?;
    mounts::read_only(&root).step("protect its root")
}

/// Starts what is asked for until the inside is gone.
fn serve(line: &OwnedFd) -> io::Result<i32> {
    let mut filter = filter::program();
    let mut tables = Vec::new();
    descriptors::send(line, DONE, &[])?;
    loop {
        let (word, handed) = descriptors::receive(line)?;
        // Whoever holds a handle to one of them has seen its end: here it only counts.
        process::take_ended();
        let done = match word.as_slice() {
            b"" => return Ok(0),
            b"own users" => process::unshare(UnshareFlags::NEWUSER)
                .step("make a user namespace")
                .map(|()| None),
            b"own mounts" => own_mounts().map(|()| None),
            b"table" => table(&mut tables).map(Some),
            TAKEN => {
                let micros = u64::try_from(usage::of_programs().as_micros()).unwrap_or(u64::MAX);
                descriptors::send(line, &micros.to_le_bytes(), &[])?;
                continue;
            }
            _ => start(handed, &mut filter).map(Some),
        };
        match done {
            Ok(Some(handle)) => descriptors::send(line, DONE, &[handle.as_fd()])?,
            Ok(None) => descriptors::send(line, DONE, &[])?,
            Err(error) => descriptors::send(line, &failed(&error).pack(), &[])?,
        }
    }
}

/// Takes the mounts along into a new user namespace.
fn own_mounts() -> Result<(), SandboxError> {
    // The change of users has cleared it.
    process::die_with_parent().step("follow its parent")?;
    process::unshare(UnshareFlags::NEWNS).step("make a mount namespace")
}

/// Opens the table of program formats of this user namespace; it lasts as long as what is kept.
fn table(kept: &mut Vec<OwnedFd>) -> Result<OwnedFd, SandboxError> {
    let step = "make a table of program formats";
    let mount = mounts::new("binfmt_misc", &[], MountAttrFlags::empty()).step(step)?;
    let flags = OFlags::WRONLY | OFlags::CLOEXEC;
    let register = rustix::fs::openat(&mount, "register", flags, Mode::empty()).step(step)?;
    kept.push(mount);
    Ok(register)
}

/// A map in which each number that a namespace knows stands for itself.
fn identity(map: &str) -> String {
    let lines = map.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let first = words.next()?;
        Some(format!("{first} {first} {}\n", words.nth(1)?))
    });
    lines.collect()
}

/// The starter has gone, which it never does by itself.
fn cut_off() -> SandboxError {
    SandboxError::step(
        "hear from its starter",
        io::Error::from(io::ErrorKind::UnexpectedEof),
    )
}

/// Starts one program, and gives a handle to the first process of its namespace.
fn start(handed: Vec<OwnedFd>, filter: &mut [libc::sock_filter]) -> Result<OwnedFd, SandboxError> {
    let unread = || io::Error::from(io::ErrorKind::InvalidData);
    let mut handed = handed.into_iter();
    let mut next = || handed.next().ok_or_else(unread).step("read what to start");
    let (packed, report, input, output, tree) = (next()?, next()?, next()?, next()?, next()?);
    let mut bytes = Vec::new();
    std::fs::File::from(packed)
        .take(MOST)
        .read_to_end(&mut bytes)
        .step("read what to start")?;
    let program = Unpacked::read(&bytes)
        .ok_or_else(unread)
        .step("read what to start")?;
    let ordered = Ordered {
        program,
        report,
        input,
        output,
        tree,
        binds: handed.collect(),
    };
    match process::fork_apart().step("make namespaces for a program")? {
        Some(handle) => Ok(handle),
        None => first::live(ordered, filter),
    }
}

#[cfg(test)]
mod tests {
    use super::identity;

    #[test]
    fn numbers_stand_for_themselves() {
        assert_eq!(
            identity("         0          0 4294967295\n"),
            "0 0 4294967295\n"
        );
        let nested = "         0       1000          1\n         1     100000      65536\n";
        assert_eq!(identity(nested), "0 0 1\n1 1 65536\n");
    }
}
