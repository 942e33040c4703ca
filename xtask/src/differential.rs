//! Differential proof: the same wish sets to apt, dose and Formwork.
//!
//! `cargo xtask differential --suite bookworm --arch amd64 --sets 200 --clash 100 --seed 1`
//! asks about a real suite whose indices `bench/fetch-indices` has put under `--data`;
//! `cargo xtask differential --toy 40 --seed 1` asks about small random universes and needs
//! no archive at all.  Both end with failure when a verdict differs, an answer is not valid,
//! or fewer than 99 % of the sets that apt can answer come out as the very same packages.

mod answers;
mod apt;
mod compare;
mod dose;
mod formwork;
mod index;
mod options;
mod peers;
pub(crate) mod random;
mod sets;
mod toy;
mod universe;

pub(crate) use formwork::isolate;
pub(crate) use options::default_data;

use answers::Answers;
use compare::{Case, Report};
use formwork::Formwork;
use index::{Index, Native};
use options::Options;
use peers::Peers;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs the comparison; `Ok(false)` is a finding, an error is trouble with the comparison itself.
pub(crate) fn run(arguments: &[String]) -> Result<bool, String> {
    let options = Options::parse(arguments)?;
    match options.toy {
        Some(count) => {
            let report = toy::compare(&options, count)?;
            print!("{}", report.render(&format!("{count} universes")));
            Ok(report.passes_but_for_repairs())
        }
        None => suite(&options),
    }
}

/// A small comparison on random universes, for the list of checks: what speaks against us.
pub(crate) fn sample(
    formwork: PathBuf,
    data: PathBuf,
    universes: usize,
) -> Result<Vec<String>, String> {
    let mut options = Options::parse(&[])?;
    options.formwork = Some(formwork);
    options.data = data;
    let report = toy::compare(&options, universes)?;
    if report.passes_but_for_repairs() {
        return Ok(Vec::new());
    }
    Ok(report
        .render("random universes")
        .lines()
        .map(str::to_owned)
        .collect())
}

/// Compares on one suite and architecture of the real archive.
fn suite(options: &Options) -> Result<bool, String> {
    let place = Place::new(options);
    let packages = place.indices.join("Packages");
    let text = std::fs::read_to_string(&packages).map_err(|error| {
        format!(
            "{}: {error}\n  try   bench/fetch-indices --data {} {}",
            packages.display(),
            options.data.display(),
            place.name
        )
    })?;
    let index = Index::parse(text);
    let mut sets = sets::random_sets(&index, options.seed, options.sets, 10);
    sets.extend(sets::clashing_sets(&index, options.seed, options.clash));
    let mut answers = Answers::open(place.answers(&packages)?)?;
    let peers = place.peers(packages);
    peers.answer(&index, &sets, &mut answers)?;
    let Some(program) = &options.formwork else {
        println!(
            "{}: the peers' answers to {} sets are kept",
            place.name,
            sets.len()
        );
        return Ok(true);
    };
    let formwork = Formwork {
        program: program.clone(),
        mirror: place.mirror(),
        suite: options.suite.clone(),
        architecture: options.architecture.clone(),
        options: Vec::new(),
        home: place.home()?,
    };
    let report = compare_all(&index, &peers, &formwork, &sets, &answers)?;
    print!("{}", report.render(&place.name));
    Ok(report.passes())
}

/// Asks Formwork for every set and lays its answers beside the peers'.
fn compare_all(
    index: &Index,
    peers: &Peers,
    formwork: &Formwork,
    sets: &[Vec<String>],
    answers: &Answers,
) -> Result<Report, String> {
    let native = &peers.native;
    let mut report = Report::default();
    for set in sets {
        let Some(kept) = answers.get(set) else {
            continue;
        };
        let ours = formwork.closure(set);
        let mut case = Case {
            wishes: set.clone(),
            apt: kept.apt.clone(),
            dose: kept.dose,
            valid: true,
            apt_repaired: false,
            ours,
        };
        let by_provider = kept.dose == Some(dose::Verdict::Provider);
        if let Ok(Some(members)) = &case.ours {
            case.valid = compare::serves(index, native, set, members, by_provider)
                && dose::complete(index, &formwork.home, native, members)?;
        }
        if case.differs() {
            case.apt_repaired = apt::repaired(&peers.configuration, set)?;
        }
        report.add(case);
    }
    Ok(report)
}

/// The directories of one suite and architecture.
struct Place {
    name: String,
    native: Native,
    data: PathBuf,
    root: PathBuf,
    indices: PathBuf,
}

impl Place {
    fn new(options: &Options) -> Self {
        let name = format!("{}-{}", options.suite, options.architecture);
        Self {
            native: Native {
                architecture: options.architecture.clone(),
                foreign: None,
            },
            root: options.data.join("root").join(&name),
            indices: options.data.join("indices").join(&name),
            data: options.data.clone(),
            name,
        }
    }

    fn peers(&self, packages: PathBuf) -> Peers {
        Peers {
            name: Some(self.name.clone()),
            configuration: self.root.join("apt.conf"),
            packages,
            native: self.native.clone(),
        }
    }

    /// The file of kept answers, named after the index's digest.
    fn answers(&self, packages: &Path) -> Result<PathBuf, String> {
        let output = Command::new("sha256sum").arg(packages).output();
        let output = output.map_err(|error| format!("cannot run sha256sum: {error}"))?;
        let digest = String::from_utf8_lossy(&output.stdout)
            .chars()
            .take(12)
            .collect::<String>();
        let directory = self.data.join("answers");
        std::fs::create_dir_all(&directory)
            .map_err(|error| format!("{}: {error}", directory.display()))?;
        Ok(directory.join(format!("{}.{digest}.jsonl", self.name)))
    }

    /// The fetched part of the mirror, as Formwork is told of it.
    fn mirror(&self) -> String {
        format!("file://{}", self.data.join("mirror/debian").display())
    }

    fn home(&self) -> Result<PathBuf, String> {
        let home = self.data.join("home");
        std::fs::create_dir_all(&home).map_err(|error| format!("{}: {error}", home.display()))?;
        Ok(home)
    }
}
