//! `formwork repro`: an image built twice, the second time in other surroundings, and compared.
//!
//! Read from top to bottom: build it as it is, build it again with everything varied that can be,
//! compare the outputs, and where they differ find the files, the causes and the writers.

mod blame;
mod cause;
mod compare;
mod manifest;
mod second;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use formwork_deb::sha256::Sha256;
use formwork_model::documents::{self, Built, Repro, ReproDifference, ReproNotVaried};
use formwork_sys::{CheckedFile, fs};
use serde::Deserialize;

use crate::Error;
use crate::build::{self, NotBuilt, Varied, What};
use crate::context::Context;
use crate::project;

pub use formwork_rootfs::variation::Variation;
pub use second::enter;

use compare::{About, Side};

/// No file of the project is read further.
const MAX_OWN: u64 = 1 << 20;

/// What is built twice, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// The image; without it the project's only one.
    pub image: Option<String>,
    /// Options besides those that are on by default.
    pub with: Vec<String>,
    /// The suite; without it the image's first.
    pub suite: Option<String>,
    /// The architecture.
    pub architecture: Option<String>,
    /// How many bytes of memory a tree may take.
    pub space: Option<u64>,
    /// What is varied.
    pub vary: BTreeSet<Variation>,
    /// Whether to find out which variation brings a difference about.
    pub bisect: bool,
    /// Whether the second build is kept.
    pub keep: bool,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Both were built, and compared.
    Compared(Box<Repro>),
    /// The answer is no before anything was built.
    Not(NotBuilt),
    /// The second build failed where the first did not; it said why, and ended with this code.
    Failed(i32),
}

/// Builds an image twice and compares.
pub fn repro(context: &Context, order: &Order) -> Result<Outcome, Error> {
    let loaded = project::open(context)?;
    let (vary, not_varied) = possible(&order.vary);
    let begun = Instant::now();
    let built = match first(context, order)? {
        build::Outcome::Built(built) => built,
        build::Outcome::Not(not) => return Ok(Outcome::Not(not)),
    };
    let first_milliseconds = milliseconds(begun);
    let mut first = side(&built);
    let scratch = scratch(&built);
    fs::remove_directory(&scratch)?;
    fs::create_directory(&scratch)?;
    let one = |vary: &BTreeSet<Variation>, name: &str| {
        second::build(context, &loaded, order, vary, &scratch.join(name))
    };
    let (other, second_milliseconds) = match one(&vary, "second")? {
        Ok(built) => built,
        Err(code) => {
            fs::remove_directory(&scratch)?;
            return Ok(Outcome::Failed(code));
        }
    };
    let known = Known::read(&loaded.directory, &built)?;
    let outputs = compare::outputs(&first, &other);
    let differs = outputs.iter().any(|output| output.first != output.second);
    if differs && first.path("tar").is_none() {
        first.files.extend(archive(context, order, &scratch)?);
    }
    let mut differences = compare::differences(&first, &other, known.about(&vary))?;
    if order.bisect && !differences.is_empty() {
        bisect(&mut differences, &vary, &first, &|vary, name| {
            one(vary, name).map(|built| built.ok().map(|(side, _)| side))
        })?;
    }
    if !order.keep {
        fs::remove_directory(&scratch)?;
    }
    let words = vary.iter().map(|variation| variation.word().to_owned());
    Ok(Outcome::Compared(Box::new(Repro {
        format: documents::FORMAT,
        image: built.image.clone(),
        architecture: built.architecture.clone(),
        lock: built.lock.clone(),
        same: differences.is_empty(),
        varied: words.collect(),
        not_varied,
        found: built.unchanged,
        first_milliseconds,
        second_milliseconds,
        outputs,
        differences,
        kept: order.keep.then(|| scratch.display().to_string()),
    })))
}

/// The first build: an ordinary one. One that was made before, of the same inputs, serves if all
/// of its outputs still have their digests.
fn first(context: &Context, order: &Order) -> Result<build::Outcome, Error> {
    let usual = build::Order {
        stages: true,
        rebuild: false,
        ..order.build()
    };
    let outcome = build::build(context, &usual)?;
    let is_damaged = |built: &Built| built.unchanged && !is_whole(built);
    match &outcome {
        build::Outcome::Built(built) if is_damaged(built) => build::build(context, &order.build()),
        _ => Ok(outcome),
    }
}

/// Whether the files of a build are what it says; a directory has no digest of its own.
fn is_whole(built: &Built) -> bool {
    let mut files = built.files.iter().filter(|file| file.kind != "dir");
    files.all(|file| {
        let digest: Result<Sha256, _> = file.sha256.parse();
        digest.is_ok_and(|digest| {
            CheckedFile::check(Path::new(&file.path), &digest, Some(file.size)).is_ok()
        })
    })
}

/// Builds once more as it is, to have the archive of the first tree: what differs is looked into.
fn archive(
    context: &Context,
    order: &Order,
    scratch: &Path,
) -> Result<Option<(String, PathBuf, String)>, Error> {
    let varied = Varied {
        vary: BTreeSet::new(),
        into: Some(scratch.join("first")),
        tree: true,
    };
    let build::Outcome::Built(built) = build::varied(context, &order.build(), &varied)? else {
        return Ok(None);
    };
    let files = side(&built).files;
    // It is compared by its content alone, so that it stands for the first one in no other way.
    Ok(files.into_iter().find(|(kind, _, _)| kind == "tar"))
}

/// Builds once, varied, into a directory: what the second process does.
pub fn second(context: &Context, order: &Order, into: &Path) -> Result<build::Outcome, Error> {
    let varied = Varied {
        vary: order.vary.clone(),
        into: Some(into.to_owned()),
        tree: true,
    };
    build::varied(context, &order.build(), &varied)
}

impl Order {
    /// The order for one build.
    fn build(&self) -> build::Order {
        build::Order {
            what: What::Image {
                name: self.image.clone(),
                suite: self.suite.clone(),
                with: self.with.clone(),
            },
            architecture: self.architecture.clone(),
            forms: Vec::new(),
            compress: None,
            output: None,
            keep: false,
            native_helpers: true,
            // Each build is made from nothing, else there would be little to compare.
            stages: false,
            rebuild: true,
            space: self.space,
            until: build::Stage::Finished,
        }
    }
}

/// The variations that this machine and this user can have, and why not the others.
fn possible(asked: &BTreeSet<Variation>) -> (BTreeSet<Variation>, Vec<ReproNotVaried>) {
    let mut possible = asked.clone();
    let mut not = Vec::new();
    let mut leave = |variation: Variation, reason: &str| {
        if possible.remove(&variation) {
            not.push(ReproNotVaried {
                variation: variation.word().to_owned(),
                reason: reason.to_owned(),
            });
        }
    };
    if processors() == 1 {
        leave(Variation::Processors, "this machine has one processor");
    }
    if !build::is_root() {
        leave(Variation::Root, "an ordinary user cannot become root");
    }
    (possible, not)
}

/// How many processors a build may use.
fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The files of a build.
fn side(built: &Built) -> Side {
    let files = built.files.iter();
    Side {
        files: files
            .map(|file| {
                (
                    file.kind.clone(),
                    PathBuf::from(&file.path),
                    file.sha256.clone(),
                )
            })
            .collect(),
    }
}

/// The directory for the other builds, beside the first one.
fn scratch(built: &Built) -> PathBuf {
    let record = second::absolute(Path::new(&built.buildinfo));
    let name = record.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.strip_suffix(".buildinfo.json").unwrap_or(&name);
    record.with_file_name(format!("{stem}.repro"))
}

/// What is known of the build besides its outputs.
#[derive(Default)]
struct Known {
    versions: BTreeMap<String, String>,
    own: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Record {
    packages: Vec<RecordedPackage>,
    steps: Vec<RecordedStep>,
}

#[derive(Deserialize)]
struct RecordedPackage {
    name: String,
    version: String,
}

#[derive(Deserialize)]
struct RecordedStep {
    name: String,
    read: Vec<RecordedInput>,
}

#[derive(Deserialize)]
struct RecordedInput {
    name: String,
}

impl Known {
    /// Reads what the record of the first build names.
    fn read(project: &Path, built: &Built) -> Result<Known, Error> {
        let record: Record = manifest::document(Path::new(&built.buildinfo))?;
        let versions = record.packages.into_iter();
        let steps = record.steps.into_iter().filter(|step| step.name == "tree");
        let inputs = steps.flat_map(|step| step.read).map(|input| input.name);
        // What cannot be read is no text, or one of the other things that a step reads.
        let own = inputs.filter_map(|name| {
            let bytes = fs::read_limited(&project.join(&name), MAX_OWN).ok()?;
            Some((name, String::from_utf8(bytes).ok()?))
        });
        Ok(Known {
            versions: versions
                .map(|package| (package.name, package.version))
                .collect(),
            own: own.collect(),
        })
    }

    fn about<'a>(&'a self, varied: &'a BTreeSet<Variation>) -> About<'a> {
        About {
            varied,
            processors: processors(),
            versions: &self.versions,
            own: self.own.clone(),
        }
    }
}

/// Builds with nothing varied, then with each variation alone, and notes which paths differ then.
fn bisect(
    differences: &mut [ReproDifference],
    vary: &BTreeSet<Variation>,
    first: &Side,
    build: &Again<'_>,
) -> Result<(), Error> {
    let found = |vary: &BTreeSet<Variation>, name: &str| -> Result<BTreeSet<Place>, Error> {
        let Some(side) = build(vary, name)? else {
            return Ok(BTreeSet::new());
        };
        let known = Known::default();
        let found = compare::differences(first, &side, known.about(vary))?;
        Ok(found.into_iter().map(|one| (one.place, one.path)).collect())
    };
    let always = found(&BTreeSet::new(), "nothing")?;
    let mut alone = Vec::new();
    for variation in vary {
        let one = BTreeSet::from([*variation]);
        alone.push((variation.word(), found(&one, variation.word())?));
    }
    for difference in differences {
        let place = (difference.place.clone(), difference.path.clone());
        if always.contains(&place) {
            difference.variations = Some(Vec::new());
            if difference.cause == "unknown" {
                "random".clone_into(&mut difference.cause);
            }
            continue;
        }
        let mut words: Vec<&str> = alone
            .iter()
            .filter(|(_, found)| found.contains(&place))
            .map(|(word, _)| *word)
            .collect();
        // None does it alone: it takes several of them.
        if words.is_empty() {
            words = vary.iter().map(|variation| variation.word()).collect();
        }
        difference.variations = Some(words.into_iter().map(str::to_owned).collect());
    }
    Ok(())
}

/// Builds once more with this varied, under a name of its own; nothing if that build fails.
type Again<'a> = dyn Fn(&BTreeSet<Variation>, &str) -> Result<Option<Side>, Error> + 'a;

/// Where something differs: the part of the image, and the path in it.
type Place = (String, String);

/// How long ago something was, in milliseconds.
fn milliseconds(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}
