//! What several commands print alike.

use formwork_model::documents::{Input, Why};

use crate::session::Session;
use crate::terminal::number;

/// Tells on standard error which Releases are expired and let through by a written leave.
pub(super) fn tell_waivers(session: &Session, inputs: &[Input]) {
    for input in inputs {
        if let Some(waiver) = &input.allow_expired {
            session.warn(&format!(
                "the Release of {} {} is expired; allowed until {}: {}",
                input.repository, input.suite, waiver.until, waiver.reason
            ));
        }
    }
}

/// A few names as they stand in a sentence: `a`, `a and b`, `a, b and 3 more`.
pub(super) fn names_in_short(names: &[String]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [first, second] => format!("{first} and {second}"),
        [first, second, third] => format!("{first}, {second} and {third}"),
        [first, second, rest @ ..] => format!(
            "{first}, {second} and {} more",
            number::count(rest.len() as u64)
        ),
    }
}

/// The verb for so many names.
pub(super) fn need(names: &[String]) -> &'static str {
    if names.len() == 1 { "needs" } else { "need" }
}

/// A reason in a few words.
pub(super) fn reason(why: &Why) -> String {
    match why {
        Why::Wish { .. } => "wish".to_owned(),
        Why::Variant { variant } => format!("variant {variant}"),
        Why::Beside { purpose } => format!("beside, for {purpose}"),
        Why::Relation {
            by,
            field,
            relation,
            provider_of,
            ..
        } => {
            let provides = provider_of
                .as_ref()
                .map(|name| format!(", provides {name}"))
                .unwrap_or_default();
            format!("{by}: {field} {relation}{provides}")
        }
    }
}

/// A reason in the fewest words: a relation that says no more than the package's name is left out.
pub(super) fn reason_in_short(why: &Why, name: &str) -> String {
    match why {
        Why::Relation {
            by,
            field,
            relation,
            provider_of: None,
            ..
        } if is_plain(relation, name) => format!("{by}: {field}"),
        _ => reason(why),
    }
}

/// Whether a relation is the name alone, perhaps with a version.
pub(super) fn is_plain(relation: &str, name: &str) -> bool {
    relation
        .strip_prefix(name)
        .is_some_and(|rest| rest.is_empty() || (rest.starts_with(" (") && !rest.contains('|')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_make_a_sentence() {
        let names: Vec<String> = ["a", "b", "c", "d", "e"].map(str::to_owned).into();
        let cases = [
            (0, "nothing"),
            (1, "a"),
            (2, "a and b"),
            (3, "a, b and c"),
            (5, "a, b and 3 more"),
        ];
        for (count, expected) in cases {
            assert_eq!(names_in_short(&names[..count]), expected);
        }
    }

    #[test]
    fn a_relation_is_told_where_it_says_more_than_the_name() {
        let cases = [
            ("libc6", "libc6", true),
            ("libc6 (>= 2.36)", "libc6", true),
            ("python3:any", "python3", false),
            ("libc6 (>= 2) | musl", "libc6", false),
            ("libc6-dev", "libc6", false),
            ("mail-transport-agent", "exim4", false),
        ];
        for (relation, name, expected) in cases {
            assert_eq!(is_plain(relation, name), expected, "{relation}");
        }
    }
}
