//! Programs of other architectures, by qemu-user and the kernel's table of program formats.
//!
//! Since Linux 6.7 each user namespace may have a table (binfmt_misc) of its own, so that of
//! the host stays as it is. Flag `F` has the kernel open the emulator at once: it need not lie
//! in the tree. Flag `P` hands the program its own name on as it was called.

use std::fs::File;
use std::io::Read;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use super::SandboxError;

/// How programs of an architecture run here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Emulation {
    /// The processor runs them itself.
    Native,
    /// By an emulator that only this sandbox knows of.
    Own {
        /// The emulator on the host.
        emulator: PathBuf,
    },
    /// By an emulator that the host has in its table.
    Host {
        /// The name of the entry.
        entry: String,
    },
}

/// What qemu and the ELF header call a Debian architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Foreign {
    debian: &'static str,
    qemu: &'static str,
    /// 1: 32 bits, 2: 64 bits.
    class: u8,
    /// 1: little end first, 2: big end first.
    order: u8,
    machine: u16,
}

const fn foreign(
    debian: &'static str,
    qemu: &'static str,
    class: u8,
    order: u8,
    machine: u16,
) -> Foreign {
    Foreign {
        debian,
        qemu,
        class,
        order,
        machine,
    }
}

const KNOWN: [Foreign; 11] = [
    foreign("amd64", "x86_64", 2, 1, 62),
    foreign("arm64", "aarch64", 2, 1, 183),
    foreign("armel", "arm", 1, 1, 40),
    foreign("armhf", "arm", 1, 1, 40),
    foreign("i386", "i386", 1, 1, 3),
    foreign("loong64", "loongarch64", 2, 1, 258),
    foreign("mips64el", "mips64el", 2, 1, 8),
    foreign("mipsel", "mipsel", 1, 1, 8),
    foreign("ppc64el", "ppc64le", 2, 1, 21),
    foreign("riscv64", "riscv64", 2, 1, 243),
    foreign("s390x", "s390x", 2, 2, 22),
];

/// Where emulators are looked for.
const PLACES: [&str; 2] = ["/usr/local/bin", "/usr/bin"];

impl Foreign {
    /// An architecture by its Debian name.
    pub(super) fn find(architecture: &str) -> Result<Foreign, SandboxError> {
        let known = KNOWN.iter().find(|one| one.debian == architecture);
        known.copied().ok_or_else(|| SandboxError::Unable {
            why: format!("nothing is known that runs programs of {architecture}"),
            help: Vec::new(),
        })
    }

    /// Whether the processor that we run on runs its programs itself.
    pub(super) fn is_native(&self) -> bool {
        match (std::env::consts::ARCH, self.debian) {
            ("aarch64", "armhf" | "armel") => runs_32_bits(),
            ("x86_64", "i386") | ("arm", "armel") => true,
            (own, _) => {
                let own = match own {
                    "x86" => "i386",
                    "powerpc64" => "ppc64le",
                    same => same,
                };
                own == self.qemu
            }
        }
    }

    /// The emulator on this machine, if it is there and needs nothing of the tree.
    pub(super) fn emulator(&self) -> Option<PathBuf> {
        let names = [
            format!("qemu-{}-static", self.qemu),
            format!("qemu-{}", self.qemu),
        ];
        PLACES
            .iter()
            .flat_map(|place| names.iter().map(|name| Path::new(place).join(name)))
            .find(|path| is_whole(path))
    }

    /// The line that tells the kernel of it.
    pub(super) fn rule(&self, emulator: &Path) -> Vec<u8> {
        let [first, second] = match self.order {
            1 => self.machine.to_le_bytes(),
            _ => self.machine.to_be_bytes(),
        };
        // A program (2) or a shared object (3), which position-independent programs are.
        let (kind, mask) = match self.order {
            1 => ([2, 0], [0xfe, 0xff]),
            _ => ([0, 2], [0xff, 0xfe]),
        };
        let magic = [
            &[0x7f, b'E', b'L', b'F', self.class, self.order, 1, 0][..],
            &[0; 8],
            &kind,
            &[first, second],
        ]
        .concat();
        // Byte 7 names the ABI: Linux and System V are one to us.
        let mask = [
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0][..],
            &[0xff; 8],
            &mask,
            &[0xff, 0xff],
        ]
        .concat();
        let mut rule =
            format!(":qemu-{}:M::{}:{}:", self.debian, hex(&magic), hex(&mask)).into_bytes();
        rule.extend_from_slice(emulator.as_os_str().as_encoded_bytes());
        rule.extend_from_slice(b":PF");
        rule
    }

    /// The host's entry for it, if that needs nothing of the tree either.
    pub(super) fn host_entry(&self, processes: impl AsFd) -> Option<String> {
        let table = "sys/fs/binfmt_misc";
        let read = |path: &str| {
            let flags = OFlags::RDONLY | OFlags::CLOEXEC;
            let file = rustix::fs::openat(&processes, path, flags, Mode::empty()).ok()?;
            let mut text = String::new();
            File::from(file)
                .take(64 << 10)
                .read_to_string(&mut text)
                .ok()?;
            Some(text)
        };
        if read(&format!("{table}/status"))?.trim() != "enabled" {
            return None;
        }
        let names = [
            format!("qemu-{}", self.qemu),
            format!("qemu-{}", self.debian),
        ];
        names
            .into_iter()
            .find(|name| read(&format!("{table}/{name}")).is_some_and(|entry| is_fixed(&entry)))
    }

    /// What to say where it cannot run.
    pub(super) fn missing(&self, why: &str) -> SandboxError {
        let qemu = self.qemu;
        SandboxError::Unable {
            why: format!(
                "programs of {} cannot run on this machine: {why}",
                self.debian
            ),
            help: vec![
                format!(
                    "sudo apt-get install qemu-user-static    (Debian 12 and older: qemu-{qemu}-static)"
                ),
                format!(
                    "sudo apt-get install qemu-user           (Debian 13 and newer: qemu-{qemu})"
                ),
            ],
        }
    }

    /// What to say where there is an emulator but no table to put it into.
    pub(super) fn no_table(&self, why: &str) -> SandboxError {
        SandboxError::Unable {
            why: format!(
                "the kernel gives the sandbox no table of program formats for {} ({why})",
                self.debian
            ),
            help: vec![
                "Linux 6.7 or newer gives each sandbox a table of its own".to_owned(),
                "or let the host know the emulator: sudo apt-get install binfmt-support qemu-user-static"
                    .to_owned(),
            ],
        }
    }
}

/// Bytes as the kernel's table takes them.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect()
}

/// Whether an entry of the table is on, and its emulator was opened when it was made.
fn is_fixed(entry: &str) -> bool {
    let mut lines = entry.lines();
    let flags = |line: &str| {
        line.strip_prefix("flags:")
            .is_some_and(|flags| flags.contains('F'))
    };
    lines.next() == Some("enabled") && lines.any(flags)
}

/// Whether the kernel of this 64-bit machine runs 32-bit programs.
// There is no safe form of personality.
#[allow(unsafe_code)]
fn runs_32_bits() -> bool {
    const QUERY: libc::c_ulong = 0xffff_ffff;
    const LINUX_32: libc::c_ulong = 8;
    // SAFETY: the calls change how the kernel names the machine to this process, and back.
    unsafe {
        let before = libc::personality(QUERY);
        let answer = libc::personality(LINUX_32);
        if answer != -1 {
            libc::personality(before as libc::c_ulong);
        }
        answer != -1
    }
}

/// Whether a file is an ELF program that needs no other file to start.
///
/// Debian 12's `qemu-user` needs libraries, which a foreign tree does not have.
fn is_whole(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(4096).read_to_end(&mut head));
    read.is_ok() && names_no_interpreter(&head) == Some(true)
}

/// Looks through the program headers of an ELF file; `None` if it is none.
fn names_no_interpreter(head: &[u8]) -> Option<bool> {
    const INTERPRETER: u32 = 3;
    let number = |at: usize, size: usize| -> Option<u64> {
        let bytes = head.get(at..at.checked_add(size)?)?;
        let little = bytes
            .iter()
            .rev()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        let big = bytes
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        Some(if *head.get(5)? == 1 { little } else { big })
    };
    if head.get(..4)? != b"\x7fELF" {
        return None;
    }
    // Where the headers begin, how long one is and how many there are.
    let (start, size, count) = match *head.get(4)? {
        1 => (number(28, 4)?, number(42, 2)?, number(44, 2)?),
        _ => (number(32, 8)?, number(54, 2)?, number(56, 2)?),
    };
    for index in 0..count {
        let at = start.checked_add(index.checked_mul(size)?)?;
        if number(usize::try_from(at).ok()?, 4)? == u64::from(INTERPRETER) {
            return Some(false);
        }
    }
    Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_what_the_kernel_takes() {
        let rule = |name: &str, path: &str| {
            let rule = Foreign::find(name).unwrap().rule(Path::new(path));
            String::from_utf8(rule).unwrap()
        };
        assert_eq!(
            rule("arm64", "/usr/bin/qemu-aarch64-static"),
            ":qemu-arm64:M::\\x7f\\x45\\x4c\\x46\\x02\\x01\\x01\\x00\
             \\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00:\
             \\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\
             \\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff:\
             /usr/bin/qemu-aarch64-static:PF"
        );
        assert!(rule("s390x", "/q").contains("\\x00\\x02\\x00\\x16:"));
        // The kernel's own limit for the whole line.
        assert!(rule("arm64", "/usr/bin/qemu-aarch64-static").len() < 1920);
    }

    #[test]
    fn what_is_not_known_is_said() {
        let error = Foreign::find("vax").unwrap_err().to_string();
        assert!(
            error.contains("nothing is known that runs programs of vax"),
            "{error}"
        );
    }

    #[test]
    fn an_entry_of_the_host_must_be_fixed() {
        let entry = |state: &str, flags: &str| {
            format!("{state}\ninterpreter /usr/bin/qemu-arm\nflags: {flags}\noffset 0\nmagic 7f\n")
        };
        assert!(is_fixed(&entry("enabled", "POCF")));
        assert!(!is_fixed(&entry("enabled", "POC")));
        assert!(!is_fixed(&entry("disabled", "F")));
        assert!(!is_fixed(""));
    }

    #[test]
    fn programs_that_need_libraries_are_told_apart() {
        let own = std::fs::read("/proc/self/exe").unwrap();
        assert_eq!(names_no_interpreter(&own[..4096]), Some(false));
        assert_eq!(names_no_interpreter(b"#!/bin/sh"), None);
        for end in 0..200 {
            // A cut file is no program, and no panic either.
            let _any = names_no_interpreter(&own[..end]);
        }
    }
}
