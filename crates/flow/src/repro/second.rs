//! The second build: this program again, in surroundings that differ as told.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Instant;

use formwork_rootfs::variation::{self, Variation};
use formwork_sys::again::{self, Surroundings};
use formwork_sys::tree::Tree;
use formwork_sys::{fs, tree};
use serde::Deserialize;

use super::compare::Side;
use super::{Order, milliseconds};
use crate::Error;
use crate::context::Context;
use crate::project::LoadedProject;

/// What the order of names in directories follows from, outside of the sandbox.
const SEED: u64 = 0x1122_2026;
/// What a caller may have set, which must count for nothing.
const EPOCH: &str = "1";

/// Changes the surroundings of this process; the first thing that a second build does.
pub fn enter(vary: &BTreeSet<Variation>) {
    let has = |variation| vary.contains(&variation);
    if has(Variation::FileOrder) {
        tree::shuffle(SEED);
    }
    let surroundings = Surroundings {
        umask: has(Variation::Umask).then_some(variation::UMASK),
        one_processor: has(Variation::Processors),
        hostname: has(Variation::HostName).then(|| variation::HOST.to_owned()),
    };
    surroundings.enter();
}

/// What a build with `--json` answers, as far as it matters here.
#[derive(Deserialize)]
struct Answer {
    files: Vec<AnsweredFile>,
}

#[derive(Deserialize)]
struct AnsweredFile {
    kind: String,
    path: PathBuf,
    sha256: String,
}

/// Builds into a directory with this varied; `None` if the build fails, which it has said itself.
pub(super) fn build(
    context: &Context,
    loaded: &LoadedProject,
    order: &Order,
    vary: &BTreeSet<Variation>,
    scratch: &Path,
) -> Result<Result<(Side, u64), i32>, Error> {
    let begun = Instant::now();
    let mut into = scratch.to_owned();
    let mut project = absolute(&loaded.directory);
    if vary.contains(&Variation::Directory) {
        into.push(variation::DIRECTORY);
        fs::create_directory(&into)?;
        // The project too is found in another place.
        let place = Tree::open(&into)?;
        place.symbolic_link(project.as_os_str(), "project")?;
        project = into.join("project");
    }
    fs::create_directory(&into)?;
    let mut arguments: Vec<OsString> = vec!["repro".into(), "--json".into(), "--second".into()];
    arguments.push(into.clone().into());
    arguments.push(varied(vary).into());
    arguments.extend(["--project".into(), project.into()]);
    arguments.extend(asked(context, order));
    let ended = again::run(&arguments, &variables(context, vary, scratch)?)?;
    if crate::context::interrupted() {
        return Err(Error::Interrupted);
    }
    if ended.code != 0 {
        return Ok(Err(ended.code));
    }
    let answer: Answer = serde_json::from_slice(&ended.answer)
        .map_err(|error| Error::Check(format!("the second build cannot be understood: {error}")))?;
    let files = answer.files.into_iter();
    let side = Side {
        files: files
            .map(|file| (file.kind, file.path, file.sha256))
            .collect(),
    };
    Ok(Ok((side, milliseconds(begun))))
}

/// The option that says what is varied; a list of nothing has to be told by all the others.
fn varied(vary: &BTreeSet<Variation>) -> String {
    let words = |list: &mut dyn Iterator<Item = &Variation>| {
        let words: Vec<&str> = list.map(|variation| variation.word()).collect();
        words.join(",")
    };
    match vary.is_empty() {
        true => format!("--except={}", words(&mut Variation::ALL.iter())),
        false => format!("--vary={}", words(&mut vary.iter())),
    }
}

/// The arguments that ask for the same image.
fn asked(context: &Context, order: &Order) -> Vec<OsString> {
    let settings = &context.settings;
    let mut arguments: Vec<OsString> = Vec::new();
    arguments.extend(order.image.iter().map(OsString::from));
    for (option, value) in [("--arch", &order.architecture), ("--suite", &order.suite)] {
        if let Some(value) = value {
            arguments.extend([option.into(), value.into()]);
        }
    }
    for option in &order.with {
        arguments.extend(["--with".into(), option.into()]);
    }
    if let Some(space) = order.space {
        arguments.extend(["--space".into(), space.to_string().into()]);
    }
    if let Some(mirror) = &settings.mirror {
        arguments.extend(["--mirror".into(), mirror.into()]);
    }
    if settings.offline {
        arguments.push("--offline".into());
    }
    if settings.allow_older {
        arguments.push("--allow-older".into());
    }
    arguments
}

/// The variables of the second build.
fn variables(
    context: &Context,
    vary: &BTreeSet<Variation>,
    scratch: &Path,
) -> Result<Vec<(&'static str, OsString)>, Error> {
    let own = |name: &str, usual: &str| std::env::var_os(name).unwrap_or_else(|| usual.into());
    let mut variables: Vec<(&'static str, OsString)> = vec![
        ("HOME", own("HOME", "/")),
        ("FORMWORK_STATE_DIR", absolute(&context.state).into()),
    ];
    let mut cache = absolute(&context.cache);
    for variation in vary {
        match variation {
            Variation::Time => variables.push(("SOURCE_DATE_EPOCH", EPOCH.into())),
            Variation::TimeZone => variables.push(("TZ", variation::ZONE.into())),
            Variation::Locale => {
                for name in ["LANG", "LC_ALL"] {
                    variables.push((name, variation::LOCALE.into()));
                }
            }
            Variation::User => {
                for name in ["USER", "LOGNAME"] {
                    variables.push((name, variation::USER.into()));
                }
                variables.push(("HOME", variation::HOME.into()));
            }
            Variation::Cache => cache = cold(&cache, scratch)?,
            _ => {}
        }
    }
    variables.push(("FORMWORK_CACHE_DIR", cache.into()));
    Ok(variables)
}

/// A cache that holds what was downloaded and nothing that was made of it.
fn cold(cache: &Path, scratch: &Path) -> Result<PathBuf, Error> {
    let cold = scratch.join("cache");
    fs::create_directory(&cold)?;
    let blobs = cache.join("blobs");
    Tree::open(&cold)?.symbolic_link(blobs.as_os_str(), "blobs")?;
    Ok(cold)
}

/// A path that does not depend on the current directory.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
