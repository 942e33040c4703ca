//! Coverage as CSV (RFC 4180): a row a requirement.

use formwork_model::documents::Coverage;

use super::{advice, packages, words};
use crate::formats::row;

/// The head of the table.
const HEAD: [&str; 8] = [
    "requirement",
    "title",
    "levels",
    "state",
    "packages",
    "proposals",
    "what would help",
    "tests",
];

/// All requirements, also those that ask nothing.
#[must_use]
pub fn csv(coverage: &Coverage) -> String {
    let mut text = row(HEAD);
    for one in &coverage.requirements {
        let mut proposals: Vec<u32> = one.by.iter().map(|by| by.proposal).collect();
        proposals.sort_unstable();
        proposals.dedup();
        let numbers = |list: Vec<String>| list.join(" ");
        let levels = numbers(one.levels.iter().map(u8::to_string).collect());
        let proposals = numbers(proposals.iter().map(u32::to_string).collect());
        text.push_str(&row([
            one.id.as_str(),
            &one.title,
            &levels,
            &words(one),
            &packages(one).join(" "),
            &proposals,
            &advice(coverage, one),
            &one.tests.join(" "),
        ]));
    }
    text
}
