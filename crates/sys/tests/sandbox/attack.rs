//! Programs of a package that try to reach the host. Each says `closed`, or what it has reached.
//!
//! The test program itself lies in the tree as `/usr/bin/attack`.

use std::ffi::CString;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::rooms::Wish;
use crate::{Test, trees};

pub(crate) const TESTS: &[Test] = &[
    ("no_attack_reaches_the_host", no_attack_reaches_the_host),
    (
        "the_host_is_unchanged_by_attacks",
        the_host_is_unchanged_by_attacks,
    ),
    (
        "attacks_work_outside_of_a_sandbox",
        attacks_work_outside_of_a_sandbox,
    ),
];

/// What an attack knows of the host.
struct Host {
    /// A file that only the host has.
    file: PathBuf,
    /// The device of that file.
    device: u64,
    /// A process of the host.
    process: i32,
    /// A port that somebody listens on.
    port: u16,
    /// The name of a socket without a file.
    socket: String,
    /// A key of shared memory.
    key: i32,
}

/// `Err` says what was reached.
type Attack = fn(&Host) -> Result<(), String>;

const ATTACKS: &[(&str, Attack)] = &[
    ("host files by path", by_path),
    ("host files by /proc", by_proc),
    ("chroot", by_chroot),
    ("host files by handle", by_handle),
    ("mounts", by_mount),
    ("devices", by_device),
    ("device nodes of the host", by_node),
    ("namespaces", by_namespace),
    ("processes of the host", by_signal),
    ("tracing", by_trace),
    ("settings of the kernel", by_sysctl),
    ("modules", by_module),
    ("the clock", by_clock),
    ("the host name", by_name),
    ("restart", by_restart),
    ("network", by_network),
    ("keys", by_key),
    ("shared memory", by_shared_memory),
    ("the terminal", by_terminal),
    ("open files", by_descriptor),
    ("capabilities", by_capability),
    ("calls that get around the filter", by_call),
];

/// What this program does as `/usr/bin/attack` of a tree.
pub(crate) fn dispatch() {
    let mut words = std::env::args().skip(1);
    if words.next().as_deref() != Some("--attack") {
        return;
    }
    let mut next = || words.next().unwrap();
    let wanted = next();
    let host = Host {
        file: next().into(),
        device: next().parse().unwrap(),
        process: next().parse().unwrap(),
        port: next().parse().unwrap(),
        socket: next(),
        key: next().parse().unwrap(),
    };
    let (_, attack) = ATTACKS.iter().find(|(name, _)| *name == wanted).unwrap();
    match attack(&host) {
        Ok(()) => println!("closed"),
        Err(reached) => println!("OPEN: {reached}"),
    }
    std::process::exit(0);
}

/// A host with something to reach, and what belongs to it.
struct Prey {
    host: Host,
    directory: tempfile::TempDir,
    process: std::process::Child,
    tcp: TcpListener,
    _unix: UnixListener,
}

fn prey() -> Prey {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("secret");
    fs::write(&file, "of the host").unwrap();
    let process = Command::new("sleep").arg("300").spawn().unwrap();
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let socket = format!("formwork-test-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&socket).unwrap();
    let unix = UnixListener::bind_addr(&address).unwrap();
    let key = i32::try_from(std::process::id()).unwrap();
    // SAFETY: the call takes numbers alone.
    let shared = unsafe { libc::shmget(key, 4096, libc::IPC_CREAT | 0o600) };
    assert!(shared >= 0);
    Prey {
        host: Host {
            device: fs::metadata(&file).unwrap().dev(),
            process: i32::try_from(process.id()).unwrap(),
            port: tcp.local_addr().unwrap().port(),
            file,
            socket,
            key,
        },
        directory,
        process,
        tcp,
        _unix: unix,
    }
}

impl Drop for Prey {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        // SAFETY: the calls take numbers alone; no structure is needed to remove a segment.
        unsafe {
            let shared = libc::shmget(self.host.key, 0, 0);
            libc::shmctl(shared, libc::IPC_RMID, std::ptr::null_mut());
        }
    }
}

fn words(host: &Host, program: &str, name: &str) -> Vec<String> {
    vec![
        program.to_owned(),
        "--attack".to_owned(),
        name.to_owned(),
        host.file.display().to_string(),
        host.device.to_string(),
        host.process.to_string(),
        host.port.to_string(),
        host.socket.clone(),
        host.key.to_string(),
    ]
}

fn attack(prey: &Prey, name: &str) -> String {
    let words = words(&prey.host, "/usr/bin/attack", name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (ended, output) = Wish::new(trees::shared(), &words).run().unwrap();
    format!("{output}{}", if ended.code == 0 { "" } else { "(failed)" })
}

fn no_attack_reaches_the_host() {
    let prey = prey();
    let mut open = Vec::new();
    for (name, _) in ATTACKS {
        let answer = attack(&prey, name);
        if answer != "closed\n" {
            open.push(format!("{name}: {answer}"));
        }
    }
    assert!(open.is_empty(), "{}", open.join(""));
}

/// Without walls those that do no harm get through: they would be noticed.
fn attacks_work_outside_of_a_sandbox() {
    let prey = prey();
    let own = std::env::current_exe().unwrap();
    for name in [
        "host files by path",
        "host files by /proc",
        "settings of the kernel",
        "network",
        "shared memory",
        "calls that get around the filter",
    ] {
        let words = words(&prey.host, own.to_str().unwrap(), name);
        let output = Command::new(&words[0]).args(&words[1..]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.starts_with("OPEN: "), "{name}: {text}");
    }
}

/// What can be seen of the host that an attack might have changed.
fn condition(prey: &Prey) -> String {
    let nodes = ["null", "zero", "full", "random", "urandom", "tty"].map(|name| {
        let node = fs::metadata(Path::new("/dev").join(name)).unwrap();
        format!("{name} {:o} {} {}", node.mode(), node.uid(), node.gid())
    });
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let mounts: Vec<String> = read("/proc/self/mounts")
        .lines()
        .map(str::to_owned)
        .collect();
    let below = fs::read_dir(prey.directory.path()).unwrap().count();
    format!(
        "{nodes:?} {mounts:?} {below} {} {} {}",
        fs::read_to_string(&prey.host.file).unwrap(),
        read("/proc/sys/kernel/hostname"),
        read("/proc/sys/kernel/core_pattern"),
    )
}

fn the_host_is_unchanged_by_attacks() {
    let mut prey = prey();
    let before = condition(&prey);
    for (name, _) in ATTACKS {
        attack(&prey, name);
    }
    assert_eq!(condition(&prey), before);
    assert!(
        prey.process.try_wait().unwrap().is_none(),
        "a process was killed"
    );
    prey.tcp.set_nonblocking(true).unwrap();
    assert!(prey.tcp.accept().is_err(), "somebody called");
}

/// Open unless the system refuses.
fn refused(what: &str, answer: libc::c_long) -> Result<(), String> {
    if answer == -1 {
        Ok(())
    } else {
        Err(format!("{what} gave {answer}"))
    }
}

/// A call of the system with numbers and pointers.
fn call(number: libc::c_long, words: [usize; 5]) -> libc::c_long {
    // SAFETY: whatever a call would do to this process is no worse than the end of an attack.
    unsafe { libc::syscall(number, words[0], words[1], words[2], words[3], words[4]) }
}

fn by_path(host: &Host) -> Result<(), String> {
    for path in [
        host.file.clone(),
        Path::new("/../../../..").join(host.file.strip_prefix("/").unwrap()),
    ] {
        if path.exists() {
            return Err(path.display().to_string());
        }
    }
    let names: Vec<String> = names("/sys");
    if names.is_empty() {
        Ok(())
    } else {
        Err(format!("/sys has {names:?}"))
    }
}

fn names(path: &str) -> Vec<String> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

fn by_proc(host: &Host) -> Result<(), String> {
    let inside = host.file.strip_prefix("/").unwrap();
    for process in names("/proc") {
        let mut places = vec![
            format!("/proc/{process}/root"),
            format!("/proc/{process}/cwd"),
        ];
        for number in names(&format!("/proc/{process}/fd")) {
            places.push(format!("/proc/{process}/fd/{number}"));
        }
        for place in places {
            for up in ["", "..", "../..", "../../../../.."] {
                let path = Path::new(&place).join(up).join(inside);
                if path.exists() {
                    return Err(path.display().to_string());
                }
            }
        }
    }
    for name in ["mem", "exe", "environ", "maps"] {
        if fs::File::open(format!("/proc/1/{name}")).is_ok_and(|mut file| {
            let mut bytes = [0; 16];
            file.read(&mut bytes).is_ok_and(|count| count > 0)
        }) {
            return Err(format!("{name} of process 1"));
        }
    }
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    if groups.lines().any(|line| !line.ends_with(":/")) {
        return Err(format!("the host's groups of processes: {groups}"));
    }
    if fs::File::open("/proc/kcore").is_ok() || fs::File::open("/proc/kmsg").is_ok() {
        return Err("the memory or the log of the kernel".into());
    }
    Ok(())
}

fn by_chroot(host: &Host) -> Result<(), String> {
    fs::create_dir_all("/tmp/deeper").unwrap();
    let up = fs::File::open("/").unwrap();
    std::os::unix::fs::chroot("/tmp/deeper").map_err(|error| format!("no chroot: {error}"))?;
    rustix::process::fchdir(&up).unwrap();
    for _ in 0..50 {
        rustix::process::chdir("..").unwrap();
    }
    std::os::unix::fs::chroot(".").unwrap();
    // Outside of the tree is an empty directory with the tree in it.
    let found = names("/");
    if found != ["tree"] || host.file.exists() {
        return Err(format!("{found:?}"));
    }
    if fs::write("/new", "").is_ok() {
        return Err("the root of process 1 may be written to".into());
    }
    let _gone = fs::remove_dir("/tree/tmp/deeper");
    Ok(())
}

fn by_handle(_: &Host) -> Result<(), String> {
    // A handle of the root directory: inode 2 of the usual file systems.
    let mut handle = [0u32; 34];
    handle[..4].copy_from_slice(&[8, 1, 2, 0]);
    let directory = fs::File::open("/").unwrap();
    let words = [
        directory.as_raw_fd() as usize,
        handle.as_ptr() as usize,
        libc::O_RDONLY as usize,
        0,
        0,
    ];
    refused(
        "open_by_handle_at",
        call(libc::SYS_open_by_handle_at, words),
    )
}

fn by_mount(_: &Host) -> Result<(), String> {
    let text = |word: &str| CString::new(word).unwrap().into_raw() as usize;
    let flags = [
        ("tmpfs", 0),
        ("proc", 0),
        ("sysfs", 0),
        ("", libc::MS_BIND),
        ("", libc::MS_REMOUNT | libc::MS_BIND),
        ("", libc::MS_SHARED),
    ];
    for (kind, flags) in flags {
        let words = [text("/"), text("/tmp"), text(kind), flags as usize, 0];
        refused(
            &format!("mount {kind} {flags}"),
            call(libc::SYS_mount, words),
        )?;
    }
    for path in ["/proc", "/dev", "/dev/null", "/sys", "/"] {
        let words = [text(path), libc::MNT_DETACH as usize, 0, 0, 0];
        refused(&format!("umount {path}"), call(libc::SYS_umount2, words))?;
    }
    refused(
        "fsopen",
        call(libc::SYS_fsopen, [text("tmpfs"), 0, 0, 0, 0]),
    )?;
    let here = libc::AT_FDCWD as usize;
    refused(
        "open_tree",
        call(libc::SYS_open_tree, [here, text("/"), 1, 0, 0]),
    )?;
    refused(
        "pivot_root",
        call(libc::SYS_pivot_root, [text("/"), text("/tmp"), 0, 0, 0]),
    )
}

fn by_device(host: &Host) -> Result<(), String> {
    let nodes = [
        (libc::S_IFBLK, host.device),
        (libc::S_IFCHR, libc::makedev(1, 1)),
        (libc::S_IFCHR, libc::makedev(1, 3)),
        (libc::S_IFCHR, libc::makedev(10, 229)),
    ];
    for (kind, device) in nodes {
        let path = CString::new("/tmp/node").unwrap();
        // SAFETY: the path is a C string that lives through the call.
        let answer = unsafe { libc::mknod(path.as_ptr(), kind | 0o600, device) };
        let made = fs::File::open("/tmp/node").is_ok();
        let _gone = fs::remove_file("/tmp/node");
        if answer == 0 && made {
            return Err(format!("device {device:x} can be opened"));
        }
    }
    for name in [
        "mem",
        "kmsg",
        "sda",
        "vda",
        "fuse",
        "kvm",
        "loop-control",
        "console",
    ] {
        if Path::new("/dev").join(name).exists() {
            return Err(format!("/dev/{name}"));
        }
    }
    #[cfg(target_arch = "x86_64")]
    refused("iopl", call(libc::SYS_iopl, [3, 0, 0, 0, 0]))?;
    Ok(())
}

fn by_node(_: &Host) -> Result<(), String> {
    for name in ["null", "zero", "full", "random", "urandom", "tty"] {
        let path = CString::new(format!("/dev/{name}")).unwrap();
        // SAFETY: the paths are C strings that live through the calls.
        let answers = unsafe {
            [
                libc::chmod(path.as_ptr(), 0o600),
                libc::chown(path.as_ptr(), 1, 1),
                libc::unlink(path.as_ptr()),
            ]
        };
        if answers != [-1, -1, -1] {
            return Err(format!("/dev/{name} can be changed: {answers:?}"));
        }
    }
    // The kernel mixes what is written here into its own; that is meant to be.
    let mut options = fs::OpenOptions::new();
    let written = options
        .write(true)
        .custom_flags(libc::O_NOCTTY)
        .open("/dev/null");
    written
        .and_then(|mut null| null.write_all(b"x"))
        .map_err(|error| format!("/dev/null: {error}"))
}

fn by_namespace(_: &Host) -> Result<(), String> {
    for kind in ["mnt", "pid", "net", "user", "uts", "ipc"] {
        for process in ["1", "self"] {
            if let Ok(file) = fs::File::open(format!("/proc/{process}/ns/{kind}")) {
                let words = [file.as_raw_fd() as usize, 0, 0, 0, 0];
                refused(
                    &format!("setns {kind} of {process}"),
                    call(libc::SYS_setns, words),
                )?;
            }
        }
    }
    for flag in [
        libc::CLONE_NEWUSER,
        libc::CLONE_NEWNS,
        libc::CLONE_NEWNET,
        libc::CLONE_NEWPID,
        libc::CLONE_NEWUSER | libc::CLONE_NEWNS,
    ] {
        let words = [flag as usize, 0, 0, 0, 0];
        refused(&format!("unshare {flag:x}"), call(libc::SYS_unshare, words))?;
        let words = [(flag | libc::SIGCHLD) as usize, 0, 0, 0, 0];
        let answer = call(libc::SYS_clone, words);
        if answer == 0 {
            std::process::exit(0);
        }
        refused(&format!("clone {flag:x}"), answer)?;
    }
    Ok(())
}

fn by_signal(host: &Host) -> Result<(), String> {
    for signal in [libc::SIGKILL, libc::SIGSTOP] {
        // SAFETY: the calls take numbers alone.
        let answers = unsafe { [libc::kill(host.process, signal), libc::kill(1, signal)] };
        if answers[0] == 0 {
            return Err(format!("signal {signal} reached {}", host.process));
        }
    }
    Ok(())
}

fn by_trace(host: &Host) -> Result<(), String> {
    for process in [1, host.process as usize] {
        let attach = [libc::PTRACE_ATTACH as usize, process, 0, 0, 0];
        refused(&format!("ptrace {process}"), call(libc::SYS_ptrace, attach))?;
        let handle = call(libc::SYS_pidfd_open, [process, 0, 0, 0, 0]);
        if handle >= 0 {
            for number in 0..10 {
                let words = [handle as usize, number, 0, 0, 0];
                refused("pidfd_getfd", call(libc::SYS_pidfd_getfd, words))?;
            }
        }
    }
    Ok(())
}

fn by_sysctl(_: &Host) -> Result<(), String> {
    let mut left = vec![PathBuf::from("/proc/sys")];
    let mut files = vec![
        PathBuf::from("/proc/sysrq-trigger"),
        PathBuf::from("/proc/self/uid_map"),
        PathBuf::from("/proc/acpi/wakeup"),
    ];
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            match entry.file_type().unwrap().is_dir() {
                true => left.push(entry.path()),
                false => files.push(entry.path()),
            }
        }
    }
    assert!(files.len() > 100, "{} files", files.len());
    match files
        .iter()
        .find(|path| fs::OpenOptions::new().write(true).open(path).is_ok())
    {
        Some(path) => Err(path.display().to_string()),
        None => Ok(()),
    }
}

fn by_module(_: &Host) -> Result<(), String> {
    let empty = c"".as_ptr() as usize;
    let own = fs::File::open("/usr/bin/attack").unwrap();
    refused(
        "init_module",
        call(libc::SYS_init_module, [empty, 0, empty, 0, 0]),
    )?;
    let words = [own.as_raw_fd() as usize, empty, 0, 0, 0];
    refused("finit_module", call(libc::SYS_finit_module, words))?;
    refused(
        "delete_module",
        call(
            libc::SYS_delete_module,
            [c"dummy".as_ptr() as usize, 0, 0, 0, 0],
        ),
    )?;
    refused("kexec_load", call(libc::SYS_kexec_load, [0; 5]))?;
    refused("bpf", call(libc::SYS_bpf, [0, 0, 0, 0, 0]))
}

fn by_clock(_: &Host) -> Result<(), String> {
    let time = [1_000_000_000usize, 0];
    let time = time.as_ptr() as usize;
    for clock in [libc::CLOCK_REALTIME, libc::CLOCK_TAI] {
        refused(
            "clock_settime",
            call(libc::SYS_clock_settime, [clock as usize, time, 0, 0, 0]),
        )?;
    }
    refused(
        "settimeofday",
        call(libc::SYS_settimeofday, [time, 0, 0, 0, 0]),
    )?;
    let mut change = [0u64; 26];
    change[0] = u64::from(libc::ADJ_OFFSET);
    refused(
        "adjtimex",
        call(
            libc::SYS_adjtimex,
            [change.as_mut_ptr() as usize, 0, 0, 0, 0],
        ),
    )
}

fn by_name(_: &Host) -> Result<(), String> {
    let name = c"attacked".as_ptr() as usize;
    refused(
        "sethostname",
        call(libc::SYS_sethostname, [name, 8, 0, 0, 0]),
    )?;
    refused(
        "setdomainname",
        call(libc::SYS_setdomainname, [name, 8, 0, 0, 0]),
    )
}

fn by_restart(_: &Host) -> Result<(), String> {
    // Turns Ctrl-Alt-Del off; the other numbers would end the machine.
    let words = [0xfee1_dead, 672_274_793, 0, 0, 0];
    refused("reboot", call(libc::SYS_reboot, words))?;
    refused(
        "swapoff",
        call(libc::SYS_swapoff, [c"/tmp".as_ptr() as usize, 0, 0, 0, 0]),
    )?;
    refused(
        "acct",
        call(libc::SYS_acct, [c"/tmp/acct".as_ptr() as usize, 0, 0, 0, 0]),
    )
}

fn by_network(host: &Host) -> Result<(), String> {
    if TcpStream::connect(("127.0.0.1", host.port)).is_ok() {
        return Err(format!("port {}", host.port));
    }
    let address = SocketAddr::from_abstract_name(&host.socket).unwrap();
    if UnixStream::connect_addr(&address).is_ok() {
        return Err(format!("socket {}", host.socket));
    }
    let mut devices = String::new();
    let file = fs::File::open("/proc/net/dev");
    file.and_then(|mut file| file.read_to_string(&mut devices))
        .unwrap();
    let devices: Vec<&str> = devices.lines().skip(2).collect();
    match devices.iter().find(|line| !line.trim().starts_with("lo:")) {
        Some(device) => Err(format!("device {device}")),
        None => Ok(()),
    }
}

fn by_key(_: &Host) -> Result<(), String> {
    refused(
        "keyctl",
        call(libc::SYS_keyctl, [0, -3isize as usize, 0, 0, 0]),
    )?;
    let user = c"user".as_ptr() as usize;
    refused(
        "add_key",
        call(libc::SYS_add_key, [user, user, user, 4, -3isize as usize]),
    )
}

fn by_shared_memory(host: &Host) -> Result<(), String> {
    // SAFETY: the call takes numbers alone.
    refused("shmget", unsafe { libc::shmget(host.key, 0, 0) }.into())
}

fn by_terminal(_: &Host) -> Result<(), String> {
    match fs::File::open("/dev/tty") {
        Ok(_) => Err("there is a terminal".into()),
        Err(_) => Ok(()),
    }
}

fn by_descriptor(_: &Host) -> Result<(), String> {
    for number in names("/proc/self/fd") {
        let path = format!("/proc/self/fd/{number}");
        let target = fs::read_link(&path).unwrap_or_default();
        let known = ["/dev/null", "pipe:", "/proc/"];
        let target = target.display().to_string();
        if !target.is_empty() && !known.iter().any(|start| target.starts_with(start)) {
            return Err(format!("{number} is {target}"));
        }
    }
    Ok(())
}

fn by_capability(_: &Host) -> Result<(), String> {
    use rustix::thread::CapabilitySet;
    let mut sets = rustix::thread::capabilities(None).unwrap();
    let dangerous = CapabilitySet::SYS_ADMIN
        | CapabilitySet::SYS_PTRACE
        | CapabilitySet::SYS_MODULE
        | CapabilitySet::SYS_RAWIO
        | CapabilitySet::SYS_TIME
        | CapabilitySet::SYS_BOOT
        | CapabilitySet::NET_ADMIN
        | CapabilitySet::NET_RAW
        | CapabilitySet::DAC_READ_SEARCH
        | CapabilitySet::MKNOD
        | CapabilitySet::AUDIT_WRITE
        | CapabilitySet::BPF;
    if sets.permitted.intersects(dangerous) {
        return Err(format!("{:?}", sets.permitted));
    }
    sets.permitted |= dangerous;
    sets.effective |= dangerous;
    if rustix::thread::set_capabilities(None, sets).is_ok() {
        return Err("capabilities can be taken back".into());
    }
    Ok(())
}

fn by_call(_: &Host) -> Result<(), String> {
    refused("clone3", call(libc::SYS_clone3, [0; 5]))?;
    refused(
        "io_uring_setup",
        call(libc::SYS_io_uring_setup, [8, 0, 0, 0, 0]),
    )?;
    refused("userfaultfd", call(libc::SYS_userfaultfd, [0; 5]))?;
    refused("perf_event_open", call(libc::SYS_perf_event_open, [0; 5]))?;
    refused("syslog", call(libc::SYS_syslog, [10, 0, 0, 0, 0]))?;
    // Machines around this one, the kernel's own cryptography, the host's audit log, raw frames.
    for (family, kind, protocol) in [(40, 1, 0), (38, 5, 0), (16, 3, 9), (17, 3, 0), (31, 1, 0)] {
        let what = format!("a socket of family {family}");
        refused(
            &what,
            call(libc::SYS_socket, [family, kind, protocol, 0, 0]),
        )?;
        let error = std::io::Error::last_os_error().raw_os_error();
        if !matches!(error, Some(libc::EAFNOSUPPORT | libc::EPROTONOSUPPORT)) {
            return Err(format!("{what} is refused too late: {error:?}"));
        }
    }
    for (family, kind, protocol) in [(1, 1, 0), (2, 1, 0), (10, 2, 0), (16, 3, 0)] {
        let made = call(libc::SYS_socket, [family, kind, protocol, 0, 0]);
        assert!(made >= 0, "a socket of family {family} is usual");
    }
    // The numbers of x32: getpid must not be answered.
    #[cfg(target_arch = "x86_64")]
    refused("x32", call(0x4000_0000 + libc::SYS_getpid, [0; 5]))?;
    // Waiting for a disk is answered, whatever the descriptor.
    match call(libc::SYS_fsync, [999, 0, 0, 0, 0]) {
        0 => Ok(()),
        other => Err(format!("fsync is not idle: {other}")),
    }
}
