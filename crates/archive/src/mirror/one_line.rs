//! `sources.list`: one source a line, see sources.list(5).
//!
//! `deb [ arch=amd64 signed-by=/usr/share/keyrings/x.gpg ] URI suite component…`

use super::{Reader, Written, without_comment};

pub(super) fn read(text: &str, reader: &mut Reader<'_>) {
    for (number, line) in (1..).zip(text.lines()) {
        let line = without_comment(line).trim();
        if line.is_empty() {
            continue;
        }
        match parse(line) {
            Some(written) => reader.add(number, &written),
            None => reader.note(
                number,
                "not a source of the form `deb URI suite component…`",
            ),
        }
    }
}

fn parse(line: &str) -> Option<Written<'_>> {
    let (kind, rest) = line.split_once([' ', '\t'])?;
    if kind != "deb" && kind != "deb-src" {
        return None;
    }
    let rest = rest.trim_start();
    let (options, rest) = match rest.strip_prefix('[') {
        Some(inside) => inside.split_once(']')?,
        None => ("", rest),
    };
    let mut words = rest.split_ascii_whitespace();
    let mut written = Written {
        uris: vec![words.next()?],
        suites: vec![words.next()?],
        ..Written::default()
    };
    written.components = words.collect();
    for option in options.split_ascii_whitespace() {
        let (name, value) = option.split_once('=')?;
        // `signed-by+=` adds to nothing here.
        if name
            .trim_end_matches(['+', '-'])
            .eq_ignore_ascii_case("signed-by")
        {
            written.signed_by = value;
        }
    }
    Some(written)
}
