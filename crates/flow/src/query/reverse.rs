//! The relations of a universe, read backwards: from a group to those who declare it, and from
//! a package to the groups it may serve.

use formwork_deb::universe::{Field, GroupId, PackageId, Universe};

/// Edges from numbers to numbers, those of one number side by side.
struct Edges {
    ends: Vec<u32>,
    targets: Vec<u32>,
}

impl Edges {
    /// Sorts pairs by their first number, which is below `count`; the order of others is kept.
    fn new(count: usize, pairs: &[(u32, u32)]) -> Edges {
        let mut ends = vec![0_u32; count + 1];
        for &(from, _) in pairs {
            ends[from as usize + 1] += 1;
        }
        for at in 1..ends.len() {
            ends[at] += ends[at - 1];
        }
        // Each end begins as its start and moves as its edges are put down.
        let mut targets = vec![0; pairs.len()];
        for &(from, to) in pairs {
            let place = &mut ends[from as usize];
            targets[*place as usize] = to;
            *place += 1;
        }
        Edges { ends, targets }
    }

    /// The edges of one number.
    fn of(&self, from: u32) -> &[u32] {
        let start = match from {
            0 => 0,
            _ => self.ends[from as usize - 1],
        };
        &self.targets[start as usize..self.ends[from as usize] as usize]
    }
}

/// Who needs whom, of the packages that apt would take and through certain fields.
pub(super) struct Reverse {
    dependants: Edges,
    served: Edges,
    groups: usize,
}

impl Reverse {
    /// Reads a universe backwards.
    pub(super) fn new(universe: &Universe<'_>, fields: &[Field]) -> Reverse {
        let groups = universe.group_count();
        let mut declared = Vec::new();
        for id in universe.ids() {
            let package = universe.package(id);
            if package.is_candidate() && !package.is_source() {
                let counted = universe
                    .dependencies(id)
                    .filter(|dependency| fields.contains(&dependency.field));
                declared.extend(
                    counted
                        .filter(|one| (one.group.0 as usize) < groups)
                        .map(|one| (one.group.0, id.0)),
                );
            }
        }
        let dependants = Edges::new(groups, &declared);
        let mut serving = Vec::new();
        for group in (0..groups as u32).filter(|&group| !dependants.of(group).is_empty()) {
            let candidates = universe.group_candidates(GroupId(group)).iter();
            serving.extend(
                candidates
                    .filter(|&&id| (id as usize) < universe.len())
                    .map(|&id| (id, group)),
            );
        }
        Reverse {
            dependants,
            served: Edges::new(universe.len(), &serving),
            groups,
        }
    }

    /// The packages that are reached from these, each with the number of steps from them, at least 1.
    pub(super) fn reached(&self, from: &[PackageId]) -> Vec<(PackageId, u32)> {
        let mut seen = vec![false; self.served.ends.len()];
        let mut told = vec![false; self.groups];
        from.iter().for_each(|id| seen[id.0 as usize] = true);
        let mut reached: Vec<(PackageId, u32)> = from.iter().map(|&id| (id, 0)).collect();
        let mut next = 0;
        while let Some(&(package, steps)) = reached.get(next) {
            next += 1;
            for &group in self.served.of(package.0) {
                if std::mem::replace(&mut told[group as usize], true) {
                    continue;
                }
                for &dependant in self.dependants.of(group) {
                    if !std::mem::replace(&mut seen[dependant as usize], true) {
                        reached.push((PackageId(dependant), steps + 1));
                    }
                }
            }
        }
        reached.retain(|(_, steps)| *steps > 0);
        reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_of_one_number_are_side_by_side() {
        let edges = Edges::new(4, &[(2, 7), (0, 1), (2, 5), (3, 0)]);
        let expected: [&[u32]; 4] = [&[1], &[], &[7, 5], &[0]];
        for (from, targets) in (0..).zip(expected) {
            assert_eq!(edges.of(from), targets, "{from}");
        }
    }
}
