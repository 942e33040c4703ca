//! `formwork lock`: resolves every image of the project and writes down the result.
//!
//! A lock that fits its project is left alone, and no network is touched to find that out. One
//! that does not is made anew from the archive as it is now, but packages stay at the versions
//! they were locked at wherever these can still be had and still fit; `formwork update` is the
//! command that moves them. All closures are resolved again together, so that the lock speaks
//! of one state of the archive.

pub(crate) mod beside;
pub(crate) mod guard;
pub(crate) mod keep;
mod reasons;
pub(crate) mod recipe;
mod stale;

use formwork_model::diff::LockDiff;
use formwork_model::documents::{self, Contradiction, Finding, Input, LockChecked, LockWritten};
use formwork_model::lock::Lock;
use formwork_sys::fs;

use crate::Error;
use crate::context::Context;
use crate::project::{self, LoadedLock, LoadedProject};

use keep::Keep;
use recipe::{Made, Outcome};

/// What came of locking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Locked {
    /// The lock is current, written if need be.
    Written(Box<LockWritten>),
    /// One image cannot be made; nothing was written.
    Impossible(Box<Impossible>),
    /// `[policy]` denies it; nothing was written.
    Denied(Vec<Finding>),
}

/// An image that cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impossible {
    /// The image.
    pub image: String,
    /// Its suite.
    pub suite: String,
    /// Its architecture.
    pub architecture: String,
    /// Why there is no solution.
    pub contradiction: Contradiction,
}

/// Resolves all images and writes the lock, unless it fits already.
pub fn lock(context: &Context) -> Result<Locked, Error> {
    let loaded = project::open(context)?;
    guard::hold(context, &loaded.directory, || {
        let old = loaded.lock()?;
        if let Some(current) = &old
            && !context.settings.refresh
            && stale::find(context, &loaded, current)?.is_empty()
        {
            return Ok(unchanged(&loaded, &current.lock));
        }
        relock(context, &loaded, old.as_ref(), &Keep::All)
    })
}

/// Says whether the lock fits its project; writes nothing and needs no network.
pub fn check(context: &Context) -> Result<LockChecked, Error> {
    let loaded = project::open(context)?;
    let old = loaded.lock()?;
    let stale = match &old {
        Some(current) => stale::find(context, &loaded, current)?,
        None => vec![stale::no_lock()],
    };
    Ok(LockChecked {
        format: documents::FORMAT,
        inputs: old.map_or_else(Vec::new, |current| inputs(&loaded, &current.lock)),
        current: stale.is_empty(),
        stale,
    })
}

/// Resolves all images, keeping what is to be kept, and writes the lock if it changed.
pub(crate) fn relock(
    context: &Context,
    loaded: &LoadedProject,
    old: Option<&LoadedLock>,
    keep: &Keep,
) -> Result<Locked, Error> {
    let before = old.map(|current| &current.lock);
    let made = match recipe::make(context, loaded, before, keep)? {
        Outcome::Made(made) => made,
        Outcome::Impossible(impossible) => return Ok(Locked::Impossible(impossible)),
    };
    let findings = crate::check::after_lock(context, loaded, &made.lock)?;
    if findings.iter().any(Finding::denies) {
        return Ok(Locked::Denied(findings));
    }
    let text = made.lock.to_string();
    let written = old.is_none_or(|current| current.text != text);
    if written {
        fs::replace(&loaded.lock_path(), text.as_bytes())?;
    }
    let mut document = document(loaded, &made, before, written);
    document.findings = findings;
    Ok(Locked::Written(Box::new(document)))
}

/// The answer for a lock that was made.
fn document(
    loaded: &LoadedProject,
    made: &Made,
    before: Option<&Lock>,
    written: bool,
) -> LockWritten {
    let mut changes = LockDiff::between(before.unwrap_or(&Lock::default()), &made.lock);
    for change in &mut changes.added {
        change.reason = made.reasons.of(&change.source).map(str::to_owned);
    }
    LockWritten {
        inputs: made.inputs.clone(),
        written,
        changes,
        ..answer(loaded, &made.lock)
    }
}

/// The answer for a lock that fits already.
fn unchanged(loaded: &LoadedProject, lock: &Lock) -> Locked {
    Locked::Written(Box::new(answer(loaded, lock)))
}

/// What can be said of any lock.
fn answer(loaded: &LoadedProject, lock: &Lock) -> LockWritten {
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    LockWritten {
        format: documents::FORMAT,
        inputs: inputs(loaded, lock),
        written: false,
        closures: count(lock.closures.len()),
        packages: count(lock.packages.len()),
        changes: LockDiff::default(),
        findings: Vec::new(),
    }
}

/// The Releases of a lock, saying which of them the project would let through though expired.
pub(crate) fn inputs(loaded: &LoadedProject, lock: &Lock) -> Vec<Input> {
    let input = |release: &formwork_model::lock::LockedRelease| {
        let suite = release.suite.as_deref();
        let input = Input::new(
            &release.repository,
            suite,
            release.date,
            release.release_sha256,
        );
        let repository = loaded.project.repository(&release.repository);
        match repository.and_then(|repository| repository.allow_expired.as_ref()) {
            Some(leave) => input.waived(leave),
            None => input,
        }
    };
    lock.releases.iter().map(input).collect()
}
