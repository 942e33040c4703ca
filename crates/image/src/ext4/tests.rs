use std::process::Command;

use mkext4::sink::VecSink;

use super::*;
use crate::tree::tests::archive;

fn image(tree: &Tree<'_>) -> Vec<u8> {
    let options = Options {
        size: size_for(tree, 4 << 20),
        id: [0x42; 16],
        label: "root".to_owned(),
        time: 1_700_000_000,
    };
    let mut sink = VecSink::default();
    write(&mut sink, tree, &options, &Aids::default()).unwrap();
    assert_eq!(sink.buf.len() as u64, options.size);
    sink.buf
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
    let fsck = Command::new("/usr/sbin/e2fsck")
        .arg("-fn")
        .arg(&path)
        .output()
        .unwrap();
    assert!(
        fsck.status.success(),
        "{}",
        String::from_utf8_lossy(&fsck.stdout)
    );
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
fn a_tree_that_does_not_fit_is_an_error() {
    let archive = archive();
    let tree = Tree::open(&archive).unwrap();
    let options = Options {
        size: 1 << 20,
        id: [1; 16],
        label: String::new(),
        time: 0,
    };
    assert!(write(VecSink::default(), &tree, &options, &Aids::default()).is_err());
}
