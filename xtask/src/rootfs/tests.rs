//! The comparer on trees with planted differences.

use super::differences::{between, lines};
use super::tree::Tree;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A little tree, packed by GNU tar after something was done to it.
fn packed(base: &Path, name: &str, plant: &dyn Fn(&Path)) -> Tree {
    let root = base.join(name);
    for directory in ["etc", "usr/bin"] {
        fs::create_dir_all(root.join(directory)).unwrap();
    }
    fs::write(
        root.join("etc/passwd"),
        "root:x:0:0::/:\nme:x:1000:1000::/:\n",
    )
    .unwrap();
    fs::write(root.join("etc/group"), "root:x:0:\nme:x:1000:\n").unwrap();
    fs::write(root.join("etc/shells"), "/bin/sh\n/bin/bash\n").unwrap();
    fs::write(root.join("usr/bin/perl"), "perl").unwrap();
    fs::hard_link(root.join("usr/bin/perl"), root.join("usr/bin/perl5")).unwrap();
    symlink("usr/bin", root.join("bin")).unwrap();
    fs::write(root.join("etc").join("n".repeat(180)), "a long name").unwrap();
    plant(&root);
    let archive = base.join(format!("{name}.tar"));
    pack(&root, &archive, &[]);
    Tree::read(&archive).unwrap()
}

fn pack(root: &Path, archive: &PathBuf, options: &[&str]) {
    let mut tar = Command::new("tar");
    tar.args(["--sort=name", "--numeric-owner", "--xattrs", "--format=pax"]);
    tar.args(["--owner=0", "--group=0"]).args(options);
    let status = tar
        .arg("-cf")
        .arg(archive)
        .arg("-C")
        .arg(root)
        .arg(".")
        .status();
    assert!(status.unwrap().success());
}

/// A scratch directory that goes away with the test.
fn scratch() -> formwork_testkit::env::Home {
    formwork_testkit::env::Home::new()
}

#[test]
fn equal_trees_do_not_differ() {
    let home = scratch();
    let left = packed(home.path(), "left", &|_| {});
    let right = packed(home.path(), "right", &|_| {});
    assert_eq!(left.entries.len(), 11, "{:?}", left.entries.keys());
    assert!(between(&left, &right).unwrap().is_empty());
}

#[test]
fn each_planted_difference_is_found_and_nothing_else() {
    type Plant = (&'static str, &'static str, fn(&Path));
    let plants: [Plant; 8] = [
        ("etc/shells", "content: 18 bytes, ours 18", |root| {
            fs::write(root.join("etc/shells"), "/bin/bash\n/bin/sh\n").unwrap();
        }),
        ("usr/bin", "mode 0755, ours 0700", |root| {
            fs::set_permissions(root.join("usr/bin"), PermissionsExt::from_mode(0o700)).unwrap();
        }),
        ("etc/shells", "mode 0644, ours 4644", |root| {
            fs::set_permissions(root.join("etc/shells"), PermissionsExt::from_mode(0o4644))
                .unwrap();
        }),
        ("bin", "points to usr/bin, ours usr/sbin", |root| {
            fs::remove_file(root.join("bin")).unwrap();
            symlink("usr/sbin", root.join("bin")).unwrap();
        }),
        ("etc/new", "only we have it", |root| {
            fs::write(root.join("etc/new"), "").unwrap();
        }),
        ("etc/shells", "only the peer has it", |root| {
            fs::remove_file(root.join("etc/shells")).unwrap();
        }),
        ("bin", "type: symbolic link, ours directory; mode", |root| {
            fs::remove_file(root.join("bin")).unwrap();
            fs::create_dir(root.join("bin")).unwrap();
        }),
        ("etc/shells", "type: file, ours named pipe", |root| {
            fs::remove_file(root.join("etc/shells")).unwrap();
            let mut make = Command::new("mkfifo");
            make.args(["-m", "644"]).arg(root.join("etc/shells"));
            assert!(make.status().unwrap().success());
        }),
    ];
    for (number, (path, what, plant)) in plants.into_iter().enumerate() {
        let home = scratch();
        let left = packed(home.path(), "left", &|_| {});
        let right = packed(home.path(), "right", &plant);
        let found = between(&left, &right).unwrap();
        let paths: Vec<&String> = found.keys().collect();
        assert_eq!(paths, [path], "plant {number}: {found:?}");
        assert!(
            found[path]
                .join("; ")
                .contains(what.split(';').next().unwrap()),
            "{found:?}"
        );
    }
}

#[test]
fn a_hard_link_that_became_a_copy_is_found() {
    let home = scratch();
    let left = packed(home.path(), "left", &|_| {});
    let right = packed(home.path(), "right", &|root| {
        fs::remove_file(root.join("usr/bin/perl5")).unwrap();
        fs::write(root.join("usr/bin/perl5"), "perl").unwrap();
    });
    let found = between(&left, &right).unwrap();
    let what = ["linked to usr/bin/perl, ours itself"];
    assert_eq!(found["usr/bin/perl"], what);
    assert_eq!(found["usr/bin/perl5"], what);
    assert_eq!(found.len(), 2);
}

#[test]
fn owners_are_compared_by_name() {
    let home = scratch();
    let theirs = home.path().join("theirs.tar");
    let ours = home.path().join("ours.tar");
    let root = home.path().join("left");
    packed(home.path(), "left", &|_| {});
    pack(&root, &theirs, &["--owner=1000", "--group=1000"]);
    fs::write(
        root.join("etc/passwd"),
        "root:x:0:0::/:\nme:x:0999:1000::/:\n",
    )
    .unwrap();
    pack(&root, &ours, &["--owner=999", "--group=1000"]);
    let (theirs, ours) = (Tree::read(&theirs).unwrap(), Tree::read(&ours).unwrap());
    let found = between(&theirs, &ours).unwrap();
    // Only the list of users itself: everything else belongs to `me` on both sides.
    assert_eq!(
        found.keys().collect::<Vec<_>>(),
        ["etc/passwd"],
        "{found:?}"
    );
    let shown = lines(&theirs, &ours, "etc/passwd");
    assert_eq!(&shown[1..], ["-me:x:1000:1000::/:", "+me:x:0999:1000::/:"]);
}
