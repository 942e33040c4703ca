//! The comparison on random universes: needs no archive, and apt answers in a tenth of a second.
//!
//! Each universe becomes a signed archive in a directory, with a private apt root that reads
//! the very same files.  Verdicts must always agree; the same packages as apt's are asked for
//! where apt did not have to repair a first choice that was broken, because its repairs follow
//! no order of preference that could be written down.

use super::answers::Answers;
use super::compare::Report;
use super::formwork::Formwork;
use super::index::{Index, Native};
use super::options::Options;
use super::peers::Peers;
use super::random::Random;
use super::sets;
use super::universe::{self, FOREIGN, NATIVE, Universe};
use formwork_testkit::archive::{Archive, Suite};
use formwork_testkit::bytes::sha256;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Random sets and clashing sets that each universe is asked.
const SETS: (usize, usize) = (10, 6);

/// Compares on `count` universes and returns what came of it.
pub(crate) fn compare(options: &Options, count: usize) -> Result<Report, String> {
    let program = options
        .formwork
        .clone()
        .ok_or("--toy needs --formwork PROGRAM")?;
    let mut total = Report::default();
    for number in 0..count {
        let seed = options.seed.wrapping_mul(1000).wrapping_add(number as u64);
        let directory = options.data.join("toy").join(seed.to_string());
        let place = Place::make(&directory, &universe::make(seed))?;
        let report = place.compare(&program, seed)?;
        total.merge(report, &directory.display().to_string());
    }
    Ok(total)
}

/// One universe on disk: archive, apt root, and a home for Formwork.
struct Place {
    directory: PathBuf,
    archive: Archive,
    index: Index,
    native: Native,
}

impl Place {
    fn make(directory: &Path, universe: &Universe) -> Result<Self, String> {
        let failure = |error| format!("{}: {error}", directory.display());
        let mut text = universe.native.clone();
        text += universe.foreign.as_deref().unwrap_or_default();
        let packages = directory.join("Packages");
        let kept = std::fs::read_to_string(&packages).is_ok_and(|kept| kept == text);
        if !kept {
            let _ = std::fs::remove_dir_all(directory);
            make_directories(directory).map_err(failure)?;
        }
        let place = Self {
            index: Index::parse(text.clone()),
            native: Native {
                architecture: NATIVE.to_owned(),
                foreign: universe.foreign.as_ref().map(|_| FOREIGN.to_owned()),
            },
            directory: directory.to_owned(),
            archive: Archive::at(&directory.join("archive")),
        };
        if !kept {
            write_archive(&place.archive, universe);
            place.write_apt_root().map_err(failure)?;
            place.update_apt()?;
            std::fs::write(packages, text).map_err(failure)?;
        }
        Ok(place)
    }

    fn compare(&self, program: &Path, seed: u64) -> Result<Report, String> {
        let sets = self.sets(seed);
        let mut answers = Answers::open(self.directory.join("answers.jsonl"))?;
        let peers = Peers {
            name: None,
            configuration: self.directory.join("apt/apt.conf"),
            packages: self.directory.join("Packages"),
            native: self.native.clone(),
        };
        peers.answer(&self.index, &sets, &mut answers)?;
        let formwork = self.formwork(program);
        super::compare_all(&self.index, &peers, &formwork, &sets, &answers)
    }

    /// Where there is a foreign architecture, some wishes ask for it.
    fn sets(&self, seed: u64) -> Vec<Vec<String>> {
        let mut sets = sets::random_sets(&self.index, seed, SETS.0, 4);
        sets.extend(sets::clashing_sets(&self.index, seed, SETS.1));
        let mut random = Random::new(seed, "foreign wishes");
        for wish in sets.iter_mut().flatten() {
            let foreign = format!("{wish}:{FOREIGN}");
            let exists = !self.index.wished(&foreign, &self.native).is_empty();
            let native_exists = !self.index.wished(wish, &self.native).is_empty();
            if exists && (!native_exists || random.chance(20)) {
                *wish = foreign;
            }
        }
        sets
    }

    fn formwork(&self, program: &Path) -> Formwork {
        let mut options = vec![
            "--keyring".to_owned(),
            self.archive.keyring().display().to_string(),
        ];
        if let Some(foreign) = &self.native.foreign {
            options.extend(["--foreign".to_owned(), foreign.clone()]);
        }
        Formwork {
            program: program.to_owned(),
            mirror: self.archive.url(),
            suite: "toy".to_owned(),
            architecture: NATIVE.to_owned(),
            options,
            home: self.directory.join("home"),
        }
    }

    fn write_apt_root(&self) -> std::io::Result<()> {
        let root = self.directory.join("apt");
        let path = root.display();
        let foreign = self
            .native
            .foreign
            .as_ref()
            .map(|name| format!(" \"{name}\";"))
            .unwrap_or_default();
        let configuration = format!(
            "Dir \"{path}/\";\nDir::Etc \"{path}/etc/\";\nDir::Etc::parts \"{path}/etc/empty\";\n\
             Dir::Etc::sourceparts \"{path}/etc/empty\";\nDir::Etc::preferencesparts \"{path}/etc/empty\";\n\
             Dir::Etc::trustedparts \"{path}/etc/empty\";\nDir::State \"{path}/\";\n\
             Dir::State::status \"{path}/status\";\nDir::Cache \"{path}/cache/\";\nDir::Log \"{path}/log/\";\n\
             APT::Architecture \"{NATIVE}\";\nAPT::Architectures {{ \"{NATIVE}\";{foreign} }};\n\
             APT::Install-Recommends \"false\";\nAPT::Sandbox::User \"\";\nAcquire::Languages \"none\";\n"
        );
        let source = format!(
            "deb [signed-by={}] {} toy main\n",
            self.archive.keyring().display(),
            self.archive.url()
        );
        std::fs::write(root.join("apt.conf"), configuration)?;
        std::fs::write(root.join("etc/sources.list"), source)?;
        std::fs::write(root.join("status"), "")
    }

    fn update_apt(&self) -> Result<(), String> {
        let output = Command::new("apt-get")
            .env("APT_CONFIG", self.directory.join("apt/apt.conf"))
            .env("LC_ALL", "C")
            .args(["update", "-qq", "-o", "APT::Update::Error-Mode=any"])
            .output()
            .map_err(|error| format!("cannot run apt-get: {error}"))?;
        if output.status.success() {
            return Ok(());
        }
        Err(format!(
            "apt-get update: {}",
            String::from_utf8_lossy(&output.stderr)
        ))
    }
}

fn make_directories(directory: &Path) -> std::io::Result<()> {
    for name in [
        "home",
        "apt/lists/partial",
        "apt/cache/archives/partial",
        "apt/etc/empty",
        "apt/log",
    ] {
        std::fs::create_dir_all(directory.join(name))?;
    }
    Ok(())
}

/// Writes the plain indices and a signed Release that names them.
fn write_archive(archive: &Archive, universe: &Universe) {
    let mut release = format!(
        "Origin: Toy\nSuite: toy\nCodename: toy\nDate: Sun, 01 Nov 2026 00:00:00 UTC\n\
         Architectures: {NATIVE} {FOREIGN}\nComponents: main\nSHA256:\n"
    );
    let indices = [
        (NATIVE, Some(&universe.native)),
        (FOREIGN, universe.foreign.as_ref()),
    ];
    for (architecture, text) in indices {
        let text = text.map_or("", String::as_str);
        let path = format!("main/binary-{architecture}/Packages");
        let _ = writeln!(
            release,
            " {} {} {path}",
            sha256(text.as_bytes()),
            text.len()
        );
        archive.overwrite(&format!("dists/toy/{path}"), text.as_bytes());
    }
    archive.write_release(&Suite::new("toy"), &release);
}
