use super::*;

fn wanted() -> Vec<Wanted> {
    let part = |name: &str, kind, size| Wanted {
        name: name.to_owned(),
        kind,
        size,
    };
    vec![
        part("esp", gpt::kind::EFI_SYSTEM, 3 << 20),
        part("root", gpt::kind::LINUX, (5 << 20) + 1),
    ]
}

fn seed() -> Sha256 {
    Sha256::of(b"seed")
}

#[test]
fn partitions_stand_on_mebibytes_and_the_last_takes_the_rest() {
    let table = lay_out(&wanted(), None, &seed()).unwrap();
    assert_eq!(table.sectors * SECTOR, 11 << 20);
    assert_eq!(range(&table.partitions[0]), 1 << 20..4 << 20);
    assert_eq!(range(&table.partitions[1]), 4 << 20..10 << 20);
    let table = lay_out(&wanted(), Some(64 << 20), &seed()).unwrap();
    assert_eq!(range(&table.partitions[1]), 4 << 20..63 << 20);
    let error = lay_out(&wanted(), Some(8 << 20), &seed()).unwrap_err();
    assert!(
        error.to_string().contains("3145728 bytes too many"),
        "{error}"
    );
}

#[test]
fn names_follow_from_the_seed_alone() {
    let table = lay_out(&wanted(), None, &seed()).unwrap();
    assert_eq!(table, lay_out(&wanted(), None, &seed()).unwrap());
    let other = lay_out(&wanted(), None, &Sha256::of(b"other")).unwrap();
    assert_ne!(table.disk, other.disk);
    assert_ne!(table.partitions[0].id, table.partitions[1].id);
}

#[test]
fn tables_and_blobs_are_where_they_should_be() {
    let table = lay_out(&wanted(), None, &seed()).unwrap();
    let size = table.sectors * SECTOR;
    let blob = |offset, length| Blob {
        name: "u-boot".to_owned(),
        offset,
        bytes: vec![0x5a; length],
    };
    let mut target = Target::new(vec![0; size as usize], size);
    write_table(&mut target, &table, &[blob(32 * 1024, 5000)]).unwrap();
    let bytes = target.into_place();
    assert_eq!(gpt::parse(&bytes, 1).unwrap(), table);
    assert_eq!(gpt::parse(&bytes, table.sectors - 1).unwrap(), table);
    assert_eq!(bytes[32 * 1024..][..5000], [0x5a; 5000]);
    for (offset, length, over) in [
        (8 * 1024, 10_000, "the partition table"),
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
