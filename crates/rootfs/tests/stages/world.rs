//! A small closure, a cache for its stage, and a dpkg that does what scripts do.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use formwork_deb::sha256::Sha256;
use formwork_rootfs::error::Error;
use formwork_rootfs::inside;
use formwork_rootfs::job::{Job, Kind, Limits, Output, Package, Stage, Stages};
use formwork_rootfs::message::Message;
use formwork_rootfs::program::{Ended, Program, Run};
use formwork_rootfs::report::Report;
use formwork_testkit::package::Package as Deb;

/// The lock's date.
pub(crate) const DATE: i64 = 1_700_000_000;

pub(crate) struct World {
    home: tempfile::TempDir,
    built: std::cell::Cell<u32>,
}

/// What came of a build.
pub(crate) struct Made {
    pub(crate) report: Report,
    pub(crate) warnings: Vec<String>,
    /// How often dpkg was run.
    pub(crate) configured: usize,
    directory: PathBuf,
}

impl Made {
    pub(crate) fn output(&self, name: &str) -> Vec<u8> {
        fs::read(self.directory.join(name)).unwrap()
    }

    pub(crate) fn restored(&self) -> bool {
        self.report
            .stage
            .as_ref()
            .is_some_and(|stage| stage.restored)
    }
}

impl World {
    /// A place to work in; nothing where owners cannot be changed.
    pub(crate) fn new() -> Option<World> {
        if fs::metadata("/proc/self").is_ok_and(|own| own.uid() != 0) {
            eprintln!("skipped: this test needs root");
            return None;
        }
        Some(World {
            home: tempfile::tempdir().unwrap(),
            built: std::cell::Cell::new(0),
        })
    }

    pub(crate) fn cache(&self) -> PathBuf {
        self.home.path().join("cache/stages")
    }

    /// The files of the cache, sorted.
    pub(crate) fn kept(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.cache()).into_iter().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    }

    pub(crate) fn job(&self) -> Job {
        let base = Deb::new("base", "1", "amd64")
            .field("Essential", "yes")
            .file("usr/share/base/one", b"one")
            .file("usr/share/base/two", &vec![7; 100_000])
            .file("usr/share/base/empty", b"")
            .program("usr/bin/tool", b"#!/bin/sh\n")
            .file("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n")
            .file("etc/group", b"root:x:0:\n");
        let other = Deb::new("other", "1", "amd64").file("usr/share/other/a name", b"other");
        Job {
            packages: vec![self.package(&base, "base"), self.package(&other, "other")],
            ..serde_json::from_value(serde_json::json!({
                "architecture": "amd64", "foreign": [], "suite": "toy", "date": DATE,
                "packages": [], "outputs": [], "until": "finished", "keep": null,
                "limits": Limits { script_seconds: 10, output_bytes: 1 << 20, tree_bytes: 1 << 30 },
            }))
            .unwrap()
        }
    }

    /// A package file.
    pub(crate) fn package(&self, deb: &Deb, name: &str) -> Package {
        let bytes = deb.deb();
        let file = self.home.path().join(format!("{name}.deb"));
        fs::write(&file, &bytes).unwrap();
        Package {
            name: name.to_owned(),
            version: "1".to_owned(),
            architecture: "amd64".to_owned(),
            size: bytes.len() as u64,
            sha256: Sha256::of(&bytes).to_string(),
            file,
            wished: true,
            own: false,
        }
    }

    /// Makes a tree on a stage.
    pub(crate) fn staged(&self, job: &Job) -> Made {
        let stages = Stages {
            directory: self.cache(),
            image: "toy".to_owned(),
        };
        self.make(Job {
            stages: Some(stages),
            ..job.clone()
        })
    }

    /// Makes a tree from nothing.
    pub(crate) fn cold(&self, job: &Job) -> Made {
        self.make(job.clone())
    }

    fn make(&self, mut job: Job) -> Made {
        self.built.set(self.built.get() + 1);
        let directory = self.home.path().join(self.built.get().to_string());
        let work = directory.join("work");
        fs::create_dir_all(&work).unwrap();
        let kinds = [
            (Kind::Manifest, "tree.json"),
            (Kind::Tar, "tar"),
            (Kind::Delta, "delta"),
        ];
        let outputs = kinds.map(|(kind, name)| Output {
            kind,
            path: directory.join(name),
        });
        job.outputs = outputs.into();
        let mut dpkg = Dpkg {
            root: work.join("tree"),
            runs: 0,
        };
        let mut warnings = Vec::new();
        let report = inside::make(&job, &work, &mut dpkg, &mut |message| {
            if let Message::Warning(text) = message {
                warnings.push(text);
            }
        });
        let report = report.unwrap_or_else(|failure| panic!("{failure}"));
        fs::remove_dir_all(&work).unwrap();
        assert_eq!(job.until, Stage::Finished);
        Made {
            report,
            warnings,
            configured: dpkg.runs,
            directory,
        }
    }
}

/// Plays the programs of the tree: dpkg configures, and leaves what scripts leave.
struct Dpkg {
    root: PathBuf,
    runs: usize,
}

impl Run for Dpkg {
    fn run(&mut self, program: &Program, _: &mut dyn FnMut(&str)) -> Result<Ended, Error> {
        if !program.arguments.iter().any(|one| one == "--configure") {
            return Ok(Ended::default());
        }
        self.runs += 1;
        let path = self.root.join("var/lib/dpkg/status");
        let status = fs::read_to_string(&path).unwrap();
        let configured = status.replace("install ok unpacked", "install ok installed");
        fs::write(path, configured).unwrap();
        if self.runs == 1 {
            leave(&self.root);
        }
        Ok(Ended::default())
    }
}

/// One of each kind that scripts make.
fn leave(root: &Path) {
    let home = root.join("var/lib/odd");
    fs::create_dir_all(home.join("deep/er")).unwrap();
    for (name, mode) in [("setuid", 0o4755), ("secret", 0o600), ("names", 0o644)] {
        let path = home.join(name);
        fs::write(&path, name).unwrap();
        std::os::unix::fs::chown(&path, Some(100), Some(65_534)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }
    fs::hard_link(home.join("names"), home.join("deep/again")).unwrap();
    fs::hard_link(home.join("names"), home.join("another")).unwrap();
    symlink("/nowhere at all", home.join("link")).unwrap();
    std::os::unix::fs::lchown(home.join("link"), Some(7), Some(8)).unwrap();
    let tree = formwork_sys::tree::Tree::open(&home).unwrap();
    let capability = [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let attributes: [(&str, &str, &[u8]); 2] = [
        ("secret", "security.capability", &capability),
        ("deep", "user.word", b"said"),
    ];
    for (name, attribute, value) in attributes {
        // Not every file system of a test machine has them.
        let _ = tree.set_attribute(name, attribute, value);
    }
    std::os::unix::fs::chown(home.join("deep"), Some(9), Some(10)).unwrap();
    fs::set_permissions(home.join("deep"), fs::Permissions::from_mode(0o2770)).unwrap();
    let directory = tree.directory("deep").unwrap();
    directory.create_fifo("pipe".as_ref(), 0o640).unwrap();
    directory.set_owner("pipe".as_ref(), 3, 4).unwrap();
}
