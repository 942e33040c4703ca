//! Who cannot be installed beside whom.

use formwork_deb::universe::{PackageId, Universe};

/// Calls `each` for every package that cannot stand beside `package`; some may come twice.
pub(crate) fn for_each_excluded(
    universe: &Universe<'_>,
    package: PackageId,
    mut each: impl FnMut(PackageId),
) {
    for dependency in universe.dependencies(package) {
        if dependency.field.is_negative() {
            for &other in universe.group_candidates(dependency.group) {
                if !universe.same_name(package, PackageId(other)) {
                    each(PackageId(other));
                }
            }
        }
    }
    for &other in universe.declared_against(package) {
        each(PackageId(other));
    }
    let siblings = universe.siblings(package);
    if siblings.len() > 1 {
        for other in siblings.map(PackageId) {
            if universe.siblings_exclude(package, other) {
                each(other);
            }
        }
    }
}
