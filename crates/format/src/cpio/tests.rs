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

#[test]
fn cpio_lists_the_same() {
    let mut child = Command::new("cpio")
        .args(["--quiet", "-itvn"])
        .env("TZ", "UTC")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&sample()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert!(
        text.contains("crw-------   1 0        5          5,   1"),
        "{text}"
    );
    assert!(text.contains("sbin -> usr/sbin"), "{text}");
}
