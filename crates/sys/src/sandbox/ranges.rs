//! The ranges of numbers that `/etc/subuid` and `/etc/subgid` lend to a user, and what we map to them.
//!
//! A line is `user:first:count`, the user by name or by number (subuid(5)). Lines that are
//! none of these are skipped, as `newuidmap` does.

use std::fmt;

/// The numbers that a tree needs besides 0: Debian's go up to 65534, and -1 is none.
pub(super) const NEEDED: u32 = 65535;
/// Where useradd begins to lend numbers.
const FIRST_LENT: u32 = 100_000;

/// Numbers that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    /// The first of them.
    pub first: u32,
    /// How many there are.
    pub count: u32,
}

impl Range {
    fn end(self) -> u32 {
        self.first.saturating_add(self.count)
    }

    fn overlaps(self, other: Range) -> bool {
        self.first < other.end() && other.first < self.end()
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.end().saturating_sub(1))
    }
}

/// All ranges of a file, with the user that each is lent to.
fn lines(text: &str) -> impl Iterator<Item = (&str, Range)> {
    text.lines().filter_map(|line| {
        let mut fields = line.trim().split(':');
        let user = fields.next()?;
        let first = fields.next()?.parse().ok()?;
        let count = fields.next()?.parse().ok()?;
        fields
            .next()
            .is_none()
            .then_some((user, Range { first, count }))
    })
}

/// The ranges lent to a user, each number once, without the user's own; no more than needed.
pub(super) fn lent(text: &str, name: &str, number: u32, own: u32) -> Vec<Range> {
    let own = Range {
        first: own,
        count: 1,
    };
    let by_number = number.to_string();
    let mut found: Vec<Range> = Vec::new();
    let mut left = NEEDED;
    for (user, range) in lines(text) {
        let ours = user == name || user == by_number;
        // The kernel refuses a map that names a number twice.
        let twice = range.overlaps(own) || found.iter().any(|other| other.overlaps(range));
        if !ours || twice || range.count == 0 || range.first == 0 || left == 0 {
            continue;
        }
        let count = range.count.min(left);
        left -= count;
        found.push(Range {
            first: range.first,
            count,
        });
    }
    found
}

/// How many numbers some ranges have together.
pub(super) fn count(ranges: &[Range]) -> u32 {
    ranges.iter().map(|range| range.count).sum()
}

/// A range of the usual size that nobody has yet.
pub(super) fn free(texts: [&str; 2]) -> Range {
    let last = texts
        .into_iter()
        .flat_map(lines)
        .map(|(_, range)| range.end());
    Range {
        first: last.max().unwrap_or(0).max(FIRST_LENT),
        count: 65536,
    }
}

/// The arguments of `newuidmap` or `newgidmap`: 0 is the user, 1 and up are what is lent.
pub(super) fn arguments(process: u32, own: u32, lent: &[Range]) -> Vec<String> {
    let mut words = vec![process, 0, own, 1];
    let mut inside = 1;
    for range in lent {
        words.extend([inside, range.first, range.count]);
        inside += range.count;
    }
    words.iter().map(u32::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(u32, u32)> {
        let found = lent(text, "ada", 1000, 1000);
        found
            .iter()
            .map(|range| (range.first, range.count))
            .collect()
    }

    #[test]
    fn ranges_are_found_by_name_and_number() {
        type Case = (&'static str, &'static str, &'static [(u32, u32)]);
        let cases: [Case; 10] = [
            (
                "by name",
                "bob:1:2\nada:100000:65536\n",
                &[(100_000, 65535)],
            ),
            ("by number", "1000:100000:65536", &[(100_000, 65535)]),
            ("another's number", "10000:100000:65536", &[]),
            (
                "several",
                "ada:200000:1000\n1000:300000:65536\n",
                &[(200_000, 1000), (300_000, 64535)],
            ),
            (
                "the same by name and by number",
                "ada:100000:65536\n1000:100000:65536\n",
                &[(100_000, 65535)],
            ),
            (
                "one that overlaps another",
                "ada:100000:30000\nada:110000:65536\nada:200000:65536\n",
                &[(100_000, 30000), (200_000, 35535)],
            ),
            ("one with the user's own number", "ada:500:1000\n", &[]),
            ("root's", "ada:0:65536\n", &[]),
            (
                "nonsense",
                "\nada\nada:x:1\nada:1:2:3\nada:-5:7\nada:7:0\n",
                &[],
            ),
            (
                "more than a number holds",
                "ada:4294967295:4294967295",
                &[(u32::MAX, 65535)],
            ),
        ];
        for (case, text, expected) in cases {
            assert_eq!(pairs(text), expected, "{case}");
        }
    }

    #[test]
    fn a_free_range_follows_all_others() {
        let free = |one, two| free([one, two]).to_string();
        assert_eq!(free("", ""), "100000-165535");
        assert_eq!(
            free("bob:100000:65536", "eve:165536:65536"),
            "231072-296607"
        );
    }

    #[test]
    fn the_map_has_no_gaps() {
        let lent = lent("ada:200000:1000\nada:300000:65536", "ada", 7, 1000);
        assert_eq!(count(&lent), NEEDED);
        let words = arguments(42, 1000, &lent).join(" ");
        assert_eq!(words, "42 0 1000 1 1 200000 1000 1001 300000 64535");
    }
}
