//! Names like one that there is not, for who mistyped or half remembers.

use formwork_deb::universe::Universe;

/// What stands before the names of sources in a universe.
const SOURCE: &str = "src:";
/// How many names are offered.
const OFFERED: usize = 5;

/// The real names most like this one, the likeliest first; for a source `src:NAME` those of sources.
pub fn nearest_names(universe: &Universe<'_>, wanted: &str) -> Vec<String> {
    let (prefix, wanted) = match wanted.strip_prefix(SOURCE) {
        Some(name) => (SOURCE, name),
        None => ("", wanted),
    };
    let mut close: Vec<(usize, usize, &str)> = universe
        .names()
        .filter(|&name| universe.packages_named(name).len() > 0)
        .filter_map(|name| universe.name(name).strip_prefix(prefix))
        .filter(|name| !name.starts_with(SOURCE))
        .filter_map(|name| Some((unlikeness(name, wanted)?, name.len(), name)))
        .collect();
    close.sort_unstable();
    let names = close.into_iter().take(OFFERED);
    names.map(|(_, _, name)| name.to_owned()).collect()
}

/// How far a name is from the one wanted, if it is near at all: typing errors, a longer or a
/// shorter form, or another package of the same kind (`gawk` for `mawk-ng`).
fn unlikeness(name: &str, wanted: &str) -> Option<usize> {
    let found = [
        typing_errors(name, wanted),
        extension(name, wanted),
        kinship(name, wanted),
    ];
    found.into_iter().flatten().min()
}

fn typing_errors(name: &str, wanted: &str) -> Option<usize> {
    let limit = (wanted.len() / 3).clamp(1, 3);
    let distance = within(name, wanted, limit)?;
    (distance < wanted.len()).then_some(2 * distance)
}

/// `nginx` for `nginx-ful`; `openssh-client` for `openssh`; `libssl3` for `libssl`.
fn extension(name: &str, wanted: &str) -> Option<usize> {
    if name.len() < 3 || wanted.len() < 3 {
        return None;
    }
    let part = |rest: &str| rest.starts_with('-');
    if wanted.strip_prefix(name).is_some_and(part) {
        return Some(1);
    }
    let rest = name.strip_prefix(wanted)?;
    Some(if part(rest) { 3 } else { 4 })
}

/// One part of the name is nearly, or a piece of, the first part of the one wanted.
fn kinship(name: &str, wanted: &str) -> Option<usize> {
    let stem = wanted.split('-').next().filter(|stem| stem.len() > 3)?;
    let parts = name.split('-');
    let likeness = |part: &str| match part {
        same if same == stem => Some(0),
        piece if piece.len() + 1 == stem.len() && stem.contains(piece) => Some(1),
        other => within(other, stem, 1).map(|_| 2),
    };
    let nearest = parts.clone().filter_map(likeness).min()?;
    Some(4 + nearest + 2 * (parts.count() - 1))
}

/// The distance of two names where it is not above a limit.
fn within(a: &str, b: &str, limit: usize) -> Option<usize> {
    // Each slip adds or takes away one letter, or changes one for another.
    let others = (letters(a) ^ letters(b)).count_ones() as usize;
    if a.len().abs_diff(b.len()) > limit || others > 2 * limit {
        return None;
    }
    Some(edit_distance(a.as_bytes(), b.as_bytes())).filter(|&distance| distance <= limit)
}

/// Which bytes a name has, a bit each; some share theirs.
fn letters(name: &str) -> u64 {
    name.bytes().fold(0, |bits, byte| bits | 1 << (byte % 64))
}

/// Insertions, deletions, replacements and exchanges of neighbours between two names.
fn edit_distance(a: &[u8], b: &[u8]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let replaced = last[j] + usize::from(x != y);
            let mut best = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i - 1] == *y && b[j - 1] == *x {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}
