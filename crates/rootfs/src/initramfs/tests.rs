use std::fs;
use std::path::{Path, PathBuf};

use formwork_codec::Compression;
use formwork_format::cpio::{Entry, Writer, members};

use super::archive::Archive;
use super::*;
use crate::error::Failure;
use crate::job::KernelWish;
use crate::program::{Ended, Program};

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
        .write(&View::new(&tree, 0), Compression::Zstd, 1_700_000_000)
        .unwrap()
        .bytes;
    // Written later, or read back: the same bits.
    let later = Archive::read(&foreign(1_800_000_000)).unwrap();
    assert!(
        written
            == later
                .write(&View::new(&tree, 0), Compression::Zstd, 1_700_000_000)
                .unwrap()
                .bytes
    );
    let again = Archive::read(&written).unwrap();
    assert!(
        written
            == again
                .write(&View::new(&tree, 0), Compression::Zstd, 1_700_000_000)
                .unwrap()
                .bytes
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
    let end = (end + 1).next_multiple_of(512);
    let (packed, next) = members(&written[end..]).unwrap();
    assert_eq!(names(&packed), [".", "usr", "usr/a.ko.xz"]);

    let plain = archive
        .write(&View::new(&tree, 0), Compression::Plain, 1_700_000_000)
        .unwrap()
        .bytes;
    let next = (end + next + 1).next_multiple_of(512);
    let (rest, last) = members(&plain[next..]).unwrap();
    assert_eq!(next + last, plain.len());
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

/// Stands in for the sandbox: what `mkinitramfs` is called with, and what it leaves.
struct Mkinitramfs {
    root: PathBuf,
    code: i32,
    called: Vec<Program>,
}

impl Run for Mkinitramfs {
    fn run(&mut self, program: &Program, _: &mut dyn FnMut(&str)) -> Result<Ended, Error> {
        self.called.push(program.clone());
        let output = &program.arguments[4];
        fs::write(self.root.join(&output[1..]), foreign(1_700_000_500)).unwrap();
        Ok(Ended {
            code: self.code,
            stopped: None,
            tail: vec!["E: no module".to_owned()],
        })
    }
}

/// A tree with a kernel and a program whose text nobody knows.
fn tools(root: &Path) -> Mkinitramfs {
    for directory in [
        "boot",
        "usr/sbin",
        "etc/initramfs-tools/conf.d",
        "lib/modules/6.1",
    ] {
        fs::create_dir_all(root.join(directory)).unwrap();
    }
    fs::write(root.join("usr/sbin/mkinitramfs"), "#!/bin/sh\n").unwrap();
    fs::write(root.join("boot/config-6.1"), "CONFIG_RD_ZSTD=y\n").unwrap();
    Mkinitramfs {
        root: root.to_owned(),
        code: 0,
        called: Vec::new(),
    }
}

fn made(run: &mut Mkinitramfs, initrd: Maker) -> (Result<Made, Error>, Vec<Message>) {
    let tree = Tree::open(&run.root.clone()).unwrap();
    let mut job = crate::manifest::test_job();
    job.kernel = Some(KernelWish {
        initrd,
        ..KernelWish::default()
    });
    let kernel = Kernel {
        version: "6.1".to_owned(),
        path: "boot/vmlinuz-6.1".to_owned(),
        package: None,
    };
    let mut told = Vec::new();
    let made = make(&tree, &job, (&kernel, None), run, &mut |message| {
        told.push(message)
    });
    (made, told)
}

#[test]
fn the_trees_own_program_is_called_and_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let mut run = tools(directory.path());
    let before = fs::read_dir(directory.path()).unwrap().count();
    let (made, told) = made(&mut run, Maker::InitramfsTools);
    let made = made.unwrap();
    assert_eq!((made.initrd.packed.as_str(), told.len()), ("zstd", 0));
    assert!(members(&made.bytes).is_ok());
    assert_eq!(run.called.len(), 1);
    assert_eq!(run.called[0].arguments.last().unwrap(), "6.1");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), before);
}

#[test]
fn what_is_not_known_is_left_to_the_trees_own_program_with_a_word() {
    let directory = tempfile::tempdir().unwrap();
    let mut run = tools(directory.path());
    let (made, told) = made(&mut run, Maker::Native);
    assert_eq!(made.unwrap().initrd.made_by, Maker::InitramfsTools);
    let text = "the initial RAM disk is made by the image's own mkinitramfs: this version of \
                initramfs-tools is not known";
    assert_eq!(told, [Message::Warning(text.to_owned())]);
}

#[test]
fn each_fault_of_the_program_and_its_settings_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let mut run = tools(directory.path());
    run.code = 1;
    let error = made(&mut run, Maker::InitramfsTools).0.unwrap_err();
    let text = Failure::from(error).to_string();
    assert!(text.contains("of the kernel 6.1 could not be made by mkinitramfs: exit status 1"));
    assert!(text.ends_with("| E: no module"), "{text}");
    assert!(!directory.path().join(".formwork-initramfs").exists());

    let place = directory.path().join("etc/initramfs-tools/conf.d/own");
    fs::write(place, "MODULES=dep\n").unwrap();
    let error = made(&mut run, Maker::InitramfsTools)
        .0
        .unwrap_err()
        .to_string();
    let expected = "/etc/initramfs-tools/conf.d/own says MODULES=dep";
    assert!(error.starts_with(expected), "{error}");

    fs::write(directory.path().join("boot/config-6.1"), "").unwrap();
    let error = made(&mut run, Maker::InitramfsTools)
        .0
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("the kernel 6.1 unpacks no initial RAM disk"),
        "{error}"
    );

    fs::remove_file(directory.path().join("usr/sbin/mkinitramfs")).unwrap();
    let error = made(&mut run, Maker::Native).0.unwrap_err().to_string();
    assert!(error.contains("add the package initramfs-tools"), "{error}");
}
