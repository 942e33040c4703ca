//! The wish sets that everyone is asked, made from a seed and an index's names.

use super::index::Index;
use super::random::Random;

/// `count` sets of one to `most` names, each name as likely as any other.
pub(crate) fn random_sets(index: &Index, seed: u64, count: usize, most: usize) -> Vec<Vec<String>> {
    let names = index.names();
    let mut random = Random::new(seed, "random sets");
    (0..count)
        .map(|_| {
            let mut set = Vec::new();
            for _ in 0..=random.below(most) {
                push_new(&mut set, names[random.below(names.len())]);
            }
            set
        })
        .collect()
}

/// `count` sets whose closures declare `Conflicts` or `Breaks` on each other.
///
/// A clash between two packages is drawn, then each side is replaced by a package that
/// leads to it through first alternatives, zero to three steps up; some sets get further names.
pub(crate) fn clashing_sets(index: &Index, seed: u64, count: usize) -> Vec<Vec<String>> {
    let names = index.names();
    let clashes = clashes(index);
    let dependants = dependants(index);
    let mut random = Random::new(seed, "clashing sets");
    let mut sets = Vec::new();
    while sets.len() < count && !clashes.is_empty() {
        let (one, other) = *random.pick(&clashes);
        let mut set = Vec::new();
        for side in [one, other] {
            let above = climb(&mut random, &dependants, side);
            push_new(&mut set, &index.stanzas[above].name);
        }
        if random.chance(40) {
            for _ in 0..=random.below(3) {
                push_new(&mut set, names[random.below(names.len())]);
            }
        }
        if set.len() > 1 {
            sets.push(set);
        }
    }
    sets
}

fn push_new(set: &mut Vec<String>, name: &str) {
    if !set.iter().any(|known| known == name) {
        set.push(name.to_owned());
    }
}

/// Pairs of stanzas of which the first declares a clash with the second.  Clashes with certain
/// versions, mostly long gone, are kept only once in eight.
fn clashes(index: &Index) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let mut versioned = 0_usize;
    for (at, stanza) in index.stanzas.iter().enumerate() {
        for (name, any_version) in &stanza.clashes {
            let providers = if *any_version {
                index.providing(name)
            } else {
                &[]
            };
            for &other in index.named(name).iter().chain(providers) {
                versioned += usize::from(!any_version);
                let wanted = *any_version || versioned % 8 == 1;
                if wanted && index.stanzas[other].name != stanza.name {
                    pairs.push((at, other));
                }
            }
        }
    }
    pairs
}

/// For each stanza, those that depend on it by a first alternative.
fn dependants(index: &Index) -> Vec<Vec<usize>> {
    let mut dependants = vec![Vec::new(); index.stanzas.len()];
    for (at, stanza) in index.stanzas.iter().enumerate() {
        for name in &stanza.depends {
            if let Some(&needed) = index.bearing(name).first() {
                dependants[needed].push(at);
            }
        }
    }
    dependants
}

fn climb(random: &mut Random, dependants: &[Vec<usize>], from: usize) -> usize {
    let mut at = from;
    for _ in 0..random.below(4) {
        if dependants[at].is_empty() {
            break;
        }
        at = *random.pick(&dependants[at]);
    }
    at
}
