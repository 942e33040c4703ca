//! A word to look for in very many short texts, ASCII letters in any case.
//!
//! The rarest byte of the word is looked for first, many bytes at once: most texts do not have it.

/// Letters from the rarest to the most usual in English text.
const BY_RARITY: &[u8] = b"qzjxkvbpgywfmculdhrsnioate";
/// How many bytes are compared at once.
const STRIDE: usize = 32;
/// The bit by which an ASCII letter differs from its capital.
const CASE: u8 = 0x20;

/// A word, prepared.
pub(super) struct Needle {
    word: Vec<u8>,
    /// Where its rarest byte stands.
    rarest: usize,
}

impl Needle {
    /// Prepares a word in small letters.
    pub(super) fn new(word: &str) -> Needle {
        let word = word.to_lowercase().into_bytes();
        let rarity = |byte: &u8| BY_RARITY.iter().position(|letter| letter == byte);
        // A digit or mark is rarer than any letter.
        let rarest = (0..word.len()).min_by_key(|&at| word.get(at).and_then(rarity));
        Needle {
            rarest: rarest.unwrap_or(0),
            word,
        }
    }

    /// How many bytes the word has.
    pub(super) fn len(&self) -> usize {
        self.word.len()
    }

    /// Where the word first occurs.
    pub(super) fn find(&self, text: impl AsRef<[u8]>) -> Option<usize> {
        let text = text.as_ref();
        let wanted = *self.word.get(self.rarest)? | CASE;
        for (number, chunk) in text.chunks(STRIDE).enumerate() {
            let hits = chunk
                .iter()
                .fold(false, |hit, byte| hit | (byte | CASE == wanted));
            if !hits {
                continue;
            }
            let begin = number * STRIDE;
            let places = (begin..begin + chunk.len()).filter(|&at| text[at] | CASE == wanted);
            if let Some(at) = places
                .filter_map(|at| at.checked_sub(self.rarest))
                .find(|&at| self.is_at(text, at))
            {
                return Some(at);
            }
        }
        None
    }

    /// Whether the word stands at this place.
    fn is_at(&self, text: &[u8], at: usize) -> bool {
        text.get(at..at + self.word.len())
            .is_some_and(|part| part.eq_ignore_ascii_case(&self.word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_occurrence_is_found_wherever_it_is() {
        let padding = "-".repeat(STRIDE);
        let cases = [
            ("sqlite", "SQLite", Some(0)),
            ("sqlite", "a sqlite and SQLite", Some(2)),
            ("sqlite", "sqlit", None),
            ("sqlite", "", None),
            ("q", "xxq", Some(2)),
            ("web server", "a Web Server", Some(2)),
            ("aa", "abaa", Some(2)),
            ("ärzte", "für ärzte", Some(5)),
            ("3", "sqlite3", Some(6)),
        ];
        for (word, text, expected) in cases {
            assert_eq!(Needle::new(word).find(text), expected, "{word} in {text}");
            // Across the border of two strides, too.
            let text = format!("{padding}{}{text}", &padding[4..]);
            let moved = expected.map(|at| at + 2 * STRIDE - 4);
            assert_eq!(Needle::new(word).find(&text), moved, "{word} in {text}");
        }
        assert_eq!(Needle::new("").find("anything"), None);
    }
}
