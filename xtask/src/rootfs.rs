//! Root file systems beside the peer: `cargo xtask rootfs compare|same|initrd|bench|scale|diff`.
//!
//! `compare` makes the tree of a set of packages with mmdebstrap and with `formwork build` from
//! the same locked package files, both right after the maintainer scripts, and lays them beside
//! each other file for file. `same` builds a set four times, twice as root and twice as an
//! ordinary user, each time on what might be another machine, and compares the bits. `initrd` lays
//! initial RAM disks made natively beside those of initramfs-tools. `bench`
//! measures both programs in turns, `scale` ours on larger and larger sets. `diff` compares any two archives. The sets are
//! `bench/SET.txt`, the differences let through `bench/SET.exceptions`.

pub(crate) mod bench;
mod differences;
mod exceptions;
pub(crate) mod initrd;
mod ours;
pub(crate) mod peer;
pub(crate) mod place;
mod same;
mod scale;
mod sound;
#[cfg(test)]
mod tests;
mod tree;

use crate::differential::default_data;
use place::Place;
use std::path::{Path, PathBuf};
use tree::Tree;

/// All sets that are compared on.
pub(crate) const SETS: [&str; 4] = ["minbase", "industrial", "security", "server"];
/// All suites that are compared on.
pub(crate) const SUITES: [&str; 3] = ["bullseye", "bookworm", "trixie"];

/// What the caller asked for.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) suites: Vec<String>,
    pub(crate) sets: Vec<String>,
    pub(crate) architecture: String,
    pub(crate) formwork: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) rounds: usize,
    /// Where both work when they are measured: in `memory`, on `disk`.
    pub(crate) work: Vec<String>,
    /// The largest closure that is measured by `scale`.
    pub(crate) most: usize,
    /// Stops after the peer's tree.
    pub(crate) only_peer: bool,
}

impl Options {
    /// What holds unless the caller says otherwise.
    pub(crate) fn new() -> Self {
        Self {
            suites: vec!["bookworm".to_owned()],
            sets: vec!["minbase".to_owned()],
            architecture: "amd64".to_owned(),
            formwork: "target/release/formwork".into(),
            data: default_data().join("rootfs"),
            rounds: 5,
            work: vec!["memory".to_owned()],
            most: 3000,
            only_peer: false,
        }
    }

    fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self::new();
        let mut arguments = arguments.iter();
        while let Some(name) = arguments.next() {
            if name == "--only-peer" {
                options.only_peer = true;
                continue;
            }
            let value = arguments
                .next()
                .ok_or_else(|| format!("{name} needs a value"))?;
            if !options.take(name, value)? {
                return Err(format!("unknown option `{name}`"));
            }
        }
        options.settled()
    }

    /// Takes one option with its value; `false` if it is none of these.
    pub(crate) fn take(&mut self, name: &str, value: &str) -> Result<bool, String> {
        let list = |all: &[&str]| -> Vec<String> {
            match value {
                "all" => all.iter().map(|one| (*one).to_owned()).collect(),
                some => some.split(',').map(str::to_owned).collect(),
            }
        };
        match name {
            "--suite" => self.suites = list(&SUITES),
            "--set" => self.sets = list(&SETS),
            "--most" => self.most = number(name, value)?,
            "--work" => self.work = list(&["memory", "disk"]),
            "--arch" => value.clone_into(&mut self.architecture),
            "--formwork" => self.formwork = value.into(),
            "--data" => self.data = value.into(),
            "--rounds" => self.rounds = number(name, value)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The same with paths that hold wherever a program is started.
    pub(crate) fn settled(mut self) -> Result<Self, String> {
        for path in [&mut self.formwork, &mut self.data] {
            *path = std::path::absolute(&*path).map_err(|error| error.to_string())?;
        }
        Ok(self)
    }

    /// The places of all suites and sets asked for.
    fn places(&self) -> Result<Vec<Place>, String> {
        let mut places = Vec::new();
        for suite in &self.suites {
            for set in &self.sets {
                places.push(Place::prepare(self, suite, set)?);
            }
        }
        Ok(places)
    }
}

/// The number that an option has.
pub(crate) fn number<N: std::str::FromStr>(name: &str, value: &str) -> Result<N, String> {
    value
        .parse()
        .map_err(|_| format!("{name}: `{value}` is no number"))
}

/// Runs one of the tasks; `Ok(false)` is a finding.
pub(crate) fn run(arguments: &[String]) -> Result<bool, String> {
    let (task, rest) = match arguments.split_first() {
        Some((task, rest)) => (task.as_str(), rest),
        None => ("", arguments),
    };
    match task {
        "compare" => compare(&Options::parse(rest)?),
        "same" => same::run(&Options::parse(rest)?),
        "initrd" => initrd::run(&Options::parse(rest)?),
        "scale" => scale::run(&Options::parse(rest)?),
        "bench" => bench::run(&Options::parse(rest)?),
        "diff" => match rest {
            [left, right] => diff(Path::new(left), Path::new(right)),
            _ => Err("usage: cargo xtask rootfs diff LEFT.tar RIGHT.tar".to_owned()),
        },
        _ => Err(
            "rootfs compare|same|initrd|bench|scale [--suite S,…|all] [--set S,…|all] [--arch A] \
             [--formwork PROGRAM] [--data DIR] [--rounds N] [--work memory,disk] [--most N] \
             [--only-peer], \
             rootfs diff LEFT RIGHT"
                .to_owned(),
        ),
    }
}

/// What differs between four builds of each set.
pub(crate) fn same_bits(options: &Options) -> Result<Vec<String>, String> {
    let mut findings = Vec::new();
    for place in options.places()? {
        findings.extend(same::findings(&place)?);
    }
    Ok(findings)
}

/// The findings of a comparison and of four builds of each set, for the list of checks.
pub(crate) fn sample(options: &Options) -> Result<Vec<String>, String> {
    let mut findings = Vec::new();
    for place in options.places()? {
        findings.extend(compare_one(&place)?.findings());
        findings.extend(same::findings(&place)?);
        findings.extend(sound::findings(&place, &same::first(&place))?);
    }
    Ok(findings)
}

fn compare(options: &Options) -> Result<bool, String> {
    let mut equal = true;
    for place in options.places()? {
        if options.only_peer {
            println!("{}", place.peer_tree()?.display());
            continue;
        }
        // One that cannot be made must not hide the others.
        match compare_one(&place) {
            Ok(comparison) => {
                print!("{}", comparison.report);
                equal &= comparison.passes();
            }
            Err(message) => {
                println!("{}: {message}", place.name);
                equal = false;
            }
        }
    }
    Ok(equal)
}

/// One comparison, with all that differs.
struct Comparison {
    most: usize,
    verdict: exceptions::Verdict,
    report: String,
}

impl Comparison {
    fn passes(&self) -> bool {
        self.verdict.passes(self.most)
    }

    fn findings(&self) -> Vec<String> {
        match self.passes() {
            true => Vec::new(),
            false => self.report.lines().map(str::to_owned).collect(),
        }
    }
}

fn compare_one(place: &Place) -> Result<Comparison, String> {
    let theirs = Tree::read(&place.peer_tree()?)?;
    let ours = Tree::read(&place.our_tree()?)?;
    let differences = differences::between(&theirs, &ours)?;
    let list = exceptions::load(&place.set)?;
    let verdict = exceptions::judge(&differences, &list, &place.suite);
    let most = exceptions::most(&place.set);
    let mut report = format!(
        "{}: {} paths, {} differ, {} of them on the list (at most {most}), {} lines too many\n",
        place.name,
        theirs.entries.len(),
        differences.len(),
        verdict.excused.len(),
        verdict.stale.len(),
    );
    for path in &verdict.unexpected {
        report.push_str(&format!("  {path}: {}\n", differences[path].join("; ")));
        for line in differences::lines(&theirs, &ours, path) {
            report.push_str(&format!("      {line}\n"));
        }
    }
    for line in &verdict.stale {
        report.push_str(&format!("  no longer needed: {line}\n"));
    }
    let kept = place.directory.join("differences.txt");
    std::fs::write(&kept, &report).map_err(|error| format!("{}: {error}", kept.display()))?;
    Ok(Comparison {
        most,
        verdict,
        report,
    })
}

/// Prints how two archives differ.
fn diff(left: &Path, right: &Path) -> Result<bool, String> {
    let (theirs, ours) = (Tree::read(left)?, Tree::read(right)?);
    let differences = differences::between(&theirs, &ours)?;
    for (path, aspects) in &differences {
        println!("{path}: {}", aspects.join("; "));
        for line in differences::lines(&theirs, &ours, path) {
            println!("    {line}");
        }
    }
    println!(
        "{} and {} paths, {} differ",
        theirs.entries.len(),
        ours.entries.len(),
        differences.len()
    );
    Ok(differences.is_empty())
}
