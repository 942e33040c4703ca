//! The data of Debian's security tracker, as far as rules need them.
//!
//! The format is that of the tracker's `data/json`: source packages, in each the vulnerabilities,
//! in each the `releases` with `status` (`open`, `resolved`, `undetermined`), `fixed_version` where
//! resolved, `urgency`, and `nodsa` where the security team does not mean to fix it on its own.
//! `resolved` says only that a fixed version exists: what counts is the version at hand. A release
//! that is not there is not told of; that is not "not affected".

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use formwork_deb::version;
use formwork_model::policy::Urgency;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

/// The vulnerabilities of some source packages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vulnerabilities {
    sources: BTreeMap<String, Vec<Issue>>,
}

/// One vulnerability of one source package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// `CVE-…`, or a temporary number of the tracker.
    pub id: String,
    releases: BTreeMap<String, State>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct State {
    status: String,
    fixed_version: Option<String>,
    #[serde(default)]
    urgency: String,
}

#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    releases: BTreeMap<String, State>,
}

impl Vulnerabilities {
    /// Reads the data of these sources and passes over all others.
    pub fn read(json: &[u8], sources: &BTreeSet<&str>) -> Result<Vulnerabilities, String> {
        let wanted: BTreeSet<&str> = sources
            .iter()
            .map(|source| tracked_source(source))
            .collect();
        let mut reader = serde_json::Deserializer::from_slice(json);
        let read = Sources { wanted: &wanted }.deserialize(&mut reader);
        let found = read.and_then(|found| reader.end().map(|()| found));
        found.map_err(|error| error.to_string())
    }

    /// The vulnerabilities of a source; nothing if the data do not know it.
    #[must_use]
    pub fn of(&self, source: &str) -> Option<&[Issue]> {
        self.sources.get(source).map(Vec::as_slice)
    }
}

/// The name under which the tracker knows a source: signed copies go by their original.
pub(super) fn tracked_source(source: &str) -> &str {
    match source.find("-signed") {
        Some(at) if at > 0 => &source[..at],
        _ => source,
    }
}

impl Issue {
    /// Whether the data say anything about a suite.
    #[must_use]
    pub fn tells(&self, suite: &str) -> bool {
        let state = self.releases.get(suite);
        state.is_some_and(|state| state.status != "undetermined")
    }

    /// Whether a version of a suite has it.
    #[must_use]
    pub fn is_open(&self, suite: &str, installed: &str) -> bool {
        let Some(state) = self.releases.get(suite) else {
            return false;
        };
        match (state.status.as_str(), &state.fixed_version) {
            ("open", _) => true,
            ("resolved", Some(fixed)) => fixed != "0" && version::compare(installed, fixed).is_lt(),
            _ => false,
        }
    }

    /// How urgent it is in a suite; a word that nobody knows counts as not yet assigned.
    #[must_use]
    pub fn urgency(&self, suite: &str) -> Urgency {
        let state = self.releases.get(suite);
        state
            .and_then(|state| Urgency::named(&state.urgency))
            .unwrap_or(Urgency::NotYetAssigned)
    }
}

/// Reads the outermost object, only the wanted keys of it.
struct Sources<'a> {
    wanted: &'a BTreeSet<&'a str>,
}

impl<'de> DeserializeSeed<'de> for Sources<'_> {
    type Value = Vulnerabilities;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Vulnerabilities, D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Sources<'_> {
    type Value = Vulnerabilities;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of source packages")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vulnerabilities, A::Error> {
        let mut sources = BTreeMap::new();
        while let Some(name) = map.next_key::<String>()? {
            if !self.wanted.contains(name.as_str()) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let written: BTreeMap<String, Written> = map.next_value()?;
            let issues = written.into_iter().map(|(id, written)| Issue {
                id,
                releases: written.releases,
            });
            sources.insert(name, issues.collect());
        }
        Ok(Vulnerabilities { sources })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATA: &str = r#"{
        "other": {"CVE-1": {"anything": [1, 2]}},
        "pam": {
            "CVE-2024-1": {"description": "x", "releases": {
                "bookworm": {"status": "open", "repositories": {"bookworm": "1.5.2-6"},
                             "urgency": "not yet assigned", "nodsa": "Minor issue", "nodsa_reason": ""},
                "trixie": {"status": "resolved", "fixed_version": "1.7.0-2", "urgency": "high"}}},
            "CVE-2024-2": {"releases": {
                "bookworm": {"status": "resolved", "fixed_version": "0", "urgency": "unimportant"}}},
            "CVE-2024-3": {"releases": {
                "bookworm": {"status": "undetermined", "urgency": "low**"}}}
        }
    }"#;

    #[test]
    fn what_counts_is_the_version_at_hand() {
        let wanted = BTreeSet::from(["pam", "acl"]);
        let data = Vulnerabilities::read(DATA.as_bytes(), &wanted).unwrap();
        let issues = data.of("pam").unwrap();
        assert!(issues[0].is_open("bookworm", "1.5.2-6"));
        assert!(issues[0].is_open("trixie", "1.7.0-1"));
        assert!(!issues[0].is_open("trixie", "1.7.0-2"));
        assert!(!issues[1].is_open("bookworm", "1.5.2-6"));
        assert_eq!(issues[0].urgency("trixie"), Urgency::High);
        assert_eq!(issues[2].urgency("bookworm"), Urgency::Low);
        let told: Vec<bool> = issues.iter().map(|issue| issue.tells("bookworm")).collect();
        assert_eq!(told, [true, true, false]);
        assert!(!issues[1].tells("trixie"));
        assert_eq!(data.of("acl"), None);
        assert_eq!(data.of("other"), None);
    }

    #[test]
    fn what_is_no_such_data_is_refused() {
        let wanted = BTreeSet::from(["pam"]);
        for text in ["", "[]", "{\"pam\": 3}", "{} x", "{\"a\": {"] {
            assert!(
                Vulnerabilities::read(text.as_bytes(), &wanted).is_err(),
                "{text}"
            );
        }
    }

    #[test]
    fn signed_sources_go_by_their_original() {
        let table = [
            ("linux-signed-amd64", "linux"),
            ("shim-signed", "shim"),
            ("linux", "linux"),
            ("-signed", "-signed"),
        ];
        for (source, expected) in table {
            assert_eq!(tracked_source(source), expected);
        }
    }
}
