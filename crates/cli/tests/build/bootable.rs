//! A toy Debian that could boot: a kernel, a program that makes an initial RAM disk, a stub.

use std::path::{Path, PathBuf};
use std::process::Command;

use formwork_testkit::archive::Suite;
use formwork_testkit::machine::toybox;
use formwork_testkit::package::Package;
use formwork_testkit::project::Project;

use super::PROGRAM;
use super::support::hello;

/// What the toy's kernel is made of.
pub(crate) const KERNEL: &[u8] = b"a kernel, more or less";
/// The lines of an image that makes a disk, without what grows it.
pub(crate) const DISK: &str = "forms = [\"disk\"]\n[disk]\ngrow = false\n";

/// A project with these lines in its image, not yet locked; none where this machine cannot lend
/// its dpkg.
pub(crate) fn bootable(packages: &[Package], lines: &str) -> Option<Project> {
    let toybox = toybox().filter(|toybox| toybox.architecture == "amd64");
    let Some(toybox) = toybox else {
        eprintln!("skipped: this machine has no dpkg for amd64 to lend to the toy");
        return None;
    };
    let stub = Package::new("systemd-boot-efi", "252", "amd64")
        .file("usr/lib/systemd/boot/efi/linuxx64.efi.stub", &stub())
        .file("usr/lib/boards/first.bin", &[0xb1; 700]);
    let mut suite = Suite::new("bookworm").package(toybox).package(stub);
    let mut all = vec![hello(), tools()];
    all.extend_from_slice(packages);
    for package in &all {
        suite = suite.package(package.clone());
    }
    let names: Vec<String> = all.iter().map(|one| format!("\"{}\"", one.name)).collect();
    let project = Project::new(PROGRAM, &suite, "");
    write_image(&project, &names.join(", "), lines);
    Some(project)
}

/// Writes the image anew.
pub(crate) fn write_image(project: &Project, packages: &str, lines: &str) {
    let text = format!("packages = [{packages}]\nvariant = \"essential\"\n{lines}");
    project.home.write("images/minimal.toml", &text);
}

/// A kernel with its modules.
pub(crate) fn kernel(version: &str) -> Package {
    Package::new(&format!("linux-image-{version}"), "6.1", "amd64")
        .file(&format!("boot/vmlinuz-{version}"), KERNEL)
        .file(&format!("lib/modules/{version}/modules.dep"), b"")
}

/// A `mkinitramfs` that takes its result from a file.
fn tools() -> Package {
    let script = "#!/bin/sh\nset -e\n/bin/cat /srv/toy/initrd > \"$4\"\n";
    Package::new("initramfs-tools", "0.142", "amd64")
        .field("Depends", "toybox")
        .program("usr/sbin/mkinitramfs", script.as_bytes())
        .file("srv/toy/initrd", &initrd())
}

/// A cpio archive with one file.
fn initrd() -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, mode, content) in [
        ("init", 0o100_755, &b"#!/bin/sh\n"[..]),
        ("TRAILER!!!", 0, b""),
    ] {
        let (length, size) = (name.len() + 1, content.len());
        let header = format!(
            "070701{:08X}{mode:08X}{0:08X}{0:08X}{1:08X}{0:08X}{size:08X}{0:08X}{0:08X}{0:08X}{0:08X}{length:08X}{0:08X}",
            0, 1
        );
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(name.as_bytes());
        bytes.push(0);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes.extend_from_slice(content);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    bytes
}

/// A UEFI program with one section, and a header with room for more.
fn stub() -> Vec<u8> {
    let mut bytes = vec![0; 1536];
    bytes[..2].copy_from_slice(b"MZ");
    bytes[60] = 0x80;
    bytes[0x80..0x86].copy_from_slice(b"PE\0\0\x64\x86");
    bytes[0x86] = 1;
    bytes[0x94] = 240;
    bytes[0x98..0x9a].copy_from_slice(&[0x0b, 0x02]);
    let numbers = [(32, 4096), (36, 512), (56, 8192), (60, 1024)];
    let section = [(248, 100), (252, 4096), (256, 512), (260, 1024)];
    for (at, value) in numbers.into_iter().chain(section) {
        bytes[0x98 + at..0x9c + at].copy_from_slice(&u32::to_le_bytes(value));
    }
    bytes[0x98 + 240..0x9d + 240].copy_from_slice(b".text");
    bytes
}

/// What a program of this machine says, which must end well.
pub(crate) fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{program} {arguments:?}\n{text}\n{errors}"
    );
    text
}

/// A partition of a disk as a file of its own, by what the record says of it.
pub(crate) fn partition(record: &serde_json::Value, disk: &Path, name: &str) -> PathBuf {
    let partitions = record["disk"]["partitions"].as_array().expect("partitions");
    let found = partitions.iter().find(|one| one["name"] == name);
    let found = found.unwrap_or_else(|| panic!("no partition {name}"));
    let number = |key: &str| found[key].as_u64().expect("a number") >> 20;
    let target = disk.with_extension(format!("{name}.part"));
    let (skip, count) = (number("start"), number("size"));
    said(
        "dd",
        &[
            "bs=1M",
            "status=none",
            "conv=sparse",
            &format!("if={}", disk.display()),
            &format!("of={}", target.display()),
            &format!("skip={skip}"),
            &format!("count={count}"),
        ],
    );
    target
}
