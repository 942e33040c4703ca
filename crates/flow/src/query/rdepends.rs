//! Who needs a package: every relation that one of its versions, or what it provides, satisfies.

use std::collections::BTreeSet;

use formwork_deb::universe::{Field, GroupId, NameId, PackageId, Universe};
use formwork_model::documents::{self, Dependant};

use super::Scope;
use super::describe::one_line;
use super::open::{self, Want};
use super::reverse::Reverse;
use crate::Error;
use crate::context::Context;

/// How far `rdepends` looks and which fields count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Whether those are told, too, that need the name through others.
    pub recursive: bool,
    /// Whether `Recommends` count.
    pub recommends: bool,
    /// Whether `Suggests` count.
    pub suggests: bool,
}

impl Depth {
    /// The fields that count.
    fn fields(self) -> Vec<Field> {
        let mut fields = vec![Field::PreDepends, Field::Depends];
        fields.extend(self.recommends.then_some(Field::Recommends));
        fields.extend(self.suggests.then_some(Field::Suggests));
        fields
    }
}

/// Answers `rdepends`: the packages, of those that apt would take, that need a name.
pub fn rdepends(
    context: &Context,
    scope: &Scope,
    depth: Depth,
    name: &str,
) -> Result<documents::ReverseDependencies, Error> {
    let opened = open::open(context, scope, Want::for_wishes(&[name]))?;
    let universe = opened.universe();
    let found = opened
        .find(&universe, name)
        .ok_or_else(|| opened.unknown(&universe, &[name]))?;
    let fields = depth.fields();
    let needs = direct(&universe, found, &fields);
    let mut dependants: Vec<(PackageId, Dependant)> = needs
        .iter()
        .map(|need| (need.package, told(&universe, need)))
        .collect();
    if depth.recursive {
        let further = indirect(&universe, &needs, &fields).into_iter();
        dependants.extend(further.map(|(id, steps)| (id, told_from_afar(&universe, id, steps))));
    }
    // The packages of a universe are numbered in the order of their names.
    dependants.sort_by_key(|(id, _)| *id);
    Ok(documents::ReverseDependencies {
        format: documents::FORMAT,
        inputs: opened.inputs.clone(),
        suites: opened.suites.clone(),
        architecture: opened.architecture.clone(),
        name: name.to_owned(),
        dependants: dependants
            .into_iter()
            .map(|(_, dependant)| dependant)
            .collect(),
    })
}

/// One package that needs another.
struct Need {
    /// The package that declares the relation.
    package: PackageId,
    /// The field it stands in.
    field: Field,
    /// The relation.
    group: GroupId,
    /// Whether something else could serve as well.
    has_alternatives: bool,
}

/// A direct need.
fn told(universe: &Universe<'_>, need: &Need) -> Dependant {
    Dependant {
        field: Some(need.field.name().to_owned()),
        relation: Some(one_line(universe.group_text(need.group))),
        alternatives: Some(need.has_alternatives),
        ..told_from_afar(universe, need.package, 1)
    }
}

/// A need through others.
fn told_from_afar(universe: &Universe<'_>, id: PackageId, steps: u32) -> Dependant {
    let package = universe.package(id);
    Dependant {
        name: package.name().to_owned(),
        version: package.version().to_owned(),
        architecture: package.architecture().to_owned(),
        field: None,
        relation: None,
        alternatives: None,
        steps,
    }
}

/// The packages, of those that apt would take, whose relations the name satisfies directly.
fn direct(universe: &Universe<'_>, name: NameId, fields: &[Field]) -> Vec<Need> {
    let targets = targets(universe, name);
    collect(
        universe,
        &satisfied_groups(universe, name, &targets),
        &targets,
        fields,
    )
}

/// The packages that need the name through others: each with the number of steps, at least 2.
fn indirect(universe: &Universe<'_>, direct: &[Need], fields: &[Field]) -> Vec<(PackageId, u32)> {
    let mut begin: Vec<PackageId> = direct.iter().map(|need| need.package).collect();
    begin.dedup();
    let further = Reverse::new(universe, fields).reached(&begin);
    further
        .into_iter()
        .map(|(id, steps)| (id, steps + 1))
        .collect()
}

/// The packages a name stands for: those of the name, else those that provide it.
fn targets(universe: &Universe<'_>, name: NameId) -> BTreeSet<u32> {
    let real: BTreeSet<u32> = universe.packages_named(name).map(|id| id.0).collect();
    if real.is_empty() {
        return universe
            .providers(name)
            .map(|provider| provider.package.0)
            .collect();
    }
    real
}

/// For each group whether one of the packages satisfies it; for a virtual name, and says it.
fn satisfied_groups(universe: &Universe<'_>, name: NameId, targets: &BTreeSet<u32>) -> Vec<bool> {
    let is_virtual = universe.packages_named(name).len() == 0;
    let text = universe.name(name);
    let mut is_target = vec![false; universe.len()];
    for &target in targets {
        if let Some(mark) = is_target.get_mut(target as usize) {
            *mark = true;
        }
    }
    let serves = |id: &u32| is_target.get(*id as usize).copied().unwrap_or(false);
    let says = |group| {
        universe
            .group_atoms(group)
            .any(|atom| universe.atom(atom).name == text)
    };
    let groups = (0..universe.group_count()).map(|number| GroupId(number as u32));
    groups
        .map(|group| {
            universe.group_candidates(group).iter().any(serves) && (!is_virtual || says(group))
        })
        .collect()
}

/// Every use of the groups by a package that apt would take, the packages themselves left out.
fn collect(
    universe: &Universe<'_>,
    groups: &[bool],
    targets: &BTreeSet<u32>,
    fields: &[Field],
) -> Vec<Need> {
    let mut found = Vec::new();
    for id in universe.ids().filter(|id| !targets.contains(&id.0)) {
        let package = universe.package(id);
        if !package.is_candidate() || package.is_source() {
            continue;
        }
        for dependency in universe.dependencies(id) {
            let satisfied = groups
                .get(dependency.group.0 as usize)
                .copied()
                .unwrap_or(false);
            if satisfied && fields.contains(&dependency.field) {
                let candidates = universe.group_candidates(dependency.group);
                found.push(Need {
                    package: id,
                    field: dependency.field,
                    group: dependency.group,
                    has_alternatives: candidates.iter().any(|other| !targets.contains(other)),
                });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::toy;

    /// Who needs a name directly, as `NAME FIELD` with a `|` where something else could serve.
    fn needs(rows: &str, name: &str, fields: &[Field]) -> Vec<String> {
        toy::ask(rows, |universe| {
            let found = universe.find(name).expect("a known name");
            let told = |need: &Need| {
                let mark = if need.has_alternatives { "|" } else { "" };
                format!(
                    "{} {}{mark}",
                    universe.package(need.package).name(),
                    need.field.name()
                )
            };
            direct(universe, found, fields).iter().map(told).collect()
        })
    }

    #[test]
    fn direct_needs_are_found_by_what_satisfies_them() {
        let rows = "
            lib 2 provides=api
            lib 1              # an older version counts as the same name
            other 1 provides=api
            a 1 depends=lib(>=1)
            b 1 predepends=api # by what the package provides
            c 1 depends=lib(<<1) # no version there is satisfies it
            d 1 recommends=lib|other
            e 2 depends=other
            e 1 depends=lib    # not the version apt would take
        ";
        let depends = [Field::PreDepends, Field::Depends];
        assert_eq!(
            needs(rows, "lib", &depends),
            ["a Depends", "b Pre-Depends|"]
        );
        assert_eq!(needs(rows, "lib", &[Field::Recommends]), ["d Recommends|"]);
        assert_eq!(needs(rows, "api", &depends), ["b Pre-Depends"]);
    }

    #[test]
    fn needs_through_others_are_counted_in_steps() {
        let rows = "lib 1\na 1 depends=lib\nb 1 depends=a\nc 1 depends=b,lib\nd 1 depends=c\nlib2 1 depends=d";
        let steps = toy::ask(rows, |universe| {
            let found = universe.find("lib").expect("a known name");
            let fields = [Field::Depends];
            let further = indirect(universe, &direct(universe, found, &fields), &fields);
            let told =
                |(id, steps): &(PackageId, u32)| (universe.package(*id).name().to_owned(), *steps);
            further.iter().map(told).collect::<Vec<_>>()
        });
        let expected =
            [("b", 2), ("d", 2), ("lib2", 3)].map(|(name, steps)| (name.to_owned(), steps));
        assert_eq!(steps, expected);
    }
}
