//! `check`: the whole project under the rules, and what `lock` asks of a lock it is about to write.

use std::cell::RefCell;
use std::collections::BTreeMap;

use formwork_deb::time::Timestamp;
use formwork_model::approved::ApprovedList;
use formwork_model::documents::{Finding, FindingState, Findings, Input};
use formwork_model::event::Event;
use formwork_model::lock::Lock;
use formwork_model::project::Plan;
use formwork_model::source::Spot;
use formwork_proposal::policy::{self, Installed};

use super::chains::Chains;
use crate::context::Context;
use crate::project::{FILE_NAME, IMAGES, LoadedProject};
use crate::propose;
use crate::{Error, approved, lock};

/// Answers `check`: proposals and their frozen lists hold together, images against the approved
/// list, and waivers.
pub fn project(context: &Context, today: Timestamp) -> Result<Findings, Error> {
    let loaded = propose::load(context)?;
    let lists = approved::lists(&loaded)?;
    let current = loaded.project.lock()?.map(|loaded| loaded.lock);
    let is_locked = current.is_some();
    let current = current.unwrap_or_default();
    let plans = loaded.project.project.plans();
    let judge = Judge {
        context,
        loaded: &loaded.project,
        lock: &current,
        plans: &plans,
        lists: &lists,
        today,
    };
    let mut findings = Vec::new();
    // Where nobody proposes anything, no image can be measured by it.
    if !loaded.proposals.is_empty() && is_locked {
        findings.extend(judge.images());
    } else if !loaded.proposals.is_empty() {
        findings.extend(judge.rules().unlocked(FILE_NAME));
    }
    findings.extend(judge.rules().expired());
    let inputs: Vec<Input> = lock::inputs(&loaded.project, &current);
    let subject = FILE_NAME.to_owned();
    Ok(Findings::new(inputs, subject, today.date(), findings))
}

/// What the images of a lock install that no approved proposal covers; nothing where the project
/// has no proposals.
pub fn after_lock(
    context: &Context,
    loaded: &LoadedProject,
    lock: &Lock,
) -> Result<Vec<Finding>, Error> {
    if !loaded.directory.join(propose::load::PROPOSALS).is_dir() {
        return Ok(Vec::new());
    }
    let proposals = propose::load::load_project(loaded.clone())?;
    if proposals.proposals.is_empty() {
        return Ok(Vec::new());
    }
    let lists = approved::lists(&proposals)?;
    let plans = loaded.project.plans();
    let judge = Judge {
        context,
        loaded,
        lock,
        plans: &plans,
        lists: &lists,
        today: context.settings.now,
    };
    Ok(judge.uncovered(&judge.installed()))
}

/// What denies the build of a plan; what only warns is told as a warning.
pub fn before_build(
    context: &Context,
    loaded: &LoadedProject,
    lock: &Lock,
    plan: &Plan,
) -> Result<Vec<Finding>, Error> {
    let mut denied = Vec::new();
    for finding in after_lock(context, loaded, lock)? {
        let own = finding.image.as_deref() == Some(plan.image.as_str())
            && finding.suites.contains(&plan.suite);
        if own && finding.denies() {
            denied.push(finding);
        } else if own && finding.state == FindingState::Found {
            let text = format!("{}: {}", finding.rule, finding.message);
            (context.settings.events)(Event::Warning(text));
        }
    }
    Ok(denied)
}

/// A lock before its judge.
struct Judge<'a> {
    context: &'a Context,
    loaded: &'a LoadedProject,
    lock: &'a Lock,
    plans: &'a [Plan],
    lists: &'a BTreeMap<String, ApprovedList>,
    today: Timestamp,
}

impl Judge<'_> {
    fn rules(&self) -> policy::Project<'_> {
        policy::Project {
            policy: &self.loaded.project.policy,
            lists: self.lists,
            today: self.today,
        }
    }

    /// All that is to be said of the images.
    fn images(&self) -> Vec<Finding> {
        let installed = self.installed();
        let mut findings = self.uncovered(&installed);
        findings.extend(self.rules().unused(&installed, FILE_NAME));
        findings
    }

    /// What no approved proposal covers. Chains are found only where something is to be explained.
    fn uncovered(&self, installed: &[Installed<'_>]) -> Vec<Finding> {
        let known: RefCell<BTreeMap<usize, Chains>> = RefCell::default();
        let chain = |at: usize, name: &str| {
            let mut known = known.borrow_mut();
            let chains = known.entry(at).or_insert_with(|| {
                let closure = self.lock.closures.get(at);
                closure.map_or_else(Chains::default, |closure| {
                    Chains::of(self.context, self.loaded, self.lock, closure)
                })
            });
            chains.to(name)
        };
        self.rules().uncovered(installed, &chain)
    }

    /// What each closure of the lock installs, in the order of the lock.
    fn installed(&self) -> Vec<Installed<'_>> {
        let closures = self.lock.closures.iter();
        closures
            .map(|closure| {
                let shipped = closure.shipped().into_iter();
                let packages = shipped.filter_map(|key| self.lock.package(key));
                let own = self
                    .plans
                    .iter()
                    .find(|plan| plan.place() == closure.place());
                let wishes = own.map_or(&[][..], |plan| plan.wishes.as_slice());
                Installed {
                    image: &closure.image,
                    suite: &closure.suite,
                    architecture: &closure.architecture,
                    spot: whole(&closure.image),
                    wishes: wishes
                        .iter()
                        .map(|planned| (planned.wish.name.as_str(), &planned.spot))
                        .collect(),
                    packages: packages
                        .map(|package| (package.name.as_str(), package.source.as_str()))
                        .collect(),
                }
            })
            .collect()
    }
}

/// The head of an image's file.
fn whole(image: &str) -> Spot {
    Spot {
        file: format!("{IMAGES}/{image}.toml"),
        line: 1,
        column: 1,
        length: 1,
        text: String::new(),
    }
}
