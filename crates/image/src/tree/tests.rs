use std::process::Command;

use super::*;

mod differential;

/// An archive of GNU tar: its own, not our writer's.
pub(crate) fn archive() -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let script = r#"
        mkdir -p tree/etc tree/usr/bin tree/many
        printf 'gateway\n' > tree/etc/hostname
        head -c 1000000 /dev/zero > tree/zeroes
        seq 1 100000 > tree/numbers
        cp tree/numbers tree/again
        ln tree/numbers tree/usr/bin/hard
        ln -s ../etc/hostname tree/usr/link
        chmod 4755 tree/usr/bin/hard
        mkfifo tree/fifo
        for i in $(seq 1 500); do echo $i > "tree/many/file $i"; done
        tar --sort=name --owner=7 --group=8 --numeric-owner --mtime=@1700000000 --format=pax \
            --pax-option=delete=atime,delete=ctime -C tree -cf archive.tar .
    "#;
    let status = Command::new("sh")
        .args(["-ec", script])
        .current_dir(&directory)
        .status()
        .unwrap();
    assert!(status.success());
    std::fs::read(directory.path().join("archive.tar")).unwrap()
}

#[test]
fn files_have_their_content_and_links_their_target() {
    let archive = archive();
    let tree = Tree::open(&archive).unwrap();
    assert_eq!(tree.file("etc/hostname").unwrap(), b"gateway\n");
    assert_eq!(tree.file("usr/bin/hard"), tree.file("numbers"));
    assert_eq!(tree.file("usr/link"), None);
    let node = &tree.nodes().nodes()[tree.nodes().find(b"numbers").unwrap()];
    assert_eq!(
        (node.mode, node.owner, node.group, node.time),
        (0o4755, 7, 8, 1_700_000_000)
    );
    let mut buffer = [0; 4];
    let index = tree.nodes().find(b"etc/hostname").unwrap();
    tree.read(index, 2, &mut buffer).unwrap();
    assert_eq!(&buffer, b"tewa");
    assert!(tree.read(index, 6, &mut buffer).is_err());
}

#[test]
fn a_damaged_archive_is_an_error() {
    let mut archive = archive();
    archive.truncate(700);
    assert!(Tree::open(&archive).is_err());
}

/// An archive of GNU tar of what a script makes in `tree`.
pub(crate) fn archive_of(script: &str) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let pack = "tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@1700000000 \
        --format=pax --pax-option=delete=atime,delete=ctime -C tree -cf archive.tar .";
    let status = Command::new("sh")
        .args(["-ec", &format!("mkdir tree\n{script}\n{pack}")])
        .current_dir(&directory)
        .status()
        .unwrap();
    assert!(status.success());
    std::fs::read(directory.path().join("archive.tar")).unwrap()
}

fn paths(tree: &Tree<'_>) -> Vec<String> {
    let nodes = tree.nodes().nodes().iter();
    nodes
        .map(|node| String::from_utf8_lossy(&node.path).into_owned())
        .collect()
}

#[test]
fn a_part_has_what_is_below_and_the_rest_keeps_the_bare_directory() {
    let archive = archive_of(
        "mkdir -p tree/usr tree/var/lib/data tree/var-not
         chmod 2750 tree/var
         echo one > tree/usr/one
         ln tree/usr/one tree/var/first; ln tree/usr/one tree/var/second
         echo two > tree/var/lib/data/two; ln tree/var/lib/data/two tree/var/two",
    );
    let tree = Tree::open(&archive).unwrap();
    let root = tree.part("/", &["/var", "/srv/data"]).unwrap();
    assert_eq!(
        paths(&root),
        ["", "srv", "srv/data", "usr", "usr/one", "var", "var-not"]
    );
    assert_eq!(root.nodes().nodes()[5].mode, 0o2750);
    let var = tree.part("/var", &["/var", "/var/lib"]).unwrap();
    assert_eq!(paths(&var), ["", "first", "lib", "second", "two"]);
    assert_eq!(var.nodes().nodes()[0].mode, 0o2750);
    for name in ["first", "second"] {
        assert_eq!(var.file(name).unwrap(), b"one\n", "{name}");
    }
    assert_eq!(var.nodes().links(var.nodes().find(b"first").unwrap()), 2);
    assert_eq!(var.file("two").unwrap(), b"two\n");
    assert_eq!(paths(&tree.part("/srv", &[]).unwrap()), [""]);
    assert_eq!(paths(&tree.part("/", &[]).unwrap()), paths(&tree));
    for mount in ["/usr/one", "/usr/one/below"] {
        let error = tree.part("/", &[mount]).unwrap_err();
        assert!(
            error.to_string().starts_with("/usr/one: a partition"),
            "{error}"
        );
    }
    assert!(tree.part("/usr/one", &[]).is_err());
}
