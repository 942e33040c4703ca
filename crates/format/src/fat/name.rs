//! Names: 8.3 in capital letters where that is the whole truth, UTF-16 entries where not.

use std::collections::BTreeSet;

use super::{ENTRY, FatError};

/// Characters, beside letters and digits, that an 8.3 name may have.
const SHORT_MARKS: &[u8] = b"$%'-_@~`!(){}^#&";
/// Characters that no name may have.
const FORBIDDEN: &[char] = &['"', '*', '/', ':', '<', '>', '?', '\\', '|', '\u{7f}'];
/// Letters in one entry of a long name.
const UNITS: usize = 13;

/// A label as the boot sector and the root directory hold it.
pub(super) fn label(text: &str) -> Result<[u8; 11], FatError> {
    let text = text.to_ascii_uppercase();
    let fine = |byte: u8| byte == b' ' || is_short(byte);
    if text.is_empty() || text.len() > 11 || !text.bytes().all(fine) {
        return Err(FatError::Name(text));
    }
    let mut label = [b' '; 11];
    label[..text.len()].copy_from_slice(text.as_bytes());
    Ok(label)
}

/// Refuses names that FAT cannot hold.
pub(super) fn check(name: &str) -> Result<(), FatError> {
    let units = name.encode_utf16().count();
    let dots = name == "." || name == ".." || name.ends_with(['.', ' ']);
    let bad = |letter: char| letter < ' ' || FORBIDDEN.contains(&letter);
    if units == 0 || units > 255 || dots || name.contains(bad) {
        return Err(FatError::Name(name.to_owned()));
    }
    Ok(())
}

/// The 8.3 name for `name`, different from all those taken in the same directory.
pub(super) fn short(name: &str, taken: &BTreeSet<[u8; 11]>) -> [u8; 11] {
    if let Some(exact) = exact(name) {
        return exact;
    }
    let (base, ending) = match name.rsplit_once('.') {
        Some((base, ending)) if !base.is_empty() => (base, ending),
        _ => (name, ""),
    };
    let letters = |text: &str, most: usize| -> Vec<u8> {
        let kept = text.chars().filter(|letter| !matches!(letter, '.' | ' '));
        let upper = kept.map(|letter| letter.to_ascii_uppercase());
        upper
            .map(|letter| {
                u8::try_from(letter)
                    .ok()
                    .filter(|byte| is_short(*byte))
                    .unwrap_or(b'_')
            })
            .take(most)
            .collect()
    };
    let (base, ending) = (letters(base, 8), letters(ending, 3));
    let mut number = 1_u32;
    loop {
        let tail = format!("~{number}");
        let kept = base.len().min(8 - tail.len());
        let stem = [&base[..kept], tail.as_bytes()].concat();
        let candidate = packed(&stem, &ending);
        if !taken.contains(&candidate) {
            return candidate;
        }
        number += 1;
    }
}

/// The 8.3 name that says all that `name` says, if there is one.
pub(super) fn exact(name: &str) -> Option<[u8; 11]> {
    let (base, ending) = name.split_once('.').unwrap_or((name, ""));
    let fine = |part: &str| {
        part.bytes()
            .all(|byte| is_short(byte) && !byte.is_ascii_lowercase())
    };
    let sizes = (1..=8).contains(&base.len()) && ending.len() <= 3;
    let dots = !name.ends_with('.');
    (sizes && dots && fine(base) && fine(ending))
        .then(|| packed(base.as_bytes(), ending.as_bytes()))
}

/// The entries of a long name, as they stand in front of the entry of its short one.
pub(super) fn long_entries(name: &str, short: &[u8; 11]) -> Vec<u8> {
    let mut units: Vec<u16> = name.encode_utf16().collect();
    let pieces = units.len().div_ceil(UNITS);
    if units.len() < pieces * UNITS {
        units.push(0);
    }
    units.resize(pieces * UNITS, 0xffff);
    let sum = checksum(short);
    let mut bytes = Vec::with_capacity(pieces * ENTRY);
    for (index, piece) in units.chunks_exact(UNITS).enumerate().rev() {
        let last = if index + 1 == pieces { 0x40 } else { 0 };
        let letters: Vec<u8> = piece.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        bytes.push((index as u8 + 1) | last);
        bytes.extend(&letters[..10]);
        bytes.extend([0x0f, 0, sum]);
        bytes.extend(&letters[10..22]);
        bytes.extend([0, 0]);
        bytes.extend(&letters[22..]);
    }
    bytes
}

fn checksum(short: &[u8; 11]) -> u8 {
    short
        .iter()
        .fold(0_u8, |sum, byte| sum.rotate_right(1).wrapping_add(*byte))
}

fn packed(base: &[u8], ending: &[u8]) -> [u8; 11] {
    let mut name = [b' '; 11];
    name[..base.len()].copy_from_slice(base);
    name[8..8 + ending.len()].copy_from_slice(ending);
    name
}

fn is_short(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || SHORT_MARKS.contains(&byte)
}
