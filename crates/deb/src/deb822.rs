//! The paragraphs of Debian's control files: `Packages`, `Sources`, `Release`, `control`.
//!
//! A file is a list of paragraphs divided by empty lines (or lines of blanks only). A
//! paragraph is a list of fields `Name: value`; lines that begin with a blank continue the
//! value. Names are printable ASCII without `:`, are compared without regard to case, and
//! occur once in a paragraph. See Debian Policy 5.1 and deb822(5).
//!
//! Choices of this reader: lines may end in CR LF; a NUL is an error; a byte that is not
//! UTF-8 is an error in a name and becomes U+FFFD in a value, since archives of the past
//! have Latin-1 descriptions (no name, version, path or hash with U+FFFD is ever valid);
//! lines that begin with `#` are comments only where asked for, else an error. A paragraph
//! has at most 1,024 fields, and in a [`Reader`] a bounded size.

mod reader;
mod scan;

use std::borrow::Cow;

pub use reader::Reader;
use scan::{Scanner, Span, Step, bit_of, key_of};

/// Places in a paragraph are held as 32 bits.
const MAX_PARAGRAPH: usize = i32::MAX as usize;

/// What is wrong in a control file, and in which line.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct Deb822Error {
    /// The line in the file, from 1.
    pub line: u64,
    /// What is wrong there.
    pub problem: Deb822Problem,
}

/// What can be wrong in a control file.
#[derive(Debug, thiserror::Error)]
pub enum Deb822Problem {
    /// A line has no colon.
    #[error("expected `Field: value`, found no colon in `{0}`")]
    NoColon(String),
    /// A field name is empty or has a character that is not allowed.
    #[error("expected a field name of printable ASCII before `:`, found `{0}`")]
    Name(String),
    /// A field stands twice in a paragraph.
    #[error("field {name} stands twice in this paragraph, first in line {first_line}")]
    Duplicate {
        /// The name of the field.
        name: String,
        /// The line of the first of the two.
        first_line: u64,
    },
    /// A paragraph begins with a continuation line.
    #[error("expected a field, found a continuation line")]
    Continuation,
    /// A comment stands in a file that may have none.
    #[error("expected a field, found a comment")]
    Comment,
    /// The text has a NUL.
    #[error("found a NUL byte")]
    Nul,
    /// The paragraph is larger than allowed.
    #[error("paragraph is larger than {0} bytes")]
    TooLarge(usize),
    /// The paragraph has more fields than allowed.
    #[error("paragraph has more than {0} fields")]
    TooManyFields(usize),
    /// The reader beneath failed.
    #[error("cannot read on: {0}")]
    Read(#[from] std::io::Error),
}

/// One paragraph: its fields in order.
#[derive(Debug, Clone)]
pub struct Paragraph<'a> {
    text: &'a str,
    spans: Cow<'a, [Span]>,
    seen: u64,
    line: u64,
}

/// One field of a paragraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name as written.
    pub name: &'a str,
    /// The value as written, with continuation lines, without blanks around it.
    ///
    /// When the first line is empty, the value begins with the line feed that ends it.
    /// Where comments are allowed, those between its lines are still in it.
    pub value: &'a str,
    /// The line in the file, from 1.
    pub line: u64,
}

impl<'a> Field<'a> {
    /// The lines of the value, trimmed, without comments, each with its number in the file.
    pub fn lines(&self) -> impl Iterator<Item = (u64, &'a str)> + use<'a> {
        // A continuation line begins with a blank, so `#` in column 0 is a comment.
        (self.line..)
            .zip(self.value.split('\n'))
            .filter(|(_, line)| !line.starts_with('#'))
            .map(|(number, line)| (number, line.trim_matches([' ', '\t', '\r'])))
    }

    /// The first line of the value, trimmed.
    pub fn first_line(&self) -> &'a str {
        let end = memchr::memchr(b'\n', self.value.as_bytes()).unwrap_or(self.value.len());
        self.value[..end].trim_end_matches([' ', '\t', '\r'])
    }
}

impl<'a> Paragraph<'a> {
    /// The field of this name, in any case.
    #[inline]
    pub fn get(&self, name: &str) -> Option<Field<'a>> {
        let key = key_of(name.as_bytes());
        if self.seen & bit_of(key) == 0 {
            return None;
        }
        self.find(key, name)
    }

    fn find(&self, key: u32, name: &str) -> Option<Field<'a>> {
        self.spans
            .iter()
            .find(|span| span.key == key && self.name(span).eq_ignore_ascii_case(name))
            .map(|span| self.field(span))
    }

    /// The fields in their order.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = Field<'a>> {
        self.spans.iter().map(|span| self.field(span))
    }

    /// The line of the first field in the file, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The whole text of the paragraph, up to the empty line.
    pub fn text(&self) -> &'a str {
        self.text
    }

    fn name(&self, span: &Span) -> &'a str {
        &self.text[span.name_start as usize..span.name_end as usize]
    }

    fn field(&self, span: &Span) -> Field<'a> {
        Field {
            name: self.name(span),
            value: &self.text[span.value_start as usize..span.value_end as usize],
            line: self.line + u64::from(span.line),
        }
    }
}

/// Reads the paragraphs of a whole text; after an error there are no more.
pub fn paragraphs(text: &str) -> Paragraphs<'_> {
    Paragraphs {
        text,
        offset: 0,
        line: 1,
        comments: false,
        failed: false,
    }
}

/// Reads the paragraphs of a whole text that people write and may comment with `#`.
pub fn paragraphs_with_comments(text: &str) -> Paragraphs<'_> {
    Paragraphs {
        comments: true,
        ..paragraphs(text)
    }
}

/// The iterator over the paragraphs of a text.
#[derive(Debug, Clone)]
pub struct Paragraphs<'a> {
    text: &'a str,
    offset: usize,
    line: u64,
    comments: bool,
    failed: bool,
}

impl<'a> Paragraphs<'a> {
    fn read(&mut self) -> Result<Option<Paragraph<'a>>, Deb822Error> {
        let rest = &self.text[self.offset..];
        let mut scanner = Scanner::new(self.line, MAX_PARAGRAPH);
        scanner.comments = self.comments;
        let mut position = 0;
        while position < rest.len() {
            let newline = memchr::memchr(b'\n', &rest.as_bytes()[position..]);
            let end = newline.map_or(rest.len(), |length| position + length);
            let step = scanner.line(rest.as_bytes(), position, end)?;
            position = rest.len().min(end + 1);
            if step == Step::End {
                break;
            }
        }
        self.offset += position;
        self.line = scanner.next_line();
        let Some(range) = scanner.finish(rest.as_bytes())? else {
            return Ok(None);
        };
        let (line, seen) = (scanner.first_line(), scanner.seen());
        let spans = Cow::Owned(scanner.into_spans());
        Ok(Some(Paragraph {
            text: &rest[range],
            spans,
            seen,
            line,
        }))
    }
}

impl<'a> Iterator for Paragraphs<'a> {
    type Item = Result<Paragraph<'a>, Deb822Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let result = self.read();
        self.failed = result.is_err();
        result.transpose()
    }
}

#[cfg(test)]
mod tests;
