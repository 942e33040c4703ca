//! The lists of broken packages as each program prints them, as `name version`.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Names and versions of what cannot be installed or built.
pub(crate) type Broken = BTreeSet<String>;

/// From `formwork installable --json`.
pub(crate) fn formwork(output: &[u8]) -> Result<Broken, String> {
    let document: Value =
        serde_json::from_slice(output).map_err(|error| format!("formwork's answer: {error}"))?;
    let broken = document["broken"]
        .as_array()
        .ok_or("formwork's answer has no `broken`")?;
    let line = |package: &Value| {
        Some(format!(
            "{} {}",
            package["name"].as_str()?,
            package["version"].as_str()?
        ))
    };
    let lines: Option<Broken> = broken.iter().map(line).collect();
    lines.ok_or_else(|| "a broken package has no name or version".to_owned())
}

/// From the YAML of dose's tools: `package:` and `version:` at the same, lowest indent.
pub(crate) fn dose(output: &[u8]) -> Broken {
    let text = String::from_utf8_lossy(output);
    let mut lines = text.lines();
    let mut broken = Broken::new();
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix("  package: ")
            && let Some(version) = lines
                .next()
                .and_then(|line| line.strip_prefix("  version: "))
        {
            broken.insert(format!("{name} {version}"));
        }
    }
    broken
}

/// From installcheck's `can't install NAME-VERSION.ARCH:`; the index tells where the name ends.
pub(crate) fn installcheck(output: &[u8], packages: &str) -> Broken {
    let known = known_labels(packages);
    String::from_utf8_lossy(output)
        .lines()
        .filter_map(|line| line.strip_prefix("can't install ")?.strip_suffix(':'))
        .map(|label| {
            known
                .get(label)
                .cloned()
                .unwrap_or_else(|| label.to_owned())
        })
        .collect()
}

fn known_labels(packages: &str) -> BTreeMap<String, String> {
    let mut known = BTreeMap::new();
    for stanza in packages.split("\n\n") {
        let field = |name: &str| stanza.lines().find_map(|line| line.strip_prefix(name));
        let fields = [
            field("Package: "),
            field("Version: "),
            field("Architecture: "),
        ];
        if let [Some(name), Some(version), Some(architecture)] = fields {
            known.insert(
                format!("{name}-{version}.{architecture}"),
                format!("{name} {version}"),
            );
        }
    }
    known
}

/// Where our verdict is not each peer's: a package on which the peers agree must be judged as
/// they judge it; where they differ from each other, one of them must be with us.
pub(crate) fn differing(ours: &Broken, peers: &[(&str, &Broken)]) -> Vec<String> {
    let mut all: BTreeSet<&String> = ours.iter().collect();
    all.extend(peers.iter().flat_map(|(_, broken)| broken.iter()));
    let mut lines = Vec::new();
    for package in all {
        let word = |broken: &Broken| {
            if broken.contains(package) {
                "broken"
            } else {
                "ok"
            }
        };
        let alone = peers.iter().all(|(_, broken)| word(broken) != word(ours));
        if alone {
            let says: Vec<String> = peers
                .iter()
                .map(|(name, broken)| format!("{name} {}", word(broken)))
                .collect();
            lines.push(format!(
                "{package}: formwork {}, {}",
                word(ours),
                says.join(", ")
            ));
        }
    }
    lines
}

/// Where the peers differ from each other.
pub(crate) fn between(peers: &[(&str, &Broken)]) -> Vec<String> {
    let [(first, one), (second, other)] = peers else {
        return Vec::new();
    };
    let only = |name: &&str, one: &Broken, other: &Broken| -> Vec<String> {
        one.difference(other)
            .map(|package| format!("{package}: broken for {name} alone"))
            .collect()
    };
    let mut lines = only(first, one, other);
    lines.extend(only(second, other, one));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> Broken {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn each_program_is_read() {
        let dose_text =
            b" -\n  package: a-b\n  version: 1-2\n  reasons:\n     pkg:\n      package: c\n";
        assert_eq!(dose(dose_text), set(&["a-b 1-2"]));
        let index = "Package: a-b\nVersion: 1-2\nArchitecture: all\n\n";
        let text = b"can't install a-b-1-2.all:\n  nothing provides c needed by a-b-1-2.all\n";
        assert_eq!(installcheck(text, index), set(&["a-b 1-2"]));
        let json = br#"{"broken":[{"name":"a-b","version":"1-2"}]}"#;
        assert_eq!(formwork(json), Ok(set(&["a-b 1-2"])));
    }

    #[test]
    fn one_peer_with_us_is_enough_only_where_peers_differ() {
        let (one, other) = (set(&["a 1", "b 1"]), set(&["a 1"]));
        let peers = [("one", &one), ("other", &other)];
        assert_eq!(differing(&set(&["a 1"]), &peers), Vec::<String>::new());
        assert_eq!(
            differing(&set(&["a 1", "b 1"]), &peers),
            Vec::<String>::new()
        );
        assert_eq!(differing(&set(&[]), &peers).len(), 1);
        assert_eq!(differing(&set(&["a 1", "c 1"]), &peers).len(), 1);
    }
}
