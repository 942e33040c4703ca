//! What entries of type `x`, `g`, `L` and `K` say of other entries.

use std::collections::BTreeMap;

use super::{Entry, TarProblem};

/// Extended attributes that wait for their entry.
#[derive(Debug, Default)]
pub(super) struct Extensions {
    /// A long path in GNU's form.
    pub(super) path: Option<Vec<u8>>,
    /// A long target of a link in GNU's form.
    pub(super) link: Option<Vec<u8>>,
    records: BTreeMap<String, Vec<u8>>,
}

impl Extensions {
    pub(super) fn is_empty(&self) -> bool {
        self.size() == 0
    }

    /// The bytes that are held.
    pub(super) fn size(&self) -> u64 {
        let names = [&self.path, &self.link].into_iter().flatten().map(Vec::len);
        let records = self
            .records
            .iter()
            .map(|(key, value)| key.len() + value.len());
        names.chain(records).sum::<usize>() as u64
    }

    /// Reads records `length key=value`, each with a line feed; the length counts them whole.
    pub(super) fn add_records(&mut self, text: &[u8]) -> Result<(), TarProblem> {
        let mut rest = text;
        while !rest.is_empty() {
            let (key, value, after) = record(rest).ok_or(TarProblem::Record)?;
            if key.starts_with("GNU.sparse.") {
                return Err(TarProblem::Sparse);
            }
            self.records.insert(key.to_owned(), value.to_vec());
            rest = after;
        }
        Ok(())
    }

    /// Lets these attributes take the place of what the entry says.
    pub(super) fn apply(&self, entry: &mut Entry) -> Result<(), TarProblem> {
        if let Some(path) = &self.path {
            entry.path.clone_from(path);
        }
        if let Some(link) = &self.link {
            entry.link.clone_from(link);
        }
        for (key, value) in &self.records {
            // An empty value takes the attribute back, and the block's own word counts; but of
            // the files' own attributes some are empty.
            if value.is_empty() && !key.starts_with("SCHILY.xattr.") {
                entry.attributes.remove(key);
            } else {
                apply_record(entry, key, value)?;
            }
        }
        Ok(())
    }
}

fn apply_record(entry: &mut Entry, key: &str, value: &[u8]) -> Result<(), TarProblem> {
    match key {
        "path" => entry.path = name(value)?,
        "linkpath" => entry.link = name(value)?,
        "uname" => entry.user_name = name(value)?,
        "gname" => entry.group_name = name(value)?,
        "uid" => entry.user_id = decimal(value).ok_or(TarProblem::Number("uid"))?,
        "gid" => entry.group_id = decimal(value).ok_or(TarProblem::Number("gid"))?,
        "size" => entry.size = decimal(value).ok_or(TarProblem::Number("size"))?,
        "mtime" => entry.modified = seconds(value).ok_or(TarProblem::Number("mtime"))?,
        _ => {
            entry.attributes.insert(key.to_owned(), value.to_vec());
        }
    }
    Ok(())
}

fn record(text: &[u8]) -> Option<(&str, &[u8], &[u8])> {
    let blank = memchr::memchr(b' ', &text[..text.len().min(20)])?;
    let length = usize::try_from(decimal(&text[..blank])?).ok()?;
    let (whole, after) = text.split_at_checked(length)?;
    let pair = whole.get(blank + 1..)?.strip_suffix(b"\n")?;
    let equals = memchr::memchr(b'=', pair)?;
    let key = std::str::from_utf8(&pair[..equals])
        .ok()
        .filter(|key| !key.is_empty())?;
    Some((key, &pair[equals + 1..], after))
}

fn name(value: &[u8]) -> Result<Vec<u8>, TarProblem> {
    if value.contains(&0) {
        Err(TarProblem::Name)
    } else {
        Ok(value.to_vec())
    }
}

fn decimal(text: &[u8]) -> Option<u64> {
    let plain = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    plain.then(|| std::str::from_utf8(text).ok()?.parse().ok())?
}

/// Whole seconds of a time such as `-1.25`, rounded down.
fn seconds(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix(b"-") {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let mut parts = digits.splitn(2, |byte| *byte == b'.');
    let whole = i64::try_from(decimal(parts.next()?)?).ok()?;
    let fraction = parts.next().unwrap_or_default();
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let up = i64::from(negative && fraction.iter().any(|digit| *digit != b'0'));
    if negative {
        (-whole).checked_sub(up)
    } else {
        Some(whole)
    }
}
