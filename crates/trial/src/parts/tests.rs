//! Disks as small as they can be, whole and broken.

use super::*;
use formwork_format::gpt::Table;
use formwork_format::{ebg, pe};

/// A UEFI program that holds nothing but room for sections.
fn stub() -> Vec<u8> {
    let mut bytes = vec![0; 1024];
    bytes[..2].copy_from_slice(b"MZ");
    bytes[60] = 0x80;
    bytes[0x80..0x84].copy_from_slice(b"PE\0\0");
    // The size of the optional header, its kind, both alignments, and the size of all headers.
    for (at, value) in [
        (0x94, 240_u32),
        (0x98, 0x20b),
        (0xb8, 4096),
        (0xbc, 512),
        (0xd4, 1024),
    ] {
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    bytes
}

fn program(names: [&str; 3]) -> Vec<u8> {
    program_with(names, b"root=/dev/vda2 ro\n")
}

fn program_with(names: [&str; 3], command_line: &[u8]) -> Vec<u8> {
    let contents: [&[u8]; 3] = [command_line, b"initrd", b"kernel"];
    let sections: Vec<(&str, &[u8])> = names.into_iter().zip(contents).collect();
    pe::append(&stub(), &sections).unwrap()
}

/// A disk with one partition of this kind that holds these files.
fn disk(kind: Guid, files: &[(&str, &[u8])]) -> tempfile::NamedTempFile {
    let files: Vec<fat::File<'_>> = files
        .iter()
        .map(|(path, content)| fat::File { path, content })
        .collect();
    let options = fat::Options {
        kind: fat::Kind::Fat16,
        size: 4 << 20,
        cluster: 512,
        id: 1,
        label: "ESP".to_owned(),
        time: 1 << 30,
    };
    let mut content = Vec::new();
    fat::write(&mut content, &options, &files).unwrap();
    content.resize(4 << 20, 0);
    let partition = Partition {
        kind,
        id: Guid::from_bytes([1; 16]),
        first: 2048,
        last: 2048 + (4 << 11) - 1,
        attributes: 0,
        name: "esp".to_owned(),
    };
    let table = Table {
        disk: Guid::from_bytes([2; 16]),
        sectors: 6 << 11,
        partitions: vec![partition],
    };
    let mut bytes = table.primary().unwrap();
    bytes.resize(1 << 20, 0);
    bytes.extend(content);
    bytes.resize(6 << 20, 0);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    file
}

fn reason(result: Result<Parts, TrialError>) -> String {
    match result {
        Err(TrialError::Image { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_boots_is_found_where_the_firmware_or_the_loader_finds_it() {
    let whole = program([".cmdline", ".initrd", ".linux"]);
    let other = program([".cmdline", ".initrd", ".other"]);
    type Files<'a> = &'a [(&'a str, &'a [u8])];
    let mut line = ebg::label("root=/dev/vda2 ro");
    line.extend([0, 0]);
    let guarded = program_with([".cmdline", ".initrd", ".kernel"], &line);
    let table: [(Guid, Files<'_>); 4] = [
        (gpt::kind::EFI_SYSTEM, &[("EFI/BOOT/BOOTX64.EFI", &whole)]),
        // The loader is a program too, but holds no kernel.
        (
            gpt::kind::EFI_SYSTEM,
            &[("EFI/BOOT/A.EFI", &other), ("EFI/BOOT/B.EFI", &whole)],
        ),
        (
            gpt::kind::BASIC_DATA,
            &[("BGENV.DAT", b"BG"), ("linux.efi", &whole)],
        ),
        // The stub of EFI Boot Guard names them otherwise.
        (
            gpt::kind::BASIC_DATA,
            &[("BGENV.DAT", b"BG"), ("linux.efi", &guarded)],
        ),
    ];
    for (kind, files) in table {
        let parts = read(disk(kind, files).path()).unwrap();
        assert_eq!(parts.kernel, b"kernel");
        assert_eq!(parts.initrd, b"initrd");
        assert_eq!(parts.command_line, "root=/dev/vda2 ro");
    }
}

#[test]
fn disks_that_boot_otherwise_are_refused_with_a_reason() {
    let other = program([".cmdline", ".initrd", ".other"]);
    let files: [(&str, &[u8]); 1] = [("EFI/BOOT/BOOTX64.EFI", &other)];
    let none = reason(read(disk(gpt::kind::EFI_SYSTEM, &files).path()));
    assert_eq!(none, "there is no unified kernel image on it");
    let none = reason(read(disk(gpt::kind::LINUX, &files).path()));
    assert_eq!(none, "there is no unified kernel image on it");
    let empty = tempfile::NamedTempFile::new().unwrap();
    assert!(reason(read(empty.path())).contains("no disk that we can read"));
    let missing = read(Path::new("/nonexistent/x.img")).unwrap_err();
    assert!(
        missing.to_string().contains("/nonexistent/x.img"),
        "{missing}"
    );
}
