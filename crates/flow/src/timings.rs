//! `formwork build --timings`: where the time of one build went, step by step and package by
//! package, beside what no build can do without on this machine.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use formwork_model::documents::{self, BuildLog, Built, TimedPhase, TimedSpan, TimedStep, Timings};
use formwork_model::event::{Event, Phase};
use formwork_rootfs::floor::{self, Floor};
use formwork_rootfs::job::Package;
use formwork_sys::fs::{self, Sparse};

use crate::Error;
use crate::build::{self, Order, Outcome};
use crate::context::{Context, Settings};

/// The largest document of a build that is read back.
const LARGEST: u64 = 64 << 20;
/// How much is written at once.
const CHUNK: usize = 1 << 20;

/// The phases in their order, with the steps that make each.
const PHASES: [(&str, &[&str]); 7] = [
    ("read", &["lock", "fetch", "read", "restore"]),
    ("unpack", &["unpack"]),
    ("scripts", &["preinst", "configure", "settings"]),
    (
        "finish",
        &["settle", "normalise", "clean", "strip", "manifest"],
    ),
    ("initrd", &["initrd"]),
    (
        "write",
        &["keep", "write", "open", "disk", "compress", "records"],
    ),
    (OTHER, &[]),
];
/// The phase of all steps that belong to no other, and of the time between them.
const OTHER: &str = "other";

pub use formwork_inspect::timings::{seconds, times};

/// A build and where its time went.
pub struct Timed {
    /// What came of the build.
    pub outcome: Outcome,
    /// Where the time went and the chart of it, if there was anything to build.
    pub timings: Option<(Timings, PathBuf)>,
}

/// Builds, measures the floor, and writes the times beside the outputs as a document and a page.
pub fn build(context: &Context, order: &Order) -> Result<Timed, Error> {
    let start = Instant::now();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let outcome = build::build(&listening(context, start, &heard), order)?;
    let whole = start.elapsed();
    let Outcome::Built(built) = &outcome else {
        return Ok(Timed {
            outcome,
            timings: None,
        });
    };
    let heard = std::mem::take(&mut *heard.lock().unwrap_or_else(PoisonError::into_inner));
    let log: BuildLog = read(&beside(built, "log.json"))?;
    let floor = measure(context, built)?;
    let timings = timings(&log, &heard, whole, &floor);
    let page = beside(built, "timings.html");
    let html = formwork_inspect::timings::html(&timings);
    fs::replace(&page, html.as_bytes())?;
    let document = beside(built, "timings.json");
    let mut text =
        serde_json::to_vec_pretty(&timings).map_err(|error| not_json(&document, error))?;
    text.push(b'\n');
    fs::replace(&document, &text)?;
    Ok(Timed {
        outcome,
        timings: Some((timings, page)),
    })
}

/// What was at hand, and when.
type Heard = Vec<(Duration, String)>;

/// The same context, but that what happens to packages is noted.
fn listening(context: &Context, start: Instant, heard: &Arc<Mutex<Heard>>) -> Context {
    let settings = &context.settings;
    let (heard, events) = (Arc::clone(heard), Arc::clone(&settings.events));
    Context {
        settings: Settings {
            directory: settings.directory.clone(),
            project_named: settings.project_named,
            mirror: settings.mirror.clone(),
            offline: settings.offline,
            refresh: settings.refresh,
            allow_older: settings.allow_older,
            jobs: settings.jobs,
            now: settings.now,
            events: Arc::new(move |event| {
                if let Event::Advanced {
                    phase: Phase::Tree,
                    item,
                    ..
                } = &event
                {
                    let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                    heard.push((start.elapsed(), item.clone()));
                }
                events(event);
            }),
        },
        cache: context.cache.clone(),
        state: context.state.clone(),
        root: context.root.clone(),
    }
}

/// A file beside the record of a build.
fn beside(built: &Built, ending: &str) -> PathBuf {
    let record = built.buildinfo.strip_suffix("buildinfo.json");
    PathBuf::from(format!("{}{ending}", record.unwrap_or(&built.buildinfo)))
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let bytes = fs::read_limited(path, LARGEST)?;
    serde_json::from_slice(&bytes).map_err(|error| not_json(path, error))
}

fn not_json(path: &Path, error: serde_json::Error) -> Error {
    formwork_sys::Error::io("read", path, error.into()).into()
}

/// What each phase needs at best.
#[derive(Debug, Default)]
struct Floors {
    packages: Floor,
    write: Duration,
}

/// Does what cannot be avoided once more, and nothing else.
fn measure(context: &Context, built: &Built) -> Result<Floors, Error> {
    let list: serde_json::Value = read(&beside(built, "packages.json"))?;
    let packages = list["packages"].as_array();
    let packages: Vec<Package> = packages
        .into_iter()
        .flatten()
        .filter_map(|package| package_of(context, package))
        .collect();
    let packages = floor::measure(&packages)
        .map_err(|error| formwork_sys::Error::io("read the packages in", &context.cache, error))?;
    let outputs = built.files.iter().map(|file| Path::new(&file.path));
    let bytes = outputs.map(used).sum();
    Ok(Floors {
        packages,
        write: written(&beside(built, "timings.partial"), bytes)?,
    })
}

/// A package of the list as it lies in the cache.
fn package_of(context: &Context, package: &serde_json::Value) -> Option<Package> {
    let text = |key: &str| package[key].as_str().map(str::to_owned);
    let sha256 = text("sha256")?;
    let file = context.cache.join("blobs/sha256");
    let file = file.join(sha256.get(..2)?).join(&sha256);
    file.exists().then_some(Package {
        name: text("name")?,
        version: text("version")?,
        architecture: text("architecture")?,
        file,
        size: package["size"].as_u64()?,
        sha256,
        wished: false,
        own: false,
    })
}

/// The bytes that a file takes on its disk: what is empty was not written.
fn used(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).map_or(0, |file| file.blocks() * 512)
}

/// How long it takes to write so many bytes beside the outputs; they are removed again.
fn written(path: &Path, bytes: u64) -> Result<Duration, Error> {
    let chunk: Vec<u8> = (0..CHUNK).map(|at| (at % 251) as u8).collect();
    let start = Instant::now();
    let file = Sparse::create(path, bytes)?;
    let mut offset = 0;
    while offset < bytes {
        let count = usize::try_from(bytes - offset).map_or(CHUNK, |left| left.min(CHUNK));
        file.write_at(offset, &chunk[..count])
            .map_err(|error| formwork_sys::Error::io("write", path, error))?;
        offset += count as u64;
    }
    Ok(start.elapsed())
}

/// Puts together what the log says, what was heard, and what was measured.
fn timings(log: &BuildLog, heard: &Heard, whole: Duration, floors: &Floors) -> Timings {
    let spans = spans(&log.steps, heard);
    let steps = || spans.iter().filter(|span| span.depth == 1);
    let whole = milliseconds(whole);
    let accounted: u64 = steps().map(|step| step.milliseconds).sum();
    let programs = log.steps.iter().map(|step| step.programs).sum();
    let phases = PHASES.iter().filter_map(|(name, _)| {
        let of_phase = steps().filter(|step| step.phase == *name);
        let mut took: u64 = of_phase.map(|step| step.milliseconds).sum();
        if *name == OTHER {
            took += whole.saturating_sub(accounted);
        }
        let is_unpacked = log.steps.iter().any(|step| step.name == "unpack");
        let floor = match *name {
            "read" => is_unpacked.then(|| milliseconds(floors.packages.read)),
            "unpack" => Some(milliseconds(floors.packages.unpack)),
            "scripts" => Some(programs),
            "write" => Some(milliseconds(floors.write)),
            _ => None,
        };
        (took > 0).then(|| TimedPhase {
            name: (*name).to_owned(),
            milliseconds: took,
            share: u32::try_from(took * 1000 / whole.max(1)).unwrap_or(u32::MAX),
            floor,
        })
    });
    Timings {
        format: documents::FORMAT,
        image: log.image.clone(),
        architecture: log.architecture.clone(),
        processors: std::thread::available_parallelism()
            .map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX)),
        kernel: log.host.kernel.clone(),
        milliseconds: whole,
        phases: phases.collect(),
        spans: spans.clone(),
    }
}

/// The steps one behind the other, and in each what was at hand while it ran.
fn spans(steps: &[TimedStep], heard: &Heard) -> Vec<TimedSpan> {
    let mut spans = Vec::new();
    let mut start = 0;
    for step in steps {
        let end = start + step.milliseconds;
        let phase = phase_of(&step.name);
        spans.push(TimedSpan {
            name: step.name.clone(),
            phase: phase.to_owned(),
            depth: 1,
            start,
            milliseconds: step.milliseconds,
        });
        let within = heard.iter().map(|(at, item)| (milliseconds(*at), item));
        let within: Vec<(u64, &String)> =
            within.filter(|(at, _)| (start..end).contains(at)).collect();
        for (number, (at, item)) in within.iter().enumerate() {
            let until = within.get(number + 1).map_or(end, |(next, _)| *next);
            spans.push(TimedSpan {
                name: (*item).clone(),
                phase: phase.to_owned(),
                depth: 2,
                start: *at,
                milliseconds: until - at,
            });
        }
        start = end;
    }
    spans
}

/// The phase that a step is part of.
fn phase_of(step: &str) -> &'static str {
    let found = PHASES.iter().find(|(_, steps)| steps.contains(&step));
    found.map_or(OTHER, |(name, _)| name)
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &str, milliseconds: u64, programs: u64) -> TimedStep {
        TimedStep {
            name: name.to_owned(),
            milliseconds,
            programs,
        }
    }

    /// The names of steps in a source file: what stands in quotes behind these calls.
    fn named(text: &str) -> Vec<&str> {
        let text = text.split("#[cfg(test)]").next().unwrap();
        let calls = [".step(", ".lap("];
        let behind = calls.iter().flat_map(|call| text.split(call).skip(1));
        let quoted = behind.filter_map(|rest| rest.trim_start().strip_prefix('"'));
        quoted.map(|rest| rest.split('"').next().unwrap()).collect()
    }

    fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => sources(&path, found),
                false => found.push(path),
            }
        }
    }

    #[test]
    fn every_step_of_a_build_has_its_phase_and_every_phase_its_steps() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        for room in ["src/build", "../rootfs/src", "../image/src"] {
            sources(&here.join(room), &mut files);
        }
        files.push(here.join("src/build.rs"));
        let texts: Vec<String> = files
            .iter()
            .filter(|file| file.extension().is_some_and(|ending| ending == "rs"))
            .map(|file| std::fs::read_to_string(file).unwrap())
            .collect();
        let steps: std::collections::BTreeSet<&str> =
            texts.iter().flat_map(|text| named(text)).collect();
        assert!(
            steps.contains("configure") && steps.contains("fetch"),
            "{steps:?}"
        );
        let homeless: Vec<&&str> = steps
            .iter()
            .filter(|step| phase_of(step) == OTHER)
            .collect();
        assert!(homeless.is_empty(), "no phase has {homeless:?}");
        let known = PHASES.iter().flat_map(|(_, steps)| *steps);
        let gone: Vec<&&str> = known.filter(|step| !steps.contains(**step)).collect();
        assert!(gone.is_empty(), "no build has {gone:?}");
    }

    #[test]
    fn every_millisecond_is_in_one_phase() {
        let log = BuildLog {
            format: 1,
            image: "a".to_owned(),
            architecture: "amd64".to_owned(),
            began: String::new(),
            host: documents::BuildHost {
                name: "h".to_owned(),
                kernel: "6.1".to_owned(),
                architecture: "amd64".to_owned(),
                root: false,
            },
            built: true,
            error: None,
            steps: vec![
                step("fetch", 10, 0),
                step("unpack", 100, 0),
                step("configure", 200, 150),
                step("unpack", 20, 0),
                step("something new", 5, 0),
                step("disk", 60, 0),
            ],
        };
        let at = |milliseconds| Duration::from_millis(milliseconds);
        let heard = vec![
            (at(115), "dpkg".to_owned()),
            (at(200), "apt".to_owned()),
            (at(390), "late".to_owned()),
        ];
        let floors = Floors {
            packages: Floor {
                read: at(3),
                unpack: at(80),
            },
            write: at(30),
        };
        let told = timings(&log, &heard, at(400), &floors);
        let phase = |name: &str| {
            let found = told.phases.iter().find(|phase| phase.name == name);
            found.map(|phase| (phase.milliseconds, phase.share, phase.floor))
        };
        assert_eq!(phase("read"), Some((10, 25, Some(3))));
        assert_eq!(phase("unpack"), Some((120, 300, Some(80))));
        assert_eq!(phase("scripts"), Some((200, 500, Some(150))));
        assert_eq!(phase("write"), Some((60, 150, Some(30))));
        assert_eq!(phase("other"), Some((10, 25, None)));
        assert_eq!(phase("initrd"), None);
        let sum: u64 = told.phases.iter().map(|phase| phase.milliseconds).sum();
        assert_eq!(sum, 400);
        let inner: Vec<(&str, u64, u64)> = told
            .spans
            .iter()
            .filter(|span| span.depth == 2)
            .map(|span| (span.name.as_str(), span.start, span.milliseconds))
            .collect();
        assert_eq!(
            inner,
            [("dpkg", 115, 85), ("apt", 200, 110), ("late", 390, 5)]
        );
    }
}
