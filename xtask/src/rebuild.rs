//! `cargo xtask rebuild`: that a build after an edit is the build from nothing, bit for bit, and
//! how much sooner it is there.
//!
//! A project with a base system that boots is edited again and again, by a seed: a file, a
//! setting, a user, a unit or an own package is added, changed or removed. After each edit it is
//! built as anybody would, out of the stages in the cache, and once more with none of them; all
//! outputs must be equal. `--peer` measures beside it what mmdebstrap, mkfs.erofs and sfdisk take
//! for a disk of the same content.

mod edit;
mod peer;
mod state;

use crate::bench::measure::{Samples, median, timed};
use crate::differential::random::Random;
use crate::rootfs::place::{Place, succeed};
use crate::rootfs::{Options, number};
use state::State;
use std::io::Read;
use std::path::Path;

/// What every build leaves beside the disk and what must be equal, by the ends of the names.
const OUTPUTS: [&str; 5] = [
    "img",
    "image.json",
    "tree.json",
    "packages.json",
    "buildinfo.json",
];

/// What the caller asked for.
struct Task {
    options: Options,
    count: usize,
    seed: u64,
    peer: bool,
}

/// Edits, builds, compares; `Ok(false)` where a build is not that from nothing.
pub(crate) fn run(arguments: &[String]) -> Result<bool, String> {
    let task = parse(arguments)?;
    let findings = findings(&task)?;
    for finding in &findings {
        println!("{finding}");
    }
    Ok(findings.is_empty())
}

/// A few edits, for the list of checks.
pub(crate) fn sample(options: Options) -> Result<Vec<String>, String> {
    findings(&Task {
        options,
        count: 5,
        seed: 6,
        peer: false,
    })
}

fn parse(arguments: &[String]) -> Result<Task, String> {
    let mut task = Task {
        options: Options::new(),
        count: 100,
        seed: 1,
        peer: false,
    };
    let mut arguments = arguments.iter();
    while let Some(name) = arguments.next() {
        if name == "--peer" {
            task.peer = true;
            continue;
        }
        let value = arguments
            .next()
            .ok_or_else(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--edits" => task.count = number(name, value)?,
            "--seed" => task.seed = number(name, value)?,
            _ if task.options.take(name, value)? => {}
            _ => {
                return Err(format!(
                    "unknown option `{name}`; rebuild [--edits N] [--seed N] [--suite S] \
                     [--formwork PROGRAM] [--data DIR] [--peer [--rounds N]]"
                ));
            }
        }
    }
    task.options = task.options.settled()?;
    Ok(task)
}

fn findings(task: &Task) -> Result<Vec<String>, String> {
    let mut findings = Vec::new();
    for suite in &task.options.suites {
        let place = Place::prepare(&task.options, suite, "rebuild")?;
        let measured = measure(&place, task)?;
        let taken = &measured.edits.wall;
        println!(
            "{suite}: {} edits, {} of them built as from nothing; median {:.2} s, longest {:.2} s; \
             nothing changed {:.2} s",
            taken.len(),
            taken.len().saturating_sub(measured.findings.len()),
            median(taken),
            taken.iter().copied().fold(0.0, f64::max),
            median(&measured.unchanged.wall),
        );
        if let [bare, bootable] = &measured.peer[..] {
            println!("{}", peer::told(bare, bootable, taken));
        }
        findings.extend(measured.findings);
    }
    Ok(findings)
}

/// What edits, and builds after them, have shown.
pub(crate) struct Measured {
    /// What differs from a build from nothing.
    pub(crate) findings: Vec<String>,
    /// Builds after an edit.
    pub(crate) edits: Samples,
    /// Builds with nothing to do.
    pub(crate) unchanged: Samples,
    /// The peer's disk without and with its initial RAM disk, if that was asked for.
    pub(crate) peer: Vec<Samples>,
}

/// Measures some edits of one suite beside the peer.
pub(crate) fn beside_peer(options: &Options, suite: &str) -> Result<Measured, String> {
    let task = Task {
        options: options.clone(),
        count: 15,
        seed: 6,
        peer: true,
    };
    measure(&Place::prepare(options, suite, "rebuild")?, &task)
}

fn measure(place: &Place, task: &Task) -> Result<Measured, String> {
    let bench = Bench { place };
    let mut state = State::default();
    bench.write(&state)?;
    bench.build(&mut Samples::default())?;
    let mut random = Random::new(task.seed, "edits");
    let mut measured = Measured {
        findings: Vec::new(),
        edits: Samples::default(),
        unchanged: Samples::default(),
        peer: Vec::new(),
    };
    for number in 0..task.count {
        let told = edit::next(&mut state, number, &mut random);
        bench.write(&state)?;
        bench.build(&mut measured.edits)?;
        let different = bench.beside_a_build_from_nothing()?;
        let seconds = measured.edits.wall.last().copied().unwrap_or_default();
        eprintln!("  {number}: {told}: {seconds:.2} s");
        measured.findings.extend(different.into_iter().map(|name| {
            let (suite, seed) = (&place.suite, task.seed);
            format!("{suite}, seed {seed}, edit {number}: {told}: {name} differs")
        }));
    }
    for _ in 0..5 {
        bench.build(&mut measured.unchanged)?;
    }
    if task.peer {
        measured.peer = peer::measure(place)?;
    }
    Ok(measured)
}

/// The project that is edited and built.
struct Bench<'a> {
    place: &'a Place,
}

impl Bench<'_> {
    /// Writes the project down and locks it.
    fn write(&self, state: &State) -> Result<(), String> {
        state.write(&self.place.directory, &self.place.wishes)?;
        succeed(&mut self.place.formwork(&["--quiet", "lock"])).map(|_| ())
    }

    /// Builds as anybody would, and notes what that took.
    fn build(&self, kept: &mut Samples) -> Result<(), String> {
        let command = self.place.formwork(&["--quiet", "build", "rebuild"]);
        timed(&command, &self.place.directory, kept)
    }

    /// Builds once more out of no stage; the outputs that differ.
    fn beside_a_build_from_nothing(&self) -> Result<Vec<&'static str>, String> {
        let cold = self.place.directory.join("cold/rebuild.img");
        let mut command =
            self.place
                .formwork(&["--quiet", "build", "rebuild", "--no-stages", "--output"]);
        std::fs::create_dir_all(cold.with_file_name("")).map_err(|error| error.to_string())?;
        succeed(command.arg(&cold))?;
        let mut different = Vec::new();
        for ending in OUTPUTS {
            let name = format!("rebuild.{ending}");
            let warm = self
                .place
                .directory
                .join("build/rebuild")
                .join(&self.place.architecture)
                .join(&name);
            if !equal(&warm, &cold.with_file_name(&name))? {
                different.push(ending);
            }
        }
        Ok(different)
    }
}

/// Whether two files hold the same.
fn equal(left: &Path, right: &Path) -> Result<bool, String> {
    let open = |path: &Path| -> Result<std::fs::File, String> {
        std::fs::File::open(path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let (mut one, mut other) = (open(left)?, open(right)?);
    let mut pieces = [vec![0; 1 << 20], vec![0; 1 << 20]];
    loop {
        let counts = [
            fill(&mut one, &mut pieces[0], left)?,
            fill(&mut other, &mut pieces[1], right)?,
        ];
        if counts[0] != counts[1] || pieces[0][..counts[0]] != pieces[1][..counts[1]] {
            return Ok(false);
        }
        if counts[0] == 0 {
            return Ok(true);
        }
    }
}

/// Reads until the buffer is full or the file ends.
fn fill(file: &mut std::fs::File, buffer: &mut [u8], path: &Path) -> Result<usize, String> {
    let mut count = 0;
    while count < buffer.len() {
        match file.read(&mut buffer[count..]) {
            Ok(0) => break,
            Ok(more) => count += more,
            Err(error) => return Err(format!("{}: {error}", path.display())),
        }
    }
    Ok(count)
}
