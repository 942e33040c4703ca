//! A small tree with the accounts of base-passwd, and settings read from TOML.

use std::path::{Path, PathBuf};

use formwork_deb::sha256::Sha256;
use formwork_model::project::Project;
use formwork_model::settings::Settings;
use formwork_model::source::Source;
use formwork_rootfs::error::Error;
use formwork_rootfs::program::{Ended, Program, Run};
use formwork_rootfs::settings::{About, apply};
use formwork_sys::tree::Tree;
use tempfile::TempDir;

/// A tree, a project beside it, and the programs that were run.
pub(crate) struct World {
    home: TempDir,
    pub(crate) ran: Vec<Program>,
}

/// The lock's date: 2026-11-01, day 20758.
const DATE: i64 = 1_793_491_200;

impl World {
    /// A tree as it is with few packages; none if the tests do not run as root, who alone can
    /// give files away.
    pub(crate) fn new() -> Option<World> {
        let world = World {
            home: TempDir::new().expect("a directory"),
            ran: Vec::new(),
        };
        for (path, text) in [
            (
                "etc/passwd",
                "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nsshd:x:100:65534::/run/sshd:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
            ),
            (
                "etc/shadow",
                "root:*:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\nsshd:!:19000::::::\nnobody:*:19000:0:99999:7:::\n",
            ),
            (
                "etc/group",
                "root:x:0:\ndaemon:x:1:\nadm:x:4:\nsudo:x:27:\nusers:x:100:\nnogroup:x:65534:\n",
            ),
            (
                "etc/gshadow",
                "root:*::\ndaemon:*::\nadm:*::\nsudo:*::\nusers:*::\nnogroup:*::\n",
            ),
            ("etc/subuid", ""),
            ("etc/subgid", ""),
            ("etc/skel/.profile", "# skeleton\n"),
            ("etc/skel/.config/app.conf", "# deep\n"),
            ("bin/bash", ""),
            ("usr/sbin/nologin", ""),
            ("root/.bashrc", ""),
            ("usr/share/zoneinfo/Europe/Berlin", "TZif"),
        ] {
            world.write(path, text);
        }
        let tree = world.tree();
        let owner = tree.metadata("").expect("metadata").expect("a root").user;
        (owner == 0).then_some(world)
    }

    /// Where the root of the tree lies.
    pub(crate) fn root(&self) -> PathBuf {
        self.home.path().join("tree")
    }

    /// The tree.
    pub(crate) fn tree(&self) -> Tree {
        Tree::open(&self.root()).expect("a tree")
    }

    /// Writes a file of the tree.
    pub(crate) fn write(&self, path: &str, text: &str) {
        write(&self.root().join(path), text);
    }

    /// Writes a file of the project.
    pub(crate) fn project(&self, path: &str, text: &str) {
        write(&self.home.path().join("project").join(path), text);
    }

    /// What a file of the tree holds.
    pub(crate) fn read(&self, path: &str) -> String {
        let bytes = self
            .tree()
            .read(path)
            .unwrap_or_else(|error| panic!("{error}"));
        String::from_utf8(bytes).expect("text")
    }

    /// Owner, group and mode of something in the tree.
    pub(crate) fn rights(&self, path: &str) -> (u32, u32, u32) {
        let found = self.tree().metadata(path).expect("metadata");
        let found = found.unwrap_or_else(|| panic!("no {path}"));
        (found.user, found.group, found.mode)
    }

    /// Applies the settings of an image of this text.
    pub(crate) fn apply(&mut self, image: &str) -> Result<(), Error> {
        let mut settings = settings(image);
        for file in settings.project_files() {
            file.host = self.home.path().join("project").join(&file.path);
            let content = std::fs::read(&file.host).expect("a file of the project");
            file.size = content.len() as u64;
            file.sha256 = Sha256::of(&content).to_string();
        }
        self.apply_loaded(&settings)
    }

    /// Applies settings whose files are known.
    pub(crate) fn apply_loaded(&mut self, settings: &Settings) -> Result<(), Error> {
        let about = About {
            suite: "bookworm",
            architecture: "amd64",
            date: DATE,
        };
        let tree = self.tree();
        apply(&tree, settings, about, self)
    }

    /// Applies settings that must be refused, and returns why.
    pub(crate) fn refuses(&mut self, image: &str) -> String {
        self.apply(image).expect_err(image).to_string()
    }
}

impl Run for World {
    fn run(&mut self, program: &Program, _: &mut dyn FnMut(&str)) -> Result<Ended, Error> {
        let path = program.arguments[0].trim_start_matches('/');
        let text = self.tree().read(path).unwrap_or_default();
        self.ran.push(Program {
            input: text.clone(),
            ..program.clone()
        });
        let failed = text.ends_with(b"exit 7\n");
        Ok(Ended {
            code: if failed { 7 } else { 0 },
            tail: if failed {
                vec!["it is no use".to_owned()]
            } else {
                Vec::new()
            },
            ..Ended::default()
        })
    }
}

/// The settings of an image of this text.
pub(crate) fn settings(image: &str) -> Settings {
    let project = "[project]\nname = \"x\"\nsuites = [\"bookworm\"]\narchitectures = [\"amd64\"]\n\
                   [repositories.debian]\nsuite = \"bookworm\"\n";
    let images = [("gateway", Source::new("images/gateway.toml", image))];
    let project = Project::read(Source::new("formwork.toml", project), &images);
    let builds = project.unwrap_or_else(|error| panic!("{error}")).builds();
    builds[0].settings.clone()
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
    std::fs::write(path, text).expect("a file");
}
