use std::path::Path;
use std::process::Command;

use super::*;
use crate::node::Node;

fn nodes() -> Vec<Node> {
    let node = |path: &str, kind: Kind| Node {
        path: path.into(),
        kind,
        mode: 0o755,
        owner: 0,
        group: 0,
        time: 1_700_000_000,
        attributes: Vec::new(),
    };
    let mut nodes = vec![
        node("", Kind::Directory),
        node("big", Kind::File(1_300_000)),
        node("dev", Kind::Directory),
        node("dev/null", Kind::Character(1, 3)),
        node("empty", Kind::File(0)),
        node("fifo", Kind::Fifo),
        node("full tail", Kind::File(4090)),
        node("hard", Kind::Link(b"big".to_vec())),
        node("long link", Kind::Symlink(vec![b'x'; 4000])),
        node("link", Kind::Symlink(b"dev/null".to_vec())),
        node("many", Kind::Directory),
        node("one block", Kind::File(4096)),
        node("small", Kind::File(11)),
        node("socket", Kind::Socket),
    ];
    nodes[6].mode = 0o4711;
    nodes[6].owner = 100_000;
    nodes[6].attributes = vec![
        (b"security.capability".to_vec(), vec![1; 20]),
        (b"user.note".to_vec(), b"odd length".to_vec()),
    ];
    nodes[2].attributes = vec![(b"system.posix_acl_access".to_vec(), ACL.to_vec())];
    nodes[12].attributes = vec![(b"user.large".to_vec(), vec![7; 3000])];
    for number in 0..2000_u64 {
        let path = format!("many/a rather long name of a file, number {number}");
        nodes.push(node(&path, Kind::File(number * 13 % 9000)));
    }
    nodes
}

const ACL: [u8; 28] = [
    2, 0, 0, 0, 1, 0, 7, 0, 0xff, 0xff, 0xff, 0xff, 4, 0, 5, 0, 0xff, 0xff, 0xff, 0xff, 0x20, 0, 5,
    0, 0xff, 0xff, 0xff, 0xff,
];

fn byte(index: usize, at: u64) -> u8 {
    (at * 31 / 7 + at / 251 + index as u64) as u8
}

fn image(tree: &Tree) -> Vec<u8> {
    let options = Options {
        id: Guid::from_bytes([9; 16]),
        label: "root".to_owned(),
        time: 1_700_000_000,
    };
    let mut bytes = Vec::new();
    let mut read = |index: usize, offset: u64, buffer: &mut [u8]| {
        for (at, place) in buffer.iter_mut().enumerate() {
            *place = byte(index, offset + at as u64);
        }
        Ok(())
    };
    write(&mut bytes, tree, &options, &mut read).unwrap();
    bytes
}

fn run(program: &str, arguments: &[&str], image: &Path) -> String {
    let output = Command::new(program)
        .args(arguments)
        .arg(image)
        .env("TZ", "UTC")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{program}: {text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

#[test]
fn fsck_finds_every_file_as_it_was() {
    let tree = Tree::new(nodes()).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("image");
    std::fs::write(&path, image(&tree)).unwrap();
    let out = directory.path().join("out");
    let extract = format!("--extract={}", out.display());
    run("fsck.erofs", &["-d1", "--no-preserve", &extract], &path);
    for (index, node) in tree.nodes().iter().enumerate() {
        let Kind::File(size) = node.kind else {
            continue;
        };
        let expected: Vec<u8> = (0..size).map(|at| byte(index, at)).collect();
        let name = std::str::from_utf8(&node.path).unwrap();
        assert!(std::fs::read(out.join(name)).unwrap() == expected, "{name}");
    }
    let link = std::fs::read_link(out.join("long link")).unwrap();
    assert_eq!(link.as_os_str().len(), 4000);
    let tail = run("dump.erofs", &["--path=/full tail"], &path);
    assert!(tail.contains("Uid: 100000"), "{tail}");
    let dump = run("dump.erofs", &["-s"], &path);
    assert!(
        dump.contains("09090909-0909-0909-0909-090909090909"),
        "{dump}"
    );
}

#[test]
fn the_same_tree_makes_the_same_bytes() {
    let mut backwards = nodes();
    backwards.reverse();
    assert!(image(&Tree::new(nodes()).unwrap()) == image(&Tree::new(backwards).unwrap()));
}

#[test]
fn what_does_not_fit_is_named() {
    let mut list = nodes();
    list[1].attributes = vec![(b"system.other".to_vec(), Vec::new())];
    let tree = Tree::new(list).unwrap();
    let error = Plan::new(&tree).err().unwrap().to_string();
    assert_eq!(
        error,
        "/big: EROFS cannot hold the extended attribute system.other"
    );
    let mut list = nodes();
    list[1].attributes = vec![(b"user.x".to_vec(), vec![0; 5000])];
    let tree = Tree::new(list).unwrap();
    let error = Plan::new(&tree).err().unwrap().to_string();
    assert_eq!(error, "/big: too large for EROFS: its extended attributes");
}
