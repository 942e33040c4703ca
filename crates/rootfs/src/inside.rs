//! The inside: makes the tree step by step, in the sandbox.

use std::path::{Path, PathBuf};
use std::time::Duration;

use formwork_sys::sandbox::{self, Inside, SandboxError};
use formwork_sys::tree::Tree;

use crate::error::{Blame, Error, Failure};
use crate::job::{Job, Kind, Output, Stage};
use crate::message::Message;
use crate::program::{Ended, Program, Run};
use crate::report::Report;
use crate::settings::{self, About};
use crate::spine::{Context, Services};
use crate::work::Work;
use crate::{
    clean, helpers, initramfs, kernel, manifest, normalise, outputs, stage, strip, variation,
};

/// The name of this room in the table of the sandbox.
pub const ROOM: &str = "rootfs";

/// What every program of the tree sees: nothing of the person, the machine or the clock.
///
/// `INITRD=No` is an agreement with initramfs-tools and others: the image of the first
/// programs of a boot is made once and later, not by each package.
const ENVIRONMENT: [(&str, &str); 13] = [
    (
        "PATH",
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ),
    ("HOME", "/root"),
    ("LANG", "C.UTF-8"),
    ("LANGUAGE", "C.UTF-8"),
    ("LC_ALL", "C.UTF-8"),
    ("TZ", "UTC"),
    ("TERM", "dumb"),
    ("DEBIAN_FRONTEND", "noninteractive"),
    ("DEBCONF_NONINTERACTIVE_SEEN", "true"),
    ("DEBCONF_NOWARNINGS", "yes"),
    ("INITRD", "No"),
    ("PERL_HASH_SEED", "0"),
    ("PYTHONHASHSEED", "0"),
];

/// The room: a job as JSON comes in, a report or a failure as JSON goes out.
///
/// # Errors
/// The failure, as JSON.
pub fn main(inside: &Inside, input: Vec<u8>) -> Result<Vec<u8>, Vec<u8>> {
    let made = serde_json::from_slice::<Job>(&input)
        .map_err(|error| ours(format!("the order cannot be read: {error}")))
        .and_then(|job| in_sandbox(inside, &job));
    match made {
        Ok(report) => serde_json::to_vec(&report).map_err(|error| error.to_string().into_bytes()),
        Err(failure) => Err(serde_json::to_vec(&failure).unwrap_or_default()),
    }
}

fn ours(message: String) -> Failure {
    Failure {
        blame: Blame::Ours,
        message,
        output: Vec::new(),
        kept: None,
    }
}

fn in_sandbox(inside: &Inside, job: &Job) -> Result<Report, Failure> {
    emulate(inside, job)?;
    variation::prepare(inside, job).map_err(Failure::from)?;
    helpers::prepare(inside, job).map_err(Failure::from)?;
    let work = Work::choose(inside, job).map_err(Failure::from)?;
    let mut run = Sandboxed {
        inside,
        tree: work.path().join(variation::tree_name(&job.vary)),
        job,
    };
    let made = make(job, work.path(), &mut run, &mut |message| {
        tell(inside, &message);
    });
    work.remove().map_err(Failure::from)?;
    made
}

/// Sees to it that the programs of the tree run. Those of foreign packages may never be asked
/// to, so it is no error if they cannot.
fn emulate(inside: &Inside, job: &Job) -> Result<(), Failure> {
    inside
        .emulate(&job.architecture)
        .map_err(|error| Failure::from(Error::Sandbox(error.to_string())))?;
    for foreign in &job.foreign {
        if let Err(error) = inside.emulate(foreign) {
            tell(inside, &Message::Warning(error.to_string()));
        }
    }
    Ok(())
}

fn tell(inside: &Inside, message: &Message) {
    if let Ok(message) = serde_json::to_vec(message) {
        inside.send(&message);
    }
}

/// Runs programs of the tree in the sandbox.
struct Sandboxed<'a> {
    inside: &'a Inside,
    tree: PathBuf,
    job: &'a Job,
}

impl Run for Sandboxed<'_> {
    fn taken(&self) -> Duration {
        // Where the sandbox is in trouble, the next program tells.
        self.inside.taken().unwrap_or_default()
    }

    fn run(&mut self, program: &Program, on_line: &mut dyn FnMut(&str)) -> Result<Ended, Error> {
        let limits = &self.job.limits;
        let mut order = sandbox::Program::new(program.arguments.iter().cloned());
        order.environment = environment(self.job.date, &program.environment);
        order.input.clone_from(&program.input);
        order.limits.silence = Duration::from_secs(limits.script_seconds);
        let whole = limits.script_seconds.saturating_mul(program.scripts);
        order.limits.time = Duration::from_secs(whole);
        order.limits.output = limits.output_bytes;
        let tree = Tree::open(&self.tree)?;
        if !self.job.vary.is_empty() {
            variation::apply(&mut order, self.inside, self.job, &tree);
        }
        let mut lines = Lines::default();
        let ended = helpers::with(&mut order, self.inside, self.job, &tree, |order| {
            self.inside
                .run(&self.tree, order, &mut |bytes| lines.feed(bytes, on_line))
        })?;
        lines.end(on_line);
        let ended = match ended {
            Ok(ended) => ended,
            Err(error) => return stopped(error),
        };
        for stray in &ended.strays {
            let name = program.arguments.first().map_or("", String::as_str);
            let text = format!("{name} left a process running, which was stopped: {stray}");
            tell(self.inside, &Message::Warning(text));
        }
        Ok(Ended {
            code: ended.code,
            stopped: None,
            tail: ended.tail.lines().map(str::to_owned).collect(),
        })
    }
}

/// A program that passed a limit is a result; anything else is trouble with the sandbox.
fn stopped(error: SandboxError) -> Result<Ended, Error> {
    let (reason, tail) = match error {
        SandboxError::TimedOut { limit, tail, .. } => {
            (format!("stopped after {} s", limit.as_secs()), tail)
        }
        SandboxError::Silent { limit, tail, .. } => {
            let seconds = limit.as_secs();
            (format!("stopped after {seconds} s without a word"), tail)
        }
        SandboxError::TooMuchOutput { limit, tail, .. } => {
            let reason = format!("stopped, as it printed more than {limit} bytes");
            (reason, tail)
        }
        other => return Err(Error::Sandbox(other.to_string())),
    };
    Ok(Ended {
        code: 1,
        stopped: Some(reason),
        tail: tail.lines().map(str::to_owned).collect(),
    })
}

/// All variables of a program; its own win.
fn environment(date: i64, own: &[(String, String)]) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = ENVIRONMENT
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    all.push(("SOURCE_DATE_EPOCH".to_owned(), date.to_string()));
    all.retain(|(name, _)| own.iter().all(|(other, _)| other != name));
    all.extend(own.iter().cloned());
    all
}

/// Cuts what a program prints into lines.
#[derive(Debug, Default)]
struct Lines {
    begun: Vec<u8>,
}

/// A line is cut where it gets longer than anybody reads.
const LONGEST: usize = 4096;

impl Lines {
    fn feed(&mut self, bytes: &[u8], on_line: &mut dyn FnMut(&str)) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.begun.extend_from_slice(piece);
            if piece.ends_with(b"\n") || self.begun.len() > LONGEST {
                self.end(on_line);
            }
        }
    }

    fn end(&mut self, on_line: &mut dyn FnMut(&str)) {
        if !self.begun.is_empty() {
            on_line(String::from_utf8_lossy(&self.begun).trim_end_matches(['\n', '\r']));
            self.begun.clear();
        }
    }
}

/// Makes the tree of a job in `work`, an empty directory, with `run` to run programs of the
/// tree `work/tree`.
///
/// # Errors
/// If a package, a program of it, or the machine stands in the way.
pub fn make(
    job: &Job,
    work: &Path,
    run: &mut dyn Run,
    tell: &mut dyn FnMut(Message),
) -> Result<Report, Failure> {
    let mut context = Context {
        job,
        run,
        tell,
        steps: Vec::new(),
    };
    let mut report = stages(&mut context, work).map_err(|error| {
        let mut failure = describe(error);
        failure.kept = keep(job, work);
        failure
    })?;
    report.steps = context.steps;
    Ok(report)
}

/// The failure, with what a full disk means here.
fn describe(error: Error) -> Failure {
    // Files of the tree are told as `tree:/PATH`; all others lie on a disk of the host.
    let full = matches!(
        &error,
        Error::Files(formwork_sys::Error::DiskFull { path, .. }) if path.starts_with("tree:")
    );
    let mut failure = Failure::from(error);
    if full {
        failure.message = format!("the tree has no more room: {}", failure.message);
    }
    failure
}

/// Copies the failed tree to where the person wants to look at it.
fn keep(job: &Job, work: &Path) -> Option<PathBuf> {
    let path = job.keep.clone()?;
    let tree = Tree::open(&work.join(variation::tree_name(&job.vary))).ok()?;
    let found = manifest::scan(&tree, None).ok()?;
    let described = manifest::over(&tree, job, None, found).ok()?;
    let output = Output {
        kind: Kind::Dir,
        path: path.clone(),
    };
    outputs::write(&tree, &described, None, &[output]).ok()?;
    Some(path)
}

fn stages(context: &mut Context<'_>, work: &Path) -> Result<Report, Error> {
    let job = context.job;
    let home = Tree::open(work)?;
    let begun = stage::packages(context, &home, variation::tree_name(&job.vary))?;
    let tree = &begun.tree;
    if job.until >= Stage::Settings {
        context.step("settings", |context| {
            let about = About {
                suite: &job.suite,
                architecture: &job.architecture,
                date: job.date,
            };
            let stopped = Services::stop(tree)?;
            settings::apply(tree, &job.settings, about, context.run)?;
            stopped.restore(tree)
        })?;
    }
    if job.until >= Stage::Finished {
        context.step("normalise", |context| {
            normalise::byte_code(tree, context.run)?;
            normalise::apply(tree, job, begun.known.as_ref())
        })?;
        context.step("clean", |_| clean::apply(tree, &job.clean))?;
    }
    let wish = job.kernel.as_ref();
    let kernel = wish
        .map(|wish| kernel::find(tree, wish, &job.architecture))
        .transpose()?;
    let wants_initrd = job.outputs.iter().any(|output| output.kind == Kind::Initrd);
    let initrd = match &kernel {
        Some(kernel) if wants_initrd => Some(context.step("initrd", |context| {
            initramfs::make(
                tree,
                job,
                (kernel, begun.known.as_ref()),
                context.run,
                context.tell,
            )
        })?),
        _ => None,
    };
    let mut stripped = strip::Stripped::default();
    if job.until >= Stage::Finished && !job.settings.strip.is_empty() {
        stripped = context.step("strip", |_| strip::apply(tree, job))?;
    }
    let known = begun.known.as_ref();
    let mut described = context.step("manifest", |_| {
        let found = match job.until >= Stage::Finished {
            true => manifest::settle(tree, known, job.date)?,
            false => manifest::scan(tree, known)?,
        };
        manifest::over(tree, job, known, found)
    })?;
    stripped.note(&mut described.manifest);
    let bytes = initrd.as_ref().map(|made| made.bytes.as_slice());
    let written = context.step("write", |_| {
        outputs::write(tree, &described, bytes, &job.outputs)
    })?;
    let manifest = &described.manifest;
    let is_new = initrd.as_ref().is_some_and(|made| made.is_new);
    Ok(Report {
        outputs: written,
        entries: manifest.entries.len() as u64,
        bytes: manifest.bytes(),
        kernel,
        initrd: initrd.map(|made| made.initrd),
        stripped: stripped.packages,
        stage: begun.stage(is_new),
        steps: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_wherever_pieces_end() {
        let mut seen = Vec::new();
        let mut lines = Lines::default();
        for piece in ["a", "b\nc\r\n", "", "d"] {
            lines.feed(piece.as_bytes(), &mut |line| seen.push(line.to_owned()));
        }
        lines.end(&mut |line| seen.push(line.to_owned()));
        assert_eq!(seen, ["ab", "c", "d"]);
    }

    #[test]
    fn a_programs_own_variables_win() {
        let own = [("HOME".to_owned(), "/nowhere".to_owned())];
        let all = environment(86_400, &own);
        let homes: Vec<&(String, String)> = all.iter().filter(|(name, _)| name == "HOME").collect();
        assert_eq!(homes, [&own[0]]);
        assert!(all.contains(&("SOURCE_DATE_EPOCH".to_owned(), "86400".to_owned())));
    }
}
