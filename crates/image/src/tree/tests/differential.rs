//! Every kind of file in every file system, as the usual tools see it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use formwork_deb::sha256::Sha256;
use formwork_format::node::Kind;
use formwork_model::layout::{FileSystem, Layout, Partition, Role};

use super::super::Tree;
use super::super::samples::{Archive, Entry, everything, noise};
use crate::ext4;
use crate::make::{self, FileSystemOrder};
use crate::target::Target;

/// What is the same whatever tells it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    kind: char,
    mode: u16,
    owner: (u32, u32),
    time: u32,
    links: u32,
    size: u64,
    device: (u32, u32),
    target: String,
}

/// What should be seen of each path.
fn expected(tree: &Tree<'_>) -> BTreeMap<String, Seen> {
    let nodes = tree.nodes();
    let one = |index: usize| {
        let target = nodes.target(index);
        let node = &nodes.nodes()[target];
        let (kind, size, device, link) = match &node.kind {
            Kind::File(size) => ('f', *size, (0, 0), String::new()),
            Kind::Directory => ('d', 0, (0, 0), String::new()),
            Kind::Symlink(to) => {
                let text = String::from_utf8(to.clone()).unwrap();
                ('l', to.len() as u64, (0, 0), text)
            }
            Kind::Character(major, minor) => ('c', 0, (*major, *minor), String::new()),
            Kind::Block(major, minor) => ('b', 0, (*major, *minor), String::new()),
            Kind::Fifo | Kind::Socket | Kind::Link(_) => ('p', 0, (0, 0), String::new()),
        };
        Seen {
            kind,
            mode: node.mode,
            owner: (node.owner, node.group),
            time: node.time,
            // Readers of directories count them as they like.
            links: if kind == 'd' { 0 } else { nodes.links(target) },
            size,
            device,
            target: link,
        }
    };
    let paths = nodes.nodes().iter().enumerate();
    paths
        .map(|(index, node)| (String::from_utf8(node.path.clone()).unwrap(), one(index)))
        .collect()
}

/// The file system, in a file.
fn made(kind: FileSystem, tree: &Tree<'_>, path: &Path) {
    let root = Partition {
        name: "root".to_owned(),
        role: Role::Root,
        filesystem: Some(kind),
        label: None,
        size: None,
        free: 0,
        packing: None,
        mount: Some("/".to_owned()),
        options: Vec::new(),
        at: String::new(),
    };
    let layout = Layout {
        partitions: vec![root],
        ..Layout::default()
    };
    let order = FileSystemOrder {
        kind,
        layout: &layout,
        tree,
        seed: Sha256::of(b"seed"),
        time: 1_700_000_000,
        aids: crate::blocks::Aids::default(),
    };
    let made = make::file_system(&order, |_| Ok(Vec::new())).unwrap();
    std::fs::write(path, made.place).unwrap();
}

fn run(program: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("TZ", "UTC")
        .env("LC_ALL", "C.UTF-8");
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{program}: {text}{errors}");
    text
}

/// The word behind a label.
fn after<'a>(text: &'a str, label: &str) -> &'a str {
    let (_, rest) = text.split_once(label).unwrap_or(("", ""));
    rest.split_whitespace().next().unwrap_or_default()
}

fn number(text: &str, label: &str) -> u32 {
    after(text, label)
        .parse()
        .unwrap_or_else(|_| panic!("{label} {text}"))
}

/// What debugfs says of an inode.
fn ext4_node(text: &str) -> Seen {
    let kind = match after(text, "Type:") {
        "regular" => 'f',
        "directory" => 'd',
        "symlink" => 'l',
        "character" => 'c',
        "block" => 'b',
        "FIFO" => 'p',
        other => panic!("{other}: {text}"),
    };
    let numbers: Vec<u32> = after(text, "Device major/minor number: ")
        .split(':')
        .filter_map(|number| number.parse().ok())
        .collect();
    let time = after(text, " mtime: 0x")
        .split(':')
        .next()
        .unwrap_or_default();
    let size = u64::from(number(text, "Size:"));
    Seen {
        kind,
        mode: u16::from_str_radix(after(text, "Mode:"), 8).unwrap() & 0o7777,
        owner: (number(text, "User:"), number(text, "Group:")),
        time: u32::from_str_radix(time, 16).unwrap(),
        links: if kind == 'd' {
            0
        } else {
            number(text, "Links:")
        },
        size: if matches!(kind, 'f' | 'l') { size } else { 0 },
        device: match numbers[..] {
            [major, minor] => (major, minor),
            _ => (0, 0),
        },
        target: match text.split_once("Fast link dest: \"") {
            Some((_, rest)) => rest.split('"').next().unwrap_or_default().to_owned(),
            None => String::new(),
        },
    }
}

#[test]
fn ext4_is_seen_as_it_is() {
    let archive = everything();
    let tree = Tree::open(&archive).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let image = directory.path().join("image");
    made(FileSystem::Ext4, &tree, &image);
    let image = image.to_str().unwrap();
    run("/usr/sbin/e2fsck", &["-f", "-n", image]);
    let mut expected = expected(&tree);
    // Quotation marks are debugfs's own.
    let commands: String = expected
        .keys()
        .map(|path| format!("stat \"/{path}\"\n"))
        .collect();
    let script = directory.path().join("commands");
    std::fs::write(&script, commands).unwrap();
    let text = run(
        "/usr/sbin/debugfs",
        &["-f", script.to_str().unwrap(), image],
    );
    let mut answers = text.split("debugfs: stat ").skip(1);
    for (path, expected) in &mut expected {
        let answer = answers.next().unwrap();
        assert!(
            answer.starts_with(&format!("\"/{path}\"")),
            "{path}: {answer}"
        );
        if expected.target.len() >= 60 {
            expected.target.clear();
        }
        assert_eq!(&ext4_node(answer), expected, "{path}: {answer}");
    }
    let out = directory.path().join("out");
    std::fs::create_dir(&out).unwrap();
    let dump = format!("rdump / {}", out.display());
    run("/usr/sbin/debugfs", &["-R", &dump, image]);
    same_content(&tree, &out);
    let list = run("/usr/sbin/debugfs", &["-R", "ea_list listed", image]);
    assert!(list.contains("system.posix_acl_access (28)"), "{list}");
    let list = run("/usr/sbin/debugfs", &["-R", "ea_list attributes", image]);
    assert!(list.contains("trusted.t (1) = \"t\""), "{list}");
    assert!(list.contains("user.large (2500)"), "{list}");
}

#[test]
fn squashfs_is_seen_as_it_is() {
    let archive = everything();
    let tree = Tree::open(&archive).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let image = directory.path().join("image");
    made(FileSystem::Squashfs, &tree, &image);
    let image = image.to_str().unwrap();
    let text = run("unsquashfs", &["-quiet", "-lln", image]);
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for line in text.lines() {
        if let Some((facts, path)) = line.split_once(" squashfs-root") {
            let path = path.split(" -> ").next().unwrap_or_default();
            seen.insert(path.trim_start_matches('/').to_owned(), facts.to_owned());
        }
    }
    // There is no place for the list of one file; its group keeps what the list gave it.
    let tree = tree.without_lists().unwrap();
    assert_eq!(expected(&tree)["listed"].mode, 0o600);
    for (path, expected) in expected(&tree) {
        let facts = seen
            .get(&path)
            .unwrap_or_else(|| panic!("{path} is missing: {text}"));
        let mut words = facts.split_whitespace();
        let mode = words.next().unwrap_or_default();
        let kind = match expected.kind {
            'f' => '-',
            other => other,
        };
        assert!(mode.starts_with(kind), "{path}: {facts}");
        assert_eq!(&mode[1..], letters(expected.mode), "{path}: {facts}");
        let (owner, group) = expected.owner;
        assert_eq!(
            words.next(),
            Some(&*format!("{owner}/{group}")),
            "{path}: {facts}"
        );
        match expected.kind {
            // It shows large numbers as they are stored, in pieces.
            'c' | 'b' if expected.device.1 < 256 => {
                let device = format!("{},{:>3}", expected.device.0, expected.device.1);
                let device = device.replace(' ', "");
                assert!(facts.replace(' ', "").contains(&device), "{path}: {facts}");
            }
            'f' => {
                let size = words.next().unwrap_or_default();
                assert_eq!(size, expected.size.to_string(), "{path}: {facts}");
            }
            _ => {}
        }
    }
    let out = directory.path().join("out");
    let words = [
        "-quiet",
        "-no-progress",
        "-ignore-errors",
        "-d",
        out.to_str().unwrap(),
        image,
    ];
    run("unsquashfs", &words);
    same_content(&tree, &out);
}

#[test]
fn erofs_is_seen_as_it_is() {
    let archive = everything();
    let tree = Tree::open(&archive).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let image = directory.path().join("image");
    made(FileSystem::Erofs, &tree, &image);
    let image = image.to_str().unwrap();
    let out = directory.path().join("out");
    let extract = format!("--extract={}", out.display());
    run("fsck.erofs", &["-d1", "--no-preserve", &extract, image]);
    same_content(&tree, &out);
    for (path, expected) in expected(&tree) {
        // One process for each of the many says nothing more.
        if path.starts_with("many/") && !path.starts_with("many/000") {
            continue;
        }
        let text = run("dump.erofs", &[&format!("--path=/{path}"), image]);
        assert_eq!(
            (number(&text, "Uid:"), number(&text, "Gid:")),
            expected.owner,
            "{path}"
        );
        // It does not show the bits above these.
        let access = after(&text, "Access:")
            .split('/')
            .next()
            .unwrap_or_default();
        assert_eq!(
            u16::from_str_radix(access, 8),
            Ok(expected.mode & 0o777),
            "{path}: {text}"
        );
        if expected.kind != 'd' {
            assert_eq!(number(&text, "Links:"), expected.links, "{path}: {text}");
            assert_eq!(
                u64::from(number(&text, "Size:")),
                expected.size,
                "{path}: {text}"
            );
        }
    }
}

/// The letters of permissions, as `ls` shows them.
fn letters(mode: u16) -> String {
    let mut letters: Vec<char> = (0..9)
        .map(|bit| match mode & (0o400 >> bit) {
            0 => '-',
            _ => ['r', 'w', 'x'][bit % 3],
        })
        .collect();
    for (bit, place, set, clear) in [
        (0o4000, 2, 's', 'S'),
        (0o2000, 5, 's', 'S'),
        (0o1000, 8, 't', 'T'),
    ] {
        if mode & bit != 0 {
            letters[place] = if letters[place] == 'x' { set } else { clear };
        }
    }
    letters.into_iter().collect()
}

/// Whether all regular files and links are there as they should be.
fn same_content(tree: &Tree<'_>, out: &Path) {
    for (index, node) in tree.nodes().nodes().iter().enumerate() {
        let path = out.join(std::str::from_utf8(&node.path).unwrap());
        match &tree.nodes().nodes()[tree.nodes().target(index)].kind {
            Kind::File(_) => {
                let found = std::fs::read(&path).unwrap();
                assert!(
                    found == tree.content(tree.nodes().target(index)),
                    "{path:?}"
                );
            }
            Kind::Symlink(target) => {
                let found = std::fs::read_link(&path).unwrap();
                assert_eq!(found.as_os_str().as_encoded_bytes(), target, "{path:?}");
            }
            Kind::Directory => assert!(path.is_dir(), "{path:?}"),
            _ => {}
        }
    }
}

/// A tree whose shape follows from a number.
fn random(seed: u64) -> Vec<u8> {
    let mut numbers = noise(1 << 14, seed).into_iter().map(usize::from).cycle();
    let mut next =
        |below: usize| (numbers.next().unwrap_or(0) << 8 | numbers.next().unwrap_or(0)) % below;
    let mut archive = Archive::default();
    let mut directories = vec![String::new()];
    archive.add(&Entry {
        kind: b'5',
        mode: 0o755,
        ..Entry::default()
    });
    let count = [5, 60, 900][next(3)];
    let longest = [4, 30, 250][next(3)];
    let largest = [1, 100, 5000, 70_000][next(4)];
    let mut first = None;
    for number in 0..count {
        let above = &directories[next(directories.len())];
        let name = format!("{number:x}{}", "n".repeat(next(longest)));
        let path = match above.is_empty() {
            true => name,
            false => format!("{above}/{name}"),
        };
        let content = noise(next(largest), number as u64);
        let value = noise(next(1500), 3);
        let attributes = [("user.value", &value[..])];
        let mut entry = Entry {
            path: &path,
            mode: next(0o10000) as u32,
            owner: (next(70_000) as u32, next(9) as u32),
            attributes: if next(6) == 0 { &attributes } else { &[] },
            ..Entry::default()
        };
        let target = "t".repeat(1 + next(200));
        match next(12) {
            0..=2 => entry.kind = b'5',
            3 => (entry.kind, entry.target) = (b'2', &target),
            4 => (entry.kind, entry.device) = (b'3', (next(4000) as u32, next(9000) as u32)),
            5 => entry.kind = b'6',
            6 if first.is_some() => {
                (entry.kind, entry.target) = (b'1', first.as_deref().unwrap_or_default());
                entry.attributes = &[];
            }
            _ => entry.content = &content,
        }
        archive.add(&entry);
        match entry.kind {
            b'5' => directories.push(path),
            b'0' if first.is_none() => first = Some(format!("./{path}")),
            _ => {}
        }
    }
    archive.finish()
}

#[test]
fn trees_of_any_shape_fit_what_is_reckoned_for_them() {
    let directory = tempfile::tempdir().unwrap();
    let image = directory.path().join("image");
    for seed in 0..16 {
        let archive = random(seed);
        let tree = Tree::open(&archive).unwrap();
        made(FileSystem::Ext4, &tree, &image);
        run("/usr/sbin/e2fsck", &["-f", "-n", image.to_str().unwrap()]);
        let options = ext4::Options {
            size: ext4::needed(&tree).unwrap(),
            id: [3; 16],
            label: String::new(),
            time: 0,
        };
        assert!(options.size <= ext4::size_for(&tree, 0), "{seed}");
        let mut target = Target::new(vec![0; options.size as usize], options.size);
        let section = target.section(0..options.size).unwrap();
        ext4::write(section, &tree, &options, &crate::blocks::Aids::default()).unwrap();
        std::fs::write(&image, target.into_place()).unwrap();
        run("/usr/sbin/e2fsck", &["-f", "-n", image.to_str().unwrap()]);
        made(FileSystem::Erofs, &tree, &image);
        run("fsck.erofs", &["-d1", image.to_str().unwrap()]);
        made(FileSystem::Squashfs, &tree, &image);
        let text = run("unsquashfs", &["-quiet", "-l", image.to_str().unwrap()]);
        let listed = text
            .lines()
            .filter(|line| line.starts_with("squashfs-root"))
            .count();
        assert_eq!(listed, tree.nodes().nodes().len(), "{seed}");
    }
}
