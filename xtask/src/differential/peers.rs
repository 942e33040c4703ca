//! Asking apt and dose what they have not answered before.

use super::answers::Answers;
use super::index::{Index, Native};
use super::{apt, dose};
use std::path::PathBuf;

/// The peers' view of one archive.
pub(crate) struct Peers {
    /// What the archive is called in messages; none to stay silent.
    pub(crate) name: Option<String>,
    /// The configuration of apt's private root.
    pub(crate) configuration: PathBuf,
    /// The file that dose reads.
    pub(crate) packages: PathBuf,
    pub(crate) native: Native,
}

impl Peers {
    /// Completes the answers to `sets`.
    pub(crate) fn answer(
        &self,
        index: &Index,
        sets: &[Vec<String>],
        answers: &mut Answers,
    ) -> Result<(), String> {
        for (number, set) in sets.iter().enumerate() {
            if answers.get(set).is_none() {
                self.say(&format!("apt, set {} of {}", number + 1, sets.len()));
                answers.keep(set, apt::ask(&self.configuration, set)?)?;
            }
        }
        let open = |set: &&Vec<String>| answers.get(set).is_some_and(|kept| kept.dose.is_none());
        let open: Vec<Vec<String>> = sets.iter().filter(open).cloned().collect();
        if open.is_empty() {
            return Ok(());
        }
        self.say(&format!("dose, {} sets", open.len()));
        let verdicts = dose::verdicts(index, &self.packages, &self.native, &open)?;
        answers.keep_verdicts(&open.into_iter().zip(verdicts).collect::<Vec<_>>())
    }

    fn say(&self, what: &str) {
        if let Some(name) = &self.name {
            eprintln!("{name}: {what}");
        }
    }
}
