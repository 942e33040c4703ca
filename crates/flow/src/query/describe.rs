//! Packages and reasons of a universe in the words of the documents.

use formwork_deb::universe::{PackageId, Universe};
use formwork_model::documents::{PackageName, Why};
use formwork_resolve::{Reason, Wish};

/// A package with its version and architecture.
pub(crate) fn package_name(universe: &Universe<'_>, id: PackageId) -> PackageName {
    let package = universe.package(id);
    PackageName {
        name: package.name().to_owned(),
        version: package.version().to_owned(),
        architecture: package.architecture().to_owned(),
    }
}

/// The name by which documents refer to a package: `NAME`, or `NAME:ARCH` if it is foreign.
pub(crate) fn reference(universe: &Universe<'_>, id: PackageId) -> String {
    let package = universe.package(id);
    let architecture = package.architecture();
    if architecture == "all" || architecture == "source" || architecture == universe.native() {
        package.name().to_owned()
    } else {
        format!("{}:{architecture}", package.name())
    }
}

/// A reason; `variant` names the base set that was asked for.
pub(crate) fn why(universe: &Universe<'_>, reason: &Reason, variant: &str) -> Why {
    match reason {
        Reason::Wish(wish) => Why::Wish {
            wish: as_typed(wish),
        },
        Reason::Base => Why::Variant {
            variant: variant.to_owned(),
        },
        Reason::Needed {
            by,
            field,
            atom,
            provider_of,
            alternatives,
        } => Why::Relation {
            by: reference(universe, *by),
            field: field.name().to_owned(),
            relation: relation_of(universe, *by, *field, *atom),
            provider_of: provider_of.clone(),
            alternatives: references(universe, alternatives),
        },
    }
}

/// A wish as somebody typed it: one for a source bears marks of ours.
fn as_typed(wish: &Wish) -> String {
    let text = wish.to_string();
    let source = text.strip_prefix("src:");
    source.map_or_else(|| text.clone(), |name| name.replacen(":source", "", 1))
}

/// The names of some packages, each once, sorted.
fn references(universe: &Universe<'_>, packages: &[PackageId]) -> Vec<String> {
    let mut names: Vec<String> = packages.iter().map(|&id| reference(universe, id)).collect();
    names.sort();
    names.dedup();
    names
}

/// The group as written that holds this alternative.
fn relation_of(
    universe: &Universe<'_>,
    package: PackageId,
    field: formwork_deb::universe::Field,
    atom: formwork_deb::universe::AtomId,
) -> String {
    universe
        .dependencies(package)
        .filter(|dependency| dependency.field == field)
        .find(|dependency| {
            universe
                .group_atoms(dependency.group)
                .any(|other| other == atom)
        })
        .map_or_else(
            || universe.atom(atom).to_string(),
            |dependency| one_line(universe.group_text(dependency.group)),
        )
}

/// A relation without the line breaks it may have been written with.
pub(crate) fn one_line(relation: &str) -> String {
    relation.split_whitespace().collect::<Vec<_>>().join(" ")
}
