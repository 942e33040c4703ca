//! The first figure beside the peer: both programs in turns, from the same package files, and
//! the trees compared before a figure counts.
//!
//! The peer is mmdebstrap at its best: it works on a file system in memory (or on disk, where
//! that is asked for), and its dpkg waits for no disk. A set with a kernel is measured with its
//! initial RAM disk on both sides: the peer's packages make it as they do for anybody.

use super::peer::{Peer, in_memory};
use super::place::{Place, succeed, write};
use super::{Options, compare_one, ours};
use crate::bench::measure::{Samples, Side, in_turns, median, ratio, timed};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The sets that have a kernel.
const BOOTABLE: [&str; 1] = ["industrial"];

/// Measures all sets asked for; `Ok(false)` where a goal is missed, or the trees are not equal.
pub(crate) fn run(options: &Options) -> Result<bool, String> {
    let mut reached = true;
    println!("| set | work | wall | CPU | memory of the largest process | goal |");
    println!("|---|---|---|---|---|---|");
    for place in options.places()? {
        reached &= measure(&place)?;
    }
    Ok(reached)
}

/// How many times less wall and CPU time than the peer is asked for.
fn goal(place: &Place) -> f64 {
    match (&place.architecture[..], &place.suite[..], &place.set[..]) {
        ("arm64", _, _) => 3.0,
        (_, "trixie", "minbase") => 5.0,
        _ => 4.0,
    }
}

fn measure(place: &Place) -> Result<bool, String> {
    let comparison = compare_one(place)?;
    if !comparison.passes() {
        print!("{}", comparison.report);
        return Ok(false);
    }
    let mut reached = true;
    for work in &place.options.work {
        let [ours, theirs] = pair(place, work)?;
        println!("{}", row(place, work, &ours, &theirs));
        let most = 1.0 / goal(place);
        reached &= ratio(&ours.wall, &theirs.wall) <= most && ratio(&ours.cpu, &theirs.cpu) <= most;
    }
    Ok(reached)
}

/// What we and the peer take for trees that are equal, in memory or on disk.
pub(crate) fn of_equals(place: &Place, work: &str) -> Result<[Samples; 2], String> {
    let comparison = compare_one(place)?;
    match comparison.passes() {
        true => pair(place, work),
        false => Err(comparison.report),
    }
}

fn pair(place: &Place, work: &str) -> Result<[Samples; 2], String> {
    let bootable = BOOTABLE.contains(&&place.set[..]);
    let boot = bootable.then(|| Boot::prepare(place)).transpose()?;
    let scratch = match work {
        "disk" => place.directory.join("bench"),
        "memory" => in_memory(&format!("formwork-bench-{}", std::process::id())),
        _ => return Err(format!("--work {work}: there are memory and disk")),
    };
    std::fs::create_dir_all(&scratch).map_err(|error| error.to_string())?;
    let samples = on(place, boot.as_ref(), &scratch);
    // The figures are what counts; an archive left behind harms nobody.
    let _left = std::fs::remove_dir_all(&scratch);
    samples
}

/// Measures both in turns with all that they write below one directory.
fn on(place: &Place, boot: Option<&Boot>, scratch: &Path) -> Result<[Samples; 2], String> {
    let peer = Peer::at(place, scratch.join("peer"))?;
    let theirs = scratch.join("peer.tar");
    let tree = scratch.join("ours.tar");
    let boot = boot.map(|boot| boot.copy(scratch)).transpose()?;
    let ours = || match &boot {
        Some(project) => {
            let mut command = place.formwork(&["build", &place.set]);
            command.args(ours::COLD).current_dir(project);
            command
        }
        None => ours::until_scripts(place, &tree),
    };
    let copies = Copies::made_anew(place, &ours, scratch)?;
    let sides = [
        Side {
            label: "formwork",
            prepare: Box::new(|| Ok(())),
            command: Box::new(ours),
        },
        Side {
            label: "mmdebstrap",
            prepare: Box::new(|| peer.prepare()),
            command: Box::new(|| peer.fast(&theirs, boot.is_some())),
        },
    ];
    let samples = in_turns(&sides, place.options.rounds, scratch);
    peer.tidy();
    let mut samples = samples?.into_iter();
    let (Some(ours), Some(theirs)) = (samples.next(), samples.next()) else {
        return Err("two sides were measured".to_owned());
    };
    eprintln!("{}: {}", place.name, copies.told(&ours));
    Ok([ours, theirs])
}

/// What it costs once to unpack packages that nobody has unpacked before.
struct Copies {
    first: Samples,
    megabytes: f64,
}

impl Copies {
    /// Builds once without quick copies in the cache.
    fn made_anew(
        place: &Place,
        command: &dyn Fn() -> Command,
        scratch: &Path,
    ) -> Result<Copies, String> {
        let cache = place.options.data.join("home/cache/formwork/quick");
        // Where there is none, none needs to go.
        let _none = std::fs::remove_dir_all(&cache);
        let mut first = Samples::default();
        timed(&command(), scratch, &mut first)?;
        let size = succeed(Command::new("du").args(["-sm"]).arg(&cache))?;
        let size = String::from_utf8_lossy(&size);
        let megabytes = size.split_whitespace().next().unwrap_or_default();
        Ok(Copies {
            first,
            megabytes: megabytes.parse().unwrap_or_default(),
        })
    }

    fn told(&self, later: &Samples) -> String {
        format!(
            "unpacked for the first time {:.2} CPU-s more, and {:.0} MB of quick copies",
            median(&self.first.cpu) - median(&later.cpu),
            self.megabytes
        )
    }
}

/// A project whose image is the same set with its initial RAM disk.
struct Boot {
    directory: PathBuf,
}

impl Boot {
    fn prepare(place: &Place) -> Result<Boot, String> {
        let boot = Boot {
            directory: place.directory.join("boot"),
        };
        let read = |name: &str| {
            let path = place.directory.join(name);
            std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
        };
        write(
            &boot.directory.join("formwork.toml"),
            &read("formwork.toml")?,
        )?;
        let image = format!("images/{}.toml", place.set);
        let wishes = read(&image)?;
        // Without a loader: its stub would stand in the lock, which is to be the peer's.
        let text = format!(
            "{wishes}forms = [\"tar\", \"initrd\"]\n\n[boot]\ninitrd = \"native\"\nloader = \"none\"\n"
        );
        write(&boot.directory.join(&image), &text)?;
        succeed(
            place
                .formwork(&["--quiet", "lock"])
                .current_dir(&boot.directory),
        )?;
        let closure = &place.closure()?.packages_sha256.to_string();
        match read("boot/formwork.lock")?.contains(closure) {
            true => Ok(boot),
            false => Err(format!(
                "{}: its lock has other packages than the one that is compared; delete it",
                boot.directory.display()
            )),
        }
    }

    /// The project in a directory, as outputs lie in the project.
    fn copy(&self, scratch: &Path) -> Result<PathBuf, String> {
        let copy = scratch.join("boot");
        let source = self.directory.join(".");
        succeed(Command::new("cp").arg("-a").arg(source).arg(&copy))?;
        Ok(copy)
    }
}

/// One line of the table: medians of both, and the median of the ratios of each pair.
fn row(place: &Place, work: &str, ours: &Samples, theirs: &Samples) -> String {
    let part = |ours: &[f64], theirs: &[f64], unit: &str| {
        format!(
            "{:.1} {unit} beside {:.1} {unit}, 1/{:.1}",
            median(ours),
            median(theirs),
            1.0 / ratio(ours, theirs)
        )
    };
    format!(
        "| {} | {work} | {} | {} | {} | 1/{} |",
        place.name,
        part(&ours.wall, &theirs.wall, "s"),
        part(&ours.cpu, &theirs.cpu, "CPU-s"),
        part(&ours.memory, &theirs.memory, "MB"),
        goal(place),
    )
}
