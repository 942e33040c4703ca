//! Looking wishes up: each becomes the packages that would fulfil it, the best first.

use crate::allowed::{Allowed, effective};
use crate::nearest::nearest_names;
use crate::request::{Request, Variant, Wish};
use formwork_deb::universe::{NameId, Package, PackageId, Universe};
use std::collections::BTreeSet;
use thiserror::Error;

/// Why a wish means no package, or not one.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum WishError {
    /// No such name.
    #[error("no package `{name}`")]
    Unknown {
        /// What was asked.
        name: String,
        /// Names most like it.
        nearest: Vec<String>,
    },
    /// Several packages provide the name and none bears it.
    #[error("`{name}` is a virtual package, provided by {}", providers.join(", "))]
    Virtual {
        /// What was asked.
        name: String,
        /// Who provides it.
        providers: Vec<String>,
    },
    /// The name exists, but not so.
    #[error("no package `{wish}`; there is {}", found.join(", "))]
    NoSuchVersion {
        /// What was asked.
        wish: String,
        /// What there is instead, as `version (architecture, suite)`.
        found: Vec<String>,
    },
}

/// One wish and the packages that would fulfil it.
#[derive(Clone, Debug)]
pub struct Target {
    /// The wish; none for a member of the base set.
    pub wish: Option<Wish>,
    /// Those that fulfil it, the one to take first in front.
    pub packages: Vec<PackageId>,
}

impl Target {
    /// The best of the packages that are there.
    pub(crate) fn fulfilled_by(&self, present: impl Fn(&PackageId) -> bool) -> Option<PackageId> {
        self.packages
            .iter()
            .copied()
            .find(|package| present(package))
    }
}

/// All wishes of a request, looked up.
pub struct Targets {
    /// The base set, then the wishes in their order.
    pub targets: Vec<Target>,
    pub(crate) allowed: Allowed,
}

impl Targets {
    /// Looks up every wish; all that fail are reported together.
    pub fn find(universe: &Universe<'_>, request: &Request) -> Result<Self, Vec<WishError>> {
        let mut allowed = Allowed::by_priority(universe);
        let mut keep: BTreeSet<PackageId> = request.keep.iter().copied().collect();
        for wish in request.wishes.iter().filter(|wish| is_choice(wish)) {
            admit(universe, &mut allowed, &mut keep, wish);
        }
        let mut errors = Vec::new();
        let mut wished = Vec::new();
        for wish in &request.wishes {
            match find_wish(universe, &allowed, wish) {
                Ok(packages) => wished.push((wish, packages)),
                Err(error) => errors.push(error),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        allowed.prefer(universe, &keep);
        let mut targets = base_set(universe, &allowed, request.variant);
        targets.extend(wished.into_iter().map(|(wish, mut packages)| {
            let is_real = |id: PackageId| universe.package(id).name() == wish.name;
            let is_virtual = !packages.iter().any(|&id| is_real(id));
            packages.sort_by_key(|&id| {
                let by_version = is_virtual || is_real(id);
                (!is_real(id), by_version && !allowed.is_first(id))
            });
            Target {
                wish: Some(wish.clone()),
                packages,
            }
        }));
        Ok(Self { targets, allowed })
    }
}

/// Whether a wish chooses a version itself, whatever the priorities say.
fn is_choice(wish: &Wish) -> bool {
    wish.version.is_some() || wish.suite.is_some()
}

/// Lets in what a wish chooses, before any wish is looked up: the order of wishes shall not
/// matter to what may be taken.
fn admit(
    universe: &Universe<'_>,
    allowed: &mut Allowed,
    keep: &mut BTreeSet<PackageId>,
    wish: &Wish,
) {
    let packages = find_wish(universe, allowed, wish).unwrap_or_default();
    allowed.admit(packages.iter().copied());
    admit_suite(universe, allowed, wish);
    if let Some(&first) = packages.first() {
        keep.retain(|&kept| !universe.same_name(kept, first));
        keep.insert(first);
    }
}

/// A suite that a wish asks for may also serve that wish's dependencies.
fn admit_suite(universe: &Universe<'_>, allowed: &mut Allowed, wish: &Wish) {
    let Some(suite) = &wish.suite else { return };
    let from: Vec<PackageId> = universe
        .ids()
        .filter(|&id| comes_from(universe.package(id), suite))
        .collect();
    allowed.admit(from);
}

fn comes_from(package: Package<'_>, suite: &str) -> bool {
    let mut origins = package.origins();
    origins.any(|origin| origin.suite == suite || origin.repository == suite)
}

fn find_wish(
    universe: &Universe<'_>,
    allowed: &Allowed,
    wish: &Wish,
) -> Result<Vec<PackageId>, WishError> {
    let unknown = || WishError::Unknown {
        name: wish.name.clone(),
        nearest: nearest_names(universe, &wish.name),
    };
    let name = universe.find(&wish.name).ok_or_else(unknown)?;
    let architecture = match wish.architecture.as_deref() {
        None | Some("native" | "all") => universe.native(),
        Some(other) => other,
    };
    let fits = |id: &PackageId| {
        let package = universe.package(*id);
        effective(universe, *id) == architecture
            && wish
                .version
                .as_deref()
                .is_none_or(|version| version == package.version())
            && wish
                .suite
                .as_deref()
                .is_none_or(|suite| comes_from(package, suite))
            && (is_choice(wish) || allowed.contains(*id))
    };
    let named = universe.packages_named(name);
    let is_known = named.len() > 0;
    let mut packages: Vec<PackageId> = named.filter(fits).collect();
    let is_real = !packages.is_empty();
    if is_known && !is_real && is_choice(wish) {
        return Err(no_such_version(universe, name, wish));
    }
    let providers = universe.providers(name).map(|provider| provider.package);
    let mut providers: Vec<PackageId> = providers.filter(fits).collect();
    providers.dedup();
    let mut names: Vec<&str> = providers
        .iter()
        .map(|&id| universe.package(id).name())
        .collect();
    names.dedup();
    if !is_real && names.is_empty() {
        return Err(match is_known {
            true => no_such_version(universe, name, wish),
            false => unknown(),
        });
    }
    if !is_real && names.len() > 1 {
        return Err(WishError::Virtual {
            name: wish.name.clone(),
            providers: names.into_iter().map(str::to_owned).collect(),
        });
    }
    // A provider serves a wish for a real package too, as it serves a dependency on that name,
    // but only where nothing else is left; a version or suite asks for the package itself.
    if is_real && is_choice(wish) {
        return Ok(packages);
    }
    providers.retain(|&id| universe.package(id).name() != wish.name);
    packages.extend(providers);
    Ok(packages)
}

fn no_such_version(universe: &Universe<'_>, name: NameId, wish: &Wish) -> WishError {
    let found = universe
        .packages_named(name)
        .map(|id| universe.package(id))
        .map(|package| {
            format!(
                "{} ({}, {})",
                package.version(),
                package.architecture(),
                package.origin().suite
            )
        })
        .collect();
    WishError::NoSuchVersion {
        wish: wish.to_string(),
        found,
    }
}

/// The highest archive priority (1 required … 5 extra) a variant takes, 0 for none.
fn priority(variant: Variant) -> u32 {
    match variant {
        Variant::Essential => 0,
        Variant::Minbase => 1,
        Variant::Standard => 3,
    }
}

/// The base set: Essential packages, those of the variant's priorities, and apt.
fn base_set(universe: &Universe<'_>, allowed: &Allowed, variant: Option<Variant>) -> Vec<Target> {
    let Some(variant) = variant else {
        return Vec::new();
    };
    let belongs = |package: &Package<'_>| {
        let by_priority = (1..=priority(variant)).contains(&package.priority());
        let is_apt = variant != Variant::Essential && package.name() == "apt";
        package.is_essential() || by_priority || is_apt
    };
    universe
        .ids()
        .filter(|&id| allowed.is_first(id) && effective(universe, id) == universe.native())
        .map(|id| universe.package(id))
        .filter(belongs)
        .map(|package| Target {
            wish: None,
            packages: versions(universe, allowed, package.id),
        })
        .collect()
}

/// The versions of a package that may be taken, the one to take first in front.
pub(crate) fn versions(
    universe: &Universe<'_>,
    allowed: &Allowed,
    first: PackageId,
) -> Vec<PackageId> {
    let own = effective(universe, first);
    let siblings = universe.siblings(first).map(PackageId);
    let mut packages: Vec<PackageId> = siblings
        .filter(|&id| allowed.contains(id) && effective(universe, id) == own)
        .collect();
    packages.sort_by_key(|&id| (id != first, id));
    packages
}
