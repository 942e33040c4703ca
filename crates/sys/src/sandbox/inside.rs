//! The first process of the sandbox: it runs a room, and has programs of the tree started.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::mount::MountAttrFlags;

use super::emulation::{Emulation, Foreign};
use super::error::Step;
use super::frame::{self, Kind};
use super::starter::Starter;
use super::{Ended, Main, Program, SandboxError, holder, loopback, mounts, process, watch};

/// Directories that every host has and that no room looks into; one is covered by our own.
const COVERED: [&str; 5] = ["/sys/kernel", "/sys", "/mnt", "/media", "/srv"];
/// What lies in the directory of our own; trees are mounted within it.
const SCRATCH_BYTES: u64 = 1 << 20;

/// What a room works with: its line to the outside, and the way to run programs of a tree.
pub struct Inside {
    line: Mutex<UnixStream>,
    starter: Mutex<Starter>,
    scratch: PathBuf,
    /// Whether we are root of a user namespace that was made for us.
    own_users: bool,
    /// The `/proc` of the host, for the table of program formats in it.
    host_processes: OwnedFd,
    table: Mutex<Table>,
}

/// Where programs of other architectures find their emulator.
enum Table {
    /// Nobody has asked for any.
    Unused,
    /// In the table of the sandbox: the file that takes further lines.
    Own(File),
    /// In that of the host.
    Host,
}

impl Inside {
    /// Sends a message to the outside.
    ///
    /// If the outside is gone, this process is about to end too; so there is nothing to report.
    pub fn send(&self, message: &[u8]) {
        let line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let _gone = frame::write(&*line, Kind::Message, message);
    }

    /// An empty directory in memory that nobody outside sees: the place for a tree and its like.
    #[must_use]
    pub fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Mounts a file system in memory of at most so many bytes on a directory, which is made if need be.
    ///
    /// It is seen by this inside alone and ends with it.
    ///
    /// # Errors
    /// If the directory cannot be made or mounted on.
    pub fn tmpfs(&self, directory: &Path, bytes: u64) -> Result<(), SandboxError> {
        tmpfs(directory, bytes, "0755")
    }

    /// Sees to it that programs of an architecture run, if need be by an emulator of the host.
    ///
    /// A room calls it before it runs the first of them. The host's own table of program
    /// formats is left alone.
    ///
    /// # Errors
    /// If they cannot run here; the error says what to install.
    pub fn emulate(&self, architecture: &str) -> Result<Emulation, SandboxError> {
        let foreign = Foreign::find(architecture)?;
        if foreign.is_native() {
            return Ok(Emulation::Native);
        }
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let own = self.emulate_here(foreign, &mut table);
        // A table of our own hides the host's: it is the one or the other.
        own.or_else(|error| match foreign.host_entry(&self.host_processes) {
            Some(entry) if !matches!(*table, Table::Own(_)) => {
                *table = Table::Host;
                Ok(Emulation::Host { entry })
            }
            _ => Err(error),
        })
    }

    /// Puts an emulator into the sandbox's own table of program formats.
    fn emulate_here(&self, foreign: Foreign, table: &mut Table) -> Result<Emulation, SandboxError> {
        let Some(emulator) = foreign.emulator() else {
            return Err(foreign.missing("there is no emulator for them"));
        };
        let no_table = |error: SandboxError| foreign.no_table(&error.to_string());
        if let Table::Unused = table {
            *table = Table::Own(self.own_table().map_err(no_table)?);
        }
        let Table::Own(register) = table else {
            let chosen = io::Error::other("another architecture needs the host's");
            return Err(no_table(SandboxError::step("have one of its own", chosen)));
        };
        match register.write_all(&foreign.rule(&emulator)) {
            Ok(()) => {}
            // It was asked for before.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(SandboxError::step("register an emulator", error)),
        }
        Ok(Emulation::Own { emulator })
    }

    /// Makes the sandbox's own table of program formats.
    fn own_table(&self) -> Result<File, SandboxError> {
        // Before that, root would get the host's own table.
        if !tables_are_divided() {
            let old = io::Error::other("it is older than Linux 6.7");
            return Err(SandboxError::step("ask this kernel for it", old));
        }
        let starter = self.starter.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.own_users {
            starter.own_users()?;
        }
        starter.table().map(File::from)
    }

    /// The processor time that programs of trees have taken so far.
    ///
    /// They are no children of this process, so it cannot know by itself.
    ///
    /// # Errors
    /// If the process that starts programs is gone.
    pub fn taken(&self) -> Result<Duration, SandboxError> {
        let starter = self.starter.lock().unwrap_or_else(PoisonError::into_inner);
        starter.taken()
    }

    /// Runs a program of a tree to its end; what it writes is handed on as it comes.
    ///
    /// It sees the tree as `/`, with a `/proc`, `/dev` and `/sys` of its own, and nothing of
    /// the host. What it leaves running is killed. A code other than 0 is a result, not an error.
    /// Several may run at the same time.
    ///
    /// # Errors
    /// If it cannot be started, or passes one of its limits; it is killed then.
    pub fn run(
        &self,
        tree: &Path,
        program: &Program,
        on_output: &mut dyn FnMut(&[u8]),
    ) -> Result<Ended, SandboxError> {
        let running = {
            let starter = self.starter.lock().unwrap_or_else(PoisonError::into_inner);
            starter.start(tree, program)?
        };
        watch::to_the_end(running, program, on_output)
    }
}

/// Whether each user namespace may have a table of program formats: since Linux 6.7.
fn tables_are_divided() -> bool {
    let name = rustix::system::uname();
    let release = name.release().to_string_lossy();
    let mut numbers = release
        .split(|sign: char| !sign.is_ascii_digit())
        .map_while(|word| word.parse::<u32>().ok());
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    version >= (6, 7)
}

fn tmpfs(directory: &Path, bytes: u64, mode: &str) -> Result<(), SandboxError> {
    let what = || format!("mount a file system in memory on {}", directory.display());
    let mount = || -> io::Result<()> {
        std::fs::create_dir_all(directory)?;
        let size = bytes.to_string();
        // Small files take an entry each; a page for each two entries is what trees need.
        let entries = (bytes / 2048).max(1024).to_string();
        let options = [
            ("size", size.as_str()),
            ("nr_inodes", entries.as_str()),
            ("mode", mode),
        ];
        let mount = mounts::new("tmpfs", &options, MountAttrFlags::empty())?;
        let place = mounts::open(directory)?;
        mounts::attach(mount, place)
    };
    mount().map_err(|source| SandboxError::step(what(), source))
}

/// What the first process of the sandbox does, from its first moment to its last.
pub(super) fn live(main: Main, line: &UnixStream, alive: OwnedFd, own_users: bool) -> ! {
    let code = match prepare(line, alive, own_users).and_then(|inside| work(main, &inside)) {
        Ok(()) => 0,
        Err(error) => {
            holder::tell_failure(line, &error);
            holder::FAILED
        }
    };
    // All that still runs in here goes with us.
    process::leave(code)
}

/// Makes what a room needs: private mounts, a `/proc` that is ours, the starter.
fn prepare(line: &UnixStream, alive: OwnedFd, own_users: bool) -> Result<Inside, SandboxError> {
    process::name(c"formwork-room");
    process::die_with_parent().step("follow its parent")?;
    if !holder::lives(alive.as_fd()) {
        process::leave(holder::FAILED);
    }
    mounts::keep_private().step("make its mounts private")?;
    loopback::up().step("start the loopback device")?;
    let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID
        | MountAttrFlags::MOUNT_ATTR_NODEV
        | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    let proc = mounts::new("proc", &[], attributes).step("make a /proc of its own")?;
    let host_processes = mounts::open(Path::new("/proc")).step("open /proc")?;
    mounts::attach(proc, &host_processes).step("mount a /proc of its own")?;
    let scratch = COVERED
        .iter()
        .map(Path::new)
        .find(|path| path.is_dir())
        .ok_or_else(|| io::Error::other("this machine has neither /sys nor /mnt"))
        .step("find a place for its files")?;
    tmpfs(scratch, SCRATCH_BYTES, "0700")?;
    // The starter comes before any thread does.
    let starter = Starter::fork(scratch)?;
    Ok(Inside {
        line: Mutex::new(line.try_clone().step("copy a descriptor")?),
        starter: Mutex::new(starter),
        scratch: scratch.to_owned(),
        own_users,
        host_processes,
        table: Mutex::new(Table::Unused),
    })
}

/// Runs the room and tells the outside how it went.
fn work(main: Main, inside: &Inside) -> Result<(), SandboxError> {
    let talk = "talk to the outside";
    let line = {
        let line = inside.line.lock().unwrap_or_else(PoisonError::into_inner);
        line.try_clone().step("copy a descriptor")?
    };
    let Some((Kind::Input, input)) = frame::read(&line).step(talk)? else {
        return Ok(());
    };
    let said = watch_panics();
    let result = catch_unwind(AssertUnwindSafe(|| main(inside, input)));
    let starter = inside.starter.lock();
    starter.unwrap_or_else(PoisonError::into_inner).end();
    let (kind, content) = match result {
        Ok(Ok(result)) => (Kind::Done, result),
        Ok(Err(failure)) => (Kind::Refused, failure),
        Err(_) => {
            let said = said.lock().unwrap_or_else(PoisonError::into_inner);
            (Kind::Panicked, said.clone().into_bytes())
        }
    };
    frame::write(&line, kind, &content).step(talk)
}

/// Keeps what the last panic said.
fn watch_panics() -> &'static Mutex<String> {
    static SAID: Mutex<String> = Mutex::new(String::new());
    std::panic::set_hook(Box::new(|panic| {
        let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
        *said = panic.to_string();
    }));
    &SAID
}
