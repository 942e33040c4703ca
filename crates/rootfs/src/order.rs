//! In which order packages are unpacked and configured.
//!
//! Two waves, as apt and the usual bootstrap programs have it: the packages marked essential
//! with all that they depend on, then the rest. Inside a wave a package comes after those that
//! it names in `Pre-Depends`, else in the order of names; `base-files` and `base-passwd` come
//! first of all, as everything else expects the directories and the accounts of theirs.
//! Within the second wave, a package with a `preinst` waits until its `Pre-Depends` are
//! configured.

use std::collections::{BTreeSet, HashMap};

use formwork_deb::relation::{self, Relation};

use crate::unpack::control::Control;

/// Packages that are unpacked before all others of their wave.
const FIRST: [&str; 2] = ["base-files", "base-passwd"];

/// Which packages can serve a relation.
pub(crate) struct Providers<'a> {
    controls: &'a [Control],
    /// The packages that have this name, or provide it.
    named: HashMap<&'a str, Vec<usize>>,
    provided: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Providers<'a> {
    /// Notes all names.
    pub(crate) fn new(controls: &'a [Control]) -> Providers<'a> {
        let mut named: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut provided: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, control) in controls.iter().enumerate() {
            named.entry(&control.package.name).or_default().push(index);
            for relation in relations(&control.provides).into_iter().flatten() {
                provided.entry(relation.name).or_default().push(index);
            }
        }
        Providers {
            controls,
            named,
            provided,
        }
    }

    /// The packages that one field of dependencies leads to: of each group the first alternative
    /// that is there, under its own name or another's.
    pub(crate) fn needs(&self, field: &str) -> BTreeSet<usize> {
        let mut needed = BTreeSet::new();
        for group in relations(field) {
            let found = group.iter().find_map(|relation| {
                let real = self.real(relation);
                if !real.is_empty() {
                    return Some(real);
                }
                self.provided.get(relation.name).cloned()
            });
            needed.extend(found.unwrap_or_default());
        }
        needed
    }

    fn real(&self, relation: &Relation<'_>) -> Vec<usize> {
        let found = self.named.get(relation.name).into_iter().flatten();
        found
            .copied()
            .filter(|index| relation.satisfied_by(&self.controls[*index].package.version))
            .collect()
    }

    /// All that these packages need to be configured, themselves included.
    pub(crate) fn closure(&self, start: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        let mut closure = BTreeSet::new();
        let mut open: Vec<usize> = start.into_iter().collect();
        while let Some(index) = open.pop() {
            if closure.insert(index) {
                let control = &self.controls[index];
                open.extend(self.needs(&control.pre_depends));
                open.extend(self.needs(&control.depends));
            }
        }
        closure
    }
}

/// The alternatives of each group of a field; one that cannot be read has none.
fn relations(field: &str) -> Vec<Vec<Relation<'_>>> {
    relation::parse_groups(field)
        .map(|groups| groups.into_iter().map(|group| group.alternatives).collect())
        .unwrap_or_default()
}

/// The order of unpacking of packages that come after all others.
pub(crate) fn last(
    controls: &[Control],
    providers: &Providers<'_>,
    wave: &BTreeSet<usize>,
) -> Vec<usize> {
    sorted(controls, providers, wave)
}

/// The two waves, each in the order of unpacking.
pub(crate) fn waves(controls: &[Control], providers: &Providers<'_>) -> [Vec<usize>; 2] {
    let essential = (0..controls.len()).filter(|index| controls[*index].essential);
    let first = providers.closure(essential);
    let second = (0..controls.len())
        .filter(|index| !first.contains(index))
        .collect();
    [
        sorted(controls, providers, &first),
        sorted(controls, providers, &second),
    ]
}

/// Packages after those that they pre-depend on, else by name.
fn sorted(controls: &[Control], providers: &Providers<'_>, wave: &BTreeSet<usize>) -> Vec<usize> {
    let mut by_name: Vec<usize> = wave.iter().copied().collect();
    by_name.sort_by_key(|index| {
        let package = &controls[*index].package;
        let rank = FIRST.iter().position(|name| *name == package.name);
        (
            rank.unwrap_or(FIRST.len()),
            &package.name,
            &package.architecture,
        )
    });
    let mut done = BTreeSet::new();
    let mut order = Vec::with_capacity(by_name.len());
    for index in by_name {
        visit(index, controls, providers, wave, (&mut done, &mut order));
    }
    order
}

/// Puts a package behind what it pre-depends on; a circle is cut where it closes.
fn visit(
    index: usize,
    controls: &[Control],
    providers: &Providers<'_>,
    wave: &BTreeSet<usize>,
    (done, order): (&mut BTreeSet<usize>, &mut Vec<usize>),
) {
    // Depth is kept off the stack: chains of any length are as good as short ones.
    let mut open: Vec<(usize, bool)> = vec![(index, false)];
    while let Some((index, below_done)) = open.pop() {
        if below_done {
            order.push(index);
        } else if done.insert(index) {
            open.push((index, true));
            let needs = providers.needs(&controls[index].pre_depends);
            open.extend(
                needs
                    .into_iter()
                    .rev()
                    .filter(|need| wave.contains(need) && !done.contains(need))
                    .map(|need| (need, false)),
            );
        }
    }
}
