use std::io;
use std::path::Path;
use std::process::Command;

use formwork_format::ebg::{self, Environment};
use formwork_format::{fat, uki};
use formwork_model::layout::{Boot, Loader};

use super::*;
use crate::tree::tests::archive_of;

const MEBIBYTE: u64 = 1 << 20;

/// A tree as a script makes it.
fn tree() -> Vec<u8> {
    archive_of(
        "mkdir -p tree/etc tree/usr/lib tree/var/lib/x
         printf 'ID=debian\\n' > tree/usr/lib/os-release
         ln -s ../usr/lib/os-release tree/etc/os-release
         head -c 3000000 /dev/urandom > tree/usr/lib/large
         echo state > tree/var/lib/x/state",
    )
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

fn partition(name: &str, role: Role, filesystem: FileSystem) -> Partition {
    Partition {
        name: name.to_owned(),
        role,
        filesystem: Some(filesystem),
        label: None,
        size: None,
        free: 0,
        packing: None,
        mount: (role == Role::Root).then(|| "/".to_owned()),
        options: Vec::new(),
        at: String::new(),
    }
}

fn layout(root: FileSystem) -> Layout {
    Layout {
        boot: Some(Boot {
            loader: Loader::Uki,
            kernel: None,
            initrd: Default::default(),
            command_line: vec!["quiet".to_owned()],
            watchdog: 0,
            at: String::new(),
        }),
        partitions: vec![
            partition("esp", Role::Esp, FileSystem::Vfat),
            partition("root", Role::Root, root),
        ],
        ..Layout::default()
    }
}

fn part<'a>(path: &'a str, bytes: &'a [u8]) -> Part<'a> {
    Part {
        package: None,
        path,
        bytes,
    }
}

/// Makes a disk of the layout in memory.
fn made(layout: &Layout, blobs: &[Blob<'_>]) -> Result<MadeDisk<Vec<u8>>, ImageError> {
    let (archive, stub) = (tree_once(), stub());
    let tree = Tree::open(archive)?;
    let order = DiskOrder {
        layout,
        tree: &tree,
        kernel: Some(Kernel {
            version: "6.1.0-1",
            part: part("boot/vmlinuz-6.1.0-1", b"kernel"),
        }),
        initrd: Some(part("initrd", b"initrd")),
        stub: Some(part("usr/lib/stub", &stub)),
        loader: Some(part("usr/lib/loader", b"loader")),
        blobs,
        seed: Sha256::of(b"seed"),
        time: 1_700_000_000,
        architecture: "amd64",
        aids: Aids::default(),
    };
    disk(&order, |_| Ok(Vec::new()))
}

/// The tree has random bytes, which must be the same for a whole test.
fn tree_once() -> &'static [u8] {
    static TREE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    TREE.get_or_init(tree)
}

fn run(program: &str, arguments: &[&str], image: &Path) -> String {
    let output = Command::new(program)
        .args(arguments)
        .arg(image)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {text}{errors}");
    text
}

fn slice<'a>(disk: &'a [u8], partition: &ImagePartition) -> &'a [u8] {
    &disk[partition.start as usize..][..partition.size as usize]
}

#[test]
fn the_usual_tools_accept_every_part_of_a_disk() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("image");
    for (kind, check) in [
        (FileSystem::Ext4, ("/usr/sbin/e2fsck", &["-f", "-n"][..])),
        (
            FileSystem::Squashfs,
            ("unsquashfs", &["-quiet", "-lls"][..]),
        ),
        (FileSystem::Erofs, ("fsck.erofs", &["-d1"][..])),
    ] {
        let made = made(&layout(kind), &[]).unwrap();
        assert_eq!(made.place.len() as u64, made.disk.size);
        assert_eq!(Sha256::of(&made.place).to_string(), made.disk.sha256);
        std::fs::write(&path, &made.place).unwrap();
        let text = run("/usr/sbin/sgdisk", &["-v"], &path);
        assert!(text.contains("No problems found"), "{text}");
        let text = run("/usr/sbin/sgdisk", &["-i", "2"], &path);
        assert!(text.contains("Linux x86-64 root"), "{text}");
        let [esp, root] = &made.disk.partitions[..] else {
            panic!("two partitions");
        };
        assert!(text.to_lowercase().contains(&root.guid), "{text}");
        for partition in [esp, root] {
            let bytes = slice(&made.place, partition);
            assert_eq!(Sha256::of(bytes).to_string(), partition.sha256);
        }
        std::fs::write(&path, slice(&made.place, esp)).unwrap();
        run("/usr/sbin/fsck.fat", &["-n"], &path);
        std::fs::write(&path, slice(&made.place, root)).unwrap();
        run(check.0, check.1, &path);
    }
}

#[test]
fn firmware_finds_a_kernel_that_knows_its_root() {
    let made = made(&layout(FileSystem::Erofs), &[]).unwrap();
    let [esp, root] = &made.disk.partitions[..] else {
        panic!("two partitions");
    };
    let volume = fat::read(slice(&made.place, esp)).unwrap();
    let entry = volume.find("EFI/BOOT/BOOTX64.EFI").unwrap();
    let uki = volume.content(&entry).unwrap();
    let line = format!(
        "root=PARTUUID={} rootfstype=erofs ro console=tty0 console=ttyS0,115200 quiet",
        root.guid
    );
    let parts = uki::read(&uki).unwrap();
    assert_eq!(parts.command_line, line);
    assert_eq!(parts.release, Some(&b"ID=debian\n"[..]));
    assert_eq!(
        (parts.kernel, parts.initrd),
        (&b"kernel"[..], Some(&b"initrd"[..]))
    );
    assert_eq!(parts.version.as_deref(), Some("6.1.0-1"));
    let boot = made.boot.unwrap();
    assert_eq!(boot.command_line, line);
    let names: Vec<&str> = boot.parts.iter().map(|part| &*part.name).collect();
    assert_eq!(names, ["kernel", "initrd", "stub", "uki"]);
    assert_eq!(boot.parts[3].sha256, Sha256::of(&uki).to_string());
    assert_eq!(root.guid, partition_uuid(&Sha256::of(b"seed"), "root"));
}

#[test]
fn efi_boot_guard_finds_its_two_configurations() {
    let mut layout = layout(FileSystem::Erofs);
    let boot = layout.boot.as_mut().unwrap();
    (boot.loader, boot.watchdog) = (Loader::EfiBootGuard, 40);
    for (index, name) in ["boot0", "boot1"].into_iter().enumerate() {
        let mut config = partition(name, Role::Config, FileSystem::Vfat);
        config.size = Some(32 * MEBIBYTE);
        layout.partitions.insert(1 + index, config);
    }
    let made = made(&layout, &[]).unwrap();
    let esp = fat::read(slice(&made.place, &made.disk.partitions[0])).unwrap();
    let loader = esp.find("EFI/BOOT/BOOTX64.EFI").unwrap();
    assert_eq!(esp.content(&loader).unwrap(), b"loader");
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("image");
    for (index, revision) in [(1, 2), (2, 1)] {
        let config = &made.disk.partitions[index];
        assert_eq!(config.kind, "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7");
        std::fs::write(&path, slice(&made.place, config)).unwrap();
        run("/usr/sbin/fsck.fat", &["-n"], &path);
        let volume = fat::read(slice(&made.place, config)).unwrap();
        let content = |name| volume.content(&volume.find(name).unwrap()).unwrap();
        let environment = Environment::decode(&content("BGENV.DAT")).unwrap();
        assert_eq!(environment.revision, revision);
        assert_eq!(environment.watchdog, 40);
        let number = index - 1;
        assert_eq!(environment.kernel, format!("C:BOOT{number}:linux.efi"));
        assert_eq!(content("EFILABEL"), ebg::label(&format!("BOOT{number}")));
        assert_eq!(volume.find("linux.efi").is_ok(), index == 1);
    }
    let names: Vec<String> = made
        .boot
        .unwrap()
        .parts
        .into_iter()
        .map(|part| part.name)
        .collect();
    assert_eq!(names, ["kernel", "initrd", "stub", "uki", "loader"]);
}

#[test]
fn the_stub_of_efi_boot_guard_gets_the_sections_that_it_looks_for() {
    let mut stub = stub();
    let mark = ebg::label("Unified kernel stub (EFI Boot Guard %s)");
    stub[1024..1024 + mark.len()].copy_from_slice(&mark);
    let program = crate::uki::build(&crate::uki::Parts {
        stub: &stub,
        release: b"ID=debian",
        command_line: "quiet root=ä",
        version: "6.1",
        initrd: b"initrd",
        kernel: b"kernel",
    });
    let program = program.unwrap();
    let sections = formwork_format::pe::sections(&program).unwrap();
    let names: Vec<&str> = sections.iter().map(|section| &*section.name).collect();
    assert_eq!(names, [".text", ".cmdline", ".initrd", ".kernel"]);
    let line = formwork_format::pe::content(&program, &sections[1]).unwrap();
    assert_eq!(line, [ebg::label("quiet root=ä"), vec![0, 0]].concat());
    let parts = uki::read(&program).unwrap();
    assert_eq!(
        (parts.command_line.as_str(), parts.kernel),
        ("quiet root=ä", &b"kernel"[..])
    );
}

#[test]
fn the_last_partition_takes_the_rest_of_a_disk_of_known_size() {
    let mut layout = layout(FileSystem::Ext4);
    layout.size = Some(100 * MEBIBYTE + 512);
    layout.block_map = true;
    let made = made(&layout, &[]).unwrap();
    let root = &made.disk.partitions[1];
    assert_eq!(made.disk.size, 100 * MEBIBYTE + 512);
    assert_eq!(root.start + root.size, 99 * MEBIBYTE);
    let filesystem = root.filesystem.as_ref().unwrap();
    assert_eq!(filesystem.size, root.size);
    assert!(
        (7 * MEBIBYTE..12 * MEBIBYTE).contains(&filesystem.used),
        "{filesystem:?}"
    );
    let map = made.map.unwrap();
    let (_, count) = map.split_once("<MappedBlocksCount>").unwrap();
    let written: u64 = count[..count.find('<').unwrap()].parse().unwrap();
    assert!(written * 4096 < 10 * MEBIBYTE, "{written} blocks");
    check_map(&map, &made.place, &made.disk.partitions);
}

/// The ranges of a map have the digests that they tell, hold all that is not zero, and end where
/// a partition begins or ends.
fn check_map(map: &str, image: &[u8], partitions: &[ImagePartition]) {
    let mut end = 0;
    let ranges = map.lines().filter_map(|line| line.split_once("chksum=\""));
    for (_, range) in ranges {
        let (sha256, range) = range.split_once("\">").unwrap();
        let (range, _) = range.split_once('<').unwrap();
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
        let (from, to) = (first * 4096, ((last + 1) * 4096).min(image.len()));
        assert_eq!(Sha256::of(&image[from..to]).to_string(), sha256, "{range}");
        assert!(image[end..from].iter().all(|byte| *byte == 0), "{range}");
        for bound in partitions
            .iter()
            .flat_map(|one| [one.start, one.start + one.size])
        {
            let bound = usize::try_from(bound).unwrap();
            assert!(bound <= from || bound >= to, "{range} {bound}");
        }
        end = to;
    }
    assert!(end > 0 && image[end..].iter().all(|byte| *byte == 0));
}

#[test]
fn what_a_partition_holds_is_not_on_the_root() {
    let mut layout = layout(FileSystem::Ext4);
    let mut var = partition("var", Role::Data, FileSystem::Squashfs);
    var.mount = Some("/var".to_owned());
    let mut bare = partition("data", Role::Data, FileSystem::Ext4);
    bare.size = Some(32 * MEBIBYTE);
    let mut empty = partition("spare", Role::Data, FileSystem::Ext4);
    (empty.filesystem, empty.size) = (None, Some(3 * MEBIBYTE - 1));
    layout.partitions.extend([var, bare, empty]);
    let made = made(&layout, &[]).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("image");
    std::fs::write(&path, slice(&made.place, &made.disk.partitions[2])).unwrap();
    let text = run("unsquashfs", &["-quiet", "-l"], &path);
    assert!(text.contains("squashfs-root/lib/x/state"), "{text}");
    std::fs::write(&path, slice(&made.place, &made.disk.partitions[1])).unwrap();
    let text = run("/usr/sbin/debugfs", &["-R", "ls -p /var"], &path);
    assert!(!text.contains("/lib/"), "{text}");
    std::fs::write(&path, slice(&made.place, &made.disk.partitions[3])).unwrap();
    run("/usr/sbin/e2fsck", &["-f", "-n"], &path);
    let spare = &made.disk.partitions[4];
    assert_eq!((spare.size, &spare.filesystem), (3 * MEBIBYTE, &None));
}

#[test]
fn blobs_are_recorded_and_overlaps_refused() {
    let blob = |offset| Blob {
        name: "u-boot",
        offset,
        bytes: b"boot loader",
    };
    let made_disk = made(&layout(FileSystem::Erofs), &[blob(32 * 1024)]).unwrap();
    assert_eq!(&made_disk.place[32 * 1024..][..11], b"boot loader");
    let recorded = &made_disk.disk.blobs[0];
    assert_eq!((recorded.offset, recorded.size), (32 * 1024, 11));
    let error = made(&layout(FileSystem::Erofs), &[blob(MEBIBYTE - 1)]).unwrap_err();
    assert!(error.to_string().contains("partition esp"), "{error}");
}

#[test]
fn what_is_too_large_says_by_how_much_and_what_takes_the_room() {
    for kind in [FileSystem::Ext4, FileSystem::Squashfs, FileSystem::Erofs] {
        let mut layout = layout(kind);
        layout.partitions[1].size = Some(2 * MEBIBYTE);
        let error = made(&layout, &[]).unwrap_err();
        let text = error.to_string();
        let ImageError::TooLarge(error) = error else {
            panic!("{text}");
        };
        assert_eq!((&*error.partition, error.size), ("root", 2 * MEBIBYTE));
        assert!(error.needed > 3_000_000, "{text}");
        assert_eq!(error.largest[0], ("usr/lib".to_owned(), 3_000_010));
        assert!(text.contains("usr/lib (2930 KiB)"), "{text}");
    }
    // Less than is reckoned at first, and enough.
    let mut narrow = layout(FileSystem::Ext4);
    narrow.partitions[1].size = Some(17 * MEBIBYTE);
    assert_eq!(
        made(&narrow, &[]).unwrap().disk.partitions[1].size,
        17 * MEBIBYTE
    );
    let mut layout = layout(FileSystem::Erofs);
    layout.size = Some(10 * MEBIBYTE);
    let error = made(&layout, &[]).unwrap_err().to_string();
    assert!(
        error.starts_with("the partitions take 39 MiB and the disk has"),
        "{error}"
    );
}

#[test]
fn what_is_missing_is_named() {
    let mut layout = layout(FileSystem::Erofs);
    layout.boot.as_mut().unwrap().loader = Loader::None;
    layout.partitions.remove(0);
    let disk = made(&layout, &[]).unwrap();
    let boot = disk.boot.unwrap();
    assert_eq!((boot.loader.as_str(), boot.parts.len()), ("none", 2));
    let tree = Tree::open(tree_once()).unwrap();
    let order = DiskOrder {
        layout: &layout,
        tree: &tree,
        kernel: None,
        initrd: None,
        stub: None,
        loader: None,
        blobs: &[],
        seed: Sha256::of(b"seed"),
        time: 0,
        architecture: "amd64",
        aids: Aids::default(),
    };
    let error = super::disk(&order, |_| Ok(Vec::new())).unwrap_err();
    assert!(error.to_string().contains("no kernel"), "{error}");
    let nothing_boots = Layout {
        boot: None,
        ..layout.clone()
    };
    let order = DiskOrder {
        layout: &nothing_boots,
        ..order
    };
    assert!(
        super::disk(&order, |_| Ok(Vec::new()))
            .unwrap()
            .boot
            .is_none()
    );
}

#[test]
fn a_file_system_stands_alone_too() {
    let tree = Tree::open(tree_once()).unwrap();
    let layout = layout(FileSystem::Ext4);
    for kind in [FileSystem::Ext4, FileSystem::Squashfs, FileSystem::Erofs] {
        let order = FileSystemOrder {
            kind,
            layout: &layout,
            tree: &tree,
            seed: Sha256::of(b"seed"),
            time: 1_700_000_000,
            aids: Aids::default(),
        };
        let made = file_system(&order, |_| Ok(Vec::new())).unwrap();
        assert_eq!(made.record.kind, kind.as_str());
        assert_eq!(made.record.size, made.place.len() as u64);
        assert_eq!(Sha256::of(&made.place), made.sha256);
    }
}

/// A place on a full disk.
#[derive(Debug)]
struct Full;

impl Place for Full {
    fn write_at(&mut self, _offset: u64, _bytes: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn read_at(&self, _offset: u64, _buffer: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::UnexpectedEof.into())
    }

    fn set_size(&mut self, _size: u64) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_is_told_apart() {
    let tree = Tree::open(tree_once()).unwrap();
    let layout = layout(FileSystem::Ext4);
    for kind in [FileSystem::Ext4, FileSystem::Squashfs, FileSystem::Erofs] {
        let order = FileSystemOrder {
            kind,
            layout: &layout,
            tree: &tree,
            seed: Sha256::of(b"seed"),
            time: 0,
            aids: Aids::default(),
        };
        let error = file_system(&order, |_| Ok(Full)).unwrap_err();
        assert!(error.is_disk_full(), "{error}");
    }
    assert!(!ImageError::Missing("kernel").is_disk_full());
}
