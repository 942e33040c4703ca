//! All that the archive says of some packages.

use formwork_deb::universe::{Field, MultiArch, NameId, Package, PackageId, Universe};
use formwork_model::documents::{self, ShownPackage, ShownRelation};

use super::Scope;
use super::describe::one_line;
use super::open::{self, Opened, Want};
use crate::Error;
use crate::context::Context;

/// Answers `show`: every version of the named packages; for a virtual name those that provide it.
pub fn show(context: &Context, scope: &Scope, names: &[String]) -> Result<documents::Shown, Error> {
    let opened = open::open(context, scope, Want::for_wishes(names))?;
    let universe = opened.universe();
    let mut packages = Vec::new();
    for name in find_all(&opened, &universe, names)? {
        packages.extend(
            versions(&universe, name)
                .into_iter()
                .map(|id| shown(&universe, id)),
        );
    }
    Ok(documents::Shown {
        format: documents::FORMAT,
        inputs: opened.inputs.clone(),
        suites: opened.suites.clone(),
        architecture: opened.architecture.clone(),
        packages,
    })
}

/// The numbers of all names; those unknown are reported together.
fn find_all(
    opened: &Opened,
    universe: &Universe<'_>,
    names: &[String],
) -> Result<Vec<NameId>, Error> {
    let mut found = Vec::new();
    let mut unknown = Vec::new();
    for name in names {
        match opened.find(universe, name) {
            Some(id) => found.push(id),
            None => unknown.push(name.as_str()),
        }
    }
    if unknown.is_empty() {
        Ok(found)
    } else {
        Err(opened.unknown(universe, &unknown))
    }
}

/// The packages of a name, or else those that provide it, the candidates in front.
fn versions(universe: &Universe<'_>, name: NameId) -> Vec<PackageId> {
    let mut ids: Vec<PackageId> = universe.packages_named(name).collect();
    if ids.is_empty() {
        ids = universe
            .providers(name)
            .map(|provider| provider.package)
            .collect();
        ids.sort();
        ids.dedup();
    }
    ids.sort_by_key(|&id| !universe.package(id).is_candidate());
    ids
}

/// One version of a package.
fn shown(universe: &Universe<'_>, id: PackageId) -> ShownPackage {
    let package = universe.package(id);
    let origin = package.origin();
    ShownPackage {
        name: package.name().to_owned(),
        version: package.version().to_owned(),
        architecture: package.architecture().to_owned(),
        source: package.source().to_owned(),
        source_version: package.source_version().to_owned(),
        candidate: package.is_candidate(),
        section: package.section().to_owned(),
        priority: priority(package.priority()).to_owned(),
        essential: package.is_essential(),
        multi_arch: multi_arch(package.multi_arch()).to_owned(),
        size: package.size(),
        installed_size: package.installed_size(),
        sha256: package
            .sha256()
            .map(|digest| digest.to_string())
            .unwrap_or_default(),
        filename: package.filename().to_owned(),
        repository: origin.repository.to_owned(),
        suite: origin.suite.to_owned(),
        component: origin.component.to_owned(),
        repository_priority: origin.priority,
        description: package.description().to_owned(),
        relations: relations(universe, package),
    }
}

/// The fields of relations that a package has.
fn relations(universe: &Universe<'_>, package: Package<'_>) -> Vec<ShownRelation> {
    let mut fields = Vec::new();
    for field in Field::ALL {
        let relations: Vec<String> = universe
            .dependencies(package.id)
            .filter(|dependency| dependency.field == field)
            .map(|dependency| one_line(universe.group_text(dependency.group)))
            .collect();
        if !relations.is_empty() {
            fields.push(ShownRelation {
                field: field.name().to_owned(),
                relations,
            });
        }
    }
    let facts = [
        ("Provides", package.provides()),
        ("Built-Using", package.built_using()),
        ("Static-Built-Using", package.static_built_using()),
    ];
    for (field, text) in facts {
        let relations: Vec<String> = text
            .split(',')
            .map(one_line)
            .filter(|relation| !relation.is_empty())
            .collect();
        if !relations.is_empty() {
            fields.push(ShownRelation {
                field: field.to_owned(),
                relations,
            });
        }
    }
    fields
}

/// The word for an archive priority.
fn priority(number: u32) -> &'static str {
    match number {
        1 => "required",
        2 => "important",
        3 => "standard",
        4 => "optional",
        5 => "extra",
        _ => "",
    }
}

/// The value of `Multi-Arch`.
fn multi_arch(value: MultiArch) -> &'static str {
    match value {
        MultiArch::No => "no",
        MultiArch::Same => "same",
        MultiArch::Foreign => "foreign",
        MultiArch::Allowed => "allowed",
    }
}
