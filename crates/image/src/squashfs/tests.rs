use std::io::Cursor;
use std::process::Command;

use super::*;
use crate::tree::tests::archive;

fn image(tree: &Tree<'_>, packer: Packer) -> Vec<u8> {
    let options = Options {
        packer,
        block_size: 128 * 1024,
        time: 1_700_000_000,
    };
    let mut out = Cursor::new(Vec::new());
    let size = write(&mut out, tree, &options, &Aids::default()).unwrap();
    assert_eq!(out.get_ref().len() as u64, size);
    out.into_inner()
}

#[test]
fn unsquashfs_finds_the_files_however_they_are_packed() {
    let archive = archive();
    let tree = Tree::open(&archive).unwrap();
    for packer in [
        Packer::Zstd(3),
        Packer::Xz(3),
        Packer::Zlib(6),
        Packer::Lz4(4),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("image");
        let bytes = image(&tree, packer);
        // Two equal files of 588,895 bytes and a million zeroes take no more than one.
        assert!(bytes.len() < 450_000, "{packer:?}: {}", bytes.len());
        std::fs::write(&path, bytes).unwrap();
        let out = directory.path().join("out");
        let output = Command::new("unsquashfs")
            .args(["-quiet", "-no-progress", "-ignore-errors", "-d"])
            .arg(&out)
            .arg(&path)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{packer:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        for (index, node) in tree.nodes().nodes().iter().enumerate() {
            if matches!(node.kind, Kind::File(_)) {
                let name = String::from_utf8(node.path.clone()).unwrap();
                assert!(
                    std::fs::read(out.join(&name)).unwrap() == tree.content(index),
                    "{packer:?}: {name}"
                );
            }
        }
    }
}

#[test]
fn one_core_and_many_make_the_same_bytes() {
    let archive = archive();
    let tree = Tree::open(&archive).unwrap();
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| image(&tree, Packer::Zstd(3)))
    };
    assert!(with(1) == with(7));
}
