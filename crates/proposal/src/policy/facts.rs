//! What is known of a package besides its relations: who cares for it, and what its file ships.
//!
//! A fact that is not known is `None`, and told as unknown; an empty list is a fact.

use std::collections::BTreeMap;

use formwork_deb::time::Timestamp;

/// What the index of sources says of a source package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceFacts {
    /// Its version.
    pub version: String,
    /// Its maintainer, as written.
    pub maintainer: String,
    /// Whether its version control is named.
    pub version_control: bool,
    /// The version of Debian Policy it follows, if it says.
    pub standards_version: Option<String>,
}

impl SourceFacts {
    /// Whether nobody maintains it but Debian's quality assurance.
    #[must_use]
    pub fn is_orphaned(&self) -> bool {
        let maintainer = self.maintainer.to_ascii_lowercase();
        maintainer.contains("packages@qa.debian.org") || maintainer.starts_with("debian qa group")
    }
}

/// What is known of a binary package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BinaryFacts {
    /// Its version.
    pub version: String,
    /// The source package it was built from.
    pub source: String,
    /// The version of that source package.
    pub source_version: String,
    /// Its tags by facet, as in `network::server`; `None` if the index has none.
    pub tags: Option<Vec<String>>,
    /// What its file ships; `None` if the file could not be had.
    pub contents: Option<Contents>,
}

/// What the file of a binary package ships.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// The date of the top entry of its changelog.
    pub uploaded: Option<Timestamp>,
    /// Files that run with the rights of their owner or group, each with its mode: `4755 /usr/bin/su`.
    pub setuid: Vec<String>,
    /// Files with capabilities, and scripts that give some: `/usr/bin/ping`, `postinst: setcap`.
    pub capabilities: Vec<String>,
    /// The names of its systemd services and init scripts.
    pub services: Vec<String>,
    /// Its socket units, each with what it listens on: `ssh.socket: 22`.
    pub sockets: Vec<String>,
    /// The interpreters of its programs.
    pub interpreters: Vec<String>,
    /// The licences of its files, sorted; `None` if its copyright file is not machine-readable.
    pub licences: Option<Vec<String>>,
}

/// The word in front of each line of a list, and where its values go.
type Lists<'a> = [(&'static str, &'a mut Vec<String>); 5];

/// The first line of the text form; it changes whenever older texts must not be read.
const FORMAT: &str = "formwork-contents-1";

impl Contents {
    /// The text form, for keeping.
    #[must_use]
    pub fn print(&self) -> String {
        let mut text = format!("{FORMAT}\n");
        let mut line = |word: &str, value: &str| {
            text.push_str(&format!("{word} {}\n", value.replace(['\n', '\r'], " ")));
        };
        if let Some(uploaded) = self.uploaded {
            line("uploaded", &uploaded.0.to_string());
        }
        let mut own = self.clone();
        for (word, values) in own.lists() {
            values.iter().for_each(|value| line(word, value));
        }
        if let Some(licences) = &self.licences {
            line("licences", &licences.len().to_string());
            licences.iter().for_each(|value| line("licence", value));
        }
        text
    }

    /// Reads the text form; one that cannot be read counts as absent.
    #[must_use]
    pub fn parse(text: &str) -> Option<Contents> {
        let mut lines = text.lines();
        if lines.next()? != FORMAT {
            return None;
        }
        let mut contents = Contents::default();
        for line in lines {
            let (word, value) = line.split_once(' ')?;
            match word {
                "uploaded" => contents.uploaded = Some(Timestamp(value.parse().ok()?)),
                "licences" => contents.licences = Some(Vec::new()),
                "licence" => contents.licences.as_mut()?.push(value.to_owned()),
                _ => {
                    let mut lists = contents.lists();
                    let list = lists.iter_mut().find(|(known, _)| *known == word)?;
                    list.1.push(value.to_owned());
                }
            }
        }
        Some(contents)
    }

    fn lists(&mut self) -> Lists<'_> {
        [
            ("setuid", &mut self.setuid),
            ("capability", &mut self.capabilities),
            ("service", &mut self.services),
            ("socket", &mut self.sockets),
            ("interpreter", &mut self.interpreters),
        ]
    }
}

/// What is known of the packages of one suite.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SuiteFacts {
    /// The sources by name; `None` if the index of sources could not be had.
    pub sources: Option<BTreeMap<String, SourceFacts>>,
    /// The binaries by name, for the first architecture.
    pub binaries: BTreeMap<String, BinaryFacts>,
    /// Architectures in which a wanted binary is not there: binary and architecture.
    pub missing: Vec<(String, String)>,
    /// What each proposed source brings along; absent if that could not be found out.
    pub costs: BTreeMap<String, Cost>,
}

/// What one source package brings along beyond the approved list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Sources that are not approved yet, the package itself left aside.
    pub new_sources: Vec<String>,
    /// How many binaries are not approved yet, its own among them.
    pub new_binaries: u64,
    /// What these take when installed, in bytes.
    pub installed_size: u64,
    /// Interpreters that its closure brings, each with whether its source is approved already.
    pub interpreters: Vec<(String, bool)>,
    /// Why its binaries cannot be installed, if they cannot.
    pub conflict: Option<String>,
}

/// The packages that are interpreters of whole languages, as they begin.
const INTERPRETERS: [(&str, &str); 12] = [
    ("python3", "python3"),
    ("python2", "python2"),
    ("perl", "perl"),
    ("ruby", "ruby"),
    ("php-common", "php"),
    ("nodejs", "nodejs"),
    ("tcl8", "tcl"),
    ("lua5", "lua"),
    ("guile-3", "guile"),
    ("guile-2", "guile"),
    ("default-jre-headless", "java"),
    ("openjdk-", "java"),
];

/// The interpreter that a binary package is, if it is one. Modules and libraries are none.
#[must_use]
pub fn interpreter(binary: &str) -> Option<&'static str> {
    INTERPRETERS.iter().find_map(|&(start, language)| {
        let rest = binary.strip_prefix(start)?;
        let version = rest
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
        let jre = start == "openjdk-" && rest.ends_with("-jre-headless");
        (version || jre).then_some(language)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_come_back_as_they_were() {
        let full = Contents {
            uploaded: Some(Timestamp(1_700_000_000)),
            setuid: vec!["4755 /usr/bin/a b".to_owned()],
            capabilities: vec!["/usr/bin/ping".to_owned()],
            services: vec!["ssh.service".to_owned()],
            sockets: vec!["ssh.socket: 22".to_owned()],
            interpreters: vec!["python3".to_owned()],
            licences: Some(vec!["GPL-2+".to_owned(), "MIT".to_owned()]),
        };
        let unknown = Contents {
            licences: None,
            uploaded: None,
            ..full.clone()
        };
        let none = Contents {
            licences: Some(Vec::new()),
            ..Contents::default()
        };
        for contents in [full, unknown, none, Contents::default()] {
            assert_eq!(Contents::parse(&contents.print()), Some(contents));
        }
        for text in [
            "",
            "formwork-contents-0\n",
            "formwork-contents-1\nhat x\n",
            "formwork-contents-1\nlicence x\n",
        ] {
            assert_eq!(Contents::parse(text), None, "{text}");
        }
    }

    #[test]
    fn interpreters_are_told_from_their_modules() {
        let table = [
            ("python3", Some("python3")),
            ("python3.11", Some("python3")),
            ("python3-minimal", None),
            ("python3-apt", None),
            ("perl", Some("perl")),
            ("perl-base", None),
            ("ruby3.1", Some("ruby")),
            ("ruby-json", None),
            ("openjdk-17-jre-headless", Some("java")),
            ("openjdk-17-doc", None),
            ("lua5.4", Some("lua")),
            ("nodejs", Some("nodejs")),
        ];
        for (name, expected) in table {
            assert_eq!(interpreter(name), expected, "{name}");
        }
    }

    #[test]
    fn an_orphan_is_known_by_its_maintainer() {
        let facts = |maintainer: &str| SourceFacts {
            maintainer: maintainer.to_owned(),
            ..SourceFacts::default()
        };
        assert!(facts("Debian QA Group <packages@qa.debian.org>").is_orphaned());
        assert!(!facts("A Person <person@mirror.example>").is_orphaned());
    }
}
