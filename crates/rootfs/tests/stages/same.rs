//! Whatever is edited: a tree on a stage has the same bits as one from nothing.

use std::collections::BTreeMap;

use formwork_deb::container::tar::{Limits, Reader};
use formwork_model::settings::{Content, Directory, File, Link, User};
use formwork_model::stage::ELSEWHERE;
use formwork_rootfs::job::Job;
use formwork_testkit::package::Package as Deb;

use crate::world::{Made, World};

fn file(path: &str, text: &str) -> File {
    File {
        path: path.to_owned(),
        content: Content::Text(text.to_owned()),
        rights: Default::default(),
        at: "images/a.toml:1".to_owned(),
    }
}

/// An edit of an order.
type Edit = (&'static str, fn(&World, &mut Job));

/// What people edit: something comes, is changed, or goes.
const EDITS: [Edit; 13] = [
    ("nothing", |_, _| {}),
    ("a file comes", |_, job| {
        job.settings.files = vec![file("/etc/new", "new")];
    }),
    ("a file is another", |_, job| {
        job.settings.files = vec![file("/etc/new", "old")];
    }),
    (
        "a file of a package is another, of the same size",
        |_, job| {
            job.settings.files = vec![file("/usr/share/base/one", "two")];
        },
    ),
    ("a file with several names is another", |_, job| {
        job.settings.files = vec![file("/var/lib/odd/another", "names")];
    }),
    ("a file gets another mode", |_, job| {
        let mut file = file("/usr/share/base/one", "one");
        file.rights.mode = Some(0o4750);
        job.settings.files = vec![file];
    }),
    ("a directory comes", |_, job| {
        job.settings.directories = vec![Directory {
            path: "/srv/new".to_owned(),
            ..Directory::default()
        }];
    }),
    ("a link comes", |_, job| {
        job.settings.links = vec![Link {
            path: "/usr/bin/other".to_owned(),
            target: "tool".to_owned(),
            at: String::new(),
        }];
    }),
    ("a user comes", |_, job| {
        job.settings.users = vec![User {
            name: "me".to_owned(),
            uid: Some(1000),
            ..User::default()
        }];
    }),
    ("a setting is another", |_, job| {
        job.settings.system.hostname = Some("another".to_owned());
    }),
    ("a rule of cleaning is off", |_, job| {
        job.clean.backups = false
    }),
    ("a package comes", |world, job| {
        let deb = Deb::new("own", "1", "amd64").file("usr/share/own/x", b"own");
        job.packages.insert(2, world.package(&deb, "own"));
    }),
    ("a package goes", |_, job| drop(job.packages.pop())),
];

#[test]
fn a_tree_on_a_stage_is_that_from_nothing_after_every_edit() {
    let Some(world) = World::new() else { return };
    let first = world.staged(&world.job());
    assert!(!first.restored() && first.configured > 0);
    assert_eq!(first.warnings, [""; 0]);
    for (what, edit) in EDITS {
        let mut job = world.job();
        edit(&world, &mut job);
        let cold = world.cold(&job);
        let same_packages = job.packages == world.job().packages;
        // Twice: what was kept just now, and what is kept already.
        for round in 0..2 {
            let staged = world.staged(&job);
            assert_eq!(staged.restored(), same_packages || round == 1, "{what}");
            assert_eq!(staged.restored(), staged.configured == 0, "{what}");
            assert_eq!(staged.warnings, [""; 0], "{what}");
            for output in ["tree.json", "tar"] {
                let is_same = staged.output(output) == cold.output(output);
                assert!(is_same, "{what}: {output} is another in round {round}");
            }
            assert_eq!(whole(&staged), plain(&cold.output("tar")), "{what}");
            assert!(staged.output("delta").len() < cold.output("tar").len() / 2);
        }
        assert_eq!(whole(&cold), plain(&cold.output("tar")), "{what}");
    }
}

/// An archive as it can be compared: all that each entry says, and its content.
type Archive = BTreeMap<Vec<u8>, (String, Vec<u8>)>;

fn read(bytes: &[u8], stage: &[u8]) -> Archive {
    let mut reader = Reader::new(bytes, Limits::DATA);
    let mut archive = Archive::new();
    while let Some(mut entry) = reader.next_entry().unwrap() {
        let mut content = reader.content().unwrap();
        if let Some(place) = entry.attributes.remove(ELSEWHERE) {
            let place = String::from_utf8(place).unwrap();
            let (offset, size) = place.split_once(' ').unwrap();
            let offset: usize = offset.parse().unwrap();
            entry.size = size.parse().unwrap();
            content = stage[offset..offset + entry.size as usize].to_vec();
        }
        entry.offset = 0;
        archive.insert(entry.path.clone(), (format!("{entry:?}"), content));
    }
    archive
}

fn plain(bytes: &[u8]) -> Archive {
    read(bytes, &[])
}

/// What is new together with what the stage has.
fn whole(made: &Made) -> Archive {
    let stage = made.report.stage.as_ref();
    let stage = stage.map(|stage| std::fs::read(&stage.archive).unwrap());
    read(&made.output("delta"), &stage.unwrap_or_default())
}
