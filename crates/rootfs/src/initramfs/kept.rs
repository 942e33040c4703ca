//! An initial RAM disk kept in the cache, with all questions that its maker asked of the tree.
//!
//! It lies beside the stage that the tree stands on, one for each image and kernel, and is
//! taken where every question has the answer that it had then. So whatever an edit changes, what
//! is taken is what would be made. The image's own scripts are no question but are put in anew:
//! they may name the partitions of one image, which follow from all that is in it.
//!
//! ```text
//! SHA-256 of the document, as text
//! document, a line of JSON
//! the initial RAM disk
//! ```

use std::io::Write;
use std::path::Path;

use formwork_deb::sha256::Sha256;
use formwork_format::cpio::Entry;
use formwork_sys::{Kept, fs};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::archive::{Archive, Content, Node};
use super::view::{Answers, Ask, View};
use super::{MOST, Made, New};
use crate::error::Error;
use crate::job::Maker;
use crate::program::Run;
use crate::report::Initrd;

/// The format that this code reads and writes.
const FORMAT: u32 = 3;

/// What stands before it.
#[derive(Debug, Serialize, Deserialize)]
struct Document {
    format: u32,
    packed: String,
    /// The BLAKE3 of the initial RAM disk.
    check: String,
    /// Where the image's own scripts belong.
    front: usize,
    own: Vec<Own>,
    answers: Vec<(Ask, String)>,
}

/// One of the image's own scripts, or a directory: name, mode, owner, group and time, and its
/// place in the tree.
type Own = (String, [u32; 4], Option<String>);

/// What is kept is not what was written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Damaged;

/// The initial RAM disk that is kept at a place, if one is there and would be made again.
pub(super) fn take(
    path: &Path,
    view: &View<'_>,
    date: i64,
    run: &mut dyn Run,
) -> Result<Option<Made>, Damaged> {
    let Ok(file) = fs::read_limited(path, MOST) else {
        return Ok(None);
    };
    let Some((document, start)) = read(&file)? else {
        return Ok(None);
    };
    let answers: Result<Vec<(&Ask, Sha256)>, Damaged> = document
        .answers
        .iter()
        .map(|(ask, digest)| Ok((ask, digest.parse().map_err(|_| Damaged)?)))
        .collect();
    let (programs, questions): (Vec<_>, Vec<_>) = answers?
        .into_iter()
        .partition(|(ask, _)| matches!(ask, Ask::Prints(_)));
    let is_same = questions
        .par_iter()
        .all(|(ask, digest)| view.answers(ask, digest))
        && programs
            .iter()
            .all(|(ask, digest)| view.prints(ask, digest, run));
    if !is_same {
        return Ok(None);
    }
    let front = packed(&file, start, &document)?;
    let Ok(own) = own(document.own).open(view, date) else {
        return Ok(None);
    };
    // In a cache that we may only read, nobody cleans by age either.
    let _ = fs::set_modified(path, std::time::SystemTime::now());
    Ok(Some(Made {
        bytes: [front.0, &own, front.1].concat(),
        initrd: Initrd {
            made_by: Maker::Native,
            packed: document.packed,
        },
        is_new: false,
    }))
}

/// What stands before the image's own scripts and behind them, compared.
fn packed<'a>(
    file: &'a [u8],
    start: usize,
    document: &Document,
) -> Result<(&'a [u8], &'a [u8]), Damaged> {
    let packed = &file[start..];
    match blake3::hash(packed).to_hex().as_str() == document.check {
        true => packed.split_at_checked(document.front).ok_or(Damaged),
        false => Err(Damaged),
    }
}

/// Whether one is what was kept; one that another program has kept is passed over.
pub(super) fn check(path: &Path) -> Result<(), Damaged> {
    let Ok(file) = fs::read_limited(path, MOST) else {
        return Ok(());
    };
    match read(&file)? {
        Some((document, start)) => packed(&file, start, &document).map(|_| ()),
        None => Ok(()),
    }
}

/// The image's own scripts as they were noted.
fn own(noted: Vec<Own>) -> Archive {
    let mut archive = Archive::default();
    for (name, [mode, owner, group, time], place) in noted {
        let entry = Entry {
            mode,
            owner,
            group,
            time,
            device: (0, 0),
        };
        let content = place.map_or(Content::Bytes(Vec::new()), Content::Tree);
        archive.insert(&name, Node { entry, content });
    }
    archive
}

/// How they are noted.
fn noted((name, node): (&String, &Node)) -> Own {
    let Entry {
        mode,
        owner,
        group,
        time,
        device: _,
    } = node.entry;
    let place = match &node.content {
        Content::Tree(path) => Some(path.clone()),
        Content::Bytes(_) | Content::Same(_) => None,
    };
    (name.clone(), [mode, owner, group, time], place)
}

/// What of the document tells whether the rest can be read.
#[derive(Deserialize)]
struct Version {
    format: u32,
}

/// The document, and where the initial RAM disk begins; nothing where it is of another format.
fn read(file: &[u8]) -> Result<Option<(Document, usize)>, Damaged> {
    let mut lines = file.splitn(3, |byte| *byte == b'\n');
    let mut line = || lines.next().ok_or(Damaged);
    let (digest, text, rest) = (line()?, line()?, line()?);
    let digest = std::str::from_utf8(digest).map_err(|_| Damaged)?;
    let digest: Sha256 = digest.parse().map_err(|_| Damaged)?;
    if Sha256::of(text) != digest {
        return Err(Damaged);
    }
    let version: Version = serde_json::from_slice(text).map_err(|_| Damaged)?;
    if version.format != FORMAT {
        return Ok(None);
    }
    let document = serde_json::from_slice(text).map_err(|_| Damaged)?;
    Ok(Some((document, file.len() - rest.len())))
}

/// Keeps one.
pub(super) fn keep(path: &Path, new: &New, answers: &Answers) -> Result<(), Error> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(new.parts.front());
    hasher.update(new.parts.rest());
    let document = Document {
        format: FORMAT,
        packed: new.initrd.packed.clone(),
        check: hasher.finalize().to_hex().to_string(),
        front: new.parts.front().len(),
        own: new.own.nodes().map(noted).collect(),
        answers: answers
            .iter()
            .map(|(ask, digest)| (ask.clone(), digest.to_string()))
            .collect(),
    };
    // Texts and numbers can always be written.
    let text = serde_json::to_vec(&document).unwrap_or_default();
    let fail = |source| formwork_sys::Error::io("write", path, source);
    let mut file = Kept::create(path)?;
    let head = format!("{}\n", Sha256::of(&text));
    let packed = [new.parts.front(), new.parts.rest()];
    for part in [head.as_bytes(), &text, b"\n"].into_iter().chain(packed) {
        file.write_all(part).map_err(fail)?;
    }
    file.keep().map_err(fail)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use formwork_sys::tree::{Time, Tree};

    use super::*;
    use crate::initramfs::archive::Parts;
    use crate::message::Message;
    use crate::program::{Ended, Program};

    const DATE: i64 = 1_700_000_000;

    /// Prints a word, whatever it is asked to run.
    struct Says(&'static str);

    impl Run for Says {
        fn run(&mut self, _: &Program, line: &mut dyn FnMut(&str)) -> Result<Ended, Error> {
            line(self.0);
            Ok(Ended::default())
        }
    }

    const SCRIPT: &str = "etc/initramfs-tools/scripts/own";

    /// One with an own script as the tree has it.
    fn new(view: &View<'_>) -> New {
        let noted = |name: &str, mode, place| (name.to_owned(), [mode, 0, 0, 0], place);
        let own = own(vec![
            noted("scripts", 0o040_755, None),
            noted("scripts/own", 0o100_755, Some(SCRIPT.to_owned())),
        ]);
        let scripts = own.open(view, DATE).unwrap();
        New {
            parts: Parts {
                own: 5..5 + scripts.len(),
                bytes: [b"open\n", &scripts[..], b"packed\nfiles"].concat(),
            },
            own,
            initrd: Initrd {
                made_by: Maker::Native,
                packed: "zstd".to_owned(),
            },
        }
    }

    fn made(root: &Path) -> Made {
        let tree = Tree::open(root).unwrap();
        new(&View::new(&tree, DATE)).made()
    }

    /// A tree, and a record of one question of each kind that was asked of it.
    fn record(root: &Path, path: &Path) {
        fs::create_dir_all(root.join("etc/lvm")).unwrap();
        fs::create_dir_all(root.join("etc/initramfs-tools/scripts")).unwrap();
        fs::write(root.join(SCRIPT), "PREREQ=\"\"\n").unwrap();
        for name in ["etc/a.conf", "etc/b.conf", "etc/other", "etc/lvm/x"] {
            fs::write(root.join(name), name).unwrap();
            let time = Time::seconds(1_000);
            let tree = Tree::open(root).unwrap();
            tree.set_modified(name, time).unwrap();
        }
        symlink("a.conf", root.join("etc/link")).unwrap();
        let tree = Tree::open(root).unwrap();
        let view = View::new(&tree, DATE).noting();
        assert_eq!(view.read("etc/a.conf").unwrap(), b"etc/a.conf");
        assert_eq!(view.read("etc/link").unwrap(), b"etc/a.conf");
        assert_eq!(view.read_if_there("etc/missing").unwrap(), None);
        assert!(!view.exists("etc/nothing").unwrap());
        assert_eq!(view.metadata("etc/b.conf").unwrap().unwrap().time, 1_000);
        assert_eq!(view.read_link("etc/link").unwrap(), Path::new("a.conf"));
        assert_eq!(view.list_like("etc", &["a.", "b."]).unwrap().len(), 2);
        assert_eq!(view.below("etc/lvm").unwrap().len(), 1);
        assert_eq!(
            view.run(&["/bin/list"], &mut Says("one")).unwrap().1,
            ["one"]
        );
        assert!(view.checked("etc/fstab").unwrap().is_empty());
        view.needs(SCRIPT).unwrap();
        let new = new(&View::new(&tree, DATE));
        let answers = view.into_answers();
        assert_eq!(answers.len(), 11);
        keep(path, &new, &answers).unwrap();
    }

    fn taken(root: &Path, path: &Path, says: &'static str) -> Result<Option<Made>, Damaged> {
        let tree = Tree::open(root).unwrap();
        take(path, &View::new(&tree, DATE), DATE, &mut Says(says))
    }

    /// A change of a tree.
    type Change = fn(&Path);

    #[test]
    fn it_is_taken_where_every_question_has_its_answer() {
        let table: [(&str, bool, Change); 15] = [
            ("the image's own script", true, |root| {
                fs::write(root.join(SCRIPT), "PREREQ=\"\"\nother\n").unwrap();
            }),
            ("a table without anything to check", true, |root| {
                fs::write(root.join("etc/fstab"), "PARTUUID=a / ext4 ro 0 0\n").unwrap();
            }),
            ("a file system to check", false, |root| {
                fs::write(root.join("etc/fstab"), "PARTUUID=a / ext4 ro 0 1\n").unwrap();
            }),
            ("nothing", true, |_| {}),
            ("a file nobody asked for", true, |root| {
                fs::write(root.join("etc/other"), "another").unwrap();
                fs::write(root.join("etc/new"), "").unwrap();
            }),
            ("the content of a file that was looked at", true, |root| {
                let tree = Tree::open(root).unwrap();
                fs::write(root.join("etc/b.conf"), "ETC/b.conf").unwrap();
                tree.set_modified("etc/b.conf", Time::seconds(1_000))
                    .unwrap();
            }),
            ("a file", false, |root| {
                fs::write(root.join("etc/a.conf"), "ETC/a.conf").unwrap();
            }),
            ("a file that was not there", false, |root| {
                fs::write(root.join("etc/missing"), "").unwrap();
            }),
            ("a name that was not there", false, |root| {
                fs::create_dir(root.join("etc/nothing")).unwrap();
            }),
            ("a mode", false, |root| {
                let mode = fs::Permissions::from_mode(0o600);
                fs::set_permissions(root.join("etc/b.conf"), mode).unwrap();
            }),
            ("a time", false, |root| {
                let tree = Tree::open(root).unwrap();
                tree.set_modified("etc/b.conf", Time::seconds(2_000))
                    .unwrap();
            }),
            ("a link", false, |root| {
                fs::remove_file(root.join("etc/link")).unwrap();
                symlink("./a.conf", root.join("etc/link")).unwrap();
            }),
            ("a name that begins so", false, |root| {
                fs::write(root.join("etc/b.more"), "").unwrap();
            }),
            ("something below", false, |root| {
                fs::create_dir(root.join("etc/lvm/y")).unwrap();
            }),
            ("a directory", false, |root| {
                fs::remove_dir_all(root.join("etc/lvm")).unwrap();
            }),
        ];
        for (what, same, change) in table {
            let directory = tempfile::tempdir().unwrap();
            let (root, path) = (directory.path().join("root"), directory.path().join("kept"));
            assert_eq!(taken(directory.path(), &path, "one"), Ok(None));
            record(&root, &path);
            change(&root);
            let expected = same.then(|| made(&root));
            assert_eq!(taken(&root, &path, "one"), Ok(expected), "{what}");
            assert_eq!(taken(&root, &path, "two"), Ok(None), "{what}");
        }
    }

    #[test]
    fn a_time_later_than_the_lock_is_the_locks() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("a"), "").unwrap();
        let tree = Tree::open(directory.path()).unwrap();
        let mut seen = Vec::new();
        for later in [1, 2] {
            tree.set_modified("a", Time::seconds(DATE + later)).unwrap();
            let view = View::new(&tree, DATE).noting();
            seen.push((view.metadata("a").unwrap(), view.into_answers()));
        }
        assert_eq!(seen[0], seen[1]);
    }

    #[test]
    fn where_it_cannot_be_kept_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let (root, cache) = (
            directory.path().join("root"),
            directory.path().join("cache"),
        );
        fs::create_dir(&root).unwrap();
        fs::write(&cache, "a file").unwrap();
        let tree = Tree::open(&root).unwrap();
        fs::create_dir_all(root.join("etc/initramfs-tools/scripts")).unwrap();
        fs::write(root.join(SCRIPT), "").unwrap();
        let new = new(&View::new(&tree, DATE));
        let mut told = Vec::new();
        let mut tell = |message| told.push(message);
        let cannot = keep(&cache.join("kept"), &new, &Answers::new());
        assert!(!crate::initramfs::is_kept(cannot, &mut tell));
        let can = keep(&directory.path().join("kept"), &new, &Answers::new());
        assert!(crate::initramfs::is_kept(can, &mut tell));
        let [Message::Warning(text)] = &told[..] else {
            panic!("{told:?}");
        };
        assert!(text.contains("is not kept"), "{text}");
    }

    #[test]
    fn no_bit_of_it_may_be_another() {
        let directory = tempfile::tempdir().unwrap();
        let (root, path) = (directory.path().join("root"), directory.path().join("kept"));
        record(&root, &path);
        let whole = fs::read(&path).unwrap();
        for place in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[place] ^= 1;
            fs::write(&path, damaged).unwrap();
            assert_eq!(taken(&root, &path, "one"), Err(Damaged), "{place}");
            fs::write(&path, &whole[..place]).unwrap();
            assert_eq!(taken(&root, &path, "one"), Err(Damaged), "{place}");
        }
    }
}
