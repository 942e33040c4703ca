//! Trees of many shapes, in file systems of many sizes: bit for bit what another writer makes.

use std::collections::BTreeMap;

use formwork_deb::container::tar;

use super::super::*;
use super::{entry, reference};
use crate::tree::samples::{Archive, Entry, everything, noise};

const MEGABYTE: u64 = 1 << 20;

/// The blocks of an image that hold something, so that large images take little memory.
#[derive(Default)]
struct Blocks(BTreeMap<u64, Vec<u8>>);

impl Blocks {
    fn take(&mut self, mut offset: u64, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let within = offset as usize % 4096;
            let (here, later) = bytes.split_at(bytes.len().min(4096 - within));
            if here != &[0; 4096][..here.len()] {
                let block = self.0.entry(offset / 4096).or_insert_with(|| vec![0; 4096]);
                let room = &mut block[within..within + here.len()];
                assert!(room.iter().all(|byte| *byte == 0), "{offset} twice");
                room.copy_from_slice(here);
            }
            offset += here.len() as u64;
            bytes = later;
        }
    }
}

impl Sink for &mut Blocks {
    fn data(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.take(offset, bytes);
        Ok(())
    }
}

impl mkext4::RegionSink for &mut Blocks {
    fn data(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.take(offset, bytes);
        Ok(())
    }

    fn zeros(&mut self, _: u64, _: u64) -> io::Result<()> {
        Ok(())
    }
}

/// Writes the tree by both; whether there is room for it.
fn same(tree: &Tree<'_>, options: &Options) -> bool {
    let (mut own, mut other) = (Blocks::default(), Blocks::default());
    let expected = reference::write(&mut other, tree, options);
    let made = write(&mut own, tree, options, &Aids::default());
    let size = options.size;
    match (made, expected) {
        (Err(_), Err(_)) => return false,
        (Ok(()), Ok(())) => {}
        (made, expected) => panic!("{size}: {made:?} beside {expected:?}"),
    }
    for (block, expected) in &other.0 {
        let found = own.0.remove(block);
        let found = found.unwrap_or_else(|| panic!("{size}: no block {block}"));
        let at = found
            .iter()
            .zip(expected)
            .position(|(own, other)| own != other);
        assert_eq!(at, None, "{size}: block {block} of {} blocks", size / 4096);
    }
    assert!(own.0.is_empty(), "{size}: {:?}", own.0.keys().next());
    let mut superblock = [0; 1024];
    superblock.copy_from_slice(&other.0[&0][1024..2048]);
    let plan = Plan::new(tree, options).unwrap();
    assert_eq!(plan.free(), free(&superblock), "{size}");
    true
}

fn options(size: u64, seed: u64) -> Options {
    let mut numbers = noise(20, seed).into_iter();
    let mut next = || numbers.next().unwrap();
    Options {
        size,
        id: std::array::from_fn(|_| next()),
        label: "l".repeat(usize::from(next() % 17)),
        time: i64::from(next()) << 24,
    }
}

#[test]
fn every_kind_of_file_in_file_systems_of_many_sizes() {
    let archive = everything();
    let tree = Tree::open(&archive).unwrap();
    for size in [20, 127, 128, 129, 384, 1023, 1024, 2047, 2048, 2560, 16384] {
        // The largest ones have flexible groups of several families and larger journals.
        assert!(same(&tree, &options(size * MEGABYTE, size)), "{size}");
    }
    let mut sizes = (0..24).map(|more| same(&tree, &options((8 + more) * MEGABYTE, 1)));
    assert!(sizes.any(|fits| !fits), "all sizes fit");
    assert!(sizes.any(|fits| fits), "no size fits");
}

/// A tree whose shape follows from a number.
fn random(seed: u64) -> Vec<u8> {
    let mut numbers = noise(1 << 14, seed).into_iter().map(usize::from).cycle();
    let mut next =
        |below: usize| (numbers.next().unwrap_or(0) << 8 | numbers.next().unwrap_or(0)) % below;
    let mut archive = Archive::default();
    let root = noise(next(300), seed);
    let root = [("user.root", &root[..])];
    archive.add(&Entry {
        kind: b'5',
        mode: 0o755,
        time: next(1 << 16) as u32,
        attributes: &root[..next(2)],
        ..Entry::default()
    });
    let count = [0, 5, 60, 900, 2500][next(5)];
    let longest = [1, 12, 40, 240][next(4)];
    let letter = ["n", "ä", "\u{10ffff}"][next(3)];
    let largest = [1, 100, 5000, 70_000][next(4)];
    // Some trees are deep, some have nearly all in few directories.
    let spread = [1, 3, 1000][next(3)];
    let (mut directories, mut files) = (vec![String::new()], Vec::<String>::new());
    for number in 0..count {
        let shown = directories.len().min(spread);
        let above = &directories[directories.len() - 1 - next(shown)];
        let above = if above.len() > 3000 { "" } else { above };
        let name = format!("{number:x}{}", letter.repeat(next(longest) / letter.len()));
        let path = match above.is_empty() {
            true => name,
            false => format!("{above}/{name}"),
        };
        let content = noise(next(largest), number as u64);
        let mut entry = Entry {
            path: &path,
            mode: next(0o10000) as u32,
            owner: (next(1 << 16) as u32 * 31, next(1 << 16) as u32 * 31),
            time: (next(1 << 16) as u32) << 16,
            ..Entry::default()
        };
        let values: Vec<Vec<u8>> = (0..5)
            .map(|place| {
                let largest = [8, 40, 700][next(3)];
                noise(next(largest), place)
            })
            .collect();
        let list = [&[2, 0, 0, 0][..], &[1, 0, 6, 0, 255, 255, 255, 255]].concat();
        let attributes = [
            ("user.a", &values[0][..]),
            ("user.longer", &values[1]),
            ("trusted.t", &values[2]),
            ("security.capability", &values[3]),
            ("system.posix_acl_access", &list),
            ("system.other", &values[4]),
        ];
        let longest = [70, 4000][next(2)];
        let target = "t".repeat(1 + next(longest));
        let mut linked = None;
        match next(12) {
            0 if spread < 3 && number % 40 > 0 => {}
            0..=1 => entry.kind = b'5',
            2..=3 => (entry.kind, entry.target) = (b'2', &target),
            4 => {
                entry.kind = b'3' + next(2) as u8;
                entry.device = (next(0x1000) as u32, next(1 << 16) as u32 * 16);
            }
            5 => {
                entry.kind = b'3';
                entry.device = (next(300) as u32, next(300) as u32);
            }
            6 => entry.kind = b'6',
            7..=8 if !files.is_empty() => linked = Some(&files[next(files.len())]),
            _ => entry.content = &content,
        }
        let first = next(6);
        match linked {
            Some(linked) => (entry.kind, entry.target) = (b'1', linked),
            None if next(4) == 0 => entry.attributes = &attributes[first..],
            None => {}
        }
        let kind = entry.kind;
        archive.add(&entry);
        match kind {
            b'5' => directories.push(path),
            b'0' | b'6' => files.push(format!("./{path}")),
            _ => {}
        }
    }
    archive.finish()
}

#[test]
fn trees_of_any_shape() {
    let sizes = [16, 17, 40, 130, 300, 900, 2200, 5000];
    let mut fitted = 0;
    for seed in 0..40 {
        let archive = random(seed);
        let tree = Tree::open(&archive).unwrap();
        let size = sizes[seed as usize % sizes.len()] * MEGABYTE;
        fitted += u32::from(same(&tree, &options(size, seed)));
        let size = needed(&tree).unwrap();
        assert!(same(&tree, &options(size, seed)), "{seed}");
        assert!(same(&tree, &options(size_for(&tree, 0), seed)), "{seed}");
    }
    assert!(fitted > 20, "{fitted}");
}

/// A tree of directories with so many files, whose names have so many letters, and one more.
fn directories(shapes: &[(usize, usize, &str)]) -> Vec<u8> {
    let mut archive = Archive::default();
    let directory = Entry {
        kind: b'5',
        mode: 0o755,
        ..Entry::default()
    };
    archive.add(&directory);
    for (count, length, more) in shapes {
        let path = format!("{count}-{length}-{more}");
        archive.add(&Entry {
            path: &path,
            ..directory
        });
        archive.add(&Entry {
            path: &format!("{path}/{more}"),
            ..Entry::default()
        });
        for number in 0..*count {
            let name = format!("{number:0length$x}");
            archive.add(&Entry {
                path: &format!("{path}/{name}"),
                ..Entry::default()
            });
        }
    }
    archive.finish()
}

#[test]
fn directories_of_one_block_and_of_many() {
    let mut shapes: Vec<_> = (335..343).map(|count| (count, 4, "x")).collect();
    // Exactly as many bytes as make a directory large.
    shapes.push((338, 4, "eight xx"));
    shapes.extend((0..20).map(|count| (count, 255, "y")));
    shapes.extend((250..258).map(|count| (count, 8, "x")));
    shapes.extend((1000..1006).map(|count| (count, 17, "x")));
    shapes.push((20_000, 5, "x"));
    let archive = directories(&shapes);
    let tree = Tree::open(&archive).unwrap();
    assert!(same(&tree, &options(size_for(&tree, 0), 5)));
}

#[test]
fn indexes_of_two_levels() {
    // Fifteen names fill a block, and the first block of an index leads to 507.
    let long = "x".repeat(240);
    for count in [507 * 15, 507 * 15 + 1, 510 * 15 + 1] {
        let archive = directories(&[(count - 1, 255, &long), (3, 3, "x")]);
        let tree = Tree::open(&archive).unwrap();
        assert!(same(&tree, &options(size_for(&tree, 0), 6)), "{count}");
    }
}

#[test]
fn files_of_many_runs() {
    // All files share the bytes of one stage, which are zero and never written.
    let stage = vec![0; 1200 * MEGABYTE as usize];
    let mut archive = tar::Writer::new(Vec::new());
    let mut add = |path: &str, kind, size: u64| {
        let place = format!("0 {size}").into_bytes();
        let stage = formwork_model::stage::ELSEWHERE.to_owned();
        let mut entry = entry(path.as_bytes(), kind);
        if size > 0 {
            entry.attributes.insert(stage, place);
        }
        archive.append(&entry, &mut &[][..]).unwrap();
    };
    add("./", tar::Kind::Directory, 0);
    for (number, size) in [100, 900, 128, 1200, 129, 1].into_iter().enumerate() {
        add(
            &format!("./{number}"),
            tar::Kind::File,
            size * MEGABYTE - number as u64,
        );
    }
    let archive = archive.finish().unwrap();
    let tree = Tree::open_over(&archive, &stage, &Aids::default()).unwrap();
    for more in [0, 2000] {
        let size = size_for(&tree, more * MEGABYTE);
        assert!(same(&tree, &options(size, more)), "{more}");
    }
    assert!(!same(&tree, &options(2400 * MEGABYTE, 7)));
}
