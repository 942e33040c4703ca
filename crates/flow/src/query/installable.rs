//! Which packages of an archive can be installed, or which sources built, at all.

use formwork_deb::universe::{PackageId, Universe};
use formwork_model::documents::{self, Broken};
use formwork_model::event::{Event, Phase, Unit};
use formwork_resolve::InstallableOptions;

use super::open::{self, Opened, Want};
use super::{Scope, solved};
use crate::Error;
use crate::context::Context;

/// Answers `installable`: the packages that cannot be installed, each with the reason.
///
/// With `builds` the build dependencies of source packages are judged. Without names the whole
/// archive is.
pub fn installable(
    context: &Context,
    scope: &Scope,
    names: &[String],
    builds: bool,
) -> Result<documents::Installable, Error> {
    let opened = open::open(
        context,
        scope,
        Want {
            sources: builds,
            ..Want::for_wishes(names)
        },
    )?;
    let universe = opened.universe();
    let packages = packages(&opened, &universe, names, builds)?;
    (context.settings.events)(Event::Started {
        phase: Phase::Resolve,
        unit: Unit::Items,
        total: None,
    });
    let options = InstallableOptions {
        builds,
        packages: &packages,
        present: if builds {
            &[solved::BUILD_ESSENTIAL]
        } else {
            &[]
        },
    };
    let verdict = formwork_resolve::installable(&universe, options);
    (context.settings.events)(Event::Finished {
        phase: Phase::Resolve,
        summary: String::new(),
    });
    Ok(documents::Installable {
        format: documents::FORMAT,
        inputs: opened.inputs.clone(),
        architecture: opened.architecture.clone(),
        total: verdict.total as u64,
        broken: verdict
            .broken
            .iter()
            .map(|broken| told(&universe, broken))
            .collect(),
    })
}

/// The packages of the names that are to be judged; none for the whole archive.
fn packages(
    opened: &Opened,
    universe: &Universe<'_>,
    names: &[String],
    builds: bool,
) -> Result<Vec<PackageId>, Error> {
    let mut found = Vec::new();
    let mut unknown = Vec::new();
    for name in names {
        let key = if builds {
            format!("src:{name}")
        } else {
            name.clone()
        };
        let ids = opened
            .find(universe, &key)
            .map(|id| universe.packages_named(id));
        let before = found.len();
        found.extend(ids.into_iter().flatten());
        if found.len() == before {
            unknown.push(name.as_str());
        }
    }
    if unknown.is_empty() {
        Ok(found)
    } else {
        Err(opened.unknown(universe, &unknown))
    }
}

/// One package that cannot be installed.
fn told(universe: &Universe<'_>, broken: &formwork_resolve::Broken) -> Broken {
    let package = universe.package(broken.package);
    Broken {
        name: package.name().trim_start_matches("src:").to_owned(),
        version: package.version().to_owned(),
        architecture: package.architecture().to_owned(),
        reason: formwork_resolve::explain_broken(universe, broken),
    }
}
