//! A toy Debian whose dpkg is real: one essential package made of programs that this machine has.
//!
//! Whole builds run the target's own dpkg. So that they can be tested in seconds and without an
//! archive, the toy's essential package carries this machine's dpkg, shell and a few tools with
//! the libraries they are linked to; `ldconfig` is an empty script. Everything else in a toy
//! archive is made by the test. Where this machine has no dpkg there is no such package.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bytes::Compression;
use crate::package::Package;

/// The programs that the package carries, with where they go.
const PROGRAMS: [(&str, &str); 19] = [
    ("/usr/bin/dpkg", "usr/bin/dpkg"),
    ("/usr/bin/dpkg-deb", "usr/bin/dpkg-deb"),
    ("/usr/bin/dpkg-query", "usr/bin/dpkg-query"),
    ("/usr/bin/dpkg-trigger", "usr/bin/dpkg-trigger"),
    ("/usr/bin/dpkg-split", "usr/bin/dpkg-split"),
    ("/usr/bin/dpkg-divert", "usr/bin/dpkg-divert"),
    ("/usr/bin/diff", "usr/bin/diff"),
    ("/bin/sh", "bin/sh"),
    ("/bin/rm", "bin/rm"),
    ("/bin/cat", "bin/cat"),
    ("/bin/tar", "bin/tar"),
    ("/bin/sleep", "bin/sleep"),
    ("/bin/dd", "bin/dd"),
    ("/bin/mkdir", "bin/mkdir"),
    ("/bin/chmod", "bin/chmod"),
    ("/usr/bin/env", "usr/bin/env"),
    // What tells of the surroundings.
    ("/bin/date", "bin/date"),
    ("/bin/ls", "bin/ls"),
    ("/usr/bin/nproc", "usr/bin/nproc"),
];
/// Programs that need only be there.
const EMPTY: [&str; 2] = ["sbin/ldconfig", "sbin/start-stop-daemon"];

/// The essential package `toybox` of this machine's architecture, if this machine has dpkg.
///
/// # Panics
/// If a program is there and cannot be read.
#[must_use]
pub fn toybox() -> Option<Package> {
    let architecture = said(Command::new("dpkg").arg("--print-architecture"))?;
    let mut package = Package::new("toybox", "1.0", architecture.trim())
        .field("Essential", "yes")
        .field("Priority", "required")
        .compression(Compression::Gzip);
    let mut libraries = BTreeSet::new();
    for (from, to) in PROGRAMS {
        let from = Path::new(from);
        if from.exists() {
            package = package.program(to, &read(from));
            libraries.extend(linked(from));
        }
    }
    for library in libraries {
        let path = library.to_str()?.trim_start_matches('/').to_owned();
        package = package.program(&path, &read(&library));
    }
    for path in EMPTY {
        package = package.program(path, b"#!/bin/sh\nexit 0\n");
    }
    let account = b"root:x:0:0:root:/root:/bin/sh\n";
    Some(
        package
            .file("etc/passwd", account)
            .file("etc/group", b"root:x:0:\n")
            .file(
                "usr/share/dpkg/cputable",
                &read_or_nothing("/usr/share/dpkg/cputable"),
            )
            .file(
                "usr/share/dpkg/ostable",
                &read_or_nothing("/usr/share/dpkg/ostable"),
            )
            .file(
                "usr/share/dpkg/tupletable",
                &read_or_nothing("/usr/share/dpkg/tupletable"),
            )
            .file("tmp/.keep", b"")
            .file("var/tmp/.keep", b"")
            .file("run/.keep", b"")
            .file("proc/.keep", b"")
            .file("sys/.keep", b"")
            .file("dev/.keep", b"")
            .file("root/.keep", b""),
    )
}

/// The libraries that a program is linked to, the loader included.
fn linked(program: &Path) -> Vec<PathBuf> {
    let text = said(Command::new("ldd").arg(program)).unwrap_or_default();
    let words = text.split_whitespace();
    words
        .filter(|word| word.starts_with('/') && !word.ends_with(':'))
        .map(PathBuf::from)
        .collect()
}

/// What a program prints, if it ends well.
fn said(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then_some(text)
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read_or_nothing(path: &str) -> Vec<u8> {
    std::fs::read(path).unwrap_or_default()
}
