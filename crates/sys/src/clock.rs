//! A clock that runs ahead: a small shared object that a program's loader brings in first.
//!
//! The kernel can give a process another host name, but no other time of day. So programs of a
//! tree that are to see another date get this library by `LD_PRELOAD`: it has the C library's
//! functions that tell the time, each a few instructions that ask the kernel and add 400 days. It
//! needs nothing, not even the C library, so that it fits every suite. Programs without a loader
//! (linked statically) and those that clear their environment see the true time.

mod code;
mod elf;

use elf::{Layout, Machine};

/// By how many seconds the clock runs ahead: 400 days, so that day, month and year are others.
pub const AHEAD: i64 = 34_560_000;

/// An architecture that there is a library for.
struct Known {
    name: &'static str,
    directory: &'static str,
    machine: Machine,
    functions: &'static [code::Function],
}

const KNOWN: [Known; 4] = [
    Known {
        name: "amd64",
        directory: "lib/x86_64-linux-gnu",
        machine: Machine {
            number: 62,
            flags: 0,
            layout: Layout::Wide,
        },
        functions: code::AMD64,
    },
    Known {
        name: "i386",
        directory: "lib/i386-linux-gnu",
        machine: Machine {
            number: 3,
            flags: 0,
            layout: Layout::Narrow,
        },
        functions: code::I386,
    },
    Known {
        name: "arm64",
        directory: "lib/aarch64-linux-gnu",
        machine: Machine {
            number: 183,
            flags: 0,
            layout: Layout::Wide,
        },
        functions: code::ARM64,
    },
    Known {
        name: "armhf",
        directory: "lib/arm-linux-gnueabihf",
        // The fifth version of the binary interface, floating point in registers.
        machine: Machine {
            number: 40,
            flags: 0x0500_0400,
            layout: Layout::Narrow,
        },
        functions: code::ARMHF,
    },
];

/// The shared object for a Debian architecture, if there is one.
#[must_use]
pub fn library(architecture: &str) -> Option<Vec<u8>> {
    let known = KNOWN.iter().find(|known| known.name == architecture)?;
    Some(elf::shared_object(&known.machine, known.functions))
}

/// What the loader of a Debian architecture puts in the place of `$LIB`.
#[must_use]
pub fn directory(architecture: &str) -> Option<&'static str> {
    let known = KNOWN.iter().find(|known| known.name == architecture)?;
    Some(known.directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_libraries_are_what_readelf_expects() {
        let directory = tempfile::tempdir().unwrap();
        let classes = [
            ("amd64", "ELF64", "X86-64"),
            ("i386", "ELF32", "Intel 80386"),
            ("arm64", "ELF64", "AArch64"),
            ("armhf", "ELF32", "hard-float ABI"),
        ];
        for (architecture, class, machine) in classes {
            let path = directory.path().join(architecture);
            std::fs::write(&path, library(architecture).unwrap()).unwrap();
            let read = std::process::Command::new("readelf")
                .args([
                    "--wide",
                    "--file-header",
                    "--segments",
                    "--dynamic",
                    "-D",
                    "--syms",
                ])
                .arg(&path)
                .output();
            let Ok(read) = read else {
                eprintln!("skipped: there is no readelf");
                return;
            };
            let text = String::from_utf8_lossy(&read.stdout);
            let said = String::from_utf8_lossy(&read.stderr);
            assert!(
                read.status.success() && said.is_empty(),
                "{architecture}: {said}"
            );
            let words = [
                class,
                machine,
                "(SONAME)",
                "clock_gettime",
                "timespec_get",
                "GNU_STACK",
            ];
            for word in words {
                assert!(text.contains(word), "{architecture}: {word}\n{text}");
            }
        }
        assert_eq!(library("riscv64"), None);
    }

    #[test]
    fn programs_of_this_machine_see_another_day() {
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            _ => return,
        };
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("clock.so");
        std::fs::write(&path, library(architecture).unwrap()).unwrap();
        let seconds = |program: &[&str], preload: bool| {
            let mut command = std::process::Command::new(program[0]);
            command.args(&program[1..]).env("LC_ALL", "C");
            if preload {
                command.env("LD_PRELOAD", &path);
            }
            let output = command.output().ok()?;
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(said.is_empty(), "{program:?}: {said}");
            let text = String::from_utf8(output.stdout).ok()?;
            text.trim().parse::<f64>().ok()
        };
        // Each asks by another function: clock_gettime, gettimeofday or time.
        let programs: [&[&str]; 4] = [
            &["date", "+%s"],
            &["bash", "-c", "printf '%(%s)T' -1"],
            &["bash", "-c", "echo $EPOCHREALTIME"],
            &["perl", "-e", "print time"],
        ];
        for program in programs {
            let Some(now) = seconds(program, false) else {
                continue;
            };
            let ahead = seconds(program, true).unwrap() - now;
            let wanted = AHEAD as f64;
            assert!(
                (wanted - 1.0..wanted + 60.0).contains(&ahead),
                "{program:?}: {ahead}"
            );
        }
    }
}
