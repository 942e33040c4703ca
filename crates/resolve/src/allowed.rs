//! Which version of each package may be taken, and which one first.
//!
//! As apt: the highest priority wins, then the newest. A version whose priority is lower than
//! that of another version of the same name and architecture (backports beside the release)
//! is taken only where a wish asks for its suite or version.

use formwork_deb::universe::{PackageId, Universe};
use std::collections::BTreeSet;

/// The versions that may be taken and, of these, the one to take first.
#[derive(Clone, Debug)]
pub(crate) struct Allowed {
    allowed: Vec<bool>,
    first: Vec<bool>,
}

impl Allowed {
    /// What priorities alone say.
    pub(crate) fn by_priority(universe: &Universe<'_>) -> Self {
        let count = universe.len();
        let mut this = Self {
            allowed: vec![false; count],
            first: vec![false; count],
        };
        for id in universe.ids() {
            let row = id.0 as usize;
            this.first[row] = universe.package(id).is_candidate();
            this.allowed[row] = this.first[row];
        }
        for id in universe.ids() {
            let siblings = universe.siblings(id);
            if siblings.len() > 1 && !this.allowed[id.0 as usize] {
                this.allowed[id.0 as usize] = equals_candidate(universe, id, siblings);
            }
        }
        this
    }

    /// Lets these versions in.
    pub(crate) fn admit(&mut self, packages: impl IntoIterator<Item = PackageId>) {
        for id in packages {
            if let Some(slot) = self.allowed.get_mut(id.0 as usize) {
                *slot = true;
            }
        }
    }

    /// Makes these versions the first of their name and architecture.
    pub(crate) fn prefer(&mut self, universe: &Universe<'_>, packages: &BTreeSet<PackageId>) {
        for &id in packages {
            let own = effective(universe, id);
            for other in universe.siblings(id) {
                if effective(universe, PackageId(other)) == own {
                    self.first[other as usize] = false;
                }
            }
            self.first[id.0 as usize] = true;
            self.allowed[id.0 as usize] = true;
        }
    }

    /// Whether this version may be taken at all.
    pub(crate) fn contains(&self, package: PackageId) -> bool {
        self.allowed
            .get(package.0 as usize)
            .copied()
            .unwrap_or(false)
    }

    /// Whether this version is the one to take first.
    pub(crate) fn is_first(&self, package: PackageId) -> bool {
        self.first.get(package.0 as usize).copied().unwrap_or(false)
    }

    /// Gives up the list of first versions.
    pub(crate) fn firsts(&self) -> Vec<bool> {
        self.first.clone()
    }
}

/// The architecture a package counts for: `all` is the native one.
pub(crate) fn effective<'a>(universe: &Universe<'a>, id: PackageId) -> &'a str {
    match universe.package(id).architecture() {
        "all" => universe.native(),
        other => other,
    }
}

fn equals_candidate(
    universe: &Universe<'_>,
    id: PackageId,
    siblings: std::ops::Range<u32>,
) -> bool {
    let package = universe.package(id);
    if package.is_source() {
        return true;
    }
    let own = effective(universe, id);
    siblings
        .map(|other| universe.package(PackageId(other)))
        .filter(|other| other.is_candidate() && effective(universe, other.id) == own)
        .any(|other| other.origin().priority == package.origin().priority)
}
