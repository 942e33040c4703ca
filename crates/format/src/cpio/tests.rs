use std::io::Write as _;
use std::process::{Command, Stdio};

use super::*;

fn entry(mode: u32) -> Entry {
    Entry {
        mode,
        owner: 0,
        group: 5,
        time: 1_700_000_000,
        device: (0, 0),
    }
}

fn sample() -> Vec<u8> {
    let mut writer = Writer::new(Vec::new());
    writer.add("dev", entry(0o040_755), b"").unwrap();
    let console = Entry {
        device: (5, 1),
        ..entry(0o020_600)
    };
    writer.add("dev/console", console, b"").unwrap();
    writer
        .add("init", entry(0o100_755), b"#!/bin/sh\n")
        .unwrap();
    writer.add("sbin", entry(0o120_777), b"usr/sbin").unwrap();
    writer.finish().unwrap()
}

#[test]
fn what_is_written_is_read() {
    let bytes = sample();
    let (list, end) = members(&bytes).unwrap();
    assert_eq!(end, bytes.len());
    let names: Vec<&[u8]> = list.iter().map(|member| member.name).collect();
    assert_eq!(names, [&b"dev"[..], b"dev/console", b"init", b"sbin"]);
    assert_eq!(list[1].entry.device, (5, 1));
    assert_eq!(list[3].content, b"usr/sbin");
}

#[test]
fn names_of_one_file_are_known_and_content_is_aligned() {
    let mut writer = Writer::new(Vec::new());
    writer
        .add_names(&["bin/cp", "bin/mv"], entry(0o100_755), b"both")
        .unwrap();
    for name in ["a", "four", "kernel/x86/microcode/GenuineIntel.bin"] {
        writer
            .add_aligned(name, entry(0o100_644), b"content")
            .unwrap();
    }
    let bytes = writer.finish().unwrap();
    let (list, end) = members(&bytes).unwrap();
    assert_eq!(end, bytes.len());
    let contents: Vec<&[u8]> = list.iter().map(|member| member.content).collect();
    assert_eq!(contents[..3], [&b""[..], b"both", b"content"]);
    assert_eq!(list[0].file, list[1].file);
    assert_eq!((list[0].links, list[2].links), (2, 1));
    assert_ne!(list[1].file, list[2].file);
    assert_eq!(list[4].name, b"kernel/x86/microcode/GenuineIntel.bin");
    for member in &list[2..] {
        let place = member.content.as_ptr() as usize - bytes.as_ptr() as usize;
        assert_eq!(place % 16, 0);
    }
    let listed = listed(&bytes);
    assert!(
        listed.contains("   2 0        5               4"),
        "{listed}"
    );
}

#[test]
fn damage_is_named_by_its_place() {
    let bytes = sample();
    assert_eq!(members(&bytes[..50]).unwrap_err().offset, 0);
    let mut broken = bytes.clone();
    broken[112 + 6] = b'+';
    assert!(members(&broken).is_err() || broken[112 + 6] != bytes[112 + 6]);
    for length in 0..bytes.len() {
        assert!(members(&bytes[..length]).is_err(), "{length}");
    }
}

/// What `cpio` says of an archive.
fn listed(archive: &[u8]) -> String {
    let mut child = Command::new("cpio")
        .args(["--quiet", "-itvn"])
        .env("TZ", "UTC")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(archive).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn cpio_lists_the_same() {
    let text = listed(&sample());
    assert!(
        text.contains("crw-------   1 0        5          5,   1"),
        "{text}"
    );
    assert!(text.contains("sbin -> usr/sbin"), "{text}");
}
