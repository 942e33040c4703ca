use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use formwork_deb::container::tar::{Limits, Reader};
use formwork_sys::tree::Time;

use super::*;

/// A tree with one of each kind; the second name of a file sorts before the first.
fn sample(root: &Path) -> Tree {
    for path in ["usr/bin", "a", "a-b", "empty"] {
        fs::create_dir_all(root.join(path)).expect("a directory");
    }
    for (path, content) in [
        ("usr/bin/tool", "tool"),
        ("a/two", "twice"),
        ("a-b/x", ""),
        ("usr/odd % name\n", "odd"),
    ] {
        fs::write(root.join(path), content).expect("a file");
    }
    fs::hard_link(root.join("a/two"), root.join("a/one")).expect("a link");
    fs::hard_link(root.join("a/two"), root.join("usr/three")).expect("a link");
    symlink("usr/bin", root.join("bin")).expect("a link");
    symlink("/nowhere/at/all", root.join("dangling")).expect("a link");
    fs::set_permissions(root.join("usr/bin/tool"), Permissions::from_mode(0o2755)).expect("a mode");
    fs::set_permissions(root.join("empty"), Permissions::from_mode(0o1777)).expect("a mode");
    let tree = Tree::open(root).expect("a tree");
    tree.directory("")
        .and_then(|root| root.create_fifo("pipe".as_ref(), 0o640))
        .expect("a pipe");
    for path in ["usr/bin/tool", "a/two", "bin", "usr", "a"] {
        tree.set_modified(path, Time::seconds(1_600_000_000))
            .expect("a time");
    }
    tree
}

fn manifest_of(tree: &Tree) -> Manifest {
    manifest::of(tree, &manifest::test_job()).expect("a manifest")
}

/// A tree of which nothing lies elsewhere.
fn whole(manifest: &Manifest) -> Described {
    Described {
        manifest: manifest.clone(),
        places: Vec::new(),
    }
}

#[test]
fn hard_links_lead_to_the_first_path() {
    let directory = tempfile::tempdir().expect("a directory");
    let manifest = manifest_of(&sample(directory.path()));
    let node = |path: &str| {
        let mut all = manifest.entries.iter();
        let found = all.find(|entry| entry.path == path.as_bytes());
        found.expect(path).node.clone()
    };
    let twice = Node::File {
        size: 5,
        sha256: Sha256::of(b"twice"),
    };
    assert_eq!(node("a/one"), twice);
    for path in ["a/two", "usr/three"] {
        assert_eq!(node(path), Node::Hardlink(b"a/one".to_vec()), "{path}");
    }
    assert_eq!(manifest.bytes(), 5 + 4 + 3);
}

#[test]
fn all_outputs_are_what_they_are_said_to_be() {
    let directory = tempfile::tempdir().expect("a directory");
    let tree = sample(directory.path());
    let manifest = manifest_of(&tree);
    let target = tempfile::tempdir().expect("a directory");
    let output = |kind, name: &str| Output {
        kind,
        path: target.path().join(name),
    };
    let outputs = [
        output(Kind::Tar, "one.tar"),
        output(Kind::Tar, "two.tar"),
        output(Kind::Dir, "dir"),
        output(Kind::Manifest, "tree.json"),
    ];
    let written = write(&tree, &whole(&manifest), None, &outputs).expect("outputs");
    assert_eq!(written[0].sha256, written[1].sha256);
    assert_eq!(written[2].sha256, written[3].sha256);
    for one in [&written[0], &written[3]] {
        let bytes = fs::read(&one.path).expect("a file");
        assert_eq!(one.size, bytes.len() as u64);
        assert_eq!(one.sha256, Sha256::of(&bytes).to_string());
    }
    assert!(
        write(&tree, &whole(&manifest), None, &outputs[..1]).is_err(),
        "nothing is overwritten"
    );
    let mut copied = manifest_of(&Tree::open(&outputs[2].path).expect("a tree"));
    // The root of a directory is the builder's own.
    copied.entries[0] = manifest.entries[0].clone();
    assert_eq!(copied, manifest);
    check_tar(&outputs[0].path, &manifest);
}

/// Reads the archive with our own reader, then lets tar unpack it and looks at that.
fn check_tar(path: &Path, manifest: &Manifest) {
    let bytes = fs::read(path).expect("a file");
    let mut reader = Reader::new(bytes.as_slice(), Limits::DATA);
    let mut names = Vec::new();
    while let Some(entry) = reader.next_entry().expect("a good archive") {
        let mut path = entry.path;
        path.drain(..2);
        if path.ends_with(b"/") {
            path.pop();
        }
        names.push(path);
    }
    let expected: Vec<Vec<u8>> = manifest
        .entries
        .iter()
        .map(|entry| entry.path.clone())
        .collect();
    assert_eq!(names, expected);
    let target = tempfile::tempdir().expect("a directory");
    let status = Command::new("tar")
        .args(["--extract", "--preserve-permissions", "--file"])
        .arg(path)
        .arg("--directory")
        .arg(target.path())
        .status()
        .expect("tar");
    assert!(status.success());
    let unpacked = manifest_of(&Tree::open(target.path()).expect("a tree"));
    assert_eq!(&unpacked, manifest);
}

#[test]
fn a_device_cannot_be_written_into_a_directory() {
    let directory = tempfile::tempdir().expect("a directory");
    let tree = sample(directory.path());
    let mut manifest = manifest_of(&tree);
    let mut null = manifest.entries[1].clone();
    (null.path, null.node) = (b"zero".to_vec(), Node::Character(1, 5));
    manifest.entries.push(null);
    let target = tempfile::tempdir().expect("a directory");
    let error = directory::copy(&tree, &manifest, &target.path().join("dir"));
    let message = error.expect_err("a device").to_string();
    assert!(message.contains("/zero"), "{message}");
}
