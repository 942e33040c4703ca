//! What an initial RAM disk holds, in numbers, and what it leaves out of the other.

use super::Content;
use std::collections::{BTreeMap, BTreeSet};

/// The head of the table.
pub(super) const HEAD: &str = "\
    | suite | architecture | set | modules | firmware | programs | libraries | scripts and lists \
    | left out of `MODULES=most` | more than it |\n|---|---|---|---|---|---|---|---|---|---|";
/// The bits of a mode that say what a member is, and the value of a file.
const TYPE: u32 = 0o170_000;
const FILE: u32 = 0o100_000;

/// What a file is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    Module,
    Firmware,
    Program,
    Library,
    Other,
}

/// A number of names and the bytes of their files.
type Sum = (usize, usize);

/// The account of one of ours beside theirs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Account {
    ours: BTreeMap<Use, Sum>,
    /// What only theirs has, and what only ours has.
    left_out: BTreeMap<Use, Sum>,
    more: BTreeMap<Use, Sum>,
}

impl Account {
    pub(super) fn of(ours: &Content, theirs: &Content) -> Account {
        let without = |one: &Content, other: &Content| {
            let files = one
                .0
                .iter()
                .filter(|(name, _)| !other.0.contains_key(*name));
            Content(
                files
                    .map(|(name, file)| (name.clone(), file.clone()))
                    .collect(),
            )
        };
        Account {
            ours: sums(ours),
            left_out: sums(&without(theirs, ours)),
            more: sums(&without(ours, theirs)),
        }
    }

    /// Its row of the table.
    pub(super) fn row(&self, suite: &str, architecture: &str, set: &str) -> String {
        let uses = [
            Use::Module,
            Use::Firmware,
            Use::Program,
            Use::Library,
            Use::Other,
        ];
        let ours = uses.map(|one| in_words(self.ours.get(&one)));
        let all = |sums: &BTreeMap<Use, Sum>| {
            let sum = sums
                .values()
                .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
            in_words(Some(&sum))
        };
        format!(
            "| {suite} | {architecture} | {set} | {} | {} | {} |",
            ours.join(" | "),
            all(&self.left_out),
            all(&self.more)
        )
    }
}

fn in_words(sum: Option<&Sum>) -> String {
    match sum {
        None | Some((0, _)) => "none".to_owned(),
        Some((files, bytes)) if *bytes < 100_000 => {
            format!("{files}, {:.1} kB", *bytes as f64 / 1e3)
        }
        Some((files, bytes)) => format!("{files}, {:.1} MB", *bytes as f64 / 1e6),
    }
}

/// The files by their use; links and directories are nobody's.
fn sums(content: &Content) -> BTreeMap<Use, Sum> {
    let mut sums: BTreeMap<Use, Sum> = BTreeMap::new();
    // One file may have many names, as busybox has.
    let mut seen: BTreeSet<&[u8]> = BTreeSet::new();
    for (name, (mode, _, _, bytes)) in &content.0 {
        if mode & TYPE == FILE {
            let sum = sums.entry(used(name, *mode, bytes)).or_default();
            let more = if seen.insert(bytes) { bytes.len() } else { 0 };
            *sum = (sum.0 + 1, sum.1 + more);
        }
    }
    sums
}

fn used(name: &str, mode: u32, bytes: &[u8]) -> Use {
    let file = name.rsplit('/').next().unwrap_or(name);
    if name.contains("lib/modules/") && file.contains(".ko") {
        Use::Module
    } else if name.contains("lib/firmware/") || name.starts_with("kernel/") {
        Use::Firmware
    } else if !bytes.starts_with(b"\x7fELF") {
        Use::Other
    } else if file.contains(".so") {
        Use::Library
    } else if mode & 0o111 != 0 {
        Use::Program
    } else {
        Use::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(files: &[(&str, u32, &[u8])]) -> Content {
        let files = files.iter();
        let files =
            files.map(|(name, mode, bytes)| ((*name).to_owned(), (*mode, 0, 0, bytes.to_vec())));
        Content(files.collect())
    }

    #[test]
    fn each_file_counts_once_for_what_it_is_there_for() {
        let program: &[u8] = b"\x7fELF and more";
        let module = (
            "usr/lib/modules/6.1/kernel/fs/ext4.ko.xz",
            0o100_644,
            &[0; 1000][..],
        );
        let ours = content(&[
            module,
            ("usr/lib/firmware/a.bin", 0o100_644, b"12"),
            ("kernel/x86/microcode/AuthenticAMD.bin", 0o100_644, b"345"),
            ("usr/bin/kmod", 0o100_755, program),
            ("usr/bin/lsmod", 0o100_755, program),
            ("usr/lib/x86_64-linux-gnu/libc.so.6", 0o100_755, program),
            ("init", 0o100_755, b"#!/bin/sh"),
            ("usr/bin/sh", 0o120_777, b"busybox"),
            ("usr", 0o040_755, b""),
        ]);
        let theirs = content(&[module, ("etc/ld.so.cache", 0o100_644, &[0; 200_000])]);
        let account = Account::of(&ours, &theirs);
        assert_eq!(
            account.row("bookworm", "amd64", "small"),
            "| bookworm | amd64 | small | 1, 1.0 kB | 2, 0.0 kB | 2, 0.0 kB | 1, 0.0 kB | 1, 0.0 kB \
             | 1, 0.2 MB | 6, 0.0 kB |"
        );
        assert_eq!(
            Account::of(&theirs, &theirs).row("a", "b", "c"),
            "| a | b | c | 1, 1.0 kB | none | none | none | 1, 0.2 MB | none | none |"
        );
    }
}
