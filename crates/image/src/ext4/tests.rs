mod differential;
mod reference;

use std::path::Path;
use std::process::Command;

use formwork_deb::container::tar;

use super::*;
use crate::target::Target;
use crate::tree::tests::archive;

fn image(tree: &Tree<'_>) -> Vec<u8> {
    let options = Options {
        size: size_for(tree, 4 << 20),
        id: [0x42; 16],
        label: "root".to_owned(),
        time: 1_700_000_000,
    };
    let mut target = Target::new(vec![0; options.size as usize], options.size);
    let section = target.section(0..options.size).unwrap();
    write(section, tree, &options, &Aids::default()).unwrap();
    target.into_place()
}

fn check(path: &Path) {
    let fsck = Command::new("/usr/sbin/e2fsck")
        .arg("-fn")
        .arg(path)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&fsck.stdout);
    assert!(fsck.status.success(), "{text}");
}

/// A file or directory of an archive, with any bytes in its name.
fn entry(path: &[u8], kind: tar::Kind) -> tar::Entry {
    tar::Entry {
        mode: 0o755,
        modified: 1,
        ..tar::Entry::new(path.to_vec(), kind)
    }
}

#[test]
fn names_may_have_any_bytes() {
    let mut archive = tar::Writer::new(Vec::new());
    let mut add = |path: &[u8], kind| archive.append(&entry(path, kind), &mut &[][..]).unwrap();
    add(b"./", tar::Kind::Directory);
    for number in 0..500_u32 {
        let name = [b"./\xe4\xff", number.to_string().as_bytes()].concat();
        add(&name, tar::Kind::File);
    }
    let archive = archive.finish().unwrap();
    let bytes = image(&Tree::open(&archive).unwrap());
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("image");
    std::fs::write(&path, bytes).unwrap();
    check(&path);
}

#[test]
fn fsck_is_content_and_debugfs_finds_the_files() {
    let archive = archive();
    let tree = Tree::open(&archive).unwrap();
    let bytes = image(&tree);
    assert!(bytes == image(&tree), "not the same bytes twice");
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("image");
    std::fs::write(&path, bytes).unwrap();
    check(&path);
    let debugfs = |request: &str| {
        let output = Command::new("/usr/sbin/debugfs")
            .args(["-R", request])
            .arg(&path)
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert_eq!(debugfs("cat /etc/hostname"), "gateway\n");
    let stat = debugfs("stat /usr/bin/hard");
    assert!(
        stat.contains("Mode:  04755") && stat.contains("Links: 2"),
        "{stat}"
    );
    assert!(stat.contains("User:     7   Group:     8"), "{stat}");
    assert_eq!(
        debugfs("cat /numbers").as_bytes(),
        tree.file("numbers").unwrap()
    );
}

#[test]
fn what_ext4_cannot_hold_is_an_error() {
    let archive = archive();
    let tree = Tree::open(&archive).unwrap();
    let fits = Options {
        size: size_for(&tree, 0),
        id: [1; 16],
        label: "sixteen letters.".to_owned(),
        time: u32::MAX.into(),
    };
    let message = |options: &Options| {
        let mut target = Target::new(vec![0; fits.size as usize], fits.size);
        let section = target.section(0..fits.size).unwrap();
        let made = write(section, &tree, options, &Aids::default());
        made.map_err(|error| error.to_string()).err()
    };
    assert_eq!(message(&fits), None);
    for (options, expected) in [
        (
            Options {
                size: 1 << 20,
                ..fits.clone()
            },
            "the ext4 file system cannot be made: 1048576 bytes: it must have whole blocks of 4 \
             KiB, 16 MiB at least and less than 16 TiB",
        ),
        (
            Options {
                label: "seventeen letters".to_owned(),
                ..fits.clone()
            },
            "the label seventeen letters has more than 16 bytes",
        ),
        (
            Options {
                time: -1,
                ..fits.clone()
            },
            "the time -1 is not one of the years 1970 to 2106",
        ),
    ] {
        assert_eq!(message(&options).as_deref(), Some(expected));
    }
}

#[test]
fn the_directory_of_repairs_is_not_the_tree_s() {
    let mut archive = tar::Writer::new(Vec::new());
    for path in [&b"./"[..], b"./lost+found"] {
        let directory = entry(path, tar::Kind::Directory);
        archive.append(&directory, &mut &[][..]).unwrap();
    }
    let archive = archive.finish().unwrap();
    let refused = needed(&Tree::open(&archive).unwrap()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "/lost+found: ext4 cannot hold it: the file system makes that directory itself; leave it \
         out of the tree"
    );
}
