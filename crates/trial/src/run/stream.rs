//! An output of the command, up to the word that ends it.

use std::io::{self, ErrorKind, Write};

/// An output of which everything before the last word is handed on.
#[derive(Debug)]
pub(super) struct Stream {
    end: Vec<u8>,
    /// What may be the beginning of the last word.
    held: Vec<u8>,
    over: bool,
    /// Whoever wanted it has gone away.
    unwanted: bool,
}

impl Stream {
    /// An output that ends with this word.
    pub(super) fn new(end: &str) -> Stream {
        Stream {
            end: end.as_bytes().to_vec(),
            held: Vec::new(),
            over: false,
            unwanted: false,
        }
    }

    /// Hands on more of it.
    pub(super) fn take(&mut self, bytes: &[u8], to: &mut dyn Write) -> io::Result<()> {
        if self.over {
            return Ok(());
        }
        self.held.extend(bytes);
        let found = self
            .held
            .windows(self.end.len().max(1))
            .position(|window| window == self.end);
        let ready = match found {
            Some(place) => {
                self.over = true;
                place
            }
            None => self.held.len() - self.begun(),
        };
        let written = match self.unwanted {
            true => Ok(()),
            false => to.write_all(&self.held[..ready]).and_then(|()| to.flush()),
        };
        self.held.drain(..ready);
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.unwanted = true;
                Ok(())
            }
            other => other,
        }
    }

    /// Whether the last word has come.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// How many of the last bytes may be the beginning of the last word.
    fn begun(&self) -> usize {
        let most = self.held.len().min(self.end.len().saturating_sub(1));
        (1..=most)
            .rev()
            .find(|count| self.held.ends_with(&self.end[..*count]))
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_is_cut_off_however_it_comes() {
        let whole = b"one\0two end of thENDunfinished";
        for size in 1..whole.len() {
            let mut stream = Stream::new("END");
            let mut seen = Vec::new();
            for piece in whole.chunks(size) {
                stream.take(piece, &mut seen).unwrap();
            }
            assert_eq!(seen, b"one\0two end of th", "in pieces of {size}");
            assert!(stream.is_over());
        }
    }

    #[test]
    fn what_cannot_be_the_last_word_is_not_held_back() {
        let mut stream = Stream::new("END");
        let mut seen = Vec::new();
        for (piece, expected) in [
            ("a prompt> ", "a prompt> "),
            ("EN", ""),
            ("EN", "EN"),
            ("x", "ENx"),
        ] {
            seen.clear();
            stream.take(piece.as_bytes(), &mut seen).unwrap();
            assert_eq!(seen, expected.as_bytes(), "{piece}");
        }
    }

    #[test]
    fn a_reader_that_went_away_does_not_end_the_run() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut stream = Stream::new("END");
        for piece in ["text", "more", "END"] {
            stream.take(piece.as_bytes(), &mut Gone).unwrap();
        }
        assert!(stream.is_over());
    }
}
