//! One package of a proposal as the rules look at it, and what they say.

use formwork_model::proposal::{Package, Proposal};
use formwork_model::source::Spot;

use super::World;
use super::facts::{BinaryFacts, SuiteFacts};

/// One package under the eyes of a rule.
pub(super) struct Case<'a> {
    pub(super) world: &'a World<'a>,
    pub(super) proposal: &'a Proposal,
    pub(super) package: &'a Package,
}

/// What a rule says of one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// It is kept; the facts.
    Fine(String),
    /// It is not kept.
    Found { message: String, satisfy: String },
    /// That is not known.
    Unknown { message: String, satisfy: String },
}

impl Says {
    pub(super) fn fine(message: impl Into<String>) -> Says {
        Says::Fine(message.into())
    }

    pub(super) fn found(message: impl Into<String>, satisfy: impl Into<String>) -> Says {
        Says::Found {
            message: message.into(),
            satisfy: satisfy.into(),
        }
    }

    pub(super) fn unknown(message: impl Into<String>, satisfy: impl Into<String>) -> Says {
        Says::Unknown {
            message: message.into(),
            satisfy: satisfy.into(),
        }
    }
}

/// What a rule says, where, and for which suites.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) says: Says,
    /// Empty if it holds for all suites of the package.
    pub(super) suites: Vec<String>,
    pub(super) spot: Spot,
    pub(super) chain: Vec<String>,
}

impl Said {
    pub(super) fn at(spot: &Spot, says: Says) -> Said {
        Said {
            says,
            suites: Vec::new(),
            spot: spot.clone(),
            chain: Vec::new(),
        }
    }
}

/// What to do where the archive could not be asked.
pub(super) const ASK: &str = "check again with the network, and with the suite in [repositories]";
/// What to do where the file of a package could not be read.
pub(super) const FETCH: &str = "check again with the network, so that the package can be fetched";

impl<'a> Case<'a> {
    /// The suites that the package is for, in the order of the proposal.
    pub(super) fn suites(&self) -> impl Iterator<Item = &'a str> {
        let package = self.package;
        self.proposal
            .suites
            .iter()
            .map(|suite| suite.as_str())
            .filter(|suite| package.is_for_suite(suite))
    }

    /// The facts of the binaries that are wanted in a suite; by name, those unknown left out.
    pub(super) fn binaries(
        &self,
        suite: &str,
        facts: &'a SuiteFacts,
    ) -> Vec<(&'a str, &'a BinaryFacts)> {
        let mut found = Vec::new();
        for binary in &self.package.binaries {
            let fits = binary.suites.is_empty() || binary.suites.iter().any(|own| own == suite);
            let known = facts.binaries.get_key_value(binary.name.as_str());
            if let Some((name, facts)) = known.filter(|_| fits) {
                found.push((name.as_str(), facts));
            }
        }
        found
    }

    /// Asks for each suite, and says the same thing once for all suites of which it is true.
    pub(super) fn by_suite(&self, ask: impl Fn(&str, &'a SuiteFacts) -> Vec<Says>) -> Vec<Said> {
        self.by_known_suite(|suite, facts| match facts {
            Some(facts) => ask(suite, facts),
            None => vec![Says::unknown(
                format!("nothing is known of the packages of {suite}"),
                ASK,
            )],
        })
    }

    /// The same, where a suite of which nothing is known may still be asked.
    pub(super) fn by_known_suite(
        &self,
        ask: impl Fn(&str, Option<&'a SuiteFacts>) -> Vec<Says>,
    ) -> Vec<Said> {
        let mut told: Vec<(Says, Vec<String>)> = Vec::new();
        let mut count = 0;
        for suite in self.suites() {
            count += 1;
            for says in ask(suite, self.world.suites.get(suite)) {
                match told.iter_mut().find(|(known, _)| *known == says) {
                    Some((_, suites)) => suites.push(suite.to_owned()),
                    None => told.push((says, vec![suite.to_owned()])),
                }
            }
        }
        told.into_iter()
            .map(|(says, suites)| Said {
                says,
                suites: if suites.len() == count {
                    Vec::new()
                } else {
                    suites
                },
                spot: self.package.source.spot.clone(),
                chain: Vec::new(),
            })
            .collect()
    }
}

/// A count with its noun: `1 source`, `4 sources`.
pub(super) fn counted(count: u64, noun: &str) -> String {
    match (count, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        _ => format!("{count} {noun}s"),
    }
}

/// A length as a count.
pub(super) fn length<T>(list: &[T]) -> u64 {
    u64::try_from(list.len()).unwrap_or(u64::MAX)
}

/// Bytes in a few digits.
pub(super) fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        1_000_000..100_000_000 => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

/// A few names, the rest as a number.
pub(super) fn few<T: AsRef<str>>(names: &[T]) -> String {
    const MOST: usize = 4;
    let shown: Vec<&str> = names.iter().take(MOST).map(AsRef::as_ref).collect();
    match names.len().checked_sub(MOST) {
        Some(left @ 1..) => format!("{} and {left} more", shown.join(", ")),
        _ => shown.join(", "),
    }
}
