//! The nearest known word to a mistyped one, for "did you mean".
//!
//! The distance counts insertions, deletions, substitutions and swaps of neighbours
//! (optimal string alignment). Ties are broken by the order of the words themselves, so the
//! same question always gets the same answer.

/// Returns up to `limit` candidates that are near enough to `word` to be meant, nearest first.
pub fn nearest<'a, I>(word: &str, candidates: I, limit: usize) -> Vec<&'a str>
where
    I: IntoIterator<Item = &'a str>,
{
    let wanted: Vec<char> = word.chars().collect();
    let reach = reach(wanted.len());
    let mut found: Vec<(usize, &str)> = Vec::new();
    for candidate in candidates {
        // Every character has at most four bytes, so this is a safe and cheap first sieve.
        if candidate.len() > (wanted.len() + reach) * 4 || candidate == word {
            continue;
        }
        let distance = distance(&wanted, candidate, reach);
        if distance <= reach {
            found.push((distance, candidate));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
        .into_iter()
        .take(limit)
        .map(|(_, candidate)| candidate)
        .collect()
}

/// How many slips we forgive in a word of this length.
fn reach(length: usize) -> usize {
    match length {
        0 => 0,
        1..=3 => 1,
        4..=7 => 2,
        _ => 3,
    }
}

/// The distance of two words, or `reach + 1` if it is certainly larger than `reach`.
fn distance(wanted: &[char], candidate: &str, reach: usize) -> usize {
    let other: Vec<char> = candidate.chars().collect();
    if wanted.len().abs_diff(other.len()) > reach {
        return reach + 1;
    }
    let width = other.len() + 1;
    let mut before: Vec<usize> = vec![0; width];
    let mut above: Vec<usize> = (0..width).collect();
    for (row, left) in wanted.iter().enumerate() {
        let mut current = vec![row + 1; width];
        for (column, right) in other.iter().enumerate() {
            let substitution = above[column] + usize::from(left != right);
            let mut best = substitution
                .min(above[column + 1] + 1)
                .min(current[column] + 1);
            let swapped =
                row > 0 && column > 0 && *left == other[column - 1] && wanted[row - 1] == *right;
            if swapped {
                best = best.min(before[column - 1] + 1);
            }
            current[column + 1] = best;
        }
        if current.iter().min().is_some_and(|least| *least > reach) {
            return reach + 1;
        }
        before = above;
        above = current;
    }
    above[width - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_what_was_meant_and_nothing_far() {
        let keys = [
            "packages",
            "suites",
            "architectures",
            "variant",
            "recommends",
        ];
        let table = [
            ("pakages", vec!["packages"]),
            ("package", vec!["packages"]),
            ("sutie", vec!["suites"]),
            ("architecture", vec!["architectures"]),
            ("varaint", vec!["variant"]),
            ("kernel", vec![]),
            ("", vec![]),
        ];
        for (word, expected) in table {
            assert_eq!(nearest(word, keys, 3), expected, "{word}");
        }
    }

    #[test]
    fn a_swap_costs_one_and_ties_go_by_name() {
        assert_eq!(
            nearest("mwak", ["mawk", "gawk", "make"], 3),
            ["mawk", "gawk", "make"]
        );
        assert_eq!(nearest("abd", ["abc", "aba"], 3), ["aba", "abc"]);
        assert_eq!(nearest("abd", ["abc", "aba"], 1), ["aba"]);
    }
}
