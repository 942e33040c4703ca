//! Disks with EFI Boot Guard and without, with one damage each.

use formwork_format::ebg::State;
use formwork_format::fat::{File, Kind, Options};
use formwork_format::pe;
use formwork_model::documents::{ImageBoot, ImageBootPart, ImageDisk, ImagePartition};

use super::*;

const MEBIBYTE: u64 = 1 << 20;
const SIZE: u64 = 8 * MEBIBYTE;

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

fn unified(kernel: &[u8], line: &str) -> Vec<u8> {
    let sections: [(&str, &[u8]); 4] = [
        (".cmdline", line.as_bytes()),
        (".uname", b"6.1"),
        (".initrd", b"initrd"),
        (".linux", kernel),
    ];
    pe::append(&stub(), &sections).expect("a program")
}

fn environment(kernel: &str) -> Vec<u8> {
    let environment = Environment {
        kernel: kernel.to_owned(),
        parameters: String::new(),
        in_progress: false,
        state: State::Ok,
        watchdog: 0,
        revision: 1,
    };
    environment.encode().expect("an environment")
}

fn volume(files: &[(&str, &[u8])]) -> Vec<u8> {
    let options = Options {
        kind: Kind::Fat16,
        size: SIZE,
        cluster: 512,
        id: 1,
        label: "X".to_owned(),
        time: 0,
    };
    let files: Vec<File<'_>> = files
        .iter()
        .map(|(path, content)| File { path, content })
        .collect();
    let mut bytes = std::io::Cursor::new(Vec::new());
    fat::write(&mut bytes, &options, &files).expect("a file system");
    let mut bytes = bytes.into_inner();
    bytes.resize(SIZE as usize, 0);
    bytes
}

fn part(name: &str, path: &str, bytes: &[u8]) -> ImageBootPart {
    ImageBootPart {
        name: name.to_owned(),
        path: path.to_owned(),
        sha256: Sha256::of(bytes).to_string(),
        ..ImageBootPart::default()
    }
}

/// What differs on a disk of these partitions, as `WHERE: WHAT`.
fn found(loader: &str, partitions: &[(&str, Vec<u8>)]) -> Vec<String> {
    let image = unified(b"kernel", "ro quiet");
    let path = if loader == "uki" {
        "/EFI/BOOT/BOOTX64.EFI"
    } else {
        "/linux.efi"
    };
    let mut parts_of = vec![
        part("kernel", "/boot/vmlinuz-6.1", b"kernel"),
        part("initrd", "initrd", b"initrd"),
        part("uki", path, &image),
    ];
    if loader == "efibootguard" {
        parts_of.push(part("loader", "/usr/lib/loader.efi", b"loader"));
    }
    let boot = ImageBoot {
        loader: loader.to_owned(),
        kernel_version: "6.1".to_owned(),
        command_line: "ro quiet".to_owned(),
        parts: parts_of,
    };
    let numbered = partitions.iter().zip(1_u32..);
    let disk = ImageDisk {
        partitions: numbered
            .map(|((name, _), number)| ImagePartition {
                number,
                name: (*name).to_owned(),
                role: if *name == "esp" { "esp" } else { "config" }.to_owned(),
                start: u64::from(number - 1) * SIZE,
                size: SIZE,
                ..ImagePartition::default()
            })
            .collect(),
        ..ImageDisk::default()
    };
    let bytes: Vec<u8> = partitions
        .iter()
        .flat_map(|(_, bytes)| bytes.clone())
        .collect();
    let read = |start: u64, length: u64| {
        let part = bytes.get(start as usize..(start + length) as usize)?;
        Some(part.to_vec())
    };
    let differences = parts(&disk, &boot, &read).into_iter();
    differences
        .map(|one| format!("{}: {}", one.place, one.what))
        .collect()
}

#[test]
fn a_unified_kernel_image_is_taken_apart() {
    let path = "EFI/BOOT/BOOTX64.EFI";
    let place = format!("partition 1 (esp), /{path}");
    let esp = |bytes: &[u8]| vec![("esp", volume(&[(path, bytes)]))];
    assert_eq!(
        found("uki", &esp(&unified(b"kernel", "ro quiet"))),
        Vec::<String>::new()
    );
    let table = [
        (
            unified(b"another", "ro quiet"),
            vec![
                format!("{place}: sha256"),
                format!("{place}, kernel: sha256"),
            ],
        ),
        (
            unified(b"kernel", "rw init=/bin/sh"),
            vec![format!("{place}: sha256"), format!("{place}: command line")],
        ),
        (
            b"no program".to_vec(),
            vec![
                format!("{place}: sha256"),
                format!("{place}: unified kernel image"),
            ],
        ),
    ];
    for (bytes, expected) in table {
        assert_eq!(found("uki", &esp(&bytes)), expected);
    }
    let missing = found("uki", &[("esp", volume(&[("EFI/OTHER", b"")]))]);
    assert_eq!(missing, [format!("partition 1 (esp): /{path}")]);
    let none = found("uki", &[("esp", vec![0; SIZE as usize])]);
    assert_eq!(none, ["partition 1 (esp): file system"]);
    assert_eq!(
        found("uki", &[("esp", vec![0; 512])]),
        ["partition 1 (esp): file system"]
    );
}

#[test]
fn efi_boot_guard_and_what_it_starts_are_compared() {
    let image = unified(b"kernel", "ro quiet");
    let good = environment("C:BOOT0:linux.efi");
    let disk = |loader: &[u8], kernel: &[u8], first: &[u8], second: &[u8]| {
        vec![
            ("esp", volume(&[("EFI/BOOT/BOOTX64.EFI", loader)])),
            (
                "boot0",
                volume(&[("BGENV.DAT", first), ("linux.efi", kernel)]),
            ),
            ("boot1", volume(&[("BGENV.DAT", second)])),
        ]
    };
    let found = |disk: Vec<(&str, Vec<u8>)>| found("efibootguard", &disk);
    assert_eq!(
        found(disk(b"loader", &image, &good, &good)),
        Vec::<String>::new()
    );
    let expected = ["partition 1 (esp), /EFI/BOOT/BOOTX64.EFI: sha256"];
    assert_eq!(found(disk(b"loaded", &image, &good, &good)), expected);
    let mut flipped = good.clone();
    flipped[20] ^= 1;
    let expected = ["partition 3 (boot1), /BGENV.DAT: content"];
    assert_eq!(found(disk(b"loader", &image, &good, &flipped)), expected);
    let other = environment("C:BOOT0:other.efi");
    let expected = ["partition 2 (boot0), /BGENV.DAT: kernel"];
    assert_eq!(found(disk(b"loader", &image, &other, &good)), expected);
    let kernel = unified(b"another", "ro quiet");
    let expected = [
        "partition 2 (boot0), /linux.efi: sha256",
        "partition 2 (boot0), /linux.efi, kernel: sha256",
    ];
    assert_eq!(found(disk(b"loader", &kernel, &good, &good)), expected);
}

#[test]
fn what_lies_beside_a_disk_is_compared_with_its_record() {
    let mut boot = ImageBoot {
        loader: "none".to_owned(),
        parts: vec![part("kernel", "/boot/vmlinuz", b"kernel")],
        ..ImageBoot::default()
    };
    let of = |bytes: &'static [u8]| move |_: &str| Some(Sha256::of(bytes).to_string());
    assert_eq!(beside(&boot, &of(b"kernel")), []);
    assert_eq!(beside(&boot, &|_| None), []);
    assert_eq!(beside(&boot, &of(b"another"))[0].place, "kernel");
    "uki".clone_into(&mut boot.loader);
    assert_eq!(beside(&boot, &of(b"another")), []);
}
