//! What becomes of each image: its wishes, and how much they need in either suite.

use std::collections::{BTreeMap, BTreeSet};

use formwork_model::documents::{MigrationChange, MigrationList, MigrationSize};
use formwork_model::project::Plan;
use formwork_model::wish::Wish;
use formwork_resolve::Request;

use super::{Both, Journey};
use crate::Error;
use crate::query::Opened;

/// One list for each image and architecture of the suite that is left.
pub(super) fn lists(
    journey: &Journey<'_>,
    opened: &BTreeMap<String, Both>,
) -> Result<Vec<MigrationList>, Error> {
    let mut lists = Vec::new();
    for plan in journey.loaded.project.project.plans() {
        if plan.suite != journey.from {
            continue;
        }
        if let Some(both) = opened.get(&plan.architecture) {
            lists.push(list(journey, both, &plan));
        }
    }
    Ok(lists)
}

/// What becomes of the wishes of one image.
fn list(journey: &Journey<'_>, both: &Both, plan: &Plan) -> MigrationList {
    let suites = journey.suites(both);
    let mut found = MigrationList {
        name: plan.image.clone(),
        architecture: plan.architecture.clone(),
        ..MigrationList::default()
    };
    let mut after: BTreeSet<Wish> = BTreeSet::new();
    for planned in &plan.wishes {
        let wish = &planned.wish;
        match suites.fate(&wish.name, None) {
            None => {
                found.stays += 1;
                after.insert(moved(wish, &wish.name));
            }
            Some(change) => {
                after.extend(change.to.iter().map(|name| moved(wish, name)));
                found.changes.push(MigrationChange {
                    wished: true,
                    ..change
                });
            }
        }
    }
    found
        .changes
        .sort_by(|left, right| left.name.cmp(&right.name));
    found
        .changes
        .dedup_by(|left, right| left.name == right.name);
    let before = plan.wishes.iter().map(|planned| planned.wish.clone());
    found.before = size(&both.old, plan, before.collect());
    found.after = size(&both.new, plan, after.into_iter().collect());
    found
}

/// A wish in the new suite; a version or a suite that was chosen does not go along.
fn moved(wish: &Wish, name: &str) -> Wish {
    Wish {
        name: name.to_owned(),
        architecture: wish.architecture.clone(),
        ..Wish::default()
    }
}

/// How much some wishes need; none if that cannot be told.
fn size(opened: &Opened, plan: &Plan, wishes: Vec<Wish>) -> Option<MigrationSize> {
    let universe = opened.universe();
    let request = Request {
        wishes,
        variant: Some(plan.variant),
        recommends: plan.recommends,
        ..Request::default()
    };
    let solution = formwork_resolve::solve(&universe, &request).ok()?;
    formwork_resolve::check(&universe, &request, &solution.packages).ok()?;
    let sizes = solution
        .packages
        .iter()
        .map(|&id| universe.package(id).installed_size());
    Some(MigrationSize {
        packages: u64::try_from(solution.packages.len()).unwrap_or(u64::MAX),
        installed_size: sizes.sum(),
    })
}
