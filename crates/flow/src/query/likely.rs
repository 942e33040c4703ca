//! Which names a person may have meant by one that nobody bears.
//!
//! First what is there when a part is added (`openssh` for `openssh-server`), then those that
//! differ by a slip of the fingers, then what is left when parts are taken away (`mawk-ng` for
//! `mawk`).

use formwork_deb::universe::Universe;
use formwork_model::nearest::nearest;

/// What stands before the names of sources in a universe.
const SOURCE: &str = "src:";
/// How many names are offered.
const OFFERED: usize = 3;
/// How many slips make another name.
const SLIPS: usize = 3;
/// A name shorter than this is the beginning of too many others.
const LONG_ENOUGH: usize = 3;

/// The names most like this one, best first; for a source `src:NAME` those of sources.
pub(super) fn likely(universe: &Universe<'_>, name: &str) -> Vec<String> {
    let (prefix, name) = match name.strip_prefix(SOURCE) {
        Some(name) => (SOURCE, name),
        None => ("", name),
    };
    let name = name.rsplit_once(':').map_or(name, |(front, _)| front);
    let known = || {
        universe
            .names()
            .filter_map(|id| universe.name(id).strip_prefix(prefix))
            .filter(|known| !known.starts_with(SOURCE))
    };
    let mut found: Vec<&str> = Vec::new();
    if name.len() >= LONG_ENOUGH {
        let longer = known().filter(|known| {
            known
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('-'))
        });
        found.extend(longer.take(OFFERED));
    }
    found.extend(nearest(
        name,
        known().filter(|known| is_near(known, name)),
        OFFERED,
    ));
    found.extend(stem(universe, prefix, name));
    let mut offered: Vec<String> = Vec::new();
    for candidate in found {
        if offered.len() < OFFERED && !offered.iter().any(|known| known == candidate) {
            offered.push(candidate.to_owned());
        }
    }
    offered
}

/// Whether two names may differ by a few slips at all: a cheap look before the exact one.
fn is_near(one: &str, other: &str) -> bool {
    one.len().abs_diff(other.len()) <= SLIPS
        && (letters(one) ^ letters(other)).count_ones() as usize <= 2 * SLIPS
}

/// Which letters and marks a name has, a bit each.
fn letters(name: &str) -> u64 {
    name.bytes().fold(0, |bits, byte| bits | 1 << (byte % 64))
}

/// The longest name that is left when parts behind hyphens are taken away.
fn stem<'a>(universe: &Universe<'a>, prefix: &str, name: &str) -> Option<&'a str> {
    let mut rest = name;
    while let Some((front, _)) = rest.rsplit_once('-') {
        rest = front;
        let found = universe.find(&format!("{prefix}{rest}"));
        if let Some(id) = found.filter(|_| rest.len() >= LONG_ENOUGH) {
            return universe.name(id).strip_prefix(prefix);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::toy;

    #[test]
    fn slips_parts_and_stems_are_offered() {
        let rows = "mawk 1\ngawk 1\nopenssl 1\nopenssh-server 1\nopenssh-client 1\nfail2ban 1 provides=ban\na 1";
        let cases: [(&str, &[&str]); 8] = [
            ("mwak", &["mawk", "gawk"]),
            ("mawk-ng", &["mawk"]),
            ("mawk-ng-dev", &["mawk"]),
            // What a part added would make comes before what a slip would.
            ("openssh", &["openssh-client", "openssh-server", "openssl"]),
            ("fail2bn:arm64", &["fail2ban"]),
            ("bam", &["ban"]),
            ("a-b", &[]),
            ("xyzzy", &[]),
        ];
        for (name, expected) in cases {
            let offered = toy::ask(rows, |universe| likely(universe, name));
            assert_eq!(offered, expected, "{name}");
        }
    }
}
