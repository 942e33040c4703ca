//! The cleartext signature framework (RFC 9580, section 7): the envelope of `InRelease`.
//!
//! ```text
//! -----BEGIN PGP SIGNED MESSAGE-----
//! Hash: SHA512
//!
//! Origin: Debian
//! - -a line that begins with a dash is escaped by "- "
//! -----BEGIN PGP SIGNATURE-----
//! …
//! -----END PGP SIGNATURE-----
//! ```
//!
//! apt was fooled more than once by text before, after or between such envelopes
//! (CVE-2013-1051, CVE-2018-0501), so we read it strictly, in one pass, and hand on the very
//! text that is hashed: nothing but one message from the first byte to the last line, no NUL,
//! no lone carriage return, no unescaped dash. (The parser of the library searches its whole
//! buffer again for every line, which makes a large hostile file very slow.)

use super::{MAX_SIGNED_BYTES, TrustError};

const BEGIN_MESSAGE: &str = "-----BEGIN PGP SIGNED MESSAGE-----";
const BEGIN_SIGNATURE: &str = "-----BEGIN PGP SIGNATURE-----";
const END_SIGNATURE: &str = "-----END PGP SIGNATURE-----";

/// One clear-signed message taken apart.
#[derive(Debug)]
pub(super) struct Message<'a> {
    /// The signed text: escapes and trailing blanks removed, every line ended by `\n`.
    pub(super) text: String,
    /// The armoured signatures, from their first to their last line.
    pub(super) signature_block: &'a str,
}

/// Takes a clear-signed message apart and refuses whatever is not exactly one.
pub(super) fn parse(bytes: &[u8]) -> Result<Message<'_>, TrustError> {
    if bytes.len() > MAX_SIGNED_BYTES {
        return Err(framing(format!(
            "it is larger than {MAX_SIGNED_BYTES} bytes"
        )));
    }
    let source = plain_text(bytes)?;
    let mut lines = Lines {
        rest: source,
        number: 0,
    };
    if lines.next().map(blank_free) != Some(BEGIN_MESSAGE) {
        return Err(framing(format!("its first line is not `{BEGIN_MESSAGE}`")));
    }
    skip_headers(&mut lines)?;
    let (text, block_start) = read_body(&mut lines, source)?;
    let signature_block = read_signature_block(&mut lines, source, block_start)?;
    Ok(Message {
        text,
        signature_block,
    })
}

/// The bytes as UTF-8 text without NUL.
pub(super) fn plain_text(bytes: &[u8]) -> Result<&str, TrustError> {
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Err(framing(format!("it has a NUL at byte {at}")));
    }
    std::str::from_utf8(bytes)
        .map_err(|error| framing(format!("it is not UTF-8 at byte {}", error.valid_up_to())))
}

struct Lines<'a> {
    rest: &'a str,
    number: u64,
}

impl<'a> Lines<'a> {
    /// The next line without its line end.
    fn next(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        self.number += 1;
        let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        self.rest = rest;
        Some(line.strip_suffix('\r').unwrap_or(line))
    }
}

fn skip_headers(lines: &mut Lines<'_>) -> Result<(), TrustError> {
    while let Some(line) = lines.next() {
        let line = blank_free(line);
        if line.is_empty() {
            return Ok(());
        }
        // RFC 9580 allows no other header here; one that looks like text could mislead a reader.
        if !line.starts_with("Hash: ") {
            return Err(framing(format!(
                "line {}: a header other than `Hash`",
                lines.number
            )));
        }
    }
    Err(framing("it ends before its text begins".to_owned()))
}

/// Reads the text up to the signatures; also returns where in `source` these begin.
fn read_body(lines: &mut Lines<'_>, source: &str) -> Result<(String, usize), TrustError> {
    let mut text = String::with_capacity(lines.rest.len());
    loop {
        let start = source.len() - lines.rest.len();
        let Some(line) = lines.next() else {
            return Err(framing("it ends without a signature".to_owned()));
        };
        if blank_free(line) == BEGIN_SIGNATURE {
            return Ok((text, start));
        }
        let line = match line.strip_prefix("- ") {
            Some(escaped) => escaped,
            None if line.starts_with('-') => {
                return Err(framing(format!(
                    "line {}: a dash that is not escaped",
                    lines.number
                )));
            }
            None => line,
        };
        let line = blank_free(line);
        if line.contains('\r') {
            return Err(framing(format!(
                "line {}: a lone carriage return",
                lines.number
            )));
        }
        text.push_str(line);
        text.push('\n');
    }
}

fn read_signature_block<'a>(
    lines: &mut Lines<'_>,
    source: &'a str,
    start: usize,
) -> Result<&'a str, TrustError> {
    loop {
        let Some(line) = lines.next() else {
            return Err(framing(format!("it ends without `{END_SIGNATURE}`")));
        };
        let line = blank_free(line);
        if line == END_SIGNATURE {
            break;
        }
        if line.starts_with('-') {
            return Err(framing(format!(
                "line {}: a dash inside the signatures",
                lines.number
            )));
        }
    }
    let end = source.len() - lines.rest.len();
    if lines.rest.bytes().any(|byte| !byte.is_ascii_whitespace()) {
        return Err(framing(format!(
            "text after the signatures, from line {}",
            lines.number + 1
        )));
    }
    Ok(source.get(start..end).unwrap_or_default())
}

/// The line without blanks at its end, as the framework hashes it.
fn blank_free(line: &str) -> &str {
    line.trim_end_matches([' ', '\t', '\r'])
}

fn framing(reason: String) -> TrustError {
    TrustError::Framing(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nA: 1 \t\n- -dash\n\nlast\n-----BEGIN PGP SIGNATURE-----\n\nabcd\n-----END PGP SIGNATURE-----\n";

    #[test]
    fn text_is_unescaped_and_trimmed() {
        let message = parse(GOOD.as_bytes()).unwrap();
        assert_eq!(message.text, "A: 1\n-dash\n\nlast\n");
        assert!(message.signature_block.starts_with(BEGIN_SIGNATURE));
        assert!(
            message
                .signature_block
                .ends_with("-----END PGP SIGNATURE-----\n")
        );
    }

    #[test]
    fn carriage_returns_at_line_ends_change_nothing() {
        let crlf = GOOD.replace('\n', "\r\n");
        assert_eq!(
            parse(crlf.as_bytes()).unwrap().text,
            parse(GOOD.as_bytes()).unwrap().text
        );
    }

    #[test]
    fn whatever_is_not_exactly_one_message_is_refused() {
        let cases: [(&str, String, &str); 12] = [
            ("text before", format!("Origin: evil\n{GOOD}"), "first line"),
            ("blank line before", format!("\n{GOOD}"), "first line"),
            ("byte order mark", format!("\u{feff}{GOOD}"), "first line"),
            (
                "text after",
                format!("{GOOD}Origin: evil\n"),
                "after the signatures",
            ),
            (
                "second message",
                format!("{GOOD}{GOOD}"),
                "after the signatures",
            ),
            ("NUL", GOOD.replace("last", "la\0st"), "NUL"),
            ("NUL after", format!("{GOOD}\0"), "NUL"),
            (
                "header",
                GOOD.replace("Hash: SHA512", "Origin: evil"),
                "header",
            ),
            ("dash", GOOD.replace("- -dash", "-dash"), "not escaped"),
            (
                "lone carriage return",
                GOOD.replace("last", "la\rst"),
                "carriage return",
            ),
            ("no end", GOOD.replace(END_SIGNATURE, ""), "ends without"),
            (
                "message inside the signatures",
                GOOD.replace("abcd", "-----BEGIN PGP SIGNED MESSAGE-----"),
                "inside the signatures",
            ),
        ];
        for (name, text, expected) in cases {
            let error = parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(expected), "{name}: {error}");
        }
    }

    #[test]
    fn a_large_hostile_text_is_read_in_one_pass() {
        let text = format!(
            "-----BEGIN PGP SIGNED MESSAGE-----\n\n{}",
            "\n".repeat(1_000_000)
        );
        let started = std::time::Instant::now();
        assert!(parse(text.as_bytes()).is_err());
        assert!(started.elapsed().as_secs() < 5);
    }
}
