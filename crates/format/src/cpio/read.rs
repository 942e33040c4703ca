//! Listing the members of an archive, believing nothing of it.

use super::{Entry, HEADER, MAGIC, TRAILER};

/// No name is longer.
const MOST_NAME: u32 = 4096;

/// One member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member<'a> {
    /// Its name, as bytes: nothing says that it is text.
    pub name: &'a [u8],
    /// What it is.
    pub entry: Entry,
    /// What names of one file have in common: the numbers of its inode and its file system.
    pub file: (u32, u32, u32),
    /// How many names the file has, all told.
    pub links: u32,
    /// Its content, or where a symbolic link leads.
    pub content: &'a [u8],
}

/// What is wrong with an archive, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cpio archive, byte {offset}: {problem}")]
pub struct CpioError {
    /// Where the member begins.
    pub offset: usize,
    /// What is wrong there.
    pub problem: &'static str,
}

/// Lists the members up to the trailer, and says where the archive ends.
///
/// # Errors
/// If a header is none, or a member reaches beyond the end.
pub fn members(archive: &[u8]) -> Result<(Vec<Member<'_>>, usize), CpioError> {
    let mut list = Vec::new();
    let mut offset = 0;
    loop {
        let (member, next) =
            member(archive, offset).map_err(|problem| CpioError { offset, problem })?;
        if member.name == TRAILER.as_bytes() {
            return Ok((list, next));
        }
        list.push(member);
        offset = next;
    }
}

fn member(archive: &[u8], offset: usize) -> Result<(Member<'_>, usize), &'static str> {
    let rest = archive.get(offset..).unwrap_or_default();
    let header = rest.get(..HEADER).ok_or("expected a header")?;
    if !header.starts_with(MAGIC) {
        return Err("expected the magic 070701");
    }
    let field = |index: usize| number(&header[6 + index * 8..14 + index * 8]);
    let size = field(6)?;
    let name_size = field(11)?;
    if name_size == 0 || name_size > MOST_NAME {
        return Err("a name of an impossible length");
    }
    let name_end = HEADER + name_size as usize;
    let name = rest.get(HEADER..name_end).ok_or("a name beyond the end")?;
    // Several NULs put the content at an even place, as processors want it of their microcode.
    let end = name
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |at| at + 1);
    let (name, nuls) = name.split_at(end);
    if nuls.is_empty() || name.contains(&0) {
        return Err("a name that does not end with its NUL");
    }
    let start = name_end.next_multiple_of(4);
    let end = start
        .checked_add(size as usize)
        .ok_or("content beyond the end")?;
    let content = rest.get(start..end).ok_or("content beyond the end")?;
    let entry = Entry {
        mode: field(1)?,
        owner: field(2)?,
        group: field(3)?,
        time: field(5)?,
        device: (field(9)?, field(10)?),
    };
    let next = offset + end.next_multiple_of(4);
    Ok((
        Member {
            name,
            entry,
            file: (field(0)?, field(7)?, field(8)?),
            links: field(4)?,
            content,
        },
        next,
    ))
}

fn number(digits: &[u8]) -> Result<u32, &'static str> {
    let text = std::str::from_utf8(digits).unwrap_or("?");
    // `from_str_radix` takes a sign, which the format has not.
    if text.starts_with('+') {
        return Err("a number that is none");
    }
    u32::from_str_radix(text, 16).map_err(|_| "a number that is none")
}
