//! Colours and weights, only where somebody sees them.
//!
//! The usual variables hold: `NO_COLOR` (any value that is not empty) switches colours off,
//! `CLICOLOR_FORCE` (not empty, not `0`) switches them on for a pipe, `TERM=dumb` has none.
//! Meaning never depends on colour.

use std::fmt::Display;

/// Whether a stream should be coloured.
pub(crate) fn wanted(terminal: bool) -> bool {
    let value = |name: &str| std::env::var(name).unwrap_or_default();
    decide(
        terminal,
        &value("NO_COLOR"),
        &value("CLICOLOR_FORCE"),
        &value("TERM"),
    )
}

/// The rule itself, without an environment.
fn decide(terminal: bool, no_color: &str, force: &str, term: &str) -> bool {
    if !no_color.is_empty() {
        return false;
    }
    if !force.is_empty() && force != "0" {
        return true;
    }
    terminal && term != "dumb"
}

/// How a piece of text is set off from its surroundings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    /// As the terminal writes.
    Plain,
    /// A name one looks for.
    Strong,
    /// What may be skipped.
    Faint,
    /// Good.
    Good,
    /// Look here.
    Look,
    /// Bad.
    Bad,
}

impl Ink {
    /// The sequence that begins it.
    fn code(self) -> &'static str {
        match self {
            Ink::Plain => "",
            Ink::Strong => "\u{1b}[1m",
            Ink::Faint => "\u{1b}[2m",
            Ink::Good => "\u{1b}[32m",
            Ink::Look => "\u{1b}[33m",
            Ink::Bad => "\u{1b}[1;31m",
        }
    }
}

/// A stream's colours, on or off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    enabled: bool,
}

impl Style {
    /// A style that colours, or does not.
    pub(crate) fn new(enabled: bool) -> Self {
        Style { enabled }
    }

    /// The text in this ink.
    pub(crate) fn paint(self, ink: Ink, text: impl Display) -> String {
        if self.enabled && ink != Ink::Plain {
            format!("{}{text}\u{1b}[0m", ink.code())
        } else {
            text.to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_variables_hold() {
        let cases = [
            (true, "", "", "xterm", true),
            (true, "", "", "dumb", false),
            (false, "", "", "xterm", false),
            (false, "", "1", "xterm", true),
            (false, "", "0", "xterm", false),
            (true, "1", "1", "xterm", false),
        ];
        for (terminal, no_color, force, term, expected) in cases {
            assert_eq!(
                decide(terminal, no_color, force, term),
                expected,
                "{terminal} {no_color} {force} {term}"
            );
        }
    }

    #[test]
    fn without_colour_the_text_is_bare() {
        assert_eq!(Style::new(false).paint(Ink::Bad, "error"), "error");
        assert_eq!(Style::new(true).paint(Ink::Plain, "error"), "error");
        assert_eq!(
            Style::new(true).paint(Ink::Strong, 3),
            "\u{1b}[1m3\u{1b}[0m"
        );
    }
}
