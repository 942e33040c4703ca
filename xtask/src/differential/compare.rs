//! Laying the answers side by side.

use super::apt::Answer;
use super::index::{Index, Native};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// One set and everyone's answer to it.
pub(crate) struct Case {
    pub(crate) wishes: Vec<String>,
    pub(crate) ours: Result<Answer, String>,
    pub(crate) apt: Answer,
    pub(crate) dose: Option<bool>,
    /// Whether our answer, if there is one, can stand on its own.
    pub(crate) valid: bool,
}

/// What came of a comparison.
#[derive(Default)]
pub(crate) struct Report {
    sets: usize,
    apt_answers: usize,
    same: usize,
    apt_gave_up: usize,
    valid: usize,
    answers: usize,
    /// Verdicts that differ, answers that are not valid, questions that failed.
    faults: Vec<String>,
    /// Answers that are valid but not apt's.
    differing: Vec<String>,
    /// Sets that apt can install and dose calls broken: one of the two errs.
    peers: Vec<String>,
}

impl Report {
    /// Counts one case in.
    pub(crate) fn add(&mut self, case: Case) {
        self.sets += 1;
        let wishes = case.wishes.join(" ");
        if case.apt.is_some() && case.dose == Some(false) {
            self.peers.push(format!(
                "peers     {wishes}: apt finds an answer, dose none"
            ));
        }
        let ours = match &case.ours {
            Ok(ours) => ours,
            Err(error) => return self.faults.push(format!("failed    {wishes}: {error}")),
        };
        self.count_validity(&case, &wishes);
        match (&case.apt, ours) {
            (Some(apt), Some(ours)) => {
                self.apt_answers += 1;
                if apt == ours {
                    self.same += 1;
                } else {
                    self.differing.push(difference(&wishes, apt, ours));
                }
            }
            (Some(_), None) => {
                self.apt_answers += 1;
                self.faults
                    .push(format!("verdict   {wishes}: apt finds an answer, we none"));
            }
            (None, ours) => {
                self.apt_gave_up += 1;
                if case.dose.is_some_and(|dose| dose != ours.is_some()) {
                    let ours = if ours.is_some() { "ok" } else { "broken" };
                    self.faults
                        .push(format!("verdict   {wishes}: we say {ours}, dose does not"));
                }
            }
        }
    }

    fn count_validity(&mut self, case: &Case, wishes: &str) {
        if matches!(case.ours, Ok(Some(_))) {
            self.answers += 1;
            if case.valid {
                self.valid += 1;
            } else {
                self.faults
                    .push(format!("invalid   {wishes}: our answer does not stand"));
            }
        }
    }

    /// Whether no verdict differs, no answer is invalid and no question failed.
    pub(crate) fn agrees(&self) -> bool {
        self.faults.is_empty()
    }

    /// Whether the comparison is passed: no fault, and 99 of 100 answers the very same.
    pub(crate) fn passes(&self) -> bool {
        self.agrees() && self.same * 100 >= self.apt_answers * 99
    }

    /// Adds another comparison's counts.
    pub(crate) fn merge(&mut self, other: Report) {
        self.sets += other.sets;
        self.apt_answers += other.apt_answers;
        self.same += other.same;
        self.apt_gave_up += other.apt_gave_up;
        self.valid += other.valid;
        self.answers += other.answers;
        self.faults.extend(other.faults);
        self.differing.extend(other.differing);
        self.peers.extend(other.peers);
    }

    /// The report as text: the counts, then every case that is not the same.
    pub(crate) fn render(&self, title: &str) -> String {
        let mut out = String::new();
        let verdicts = self
            .faults
            .iter()
            .filter(|fault| fault.starts_with("verdict"))
            .count();
        let _ = writeln!(out, "{title}: {} sets", self.sets);
        let _ = writeln!(
            out,
            "  same set as apt     {} of {}",
            self.same, self.apt_answers
        );
        let _ = writeln!(out, "  apt gave up         {}", self.apt_gave_up);
        let _ = writeln!(
            out,
            "  valid answers       {} of {}",
            self.valid, self.answers
        );
        let _ = writeln!(out, "  verdicts that differ {verdicts}");
        for line in self.faults.iter().chain(&self.differing).chain(&self.peers) {
            let _ = writeln!(out, "  {line}");
        }
        out
    }
}

fn difference(wishes: &str, apt: &BTreeSet<String>, ours: &BTreeSet<String>) -> String {
    let list = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
        one.difference(other).cloned().collect::<Vec<_>>().join(" ")
    };
    format!(
        "different {wishes}: apt only [{}] we only [{}]",
        list(apt, ours),
        list(ours, apt)
    )
}

/// Whether every wish is a member by its own name.
pub(crate) fn serves(
    index: &Index,
    native: &Native,
    wishes: &[String],
    members: &BTreeSet<String>,
) -> bool {
    let served = |wish: &String| {
        let can_be = index.wished(wish, native);
        can_be
            .into_iter()
            .any(|at| members.contains(&index.member(at, native)))
    };
    wishes.iter().all(served)
}
