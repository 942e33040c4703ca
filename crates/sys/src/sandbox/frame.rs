//! How the processes of the sandbox talk: frames on a stream, and lists of byte strings within them.
//!
//! A frame is a kind (one byte), a length (eight bytes, little end first) and that many bytes.

use std::io::{self, Read, Write};

/// No frame is longer.
const MOST: u64 = 256 << 20;
/// The bytes before the content.
const HEAD: usize = 9;

/// What a frame is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Outside to inside: the user numbers are mapped, go on.
    Mapped,
    /// Outside to inside: the input of the room.
    Input,
    /// Inside to outside: the new user namespace waits for its numbers.
    Unmapped,
    /// Inside to outside: a message of the room.
    Message,
    /// Inside to outside: the room's result.
    Done,
    /// Inside to outside: the room's failure.
    Refused,
    /// Inside to outside: a step of setting up failed.
    Failed,
    /// Inside to outside: the room panicked.
    Panicked,
}

const KINDS: [Kind; 8] = [
    Kind::Mapped,
    Kind::Input,
    Kind::Unmapped,
    Kind::Message,
    Kind::Done,
    Kind::Refused,
    Kind::Failed,
    Kind::Panicked,
];

/// Writes one frame.
pub(super) fn write(mut stream: impl Write, kind: Kind, content: &[u8]) -> io::Result<()> {
    if content.len() as u64 > MOST {
        return Err(io::Error::other("a message of more than 256 MiB"));
    }
    let mut head = [0; HEAD];
    head[0] = kind as u8;
    head[1..].copy_from_slice(&(content.len() as u64).to_le_bytes());
    stream.write_all(&head)?;
    stream.write_all(content)
}

/// Waits for one frame; `None` where the other side is gone.
pub(super) fn read(mut stream: impl Read) -> io::Result<Option<(Kind, Vec<u8>)>> {
    let mut frames = Frames::default();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let wanted = frames.wanted().min(buffer.len());
        let count = stream.read(&mut buffer[..wanted])?;
        if count == 0 {
            return Ok(None);
        }
        frames.push(&buffer[..count]);
        if let Some(frame) = frames.next()? {
            return Ok(Some(frame));
        }
    }
}

/// Bytes that arrive in pieces, and the frames among them.
#[derive(Default)]
pub(super) struct Frames {
    bytes: Vec<u8>,
}

impl Frames {
    /// Adds what has arrived.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Takes the first frame if it is whole.
    pub(super) fn next(&mut self) -> io::Result<Option<(Kind, Vec<u8>)>> {
        let Some((kind, length)) = self.head()? else {
            return Ok(None);
        };
        let end = HEAD + length;
        if self.bytes.len() < end {
            return Ok(None);
        }
        let content = self.bytes[HEAD..end].to_vec();
        self.bytes.drain(..end);
        Ok(Some((kind, content)))
    }

    /// How many bytes are missing to the end of the first frame, or of its head.
    fn wanted(&self) -> usize {
        let whole = match self.head() {
            Ok(Some((_, length))) => HEAD + length,
            _ => HEAD,
        };
        whole.saturating_sub(self.bytes.len()).max(1)
    }

    fn head(&self) -> io::Result<Option<(Kind, usize)>> {
        let Some((head, _)) = self.bytes.split_first_chunk::<HEAD>() else {
            return Ok(None);
        };
        let [kind, length @ ..] = *head;
        let kind = KINDS.iter().find(|known| **known as u8 == kind);
        let length = u64::from_le_bytes(length);
        match kind {
            Some(kind) if length <= MOST => Ok(Some((*kind, usize::try_from(length).unwrap_or(0)))),
            _ => Err(io::Error::other("a message that is none of ours")),
        }
    }
}

/// Writes a list of byte strings and numbers.
#[derive(Default)]
pub(super) struct Packer {
    bytes: Vec<u8>,
}

impl Packer {
    /// Adds a number.
    pub(super) fn number(&mut self, number: u64) -> &mut Packer {
        self.bytes.extend_from_slice(&number.to_le_bytes());
        self
    }

    /// Adds a byte string.
    pub(super) fn text(&mut self, text: impl AsRef<[u8]>) -> &mut Packer {
        let text = text.as_ref();
        self.number(text.len() as u64);
        self.bytes.extend_from_slice(text);
        self
    }

    /// Hands over what was written.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }
}

/// Reads what [`Packer`] wrote; `None` where it ends early.
pub(super) struct Unpacker<'a>(pub(super) &'a [u8]);

impl<'a> Unpacker<'a> {
    /// Takes a number.
    pub(super) fn number(&mut self) -> Option<u64> {
        let (head, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*head))
    }

    /// Takes a byte string.
    pub(super) fn text(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(text)
    }

    /// Takes a byte string that must be UTF-8.
    pub(super) fn words(&mut self) -> Option<String> {
        Some(std::str::from_utf8(self.text()?).ok()?.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_arrive_in_any_pieces() {
        let mut wire = Vec::new();
        write(&mut wire, Kind::Message, b"one").unwrap();
        write(&mut wire, Kind::Done, b"").unwrap();
        for size in 1..wire.len() {
            let mut frames = Frames::default();
            let mut seen = Vec::new();
            for piece in wire.chunks(size) {
                frames.push(piece);
                while let Some(frame) = frames.next().unwrap() {
                    seen.push(frame);
                }
            }
            let expected = [(Kind::Message, b"one".to_vec()), (Kind::Done, Vec::new())];
            assert_eq!(seen, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn reading_takes_no_more_than_one_frame() {
        let mut wire = Vec::new();
        write(&mut wire, Kind::Input, b"first").unwrap();
        write(&mut wire, Kind::Mapped, b"second").unwrap();
        let mut stream = wire.as_slice();
        assert_eq!(read(&mut stream).unwrap().unwrap().1, b"first");
        assert_eq!(read(&mut stream).unwrap().unwrap().1, b"second");
        assert!(read(&mut stream).unwrap().is_none());
    }

    #[test]
    fn hostile_heads_are_refused() {
        for head in [[255; HEAD], [0, 255, 255, 255, 255, 255, 0, 0, 0]] {
            let mut frames = Frames::default();
            frames.push(&head);
            assert!(frames.next().is_err(), "{head:?}");
        }
    }

    #[test]
    fn lists_come_back_and_cut_ones_are_noticed() {
        let mut packer = Packer::default();
        let bytes = packer.number(7).text("tree").text([0xff]).finish();
        let mut unpacker = Unpacker(&bytes);
        assert_eq!(unpacker.number(), Some(7));
        assert_eq!(unpacker.words().as_deref(), Some("tree"));
        assert_eq!(unpacker.words(), None);
        for end in 0..bytes.len() {
            let mut cut = Unpacker(&bytes[..end]);
            let all = cut.number().and(cut.text()).and(cut.text());
            assert_eq!(all, None, "cut at {end}");
        }
    }
}
