use std::fs;
use std::os::unix::fs::symlink;

use super::super::of;
use super::*;
use crate::clean::Clean;
use crate::job::{Job, Limits, Stage};

pub(crate) fn job() -> Job {
    Job {
        settings: Default::default(),
        architecture: "amd64".to_owned(),
        foreign: Vec::new(),
        suite: "bookworm".to_owned(),
        date: 1_700_000_000,
        packages: Vec::new(),
        limits: Limits {
            script_seconds: 1,
            output_bytes: 1,
            tree_bytes: 1,
        },
        outputs: Vec::new(),
        until: Stage::Finished,
        ids: BTreeMap::new(),
        clean: Clean::default(),
        keep: None,
        kernel: None,
        vary: std::collections::BTreeSet::new(),
        stages: None,
    }
}

#[test]
fn owners_are_found_through_links_and_diversions() {
    let directory = tempfile::tempdir().expect("a directory");
    let root = directory.path();
    for path in ["usr/bin", "usr/lib64", "etc", INFO] {
        fs::create_dir_all(root.join(path)).expect("a directory");
    }
    symlink("usr/bin", root.join("bin")).expect("a link");
    symlink("/usr/lib64", root.join("lib64")).expect("a link");
    symlink("loop", root.join("loop")).expect("a link");
    symlink("bash", root.join("usr/bin/sh")).expect("a link");
    for path in [
        "usr/bin/bash",
        "usr/bin/which",
        "usr/bin/which.real",
        "usr/lib64/ld.so",
        "etc/made",
    ] {
        fs::write(root.join(path), path).expect("a file");
    }
    let info = |name: &str, list: &str| {
        fs::write(root.join(INFO).join(name), list).expect("a list");
    };
    info("bash.list", "/.\n/bin\n/bin/bash\n/etc\n");
    info("dash.list", "/.\n/bin\n/bin/sh\n/etc\n/gone\n/loop/x\n");
    info("libc6:amd64.list", "/.\n/lib64\n/lib64/ld.so\n");
    info("libc6:i386.list", "/.\n/usr\n");
    info("debianutils.list", "/.\n/usr/bin/which\n");
    info("which.list", "/.\n/usr/bin/which\n");
    info("bash.md5sums", "nothing");
    fs::write(
        root.join(DIVERSIONS),
        "/usr/bin/which\n/usr/bin/which.real\nwhich\n/etc/x\n/etc/y\n:\n",
    )
    .expect("diversions");
    let tree = Tree::open(root).expect("a tree");
    let manifest = of(&tree, &job()).expect("a manifest");
    let owner = |path: &str| {
        let found = manifest
            .entries
            .iter()
            .find(|entry| entry.path == path.as_bytes());
        found.expect(path).package.as_deref()
    };
    let table = [
        ("", None),
        ("usr", Some("libc6:i386")),
        ("etc", None),
        ("bin", None),
        ("lib64", Some("libc6")),
        ("usr/bin/bash", Some("bash")),
        ("usr/bin/sh", Some("dash")),
        ("usr/lib64/ld.so", Some("libc6")),
        ("usr/bin/which", Some("which")),
        ("usr/bin/which.real", Some("debianutils")),
        ("etc/made", None),
    ];
    for (path, expected) in table {
        assert_eq!(owner(path), expected, "{path}");
    }
}
