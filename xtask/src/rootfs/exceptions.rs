//! The differences that are let through: one path and its reason a line.
//!
//! `PATH [SUITE…] REASON`: the suites are optional. `*` in a path stands for any characters but
//! `/`. A line of `@NAME` takes in the list of another set. `#` begins a comment.

use super::differences::Differences;
use crate::source;

/// One line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exception {
    pattern: String,
    suites: Vec<String>,
    reason: String,
    place: String,
}

/// How many differing paths a set may have.
pub(crate) fn most(set: &str) -> usize {
    if set == "minbase" { 10 } else { 40 }
}

/// The list of a set.
pub(crate) fn load(set: &str) -> Result<Vec<Exception>, String> {
    let path = format!("bench/{set}.exceptions");
    let mut exceptions = Vec::new();
    for (number, line) in source::read(&path)?.lines().enumerate() {
        let place = format!("{path}:{}", number + 1);
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match line.strip_prefix('@') {
            Some(other) => exceptions.extend(load(other)?),
            None => exceptions.push(Exception::parse(line, place)?),
        }
    }
    Ok(exceptions)
}

impl Exception {
    fn parse(line: &str, place: String) -> Result<Self, String> {
        let bad = || format!("{place}: expected `PATH [SUITE…] REASON`");
        let (pattern, rest) = line.split_once(char::is_whitespace).ok_or_else(bad)?;
        let rest = rest.trim();
        let (suites, reason) = match rest.strip_prefix('[') {
            Some(rest) => rest.split_once(']').ok_or_else(bad)?,
            None => ("", rest),
        };
        let reason = reason.trim().to_owned();
        if reason.is_empty() {
            return Err(bad());
        }
        Ok(Self {
            pattern: pattern.to_owned(),
            suites: suites.split_whitespace().map(str::to_owned).collect(),
            reason,
            place,
        })
    }

    fn applies_to(&self, suite: &str) -> bool {
        self.suites.is_empty() || self.suites.iter().any(|one| one == suite)
    }
}

/// What speaks against a comparison.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Paths that differ and are on no line.
    pub(crate) unexpected: Vec<String>,
    /// Lines that no difference needs.
    pub(crate) stale: Vec<String>,
    /// Paths that a line lets through.
    pub(crate) excused: Vec<String>,
}

impl Verdict {
    /// Whether the trees are as equal as the list demands, and the list as short as it must be.
    pub(crate) fn passes(&self, most: usize) -> bool {
        self.unexpected.is_empty() && self.stale.is_empty() && self.excused.len() <= most
    }
}

/// Lays the differences beside the list.
pub(crate) fn judge(differences: &Differences, list: &[Exception], suite: &str) -> Verdict {
    let list: Vec<&Exception> = list.iter().filter(|line| line.applies_to(suite)).collect();
    let mut verdict = Verdict::default();
    let mut needed = vec![false; list.len()];
    for path in differences.keys() {
        let mut excused = false;
        for (line, needed) in list.iter().zip(&mut needed) {
            if matches(&line.pattern, path) {
                *needed = true;
                excused = true;
            }
        }
        match excused {
            true => verdict.excused.push(path.clone()),
            false => verdict.unexpected.push(path.clone()),
        }
    }
    let stale = list.iter().zip(needed).filter(|(_, needed)| !needed);
    verdict.stale = stale
        .map(|(line, _)| format!("{}: {} ({})", line.place, line.pattern, line.reason))
        .collect();
    verdict
}

/// Whether a path is as the pattern says.
fn matches(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((start, rest)) => path.strip_prefix(start).is_some_and(|path| {
            let end = path.find('/').unwrap_or(path.len());
            (0..=end)
                .filter(|at| path.is_char_boundary(*at))
                .any(|at| matches(rest, &path[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(lines: &[&str]) -> Vec<Exception> {
        let parse = |line: &&str| Exception::parse(line, "list:1".into()).unwrap();
        lines.iter().map(parse).collect()
    }

    fn differing(paths: &[&str]) -> Differences {
        let pairs = paths
            .iter()
            .map(|path| ((*path).to_owned(), vec!["mode".to_owned()]));
        pairs.collect()
    }

    #[test]
    fn a_difference_needs_a_line_and_a_line_a_difference() {
        let list = list(&[
            "var/log/*.log times of the run",
            "etc/x [trixie] only there",
            "etc/y gone",
        ]);
        let verdict = judge(
            &differing(&["var/log/dpkg.log", "var/log/apt/term.log", "etc/x"]),
            &list,
            "bookworm",
        );
        assert_eq!(verdict.excused, ["var/log/dpkg.log"]);
        assert_eq!(verdict.unexpected, ["etc/x", "var/log/apt/term.log"]);
        assert_eq!(verdict.stale, ["list:1: etc/y (gone)"]);
        assert!(!verdict.passes(10));
    }

    #[test]
    fn a_list_may_not_grow() {
        let list = list(&["a/* reason"]);
        let verdict = judge(&differing(&["a/1", "a/2", "a/3"]), &list, "bookworm");
        assert!(verdict.passes(3) && !verdict.passes(2));
    }

    #[test]
    fn a_line_without_a_reason_is_refused() {
        for line in ["etc/x", "etc/x [trixie]", "etc/x [trixie reason"] {
            let error = Exception::parse(line, "list:7".into()).unwrap_err();
            assert!(error.starts_with("list:7: "), "{error}");
        }
    }
}
