//! Until when suites are cared for, and which packages are cared for less: facts of Debian that
//! come with Formwork, see `data/support`.

use formwork_deb::time::Timestamp;

const SUITES: &str = include_str!("../../../../data/support/suites.csv");
const PACKAGES: &str = include_str!("../../../../data/support/security-support.txt");

/// The day of the newest of the data: what happened later is not in them.
pub const AS_OF: &str = "2026-10-12";

/// How long a suite of Debian is cared for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuiteDates {
    /// The suite.
    pub suite: &'static str,
    /// Its version of Debian.
    pub version: &'static str,
    /// The last day on which Debian's security team cares for it.
    pub regular: Option<Timestamp>,
    /// The last day on which Debian LTS does.
    pub lts: Option<Timestamp>,
    /// The last day on which Extended LTS does, for the packages of its sponsors.
    pub elts: Option<Timestamp>,
}

/// Who cares for a suite on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Care {
    /// Debian's security team.
    Regular,
    /// Debian LTS.
    Lts,
    /// Extended LTS, for what its sponsors list.
    Elts,
    /// Nobody.
    Ended,
    /// The dates are not known yet.
    Unknown,
}

impl SuiteDates {
    /// Who cares for the suite on a day; a last day counts in full.
    #[must_use]
    pub fn care(&self, day: Timestamp) -> Care {
        let Some(regular) = self.regular else {
            return Care::Unknown;
        };
        let reached = |end: Option<Timestamp>| end.is_some_and(|end| day.0 < end.0 + 86_400);
        if reached(Some(regular)) {
            Care::Regular
        } else if reached(self.lts) {
            Care::Lts
        } else if reached(self.elts) {
            Care::Elts
        } else {
            Care::Ended
        }
    }

    /// The last day on which anybody cares for it.
    #[must_use]
    pub fn end(&self) -> Option<Timestamp> {
        self.elts.or(self.lts).or(self.regular)
    }

    /// All its dates in a few words: `regular until 2026-07-11, LTS until 2028-06-30`.
    #[must_use]
    pub fn told(&self) -> String {
        let dates = [
            ("regular", self.regular),
            ("LTS", self.lts),
            ("ELTS", self.elts),
        ];
        let told: Vec<String> = dates
            .into_iter()
            .filter_map(|(word, date)| Some(format!("{word} until {}", date?.date())))
            .collect();
        if told.is_empty() {
            "no dates yet".to_owned()
        } else {
            told.join(", ")
        }
    }
}

/// The dates of a suite, if it is one of Debian's.
#[must_use]
pub fn dates(suite: &str) -> Option<SuiteDates> {
    let lines = SUITES.lines().filter(|line| !line.starts_with('#'));
    let mut found = lines.filter_map(|line| {
        let columns: Vec<&str> = line.split(',').collect();
        let date = |at: usize| Timestamp::parse_date(columns.get(at)?).ok();
        Some(SuiteDates {
            suite: columns.first()?,
            version: columns.get(1)?,
            regular: date(3),
            lts: date(4),
            elts: date(5),
        })
    });
    found.find(|dates| dates.suite == suite)
}

/// How the security support of a package differs from that of its suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lesser {
    /// It is limited.
    Limited(Details),
    /// It has ended, or will end, on a day; empty if nobody says when.
    Ended(String, Details),
}

/// Why support is less, and where that was announced; either may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// Why, or within which limits it is supported.
    pub reason: &'static str,
    /// A bug of Debian (`#1069706`) or a mail to one of its lists.
    pub reference: &'static str,
}

impl Details {
    /// Both in a few words; empty if nothing is known.
    #[must_use]
    pub fn told(&self) -> String {
        match (self.reason, self.reference) {
            ("", reference) => reference.to_owned(),
            (reason, "") => reason.to_owned(),
            (reason, reference) => format!("{reason} ({reference})"),
        }
    }
}

/// How the support of a source package in a suite is less, if it is.
///
/// A line with the very name counts before one with a pattern.
#[must_use]
pub fn lesser(suite: &str, source: &str) -> Option<Lesser> {
    let mut found: Option<(usize, Option<Lesser>)> = None;
    for line in PACKAGES.lines().filter(|line| !line.starts_with('#')) {
        let mut columns = line.split('\t');
        let (Some(own), Some(pattern), Some(state)) =
            (columns.next(), columns.next(), columns.next())
        else {
            continue;
        };
        let exact = pattern == source;
        if own != suite || !(exact || matches_pattern(pattern, source)) {
            continue;
        }
        let mut next = || columns.next().filter(|text| *text != "-").unwrap_or("");
        let (day, _version) = (next(), next());
        let details = Details {
            reason: next(),
            reference: next(),
        };
        let lesser = match state {
            "limited" => Some(Lesser::Limited(details)),
            "ended" => Some(Lesser::Ended(day.to_owned(), details)),
            _ => None,
        };
        let weight = if exact { usize::MAX } else { pattern.len() };
        if found.as_ref().is_none_or(|(known, _)| *known < weight) {
            found = Some((weight, lesser));
        }
    }
    found?.1
}

/// Whether a text fits a pattern in which `*` stands for any text.
#[must_use]
pub fn matches_pattern(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut left) = text.strip_prefix(head) else {
        return false;
    };
    let parts: Vec<&str> = rest.split('*').collect();
    let Some((last, middle)) = parts.split_last() else {
        return false;
    };
    for part in middle {
        match left.find(part) {
            Some(at) => left = &left[at + part.len()..],
            None => return false,
        }
    }
    left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Timestamp {
        Timestamp::parse_date(text).unwrap()
    }

    #[test]
    fn care_changes_the_day_after_each_date() {
        let bullseye = dates("bullseye").unwrap();
        let table = [
            ("2024-08-14", Care::Regular),
            ("2024-08-15", Care::Lts),
            ("2026-08-31", Care::Lts),
            ("2026-09-01", Care::Elts),
            ("2031-06-30", Care::Elts),
            ("2031-07-01", Care::Ended),
        ];
        for (text, expected) in table {
            assert_eq!(bullseye.care(day(text)), expected, "{text}");
        }
        assert_eq!(
            bullseye.told(),
            "regular until 2024-08-14, LTS until 2026-08-31, ELTS until 2031-06-30"
        );
        let forky = dates("forky").unwrap();
        assert_eq!(forky.care(day("2026-11-22")), Care::Unknown);
        assert_eq!(forky.told(), "no dates yet");
        assert_eq!(dates("suite"), None);
    }

    #[test]
    fn lesser_support_is_found_by_name_and_pattern() {
        let ended = lesser("bookworm", "suricata").unwrap();
        assert!(matches!(&ended, Lesser::Ended(day, _) if day == "2026-04-30"));
        let limited =
            |suite: &str, source: &str| matches!(lesser(suite, source), Some(Lesser::Limited(_)));
        assert!(limited("bookworm", "golang-1.19"));
        assert!(limited("trixie", "rust-clap"));
        // An exception to a wider line.
        assert_eq!(lesser("trixie", "rust-sequoia-sqv"), None);
        assert_eq!(lesser("bookworm", "openssl"), None);
        assert_eq!(lesser("sid", "suricata"), None);
    }

    #[test]
    fn every_line_of_the_data_is_understood() {
        for line in PACKAGES.lines().filter(|line| !line.starts_with('#')) {
            let columns: Vec<&str> = line.split('\t').collect();
            assert_eq!(columns.len(), 7, "{line}");
            assert!(dates(columns[0]).is_some(), "{line}");
            assert!(
                ["limited", "ended", "supported"].contains(&columns[2]),
                "{line}"
            );
            let dated = Timestamp::parse_date(columns[3]).is_ok();
            assert!(dated || columns[3] == "-", "{line}");
            assert!(!dated || columns[2] == "ended", "{line}");
        }
        let suites = SUITES.lines().filter(|line| !line.starts_with('#'));
        assert!(suites.clone().all(|line| line.split(',').count() == 6));
        assert_eq!(suites.count(), 11);
    }

    #[test]
    fn patterns_fit_whole_texts() {
        let table = [
            ("golang*", "golang", true),
            ("golang*", "gola", false),
            ("*-dev", "libx-dev", true),
            ("*-dev", "libx-dev2", false),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxc", false),
            ("GPL-3", "GPL-3+", false),
            ("*", "", true),
        ];
        for (pattern, text, expected) in table {
            assert_eq!(matches_pattern(pattern, text), expected, "{pattern} {text}");
        }
    }
}
