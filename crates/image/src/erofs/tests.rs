use std::io::Cursor;
use std::path::Path;
use std::process::Command;

use formwork_format::guid::Guid;

use super::*;
use crate::cache::{BlockCache, USUAL_LIMIT};
use crate::tree::tests::archive;

fn image(tree: &Tree<'_>, packed: Packed, aids: &Aids<'_>) -> Vec<u8> {
    let options = Superblock {
        id: Guid::from_bytes([9; 16]),
        label: "root".to_owned(),
        time: 1_700_000_000,
    };
    let mut out = Cursor::new(Vec::new());
    let size = write(&mut out, tree, &options, packed, aids).unwrap();
    assert_eq!(out.get_ref().len() as u64, size);
    out.into_inner()
}

/// Whether the `fsck.erofs` of this machine can unpack what is packed so; that of Debian 12
/// does not know Zstandard.
fn is_known(packed: Packed) -> bool {
    let word = match packed {
        Packed::Lz4(_) => "lz4",
        Packed::Zstd(_) => "zstd",
    };
    let output = Command::new("fsck.erofs")
        .arg("--version")
        .output()
        .unwrap();
    word == "lz4" || String::from_utf8_lossy(&output.stdout).contains(word)
}

fn check(tree: &Tree<'_>, bytes: &[u8], packed: Packed, directory: &Path) {
    let path = directory.join("image");
    std::fs::write(&path, bytes).unwrap();
    let out = directory.join("out");
    let extract = format!("--extract={}", out.display());
    let mut command = Command::new("fsck.erofs");
    match is_known(packed) {
        true => command.args(["-d1", "--no-preserve", &extract]),
        false => command.arg("-d1"),
    };
    let output = command.arg(&path).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    if !is_known(packed) {
        // Written past the test's own output, which is only shown where it fails.
        let note = b"not checked: fsck.erofs of this machine unpacks no Zstandard (1.8 does)\n";
        std::io::stderr().write_all(note).unwrap();
        return;
    }
    assert!(output.status.success(), "{packed:?}: {text}");
    for (index, node) in tree.nodes().nodes().iter().enumerate() {
        if matches!(node.kind, Kind::File(_)) {
            let name = String::from_utf8(node.path.clone()).unwrap();
            let found = std::fs::read(out.join(&name)).unwrap();
            assert!(found == tree.content(index), "{packed:?}: {name}");
        }
    }
}

#[test]
fn fsck_finds_the_files_however_they_are_packed() {
    let archive = archive();
    let tree = Tree::open(&archive).unwrap();
    for packed in [Packed::Lz4(4), Packed::Zstd(3)] {
        let directory = tempfile::tempdir().unwrap();
        let bytes = image(&tree, packed, &Aids::default());
        assert!(bytes.len() < 1_500_000, "{packed:?}: {}", bytes.len());
        check(&tree, &bytes, packed, directory.path());
    }
}

#[test]
fn sizes_at_every_edge_come_back() {
    use crate::tree::samples::{Archive, Entry, noise};
    let extent = EXTENT as usize;
    let mut sample = Archive::default();
    let directory = Entry {
        kind: b'5',
        mode: 0o755,
        ..Entry::default()
    };
    sample.add(&directory);
    let mut edges = vec![
        1, 100, 3_000, 4_000, 4_031, 4_032, 4_095, 4_096, 4_097, 8_191, 8_192,
    ];
    for whole in [extent, 2 * extent] {
        for step in [0, 1, 100, 4_095, 4_096, 4_097, 9_000] {
            edges.extend([whole - step, whole + step]);
        }
    }
    edges.sort_unstable();
    edges.dedup();
    let mixed = |length: usize| -> Vec<u8> {
        let mut bytes: Vec<u8> = (0..length).map(|at| (at / 64 * 7) as u8).collect();
        // Some extents do not pack.
        for start in (extent..length).step_by(3 * extent) {
            let end = (start + extent).min(length);
            bytes[start..end].copy_from_slice(&noise(end - start, start as u64));
        }
        bytes
    };
    let mut files = Vec::new();
    for size in edges {
        files.push((format!("even-{size}"), vec![b'a'; size]));
        files.push((format!("mixed-{size}"), mixed(size)));
        files.push((format!("noise-{size}"), noise(size, size as u64)));
    }
    files.push(("long".to_owned(), mixed(9 * extent + 5)));
    for (path, content) in &files {
        sample.add(&Entry {
            path,
            content,
            ..Entry::default()
        });
    }
    let archive = sample.finish();
    let tree = Tree::open(&archive).unwrap();
    for packed in [Packed::Lz4(2), Packed::Zstd(1)] {
        let directory = tempfile::tempdir().unwrap();
        let bytes = image(&tree, packed, &Aids::default());
        check(&tree, &bytes, packed, directory.path());
    }
}

#[test]
fn neither_cores_nor_cache_change_a_bit() {
    let archive = archive();
    let tree = Tree::open(&archive).unwrap();
    let directory = tempfile::tempdir().unwrap();
    for packed in [Packed::Lz4(4), Packed::Zstd(3)] {
        let plain = image(&tree, packed, &Aids::default());
        for threads in [1, 2, 5] {
            let builder = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let pool = builder.build().unwrap();
            let cache = BlockCache::open(directory.path());
            let aids = Aids {
                blocks: Some(&cache),
                mapped: &[],
            };
            let made = pool.install(|| image(&tree, packed, &aids));
            assert!(made == plain, "{packed:?} {threads}");
            let used = cache.finish(USUAL_LIMIT);
            assert_eq!(used.packed == 0, threads > 1, "{used:?}");
        }
    }
}
