//! The peers' answers, kept so that a second run asks only Formwork.
//!
//! One JSON line a set: `{"wishes":[…],"apt":["name=version",…]|null,"dose":"ok"|"provider"|"broken"|null}`.
//! The file's name carries the digest of the index that was asked, so that an answer is
//! never taken for another index's.

use super::apt;
use super::dose::Verdict;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// What the peers said about one set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kept {
    pub(crate) apt: apt::Answer,
    pub(crate) dose: Option<Verdict>,
}

/// The file of kept answers of one index.
pub(crate) struct Answers {
    path: PathBuf,
    known: BTreeMap<Vec<String>, Kept>,
}

impl Answers {
    /// Opens the file, or begins an empty one.
    pub(crate) fn open(path: PathBuf) -> Result<Self, String> {
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            other => other.map_err(|error| format!("{}: {error}", path.display()))?,
        };
        let known = text.lines().filter_map(read_line).collect();
        Ok(Self { path, known })
    }

    /// The answer to a set, if it is known.
    pub(crate) fn get(&self, wishes: &[String]) -> Option<&Kept> {
        self.known.get(wishes)
    }

    /// Keeps apt's answer at once: a run may be interrupted.
    pub(crate) fn keep(&mut self, wishes: &[String], apt: apt::Answer) -> Result<(), String> {
        let kept = Kept { apt, dose: None };
        let line = write_line(wishes, &kept);
        self.known.insert(wishes.to_vec(), kept);
        let failure = |error| format!("{}: {error}", self.path.display());
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)
            .map_err(failure)?;
        file.write_all(line.as_bytes()).map_err(failure)
    }

    /// Adds dose's verdicts to known sets and writes the whole file anew.
    pub(crate) fn keep_verdicts(
        &mut self,
        verdicts: &[(Vec<String>, Verdict)],
    ) -> Result<(), String> {
        for (wishes, verdict) in verdicts {
            if let Some(kept) = self.known.get_mut(wishes) {
                kept.dose = Some(*verdict);
            }
        }
        let text: String = self
            .known
            .iter()
            .map(|(set, kept)| write_line(set, kept))
            .collect();
        replace(&self.path, &text)
    }
}

fn replace(path: &Path, text: &str) -> Result<(), String> {
    let new = path.with_extension("new");
    std::fs::write(&new, text)
        .and_then(|()| std::fs::rename(&new, path))
        .map_err(|error| format!("{}: {error}", path.display()))
}

fn write_line(wishes: &[String], kept: &Kept) -> String {
    let dose = kept.dose.map(|verdict| match verdict {
        Verdict::Ok => "ok",
        Verdict::Provider => "provider",
        Verdict::Broken => "broken",
    });
    format!(
        "{}\n",
        json!({ "wishes": wishes, "apt": kept.apt, "dose": dose })
    )
}

/// A line that was cut short by an interrupted run is asked again.
fn read_line(line: &str) -> Option<(Vec<String>, Kept)> {
    let value: Value = serde_json::from_str(line).ok()?;
    let apt = match &value["apt"] {
        Value::Null => None,
        members => Some(BTreeSet::from_iter(strings(members)?)),
    };
    let dose = match value["dose"].as_str() {
        Some("ok") => Some(Verdict::Ok),
        Some("provider") => Some(Verdict::Provider),
        Some("broken") => Some(Verdict::Broken),
        _ => None,
    };
    Some((strings(&value["wishes"])?, Kept { apt, dose }))
}

/// The strings of a JSON list.
fn strings(value: &Value) -> Option<Vec<String>> {
    value
        .as_array()?
        .iter()
        .map(|item| Some(item.as_str()?.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_back_as_it_was_written() {
        let wishes = vec!["a".to_owned(), "b".to_owned()];
        for kept in [
            Kept {
                apt: None,
                dose: Some(Verdict::Provider),
            },
            Kept {
                apt: Some(BTreeSet::from(["a=1".to_owned()])),
                dose: None,
            },
        ] {
            let line = write_line(&wishes, &kept);
            assert_eq!(read_line(&line), Some((wishes.clone(), kept)));
        }
        assert_eq!(read_line("{\"wishes\":[\"a\""), None);
    }
}
