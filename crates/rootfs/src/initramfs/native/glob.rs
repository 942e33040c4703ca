//! Patterns of file names and module aliases: `*`, `?` and sets in brackets.

/// Whether a whole text is as a pattern says.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    bytes(pattern.as_bytes(), text.as_bytes())
}

fn bytes(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut place) = (0, 0);
    // Where the last star stands, and how much of the text it has taken.
    let mut star: Option<(usize, usize)> = None;
    loop {
        let step = match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, place));
                at += 1;
                continue;
            }
            None if place == text.len() => return true,
            None => None,
            Some(_) => one(&pattern[at..], text.get(place).copied()),
        };
        match (step, star) {
            (Some(length), _) => {
                at += length;
                place += 1;
            }
            (None, Some((back, taken))) if taken < text.len() => {
                star = Some((back, taken + 1));
                at = back + 1;
                place = taken + 1;
            }
            _ => return false,
        }
    }
}

/// Whether one byte is as the beginning of a pattern says; how long that beginning is.
fn one(pattern: &[u8], byte: Option<u8>) -> Option<usize> {
    let byte = byte?;
    match pattern {
        [b'?', ..] => Some(1),
        [b'[', rest @ ..] => {
            let end = rest.iter().skip(1).position(|byte| *byte == b']')? + 1;
            let set = &rest[..end];
            let (negated, set) = match set {
                [b'!' | b'^', set @ ..] => (true, set),
                set => (false, set),
            };
            (is_in(set, byte) != negated).then_some(end + 2)
        }
        [first, ..] => (*first == byte).then_some(1),
        [] => None,
    }
}

fn is_in(mut set: &[u8], byte: u8) -> bool {
    loop {
        match set {
            [low, b'-', high, rest @ ..] => {
                if (*low..=*high).contains(&byte) {
                    return true;
                }
                set = rest;
            }
            [one, rest @ ..] => {
                if *one == byte {
                    return true;
                }
                set = rest;
            }
            [] => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_a_shell() {
        let cases = [
            ("*", "", true),
            ("hid-*ff.ko*", "hid-logitech-ff.ko.xz", true),
            ("hid-*ff.ko*", "hid-sony.ko", false),
            ("pci:v00008086d*sv*", "pci:v00008086d00001234sv1", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("x[0-9a-f]y", "xby", true),
            ("x[!0-9]y", "x1y", false),
            ("x[!0-9]y", "xzy", true),
            ("*b*b", "abcb", true),
            ("*b*b", "abc", false),
            ("[", "[", false),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
