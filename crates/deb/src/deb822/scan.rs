//! The line scanner that the text iterator and the streaming reader share.
//!
//! It is given whole lines and notes where names and values lie. Places are relative to
//! the first field, so that the text may be moved between lines.

use std::ops::Range;

use super::{Deb822Error, Deb822Problem};

/// More fields than any paragraph of Debian has, and few enough to compare in pairs.
const MAX_FIELDS: usize = 1024;

/// Where one field lies, relative to the start of its paragraph.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) key: u32,
    pub(super) name_start: u32,
    pub(super) name_end: u32,
    pub(super) value_start: u32,
    pub(super) value_end: u32,
    pub(super) line: u32,
}

/// A cheap hash of a name that does not depend on case: most names differ in it.
#[inline]
pub(super) fn key_of(name: &[u8]) -> u32 {
    let lower = |index: usize| u32::from(name.get(index).copied().unwrap_or(0) | 0x20);
    let last = lower(name.len().wrapping_sub(1));
    (name.len() as u32) << 24 | lower(0) << 16 | lower(name.len() / 2) << 8 | last
}

/// The bit that stands for a key in a set that only tells "perhaps" from "surely not".
#[inline]
pub(super) fn bit_of(key: u32) -> u64 {
    1 << (key.wrapping_mul(0x9e37_79b1) >> 26)
}

/// What a line did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The paragraph goes on, or has not begun.
    More,
    /// The line ended the paragraph.
    End,
}

/// The state between two lines.
#[derive(Debug, Clone)]
pub(super) struct Scanner {
    spans: Vec<Span>,
    /// One bit for each hash of a name that has been seen.
    seen: u64,
    start: usize,
    end: usize,
    first_line: u64,
    line: u64,
    pub(super) comments: bool,
    pub(super) limit: usize,
}

impl Scanner {
    /// Begins at line number `line` of a file.
    pub(super) fn new(line: u64, limit: usize) -> Self {
        let (spans, comments) = (Vec::new(), false);
        Self {
            spans,
            seen: 0,
            start: 0,
            end: 0,
            first_line: line,
            line,
            comments,
            limit,
        }
    }

    /// Begins a new paragraph at the present line, in the same memory.
    pub(super) fn restart(&mut self) {
        self.spans.clear();
        self.seen = 0;
        self.first_line = self.line;
    }

    /// The number of the line that follows the last one given.
    pub(super) fn next_line(&self) -> u64 {
        self.line
    }

    /// The number of the line of the first field.
    pub(super) fn first_line(&self) -> u64 {
        self.first_line
    }

    /// The fields found so far.
    pub(super) fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// The bits of all keys found so far.
    pub(super) fn seen(&self) -> u64 {
        self.seen
    }

    /// Hands over the fields.
    pub(super) fn into_spans(self) -> Vec<Span> {
        self.spans
    }

    /// Takes the fields that another scanner found in a repaired text.
    pub(super) fn adopt(&mut self, other: Self) {
        self.spans = other.spans;
        self.start = other.start;
        self.end = other.end;
    }

    /// Where the first field begins, once there is one.
    pub(super) fn start(&self) -> Option<usize> {
        (!self.spans.is_empty()).then_some(self.start)
    }

    /// Tells that the text has been moved to the front by `distance` bytes.
    pub(super) fn moved(&mut self, distance: usize) {
        if !self.spans.is_empty() {
            self.start -= distance;
            self.end -= distance;
        }
    }

    /// Takes the line `bytes[from..to]`, which has no line feed.
    pub(super) fn line(
        &mut self,
        bytes: &[u8],
        from: usize,
        to: usize,
    ) -> Result<Step, Deb822Error> {
        self.refuse_large(from, to)?;
        let line = &bytes[from..to];
        let step = match line.first() {
            Some(b'#') if self.comments => Step::More,
            Some(b'#') => return Err(self.error(Deb822Problem::Comment)),
            None | Some(b' ' | b'\t' | b'\r') => self.continuation(line, to)?,
            Some(_) => self.field(bytes, from, to)?,
        };
        self.line += 1;
        Ok(step)
    }

    /// Refuses a paragraph that reaches too far; its present line begins at `from`.
    pub(super) fn refuse_large(&self, from: usize, to: usize) -> Result<(), Deb822Error> {
        if to > from && to - self.start().unwrap_or(from) > self.limit {
            return Err(self.error(Deb822Problem::TooLarge(self.limit)));
        }
        Ok(())
    }

    /// Ends the paragraph; gives where it lies, or nothing if no field came.
    pub(super) fn finish(&self, bytes: &[u8]) -> Result<Option<Range<usize>>, Deb822Error> {
        let Some(start) = self.start() else {
            return Ok(None);
        };
        let text = &bytes[start..self.end];
        if let Some(place) = memchr::memchr(0, text) {
            let lines = memchr::memchr_iter(b'\n', &text[..place]).count() as u64;
            return Err(Deb822Error {
                line: self.first_line + lines,
                problem: Deb822Problem::Nul,
            });
        }
        Ok(Some(start..self.end))
    }

    /// A line that begins with a blank or is empty.
    fn continuation(&mut self, line: &[u8], to: usize) -> Result<Step, Deb822Error> {
        let text = trim_end(line);
        if text.is_empty() {
            return Ok(if self.spans.is_empty() {
                Step::More
            } else {
                Step::End
            });
        }
        match self.spans.last_mut() {
            Some(span) if line[0] != b'\r' => {
                let end = to - (line.len() - text.len());
                span.value_end = (end - self.start) as u32;
                self.end = to;
                Ok(Step::More)
            }
            _ => Err(self.error(Deb822Problem::Continuation)),
        }
    }

    fn field(&mut self, bytes: &[u8], from: usize, to: usize) -> Result<Step, Deb822Error> {
        let line = &bytes[from..to];
        let length = line.iter().take_while(|byte| is_name_byte(**byte)).count();
        if length == 0 || line[0] == b'-' || line.get(length) != Some(&b':') {
            return Err(self.name_error(line));
        }
        if self.spans.is_empty() {
            self.start = from;
            self.first_line = self.line;
        }
        let blanks = line[length + 1..]
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t'));
        let value_start = length + 1 + blanks.count();
        let value_end = value_start + trim_end(&line[value_start..]).len();
        let base = from - self.start;
        let span = Span {
            key: key_of(&line[..length]),
            name_start: base as u32,
            name_end: (base + length) as u32,
            value_start: (base + value_start) as u32,
            value_end: (base + value_end) as u32,
            line: (self.line - self.first_line) as u32,
        };
        self.refuse_duplicate(bytes, &span)?;
        self.spans.push(span);
        self.end = to;
        Ok(Step::More)
    }

    fn refuse_duplicate(&mut self, bytes: &[u8], new: &Span) -> Result<(), Deb822Error> {
        let bit = bit_of(new.key);
        let possible = self.seen & bit != 0;
        self.seen |= bit;
        let name = |span: &Span| {
            &bytes[self.start + span.name_start as usize..self.start + span.name_end as usize]
        };
        let same = |old: &&Span| old.key == new.key && name(old).eq_ignore_ascii_case(name(new));
        if let Some(old) = possible.then(|| self.spans.iter().find(same)).flatten() {
            return Err(self.error(Deb822Problem::Duplicate {
                name: shown(name(new)),
                first_line: self.first_line + u64::from(old.line),
            }));
        }
        if self.spans.len() == MAX_FIELDS {
            return Err(self.error(Deb822Problem::TooManyFields(MAX_FIELDS)));
        }
        Ok(())
    }

    fn name_error(&self, line: &[u8]) -> Deb822Error {
        self.error(match memchr::memchr(b':', line) {
            _ if line.contains(&0) => Deb822Problem::Nul,
            Some(colon) => Deb822Problem::Name(shown(&line[..colon])),
            None => Deb822Problem::NoColon(shown(line)),
        })
    }

    pub(super) fn error(&self, problem: Deb822Problem) -> Deb822Error {
        Deb822Error {
            line: self.line,
            problem,
        }
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b':'
}

fn trim_end(line: &[u8]) -> &[u8] {
    let blanks = line
        .iter()
        .rev()
        .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r'));
    &line[..line.len() - blanks.count()]
}

/// A part of the text for an error, cut to 60 bytes.
fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned()
}
