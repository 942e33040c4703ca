use formwork_codec::Compression;
use formwork_format::cpio::{Entry, Writer, members};
use formwork_sys::tree::Tree;

use super::archive::Archive;

fn entry(mode: u32, time: u32) -> Entry {
    Entry {
        mode,
        owner: 0,
        group: 0,
        time,
        device: (0, 0),
    }
}

/// As mkinitramfs writes them: microcode, modules that are packed, and the rest, packed.
fn foreign(time: u32) -> Vec<u8> {
    let directory = entry(0o040_755, time);
    let file = entry(0o100_644, time);
    let mut early = Writer::new(Vec::new());
    for name in [".", "kernel", "kernel/x86", "kernel/x86/microcode"] {
        early.add(name, directory, &[]).unwrap();
    }
    let name = "kernel/x86/microcode/AuthenticAMD.bin";
    early.add(name, file, b"micro").unwrap();
    let mut all = early.finish().unwrap();
    all.extend([0; 300]);
    let mut packed = Writer::new(Vec::new());
    packed.add("./usr", directory, &[]).unwrap();
    packed.add("./usr/a.ko.xz", file, b"module").unwrap();
    all.extend(packed.finish().unwrap());
    let mut rest = Writer::new(Vec::new());
    rest.add(".", directory, &[]).unwrap();
    rest.add("init", entry(0o100_755, time), b"#!/bin/sh")
        .unwrap();
    rest.add("bin", entry(0o120_777, time), b"usr/bin").unwrap();
    rest.add("usr/bin", directory, &[]).unwrap();
    let names = ["usr/bin/sh", "usr/bin/busybox"];
    rest.add_names(&names, entry(0o100_755, time), b"busy")
        .unwrap();
    let rest = rest.finish().unwrap();
    let mut stream = formwork_codec::pack::Stream::new(Compression::Gzip, 1, all).unwrap();
    std::io::Write::write_all(&mut stream, &rest).unwrap();
    stream.finish().unwrap()
}

#[test]
fn what_others_wrote_is_written_in_one_way() {
    let directory = tempfile::tempdir().unwrap();
    let tree = Tree::open(directory.path()).unwrap();
    let archive = Archive::read(&foreign(1_700_000_500)).unwrap();
    let written = archive
        .write(&tree, Compression::Zstd, 1_700_000_000)
        .unwrap();
    // Written later, or read back: the same bits.
    let later = Archive::read(&foreign(1_800_000_000)).unwrap();
    assert!(
        written
            == later
                .write(&tree, Compression::Zstd, 1_700_000_000)
                .unwrap()
    );
    let again = Archive::read(&written).unwrap();
    assert!(
        written
            == again
                .write(&tree, Compression::Zstd, 1_700_000_000)
                .unwrap()
    );

    let (early, end) = members(&written).unwrap();
    let names = |list: &[formwork_format::cpio::Member<'_>]| -> Vec<String> {
        let names = list
            .iter()
            .map(|member| String::from_utf8_lossy(member.name).into_owned());
        names.collect()
    };
    let microcode = "kernel/x86/microcode/AuthenticAMD.bin";
    assert_eq!(
        names(&early),
        [
            ".",
            "kernel",
            "kernel/x86",
            "kernel/x86/microcode",
            microcode
        ]
    );
    assert!(
        early
            .iter()
            .all(|member| member.entry.time == 1_700_000_000)
    );
    let place = early[4].content.as_ptr() as usize - written.as_ptr() as usize;
    assert_eq!(place % 16, 0);
    let (packed, _) = members(&written[end..]).unwrap();
    assert_eq!(names(&packed), [".", "usr", "usr/a.ko.xz"]);

    let plain = archive
        .write(&tree, Compression::Plain, 1_700_000_000)
        .unwrap();
    let (_, next) = members(&plain[end..]).unwrap();
    let (rest, last) = members(&plain[end + next..]).unwrap();
    assert_eq!(end + next + last, plain.len());
    let expected = [
        ".",
        "usr",
        "usr/bin",
        "bin",
        "init",
        "usr/bin/sh",
        "usr/bin/busybox",
    ];
    assert_eq!(names(&rest), expected);
    assert_eq!(rest[6].content, b"busy");
}

#[test]
fn what_is_no_initial_ram_disk_is_said_to_be_none() {
    for bytes in [&b"hello"[..], b"070701", &[0x1f, 0x8b, 1, 2, 3]] {
        let error = Archive::read(bytes).unwrap_err().to_string();
        assert!(
            error.starts_with("what mkinitramfs wrote cannot be read: "),
            "{error}"
        );
    }
}
