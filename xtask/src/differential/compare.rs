//! Laying the answers side by side.

use super::apt::Answer;
use super::dose::Verdict;
use super::index::{Index, Native};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// One set and everyone's answer to it.
pub(crate) struct Case {
    pub(crate) wishes: Vec<String>,
    pub(crate) ours: Result<Answer, String>,
    pub(crate) apt: Answer,
    pub(crate) dose: Option<Verdict>,
    /// Whether our answer, if there is one, can stand on its own.
    pub(crate) valid: bool,
    /// Whether apt came to a differing answer by repairing its first one.
    pub(crate) apt_repaired: bool,
}

impl Case {
    /// Whether apt and we have both an answer, and not the same.
    pub(crate) fn differs(&self) -> bool {
        matches!((&self.apt, &self.ours), (Some(apt), Ok(Some(ours))) if apt != ours)
    }
}

/// What came of a comparison.
#[derive(Default)]
pub(crate) struct Report {
    sets: usize,
    apt_answers: usize,
    same: usize,
    apt_gave_up: usize,
    /// Of these, the sets that can be had only if a provider stands in for a wish;
    /// what a name asks for is then open, and either verdict is right.
    by_provider: usize,
    valid: usize,
    answers: usize,
    /// Verdicts that differ, answers that are not valid, questions that failed.
    faults: Vec<String>,
    /// Answers that are valid but not apt's.
    differing: Vec<String>,
    /// How many of these have no reason that lies with apt.
    unexplained: usize,
    /// Sets that apt can install and dose calls broken: one of the two errs.
    peers: Vec<String>,
}

impl Report {
    /// Counts one case in.
    pub(crate) fn add(&mut self, case: Case) {
        self.sets += 1;
        let wishes = case.wishes.join(" ");
        if case.apt.is_some() && case.dose == Some(Verdict::Broken) {
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
                    let reason = reason(&case, apt, ours);
                    self.unexplained += usize::from(reason.is_none());
                    let reason = reason.unwrap_or("another choice");
                    let lists = difference(apt, ours);
                    self.differing
                        .push(format!("different {wishes}: {reason}: {lists}"));
                }
            }
            (Some(_), None) => {
                self.apt_answers += 1;
                self.faults
                    .push(format!("verdict   {wishes}: apt finds an answer, we none"));
            }
            (None, ours) => {
                self.apt_gave_up += 1;
                self.by_provider += usize::from(case.dose == Some(Verdict::Provider));
                let fault = match (case.dose, ours) {
                    (Some(Verdict::Ok), None) => "dose finds an answer, we none",
                    (Some(Verdict::Broken), Some(_)) => "we find an answer, dose none",
                    _ => return,
                };
                self.faults.push(format!("verdict   {wishes}: {fault}"));
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

    /// The same with some leave for apt: only differences without a reason count.
    pub(crate) fn passes_but_for_repairs(&self) -> bool {
        self.agrees() && self.unexplained * 100 <= self.apt_answers
    }

    /// Adds another comparison's counts; `place` says where its archive is.
    pub(crate) fn merge(&mut self, other: Report, place: &str) {
        self.sets += other.sets;
        self.apt_answers += other.apt_answers;
        self.same += other.same;
        self.apt_gave_up += other.apt_gave_up;
        self.by_provider += other.by_provider;
        self.valid += other.valid;
        self.answers += other.answers;
        self.unexplained += other.unexplained;
        let placed = |line: String| format!("{line} in {place}");
        self.faults.extend(other.faults.into_iter().map(placed));
        self.differing
            .extend(other.differing.into_iter().map(placed));
        self.peers.extend(other.peers.into_iter().map(placed));
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
        let _ = writeln!(out, "  differ unexplained  {}", self.unexplained);
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

/// What in apt's way of working explains its answer, if anything does.
fn reason(case: &Case, apt: &BTreeSet<String>, ours: &BTreeSet<String>) -> Option<&'static str> {
    if case.valid && ours.is_subset(apt) {
        return Some("apt keeps packages that nothing needs");
    }
    case.apt_repaired
        .then_some("apt repaired a broken first choice")
}

fn difference(apt: &BTreeSet<String>, ours: &BTreeSet<String>) -> String {
    let list = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
        one.difference(other).cloned().collect::<Vec<_>>().join(" ")
    };
    format!(
        "apt only [{}] we only [{}]",
        list(apt, ours),
        list(ours, apt)
    )
}

/// Whether every wish is a member by its own name, or by a provider where `by_provider` allows.
pub(crate) fn serves(
    index: &Index,
    native: &Native,
    wishes: &[String],
    members: &BTreeSet<String>,
    by_provider: bool,
) -> bool {
    let is_member = |at: usize| members.contains(&index.member(at, native));
    wishes.iter().all(|wish| {
        let name = wish.split(':').next().unwrap_or_default();
        index.wished(wish, native).into_iter().any(is_member)
            || (by_provider && index.providing(name).iter().copied().any(is_member))
    })
}
