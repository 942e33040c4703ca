//! Places in a text file and the errors that point at them.
//!
//! Parsers report byte offsets; people read `file:line:column` and want to see the line. The
//! conversion happens once, here. Columns count characters, from 1.

use std::fmt;
use std::ops::Range;

/// The text of a file that a person wrote, with the name under which to speak of it.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The name of the file as a person would write it, relative to the project.
    pub file: &'a str,
    /// The whole text.
    pub text: &'a str,
}

/// A place in a file, complete enough to show it without the file at hand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spot {
    /// The file, relative to the project.
    pub file: String,
    /// The line, counted from 1.
    pub line: u64,
    /// The column of the first character, counted from 1.
    pub column: u64,
    /// How many characters of this line are meant, at least 1.
    pub length: u64,
    /// The line itself, without its line end.
    pub text: String,
}

/// Something is wrong in a file that a person wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    /// Where.
    pub spot: Spot,
    /// What is wrong, as one sentence without a full stop.
    pub message: String,
    /// What to try, shown beside the marked words.
    pub hint: Option<String>,
}

impl<'a> Source<'a> {
    /// Names a text.
    #[must_use]
    pub fn new(file: &'a str, text: &'a str) -> Self {
        Source { file, text }
    }

    /// The place of a range of bytes; a range outside the text is moved to its end.
    #[must_use]
    pub fn spot(&self, span: &Range<usize>) -> Spot {
        let start = self.boundary(span.start);
        let end = self.boundary(span.end).max(start);
        let line_start = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = self.text[start..]
            .find('\n')
            .map_or(self.text.len(), |at| start + at);
        let text = self.text[line_start..line_end].trim_end_matches('\r');
        let marked = &self.text[start..end.min(line_end)];
        Spot {
            file: self.file.to_owned(),
            line: 1 + count(self.text[..line_start].matches('\n').count()),
            column: 1 + count(self.text[line_start..start].chars().count()),
            length: count(marked.trim_end_matches('\r').chars().count()).max(1),
            text: text.to_owned(),
        }
    }

    /// An error at a range of bytes.
    #[must_use]
    pub fn error(&self, span: &Range<usize>, message: impl Into<String>) -> FileError {
        FileError {
            spot: self.spot(span),
            message: message.into(),
            hint: None,
        }
    }

    /// The nearest character boundary at or before an offset.
    fn boundary(&self, offset: usize) -> usize {
        let mut at = offset.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

/// A count as it is written into documents.
fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

impl FileError {
    /// The same error with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Spot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.spot, self.message)?;
        match &self.hint {
            Some(hint) => write!(formatter, " ({hint})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for FileError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_and_survive_odd_ranges() {
        let text = "a = 1\r\nä = \"ö\"\nlast";
        let source = Source::new("x.toml", text);
        let table = [
            (0..1, (1, 1, 1, "a = 1")),
            (7..9, (2, 1, 1, "ä = \"ö\"")),
            (12..16, (2, 5, 3, "ä = \"ö\"")),
            (text.len()..text.len(), (3, 5, 1, "last")),
            (900..1000, (3, 5, 1, "last")),
            // A range over several lines is marked to the end of its first line only.
            (4..20, (1, 5, 1, "a = 1")),
            // In the middle of a character.
            (8..8, (2, 1, 1, "ä = \"ö\"")),
        ];
        for (span, (line, column, length, shown)) in table {
            let spot = source.spot(&span);
            assert_eq!(
                (spot.line, spot.column, spot.length, spot.text.as_str()),
                (line, column, length, shown),
                "{span:?}"
            );
        }
    }

    #[test]
    fn an_empty_text_has_a_first_line() {
        let spot = Source::new("x", "").spot(&(0..0));
        assert_eq!((spot.line, spot.column, spot.length), (1, 1, 1));
    }
}
