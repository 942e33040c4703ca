//! The first process of a program's own namespaces: it makes what the program sees, starts it and waits.
//!
//! Its root is an empty directory that has the tree in it, so the program, which runs with the
//! tree as root, is not process 1, and a way out of the tree would lead into an empty directory.
//! (Were it process 1, `ischroot` would deny that this is a change root, and libc6 would wait
//! for an init.)

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::mount::MountAttrFlags;
use rustix::process::{DumpableBehavior, Pid, Resource, Rlimit, WaitOptions};

use super::error::Step;
use super::program::{Report, Unpacked};
use super::starter::{self, DEVICES, Ordered};
use super::{SandboxError, capabilities, descriptors, filter, mounts, process};

/// How long what a program leaves behind may take to end by itself.
const GRACE: Duration = Duration::from_millis(200);
/// How long we sleep between two looks at what is left.
const PAUSE: Duration = Duration::from_millis(2);
/// How many processes are named at most, and with how many bytes each.
const MOST_NAMES: usize = 20;
const MOST_BYTES: usize = 200;

/// All that the first process does. When it ends, the kernel kills all others of its namespace.
pub(super) fn live(ordered: Ordered, lines: &mut [libc::sock_filter]) -> ! {
    process::name(c"formwork-first");
    process::default_signals();
    let mut kept = vec![
        ordered.report.as_fd(),
        ordered.input.as_fd(),
        ordered.output.as_fd(),
        ordered.tree.as_fd(),
    ];
    kept.extend(ordered.binds.iter().map(AsFd::as_fd));
    descriptors::close_all_but(&kept);
    let report = match serve(&ordered, lines) {
        Ok(report) => report,
        Err(error) => starter::failed(&error),
    };
    let told = descriptors::send(&ordered.report, &report.pack(), &[]);
    process::leave(i32::from(told.is_err()))
}

fn serve(ordered: &Ordered, lines: &mut [libc::sock_filter]) -> Result<Report, SandboxError> {
    process::die_with_parent().step("follow its parent")?;
    be_killed_first();
    let processes = build(ordered)?;
    limit();
    filter::install(lines).step("install the filter of system calls")?;
    capabilities::give_up().step("give up capabilities")?;
    // What this process has open is none of the program's business, nor is its memory.
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .step("hide its first process")?;
    let Some(program) = process::fork().step("fork")? else {
        become_program(ordered)
    };
    let code = wait(program).step("wait for a program")?;
    let strays = if empty_soon() {
        Vec::new()
    } else {
        names(&processes)
    };
    Ok(Report::Ended { code, strays })
}

/// Makes the file system that the program will see; gives a handle to its `/proc`.
fn build(ordered: &Ordered) -> Result<OwnedFd, SandboxError> {
    let plain = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    let closed = plain | MountAttrFlags::MOUNT_ATTR_NODEV | MountAttrFlags::MOUNT_ATTR_RDONLY;
    let tree = &ordered.tree;
    let root = mounts::new("tmpfs", &[("size", "16k")], plain).step("make an empty root")?;
    let place = mounts::open(Path::new("/new")).step("open its directory")?;
    mounts::attach(&root, place).step("mount an empty root")?;
    let place = mounts::directory(&root, "tree").step("make a directory")?;
    mounts::attach(tree, place).step("mount the tree")?;

    let proc = mounts::new("proc", &[], closed).step("make a /proc for the tree")?;
    let place = mounts::directory(tree, "proc").step("open /proc in the tree")?;
    mounts::attach(&proc, place).step("mount /proc in the tree")?;
    let sys = mounts::new("tmpfs", &[("size", "4k"), ("mode", "0555")], closed)
        .step("make a /sys for the tree")?;
    let place = mounts::directory(tree, "sys").step("open /sys in the tree")?;
    mounts::attach(sys, place).step("mount /sys in the tree")?;
    let dev = mounts::new("tmpfs", &[("size", "256m"), ("mode", "0755")], plain)
        .step("make a /dev for the tree")?;
    let place = mounts::directory(tree, "dev").step("open /dev in the tree")?;
    mounts::attach(&dev, place).step("mount /dev in the tree")?;
    devices(dev.as_fd()).step("fill /dev in the tree")?;

    for (bind, path) in ordered.binds.iter().zip(&ordered.program.places) {
        let what = format!("show something at {} in the tree", path.display());
        let place = match path.strip_prefix("/dev") {
            Ok(below) => mounts::file_below(&dev, below).step(&what)?,
            Err(_) => mounts::place(tree, path).step(&what)?,
        };
        mounts::attach(bind, place).step(&what)?;
    }
    rustix::system::sethostname(ordered.program.hostname.as_bytes()).step("set the host name")?;
    rustix::system::setdomainname(b"").step("set the domain name")?;
    mounts::pivot(&root).step("leave all but the tree")?;
    mounts::read_only(&root).step("protect its root")?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::openat(&proc, ".", flags, Mode::empty()).step("open /proc in the tree")
}

/// Puts into `/dev` what programs may count on.
fn devices(dev: BorrowedFd) -> io::Result<()> {
    for name in DEVICES {
        let copy = mounts::copy(&Path::new("/dev").join(name))?;
        mounts::attach(copy, mounts::file(dev, name)?)?;
    }
    let links = [
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
        ("ptmx", "pts/ptmx"),
    ];
    for (name, target) in links {
        rustix::fs::symlinkat(target, dev, name)?;
    }
    let options = [("mode", "0620"), ("ptmxmode", "0666"), ("gid", "5")];
    let plain = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    let terminals = mounts::new("devpts", &options, plain)?;
    mounts::attach(terminals, mounts::directory(dev, "pts")?)?;
    mounts::directory(dev, "shm")?;
    // Not by the call that makes it: the umask would take bits away.
    rustix::fs::chmodat(
        dev,
        "shm",
        Mode::from_raw_mode(0o1777),
        rustix::fs::AtFlags::empty(),
    )?;
    Ok(())
}

/// Where memory runs short, the program dies and not a process of the host.
fn be_killed_first() {
    let file = rustix::fs::open(
        "/proc/self/oom_score_adj",
        OFlags::WRONLY | OFlags::CLOEXEC,
        Mode::empty(),
    );
    // Without it the kernel makes its own choice.
    let _kept = file.and_then(|file| rustix::io::write(&file, b"500"));
}

/// The same limits on every host, or the host's where they are narrower.
fn limit() {
    let wanted = [
        (Resource::Core, 0, 0),
        (Resource::Nofile, 1024, 4096),
        // Root is exempt from it; an ordinary user's machine is not brought down by a fork bomb.
        (Resource::Nproc, 8192, 8192),
        (Resource::Stack, 8 << 20, u64::MAX),
    ];
    for (resource, soft, hard) in wanted {
        let most = rustix::process::getrlimit(resource)
            .maximum
            .unwrap_or(u64::MAX);
        let maximum = hard.min(most);
        let limit = Rlimit {
            current: Some(soft.min(maximum)),
            maximum: (maximum != u64::MAX).then_some(maximum),
        };
        // Lowering is always allowed; a limit that stays as it was harms nobody.
        let _kept = rustix::process::setrlimit(resource, limit);
    }
}

/// Turns this process into the program.
fn become_program(ordered: &Ordered) -> ! {
    let report = match enter(ordered) {
        Ok(never) => match never {},
        Err(report) => report,
    };
    let _gone = descriptors::send(&ordered.report, &report.pack(), &[]);
    process::leave(127)
}

fn enter(ordered: &Ordered) -> Result<std::convert::Infallible, Report> {
    let failed = |step: String, errno: Errno| Report::Failed(step, errno.raw_os_error());
    let Unpacked {
        argv,
        environment,
        directory,
        ..
    } = &ordered.program;
    rustix::process::setsid().map_err(|errno| failed("begin a session".into(), errno))?;
    rustix::process::chroot("/tree").map_err(|errno| failed("enter the tree".into(), errno))?;
    rustix::process::chdir(directory)
        .map_err(|errno| failed(format!("go to {} in the tree", directory.display()), errno))?;
    rustix::process::umask(Mode::from_raw_mode(ordered.program.umask & 0o777));
    let not_started =
        |error: io::Error| Report::NotStarted(error.raw_os_error().unwrap_or(libc::EIO));
    let Some((program, arguments)) = argv.split_first() else {
        return Err(Report::NotStarted(libc::EINVAL));
    };
    let copy = |descriptor: &OwnedFd| descriptor.try_clone().map_err(not_started);
    let error = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::from(copy(&ordered.input)?))
        .stdout(Stdio::from(copy(&ordered.output)?))
        .stderr(Stdio::from(copy(&ordered.output)?))
        .exec();
    Err(not_started(error))
}

/// Waits for one process, and takes the end of all others that come to us.
fn wait(program: Pid) -> io::Result<i32> {
    loop {
        match process::wait(None)? {
            Some((ended, code)) if ended == program => return Ok(code),
            Some(_) => {}
            None => return Err(Errno::CHILD.into()),
        }
    }
}

/// Whether all other processes end by themselves in a moment.
fn empty_soon() -> bool {
    let start = Instant::now();
    loop {
        match rustix::process::wait(WaitOptions::NOHANG) {
            Ok(Some(_)) | Err(Errno::INTR) => {}
            Ok(None) if start.elapsed() < GRACE => std::thread::sleep(PAUSE),
            Ok(None) => return false,
            // Every process in here is a child of ours or descends from one.
            Err(_) => return true,
        }
    }
}

/// The command lines of all processes but this one.
fn names(processes: &OwnedFd) -> Vec<String> {
    let Ok(directory) = rustix::fs::Dir::read_from(processes) else {
        return vec!["a process".to_owned()];
    };
    let mut names: Vec<String> = directory
        .flatten()
        .filter_map(|entry| entry.file_name().to_str().ok()?.parse::<u32>().ok())
        .filter(|number| *number != 1)
        .filter_map(|number| name(processes, number))
        .collect();
    names.sort();
    names.truncate(MOST_NAMES);
    if names.is_empty() {
        names.push("a process".to_owned());
    }
    names
}

/// A process by its command line, or by its name in brackets; `None` if it has just ended.
fn name(processes: &OwnedFd, number: u32) -> Option<String> {
    let line = read(processes, &format!("{number}/cmdline"))?;
    let text = if line.is_empty() {
        let name = read(processes, &format!("{number}/comm"))?;
        format!("[{}]", String::from_utf8_lossy(&name).trim_end())
    } else {
        String::from_utf8_lossy(&line)
            .trim_end_matches('\0')
            .replace('\0', " ")
    };
    Some(text.replace(char::is_control, "?"))
}

fn read(processes: &OwnedFd, path: &str) -> Option<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = rustix::fs::openat(processes, path, flags, Mode::empty()).ok()?;
    let mut bytes = vec![0; MOST_BYTES];
    let count = rustix::io::read(&file, &mut bytes).ok()?;
    bytes.truncate(count);
    Some(bytes)
}
