//! Paragraphs from a stream, without holding the file or allocating for each field.

use std::borrow::Cow;
use std::io::{ErrorKind, Read};
use std::ops::Range;

use super::scan::{Scanner, Step};
use super::{Deb822Error, Deb822Problem, MAX_PARAGRAPH, Paragraph};

/// What is read at once; small enough to stay in a processor's own cache.
const CHUNK: usize = 128 << 10;
/// The first memory, enough for most files that are no index.
const FIRST: usize = 8 << 10;
const DEFAULT_LIMIT: usize = 8 << 20;

/// Reads one paragraph after another from any reader.
///
/// Its memory is bounded by three times the largest paragraph that is allowed, 8 MiB unless
/// told otherwise.
#[derive(Debug)]
pub struct Reader<R> {
    input: R,
    buffer: Vec<u8>,
    /// The bytes of the buffer that hold text.
    filled: usize,
    /// Where the next line begins.
    position: usize,
    /// The bytes that are known to have no further line feed.
    searched: usize,
    scanner: Scanner,
    repaired: String,
    finished: bool,
}

impl<R: Read> Reader<R> {
    /// Begins to read `input`.
    pub fn new(input: R) -> Self {
        Self {
            input,
            buffer: Vec::new(),
            filled: 0,
            position: 0,
            searched: 0,
            scanner: Scanner::new(1, DEFAULT_LIMIT),
            repaired: String::new(),
            finished: false,
        }
    }

    /// Allows paragraphs of up to so many bytes.
    pub fn with_limit(mut self, max_paragraph_bytes: usize) -> Self {
        self.scanner.limit = max_paragraph_bytes.min(MAX_PARAGRAPH);
        self
    }

    /// Allows comments: lines that begin with `#`.
    pub fn with_comments(mut self) -> Self {
        self.scanner.comments = true;
        self
    }

    /// The next paragraph, or nothing at the end; after an error there are no more.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator cannot lend its items"
    )]
    pub fn next(&mut self) -> Result<Option<Paragraph<'_>>, Deb822Error> {
        if self.finished {
            return Ok(None);
        }
        self.finished = true;
        let Some(range) = self.scan()? else {
            return Ok(None);
        };
        let Self {
            buffer,
            scanner,
            repaired,
            ..
        } = self;
        let text = match std::str::from_utf8(&buffer[range.clone()]) {
            Ok(text) => text,
            Err(_) => {
                *repaired = String::from_utf8_lossy(&buffer[range]).into_owned();
                rescan(scanner, repaired)?;
                repaired.as_str()
            }
        };
        self.finished = false;
        Ok(Some(Paragraph {
            text,
            spans: Cow::Borrowed(scanner.spans()),
            seen: scanner.seen(),
            line: scanner.first_line(),
        }))
    }

    /// Reads lines up to the end of a paragraph, and gives its place in the buffer.
    fn scan(&mut self) -> Result<Option<Range<usize>>, Deb822Error> {
        self.scanner.restart();
        loop {
            let unsearched = &self.buffer[self.searched..self.filled];
            if let Some(length) = memchr::memchr(b'\n', unsearched) {
                let end = self.searched + length;
                let step = self.scanner.line(&self.buffer, self.position, end)?;
                self.position = end + 1;
                self.searched = end + 1;
                if step == Step::End {
                    break;
                }
                continue;
            }
            self.searched = self.filled;
            self.scanner.refuse_large(self.position, self.filled)?;
            if self.fill()? > 0 {
                continue;
            }
            if self.position < self.filled {
                self.scanner
                    .line(&self.buffer, self.position, self.filled)?;
                self.position = self.filled;
            }
            break;
        }
        self.scanner.finish(&self.buffer[..self.filled])
    }

    /// Reads more text, and tells how much; drops what is done with and grows if it must.
    fn fill(&mut self) -> Result<usize, Deb822Error> {
        if self.room_is_low() {
            self.make_room();
        }
        loop {
            match self.input.read(&mut self.buffer[self.filled..]) {
                Ok(length) => {
                    self.filled += length;
                    return Ok(length);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.scanner.error(Deb822Problem::Read(error))),
            }
        }
    }

    fn make_room(&mut self) {
        let kept = self.scanner.start().unwrap_or(self.position);
        self.buffer.copy_within(kept..self.filled, 0);
        self.scanner.moved(kept);
        self.filled -= kept;
        self.position -= kept;
        self.searched -= kept;
        if self.room_is_low() {
            let size = if self.buffer.is_empty() {
                FIRST
            } else {
                CHUNK.max(self.buffer.len() * 2)
            };
            self.buffer.resize(size, 0);
        }
    }

    fn room_is_low(&self) -> bool {
        self.buffer.len() - self.filled <= self.buffer.len() / 4
    }
}

/// Finds the fields again in a text whose wrong bytes have been replaced.
fn rescan(scanner: &mut Scanner, text: &str) -> Result<(), Deb822Error> {
    let mut again = Scanner::new(scanner.first_line(), MAX_PARAGRAPH);
    again.comments = scanner.comments;
    let mut position = 0;
    for line in text.split('\n') {
        again.line(text.as_bytes(), position, position + line.len())?;
        position += line.len() + 1;
    }
    scanner.adopt(again);
    Ok(())
}
