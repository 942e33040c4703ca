use formwork_format::gpt::{self, kind};

use super::*;

fn seed() -> Sha256 {
    Sha256::of(b"seed")
}

/// An ESP from 1 to 4 MiB and a root from 4 to 10 MiB, on a disk of 11 MiB.
fn table() -> Table {
    let part = |name: &str, kind, mebibytes: Range<u64>| Partition {
        kind,
        id: derived(&seed(), name),
        first: (mebibytes.start << 20) / SECTOR,
        last: (mebibytes.end << 20) / SECTOR - 1,
        attributes: 0,
        name: name.to_owned(),
    };
    Table {
        disk: derived(&seed(), "disk"),
        sectors: (11 << 20) / SECTOR,
        partitions: vec![
            part("esp", kind::EFI_SYSTEM, 1..4),
            part("root", kind::LINUX, 4..10),
        ],
    }
}

#[test]
fn names_follow_from_the_seed_and_what_is_named() {
    assert_eq!(derived(&seed(), "disk"), derived(&seed(), "disk"));
    assert_ne!(derived(&seed(), "disk"), derived(&seed(), "esp"));
    assert_ne!(
        derived(&seed(), "disk"),
        derived(&Sha256::of(b"other"), "disk")
    );
}

#[test]
fn tables_and_blobs_are_where_they_should_be() {
    let table = table();
    let size = table.sectors * SECTOR;
    let content = vec![0x5a; 2 << 20];
    let blob = |offset, length| Blob {
        name: "u-boot",
        offset,
        bytes: &content[..length],
    };
    let mut target = Target::new(vec![0; size as usize], size);
    write_table(&mut target, &table, &[blob(32 * 1024, 5000)]).unwrap();
    let bytes = target.into_place();
    assert_eq!(gpt::parse(&bytes, 1).unwrap(), table);
    assert_eq!(gpt::parse(&bytes, table.sectors - 1).unwrap(), table);
    assert_eq!(bytes[32 * 1024..][..5000], [0x5a; 5000]);
    let mut target = Target::new(vec![0; size as usize], size);
    write_table(&mut target, &table, &[blob(8 * 1024, 900_000)]).unwrap();
    let bytes = target.into_place();
    assert_eq!(gpt::parse(&bytes, 1).unwrap(), table);
    assert_eq!(bytes[8 * 1024..][..900_000], content[..900_000]);
    for (offset, length, over) in [
        (8 * 1024, 1_032_192, "the entries of the partition table"),
        (600, 10, "the partition table"),
        (1 << 20, 1, "partition esp"),
        (32 * 1024, 2 << 20, "partition esp"),
        (size - 1, 1, "the second partition table"),
    ] {
        let mut target = Target::new(vec![0; size as usize], size);
        let error = write_table(&mut target, &table, &[blob(offset, length)]).unwrap_err();
        assert!(error.to_string().contains(over), "{error}");
    }
    let mut target = Target::new(vec![0; size as usize], size);
    let twice = [blob(32 * 1024, 100), blob(32 * 1024 + 99, 1)];
    assert!(
        write_table(&mut target, &table, &twice)
            .unwrap_err()
            .to_string()
            .contains("u-boot")
    );
}
