//! Why a package is in a closure: the shortest way from every wish, and all direct reasons.

use std::collections::{BTreeMap, VecDeque};

use formwork_deb::universe::{PackageId, Universe};
use formwork_model::documents::{self, ExplanationPath, PathStep, Why};
use formwork_model::event::Event;
use formwork_model::project::Plan;
use formwork_resolve::{Reason, Solution};

use super::open::{self, Opened, Want};
use super::{Answer, Choice, Scope, describe, solved};
use crate::Error;
use crate::context::Context;
use crate::lock::beside;
use crate::project::{self, ProjectError};

/// Answers `why`: how the wishes lead to a package; no path if they do not.
///
/// Without wishes those of the project's images are meant, and the first image that has the
/// package is explained.
pub fn why(
    context: &Context,
    scope: &Scope,
    choice: Choice,
    wishes: &[String],
    name: &str,
) -> Result<Answer<documents::Explanation>, Error> {
    if wishes.is_empty() {
        return why_in_project(context, scope, name);
    }
    let opened = open::open(context, scope, Want::for_choice(choice, wishes))?;
    explain(
        context,
        &opened,
        &Asked {
            choice,
            wishes,
            name,
            plan: None,
        },
    )
}

/// Explains the first image of the project that has the package, else the last one.
fn why_in_project(
    context: &Context,
    scope: &Scope,
    name: &str,
) -> Result<Answer<documents::Explanation>, Error> {
    let Some(loaded) = project::find(&context.settings)? else {
        return Err(Error::NoWish);
    };
    let mut last = Err(ProjectError::NoImage.into());
    for plan in loaded
        .project
        .plans()
        .iter()
        .filter(|plan| is_asked(scope, plan))
    {
        let opened = open::open_plan(context, scope, &loaded, plan)?;
        let wishes: Vec<String> = plan
            .wishes
            .iter()
            .map(|planned| planned.wish.to_string())
            .collect();
        let choice = Choice {
            variant: Some(plan.variant),
            recommends: plan.recommends,
            builds: false,
        };
        last = explain(
            context,
            &opened,
            &Asked {
                choice,
                wishes: &wishes,
                name,
                plan: Some(plan),
            },
        );
        if matches!(&last, Ok(Answer::Yes(explanation)) if !explanation.why.is_empty()) {
            (context.settings.events)(Event::Note(format!("as in {}", plan.title())));
            break;
        }
    }
    last
}

/// Whether a plan is one that the scope means.
fn is_asked(scope: &Scope, plan: &Plan) -> bool {
    scope
        .architecture
        .as_ref()
        .is_none_or(|asked| *asked == plan.architecture)
        && (scope.suites.is_empty() || scope.suites.contains(&plan.suite))
}

/// What is asked of an open archive.
struct Asked<'a> {
    choice: Choice,
    wishes: &'a [String],
    name: &'a str,
    /// The image whose wishes they are.
    plan: Option<&'a Plan>,
}

/// Solves the wishes and explains the package.
fn explain(
    context: &Context,
    opened: &Opened,
    asked: &Asked<'_>,
) -> Result<Answer<documents::Explanation>, Error> {
    let universe = opened.universe();
    let unknown = || opened.unknown(&universe, &[asked.name]);
    let found = opened.find(&universe, asked.name).ok_or_else(unknown)?;
    let solution = match solved::solve(context, opened, asked.choice, asked.wishes)? {
        Answer::No(contradiction) => return Ok(Answer::No(contradiction)),
        Answer::Yes(solution) => solution,
    };
    let mut meant: Vec<PackageId> = universe.packages_named(found).collect();
    meant.extend(universe.providers(found).map(|provider| provider.package));
    let member = meant.iter().copied().find(|&id| solution.contains(id));
    let beside = asked.plan.and_then(|plan| {
        let found = beside::purpose(&universe, plan, &solution.packages, asked.name)?;
        Some((found.0, found.1.purpose.clone()))
    });
    let apart = beside.as_ref().map(|(id, _)| *id);
    let package = member.or(apart).or(meant.first().copied());
    let question = Question {
        solution,
        choice: asked.choice,
        wishes: asked.wishes,
        package: package.ok_or_else(unknown)?,
        purpose: beside.map(|(_, purpose)| purpose),
    };
    Ok(Answer::Yes(explanation(opened, &universe, &question)))
}

/// A solved question about one package.
struct Question<'a> {
    solution: Solution,
    choice: Choice,
    wishes: &'a [String],
    package: PackageId,
    /// What it stands beside the image for, if it does.
    purpose: Option<String>,
}

/// The document for one package.
fn explanation(
    opened: &Opened,
    universe: &Universe<'_>,
    question: &Question<'_>,
) -> documents::Explanation {
    let variant = question
        .choice
        .variant
        .map_or("", |variant| variant.as_str());
    let reasons = question.solution.reasons(universe);
    let direct = reasons
        .get(&question.package)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut paths = paths(universe, &reasons, question.package, variant);
    let mut why: Vec<Why> = direct
        .iter()
        .map(|reason| describe::why(universe, reason, variant))
        .collect();
    if let Some(purpose) = &question.purpose {
        let beside = Why::Beside {
            purpose: purpose.clone(),
        };
        paths.push(ExplanationPath {
            wish: purpose.clone(),
            steps: vec![step(universe, question.package, beside.clone())],
        });
        why.push(beside);
    }
    documents::Explanation {
        format: documents::FORMAT,
        inputs: opened.inputs.clone(),
        suites: opened.suites.clone(),
        architecture: opened.architecture.clone(),
        wishes: question.wishes.to_vec(),
        package: describe::package_name(universe, question.package),
        paths,
        why,
    }
}

/// A package of a way, with the reason for it.
fn step(universe: &Universe<'_>, id: PackageId, why: Why) -> PathStep {
    let package = universe.package(id);
    PathStep {
        name: package.name().to_owned(),
        version: package.version().to_owned(),
        architecture: package.architecture().to_owned(),
        why,
    }
}

/// The next step towards the package that is explained, from each package that leads to it.
type Ways<'a> = BTreeMap<PackageId, Option<(PackageId, &'a Reason)>>;

/// The shortest way from each wish; of the base set only the one nearest to the package.
fn paths(
    universe: &Universe<'_>,
    reasons: &BTreeMap<PackageId, Vec<Reason>>,
    package: PackageId,
    variant: &str,
) -> Vec<ExplanationPath> {
    let mut ways: Ways<'_> = BTreeMap::from([(package, None)]);
    let mut queue = VecDeque::from([package]);
    let mut paths = Vec::new();
    let mut base_told = false;
    while let Some(at) = queue.pop_front() {
        for reason in reasons.get(&at).into_iter().flatten() {
            match reason {
                Reason::Needed { by, .. } => {
                    ways.entry(*by).or_insert_with(|| {
                        queue.push_back(*by);
                        Some((at, reason))
                    });
                }
                Reason::Base if base_told => {}
                Reason::Base | Reason::Wish(_) => {
                    base_told |= *reason == Reason::Base;
                    paths.push(path(universe, &ways, (at, reason), variant));
                }
            }
        }
    }
    paths
}

/// Follows the ways from a wished package.
fn path(
    universe: &Universe<'_>,
    ways: &Ways<'_>,
    start: (PackageId, &Reason),
    variant: &str,
) -> ExplanationPath {
    let mut steps = Vec::new();
    let mut next = Some(start);
    while let Some((id, reason)) = next {
        steps.push(step(universe, id, describe::why(universe, reason, variant)));
        next = ways.get(&id).copied().flatten();
    }
    let wish = match steps.first().map(|step| &step.why) {
        Some(Why::Wish { wish }) => wish.clone(),
        _ => variant.to_owned(),
    };
    ExplanationPath { wish, steps }
}
