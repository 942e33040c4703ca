//! Containers against GNU tar, GNU ar's writer in `dpkg-deb`, and `dpkg-deb` as reader.

use crate::run;
use formwork_deb::container::package::{Compression, PackageArchive, control_file};
use formwork_deb::container::tar::{Entry, Kind, Limits, Reader, Writer};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

const CONTROL: &str = "Package: toy\nVersion: 1.0-1\nArchitecture: all\nMaintainer: T <t@mail.example>\nDescription: a toy\n";

/// A tree with the shapes that tar writers treat differently.
fn make_tree(root: &Path) {
    let deep = root.join("d".repeat(90)).join("e".repeat(90));
    fs::create_dir_all(&deep).expect("directories");
    fs::write(root.join("empty"), "").expect("a file");
    fs::write(root.join("block"), [b'x'; 512]).expect("a file");
    fs::write(root.join("block-and-one"), [b'y'; 513]).expect("a file");
    fs::write(root.join("naïve name"), "text\n").expect("a file");
    fs::write(deep.join("f".repeat(90)), "deep\n").expect("a file");
    symlink("g".repeat(200), root.join("long-link")).expect("a link");
    symlink("empty", root.join("link")).expect("a link");
    fs::hard_link(root.join("block"), root.join("hard")).expect("a link");
}

/// For each path: what it is, where it links to, what it holds.
type Shape = BTreeMap<String, (Kind, String, Vec<u8>)>;

/// What an archive holds, with the content of each file.
fn list(archive: &[u8]) -> Vec<(Entry, Vec<u8>)> {
    let mut reader = Reader::new(archive, Limits::DATA);
    let mut all = Vec::new();
    while let Some(entry) = reader.next_entry().expect("a good archive") {
        let content = reader.content().expect("a good archive");
        all.push((entry, content));
    }
    all
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[test]
fn the_forms_of_gnu_tar() {
    let directory = tempfile::tempdir().expect("a directory");
    make_tree(directory.path());
    let root = directory.path().to_str().expect("UTF-8");
    let mut previous: Option<Shape> = None;
    for format in ["gnu", "oldgnu", "posix", "pax"] {
        let flag = format!("--format={format}");
        let options = [
            "-c",
            "-f",
            "-",
            "--sort=name",
            "--owner=owner:7",
            "--group=group:8",
            "--mtime=@1234567890.5",
            flag.as_str(),
            "-C",
            root,
            ".",
        ];
        let archive = run("tar", &options, b"");
        let found = list(&archive);
        let names = text(&run(
            "tar",
            &["-t", "-f", "-", "--quoting-style=literal"],
            &archive,
        ));
        let paths: Vec<String> = found.iter().map(|(entry, _)| text(&entry.path)).collect();
        assert_eq!(paths, names.lines().collect::<Vec<_>>(), "{format}");
        for (entry, content) in &found {
            assert_eq!((entry.user_id, entry.group_id), (7, 8), "{format}");
            assert_eq!(
                (text(&entry.user_name), text(&entry.group_name)),
                ("owner".into(), "group".into())
            );
            assert_eq!(entry.modified, 1_234_567_890, "{format}");
            let start = usize::try_from(entry.offset).expect("small");
            assert_eq!(&archive[start..start + content.len()], content, "{format}");
        }
        let shape: Shape = found
            .into_iter()
            .map(|(entry, content)| (text(&entry.path), (entry.kind, text(&entry.link), content)))
            .collect();
        assert_eq!(
            shape["./long-link"],
            (Kind::SymbolicLink, "g".repeat(200), Vec::new())
        );
        assert_eq!(
            shape["./hard"],
            (Kind::HardLink, "./block".to_owned(), Vec::new())
        );
        assert_eq!(shape["./block-and-one"].2.len(), 513);
        if let Some(previous) = previous.replace(shape.clone()) {
            assert_eq!(previous, shape, "{format}");
        }
    }
}

#[test]
fn the_forms_that_cannot_hold_long_names() {
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("file"), "content").expect("a file");
    fs::create_dir(directory.path().join("sub")).expect("a directory");
    let root = directory.path().to_str().expect("UTF-8");
    for format in ["v7", "ustar"] {
        let flag = format!("--format={format}");
        let archive = run(
            "tar",
            &[
                "-c",
                "-f",
                "-",
                "--sort=name",
                &flag,
                "-C",
                root,
                "file",
                "sub",
            ],
            b"",
        );
        let found = list(&archive);
        assert_eq!(found[0].1, b"content", "{format}");
        let kinds: Vec<Kind> = found.iter().map(|(entry, _)| entry.kind).collect();
        assert_eq!(kinds, [Kind::File, Kind::Directory], "{format}");
    }
}

/// Builds a package and gives its bytes.
fn build(root: &Path, compression: &str) -> Vec<u8> {
    let tree = root.join("tree");
    let package = root.join(format!("{compression}.deb"));
    if !tree.exists() {
        fs::create_dir_all(tree.join("DEBIAN")).expect("a directory");
        fs::write(tree.join("DEBIAN/control"), CONTROL).expect("a file");
        make_tree(&tree);
    }
    let flag = format!("-Z{compression}");
    let (from, to) = (
        tree.to_str().expect("UTF-8"),
        package.to_str().expect("UTF-8"),
    );
    run(
        "dpkg-deb",
        &[
            "--root-owner-group",
            "--uniform-compression",
            &flag,
            "--build",
            from,
            to,
        ],
        b"",
    );
    fs::read(package).expect("the package")
}

#[test]
fn a_package_that_dpkg_deb_built() {
    let directory = tempfile::tempdir().expect("a directory");
    let bytes = build(directory.path(), "none");
    let package = PackageArchive::parse(&bytes).expect("a package");
    assert_eq!(package.control_compression, Compression::None);
    let control =
        control_file(package.control.content, "control", Limits::CONTROL).expect("control");
    assert_eq!(text(&control), CONTROL);
    let path = directory.path().join("none.deb");
    let path = path.to_str().expect("UTF-8");
    assert_eq!(
        run("dpkg-deb", &["--ctrl-tarfile", path], b""),
        package.control.content
    );
    assert_eq!(
        run("dpkg-deb", &["--fsys-tarfile", path], b""),
        package.data.content
    );
    let paths: Vec<String> = list(package.data.content)
        .iter()
        .map(|(entry, _)| text(&entry.path))
        .collect();
    assert!(paths.contains(&"./naïve name".to_owned()), "{paths:?}");
}

#[test]
fn the_compressions_of_dpkg_deb() {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, expected) in [("gzip", Compression::Gzip), ("xz", Compression::Xz)] {
        let bytes = build(directory.path(), name);
        let package = PackageArchive::parse(&bytes).expect("a package");
        assert_eq!(
            (package.control_compression, package.data_compression),
            (expected, expected)
        );
    }
}

/// What a tar program says of an archive, numbers instead of names.
fn listing(program: &str, archive: &[u8]) -> Vec<String> {
    let options: &[&str] = match program {
        "tar" => &[
            "-tvf",
            "-",
            "--numeric-owner",
            "--full-time",
            "--utc",
            "--quoting-style=escape",
        ],
        _ => &["-tvf", "-", "--numeric-owner"],
    };
    let listing = text(&run(program, options, archive));
    listing.lines().map(str::to_owned).collect()
}

#[test]
fn what_we_write_tar_reads_as_what_it_writes_itself() {
    let directory = tempfile::tempdir().expect("a directory");
    make_tree(directory.path());
    let root = directory.path().to_str().expect("UTF-8");
    let options = [
        "-c",
        "-f",
        "-",
        "--format=posix",
        "--sort=name",
        "--owner=:3000000",
        "--group=:8",
        "--numeric-owner",
        "--mtime=@1234567890",
        "-C",
        root,
        ".",
    ];
    let theirs = run("tar", &options, b"");
    let mut writer = Writer::new(Vec::new());
    for (mut entry, content) in list(&theirs) {
        // Times of access and change, which GNU tar adds.
        entry.attributes.clear();
        writer
            .append(&entry, &mut content.as_slice())
            .expect("memory takes everything");
    }
    let ours = writer.finish().expect("memory takes everything");
    assert_eq!(listing("tar", &ours), listing("tar", &theirs));
    // BSD's tar reads it by code of its own; `./check` does without where it is not installed.
    if Path::new("/usr/bin/bsdtar").exists() {
        assert_eq!(listing("bsdtar", &ours), listing("bsdtar", &theirs));
    }
}
