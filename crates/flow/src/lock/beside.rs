//! Packages that stand in the lock without being installed: each the one version that apt would
//! choose, without what it depends on.

use formwork_deb::universe::{PackageId, Universe};
use formwork_model::project::{Plan, PlannedBeside};
use formwork_resolve::{Request, Targets, Wish};

use crate::Error;
use crate::project::ProjectError;

/// The package that each of a plan's entries means, in their order. A version that is installed
/// is also the one beside; else one of `keep` is preferred.
pub(crate) fn resolve(
    universe: &Universe<'_>,
    plan: &Plan,
    installed: &[PackageId],
    keep: &[PackageId],
) -> Result<Vec<PackageId>, Error> {
    let found = plan.beside.iter().map(|planned| {
        let mut wishes = planned.wishes.iter();
        let found = wishes.find_map(|wish| one(universe, wish, installed, keep));
        found.ok_or_else(|| nowhere(plan, planned))
    });
    found.collect()
}

/// The entry of a plan that a package stands beside it for, if it does.
pub(crate) fn purpose<'a>(
    universe: &Universe<'_>,
    plan: &'a Plan,
    installed: &[PackageId],
    name: &str,
) -> Option<(PackageId, &'a PlannedBeside)> {
    plan.beside.iter().find_map(|planned| {
        let mut wishes = planned.wishes.iter();
        let found = wishes.find_map(|wish| one(universe, wish, installed, &[]))?;
        (universe.package(found).name() == name).then_some((found, planned))
    })
}

/// The package of a wish, if the archive has one of that very name.
fn one(
    universe: &Universe<'_>,
    wish: &Wish,
    installed: &[PackageId],
    keep: &[PackageId],
) -> Option<PackageId> {
    let is_real = |id: &PackageId| universe.package(*id).name() == wish.name;
    let named = |ids: &[PackageId]| -> Vec<PackageId> {
        ids.iter().copied().filter(|id| is_real(id)).collect()
    };
    let mut preferred = named(installed);
    if preferred.is_empty() {
        preferred = named(keep);
    }
    let request = Request {
        wishes: vec![wish.clone()],
        keep: preferred,
        ..Request::default()
    };
    let targets = Targets::find(universe, &request).ok()?.targets;
    let packages = &targets.first()?.packages;
    packages.iter().copied().find(|id| is_real(id))
}

/// The error for an entry that the archive cannot fulfil, at the place that asks for it.
fn nowhere(plan: &Plan, planned: &PlannedBeside) -> Error {
    ProjectError::Setting {
        at: planned.at.clone(),
        message: format!(
            "{} needs the package {}, which the archive of {} {} does not have",
            planned.purpose,
            planned.text().replace(" | ", " or "),
            plan.suite,
            plan.architecture
        ),
        hint: planned.remedy.to_owned(),
    }
    .into()
}
