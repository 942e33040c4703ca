//! A block map beside its disk: what bmaptool would write of it, and what it would leave out.

use std::ops::Range;

use formwork_deb::sha256::Sha256;

/// What a map says of a disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Map {
    /// The size of the disk.
    pub size: u64,
    /// The bytes that are written, with their digests.
    pub mapped: Vec<(Range<u64>, String)>,
}

/// Reads a map as Formwork writes it.
///
/// # Errors
/// What is wrong with it, in a few words.
pub fn read(text: &str) -> Result<Map, String> {
    let number = |key: &str| -> Result<u64, String> {
        let text = element(text, key).ok_or_else(|| format!("it has no {key}"))?;
        let number = text.trim().parse();
        number.map_err(|_| format!("its {key} is no number"))
    };
    let (size, block) = (number("ImageSize")?, number("BlockSize")?);
    let own = element(text, "BmapFileChecksum").unwrap_or_default().trim();
    if own.len() != 64 {
        return Err("it has no digest of its own".to_owned());
    }
    // The digest of the map is that of its text with zeroes in the digest's place.
    let bare = text.replacen(own, &"0".repeat(64), 1);
    if Sha256::of(bare.as_bytes()).to_string() != own {
        return Err("it is not what its own digest says".to_owned());
    }
    let mut map = Map {
        size,
        mapped: Vec::new(),
    };
    let mut end = 0;
    for range in text.split("<Range chksum=\"").skip(1) {
        let (digest, rest) = range.split_once("\">").ok_or("a range is cut short")?;
        let (span, _) = rest.split_once("</Range>").ok_or("a range is cut short")?;
        let (first, last) = span.split_once('-').unwrap_or((span, span));
        let at = |text: &str| -> Option<u64> { text.trim().parse::<u64>().ok() };
        let bytes = at(first)
            .zip(at(last))
            .and_then(|(first, last)| {
                let end = last.checked_add(1)?.checked_mul(block)?;
                Some(first.checked_mul(block)?..end.min(size))
            })
            .filter(|bytes| bytes.start >= end && bytes.start < bytes.end)
            .ok_or_else(|| format!("the range {span} is none, or not in its order"))?;
        end = bytes.end;
        map.mapped.push((bytes, digest.to_owned()));
    }
    Ok(map)
}

impl Map {
    /// What is left out, and so must hold nothing but zeroes.
    #[must_use]
    pub fn holes(&self) -> Vec<Range<u64>> {
        let mut holes = Vec::new();
        let mut at = 0;
        for (mapped, _) in &self.mapped {
            holes.push(at..mapped.start);
            at = mapped.end;
        }
        holes.push(at..self.size);
        holes.retain(|hole| hole.start < hole.end);
        holes
    }
}

/// The text of the first element of this name.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A map with its own digest put in.
    fn sealed(size: u64, ranges: &str) -> String {
        let zero = "0".repeat(64);
        let text = format!(
            "<bmap version=\"2.0\"><ImageSize>{size}</ImageSize><BlockSize>4096</BlockSize>\
             <BmapFileChecksum>{zero}</BmapFileChecksum><BlockMap>{ranges}</BlockMap></bmap>"
        );
        text.replacen(&zero, &Sha256::of(text.as_bytes()).to_string(), 1)
    }

    #[test]
    fn a_map_tells_what_is_written_and_what_is_not() {
        let text = sealed(
            40_000,
            "<Range chksum=\"aa\">1-2</Range> <Range chksum=\"bb\">9</Range>",
        );
        let map = read(&text).expect("a map");
        let expected = [
            (4096..12_288, "aa".to_owned()),
            (36_864..40_000, "bb".to_owned()),
        ];
        assert_eq!(map.mapped, expected);
        assert_eq!(map.holes(), [0..4096, 12_288..36_864]);
        assert_eq!(
            read(&sealed(8192, "")).expect("a map").holes(),
            vec![0..8192]
        );
    }

    #[test]
    fn what_is_no_map_is_said() {
        let table = [
            (String::new(), "it has no ImageSize"),
            (
                "<ImageSize>x</ImageSize>".to_owned(),
                "its ImageSize is no number",
            ),
            (
                "<ImageSize>1</ImageSize><BlockSize>1</BlockSize>".to_owned(),
                "it has no digest",
            ),
            (sealed(9000, "").replace("9000", "9001"), "its own digest"),
            (sealed(9000, "<Range chksum=\"aa\">1"), "cut short"),
            (
                sealed(9000, "<Range chksum=\"a\">x</Range>"),
                "the range x is none",
            ),
            (
                sealed(9000, "<Range chksum=\"a\">9</Range>"),
                "the range 9 is none",
            ),
            (
                sealed(9000, "<Range chksum=\"a\">0-18446744073709551615</Range>"),
                "is none",
            ),
            (
                sealed(
                    9000,
                    "<Range chksum=\"a\">1</Range><Range chksum=\"a\">0</Range>",
                ),
                "the range 0 is none, or not in its order",
            ),
        ];
        for (text, expected) in table {
            let error = read(&text).expect_err(&text);
            assert!(error.contains(expected), "{error}: {text}");
        }
    }
}
