use super::*;
use formwork_model::documents::{ImageBoot, ImageBootPart, ImageDisk, ImagePartition};

fn file(mode: &str, digest: &str) -> Entry {
    Entry {
        kind: "file".to_owned(),
        mode: Some(mode.to_owned()),
        uid: Some(0),
        gid: Some(0),
        mtime: Some(1),
        sha256: Some(digest.to_owned()),
        ..Entry::default()
    }
}

#[test]
fn what_differs_is_told_in_words() {
    let first = file("0644", "aa");
    let table = [
        (file("0644", "aa"), "", ""),
        (file("0600", "aa"), "mode", "umask"),
        (file("0755", "aa"), "mode", "mode"),
        (
            Entry {
                uid: Some(7),
                ..file("0644", "aa")
            },
            "owner",
            "owner",
        ),
        (
            Entry {
                mtime: Some(2),
                ..file("0644", "aa")
            },
            "time",
            "time stamp",
        ),
        (file("0644", "bb"), "content", "unknown"),
        (
            Entry {
                kind: "dir".to_owned(),
                sha256: None,
                ..file("0644", "aa")
            },
            "content type",
            "another type",
        ),
    ];
    for (second, words, expected) in table {
        let found = what(Some(&first), Some(&second));
        assert_eq!(found.join(" "), words);
        if !found.is_empty() {
            let cause = why("/x", &found, (Some(&first), Some(&second)), &|| None);
            assert_eq!(cause.word, expected, "{words}");
        }
    }
    assert_eq!(what(Some(&first), None), ["first"]);
    assert_eq!(what(None, Some(&first)), ["second"]);
}

fn record(root: &str, initrd: &str) -> ImageRecord {
    let partition = |number, name: &str, mount: Option<&str>, sha256: &str| ImagePartition {
        number,
        name: name.to_owned(),
        role: name.to_owned(),
        mount: mount.map(str::to_owned),
        sha256: sha256.to_owned(),
        ..ImagePartition::default()
    };
    ImageRecord {
        disk: Some(ImageDisk {
            partitions: vec![
                partition(1, "esp", None, "e"),
                partition(2, "root", Some("/"), root),
                partition(3, "data", Some("/var"), "d"),
            ],
            ..ImageDisk::default()
        }),
        boot: Some(ImageBoot {
            parts: vec![ImageBootPart {
                name: "initrd".to_owned(),
                sha256: initrd.to_owned(),
                ..ImageBootPart::default()
            }],
            ..ImageBoot::default()
        }),
        ..ImageRecord::default()
    }
}

#[test]
fn a_path_lies_in_the_partition_that_is_mounted_nearest() {
    let record = record("r", "i");
    let table = [
        ("/etc/x", "partition 2 (root)"),
        ("/var/lib/x", "partition 3 (data)"),
        ("/var", "partition 3 (data)"),
        ("/various", "partition 2 (root)"),
    ];
    for (path, expected) in table {
        assert_eq!(place(path, Some(&record)), expected, "{path}");
    }
    assert_eq!(place("/etc/x", None), "tree");
}

#[test]
fn parts_are_named_where_the_trees_are_the_same() {
    let places = |second: &ImageRecord| {
        let found = parts(Some(&record("r", "i")), Some(second), &["disk".to_owned()]);
        let places: Vec<String> = found.into_iter().map(|one| one.place).collect();
        places
    };
    assert_eq!(places(&record("r", "other")), ["initrd"]);
    assert_eq!(places(&record("other", "i")), ["partition 2 (root)"]);
    assert_eq!(places(&record("r", "i")), ["disk"]);
}
