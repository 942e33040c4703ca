//! Words that must not stand in the tree: the host of any mirror, and anybody's home directory.
//!
//! The hosts are those that the apt of the machine at hand uses, so that none is named here.

use std::collections::BTreeSet;
use std::path::Path;

use super::Findings;
use crate::source;

pub(super) fn check() -> Findings {
    let words = forbidden();
    let mut findings = Vec::new();
    for path in source::files()? {
        let content = std::fs::read(source::root().join(&path))
            .map_err(|error| format!("{path}: {error}"))?;
        let text = String::from_utf8_lossy(&content);
        for (number, line) in text.lines().enumerate() {
            if let Some(word) = words.iter().find(|word| stands_in(word, line)) {
                findings.push(format!("{path}:{}: {word}", number + 1));
            }
        }
    }
    Ok(findings)
}

/// Whether the word stands alone, so that `mirror.example` is not found in `a-mirror.example`.
fn stands_in(word: &str, line: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|letter| letter.is_alphanumeric() || "-.".contains(letter))
    })
}

fn forbidden() -> BTreeSet<String> {
    let mut words = apt_hosts();
    // A snapshot service stands beside a mirror, under the same domain.
    let siblings: Vec<String> = words
        .iter()
        .filter_map(|host| host.split_once('.'))
        .filter(|(_, domain)| domain.contains('.'))
        .flat_map(|(_, domain)| {
            ["deb", "ftp", "archive", "security", "snapshot"].map(|name| format!("{name}.{domain}"))
        })
        .collect();
    words.extend(siblings);
    let mut directories = vec![source::root()];
    directories.extend(std::env::home_dir());
    for directory in directories {
        // A checkout in `/` would forbid every path.
        if directory.components().count() > 1 {
            words.insert(format!("{}/", directory.display()));
        }
    }
    words
}

/// The hosts in the sources of this machine's apt.
fn apt_hosts() -> BTreeSet<String> {
    let mut texts = Vec::new();
    texts.extend(std::fs::read_to_string("/etc/apt/sources.list"));
    let parts = std::fs::read_dir(Path::new("/etc/apt/sources.list.d"));
    for entry in parts.into_iter().flatten().flatten() {
        texts.extend(std::fs::read_to_string(entry.path()));
    }
    texts.iter().flat_map(|text| hosts(text)).collect()
}

fn hosts(text: &str) -> Vec<String> {
    text.split_whitespace()
        .filter_map(|word| word.split_once("://"))
        .map(|(_, rest)| {
            let host = rest.split('/').next().unwrap_or_default();
            let host = host.rsplit('@').next().unwrap_or_default();
            host.split(':').next().unwrap_or_default().to_owned()
        })
        .filter(|host| host.contains('.') && !host.starts_with("127."))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{hosts, stands_in};

    #[test]
    fn hosts_are_read_from_both_forms() {
        let text = "deb http://user:secret@mirror.example:8080/debian bookworm main\n\
                    URIs: https://other.example/x file:///srv/mirror http://127.0.0.1/a\n";
        assert_eq!(hosts(text), ["mirror.example", "other.example"]);
    }

    #[test]
    fn a_word_is_not_found_within_another() {
        assert!(stands_in(
            "mirror.example",
            "see http://mirror.example/debian"
        ));
        assert!(!stands_in(
            "mirror.example",
            "see http://my-mirror.example/debian"
        ));
        assert!(stands_in("/home/somebody/", "in /home/somebody/work"));
        assert!(!stands_in("/home/", "in ../home/work"));
    }
}
