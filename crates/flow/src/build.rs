//! `formwork build`: from the lock to a finished tree.
//!
//! Read from top to bottom: find the closure in the lock, fetch its packages, make the tree of
//! them in the sandbox, write down what was done, and put everything into its place.

mod beside;
mod device;
mod image;
mod locked;
mod loose;
mod order;
mod places;
mod records;
mod space;
mod unchanged;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Instant;

use formwork_archive::store::{Store, stages};
use formwork_deb::time::Timestamp;
use formwork_model::documents::{Built, BuiltFile, Finding, LockChecked, TimedStep};
use formwork_model::layout::Layout;
use formwork_model::settings::Settings;
use formwork_rootfs::clean::Clean;
use formwork_rootfs::job::{Job, KernelWish, Kind, Limits, Output, Package, Stages};
use formwork_rootfs::variation::Variation;

use crate::Error;
use crate::context::{self, Context};
use crate::error::BrokenTree;
use crate::lock::{Impossible, guard};

pub use formwork_rootfs::error::{Blame, Failure};
pub(crate) use image::BLOCKS;
pub(crate) use locked::named;
pub use order::{Compression, Form, Loose, Order, Stage, What};

use locked::Locked;
use places::Places;
use records::Records;

pub(crate) use records::is_root;

/// Seconds that a maintainer script may take, or dpkg between two lines of output.
const SCRIPT_SECONDS: u64 = 15 * 60;
/// Bytes that one program may print.
const OUTPUT_BYTES: u64 = 64 << 20;

/// Where the cache keeps stages.
pub(crate) const STAGES: &str = "stages";

/// What came of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything was written.
    Built(Box<Built>),
    /// The answer is no; nothing was written.
    Not(NotBuilt),
}

/// Why a build did not even begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotBuilt {
    /// The lock does not fit the project.
    Stale(Box<LockChecked>),
    /// What is asked for has no solution.
    Impossible(Box<Impossible>),
    /// `[policy]` denies it.
    Denied(Vec<Finding>),
}

/// What is different about a build that is made to be compared with another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Varied {
    /// What is varied around it.
    pub(crate) vary: BTreeSet<Variation>,
    /// The directory that everything goes to.
    pub(crate) into: Option<PathBuf>,
    /// Whether the tree is kept as an archive, whatever the forms are.
    pub(crate) tree: bool,
}

/// Builds a tree and hands it over in the forms that are asked for.
pub fn build(context: &Context, order: &Order) -> Result<Outcome, Error> {
    varied(context, order, &Varied::default())
}

/// Builds like [`build`], in surroundings that differ on purpose.
pub(crate) fn varied(context: &Context, order: &Order, varied: &Varied) -> Result<Outcome, Error> {
    let mut watch = Watch::new();
    let locked = match locked::find(context, order)? {
        Ok(locked) => locked,
        Err(not) => return Ok(Outcome::Not(not)),
    };
    watch.lap("lock");
    formwork_rootfs::build::ready().map_err(|failure| not_ready(&locked, failure))?;
    let mut forms = forms(order, &locked.layout)?;
    if varied.tree && !forms.contains(&Form::Tar) {
        forms.push(Form::Tar);
    }
    let places = Places::new(&locked, order, &forms)?.into(varied.into.as_deref());
    places.prepare()?;
    let what = format!("the build of {}", locked.title);
    guard::alone(context, &places.busy(), &what, || {
        let mut job = job(&locked, order)?;
        let seed = device::seed(&job, &locked.layout)?;
        if device::is_for_disk(&locked.layout, &forms) {
            device::add(&mut job, &locked.layout, &seed)?;
        }
        outputs(&mut job, &locked.layout, &places, &forms);
        job.keep = order.keep.then(|| absolute(places.failed()));
        job.vary.clone_from(&varied.vary);
        if !order.native_helpers {
            job.vary.insert(Variation::Helpers);
        }
        job.stages = order.stages.then(|| Stages {
            directory: absolute(context.cache.join(STAGES)),
            image: locked.title.clone(),
        });
        let inputs = match records(&locked, &places, &job, &forms) {
            records if *varied == Varied::default() => {
                let inputs = unchanged::inputs(&records, order)?;
                if let Some(built) =
                    unchanged::find(context, &records, &inputs).filter(|_| !order.rebuild)
                {
                    return Ok(Outcome::Built(Box::new(built)));
                }
                Some(inputs)
            }
            _ => None,
        };
        // What is taken from the cache stays there until all is done.
        let store = Store::open(&context.cache, &context.settings.events)?;
        let beside = beside::fetch(context, &locked, &mut job, &store)?;
        watch.lap("fetch");
        let records = records(&locked, &places, &job, &forms);
        let images = image::Images {
            records: &records,
            beside: &beside,
            seed,
            compress: order.compress.or(locked.layout.compress),
        };
        places.begin(order.keep)?;
        let made = make(context, &images, &mut watch);
        let logged = records.log(context, watch.steps, made.as_ref().err());
        // Why it failed counts for more than what else went wrong because of that.
        let built = match made {
            Ok(built) => built,
            Err(error) => {
                let _ = places.abandon();
                return Err(error);
            }
        };
        logged?;
        if let Some(inputs) = inputs {
            unchanged::write(context, &records, &inputs, &built)?;
        }
        Ok(Outcome::Built(Box::new(unchanged::built(
            &records, built, false,
        ))))
    })
}

/// What all records of a build tell of.
fn records<'a>(
    locked: &'a Locked,
    places: &'a Places,
    job: &'a Job,
    forms: &'a [Form],
) -> Records<'a> {
    Records {
        locked,
        places,
        job,
        forms,
    }
}

/// A tree that this machine will not let us make.
fn not_ready(locked: &Locked, failure: Failure) -> Error {
    Error::Tree(Box::new(BrokenTree {
        image: locked.title.clone(),
        architecture: locked.plan.architecture.clone(),
        failure,
        log: None,
    }))
}

/// Makes the tree, writes the records, and moves all of it into its place; returns the files with
/// their bare names.
fn make(
    context: &Context,
    images: &image::Images<'_>,
    watch: &mut Watch,
) -> Result<Vec<BuiltFile>, Error> {
    let records = images.records;
    let (job, places) = (records.job, records.places);
    let report = formwork_rootfs::build::build(job, &context.settings.events)
        .map_err(|failure| records.broken(failure))?;
    if context::interrupted() {
        return Err(Error::Interrupted);
    }
    let steps = report.steps.iter().map(|step| TimedStep {
        name: step.name.clone(),
        milliseconds: step.milliseconds,
        programs: step.programs,
    });
    watch.steps.extend(steps);
    watch.since = Instant::now();
    let made = images.make(context, &report, watch)?;
    let files = records.write(&report, &made)?;
    let record = places.beside(records::RECORD);
    let names = files.iter().map(|file| file.path.as_str());
    places.publish(names.chain([record.as_str()]))?;
    watch.lap("records");
    if let Some(stage) = &report.stage
        && stage.grown
    {
        // What is left over does no harm, and is trimmed the next time.
        let _ = stages::trim(&context.cache, &stages::Bounds::default());
    }
    Ok(files)
}

/// The order for the tree.
fn job(locked: &Locked, order: &Order) -> Result<Job, Error> {
    let plan = &locked.plan;
    let own: BTreeSet<&str> = locked.own();
    let is_wished = |name: &str| plan.wishes.iter().any(|planned| planned.wish.name == name);
    let packages = locked.packages()?.into_iter();
    let mut packages: Vec<Package> = packages
        .map(|package| Package {
            name: package.name.clone(),
            version: package.version.clone(),
            architecture: package.architecture.clone(),
            // Known once it is fetched.
            file: PathBuf::new(),
            size: package.size,
            sha256: package.sha256.to_string(),
            wished: is_wished(&package.name),
            own: own.contains(package.repository.as_str()),
        })
        .collect();
    packages.sort_by(|left, right| {
        (&left.name, &left.architecture).cmp(&(&right.name, &right.architecture))
    });
    Ok(Job {
        architecture: plan.architecture.clone(),
        foreign: plan.foreign.clone(),
        suite: plan.suite.clone(),
        date: locked.lock.date().unwrap_or(Timestamp(0)).0,
        packages,
        limits: Limits {
            script_seconds: SCRIPT_SECONDS,
            output_bytes: OUTPUT_BYTES,
            tree_bytes: order.space.unwrap_or_else(space::usual),
        },
        outputs: Vec::new(),
        until: order.until,
        ids: locked.settings.ids.clone(),
        clean: clean(&locked.settings),
        settings: locked.settings.clone(),
        keep: None,
        kernel: None,
        vary: BTreeSet::new(),
        stages: None,
    })
}

/// The forms that are made: those that the person names, else those of the image.
fn forms(order: &Order, layout: &Layout) -> Result<Vec<Form>, Error> {
    let mut forms = match order.forms.as_slice() {
        [] => layout.forms.clone(),
        some => some.to_vec(),
    };
    forms.sort_unstable();
    forms.dedup();
    if forms.contains(&Form::Disk) && layout.boot.is_none() {
        return Err(Error::Option {
            option: "--kind",
            value: Form::Disk.as_str().to_owned(),
            reason: "the image does not say that it boots; add [boot] to it, and lock".to_owned(),
        });
    }
    let images = forms
        .iter()
        .find(|form| !matches!(form, Form::Tar | Form::Dir));
    if let Some(form) = images.filter(|_| order.until != Stage::Finished) {
        return Err(Error::Option {
            option: "--kind",
            value: form.as_str().to_owned(),
            reason: "an unfinished tree can only be a tar archive or a directory".to_owned(),
        });
    }
    Ok(forms)
}

/// Adds to the order for the tree what is written at its end: what the forms are, or are made of.
fn outputs(job: &mut Job, layout: &Layout, places: &Places, forms: &[Form]) {
    let mut kinds = vec![Kind::Manifest];
    let of_images = match forms.contains(&Form::Tar) {
        true => Kind::Tar,
        false => Kind::Delta,
    };
    for form in forms {
        match form {
            Form::Tar => kinds.push(Kind::Tar),
            // A whole archive has what images need; without one, what is new is enough.
            Form::Ext4 | Form::Squashfs | Form::Erofs => kinds.push(of_images),
            Form::Dir => kinds.push(Kind::Dir),
            Form::Initrd => kinds.push(Kind::Initrd),
            Form::Disk => kinds.extend([of_images, Kind::Initrd]),
        }
    }
    kinds.sort();
    kinds.dedup();
    if kinds.contains(&Kind::Initrd) {
        let wish = layout.boot.as_ref().and_then(|boot| boot.kernel.as_ref());
        job.kernel = Some(KernelWish {
            package: wish.map(|kernel| kernel.text.clone()),
            at: wish.map(|kernel| kernel.at.clone()).unwrap_or_default(),
            initrd: layout
                .boot
                .as_ref()
                .map(|boot| boot.initrd)
                .unwrap_or_default(),
        });
    }
    let output = |kind| Output {
        kind,
        path: absolute(places.first(&places.name_of(kind, forms))),
    };
    job.outputs = kinds.into_iter().map(output).collect();
}

/// The rules of cleaning, with the switches that the image sets; the model knows their names.
fn clean(settings: &Settings) -> Clean {
    let is_on = |name: &str| settings.clean.get(name).copied().unwrap_or(true);
    Clean {
        apt_lists: is_on("apt_lists"),
        apt_cache: is_on("apt_cache"),
        logs: is_on("logs"),
        temporary: is_on("temporary"),
        backups: is_on("backups"),
        caches: is_on("caches"),
        machine_id: is_on("machine_id"),
        host_keys: is_on("host_keys"),
        certificates: is_on("certificates"),
        seeds: is_on("seeds"),
    }
}

/// A path that does not depend on the current directory, which the sandbox has another of.
fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

/// Times the steps of a build, for the log.
struct Watch {
    since: Instant,
    steps: Vec<TimedStep>,
}

impl Watch {
    fn new() -> Watch {
        Watch {
            since: Instant::now(),
            steps: Vec::new(),
        }
    }

    /// Notes that a step has just ended.
    fn lap(&mut self, name: &str) {
        let took = self.since.elapsed().as_millis();
        self.steps.push(TimedStep {
            name: name.to_owned(),
            milliseconds: u64::try_from(took).unwrap_or(u64::MAX),
            programs: 0,
        });
        self.since = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use formwork_model::project::Project;
    use formwork_model::source::Source;

    #[test]
    fn every_switch_of_cleaning_can_be_set_by_an_image() {
        let project = "[project]\nname = \"x\"\nsuites = [\"bookworm\"]\narchitectures = [\"amd64\"]\n\
                       [repositories.debian]\nsuite = \"bookworm\"\n";
        let all = serde_json::to_value(Clean::default()).expect("JSON");
        for name in all.as_object().expect("an object").keys() {
            let image = format!("[clean]\n{name} = false\n");
            let images = [("gateway", Source::new("images/gateway.toml", &image))];
            let project = Project::read(Source::new("formwork.toml", project), &images);
            let project = project.unwrap_or_else(|error| panic!("{error}"));
            let mut expected = all.clone();
            expected[name] = false.into();
            let found = clean(&project.builds()[0].settings);
            assert_eq!(serde_json::to_value(found).expect("JSON"), expected);
        }
    }
}
