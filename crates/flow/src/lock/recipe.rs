//! From a project to a lock: sync, open, resolve, check, write down.

use std::collections::BTreeMap;

use formwork_archive::repository::{Floor, Refresh, Repository, Want};
use formwork_archive::{Archive, Snapshot};
use formwork_deb::universe::{PackageId, Universe};
use formwork_model::documents::{self, Contradiction, Input};
use formwork_model::event::{Event, Phase, Unit};
use formwork_model::lock::{self, Lock, LockedClosure, LockedPackage, LockedRelease, PackageKey};
use formwork_model::project::{Plan, PlanRepository, PlannedWish};
use formwork_resolve::{Failure, Request, Solution};

use super::keep::Keep;
use super::reasons::{self, Reasons};
use super::{Impossible, beside};
use crate::Error;
use crate::context::{self, Context};
use crate::project::{LoadedProject, ProjectError};
use crate::repositories;

/// What came of the recipe.
pub(crate) enum Outcome {
    /// A lock.
    Made(Box<Made>),
    /// An image that cannot be made.
    Impossible(Box<Impossible>),
}

/// A lock with what it cannot say itself.
#[derive(Default)]
pub(crate) struct Made {
    /// The lock.
    pub(crate) lock: Lock,
    /// The Releases it was made from, sorted.
    pub(crate) inputs: Vec<Input>,
    /// One reason for each source package.
    pub(crate) reasons: Reasons,
}

/// The parts of a lock while they are collected.
#[derive(Default)]
struct Parts {
    inputs: Vec<Input>,
    releases: Vec<LockedRelease>,
    closures: Vec<LockedClosure>,
    packages: Vec<LockedPackage>,
    reasons: Reasons,
}

/// What all steps need.
struct Kitchen<'a> {
    context: &'a Context,
    loaded: &'a LoadedProject,
    old: Option<&'a Lock>,
    keep: &'a Keep,
    /// How many plans there are.
    total: usize,
}

/// Plans that read the same repositories share one look at them.
type Groups = BTreeMap<Vec<PlanRepository>, Vec<Plan>>;

/// Resolves every image of a project.
pub(crate) fn make(
    context: &Context,
    loaded: &LoadedProject,
    old: Option<&Lock>,
    keep: &Keep,
) -> Result<Outcome, Error> {
    let plans = loaded.project.plans();
    if plans.is_empty() {
        return Err(ProjectError::NoImage.into());
    }
    let total = plans.len();
    let kitchen = Kitchen {
        context,
        loaded,
        old,
        keep,
        total,
    };
    let mut groups = Groups::new();
    for plan in plans {
        groups
            .entry(plan.repositories.clone())
            .or_default()
            .push(plan);
    }
    let floors = old.map_or_else(Vec::new, |lock| floors(loaded, lock));
    let mut options = repositories::options(context, floors);
    if *keep != Keep::All && !options.offline {
        // Whoever wants newer versions wants to know what the mirror has now.
        options.refresh = Refresh::Always;
    }
    let archive = Archive::open(options, context.settings.events.clone())?;
    (context.settings.events)(Event::Started {
        phase: Phase::Resolve,
        unit: Unit::Items,
        total: u64::try_from(total).ok(),
    });
    let mut parts = Parts::default();
    for (repositories, plans) in &groups {
        if let Some(impossible) = kitchen.group(&archive, repositories, plans, &mut parts)? {
            return Ok(Outcome::Impossible(Box::new(impossible)));
        }
    }
    let Parts {
        mut inputs,
        releases,
        closures,
        packages,
        reasons,
    } = parts;
    inputs.sort();
    inputs.dedup();
    check_releases(&releases)?;
    let lock = Lock::new(releases, closures, packages).map_err(ProjectError::from)?;
    let closures = if total == 1 { "closure" } else { "closures" };
    let summary = format!("{total} {closures}, {} packages", lock.packages.len());
    (context.settings.events)(Event::Finished {
        phase: Phase::Resolve,
        summary,
    });
    Ok(Outcome::Made(Box::new(Made {
        lock,
        inputs,
        reasons,
    })))
}

/// The Releases of the old lock that nothing older may replace. A repository that is now asked
/// for another past state has no such floor.
fn floors(loaded: &LoadedProject, old: &Lock) -> Vec<Floor> {
    let same_time = |release: &&LockedRelease| {
        let repository = loaded.project.repository(&release.repository);
        repository.is_some_and(|repository| repository.at == release.at)
    };
    let floor = |release: &LockedRelease| {
        Some(Floor {
            repository: release.repository.clone(),
            suite: release.suite.clone()?,
            date: release.date,
        })
    };
    old.releases
        .iter()
        .filter(same_time)
        .filter_map(floor)
        .collect()
}

/// One suite of one repository must not have changed between two looks at it.
fn check_releases(releases: &[LockedRelease]) -> Result<(), Error> {
    let mut seen = BTreeMap::new();
    for release in releases {
        let place = (&release.repository, &release.suite);
        let known = seen.insert(place, release.release_sha256);
        if known.is_some_and(|digest| digest != release.release_sha256) {
            return Err(ProjectError::Changed(release.repository.clone()).into());
        }
    }
    Ok(())
}

impl Kitchen<'_> {
    /// Resolves the plans that read the same repositories.
    fn group(
        &self,
        archive: &Archive,
        repositories: &[PlanRepository],
        plans: &[Plan],
        parts: &mut Parts,
    ) -> Result<Option<Impossible>, Error> {
        let snapshot = archive.sync(&self.repositories(repositories)?, &want(plans))?;
        parts.inputs.extend(repositories::inputs(&snapshot));
        parts.releases.extend(self.releases(&snapshot));
        for plan in plans {
            if context::interrupted() {
                return Err(Error::Interrupted);
            }
            self.tell(plan, parts.closures.len());
            let mapped = archive.universe(&snapshot, &plan.architecture, &plan.foreign, None)?;
            let universe = mapped.get();
            match self.resolve(plan, &universe, &snapshot)? {
                Ok(solution) => self.write_down(plan, &universe, &solution, parts)?,
                Err(impossible) => return Ok(Some(impossible)),
            }
        }
        Ok(None)
    }

    /// The repositories as the archive knows them.
    fn repositories(&self, parts: &[PlanRepository]) -> Result<Vec<Repository>, Error> {
        let mut found = Vec::new();
        for part in parts {
            let repository = self.loaded.project.repository(&part.name);
            let repository =
                repository.ok_or_else(|| ProjectError::UnknownRepository(part.name.clone()))?;
            let suite = part.suite.as_deref();
            found.push(repositories::of_project(
                self.context,
                self.loaded,
                repository,
                suite,
            )?);
        }
        Ok(found)
    }

    /// The Releases as the lock names them.
    fn releases(&self, snapshot: &Snapshot) -> Vec<LockedRelease> {
        let locked = |release: &formwork_archive::VerifiedRelease| LockedRelease {
            repository: release.repository.clone(),
            suite: Some(release.suite.clone()).filter(|suite| !suite.is_empty()),
            version: release.version.clone(),
            date: release.date,
            release_sha256: release.release_sha256,
            at: self
                .loaded
                .project
                .repository(&release.repository)
                .and_then(|found| found.at),
        };
        snapshot.releases().map(locked).collect()
    }

    /// Tells that a plan is worked on, and how many are done.
    fn tell(&self, plan: &Plan, done: usize) {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        (self.context.settings.events)(Event::Advanced {
            phase: Phase::Resolve,
            item: plan.title(),
            done: count(done),
            total: Some(count(self.total)),
        });
    }

    /// Solves a plan and lets the independent checker look at the solution.
    fn resolve(
        &self,
        plan: &Plan,
        universe: &Universe<'_>,
        snapshot: &Snapshot,
    ) -> Result<Result<Solution, Impossible>, Error> {
        let mut request = request(plan);
        if let Some(old) = self.old {
            request.keep = self.keep.packages(old, plan, universe);
            request.earlier = self.keep.own(old, plan, universe);
        }
        match formwork_resolve::solve(universe, &request) {
            Ok(solution) => {
                formwork_resolve::check(universe, &request, &solution.packages)
                    .map_err(|unsound| Error::Check(unsound.to_string()))?;
                Ok(Ok(solution))
            }
            Err(Failure::Wishes(_)) => Err(self.unknown_wish(plan, universe)),
            Err(Failure::Conflict(conflict)) => Ok(Err(Impossible {
                image: plan.name(),
                suite: plan.suite.clone(),
                architecture: plan.architecture.clone(),
                contradiction: Contradiction {
                    format: documents::FORMAT,
                    inputs: repositories::inputs(snapshot),
                    conflict: formwork_resolve::explain(universe, &conflict),
                },
            })),
        }
    }

    /// Finds the first wish that means nothing, for its place in the file.
    fn unknown_wish(&self, plan: &Plan, universe: &Universe<'_>) -> Error {
        let alone = |planned: &PlannedWish| Plan {
            wishes: vec![planned.clone()],
            ..plan.clone()
        };
        for planned in &plan.wishes {
            let request = request(&alone(planned));
            if let Err(Failure::Wishes(errors)) = formwork_resolve::solve(universe, &request)
                && let Some(error) = errors.into_iter().next()
            {
                return at_its_place(plan, planned, error);
            }
        }
        // Each wish alone is good, so together they must be too.
        Error::Check(format!(
            "the wishes of {} mean nothing only together",
            plan.title()
        ))
    }

    /// Adds a closure to the parts of the lock.
    fn write_down(
        &self,
        plan: &Plan,
        universe: &Universe<'_>,
        solution: &Solution,
        parts: &mut Parts,
    ) -> Result<(), Error> {
        let mut take = |id: PackageId| -> Result<PackageKey, Error> {
            let package = locked(universe, id)?;
            let key = package.key();
            parts.packages.push(package);
            Ok(key)
        };
        let packages = solution.packages.iter().map(|&id| take(id));
        let packages: Vec<PackageKey> = packages.collect::<Result<_, Error>>()?;
        let kept = self.old.map(|old| self.keep.beside(old, plan, universe));
        let found = beside::resolve(
            universe,
            plan,
            &solution.packages,
            &kept.unwrap_or_default(),
        )?;
        let beside = found.iter().map(|&id| take(id));
        let beside: Vec<PackageKey> = beside.collect::<Result<_, Error>>()?;
        reasons::note(universe, solution, plan, &mut parts.reasons);
        reasons::note_beside(universe, &found, plan, &mut parts.reasons);
        parts.closures.push(LockedClosure {
            image: plan.image.clone(),
            options: plan.options.clone(),
            suite: plan.suite.clone(),
            architecture: plan.architecture.clone(),
            foreign: plan.foreign.clone(),
            variant: plan.variant,
            recommends: plan.recommends,
            plan_sha256: plan.digest(&self.loaded.project),
            packages_sha256: lock::digest(&packages, &beside),
            packages,
            beside,
        });
        Ok(())
    }
}

/// Which indices some plans need.
pub(super) fn want(plans: &[Plan]) -> Want {
    let mut architectures: Vec<String> = plans
        .iter()
        .flat_map(|plan| std::iter::once(&plan.architecture).chain(&plan.foreign))
        .cloned()
        .collect();
    architectures.sort();
    architectures.dedup();
    Want {
        architectures,
        sources: false,
    }
}

/// The request that a plan makes.
fn request(plan: &Plan) -> Request {
    Request {
        wishes: plan
            .wishes
            .iter()
            .map(|planned| planned.wish.clone())
            .collect(),
        variant: Some(plan.variant),
        recommends: plan.recommends,
        ..Request::default()
    }
}

/// The error for a wish, at the place where somebody wrote it.
fn at_its_place(plan: &Plan, planned: &PlannedWish, error: formwork_resolve::WishError) -> Error {
    let mut fault = formwork_model::source::FileError {
        spot: planned.spot.clone(),
        message: format!("{error} for {}", plan.title()),
        hint: None,
    };
    if let formwork_resolve::WishError::Unknown { nearest, .. } = &error
        && !nearest.is_empty()
    {
        fault = fault.hint(format!("did you mean: {}?", nearest.join(", ")));
    }
    ProjectError::from(fault).into()
}

/// A package as the lock names it.
fn locked(universe: &Universe<'_>, id: PackageId) -> Result<LockedPackage, Error> {
    let package = universe.package(id);
    let name = package.name().to_owned();
    let sha256 = package
        .sha256()
        .ok_or_else(|| ProjectError::NoDigest(name.clone()))?;
    Ok(LockedPackage {
        name,
        version: package.version().to_owned(),
        architecture: package.architecture().to_owned(),
        source: package.source().to_owned(),
        source_version: package.source_version().to_owned(),
        size: package.size(),
        sha256,
        repository: package.origin().repository.to_owned(),
        path: package.filename().to_owned(),
    })
}
