//! Toy universes: a `Packages` or `Sources` text from compact rows.
//!
//! A row is `NAME VERSION [KEY=VALUE]…`; a value holds no blanks: `depends=b|c(>=2),d`. Text after `#`
//! is a comment: every case of a test says in a sentence why it exists. Keys are control fields in any
//! case; short forms: `arch` (default amd64), `ma` (Multi-Arch), `predepends`.

use std::fmt::Write as _;

use crate::bytes::sha256;

/// The `Packages` text of the rows.
///
/// # Panics
/// On a row without a version or with a word that is not `key=value`.
#[must_use]
pub fn toy(rows: &str) -> String {
    let mut text = String::new();
    for row in parse(rows) {
        let architecture = row.value("Architecture").unwrap_or("amd64");
        let file = format!("{}_{}_{architecture}.deb", row.name, row.version);
        let _ = write!(
            text,
            "Package: {}\nVersion: {}\nArchitecture: {architecture}\n",
            row.name, row.version
        );
        row.write_fields(&mut text, &["Architecture"]);
        let _ = write!(
            text,
            "Installed-Size: 4\nFilename: pool/main/{file}\nSize: 1000\nSHA256: {}\n\n",
            sha256(file.as_bytes())
        );
    }
    text
}

/// The `Sources` text of the rows, such as `hello 1.0 binary=hello build-depends=debhelper(>=12)`.
///
/// # Panics
/// As [`toy`].
#[must_use]
pub fn toy_sources(rows: &str) -> String {
    let mut text = String::new();
    for row in parse(rows) {
        let _ = write!(text, "Package: {}\nVersion: {}\n", row.name, row.version);
        if row.value("Architecture").is_none() {
            text.push_str("Architecture: any\n");
        }
        row.write_fields(&mut text, &[]);
        let file = format!("{}_{}.dsc", row.name, row.version);
        let _ = write!(
            text,
            "Directory: pool/main/{}\nChecksums-Sha256:\n {} 1000 {file}\n\n",
            row.name,
            sha256(file.as_bytes())
        );
    }
    text
}

struct Row<'a> {
    name: &'a str,
    version: &'a str,
    fields: Vec<(String, &'a str)>,
}

impl Row<'_> {
    fn value(&self, field: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(name, _)| name == field)
            .map(|(_, value)| *value)
    }

    fn write_fields(&self, text: &mut String, except: &[&str]) {
        for (name, value) in &self.fields {
            if !except.contains(&name.as_str()) {
                let _ = writeln!(text, "{name}: {value}");
            }
        }
    }
}

fn parse(rows: &str) -> impl Iterator<Item = Row<'_>> {
    rows.lines()
        .map(|line| line.split_once('#').map_or(line, |(row, _)| row).trim())
        .filter(|line| !line.is_empty())
        .map(|line| {
            let mut words = line.split_whitespace();
            let (Some(name), Some(version)) = (words.next(), words.next()) else {
                panic!("a row needs a name and a version: {line}");
            };
            let fields = words
                .map(|word| {
                    let (key, value) = word
                        .split_once('=')
                        .unwrap_or_else(|| panic!("not key=value: {word} in: {line}"));
                    (field_name(key), value)
                })
                .collect();
            Row {
                name,
                version,
                fields,
            }
        })
}

/// `build-depends` becomes `Build-Depends`.
fn field_name(key: &str) -> String {
    match key {
        "arch" => "Architecture".to_owned(),
        "ma" => "Multi-Arch".to_owned(),
        "predepends" => "Pre-Depends".to_owned(),
        _ => key
            .split('-')
            .map(|part| {
                let (first, rest) = part.split_at(part.len().min(1));
                first.to_uppercase() + rest
            })
            .collect::<Vec<_>>()
            .join("-"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_stanzas() {
        let text = toy("a 1 depends=b|c(>=2) predepends=d # chooses b\n\nb 2 arch=all ma=foreign");
        let stanzas: Vec<&str> = text.split_terminator("\n\n").collect();
        assert_eq!(stanzas.len(), 2);
        assert!(stanzas[0].starts_with(
            "Package: a\nVersion: 1\nArchitecture: amd64\nDepends: b|c(>=2)\nPre-Depends: d\n"
        ));
        assert!(stanzas[1].contains("Architecture: all\nMulti-Arch: foreign\n"));
    }

    #[test]
    fn source_rows_keep_their_build_dependencies() {
        let text = toy_sources("hello 1.0 binary=hello build-depends=gcc(>=12)");
        assert!(
            text.contains("Binary: hello\nBuild-Depends: gcc(>=12)\n"),
            "{text}"
        );
    }
}
