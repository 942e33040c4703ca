//! Debian versions: `[epoch:]upstream[-revision]`, ordered as dpkg orders them.
//!
//! Each part is compared as an alternation of non-digits and numbers. Among non-digits
//! `~` comes before the end of the part, letters come before all other characters.
//! A missing epoch or revision counts as 0, so `1.0`, `0:1.0` and `1.0-0` are one version.
//! See Debian Policy 5.6.12 and deb-version(7).

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// What is wrong with the text of a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// Nothing stands where a version is needed.
    #[error("expected a version, found nothing")]
    Empty,
    /// The part before the first colon is no number from 0 to 2147483647.
    #[error("expected a number from 0 to 2147483647 as epoch before `:` in version `{0}`")]
    Epoch(String),
    /// Nothing stands between epoch and revision.
    #[error("expected an upstream version in `{0}`")]
    Upstream(String),
    /// Nothing stands after the last hyphen.
    #[error("expected a revision after the last `-` of version `{0}`")]
    Revision(String),
    /// A character is not allowed where it stands.
    #[error("character {character:?} is not allowed in version `{version}`")]
    Character {
        /// The whole text, cut to 80 characters.
        version: String,
        /// The character that is not allowed.
        character: char,
    },
}

/// Compares two versions in dpkg's order; text that is no version has a fixed place too.
pub fn compare(left: &str, right: &str) -> Ordering {
    if left == right {
        return Ordering::Equal;
    }
    let left = Parts::split(left);
    let right = Parts::split(right);
    compare_numbers(left.epoch, right.epoch)
        .then_with(|| compare_part(left.upstream, right.upstream))
        .then_with(|| compare_part(left.revision, right.revision))
}

/// Checks the syntax that dpkg demands of a version.
///
/// As dpkg does, this lets pass an upstream version that begins with no digit.
pub fn validate(version: &str) -> Result<(), VersionError> {
    let bytes = version.as_bytes();
    let colon = memchr::memchr(b':', bytes);
    let rest = colon.map_or(bytes, |colon| &bytes[colon + 1..]);
    if colon.is_some_and(|colon| !is_epoch(&version[..colon])) {
        return Err(VersionError::Epoch(shorten(version)));
    }
    let hyphen = memchr::memrchr(b'-', rest);
    let (upstream, revision) = match hyphen {
        Some(hyphen) => (&rest[..hyphen], &rest[hyphen + 1..]),
        None => (rest, &rest[..0]),
    };
    if version.is_empty() {
        Err(VersionError::Empty)
    } else if upstream.is_empty() {
        Err(VersionError::Upstream(shorten(version)))
    } else if hyphen.is_some() && revision.is_empty() {
        Err(VersionError::Revision(shorten(version)))
    } else if upstream.iter().all(|byte| is_upstream_byte(*byte))
        && revision.iter().all(|byte| is_revision_byte(*byte))
    {
        Ok(())
    } else {
        Err(character_error(version))
    }
}

fn is_epoch(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && compare_numbers(text.as_bytes(), b"2147483647") != Ordering::Greater
}

fn is_revision_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'~')
}

fn is_upstream_byte(byte: u8) -> bool {
    is_revision_byte(byte) || matches!(byte, b'-' | b':')
}

fn character_error(version: &str) -> VersionError {
    // After the last hyphen a colon is wrong, so a colon is named if nothing else is.
    let wrong = version
        .chars()
        .find(|c| !c.is_ascii() || !is_upstream_byte(*c as u8));
    let (version, character) = (shorten(version), wrong.unwrap_or(':'));
    VersionError::Character { version, character }
}

fn shorten(text: &str) -> String {
    text.chars().take(80).collect()
}

struct Parts<'a> {
    epoch: &'a [u8],
    upstream: &'a [u8],
    revision: &'a [u8],
}

impl<'a> Parts<'a> {
    fn split(version: &'a str) -> Self {
        let bytes = version.as_bytes();
        let digits = bytes
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        // A colon after anything but digits ends no epoch: it is part of the upstream text.
        let (epoch, rest) = match bytes.get(digits) {
            Some(b':') => (&bytes[..digits], &bytes[digits + 1..]),
            _ => (&bytes[..0], bytes),
        };
        match memchr::memrchr(b'-', rest) {
            Some(hyphen) => Self {
                epoch,
                upstream: &rest[..hyphen],
                revision: &rest[hyphen + 1..],
            },
            None => Self {
                epoch,
                upstream: rest,
                revision: &rest[..0],
            },
        }
    }
}

/// Compares two runs of digits of any length by value.
fn compare_numbers(left: &[u8], right: &[u8]) -> Ordering {
    let left = significant(left);
    let right = significant(right);
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

fn significant(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|byte| **byte == b'0').count();
    &digits[zeros..]
}

/// Compares two upstream versions or two revisions; dpkg calls this `verrevcmp`.
fn compare_part(left: &[u8], right: &[u8]) -> Ordering {
    let (mut left, mut right) = (left, right);
    while !left.is_empty() || !right.is_empty() {
        let (left_text, left_rest) = split_text(left);
        let (right_text, right_rest) = split_text(right);
        let (left_number, left_rest) = split_number(left_rest);
        let (right_number, right_rest) = split_number(right_rest);
        let order = compare_text(left_text, right_text)
            .then_with(|| compare_numbers(left_number, right_number));
        if order != Ordering::Equal {
            return order;
        }
        (left, right) = (left_rest, right_rest);
    }
    Ordering::Equal
}

fn split_text(part: &[u8]) -> (&[u8], &[u8]) {
    part.split_at(
        part.iter()
            .take_while(|byte| !byte.is_ascii_digit())
            .count(),
    )
}

fn split_number(part: &[u8]) -> (&[u8], &[u8]) {
    part.split_at(part.iter().take_while(|byte| byte.is_ascii_digit()).count())
}

fn compare_text(left: &[u8], right: &[u8]) -> Ordering {
    let weight = |text: &[u8], index: usize| text.get(index).map_or(0, |byte| weight_of(*byte));
    (0..left.len().max(right.len()))
        .map(|index| weight(left, index).cmp(&weight(right, index)))
        .find(|order| *order != Ordering::Equal)
        .unwrap_or(Ordering::Equal)
}

/// The place of a non-digit: `~`, then the end (0), then letters, then the rest.
fn weight_of(byte: u8) -> i32 {
    match byte {
        b'~' => -1,
        b'a'..=b'z' | b'A'..=b'Z' => i32::from(byte),
        _ => i32::from(byte) + 256,
    }
}

/// A version with dpkg's syntax, kept as written and equal as dpkg says.
#[derive(Clone)]
pub struct Version(String);

impl Version {
    /// Checks the syntax and keeps the text.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        validate(text)?;
        Ok(Self(text.to_owned()))
    }

    /// The version as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        Self::parse(text)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Version({})", self.0)
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        compare(&self.0, &other.0) == Ordering::Equal
    }
}

impl Eq for Version {}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(&self.0, &other.0)
    }
}

impl Hash for Version {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let parts = Parts::split(&self.0);
        significant(parts.epoch).hash(state);
        hash_part(parts.upstream, state);
        hash_part(parts.revision, state);
    }
}

/// Feeds a part so that parts that compare as equal feed the same.
fn hash_part<H: Hasher>(part: &[u8], state: &mut H) {
    let mut rest = part;
    while !rest.is_empty() {
        let (text, after_text) = split_text(rest);
        let (number, after_number) = split_number(after_text);
        let number = significant(number);
        // Only `0` and nothing differ in the count of their pairs: both feed none.
        if !text.is_empty() || !number.is_empty() {
            text.hash(state);
            number.hash(state);
        }
        rest = after_number;
    }
    state.write_u8(0xff);
}

#[cfg(test)]
mod tests;
