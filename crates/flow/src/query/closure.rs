//! What a set of names needs, at which version, and why.

use formwork_deb::universe::{PackageId, Universe};
use formwork_model::documents::{self, ClosurePackage, Why};
use formwork_resolve::{Reason, Solution};

use super::open::{self, Opened, Want};
use super::{Answer, Choice, Scope, describe, solved};
use crate::Error;
use crate::context::Context;

/// Answers `closure`: every package that the wishes need, each with all its reasons.
pub fn closure(
    context: &Context,
    scope: &Scope,
    choice: Choice,
    wishes: &[String],
) -> Result<Answer<documents::Closure>, Error> {
    let opened = open::open(context, scope, Want::for_choice(choice, wishes))?;
    match solved::solve(context, &opened, choice, wishes)? {
        Answer::No(contradiction) => Ok(Answer::No(contradiction)),
        Answer::Yes(solution) => Ok(Answer::Yes(document(&opened, &solution, choice, wishes))),
    }
}

/// The document of a solution.
fn document(
    opened: &Opened,
    solution: &Solution,
    choice: Choice,
    wishes: &[String],
) -> documents::Closure {
    let universe = opened.universe();
    let variant = choice.variant.map_or("", |variant| variant.as_str());
    let packages = solution
        .reasons(&universe)
        .iter()
        .filter(|&(&id, _)| !universe.package(id).is_source())
        .map(|(&id, reasons)| package(&universe, id, reasons, variant))
        .collect();
    documents::Closure {
        format: documents::FORMAT,
        inputs: opened.inputs.clone(),
        suites: opened.suites.clone(),
        architecture: opened.architecture.clone(),
        wishes: wishes.to_vec(),
        packages,
    }
}

/// One package of the closure.
fn package(
    universe: &Universe<'_>,
    id: PackageId,
    reasons: &[Reason],
    variant: &str,
) -> ClosurePackage {
    let package = universe.package(id);
    let why: Vec<Why> = reasons
        .iter()
        .map(|reason| describe::why(universe, reason, variant))
        .collect();
    ClosurePackage {
        name: package.name().to_owned(),
        version: package.version().to_owned(),
        architecture: package.architecture().to_owned(),
        source: package.source().to_owned(),
        source_version: package.source_version().to_owned(),
        size: package.size(),
        installed_size: package.installed_size(),
        sha256: package
            .sha256()
            .map(|digest| digest.to_string())
            .unwrap_or_default(),
        filename: package.filename().to_owned(),
        repository: package.origin().repository.to_owned(),
        why,
    }
}
