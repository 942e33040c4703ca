use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use super::{Kind, Time, Tree, Visited, shuffle};
use crate::Error;

fn tree() -> (tempfile::TempDir, Tree) {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("root")).unwrap();
    fs::write(directory.path().join("outside"), "secret").unwrap();
    let tree = Tree::open(&directory.path().join("root")).unwrap();
    (directory, tree)
}

#[test]
fn files_are_written_read_and_rewritten_with_their_mode() {
    let (_kept, tree) = tree();
    tree.create_directories("/a/b").unwrap();
    tree.write("./a/b/c", b"one", 0o640).unwrap();
    assert_eq!(tree.read("a/b/c").unwrap(), b"one");
    tree.rewrite("a/b/c", b"two").unwrap();
    let metadata = tree.metadata("a/b/c").unwrap().unwrap();
    assert_eq!(
        (metadata.kind, metadata.mode, metadata.size),
        (Kind::File, 0o640, 3)
    );
    tree.append("a/b/c", b" three").unwrap();
    assert_eq!(tree.read("a//b/./c").unwrap(), b"two three");
    tree.create_file("a/b/d", 0o4755)
        .unwrap()
        .write_all(b"x")
        .unwrap();
    let names = tree.list("a/b").unwrap();
    assert_eq!(names, [("c".into(), Kind::File), ("d".into(), Kind::File)]);
    assert_eq!(tree.read_if_there("a/b/c/d").unwrap(), None);
    assert!(!tree.exists("a/x/y").unwrap());
}

#[test]
fn hostile_names_are_refused() {
    let (kept, tree) = tree();
    let long = "n".repeat(256);
    let deep = "d/".repeat(2100);
    for name in ["../outside", "a/../../outside", "..", "a\0b", &long, &deep] {
        let error = tree.write(name, b"x", 0o644).unwrap_err();
        assert!(
            matches!(error, Error::HostileName { .. }),
            "{name}: {error}"
        );
    }
    let root = tree.directory("").unwrap();
    for name in ["..", ".", "", "a/b", "../outside"] {
        let error = root.create_file(OsStr::new(name), 0o644).unwrap_err();
        assert!(
            matches!(error, Error::HostileName { .. }),
            "{name}: {error}"
        );
    }
    assert!(matches!(
        tree.remove_all("").unwrap_err(),
        Error::HostileName { .. }
    ));
    assert_eq!(fs::read(kept.path().join("outside")).unwrap(), b"secret");
}

#[test]
fn symbolic_links_lead_nowhere_outside() {
    let (kept, tree) = tree();
    let root = kept.path().join("root");
    fs::create_dir(root.join("etc")).unwrap();
    symlink("/etc", root.join("absolute")).unwrap();
    symlink("../../../../..", root.join("climbing")).unwrap();
    symlink(kept.path(), root.join("host")).unwrap();
    symlink("../outside", root.join("file")).unwrap();
    tree.write("absolute/passwd", b"inside", 0o644).unwrap();
    assert_eq!(fs::read(root.join("etc/passwd")).unwrap(), b"inside");
    tree.write("climbing/top", b"inside", 0o644).unwrap();
    assert!(root.join("top").exists());
    assert!(tree.write("host/outside", b"x", 0o644).is_err());
    assert!(tree.read("file").unwrap_err().is_not_found());
    // The link itself gives way, not what it points to.
    tree.write("file", b"new", 0o644).unwrap();
    assert!(
        !fs::symlink_metadata(root.join("file"))
            .unwrap()
            .is_symlink()
    );
    assert!(tree.set_mode("host", 0o777).is_err());
    assert!(tree.append("host", b"x").is_err());
    assert!(tree.remove_all("host").unwrap());
    assert_eq!(fs::read(kept.path().join("outside")).unwrap(), b"secret");
}

#[test]
fn links_times_and_attributes() {
    let (kept, tree) = tree();
    let root = kept.path().join("root");
    tree.write("a", b"x", 0o644).unwrap();
    tree.hard_link("a", "b").unwrap();
    tree.symbolic_link(OsStr::new("../nowhere"), "c").unwrap();
    assert_eq!(tree.read_link("c").unwrap(), Path::new("../nowhere"));
    let metadata = tree.metadata("b").unwrap().unwrap();
    assert_eq!(metadata.links, 2);
    for name in ["a", "c"] {
        tree.set_modified(name, Time::seconds(1_000)).unwrap();
        assert_eq!(
            fs::symlink_metadata(root.join(name)).unwrap().mtime(),
            1_000
        );
    }
    tree.set_modified("", Time::seconds(2_000)).unwrap();
    assert_eq!(fs::metadata(&root).unwrap().mtime(), 2_000);
    if tree.set_attribute("a", "user.colour", b"red").is_ok() {
        let attributes = tree.attributes("b").unwrap();
        assert_eq!(attributes.get("user.colour").unwrap(), b"red");
        tree.rewrite("a", b"y").unwrap();
        assert_eq!(tree.attributes("a").unwrap(), attributes);
        // More names than have room in what is looked at first.
        for number in 0..20 {
            let name = format!("user.a name that is rather long, {number}");
            tree.set_attribute("a", &name, b"").unwrap();
        }
        assert_eq!(tree.attributes("a").unwrap().len(), 21);
    }
    assert!(tree.attributes("c").unwrap().is_empty());
    tree.rename("a", "d").unwrap();
    assert!(!tree.remove("a").unwrap() && tree.remove("d").unwrap());
}

#[test]
fn a_walk_is_sorted_by_path_parts_and_meets_each_thing_once() {
    let (kept, tree) = tree();
    let root = kept.path().join("root");
    tree.create_directories("b/c").unwrap();
    tree.write("b/c/z", b"", 0o600).unwrap();
    tree.write("b.x", b"", 0o600).unwrap();
    fs::write(root.join(OsStr::from_bytes(b"\xff\n")), "").unwrap();
    symlink("b", root.join("a")).unwrap();
    let mut seen = Vec::new();
    tree.walk("", &mut |visited| -> Result<(), Error> {
        seen.push(visited.path.to_owned());
        if visited.metadata.kind == Kind::File {
            visited.set_mode(0o644)?;
        }
        Ok(())
    })
    .unwrap();
    let names: Vec<&OsStr> = seen.iter().map(|path| path.as_os_str()).collect();
    let expected = ["a", "b", "b/c", "b/c/z", "b.x"].map(OsStr::new);
    assert_eq!(names[..5], expected);
    assert_eq!(names[5], OsStr::from_bytes(b"\xff\n"));
    let mode = fs::metadata(root.join("b/c/z"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o644);
    assert!(tree.remove_all("b").unwrap());
    assert!(!root.join("b").exists());
}

#[test]
fn shuffled_directories_are_listed_as_ever() {
    let (_kept, tree) = tree();
    for number in 0..50 {
        tree.write(format!("{number:02}"), b"", 0o644).unwrap();
    }
    let names = |list: Vec<(std::ffi::OsString, Kind)>| -> Vec<String> {
        let names = list
            .into_iter()
            .map(|(name, _)| name.into_string().unwrap());
        names.collect()
    };
    let unsorted = || names(tree.directory("").unwrap().unsorted().unwrap());
    let sorted = names(tree.list("").unwrap());
    shuffle(7);
    // One who does not sort is given away, ...
    let first = unsorted();
    assert_ne!(first, sorted);
    assert_eq!(unsorted(), first, "the same seed, the same order");
    shuffle(8);
    assert_ne!(unsorted(), first);
    // ... and everybody else sees what they always see.
    assert_eq!(names(tree.list("").unwrap()), sorted);
    let mut walked = Vec::new();
    tree.walk("", &mut |visited: &Visited<'_>| {
        walked.push(visited.path.to_str().unwrap().to_owned());
        Ok::<(), Error>(())
    })
    .unwrap();
    assert_eq!(walked, sorted);
    shuffle(0);
}
