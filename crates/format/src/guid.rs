//! GUIDs as UEFI stores them: the first three groups little-endian, the rest as written.

use std::fmt;
use std::str::FromStr;

/// A GUID in the order of its bytes on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guid([u8; 16]);

/// A text that is no GUID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no GUID: expected 8-4-4-4-12 hexadecimal digits")]
pub struct GuidError(pub String);

/// Where the hyphens stand in the text.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];
/// Which byte on disk each pair of digits of the text is.
const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

impl Guid {
    /// The GUID that is all zero: an unused entry.
    pub const NIL: Guid = Guid([0; 16]);

    /// Takes the bytes as they lie on disk.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Guid {
        Guid(bytes)
    }

    /// The bytes as they lie on disk.
    #[must_use]
    pub const fn bytes(self) -> [u8; 16] {
        self.0
    }

    /// The bytes in the order of the text, as file systems of Linux store their UUIDs.
    #[must_use]
    pub fn text_bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        for (byte, place) in bytes.iter_mut().zip(ORDER) {
            *byte = self.0[place];
        }
        bytes
    }

    /// Makes a GUID out of a digest: version 8, "custom", of RFC 9562, so that it can never
    /// be taken for a random one.
    #[must_use]
    pub fn from_digest(digest: &[u8; 32]) -> Guid {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        // The version is the high half of the third group's first byte in text, which lies second on disk.
        bytes[7] = (bytes[7] & 0x0f) | 0x80;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Guid(bytes)
    }
}

impl FromStr for Guid {
    type Err = GuidError;

    fn from_str(text: &str) -> Result<Guid, GuidError> {
        let wrong = || GuidError(text.to_owned());
        let bytes = text.as_bytes();
        if bytes.len() != 36 || HYPHENS.iter().any(|place| bytes[*place] != b'-') {
            return Err(wrong());
        }
        let digits: Vec<u8> = (0..36)
            .filter(|place| !HYPHENS.contains(place))
            .map(|place| {
                char::from(bytes[place])
                    .to_digit(16)
                    .map(|digit| digit as u8)
            })
            .collect::<Option<_>>()
            .ok_or_else(wrong)?;
        let mut guid = [0; 16];
        for (pair, place) in digits.chunks_exact(2).zip(ORDER) {
            guid[place] = pair[0] << 4 | pair[1];
        }
        Ok(Guid(guid))
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, place) in ORDER.into_iter().enumerate() {
            if [4, 6, 8, 10].contains(&index) {
                formatter.write_str("-")?;
            }
            write!(formatter, "{:02X}", self.0[place])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_are_those_of_the_specification() {
        let esp: Guid = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B".parse().unwrap();
        assert_eq!(
            esp.bytes()[..8],
            [0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11]
        );
        assert_eq!(esp.to_string(), "C12A7328-F81F-11D2-BA4B-00A0C93EC93B");
        assert_eq!(esp.text_bytes()[..6], [0xc1, 0x2a, 0x73, 0x28, 0xf8, 0x1f]);
    }

    #[test]
    fn a_derived_guid_says_its_version_and_variant() {
        let text = Guid::from_digest(&[0xff; 32]).to_string();
        assert_eq!((&text[14..15], &text[19..20]), ("8", "B"));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "C12A7328F81F11D2BA4B00A0C93EC93B",
            "é12A7328-F81F-11D2-BA4B-00A0C93EC93B",
        ] {
            assert!(text.parse::<Guid>().is_err(), "{text}");
        }
    }
}
