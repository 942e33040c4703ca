//! Percent-encoding (RFC 3986), and paths without dots.

/// Percent-encodes all but what may stand in a path.
///
/// `+` is encoded, as apt does: object stores read a plain one as a space.
pub(super) fn encode(bytes: &[u8]) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/:@!$&'()*,;=".contains(&byte);
    encode_unless(bytes, keep)
}

/// Percent-encodes only what can never stand in an address, in a text already encoded.
pub(super) fn encode_unsafe(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    encode_unless(text.as_bytes(), keep)
}

fn encode_unless(bytes: &[u8], keep: impl Fn(u8) -> bool) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        if keep(byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// Undoes percent-encoding; `None` if an escape is broken or hides a NUL.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = std::str::from_utf8(after.get(..2)?).ok()?;
        let value = u8::from_str_radix(digits, 16)
            .ok()
            .filter(|value| *value != 0)?;
        bytes.push(value);
        rest = &after[2..];
    }
    Some(bytes)
}

/// Removes `.` and `..` parts (RFC 3986, section 5.2.4).
pub(super) fn without_dots(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').skip(1) {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}
