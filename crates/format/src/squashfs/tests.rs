use std::io::{Cursor, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::Command;

use super::*;
use crate::node::Node;

const BLOCK: usize = 16 * 1024;

/// A tree with everything in it; the content of a file follows from its path.
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
        node("big", Kind::File(5 * BLOCK as u64 + 100)),
        node("dev", Kind::Directory),
        node("dev/null", Kind::Character(1, 3)),
        node("dev/far", Kind::Block(8, 17)),
        node("empty", Kind::File(0)),
        node("even", Kind::File(2 * BLOCK as u64)),
        node("fifo", Kind::Fifo),
        node("hard", Kind::Link(b"big".to_vec())),
        node("link", Kind::Symlink(b"dev/null".to_vec())),
        node("many", Kind::Directory),
        node("small", Kind::File(11)),
        node("socket", Kind::Socket),
        node("zeroes", Kind::File(3 * BLOCK as u64)),
    ];
    for number in 0..3000 {
        nodes.push(node(
            &format!("many/a rather long name of a file, number {number}"),
            Kind::File(number % 7),
        ));
    }
    nodes[11].mode = 0o4711;
    nodes[11].owner = 1000;
    nodes[11].group = 100_000;
    nodes[11].attributes = vec![(b"security.capability".to_vec(), CAPABILITY.to_vec())];
    nodes[2].attributes = vec![(b"user.note".to_vec(), b"a directory".to_vec())];
    nodes
}

const CAPABILITY: [u8; 20] = [
    1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];

fn content(node: &Node) -> Vec<u8> {
    match node.kind {
        Kind::File(size) if node.path == b"zeroes" => vec![0; size as usize],
        Kind::File(size) => (0..size).map(|at| (at * at / 7 + at / 251) as u8).collect(),
        _ => Vec::new(),
    }
}

fn pack(block: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let packed = zstd::bulk::compress(block, 3)?;
    Ok((packed.len() < block.len()).then_some(packed))
}

/// Packs what the files hold the simple way: blocks in order, all tails in fragments.
fn image(tree: &Tree) -> Vec<u8> {
    let mut writer = Writer::new(Cursor::new(Vec::new()), Compressor::Zstd).unwrap();
    let mut data = vec![Data::default(); tree.nodes().len()];
    let mut tails: Vec<u8> = Vec::new();
    let mut waiting: Vec<(usize, u32)> = Vec::new();
    fn flush(
        writer: &mut Writer<Cursor<Vec<u8>>>,
        tails: &mut Vec<u8>,
        waiting: &mut Vec<(usize, u32)>,
        data: &mut [Data],
    ) {
        if tails.is_empty() {
            return;
        }
        let packed = pack(tails).unwrap();
        let block = packed
            .as_deref()
            .map_or(Block::Stored(tails), Block::Packed);
        let number = writer.fragment(block).unwrap();
        for (index, offset) in waiting.drain(..) {
            data[index].fragment = Some((number, offset));
        }
        tails.clear();
    }
    for (index, node) in tree.nodes().iter().enumerate() {
        let bytes = content(node);
        data[index].start = writer.position();
        for chunk in bytes.chunks(BLOCK) {
            if chunk.len() < BLOCK {
                if tails.len() + chunk.len() > BLOCK {
                    flush(&mut writer, &mut tails, &mut waiting, &mut data);
                    data[index].start = if data[index].blocks.is_empty() {
                        writer.position()
                    } else {
                        data[index].start
                    };
                }
                waiting.push((index, tails.len() as u32));
                tails.extend(chunk);
            } else if chunk.iter().all(|byte| *byte == 0) {
                data[index].sparse += chunk.len() as u64;
                let size = writer.block(Block::Hole).unwrap();
                data[index].blocks.push(size);
            } else {
                let packed = pack(chunk).unwrap();
                let block = packed
                    .as_deref()
                    .map_or(Block::Stored(chunk), Block::Packed);
                let size = writer.block(block).unwrap();
                data[index].blocks.push(size);
            }
        }
    }
    flush(&mut writer, &mut tails, &mut waiting, &mut data);
    let options = Options {
        compressor: Compressor::Zstd,
        block_size: BLOCK as u32,
        time: 1_700_000_000,
    };
    let (mut out, superblock) = writer.finish(tree, &data, &options, &mut pack).unwrap();
    out.seek(SeekFrom::Start(0)).unwrap();
    out.write_all(&superblock).unwrap();
    let mut bytes = out.into_inner();
    bytes.resize(bytes.len().next_multiple_of(4096), 0);
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
fn unsquashfs_finds_every_file_as_it_was() {
    let tree = Tree::new(nodes()).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let image_path = directory.path().join("image");
    std::fs::write(&image_path, image(&tree)).unwrap();
    let listing = run("unsquashfs", &["-lln", "-d", ""], &image_path);
    for expected in [
        "-rws--x--x 1000/100000              11 2023-11-14 22:13 /small",
        "crwxr-xr-x 0/0                   1,  3 2023-11-14 22:13 /dev/null",
        "brwxr-xr-x 0/0                   8, 17 2023-11-14 22:13 /dev/far",
        "/link -> dev/null",
    ] {
        assert!(
            listing.contains(expected),
            "{expected}\n{}",
            &listing[..2000]
        );
    }
    assert_eq!(
        listing
            .lines()
            .filter(|line| line.contains(" /many/"))
            .count(),
        3000
    );
    let out = directory.path().join("out");
    // Device nodes and owners need root; they were looked at in the listing.
    let arguments = [
        "-quiet",
        "-no-progress",
        "-ignore-errors",
        "-d",
        out.to_str().unwrap(),
    ];
    run("unsquashfs", &arguments, &image_path);
    for node in tree.nodes() {
        let path = out.join(std::str::from_utf8(&node.path).unwrap());
        if matches!(node.kind, Kind::File(_)) {
            assert_eq!(
                std::fs::read(&path).unwrap(),
                content(node),
                "{}",
                path.display()
            );
        }
    }
    let hard = std::fs::metadata(out.join("hard")).unwrap();
    use std::os::unix::fs::MetadataExt;
    assert_eq!(
        (hard.nlink(), hard.ino()),
        (2, std::fs::metadata(out.join("big")).unwrap().ino())
    );
}

#[test]
fn large_device_numbers_are_split_as_the_kernel_does() {
    // What mknod of 300,70000 makes `stat` tell as its raw number.
    assert_eq!(inode::device(300, 70_000), 0x1111_2c70);
    assert_eq!(inode::device(1, 3), 0x0103);
}

#[test]
fn the_same_tree_makes_the_same_bytes() {
    let mut backwards = nodes();
    backwards.reverse();
    assert!(image(&Tree::new(nodes()).unwrap()) == image(&Tree::new(backwards).unwrap()));
}

#[test]
fn an_attribute_that_squashfs_cannot_hold_is_named() {
    let mut list = nodes();
    list[2].attributes = vec![(b"system.posix_acl_access".to_vec(), vec![2])];
    let tree = Tree::new(list).unwrap();
    let error = Attributes::collect(&tree).err().unwrap().to_string();
    assert_eq!(
        error,
        "/dev: squashfs cannot hold the extended attribute system.posix_acl_access"
    );
}
