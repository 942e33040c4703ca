//! From package files to a tree in which all packages are configured.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;
use std::time::{Duration, Instant};

use formwork_sys::tree::{Kind, Tree};
use rayon::prelude::*;

use crate::configure::configure;
use crate::database::{self, Database};
use crate::error::Error;
use crate::job::{Job, Package};
use crate::message::Message;
use crate::order::{Providers, last, waves};
use crate::program::Run;
use crate::report::Step;
use crate::scripts::preinst;
use crate::unpack::Staging;
use crate::unpack::control::Control;
use crate::unpack::entry::{Entry, What};
use crate::unpack::place::{Conffiles, Placer};

/// What a step needs besides the tree.
pub(crate) struct Context<'a> {
    /// The order.
    pub(crate) job: &'a Job,
    /// What runs programs of the tree.
    pub(crate) run: &'a mut dyn Run,
    /// Who hears of progress.
    pub(crate) tell: &'a mut dyn FnMut(Message),
    /// The steps done so far, with their times.
    pub(crate) steps: Vec<Step>,
}

impl Context<'_> {
    /// Does one step and notes how long it took.
    pub(crate) fn step<T>(
        &mut self,
        name: &str,
        step: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let start = (Instant::now(), self.run.taken());
        let result = step(self)?;
        let programs = self.run.taken().saturating_sub(start.1);
        self.steps.push(Step {
            name: name.to_owned(),
            milliseconds: milliseconds(start.0.elapsed()),
            programs: milliseconds(programs),
        });
        Ok(result)
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Unpacks and configures all packages of the job in an empty tree; `stage` is an empty
/// directory on the same file system.
pub(crate) fn install(context: &mut Context<'_>, tree: &Tree, stage: &Tree) -> Result<(), Error> {
    let job = context.job;
    let controls = context.step("read", |context| {
        let total = context.job.packages.len();
        (context.tell)(Message::started(total));
        let read: Result<Vec<Control>, Error> = job
            .packages
            .par_iter()
            .filter(|one| !one.own)
            .map(Control::read)
            .collect();
        read
    })?;
    let providers = Providers::new(&controls);
    let [first, second] = waves(&controls, &providers);
    if first.is_empty() {
        let message = "no package of the closure is essential: there is nothing to begin with";
        return Err(Error::Job(message.to_owned()));
    }
    let staging = Staging::new(
        &controls,
        &[first.clone(), second.clone()],
        stage,
        job.limits.tree_bytes,
    );
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let database = Database::create(tree, &controls, job)?;
    let mut install = Install {
        tree,
        controls: &controls,
        providers: &providers,
        staging: &staging,
        placer: Placer::new(tree, stage, &controls),
        database,
        placed: BTreeSet::new(),
        configured: BTreeSet::new(),
        told: BTreeSet::new(),
        dpkg_version: dpkg_version(&controls),
    };
    staging.during(threads, || -> Result<(), Error> {
        install.essential(context, &first)?;
        install.rest(context, &second)
    })?;
    install.check()?;
    let automatic: Vec<&Control> = second
        .iter()
        .map(|index| &controls[*index])
        .filter(|control| !is_wanted(control))
        .collect();
    database::mark_automatic(tree, &job.architecture, &automatic)
}

/// Unpacks and configures the project's own packages on a tree that has all others.
pub(crate) fn install_own(
    context: &mut Context<'_>,
    tree: &Tree,
    stage: &Tree,
) -> Result<(), Error> {
    let job = context.job;
    let controls = context.step("read", |_| {
        let read = |one: &Package| match one.own {
            true => Control::read(one),
            false => Control::outline(one),
        };
        job.packages
            .par_iter()
            .map(read)
            .collect::<Result<Vec<_>, _>>()
    })?;
    let providers = Providers::new(&controls);
    let own = |index: &usize| controls[*index].package.own;
    let (wave, others): (BTreeSet<usize>, BTreeSet<usize>) = (0..controls.len()).partition(own);
    let wave = last(&controls, &providers, &wave);
    let waves = [wave.clone()];
    let staging = Staging::new(&controls, &waves, stage, job.limits.tree_bytes);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let database = Database::adopt(tree, &controls)?;
    let mut placer = Placer::new(tree, stage, &controls);
    for index in &others {
        placer.adopt(*index, database.listed(*index)?)?;
    }
    let mut install = Install {
        tree,
        controls: &controls,
        providers: &providers,
        staging: &staging,
        placer,
        database,
        placed: others.clone(),
        configured: others,
        told: BTreeSet::new(),
        dpkg_version: dpkg_version(&controls),
    };
    staging.during(threads, || install.rest(context, &wave))?;
    install.check()?;
    let automatic: Vec<&Control> = wave
        .iter()
        .map(|index| &controls[*index])
        .filter(|control| !is_wanted(control))
        .collect();
    database::mark_automatic(tree, &job.architecture, &automatic)
}

/// Says which of the own packages come after all others: those that none of the others needs.
/// The rest is not own any more, as far as stages go.
pub(crate) fn split(packages: &mut [Package]) -> Result<(), Error> {
    let controls: Result<Vec<Control>, Error> = packages.par_iter().map(Control::outline).collect();
    let controls = controls?;
    let providers = Providers::new(&controls);
    let first =
        (0..controls.len()).filter(|index| !packages[*index].own || controls[*index].essential);
    for index in providers.closure(first) {
        packages[index].own = false;
    }
    Ok(())
}

/// Whether apt must keep a package of the second wave though nothing depends on it: what the image
/// names, and what makes it a base system.
fn is_wanted(control: &Control) -> bool {
    let package = &control.package;
    package.wished || control.priority == "required" || package.name == "apt"
}

/// The version that dpkg says of itself: that of its package without the packager's part.
fn dpkg_version(controls: &[Control]) -> String {
    let found = controls
        .iter()
        .find(|control| control.package.name == "dpkg");
    let version = found.map_or("", |control| control.package.version.as_str());
    let upstream = version
        .split_once('-')
        .map_or(version, |(upstream, _)| upstream);
    upstream.to_owned()
}

/// All that is known while packages are installed.
struct Install<'a> {
    tree: &'a Tree,
    controls: &'a [Control],
    providers: &'a Providers<'a>,
    staging: &'a Staging<'a>,
    placer: Placer<'a>,
    database: Database<'a>,
    placed: BTreeSet<usize>,
    configured: BTreeSet<usize>,
    /// Packages whose configuration was told already.
    told: BTreeSet<String>,
    dpkg_version: String,
}

impl Install<'_> {
    /// The first wave: everything is in its place before the first script runs.
    fn essential(&mut self, context: &mut Context<'_>, wave: &[usize]) -> Result<(), Error> {
        let mut entries: Vec<Vec<Entry>> = Vec::with_capacity(wave.len());
        context.step("unpack", |context| {
            for (place, index) in wave.iter().enumerate() {
                let staged = self.staging.take(*index)?;
                if place == 0 {
                    self.merge_usr(context.job, &staged)?;
                }
                self.placer.place(*index, &staged, Conffiles::Both)?;
                entries.push(staged);
            }
            Ok(())
        })?;
        context.step("preinst", |context| {
            for (index, entries) in wave.iter().zip(&entries) {
                let control = &self.controls[*index];
                if control.file("preinst").is_some() {
                    self.database.write()?;
                }
                preinst(control, &self.dpkg_version, self.tree, context.run)?;
                let list = self.placer.list(*index);
                self.database.unpacked(*index, entries, list)?;
                self.placed.insert(*index);
            }
            Ok(())
        })?;
        self.configure(context, &[])
    }

    /// The second wave: each package's preinst, then its files; at the end all are configured.
    fn rest(&mut self, context: &mut Context<'_>, wave: &[usize]) -> Result<(), Error> {
        self.placer.refresh()?;
        context.step("unpack", |context| {
            for index in wave {
                self.place(context, *index)?;
            }
            Ok(())
        })?;
        match wave.is_empty() {
            true => Ok(()),
            false => self.configure(context, &[]),
        }
    }

    /// Unpacks a package of the second wave, after those that it needs before.
    fn place(&mut self, context: &mut Context<'_>, index: usize) -> Result<(), Error> {
        if !self.placed.insert(index) {
            return Ok(());
        }
        let control = &self.controls[index];
        let needs = self.providers.needs(&control.pre_depends);
        for need in &needs {
            self.place(context, *need)?;
        }
        if control.file("preinst").is_some() {
            self.configure_before(context, needs)?;
            self.database.write()?;
            preinst(control, &self.dpkg_version, self.tree, context.run)?;
            self.placer.refresh()?;
        }
        let entries = self.staging.take(index)?;
        self.placer.place(index, &entries, Conffiles::New)?;
        for changed in self.placer.relisted() {
            self.database.list(changed, self.placer.list(changed))?;
        }
        self.database
            .unpacked(index, &entries, self.placer.list(index))?;
        self.database.activate(&entries)
    }

    /// Configures what a preinst may rely on.
    fn configure_before(
        &mut self,
        context: &mut Context<'_>,
        needs: BTreeSet<usize>,
    ) -> Result<(), Error> {
        let needed = self.providers.closure(needs);
        for need in &needed {
            self.place(context, *need)?;
        }
        // Placing them may have configured some already.
        let names: Vec<String> = needed
            .iter()
            .filter(|need| !self.configured.contains(need))
            .map(|need| self.controls[*need].qualified())
            .collect();
        match names.is_empty() {
            true => Ok(()),
            false => self.configure(context, &names),
        }
    }

    /// Runs dpkg on the packages named, or on all.
    fn configure(&mut self, context: &mut Context<'_>, names: &[String]) -> Result<(), Error> {
        self.database.write()?;
        let stopped = Services::stop(self.tree)?;
        let (controls, told) = (self.controls, &mut self.told);
        context.step("configure", |context| {
            let tell = &mut *context.tell;
            configure(names, controls, context.run, &mut |package| {
                if told.insert(package.to_owned()) {
                    tell(Message::configuring(package, told.len(), controls.len()));
                }
            })
        })?;
        stopped.restore(self.tree)?;
        self.database.refresh()?;
        self.placer.refresh()?;
        self.configured = match names.is_empty() {
            true => self.placed.clone(),
            false => {
                let unfinished: BTreeSet<usize> = self
                    .database
                    .unfinished()
                    .into_iter()
                    .map(|(index, _)| index)
                    .collect();
                self.placed.difference(&unfinished).copied().collect()
            }
        };
        Ok(())
    }

    /// Every package must be configured in the end; dpkg has said so for each, or failed.
    fn check(&self) -> Result<(), Error> {
        match self.database.unfinished().first() {
            None => Ok(()),
            Some((index, state)) => {
                let label = self.controls[*index].label();
                Err(Error::Job(format!("package {label} is left `{state}`")))
            }
        }
    }

    /// Makes the links of a merged `/usr` where the closure expects them and nobody ships or
    /// makes them: with `usr-is-merged` alone, on suites whose `base-files` has directories.
    fn merge_usr(&self, job: &Job, base_files: &[Entry]) -> Result<(), Error> {
        let has = |name: &str| {
            let mut names = self.controls.iter().map(|control| &control.package.name);
            names.any(|one| one == name)
        };
        let shipped = base_files
            .iter()
            .any(|entry| entry.path == b"bin" && matches!(entry.what, What::SymbolicLink(_)));
        if shipped || has("usrmerge") || !has("usr-is-merged") {
            return Ok(());
        }
        for name in merged(&job.architecture) {
            self.tree.create_directories(format!("usr/{name}"))?;
            let target = format!("usr/{name}");
            self.tree.symbolic_link(OsStr::new(&target), name)?;
        }
        Ok(())
    }
}

/// The directories that are links into `/usr`, by the architecture's ABI.
fn merged(architecture: &str) -> Vec<&'static str> {
    let libraries: &[&str] = match architecture {
        "amd64" => &["lib32", "lib64", "libx32"],
        "i386" => &["lib64", "libx32"],
        "mips" | "mipsel" => &["lib32", "lib64"],
        "arm64" | "armhf" | "armel" | "riscv64" => &[],
        _ => &["lib64"],
    };
    [["bin", "sbin", "lib"].as_slice(), libraries].concat()
}

/// Programs that would start services, made harmless while scripts run.
pub(crate) struct Services {
    policy: bool,
    daemon: bool,
}

/// Asked by `invoke-rc.d` before it starts anything; 101 means no.
const POLICY: &str = "usr/sbin/policy-rc.d";
/// Starts services directly, where a script does.
const DAEMON: &str = "sbin/start-stop-daemon";

impl Services {
    /// Puts stand-ins in their places; a policy that is there already is kept.
    pub(crate) fn stop(tree: &Tree) -> Result<Services, Error> {
        let policy = tree.directory("usr/sbin").is_ok() && !tree.exists(POLICY)?;
        if policy {
            tree.write(POLICY, b"#!/bin/sh\nexit 101\n", 0o755)?;
        }
        let found = tree.metadata(DAEMON)?.map(|found| found.kind);
        let daemon = found == Some(Kind::File);
        if daemon {
            tree.rename(DAEMON, format!("{DAEMON}.REAL"))?;
            let text = b"#!/bin/sh\necho \"no service is started while the image is built\" >&2\n";
            tree.write(DAEMON, text, 0o755)?;
        }
        Ok(Services { policy, daemon })
    }

    /// Takes the stand-ins away.
    pub(crate) fn restore(self, tree: &Tree) -> Result<(), Error> {
        if self.policy {
            tree.remove(POLICY)?;
        }
        if self.daemon {
            tree.rename(format!("{DAEMON}.REAL"), DAEMON)?;
        }
        Ok(())
    }
}

/// Makes the root of the tree as a base system has it.
pub(crate) fn prepare(tree: &Tree) -> Result<(), Error> {
    for (path, mode) in [("tmp", 0o1777), ("var/tmp", 0o1777)] {
        let above = Path::new(path).parent().unwrap_or(Path::new(""));
        tree.create_directories(above)?;
        tree.create_directory(path, mode)?;
    }
    tree.create_directories("etc")?;
    // What every bootstrap program leaves there for the one who knows the disks.
    let fstab = b"# UNCONFIGURED FSTAB FOR BASE SYSTEM\n";
    Ok(tree.write("etc/fstab", fstab, 0o644)?)
}
