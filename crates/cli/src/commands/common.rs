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
}
