//! Extracts of indices: what a question needs of each paragraph beyond the universe, as sorted
//! lines, made once and mapped from then on.
//!
//! An extract lies in the cache under the digest of its recipe and of its index. A line begins
//! with its key (a package) and a tab; the rest is the recipe's own.

use formwork_deb::deb822::{Deb822Error, Paragraph, Reader};
use formwork_deb::sha256::Hasher;
use formwork_deb::universe::BuildError;
use formwork_sys::fs::MappedFile;

use crate::archive::{Archive, Inner};
use crate::error::Error;
use crate::indices::{IndexKind, IndexPlan};
use crate::snapshot::{Part, Snapshot};
use formwork_codec::{CheckedReader, Expected};

/// How lines are made of an index.
#[derive(Clone, Copy, Debug)]
pub struct Recipe {
    /// Its name; a new one whenever it makes other lines.
    pub name: &'static str,
    /// Which indices it reads.
    pub kind: IndexKind,
    /// The key and the rest of a paragraph's line, or nothing.
    pub line: fn(&Paragraph<'_>) -> Option<(String, String)>,
}

/// The extract of one index.
pub struct Extract {
    /// The repository's name in the project.
    pub repository: String,
    /// The suite.
    pub suite: String,
    /// The component.
    pub component: String,
    text: Text,
}

enum Text {
    Mapped(MappedFile),
    /// Where the cache cannot be written.
    Made(Vec<u8>),
}

impl Extract {
    /// What the lines of a key say behind it, in the order of their text.
    pub fn find<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a str> {
        let text: &[u8] = match &self.text {
            Text::Mapped(file) => file,
            Text::Made(bytes) => bytes,
        };
        let head = format!("{key}\t").into_bytes();
        text[lower_bound(text, &head)..]
            .split(|byte| *byte == b'\n')
            .map_while(move |line| line.strip_prefix(head.as_slice()))
            .filter_map(|rest| std::str::from_utf8(rest).ok())
    }
}

/// Where the first line begins that is not before `head`.
fn lower_bound(text: &[u8], head: &[u8]) -> usize {
    let is_end = |byte: &u8| *byte == b'\n';
    let (mut low, mut high) = (0, text.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = text[low..middle]
            .iter()
            .rposition(is_end)
            .map_or(low, |at| low + at + 1);
        let end = text[start..]
            .iter()
            .position(is_end)
            .map_or(text.len(), |at| start + at + 1);
        if text[start..end] < *head {
            low = end;
        } else {
            high = start;
        }
    }
    low
}

impl Archive {
    /// The extracts of a snapshot's indices for an architecture, in the order of its parts.
    ///
    /// # Errors
    /// If an index cannot be read, or is not what was signed.
    pub fn extracts(
        &self,
        snapshot: &Snapshot,
        architecture: &str,
        recipe: &Recipe,
    ) -> Result<Vec<Extract>, Error> {
        let mut extracts = Vec::new();
        for part in &snapshot.parts {
            let ours = |index: &&IndexPlan| {
                let all = |name: &String| name == architecture || name == "all";
                index.kind == recipe.kind && index.architecture.as_ref().is_none_or(all)
            };
            for index in part.indices.iter().filter(ours) {
                extracts.push(self.inner.extract(part, index, recipe)?);
            }
        }
        Ok(extracts)
    }
}

impl Inner {
    fn extract(&self, part: &Part, index: &IndexPlan, recipe: &Recipe) -> Result<Extract, Error> {
        let mut hasher = Hasher::new();
        hasher.update(recipe.name.as_bytes());
        hasher.update(b"\0");
        hasher.update(index.plain.unwrap_or(index.packed).sha256.as_bytes());
        let name = format!("index-{}", hasher.finish());
        let path = self.cache("facts").join(name);
        let text = match MappedFile::open(&path) {
            Ok(file) => Text::Mapped(file),
            Err(_) => {
                let made = self.lines(index, recipe)?;
                // A cache that cannot be written costs time, nothing else.
                let kept = formwork_sys::fs::create_directory(&self.cache("facts"))
                    .and_then(|()| formwork_sys::fs::replace(&path, &made));
                match kept.and_then(|()| MappedFile::open(&path)) {
                    Ok(file) => Text::Mapped(file),
                    Err(_) => Text::Made(made),
                }
            }
        };
        Ok(Extract {
            repository: part.release.repository.clone(),
            suite: part.release.suite.clone(),
            component: index.component.clone(),
            text,
        })
    }

    /// The sorted lines of an index, checked against what was signed.
    fn lines(&self, index: &IndexPlan, recipe: &Recipe) -> Result<Vec<u8>, Error> {
        let expected = |file: &formwork_deb::release::IndexFile| Expected {
            size: file.size,
            sha256: Some(file.sha256),
        };
        let mut text = CheckedReader::open(
            &self.store.path(&index.packed.sha256),
            index.compression,
            Some(expected(&index.packed)),
            index.plain.as_ref().map(expected),
        )?;
        self.store.touch(&index.packed.sha256);
        let lines = lines(&mut text, recipe);
        text.finish()?;
        let mut lines = lines.map_err(|error| BuildError::Syntax {
            index: index.path.clone(),
            error,
        })?;
        lines.sort();
        lines.dedup();
        Ok(lines.concat().into_bytes())
    }
}

/// The lines of an index's text, each with its line end.
fn lines(text: &mut impl std::io::Read, recipe: &Recipe) -> Result<Vec<String>, Deb822Error> {
    let mut reader = Reader::new(text);
    let mut lines = Vec::new();
    while let Some(paragraph) = reader.next()? {
        if let Some((key, rest)) = (recipe.line)(&paragraph) {
            let rest = rest.replace(['\n', '\r'], " ");
            lines.push(format!("{key}\t{rest}\n"));
        }
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_wherever_they_stand() {
        let text = "a\t1\nab\t2\nab\t3\nabc\t4\nz\tä\n";
        let extract = Extract {
            repository: String::new(),
            suite: String::new(),
            component: String::new(),
            text: Text::Made(text.as_bytes().to_vec()),
        };
        let table = [
            ("a", vec!["1"]),
            ("ab", vec!["2", "3"]),
            ("abc", vec!["4"]),
            ("z", vec!["ä"]),
            ("", vec![]),
            ("b", vec![]),
            ("zz", vec![]),
        ];
        for (key, expected) in table {
            assert_eq!(extract.find(key).collect::<Vec<_>>(), expected, "{key}");
        }
    }
}
