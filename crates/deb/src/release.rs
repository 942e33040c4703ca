//! Release files: what a suite is, when it was made, and the SHA-256 of its indices.
//!
//! A Release file is one deb822 paragraph (the signature around an `InRelease` is not read
//! here). Its `SHA256` field has a line `digest size path` for each index. Lists by MD5 or
//! SHA-1 are never read. See the Debian repository format and apt-secure(8).

use std::collections::BTreeMap;

use crate::deb822::{self, Deb822Error, Field, Paragraph};
use crate::path;
use crate::sha256::Sha256;
use crate::time::{TimeError, Timestamp};

/// What a Release file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Who publishes, such as `Debian`.
    pub origin: Option<String>,
    /// The publisher's name for it.
    pub label: Option<String>,
    /// The suite, such as `stable`.
    pub suite: Option<String>,
    /// The code name, such as `bookworm`.
    pub codename: Option<String>,
    /// The version of the distribution, such as `12.14`.
    pub version: Option<String>,
    /// When it was made.
    pub date: Timestamp,
    /// Until when it may be believed.
    pub valid_until: Option<Timestamp>,
    /// Whether indices can be fetched by their digest.
    pub acquire_by_hash: bool,
    /// The architectures, as listed.
    pub architectures: Vec<String>,
    /// The components, as listed.
    pub components: Vec<String>,
    /// Whether packages of architecture `all` stand in each architecture's index only.
    pub no_support_for_all: bool,
    /// Where snapshots of this suite are found, as an address with a place for the date.
    pub snapshots: Option<String>,
    /// Fingerprints of the keys that will sign the next one.
    pub signed_by: Vec<String>,
    /// The indices by their path, relative to the Release file.
    pub files: BTreeMap<String, IndexFile>,
}

/// An index as a Release file lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexFile {
    /// The size in bytes.
    pub size: u64,
    /// The digest.
    pub sha256: Sha256,
}

/// What is wrong in a Release file.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// The text is no control file.
    #[error(transparent)]
    Text(#[from] Deb822Error),
    /// There is no paragraph, or there are two.
    #[error("line {line}: expected one paragraph, found {found}")]
    Paragraphs {
        /// Where the surplus begins, or 1.
        line: u64,
        /// `none` or `another`.
        found: &'static str,
    },
    /// A field that must be there is not.
    #[error("line {line}: field {field} is missing")]
    Missing {
        /// Where the paragraph begins.
        line: u64,
        /// The name of the field.
        field: &'static str,
    },
    /// A date cannot be read.
    #[error("line {line}: field {field}: {problem}")]
    Time {
        /// The line of the field.
        line: u64,
        /// The name of the field.
        field: &'static str,
        /// What was expected.
        problem: TimeError,
    },
    /// A field that is `yes` or `no` is neither.
    #[error("line {line}: field {field}: expected `yes` or `no`, found `{found}`")]
    Flag {
        /// The line of the field.
        line: u64,
        /// The name of the field.
        field: &'static str,
        /// What stands there, cut to 40 characters.
        found: String,
    },
    /// A line of the list of files cannot be read.
    #[error("line {line}: field SHA256: expected `digest size path`, found `{found}`")]
    Entry {
        /// The line of the entry.
        line: u64,
        /// What stands there, cut to 200 characters.
        found: String,
    },
    /// A path leads out of the suite's directory.
    #[error("line {line}: field SHA256: path `{path}` leads out of the suite")]
    Path {
        /// The line of the entry.
        line: u64,
        /// The path, cut to 200 characters.
        path: String,
    },
    /// A path is listed twice with different size or digest.
    #[error("line {line}: field SHA256: `{path}` is listed twice with different content")]
    Disagreement {
        /// The line of the second entry.
        line: u64,
        /// The path.
        path: String,
    },
}

impl Release {
    /// Reads the plain text of a Release file; `Date` and `SHA256` must be there.
    pub fn parse(text: &str) -> Result<Self, ReleaseError> {
        let mut all = deb822::paragraphs(text);
        let none = ReleaseError::Paragraphs {
            line: 1,
            found: "none",
        };
        let paragraph = all.next().ok_or(none)??;
        if let Some(second) = all.next() {
            return Err(ReleaseError::Paragraphs {
                line: second?.line(),
                found: "another",
            });
        }
        let text_of = |name| paragraph.get(name).map(|field| field.value.to_owned());
        Ok(Self {
            origin: text_of("Origin"),
            label: text_of("Label"),
            suite: text_of("Suite"),
            codename: text_of("Codename"),
            version: text_of("Version"),
            date: time(&paragraph, "Date")?.ok_or_else(|| missing(&paragraph, "Date"))?,
            valid_until: time(&paragraph, "Valid-Until")?,
            acquire_by_hash: flag(&paragraph, "Acquire-By-Hash")?,
            architectures: words(&paragraph, "Architectures"),
            components: words(&paragraph, "Components"),
            no_support_for_all: words(&paragraph, "No-Support-for-Architecture-all")
                .iter()
                .any(|word| word == "Packages"),
            snapshots: text_of("Snapshots"),
            signed_by: words(&paragraph, "Signed-By"),
            files: files(&paragraph)?,
        })
    }
}

fn missing(paragraph: &Paragraph<'_>, field: &'static str) -> ReleaseError {
    ReleaseError::Missing {
        line: paragraph.line(),
        field,
    }
}

fn time(paragraph: &Paragraph<'_>, name: &'static str) -> Result<Option<Timestamp>, ReleaseError> {
    let Some(field) = paragraph.get(name) else {
        return Ok(None);
    };
    Timestamp::parse_rfc2822(field.value)
        .map(Some)
        .map_err(|problem| ReleaseError::Time {
            line: field.line,
            field: name,
            problem,
        })
}

/// A flag in the words that apt takes.
fn flag(paragraph: &Paragraph<'_>, name: &'static str) -> Result<bool, ReleaseError> {
    let Some(Field { value, line, .. }) = paragraph.get(name) else {
        return Ok(false);
    };
    match value.to_ascii_lowercase().as_str() {
        "yes" | "true" | "1" => Ok(true),
        "no" | "false" | "0" => Ok(false),
        _ => {
            let found = value.chars().take(40).collect();
            Err(ReleaseError::Flag {
                line,
                field: name,
                found,
            })
        }
    }
}

/// The words of a field, divided by blanks and commas.
fn words(paragraph: &Paragraph<'_>, name: &str) -> Vec<String> {
    let value = paragraph.get(name).map_or("", |field| field.value);
    let words = value
        .split([' ', '\t', '\r', '\n', ','])
        .filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

fn files(paragraph: &Paragraph<'_>) -> Result<BTreeMap<String, IndexFile>, ReleaseError> {
    let field = paragraph
        .get("SHA256")
        .ok_or_else(|| missing(paragraph, "SHA256"))?;
    let mut files = BTreeMap::new();
    for (line, text) in field.lines().filter(|(_, text)| !text.is_empty()) {
        let found = || text.chars().take(200).collect();
        let (path, file) = entry(text).ok_or_else(|| ReleaseError::Entry {
            line,
            found: found(),
        })?;
        if !path::is_inside(path) {
            let path = path.chars().take(200).collect();
            return Err(ReleaseError::Path { line, path });
        }
        if files
            .insert(path.to_owned(), file)
            .is_some_and(|earlier| earlier != file)
        {
            return Err(ReleaseError::Disagreement {
                line,
                path: path.to_owned(),
            });
        }
    }
    Ok(files)
}

fn entry(text: &str) -> Option<(&str, IndexFile)> {
    let mut words = text.split_ascii_whitespace();
    let sha256 = words.next()?.parse().ok()?;
    let digits = words.next()?;
    let path = words.next()?;
    let plain = words.next().is_none() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| {
        Some((
            path,
            IndexFile {
                size: digits.parse().ok()?,
                sha256,
            },
        ))
    })?
}

#[cfg(test)]
mod tests;
