//! Everything that knows what a terminal is: the two streams, colours, widths, tables,
//! numbers for people, and progress.

pub(crate) mod dialog;
pub(crate) mod number;
pub(crate) mod output;
pub(crate) mod progress;
pub(crate) mod style;
pub(crate) mod table;

use std::borrow::Cow;
use std::path::Path;

/// The text with every control character made visible, so that nothing an archive says can
/// move the cursor, change colours or forge a line.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.chars()
            .map(|character| {
                if is_unsafe(character) {
                    char::REPLACEMENT_CHARACTER
                } else {
                    character
                }
            })
            .collect(),
    )
}

/// A path as seen from the current directory, if it lies below it.
pub(crate) fn nearby(path: &Path) -> Cow<'_, str> {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).to_string_lossy()
}

/// Control characters and the marks that reverse the direction of writing.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// How many columns the terminal has, as it says itself or by `COLUMNS`; none for a pipe.
pub(crate) fn width_of(stream: &impl rustix::fd::AsFd) -> Option<usize> {
    if let Some(columns) = std::env::var("COLUMNS")
        .ok()
        .and_then(|text| text.parse::<usize>().ok())
        && columns > 0
    {
        return Some(columns);
    }
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let cases = [
            ("plain", "plain"),
            ("naïve 12", "naïve 12"),
            ("a\u{1b}[31mred", "a\u{fffd}[31mred"),
            ("two\nlines", "two\u{fffd}lines"),
            ("\u{202e}gpj", "\u{fffd}gpj"),
        ];
        for (text, expected) in cases {
            assert_eq!(printable(text), expected);
        }
    }
}
