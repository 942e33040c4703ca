//! The `ar` archive: a magic line, then members, each with a header of 60 bytes of text.
//!
//! A header has the name (16 bytes), time (12), owner (6), group (6), mode (8), size (10)
//! and the mark "`\n". Content begins at even places. Short names may end in `/` (GNU).
//! Long ones stand in a member `//` and are named by `/offset` (GNU), or stand in front of
//! the content and are named by `#1/length` (BSD). See ar(5) of the BSDs, and deb(5).

/// The first bytes of every `ar` archive.
pub const MAGIC: &[u8; 8] = b"!<arch>\n";

const HEADER: usize = 60;
/// No name of a member is longer, in any of the three forms.
const MAX_NAME: usize = 4096;

/// One member of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member<'a> {
    /// The name, without the marks of its form.
    pub name: &'a str,
    /// Where the content begins in the archive.
    pub offset: usize,
    /// The content.
    pub content: &'a [u8],
}

/// What is wrong in an `ar` archive, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("ar archive, byte {offset}: {problem}")]
pub struct ArError {
    /// Where the header or content in question begins.
    pub offset: usize,
    /// What is wrong there.
    pub problem: ArProblem,
}

/// What can be wrong in an `ar` archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ArProblem {
    /// The archive does not begin as one.
    #[error("expected the line `!<arch>`")]
    Magic,
    /// A header is cut short or has no end mark.
    #[error("expected the header of a member")]
    Header,
    /// The size is no number.
    #[error("expected the size of a member")]
    Size,
    /// The content reaches beyond the end of the archive.
    #[error("member reaches beyond the end of the archive")]
    Truncated,
    /// The name is empty, too long, no UTF-8, or points nowhere.
    #[error("expected the name of a member")]
    Name,
}

/// Lists the members of an archive; after an error there are no more.
pub fn members(archive: &[u8]) -> Members<'_> {
    Members {
        archive,
        offset: 0,
        long_names: b"",
        failed: false,
    }
}

/// The iterator over the members of an archive.
#[derive(Debug, Clone)]
pub struct Members<'a> {
    archive: &'a [u8],
    offset: usize,
    long_names: &'a [u8],
    failed: bool,
}

impl<'a> Iterator for Members<'a> {
    type Item = Result<Member<'a>, ArError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let start = self.offset;
        let result = self.read();
        self.failed = result.is_err();
        result
            .map_err(|problem| ArError {
                offset: start.max(self.offset),
                problem,
            })
            .transpose()
    }
}

impl<'a> Members<'a> {
    fn read(&mut self) -> Result<Option<Member<'a>>, ArProblem> {
        if self.offset == 0 {
            self.archive
                .starts_with(MAGIC)
                .then_some(())
                .ok_or(ArProblem::Magic)?;
            self.offset = MAGIC.len();
        }
        while self.offset < self.archive.len() {
            let (raw_name, offset, content) = self.raw_member()?;
            // Content is padded to an even place; at the end of a file the pad may be missing.
            let next = offset + content.len() + content.len() % 2;
            match raw_name {
                b"//" => self.long_names = content,
                b"/" | b"/SYM64/" => {}
                _ => {
                    let member = self.named(raw_name, offset, content)?;
                    self.offset = next;
                    return Ok(Some(member));
                }
            }
            self.offset = next;
        }
        Ok(None)
    }

    /// The name as it stands in the header at the present place, and the content.
    fn raw_member(&self) -> Result<(&'a [u8], usize, &'a [u8]), ArProblem> {
        let rest = &self.archive[self.offset..];
        let (header, rest) = rest.split_at_checked(HEADER).ok_or(ArProblem::Header)?;
        if !header.ends_with(b"`\n") {
            return Err(ArProblem::Header);
        }
        let size = number(&header[48..58]).ok_or(ArProblem::Size)?;
        let content = rest.get(..size).ok_or(ArProblem::Truncated)?;
        Ok((header[..16].trim_ascii_end(), self.offset + HEADER, content))
    }

    fn named(
        &self,
        raw: &'a [u8],
        offset: usize,
        content: &'a [u8],
    ) -> Result<Member<'a>, ArProblem> {
        let (name, length) = if let Some(digits) = raw.strip_prefix(b"#1/") {
            let length = number(digits).ok_or(ArProblem::Name)?;
            let name = content.get(..length).ok_or(ArProblem::Name)?;
            // The BSDs fill the name with NULs to an even length.
            let end = memchr::memchr(0, name).unwrap_or(name.len());
            (&name[..end], length)
        } else if let Some(digits) = raw.strip_prefix(b"/") {
            let start = number(digits).ok_or(ArProblem::Name)?;
            let rest = self.long_names.get(start..).ok_or(ArProblem::Name)?;
            let end = memchr::memchr(b'\n', rest).ok_or(ArProblem::Name)?;
            (rest[..end].strip_suffix(b"/").unwrap_or(&rest[..end]), 0)
        } else {
            (raw.strip_suffix(b"/").unwrap_or(raw), 0)
        };
        if name.is_empty() || name.len() > MAX_NAME || name.contains(&0) {
            return Err(ArProblem::Name);
        }
        let name = std::str::from_utf8(name).map_err(|_| ArProblem::Name)?;
        Ok(Member {
            name,
            offset: offset + length,
            content: &content[length..],
        })
    }
}

/// Reads decimal digits that blanks may follow.
fn number(text: &[u8]) -> Option<usize> {
    let digits = text.trim_ascii_end();
    let plain = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    plain.then(|| std::str::from_utf8(digits).ok()?.parse().ok())?
}

#[cfg(test)]
mod tests;
