//! `cargo xtask bench disk`: our writers of file systems beside `mkfs.erofs`, `mksquashfs` and
//! `mkfs.ext4 -d`, on a made-up tree.
//!
//! `--size MEGABYTES` says how large the tree is (2,000), `--rounds` how often all are run (3),
//! `--place DIRECTORY` where it is all written (below `target`). It takes three to four times the
//! size of the tree there, and removes it again. `--ours` leaves the peers out, and the directory
//! that only they need. All run with one core and then with two, where the machine has them;
//! `--cores NUMBER` chooses one of both. Memory is the largest resident set, with all pages that are mapped.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::measure::{Side, in_turns, ratio};
use super::table;

/// Our kind of image, whether packed blocks are there already, and the peer's command: `OUT` and
/// `TREE` stand for what it writes and reads.
const SIDES: &[(&str, &str, Option<&str>)] = &[
    ("ext4", "ext4", Some("mkfs.ext4 -q -d TREE OUT SIZE")),
    (
        "squashfs zstd 3",
        "squashfs",
        Some("mksquashfs TREE OUT -noappend -quiet -no-progress -comp zstd -Xcompression-level 3"),
    ),
    ("erofs", "erofs-none", Some("mkfs.erofs OUT TREE")),
    (
        "erofs lz4",
        "erofs-lz4",
        Some("mkfs.erofs -zlz4hc,3 -C65536 OUT TREE"),
    ),
    ("erofs zstd 3", "erofs", None),
    ("disk, erofs zstd 3", "disk", None),
];

struct Options {
    size: u64,
    rounds: usize,
    place: PathBuf,
    has_peers: bool,
    cores: Vec<usize>,
}

/// Measures; there is no goal to miss but to come to an end.
pub(super) fn run(arguments: &[String]) -> Result<bool, String> {
    let options = parse(arguments)?;
    let program = build()?;
    let place = &options.place;
    std::fs::create_dir_all(place).map_err(|error| error.to_string())?;
    let measured = measure(&options, &program);
    std::fs::remove_dir_all(place).map_err(|error| error.to_string())?;
    measured.map(|()| true)
}

fn parse(arguments: &[String]) -> Result<Options, String> {
    let available = std::thread::available_parallelism().map_or(1, usize::from);
    let mut options = Options {
        size: 2000,
        rounds: 3,
        place: PathBuf::from("target/bench-disk"),
        has_peers: true,
        cores: (1..=available.min(2)).collect(),
    };
    let mut arguments = arguments.iter();
    while let Some(name) = arguments.next() {
        if name == "--ours" {
            options.has_peers = false;
            continue;
        }
        let value = arguments.next().ok_or(format!("{name} needs a value"))?;
        match name.as_str() {
            "--size" => options.size = value.parse().map_err(|_| "--size: no number")?,
            "--rounds" => options.rounds = value.parse().map_err(|_| "--rounds: no number")?,
            "--cores" => options.cores = vec![value.parse().map_err(|_| "--cores: no number")?],
            "--place" => options.place = Path::new(value).join("bench-disk"),
            _ => return Err(format!("unknown option `{name}`")),
        }
    }
    Ok(options)
}

/// Builds our side.
fn build() -> Result<PathBuf, String> {
    let arguments = [
        "build",
        "--release",
        "-p",
        "formwork-image",
        "--example",
        "write",
    ];
    succeed(Command::new("cargo").args(arguments))?;
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    Ok(Path::new(&target).join("release/examples/write"))
}

fn measure(options: &Options, program: &Path) -> Result<(), String> {
    let (archive, tree) = (options.place.join("tree.tar"), options.place.join("tree"));
    eprintln!("making up {} MB", options.size);
    succeed(
        Command::new(program)
            .arg(&archive)
            .arg(options.size.to_string()),
    )?;
    if options.has_peers {
        std::fs::create_dir(&tree).map_err(|error| error.to_string())?;
        succeed(
            Command::new("tar")
                .arg("-xf")
                .arg(&archive)
                .arg("-C")
                .arg(&tree),
        )?;
    }
    for cores in &options.cores {
        for kind in SIDES {
            compare(options, program, kind, *cores)?;
        }
    }
    Ok(())
}

/// Measures one kind of image with so many cores.
fn compare(
    options: &Options,
    program: &Path,
    (title, kind, peer): &(&str, &str, Option<&str>),
    cores: usize,
) -> Result<(), String> {
    let (archive, tree) = (options.place.join("tree.tar"), options.place.join("tree"));
    let (out, blocks) = (options.place.join("out"), options.place.join("blocks"));
    let remove = |all: &[&Path]| {
        for path in all {
            // What is not there need not be removed.
            let _file = std::fs::remove_file(path);
            let _directory = std::fs::remove_dir_all(path);
        }
        Ok(())
    };
    let ours = || {
        let mut command = on(cores, program);
        command.arg(&archive).arg(&out).arg(kind).arg(&blocks);
        command
    };
    let mut sides = vec![
        Side {
            label: "Formwork",
            prepare: Box::new(|| remove(&[&out, &blocks])),
            command: Box::new(ours),
        },
        Side {
            label: "Formwork, blocks there",
            prepare: Box::new(|| remove(&[&out])),
            command: Box::new(ours),
        },
    ];
    if let Some(peer) = peer.filter(|_| options.has_peers) {
        let said = peer
            .replace("OUT", &out.display().to_string())
            .replace("TREE", &tree.display().to_string())
            .replace("SIZE", &format!("{}M", options.size * 3 / 2 + 64));
        sides.push(Side {
            label: "its own tool",
            prepare: Box::new(|| remove(&[&out])),
            command: Box::new(move || {
                let mut command = on(cores, Path::new("sh"));
                command
                    .args(["-c", &said])
                    .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
                command
            }),
        });
    }
    let samples = in_turns(&sides, options.rounds, &options.place)?;
    let size = std::fs::metadata(&out).map_or(0, |file| file.len());
    let counted = if cores == 1 { "core" } else { "cores" };
    table::print(
        &format!(
            "{title}, {cores} {counted}, the last of {:.0} MB",
            size as f64 / 1e6
        ),
        &sides,
        &samples,
    );
    if let [cold, warm, peer] = &samples[..] {
        for (word, own) in [("packed anew", cold), ("blocks there", warm)] {
            let (wall, cpu) = (ratio(&peer.wall, &own.wall), ratio(&peer.cpu, &own.cpu));
            let memory = ratio(&own.memory, &peer.memory);
            println!(
                "  {word}: {wall:.1} times less time, {cpu:.1} times less CPU, \
                 {memory:.1} times the memory"
            );
        }
    }
    remove(&[&out, &blocks])
}

/// A command that has only so many cores.
fn on(cores: usize, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    let list = format!("0-{}", cores.saturating_sub(1));
    command.args(["--cpu-list", &list]).arg(program);
    command
}

fn succeed(command: &mut Command) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{command:?}: {status}")),
        Err(error) => Err(format!("{command:?}: {error}")),
    }
}
