//! The error page: what is wrong, where it stands, and how to go on.
//!
//! ```text
//! error: unknown key `pakages`
//!   ┌ images/gateway.toml:14:1
//! 14│ pakages = ["openssh-server", "nftables"]
//!   │ ^^^^^^^ did you mean `packages`?
//!   Keys of an image: docs/image.md
//! ```

use std::fmt::Write as _;

use formwork_model::source::Spot;

use crate::terminal::printable;
use crate::terminal::style::{Ink, Style};

/// A place in a file that a person wrote, and what to say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Where.
    pub(crate) spot: Spot,
    /// What to say under the marks.
    pub(crate) label: String,
}

/// One error for a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    /// What is wrong, in one sentence.
    pub(crate) title: String,
    /// Where it stands.
    pub(crate) place: Option<Place>,
    /// Why, or how to go on; a line each.
    pub(crate) hints: Vec<String>,
}

impl Page {
    /// A page with a title alone.
    pub(crate) fn new(title: impl Into<String>) -> Self {
        Page {
            title: title.into(),
            ..Page::default()
        }
    }

    /// The same page with one more line.
    pub(crate) fn hint(mut self, line: impl Into<String>) -> Self {
        self.hints.push(line.into());
        self
    }

    /// The page as text, ending in a line end.
    pub(crate) fn render(&self, style: Style) -> String {
        let mut text = String::new();
        for (position, line) in self.title.lines().enumerate() {
            match position {
                0 => text.push_str(&format!(
                    "{} {}\n",
                    style.paint(Ink::Bad, "error:"),
                    printable(line)
                )),
                _ => text.push_str(&format!("  {}\n", printable(line.trim_start()))),
            }
        }
        if let Some(place) = &self.place {
            text.push_str(&render_place(place, style));
        }
        for line in self.hints.iter().flat_map(|hint| hint.lines()) {
            text.push_str(&format!("  {}\n", printable(line)));
        }
        text
    }
}

/// The frame with the line and the marks under it.
fn render_place(place: &Place, style: Style) -> String {
    let spot = &place.spot;
    let number = spot.line.to_string();
    let margin = " ".repeat(number.len());
    let bar = style.paint(Ink::Faint, "│");
    let shown = spot.text.replace('\t', " ");
    let width = shown.chars().count();
    let before = usize::try_from(spot.column.saturating_sub(1))
        .unwrap_or(usize::MAX)
        .min(width);
    let length = usize::try_from(spot.length)
        .unwrap_or(usize::MAX)
        .clamp(1, (width - before).max(1));
    let marks = style.paint(Ink::Bad, "^".repeat(length));
    let under = format!(
        "{margin}{bar} {}{marks} {}",
        " ".repeat(before),
        printable(&place.label)
    );
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{margin}{} {}:{}:{}",
        style.paint(Ink::Faint, "┌"),
        printable(&spot.file),
        spot.line,
        spot.column
    );
    let _ = writeln!(text, "{number}{bar} {}", printable(shown.trim_end()));
    let _ = writeln!(text, "{}", under.trim_end());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(column: u64, length: u64) -> Place {
        Place {
            spot: Spot {
                file: "images/gateway.toml".to_owned(),
                line: 14,
                column,
                length,
                text: "pakages = [\"nftables\"]".to_owned(),
            },
            label: "did you mean `packages`?".to_owned(),
        }
    }

    #[test]
    fn the_line_is_shown_with_marks_under_the_word() {
        let page = Page {
            place: Some(place(1, 7)),
            ..Page::new("unknown key `pakages`")
        }
        .hint("Keys of an image: docs/image.md");
        let expected = "\
error: unknown key `pakages`
  ┌ images/gateway.toml:14:1
14│ pakages = [\"nftables\"]
  │ ^^^^^^^ did you mean `packages`?
  Keys of an image: docs/image.md
";
        assert_eq!(page.render(Style::new(false)), expected);
    }

    #[test]
    fn places_outside_the_line_do_no_harm() {
        for (column, length) in [(0, 0), (500, 1), (1, u64::MAX), (u64::MAX, u64::MAX)] {
            let text = render_place(&place(column, length), Style::new(false));
            assert_eq!(text.lines().count(), 3, "{column} {length}");
            assert!(text.contains('^'), "{text}");
        }
    }

    #[test]
    fn a_title_cannot_forge_lines_or_colours() {
        let page = Page::new("bad \u{1b}[2J name").hint("see\u{7}");
        assert_eq!(
            page.render(Style::new(false)),
            "error: bad \u{fffd}[2J name\n  see\u{fffd}\n"
        );
    }
}
