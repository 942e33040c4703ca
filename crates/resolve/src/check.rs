//! The checker: looks at an answer with its own eyes.
//!
//! It reads the relations as text and compares names, versions and architectures itself, by
//! Debian Policy 7 and the Multi-Arch specification. It uses neither the candidates that the
//! universe computed nor anything of the solver, and it looks only at the packages answered.

use crate::request::{Request, Wish};
use formwork_deb::relation::{Operator, Relation, parse_groups};
use formwork_deb::universe::{MultiArch, Package, PackageId, Universe};
use formwork_deb::version::compare;
use std::collections::BTreeMap;
use thiserror::Error;

/// What is wrong with an answer.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Unsound {
    /// A wish that nothing in the answer fulfils.
    #[error("nothing fulfils the wish {0}")]
    Wish(String),
    /// An Essential package that the base set lacks.
    #[error("{0} is missing from the base set")]
    Base(String),
    /// A dependency that nothing in the answer satisfies.
    #[error("{package}: {field}: {relation} is not satisfied")]
    Unmet {
        /// Who needs it.
        package: String,
        /// In which field.
        field: &'static str,
        /// What it needs.
        relation: String,
    },
    /// Two packages of the answer that exclude each other.
    #[error("{package} and {other} exclude each other: {why}")]
    Clash {
        /// One of them.
        package: String,
        /// The other.
        other: String,
        /// The field and relation, or that they are one package.
        why: String,
    },
}

/// A package of the answer as the checker sees it.
struct Member<'a> {
    package: Package<'a>,
    architecture: &'a str,
}

/// One who bears or provides a name: the member, and the version it counts as.
struct Bearer<'a> {
    member: usize,
    version: Option<&'a str>,
    architecture: &'a str,
}

struct Checker<'a> {
    native: &'a str,
    members: Vec<Member<'a>>,
    bearers: BTreeMap<&'a str, Vec<Bearer<'a>>>,
}

/// Checks that an answer fulfils the wishes, satisfies every dependency and holds no conflict.
pub fn check(
    universe: &Universe<'_>,
    request: &Request,
    packages: &[PackageId],
) -> Result<(), Unsound> {
    let checker = Checker::new(universe, packages);
    for wish in &request.wishes {
        checker.fulfils(universe, wish)?;
    }
    if request.variant.is_some() {
        checker.has_essential(universe)?;
    }
    for index in 0..checker.members.len() {
        checker.dependencies(universe, index)?;
        checker.siblings(index)?;
    }
    Ok(())
}

fn label(package: Package<'_>) -> String {
    format!(
        "{}:{} {}",
        package.name(),
        package.architecture(),
        package.version()
    )
}

impl<'a> Checker<'a> {
    fn new(universe: &Universe<'a>, packages: &[PackageId]) -> Self {
        let native = universe.native();
        let mut members = Vec::new();
        let mut bearers: BTreeMap<&'a str, Vec<Bearer<'a>>> = BTreeMap::new();
        for (member, &id) in packages.iter().enumerate() {
            let package = universe.package(id);
            let architecture = match package.architecture() {
                // The build dependencies of a source are those of the native architecture.
                "all" | "source" => native,
                other => other,
            };
            let own = Bearer {
                member,
                version: Some(package.version()),
                architecture,
            };
            bearers.entry(package.name()).or_default().push(own);
            for relation in relations(package.provides()).filter(is_exact) {
                let version = relation.constraint.map(|constraint| constraint.version);
                let architecture = relation
                    .qualifier
                    .filter(|&text| text != "any")
                    .unwrap_or(architecture);
                bearers.entry(relation.name).or_default().push(Bearer {
                    member,
                    version,
                    architecture,
                });
            }
            members.push(Member {
                package,
                architecture,
            });
        }
        Self {
            native,
            members,
            bearers,
        }
    }

    fn bearers(&self, name: &str) -> &[Bearer<'a>] {
        self.bearers.get(name).map_or(&[], Vec::as_slice)
    }

    /// A package of the name fulfils a wish, and so does one that provides it, unless the wish
    /// says a version or suite of a package that there is.
    fn fulfils(&self, universe: &Universe<'a>, wish: &Wish) -> Result<(), Unsound> {
        let known = universe.find(&wish.name).into_iter();
        let mut real = known.flat_map(|name| universe.packages_named(name));
        let chosen = wish.version.is_some() || wish.suite.is_some();
        let real_only = chosen && real.next().is_some();
        let serves = |bearer: &Bearer<'_>| {
            let package = self.members[bearer.member].package;
            (package.name() == wish.name || !real_only) && self.fits(wish, package)
        };
        match self.bearers(&wish.name).iter().any(serves) {
            true => Ok(()),
            false => Err(Unsound::Wish(wish.to_string())),
        }
    }

    /// Whether a package has the architecture, version and suite that a wish says.
    fn fits(&self, wish: &Wish, package: Package<'_>) -> bool {
        let wanted = match wish.architecture.as_deref() {
            None | Some("native" | "all") => self.native,
            Some(other) => other,
        };
        let architecture = match package.architecture() {
            "all" => self.native,
            other => other,
        };
        let comes_from = |suite: &str| {
            let mut origins = package.origins();
            origins.any(|origin| origin.suite == suite || origin.repository == suite)
        };
        let version = wish.version.as_deref();
        let suite = wish.suite.as_deref();
        architecture == wanted
            && version.is_none_or(|version| version == package.version())
            && suite.is_none_or(comes_from)
    }

    fn has_essential(&self, universe: &Universe<'_>) -> Result<(), Unsound> {
        let essential = universe
            .ids()
            .map(|id| universe.package(id))
            .filter(|package| {
                let native = ["all", self.native].contains(&package.architecture());
                package.is_essential() && package.is_candidate() && native
            });
        for package in essential {
            let present = |bearer: &Bearer<'_>| {
                let other = &self.members[bearer.member];
                other.package.name() == package.name() && other.architecture == self.native
            };
            if !self.bearers(package.name()).iter().any(present) {
                return Err(Unsound::Base(package.name().to_owned()));
            }
        }
        Ok(())
    }

    fn dependencies(&self, universe: &Universe<'a>, index: usize) -> Result<(), Unsound> {
        let Member {
            package,
            architecture,
        } = &self.members[index];
        for dependency in universe.dependencies(package.id) {
            let text = universe.group_text(dependency.group);
            if dependency.field.is_required() {
                let met = relations(text).any(|relation| {
                    (!package.is_source() || self.counts_here(&relation))
                        && self.is_met(&relation, architecture)
                });
                if !met {
                    return Err(Unsound::Unmet {
                        package: label(*package),
                        field: dependency.field.name(),
                        relation: text.to_owned(),
                    });
                }
            } else if dependency.field.is_negative() {
                self.no_clash(*package, dependency.field.name(), text)?;
            }
        }
        Ok(())
    }

    /// Whether a build dependency counts on the architecture of the build. Of the profiles only
    /// the universe knows: it drops the groups that they exclude.
    fn counts_here(&self, relation: &Relation<'_>) -> bool {
        let unprofiled = Relation {
            profiles: Vec::new(),
            ..relation.clone()
        };
        unprofiled.applies(self.native, &[])
    }

    fn is_met(&self, relation: &Relation<'_>, architecture: &str) -> bool {
        self.bearers(relation.name).iter().any(|bearer| {
            let multi_arch = self.members[bearer.member].package.multi_arch();
            let reachable = match relation.qualifier {
                None => bearer.architecture == architecture || multi_arch == MultiArch::Foreign,
                Some("any") => multi_arch == MultiArch::Allowed,
                Some("native") => bearer.architecture == self.native,
                Some(asked) => bearer.architecture == asked,
            };
            reachable && version_fits(relation, bearer.version)
        })
    }

    fn no_clash(&self, package: Package<'a>, field: &str, text: &str) -> Result<(), Unsound> {
        for relation in relations(text) {
            let hit = self.bearers(relation.name).iter().find(|bearer| {
                let asked = match relation.qualifier {
                    None | Some("any") => true,
                    Some("native") => bearer.architecture == self.native,
                    Some(asked) => bearer.architecture == asked,
                };
                let other = self.members[bearer.member].package;
                asked && other.name() != package.name() && version_fits(&relation, bearer.version)
            });
            if let Some(bearer) = hit {
                return Err(Unsound::Clash {
                    package: label(package),
                    other: label(self.members[bearer.member].package),
                    why: format!("{field}: {text}"),
                });
            }
        }
        Ok(())
    }

    /// One version of a name at a time; several architectures only of `Multi-Arch: same`.
    fn siblings(&self, index: usize) -> Result<(), Unsound> {
        let Member {
            package,
            architecture,
        } = &self.members[index];
        for bearer in self.bearers(package.name()) {
            let other = &self.members[bearer.member];
            if bearer.member <= index || other.package.name() != package.name() {
                continue;
            }
            let both_same = [package, &other.package]
                .iter()
                .all(|p| p.multi_arch() == MultiArch::Same);
            let coinstallable = both_same
                && other.architecture != *architecture
                && compare(other.package.version(), package.version()).is_eq();
            if !coinstallable {
                return Err(Unsound::Clash {
                    package: label(*package),
                    other: label(other.package),
                    why: "they are one package".to_owned(),
                });
            }
        }
        Ok(())
    }
}

/// Only an exact version can be provided (Debian Policy 7.5); apt passes over others.
fn is_exact(provided: &Relation<'_>) -> bool {
    provided
        .constraint
        .is_none_or(|constraint| constraint.operator == Operator::Equal)
}

/// The relations of a field or group; those that cannot be read satisfy nothing.
fn relations(text: &str) -> impl Iterator<Item = Relation<'_>> {
    parse_groups(text)
        .unwrap_or_default()
        .into_iter()
        .flat_map(|group| group.alternatives)
}

/// A relation with a version needs a bearer with one (Debian Policy 7.5).
fn version_fits(relation: &Relation<'_>, version: Option<&str>) -> bool {
    let Some(constraint) = relation.constraint else {
        return true;
    };
    let Some(version) = version else { return false };
    let order = compare(version, constraint.version);
    match constraint.operator {
        Operator::Less => order.is_lt(),
        Operator::LessEqual => order.is_le(),
        Operator::Equal => order.is_eq(),
        Operator::GreaterEqual => order.is_ge(),
        Operator::Greater => order.is_gt(),
    }
}
