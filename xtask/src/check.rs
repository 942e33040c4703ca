//! The one list of checks: each has a name, finds things or does not, and fails the whole.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::source;

pub(crate) mod boot;
mod browser;
mod budget;
mod cargo;
mod differential;
pub(crate) mod documents;
mod excuse;
pub(crate) mod generated;
mod layers;
mod licences;
mod proposals;
mod rebuild;
mod repro;
mod rootfs;
pub(crate) mod showcase;
mod walls;
mod words;

/// What a check found; nothing found is good.
type Findings = Result<Vec<String>, String>;

/// One line of the list.
struct Check {
    name: &'static str,
    what: &'static str,
    run: fn() -> Findings,
}

const CHECKS: &[Check] = &[
    Check {
        name: "format",
        what: "rustfmt would change nothing",
        run: cargo::format,
    },
    Check {
        name: "size",
        what: "small files, functions of a screen",
        run: budget::check,
    },
    Check {
        name: "layers",
        what: "each room uses only the rooms below",
        run: layers::check,
    },
    Check {
        name: "walls",
        what: "unsafe, children, printing where they belong",
        run: walls::check,
    },
    Check {
        name: "words",
        what: "no mirror's host, nobody's home directory",
        run: words::check,
    },
    Check {
        name: "licences",
        what: "every dependency may be shipped",
        run: licences::check,
    },
    Check {
        name: "lock",
        what: "few dependencies, Cargo.lock current",
        run: cargo::lock_file,
    },
    Check {
        name: "clippy",
        what: "no warning",
        run: cargo::clippy,
    },
    Check {
        name: "tests",
        what: "every test of the workspace",
        run: cargo::tests,
    },
    Check {
        name: "differential",
        what: "random universes as apt and dose see them",
        run: differential::check,
    },
    Check {
        name: "rustdoc",
        what: "every link and page of the API",
        run: cargo::rustdoc,
    },
    Check {
        name: "generated",
        what: "pages made by the program are current",
        run: generated::check,
    },
    Check {
        name: "documents",
        what: "commands in README and docs do as shown",
        run: documents::check,
    },
];

const SYSTEM_CHECKS: &[Check] = &[
    Check {
        name: "live",
        what: "commands in README and docs against the real archive",
        run: documents::check_live,
    },
    Check {
        name: "rootfs",
        what: "a tree equal to mmdebstrap's, the same bits as root and not",
        run: rootfs::check,
    },
    Check {
        name: "initrd",
        what: "initial RAM disks equal to those of initramfs-tools",
        run: rootfs::check_initrd,
    },
    Check {
        name: "rebuild",
        what: "builds after edits, bit for bit those from nothing",
        run: rebuild::check,
    },
    Check {
        name: "boot",
        what: "disks that boot by real firmware, the same bits as root and not",
        run: boot::check,
    },
    Check {
        name: "repro",
        what: "another day for programs of arm64 and armhf, and who wrote it down",
        run: repro::check,
    },
    Check {
        name: "proposals",
        what: "the security group's proposals for three releases, to the end",
        run: proposals::check,
    },
    Check {
        name: "browser",
        what: "the pages of a review packet and of inspect, read by a browser",
        run: browser::check,
    },
];

/// Runs the checks named, or all; `--system` adds those that need the network.
pub(crate) fn run(arguments: &[String]) -> Result<bool, String> {
    let system = arguments.iter().any(|argument| argument == "--system");
    let names: Vec<&String> = arguments
        .iter()
        .filter(|name| *name != "--system")
        .collect();
    let all = || CHECKS.iter().chain(SYSTEM_CHECKS);
    if let Some(unknown) = names
        .iter()
        .find(|name| !all().any(|check| check.name == **name))
    {
        let known: Vec<&str> = all().map(|check| check.name).collect();
        return Err(format!(
            "no check is called {unknown}; there are: {}",
            known.join(", ")
        ));
    }
    let listed = CHECKS
        .iter()
        .chain(if system { SYSTEM_CHECKS } else { &[] });
    let chosen: Vec<&Check> = match names.is_empty() {
        true => listed.collect(),
        false => all()
            .filter(|check| names.iter().any(|name| *name == check.name))
            .collect(),
    };
    let results: Vec<(&Check, Duration, Findings)> = chosen.into_iter().map(run_one).collect();
    println!();
    let mut fine = true;
    for (check, time, findings) in &results {
        let good = matches!(findings, Ok(list) if list.is_empty());
        fine &= good;
        let verdict = if good { "ok    " } else { "FAILED" };
        println!(
            "{verdict}  {:<10} {:>6.1} s  {}",
            check.name,
            time.as_secs_f64(),
            check.what
        );
    }
    let left_out = excuse::left_out();
    for what in &left_out {
        println!("left out: {what}");
    }
    println!(
        "{}",
        match (fine, left_out.is_empty()) {
            (true, true) => "All checks passed.",
            (true, false) => "No check failed, but not all was checked: see above.",
            (false, _) => "Some checks failed: see above.",
        }
    );
    Ok(fine)
}

fn run_one(check: &'static Check) -> (&'static Check, Duration, Findings) {
    println!("== {}: {}", check.name, check.what);
    let start = Instant::now();
    let findings = (check.run)();
    match &findings {
        Ok(list) => list.iter().for_each(|finding| println!("{finding}")),
        Err(message) => println!("error: {message}"),
    }
    if let Some(room) = room() {
        println!("   {room} of disk free");
    }
    (check, start.elapsed(), findings)
}

/// What the disk that all is built on has free: what ends with a full disk should show where it
/// went.
fn room() -> Option<String> {
    let mut command = Command::new("df");
    command.args(["--output=avail", "--human-readable"]);
    let output = command.arg(source::root()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.lines().nth(1)?.trim().to_owned())
}
