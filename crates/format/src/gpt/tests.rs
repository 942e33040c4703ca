use std::process::Command;

use super::*;

fn table() -> Table {
    let partition = |kind, id, first, last, name: &str| Partition {
        kind,
        id: Guid::from_bytes([id; 16]),
        first,
        last,
        attributes: 0,
        name: name.to_owned(),
    };
    Table {
        disk: Guid::from_bytes([7; 16]),
        sectors: 20_480,
        partitions: vec![
            partition(kind::EFI_SYSTEM, 1, 2048, 4095, "esp"),
            partition(kind::LINUX, 2, 4096, 18_431, "root"),
        ],
    }
}

fn disk(table: &Table) -> Vec<u8> {
    let mut bytes = table.primary().unwrap();
    let backup = table.backup().unwrap();
    bytes.resize((table.sectors * SECTOR) as usize - backup.len(), 0);
    bytes.extend(backup);
    bytes
}

#[test]
fn both_tables_read_back() {
    let bytes = disk(&table());
    assert_eq!(parse(&bytes, 1).unwrap(), table());
    assert_eq!(parse(&bytes, 20_479).unwrap(), table());
}

#[test]
fn entries_may_lie_elsewhere() {
    let (head, entries) = table().primary_apart(2016).unwrap();
    assert_eq!((head.len(), entries.len()), (1024, 32 * 512));
    let mut bytes = disk(&table());
    bytes[1024..34 * 512].fill(0xff);
    let backup = table().backup_apart(2016).unwrap();
    let end = bytes.len() - backup.len();
    bytes[end..].copy_from_slice(&backup);
    bytes[..1024].copy_from_slice(&head);
    bytes[2016 * 512..2048 * 512].copy_from_slice(&entries);
    assert_eq!(parse(&bytes, 1).unwrap(), table());
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("disk");
    std::fs::write(&path, bytes).unwrap();
    let output = Command::new("/usr/sbin/sgdisk")
        .arg("-v")
        .arg(&path)
        .output();
    let text = String::from_utf8_lossy(&output.unwrap().stdout).into_owned();
    assert!(text.contains("No problems found"), "{text}");
    assert!(
        table().primary_apart(2017).is_err(),
        "the first partition begins at 2048"
    );
}

#[test]
fn a_flipped_bit_is_noticed() {
    let bytes = disk(&table());
    for at in [512 + 60, 1024 + 130, 512] {
        let mut broken = bytes.clone();
        broken[at] ^= 1;
        assert!(parse(&broken, 1).is_err(), "{at}");
    }
    assert!(parse(&bytes[..600], 1).is_err());
}

#[test]
fn partitions_that_cannot_be_are_refused() {
    let with = |change: fn(&mut Table)| {
        let mut table = table();
        change(&mut table);
        table.primary().unwrap_err().to_string()
    };
    assert!(with(|table| table.partitions[1].first = 4000).contains("overlap"));
    assert!(with(|table| table.partitions[1].last = 20_450).contains("within"));
    assert!(with(|table| table.partitions[0].name = "x".repeat(37)).contains("longer"));
    assert!(with(|table| table.sectors = 40).contains("no room"));
}

#[test]
fn sgdisk_is_content() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("disk");
    std::fs::write(&path, disk(&table())).unwrap();
    let output = Command::new("/usr/sbin/sgdisk")
        .arg("-v")
        .arg(&path)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("No problems found"), "{text}");
    let output = Command::new("/usr/sbin/sgdisk")
        .arg("-p")
        .arg(&path)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        text.contains("EF00  esp") && text.contains("8300  root"),
        "{text}"
    );
}
