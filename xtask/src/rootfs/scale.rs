//! How the cost of a cold build grows: closures of 100 to 3,000 packages, with one core and two.
//!
//! The wishes are drawn by a seeded generator from the archive's own names, of sections whose
//! packages start no services, and of no more than a usual size, until their closure is as large
//! as asked for; a batch that cannot be locked beside the others is put back.

use super::peer::{in_memory, indices};
use super::place::{succeed, write};
use super::{Options, ours};
use crate::bench::measure::{Samples, median, timed};
use crate::differential::isolate;
use formwork_model::lock::Lock;
use formwork_model::source::Source;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How many packages.
const SIZES: [usize; 4] = [100, 300, 1000, 3000];
/// On which processors.
const CORES: [&str; 2] = ["0", "0,1"];
/// Of which sections wishes are drawn.
const SECTIONS: [&str; 6] = ["doc", "fonts", "libs", "perl", "python", "ruby"];
/// No wish is larger, in KiB, when it is installed: three in four packages of the archive are
/// not, and a few of the others would be most of the tree.
const LARGEST: u64 = 1000;
/// These bring `owfs-common`, whose `preinst` runs what the package only depends on: neither
/// program can install it in one go.
const LEFT_OUT: [&str; 1] = ["python3-onewire"];
/// What the generator begins with.
const SEED: u64 = 6;

/// Measures all sizes up to the one asked for, and prints a line each.
pub(super) fn run(options: &Options) -> Result<bool, String> {
    let suite = options.suites.first().ok_or("no suite")?;
    let scratch = in_memory(&format!("formwork-scale-{}", std::process::id()));
    std::fs::create_dir_all(&scratch).map_err(|error| error.to_string())?;
    println!("| packages | tree | cores | wall | CPU | memory of the largest process |");
    println!("|---|---|---|---|---|---|");
    let mut outcome = Ok(true);
    for size in SIZES.into_iter().filter(|size| *size <= options.most) {
        outcome = Set::prepare(options, suite, size).and_then(|set| set.measure(&scratch));
        if outcome.is_err() {
            break;
        }
    }
    // A directory left behind harms nobody.
    let _left = std::fs::remove_dir_all(&scratch);
    outcome
}

/// One project with an image of about so many packages.
struct Set<'a> {
    options: &'a Options,
    suite: &'a str,
    directory: PathBuf,
    size: usize,
}

impl<'a> Set<'a> {
    fn prepare(options: &'a Options, suite: &'a str, size: usize) -> Result<Self, String> {
        let directory = options.data.join(format!("scale-{suite}-{size}"));
        let mut set = Self {
            options,
            suite,
            directory,
            size: 0,
        };
        let project = format!(
            "[project]\nname = \"scale\"\nsuites = [\"{suite}\"]\narchitectures = [\"{}\"]\n\n\
             [repositories.debian]\nsuite = \"{suite}\"\n",
            options.architecture
        );
        write(&set.directory.join("formwork.toml"), &project)?;
        write(&options.data.join("home/work"), "")?;
        match set.locked() {
            Some(found) => set.size = found,
            None => set.draw(size)?,
        }
        succeed(&mut set.formwork(&["--quiet", "fetch"]))?;
        Ok(set)
    }

    fn formwork(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.options.formwork);
        isolate(&mut command, &self.options.data.join("home"));
        command.args(arguments).current_dir(&self.directory);
        command
    }

    /// How many packages the lock has, if it is there and fits.
    fn locked(&self) -> Option<usize> {
        let text = std::fs::read_to_string(self.directory.join("formwork.lock")).ok()?;
        let lock = Lock::read(Source::new("formwork.lock", &text)).ok()?;
        let closure = lock.closure("scale", self.suite, &self.options.architecture)?;
        Some(closure.packages.len())
    }

    fn lock(&self, wishes: &[String]) -> Result<usize, String> {
        let text = format!("packages = {wishes:?}\n");
        write(&self.directory.join("images/scale.toml"), &text)?;
        succeed(&mut self.formwork(&["--quiet", "lock"]))?;
        self.locked()
            .ok_or_else(|| "the lock lacks the closure".to_owned())
    }

    /// Finds wishes whose closure has about the size.
    fn draw(&mut self, size: usize) -> Result<(), String> {
        let mut wishes = Vec::new();
        self.size = self.lock(&wishes)?;
        let mut names = names(&self.options.data, SEED)?;
        let mut largest = names.len();
        while self.size + size / 50 < size && !names.is_empty() {
            let count = ((size - self.size) / 4).clamp(1, largest).min(names.len());
            let batch = names.split_off(names.len() - count);
            let kept = wishes.len();
            let fits = |name: &String| !LEFT_OUT.contains(&name.as_str());
            wishes.extend(batch.into_iter().filter(fits));
            match self.lock(&wishes) {
                Ok(found) if found <= size + size / 20 => self.size = found,
                _ => {
                    wishes.truncate(kept);
                    // The more names, the likelier one of them cannot be had.
                    largest = (count / 2).max(1);
                }
            }
        }
        self.size = self.lock(&wishes)?;
        Ok(())
    }

    fn measure(&self, scratch: &Path) -> Result<bool, String> {
        let tree = scratch.join("tree.tar");
        for cores in CORES {
            let mut samples = Samples::default();
            // The first build of all makes the quick copies.
            for _ in 0..=self.options.rounds {
                let mut command = Command::new("taskset");
                command
                    .args(["--cpu-list", cores])
                    .arg(&self.options.formwork);
                isolate(&mut command, &self.options.data.join("home"));
                command
                    .args(["build", "scale", "--kind", "tar"])
                    .args(ours::COLD);
                command.args(["--until", "scripts", "--output"]).arg(&tree);
                timed(command.current_dir(&self.directory), scratch, &mut samples)?;
            }
            let later = |values: &[f64]| median(&values[1..]);
            let bytes = std::fs::metadata(&tree)
                .map_err(|error| error.to_string())?
                .len();
            println!(
                "| {} | {} MB | {} | {:.1} s | {:.1} CPU-s | {:.0} MB |",
                self.size,
                bytes / 1_000_000,
                cores.split(',').count(),
                later(&samples.wall),
                later(&samples.cpu),
                later(&samples.memory),
            );
        }
        Ok(true)
    }
}

/// The names of packages that wishes are drawn from, in an order that the seed decides.
fn names(data: &Path, seed: u64) -> Result<Vec<String>, String> {
    let mut found = BTreeSet::new();
    for path in indices(&data.join("home/cache/formwork/blobs/sha256"))? {
        let text = succeed(Command::new("xz").arg("-dc").arg(&path))?;
        for stanza in String::from_utf8_lossy(&text).split("\n\n") {
            let field = |name: &str| stanza.lines().find_map(|line| line.strip_prefix(name));
            let section = field("Section: ").unwrap_or_default();
            let size = field("Installed-Size: ").and_then(|size| size.parse().ok());
            let is_wanted =
                SECTIONS.contains(&section) && size.is_some_and(|size: u64| size <= LARGEST);
            if let Some(name) = field("Package: ").filter(|_| is_wanted) {
                found.insert(name.to_owned());
            }
        }
    }
    Ok(shuffled(found.into_iter().collect(), seed))
}

fn shuffled(mut names: Vec<String>, seed: u64) -> Vec<String> {
    let mut state = seed;
    for at in (1..names.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        names.swap(at, (state >> 33) as usize % (at + 1));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::shuffled;

    #[test]
    fn the_seed_decides_the_order() {
        let names: Vec<String> = (0..9).map(|number| number.to_string()).collect();
        let first = shuffled(names.clone(), 1);
        assert_eq!(first, shuffled(names.clone(), 1));
        assert_ne!(first, shuffled(names.clone(), 2));
        let mut sorted = first;
        sorted.sort();
        assert_eq!(sorted, names);
    }
}
