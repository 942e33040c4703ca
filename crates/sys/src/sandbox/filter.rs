//! The filter of system calls that a tree's programs run under, as the kernel's small machine reads it.
//!
//! It does two things. Calls that wait for a disk answer at once: the tree lies in memory or
//! is written out in one go afterwards, and `dpkg` asks for thousands of them. And calls that
//! reach parts of the kernel which namespaces do not divide are refused: among them sockets of
//! all families but the usual, whose modules the kernel would load for anybody, and the line to
//! the host's audit log. It is no border by
//! itself: that is drawn by the namespaces and the missing capabilities. It is written out by
//! hand because one filter must serve two sets of call numbers: packages of i386 run on amd64.

use std::io;

/// The kinds of numbers a table holds.
struct Calls {
    /// How the kernel names the set of numbers.
    audit: u32,
    /// Answered with success, and nothing done.
    idle: &'static [i64],
    /// Refused as not permitted.
    refused: &'static [i64],
    /// Answered as if this kernel did not have them; programs then take an older call.
    absent: &'static [i64],
    /// Take flags as first argument; refused where these ask for a user namespace.
    flagged: [i64; 2],
    /// Makes a socket.
    socket: i64,
    /// Makes a socket of a family that a filter cannot see, if its first argument is 1.
    old_socket: Option<i64>,
}

const AUDIT_X86_64: u32 = 0xc000_003e;
const AUDIT_I386: u32 = 0x4000_0003;
const AUDIT_AARCH64: u32 = 0xc000_00b7;
const AUDIT_ARM: u32 = 0x4000_0028;
const AUDIT_RISCV64: u32 = 0xc000_00f3;

/// The numbers of the machine that this program was built for.
const NATIVE: Calls = Calls {
    audit: if cfg!(target_arch = "x86_64") {
        AUDIT_X86_64
    } else if cfg!(target_arch = "aarch64") {
        AUDIT_AARCH64
    } else if cfg!(target_arch = "riscv64") {
        AUDIT_RISCV64
    } else if cfg!(target_arch = "arm") {
        AUDIT_ARM
    } else {
        AUDIT_I386
    },
    idle: &[
        libc::SYS_fsync,
        libc::SYS_fdatasync,
        libc::SYS_sync,
        libc::SYS_syncfs,
        libc::SYS_msync,
        #[cfg(not(target_arch = "arm"))]
        libc::SYS_sync_file_range,
    ],
    refused: &[
        libc::SYS_setns,
        libc::SYS_keyctl,
        libc::SYS_add_key,
        libc::SYS_request_key,
        libc::SYS_bpf,
        libc::SYS_perf_event_open,
        libc::SYS_userfaultfd,
        libc::SYS_open_by_handle_at,
        libc::SYS_kexec_load,
        libc::SYS_init_module,
        libc::SYS_finit_module,
        libc::SYS_delete_module,
        libc::SYS_syslog,
    ],
    absent: &[
        libc::SYS_clone3,
        libc::SYS_io_uring_setup,
        libc::SYS_io_uring_enter,
        libc::SYS_io_uring_register,
    ],
    flagged: [libc::SYS_clone, libc::SYS_unshare],
    socket: libc::SYS_socket,
    old_socket: None,
};

/// The numbers of the 32-bit programs that the same machine may run.
const SMALLER: Option<Calls> = if cfg!(target_arch = "x86_64") {
    Some(Calls {
        audit: AUDIT_I386,
        idle: &[118, 148, 36, 344, 144, 314],
        refused: &[
            346, 288, 286, 287, 357, 336, 374, 342, 283, 128, 350, 129, 103,
        ],
        absent: &[435, 425, 426, 427],
        flagged: [120, 310],
        socket: 359,
        old_socket: Some(102),
    })
} else if cfg!(target_arch = "aarch64") {
    Some(Calls {
        audit: AUDIT_ARM,
        idle: &[118, 148, 36, 373, 144, 341],
        refused: &[
            375, 311, 309, 310, 386, 364, 388, 371, 347, 128, 379, 129, 103,
        ],
        absent: &[435, 425, 426, 427],
        flagged: [120, 337],
        socket: 281,
        old_socket: None,
    })
} else {
    None
};

/// Where the kernel puts the call's number, the set of numbers and the first argument.
const NUMBER: u32 = 0;
const AUDIT: u32 = 4;
const ARGUMENT: u32 = if cfg!(target_endian = "big") { 20 } else { 16 };
/// From one argument to the next.
const WIDTH: u32 = 8;

const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;
const fn answer(errno: i32) -> u32 {
    libc::SECCOMP_RET_ERRNO | errno.unsigned_abs()
}

/// One instruction.
fn line(code: u32, yes: u8, no: u8, value: u32) -> libc::sock_filter {
    libc::sock_filter {
        code: code as u16,
        jt: yes,
        jf: no,
        k: value,
    }
}

fn load(from: u32) -> libc::sock_filter {
    line(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, from)
}

fn equal(value: u32, yes: u8, no: u8) -> libc::sock_filter {
    line(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, yes, no, value)
}

fn give(value: u32) -> libc::sock_filter {
    line(libc::BPF_RET | libc::BPF_K, 0, 0, value)
}

/// The whole filter.
pub(super) fn program() -> Vec<libc::sock_filter> {
    let mut lines = vec![load(AUDIT)];
    for calls in [Some(NATIVE), SMALLER].into_iter().flatten() {
        let body = body(&calls);
        // A jump is too short for the body: over one that is long enough.
        lines.push(equal(calls.audit, 1, 0));
        let length = u32::try_from(body.len()).unwrap_or(0);
        lines.push(line(libc::BPF_JMP | libc::BPF_JA, 0, 0, length));
        lines.extend(body);
    }
    // A set of numbers that no Debian program uses on this machine.
    lines.push(give(answer(libc::ENOSYS)));
    lines
}

/// What is done with the calls of one set of numbers.
fn body(calls: &Calls) -> Vec<libc::sock_filter> {
    let mut lines = vec![load(NUMBER)];
    if calls.audit == AUDIT_X86_64 {
        // The x32 numbers would be a way around the rest.
        let above = libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K;
        lines.push(line(above, 0, 1, 0x4000_0000));
        lines.push(give(answer(libc::ENOSYS)));
    }
    let tables = [
        (calls.idle, answer(0)),
        (calls.refused, answer(libc::EPERM)),
        (calls.absent, answer(libc::ENOSYS)),
    ];
    for (numbers, value) in tables {
        for number in numbers {
            lines.push(equal(*number as u32, 0, 1));
            lines.push(give(value));
        }
    }
    for number in calls.flagged {
        let any_of = libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K;
        lines.push(equal(number as u32, 0, 4));
        lines.push(load(ARGUMENT));
        lines.push(line(any_of, 0, 1, libc::CLONE_NEWUSER as u32));
        lines.push(give(answer(libc::EPERM)));
        lines.push(give(ALLOW));
    }
    lines.extend(sockets(calls));
    lines.push(give(ALLOW));
    lines
}

/// Which sockets may be made.
fn sockets(calls: &Calls) -> Vec<libc::sock_filter> {
    const AUDIT: u32 = 9;
    let no_family = give(answer(libc::EAFNOSUPPORT));
    let mut lines = vec![
        equal(calls.socket as u32, 0, 10),
        load(ARGUMENT),
        equal(libc::AF_UNIX as u32, 6, 0),
        equal(libc::AF_INET as u32, 5, 0),
        equal(libc::AF_INET6 as u32, 4, 0),
        equal(libc::AF_NETLINK as u32, 1, 0),
        no_family,
        load(ARGUMENT + 2 * WIDTH),
        equal(AUDIT, 1, 0),
        give(ALLOW),
        // What a kernel without audit says: programs know that answer.
        give(answer(libc::EPROTONOSUPPORT)),
    ];
    if let Some(number) = calls.old_socket {
        let refuse = [
            equal(number as u32, 0, 4),
            load(ARGUMENT),
            equal(1, 0, 1),
            no_family,
            give(ALLOW),
        ];
        lines.splice(0..0, refuse);
    }
    lines
}

/// Puts this process and all that it starts under the filter. Needs the capability SYS_ADMIN.
// There is no safe form of seccomp.
#[allow(unsafe_code)]
pub(super) fn install(lines: &mut [libc::sock_filter]) -> io::Result<()> {
    let program = libc::sock_fprog {
        len: u16::try_from(lines.len()).unwrap_or(0),
        filter: lines.as_mut_ptr(),
    };
    // SAFETY: the pointer and the length are those of one slice, which lives through the call;
    // the kernel copies it and checks every instruction.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            libc::SECCOMP_FILTER_FLAG_SPEC_ALLOW,
            &raw const program,
        )
    };
    if answer == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
