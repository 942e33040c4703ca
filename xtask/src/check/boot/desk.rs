//! Where the proofs work: copies of the examples, a home for the program, and how it is called.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::differential::isolate;
use crate::rootfs::place::{document, succeed};
use crate::source;

/// One image of one of the examples, or of the projects that are for checks alone.
pub(super) struct Image {
    /// The directory of the project.
    pub(super) example: &'static str,
    /// The image's name.
    pub(super) name: &'static str,
    /// The suite.
    pub(super) suite: &'static str,
    /// The architecture.
    pub(super) architecture: &'static str,
    /// The name that its outputs have.
    pub(super) title: &'static str,
}

/// How a run of the program ended.
pub(super) struct Ran {
    pub(super) status: i32,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// The place of all proofs.
pub(super) struct Desk {
    /// The program under test.
    pub(super) program: PathBuf,
    /// Where the copies lie.
    pub(super) data: PathBuf,
    /// The home that the checks of trees have filled with packages.
    home: PathBuf,
}

impl Desk {
    /// Copies of the examples, on request fresh ones; packages that other checks fetched serve here
    /// too.
    pub(super) fn new(program: PathBuf, fresh: bool) -> Result<Desk, String> {
        let data = program.with_file_name("boot");
        let home = program.with_file_name("rootfs").join("home");
        if fresh {
            let _ = std::fs::remove_dir_all(&data);
        }
        for directory in [&data, &home] {
            std::fs::create_dir_all(directory)
                .map_err(|error| format!("{}: {error}", directory.display()))?;
        }
        for (place, example) in [
            ("examples", "minimal"),
            ("examples", "profiles"),
            ("xtask/projects", "laboratory"),
            ("xtask/projects", "board"),
            ("xtask/projects", "bare"),
        ] {
            if data.join(example).exists() {
                continue;
            }
            let from = source::root().join(place).join(example);
            succeed(Command::new("cp").arg("-r").arg(from).arg(&data))?;
        }
        Ok(Desk {
            program,
            data,
            home,
        })
    }

    /// The directory of an image's project.
    pub(super) fn project(&self, image: &Image) -> PathBuf {
        self.data.join(image.example)
    }

    /// A file that the build of an image left.
    pub(super) fn file(&self, image: &Image, ending: &str) -> PathBuf {
        let directory = self.project(image).join("build").join(image.title);
        let name = format!("{}.{ending}", image.title);
        directory.join(image.architecture).join(name)
    }

    /// The packages that were fetched, by their digests.
    pub(super) fn blobs(&self) -> PathBuf {
        self.home.join("cache/formwork/blobs/sha256")
    }

    /// The program in an image's project.
    pub(super) fn formwork(&self, image: &Image) -> Command {
        let mut command = Command::new(&self.program);
        isolate(&mut command, &self.home);
        command.current_dir(self.project(image));
        command
    }

    /// Builds an image, with an initial RAM disk that is made natively.
    pub(super) fn build(&self, image: &Image, kinds: &[&str]) -> Result<(), String> {
        let mut command = self.formwork(image);
        command
            .args(["--quiet", "build"])
            .args(which(image))
            .args(kinds);
        let ran = ended(&mut command)?;
        let title = image.title;
        if ran.status != 0 {
            return Err(format!(
                "build of {title}: exit {}: {}",
                ran.status,
                ran.last()
            ));
        }
        match ran.stderr.contains("mkinitramfs") {
            true => Err(format!("build of {title} is not native: {}", ran.last())),
            false => Ok(()),
        }
    }

    /// Makes sure that the disk of an image is there.
    pub(super) fn have(&self, image: &Image) -> Result<(), String> {
        match self.file(image, "img").exists() {
            true => Ok(()),
            false => self.build(image, &["--kind", "disk"]),
        }
    }

    /// Removes what the build of an image left, its stage too: all images together are more than a
    /// disk should have to hold.
    pub(super) fn clear(&self, image: &Image) {
        // The next run begins with an empty place anyway.
        if let Some(directory) = self.file(image, "img").parent() {
            let _ = std::fs::remove_dir_all(directory);
        }
        let _ = ended(self.formwork(image).args(["cache", "clean", "--stages"]));
    }

    /// Runs an image, with a command if there is one.
    pub(super) fn run_image(
        &self,
        image: &Image,
        arguments: &[&str],
        words: &[&str],
    ) -> Result<Ran, String> {
        let mut command = self.formwork(image);
        command
            .args(["--quiet", "run"])
            .args(which(image))
            .args(arguments);
        if !words.is_empty() {
            command.arg("--").args(words);
        }
        guest(&mut command)
    }

    /// The record of an image's disk.
    pub(super) fn record(&self, image: &Image) -> Result<Value, String> {
        document(&self.file(image, "image.json"))
    }
}

impl Ran {
    /// The last lines of what was said.
    pub(super) fn last(&self) -> String {
        let lines: Vec<&str> = self.stderr.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n  ")
    }
}

/// How an image is named on the command line.
pub(super) fn which(image: &Image) -> [&'static str; 5] {
    [
        image.name,
        "--suite",
        image.suite,
        "--arch",
        image.architecture,
    ]
}

/// Runs a guest to its end. One that this machine was too busy for gets another chance: that is
/// slow, not wrong.
pub(super) fn guest(command: &mut Command) -> Result<Ran, String> {
    for _ in 0..3 {
        let ran = ended(command)?;
        if !ran.stderr.contains("this machine is too busy") {
            return Ok(ran);
        }
        println!("  this machine was too busy for a guest, which is tried again");
    }
    ended(command)
}

/// Runs a command to its end, whatever it is.
pub(super) fn ended(command: &mut Command) -> Result<Ran, String> {
    let program = Path::new(command.get_program()).display().to_string();
    let output = command
        .output()
        .map_err(|error| format!("cannot run {program}: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Ran {
        status: output.status.code().unwrap_or(-1),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    })
}
