//! Why two versions of one file differ, as far as cheap tests of their bytes can tell.
//!
//! A test either holds or it does not; none guesses. They are tried from the most telling to the
//! least, and the first that holds gives the word.

use std::collections::BTreeSet;

use formwork_rootfs::variation::{self, Variation};

/// What is known of a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cause {
    /// The word for it.
    pub(super) word: &'static str,
    /// What was seen.
    pub(super) evidence: String,
}

/// A cause with what speaks for it.
fn cause(word: &'static str, evidence: impl Into<String>) -> Option<Cause> {
    Some(Cause {
        word,
        evidence: evidence.into(),
    })
}

/// Longer than this no file is looked into.
const MOST: usize = 64 << 20;
/// Words that stand in dates.
const DATE_WORDS: [&str; 26] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "mon",
    "tue", "wed", "thu", "fri", "sat", "sun", "utc", "gmt", "am", "pm", "january", "december",
    "november",
];

/// Why the content of a file differs between the first and the second build.
pub(super) fn of_content(
    path: &str,
    first: &[u8],
    second: &[u8],
    varied: &BTreeSet<Variation>,
    processors: usize,
) -> Cause {
    if first.len().max(second.len()) > MOST {
        return unknown("the files are too large to be looked into");
    }
    let tests = [
        key(first, second),
        named(first, second, varied),
        head(path, first, second),
        order(first, second),
        words(first, second, varied, processors),
        noise(first, second),
    ];
    let found = tests.into_iter().flatten().next();
    found.unwrap_or_else(|| unknown(&place(first, second)))
}

fn unknown(evidence: &str) -> Cause {
    Cause {
        word: "unknown",
        evidence: evidence.to_owned(),
    }
}

/// Where the first difference is.
fn place(first: &[u8], second: &[u8]) -> String {
    let same = first.iter().zip(second).take_while(|(a, b)| a == b);
    format!("differs from byte {}", same.count())
}

/// A key of a kind that is made of random numbers.
fn key(first: &[u8], second: &[u8]) -> Option<Cause> {
    let is_key = |bytes: &[u8]| {
        let start = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]);
        (start.contains("-----BEGIN ") && start.contains(" KEY-----"))
            || start.starts_with("ssh-")
            || start.starts_with("ecdsa-sha2-")
    };
    let is_certificate = |bytes: &[u8]| bytes.starts_with(b"-----BEGIN CERTIFICATE");
    if is_key(first) && is_key(second) {
        return cause("random key", "both are keys");
    }
    match is_certificate(first) && is_certificate(second) {
        true => cause("random key", "both are certificates"),
        false => None,
    }
}

/// Something that only the varied surroundings are called.
fn named(first: &[u8], second: &[u8], varied: &BTreeSet<Variation>) -> Option<Cause> {
    let escaped = variation::DIRECTORY.replace(' ', "\\040");
    let table: [(Variation, &'static str, &[&str]); 5] = [
        (
            Variation::Directory,
            "directory",
            &[variation::DIRECTORY, &escaped],
        ),
        (Variation::HostName, "host name", &[variation::HOST]),
        (Variation::User, "user", &[variation::HOME, variation::USER]),
        (Variation::Locale, "language", &["tr_TR"]),
        (
            Variation::TimeZone,
            "time zone",
            &[variation::ZONE, "+1400", "+14:00", "+14"],
        ),
    ];
    for (variation, word, names) in table {
        let found = names
            .iter()
            .find(|name| contains(second, name.as_bytes()) && !contains(first, name.as_bytes()));
        if let Some(name) = found.filter(|_| varied.contains(&variation)) {
            return cause(word, format!("the second one has `{name}` in it"));
        }
    }
    None
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

/// Formats with a time at a fixed place.
fn head(path: &str, first: &[u8], second: &[u8]) -> Option<Cause> {
    let only = |range: std::ops::Range<usize>| {
        first.len() == second.len()
            && first.len() >= range.end
            && first[..range.start] == second[..range.start]
            && first[range.end..] == second[range.end..]
    };
    if first.starts_with(&[0x1f, 0x8b]) && only(4..8) {
        return cause("time stamp", "only the time in the head of gzip");
    }
    if path.ends_with(".pyc") && only(8..12) {
        return cause("time stamp", "only the time of the source of byte code");
    }
    None
}

/// The same lines, or the same words, in another order.
fn order(first: &[u8], second: &[u8]) -> Option<Cause> {
    if first.len() != second.len() {
        return None;
    }
    let set = |bytes: &[u8], separator: fn(&u8) -> bool| {
        let mut pieces: Vec<Vec<u8>> = bytes.split(separator).map(<[u8]>::to_vec).collect();
        pieces.sort_unstable();
        pieces
    };
    let by_line = |byte: &u8| *byte == b'\n';
    let by_word = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0;
    if set(first, by_line) == set(second, by_line) {
        return cause("file order", "the same lines in another order");
    }
    match set(first, by_word) == set(second, by_word) {
        true => cause("file order", "the same words in another order"),
        false => None,
    }
}

/// Compares word by word: numbers, dates, identifiers.
fn words(
    first: &[u8],
    second: &[u8],
    varied: &BTreeSet<Variation>,
    processors: usize,
) -> Option<Cause> {
    let (left, right) = (runs(first), runs(second));
    if left.len() != right.len() {
        return None;
    }
    let mut differing = Vec::new();
    for (one, other) in left.iter().zip(&right) {
        if one == other {
            continue;
        }
        differing.push((one.as_str(), other.as_str()));
    }
    let shown = |(one, other): &(&str, &str)| format!("`{one}` became `{other}`");
    let evidence = differing.first().map(shown).unwrap_or_default();
    let all = |test: &dyn Fn(&str) -> bool| {
        let mut both = differing.iter().flat_map(|(one, other)| [*one, *other]);
        !differing.is_empty() && both.all(test)
    };
    let counts = |(one, other): &(&str, &str)| {
        processors > 1 && *other == "1" && one.parse() == Ok(processors)
    };
    let varied = varied.contains(&Variation::Processors) && !differing.is_empty();
    if varied && differing.iter().all(counts) {
        return cause("processors", evidence);
    }
    if all(&|word| is_number(word) || is_date_word(word)) {
        let dated = differing
            .iter()
            .any(|(one, other)| is_time(one) && is_time(other));
        let word = if dated { "time stamp" } else { "number" };
        return cause(word, evidence);
    }
    let is_identifier = |word: &str| {
        word.len() >= 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit()) || is_number(word)
    };
    if all(&is_identifier) {
        return cause("random or a digest", evidence);
    }
    None
}

/// A text as runs of letters and digits, and the single bytes between them.
fn runs(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut runs: Vec<String> = Vec::new();
    let mut open = false;
    for letter in text.chars() {
        let inside = letter.is_alphanumeric();
        match runs.last_mut().filter(|_| inside && open) {
            Some(run) => run.push(letter),
            None => runs.push(letter.to_string()),
        }
        open = inside;
    }
    runs
}

fn is_number(word: &str) -> bool {
    // As in 20261122T100000Z.
    let digits = word.trim_end_matches(['Z', 's']).replace('T', "");
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_date_word(word: &str) -> bool {
    DATE_WORDS.contains(&word.to_ascii_lowercase().as_str())
}

/// Whether a number may be a date: a year, a day as eight digits, seconds since 1970.
fn is_time(word: &str) -> bool {
    let digits: String = word.chars().filter(char::is_ascii_digit).collect();
    let number: u64 = digits.parse().unwrap_or(0);
    match digits.len() {
        4 => (1970..2200).contains(&number),
        5 => (19_000..30_000).contains(&number),
        8 => (19_700_101..22_000_101).contains(&number),
        10 => (1_000_000_000..4_000_000_000).contains(&number),
        11..=20 => true,
        _ => false,
    }
}

/// Bytes in which nothing can be found, of one length.
fn noise(first: &[u8], second: &[u8]) -> Option<Cause> {
    if first.len() != second.len() || first.len() < 16 {
        return None;
    }
    let pairs = || first.iter().zip(second);
    let differing = pairs().filter(|(one, other)| one != other).count();
    // Random letters of base 64 agree in one of 64 places, random bytes in one of 256.
    let wide = differing * 10 > first.len() * 8;
    let letters: BTreeSet<u8> = first.iter().copied().collect();
    match wide && letters.len() * 2 >= first.len().min(64) {
        true => cause(
            "random",
            format!("{differing} of {} bytes differ", first.len()),
        ),
        false => None,
    }
}

/// What is to be done about it.
pub(super) fn advice(path: &str, word: &str) -> Option<&'static str> {
    let known = [
        (
            "/etc/machine-id",
            "leave it empty: it is made at first boot",
        ),
        ("/etc/ssh/ssh_host_", "make it at first boot"),
        (
            "/var/log/",
            "have it emptied: `logs = true` under `[clean]`",
        ),
    ];
    if let Some((_, advice)) = known.iter().find(|(begin, _)| path.starts_with(begin)) {
        return Some(advice);
    }
    Some(match word {
        "random key" | "random" => "make it at first boot",
        "time stamp" => "use SOURCE_DATE_EPOCH in place of the clock",
        "file order" => "sort what is read from directories",
        "language" => "set LC_ALL=C.UTF-8 where it is written",
        "time zone" => "set TZ=UTC where it is written",
        "umask" => "set the mode with install or chmod",
        _ => return None,
    })
}

#[cfg(test)]
#[path = "cause_tests.rs"]
mod tests;
