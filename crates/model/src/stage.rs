//! What the cache says of a kept stage: the index beside its archive.
//!
//! A stage lies in the cache as `stages/KEY.DIGEST.tar`, a tree as one uncompressed archive, and
//! `stages/KEY.json`, this document, which is written last: a stage without it is not there.
//! Behind the document stands its own SHA-256 on a line.

use formwork_deb::sha256::Sha256;
use serde::{Deserialize, Serialize};

/// The format that this code reads and writes.
pub const FORMAT: u32 = 2;
/// The ending of the archive of a stage.
pub const ARCHIVE: &str = "tar";
/// The ending of its index.
pub const INDEX: &str = "json";
/// The ending of an initial RAM disk of a tree on a stage; its name begins with the stage's key.
pub const INITRD: &str = "initrd";

/// The record of an entry of an archive whose content lies in that of the stage: where it begins
/// there, and its size.
pub const ELSEWHERE: &str = "FORMWORK.stage";

/// The index of one stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageIndex {
    /// The format of this document.
    pub format: u32,
    /// The digest of all that decides what is in the stage, and its name.
    pub key: String,
    /// The image that it was made for.
    pub image: String,
    /// The architecture.
    pub architecture: String,
    /// How many packages are in it.
    pub packages: u64,
    /// The name of the archive.
    pub archive: String,
    /// The size of the archive in bytes.
    pub size: u64,
    /// The BLAKE3 of all of the archive but the content of files.
    pub headers: String,
    /// The BLAKE3 of the content of each file, in the order of the archive: with it the content
    /// is compared.
    pub checks: Vec<String>,
    /// The SHA-256 of the content of each file, in the same order: for lists and records.
    pub files: Vec<String>,
}

impl StageIndex {
    /// The document as it is written.
    #[must_use]
    pub fn text(&self) -> Vec<u8> {
        // A document of texts and numbers can always be written.
        let mut text = serde_json::to_vec(self).unwrap_or_default();
        text.push(b'\n');
        let digest = Sha256::of(&text);
        text.extend_from_slice(format!("{digest}\n").as_bytes());
        text
    }

    /// Reads what was written; nothing where it is damaged or of another format.
    #[must_use]
    pub fn read(text: &[u8]) -> Option<StageIndex> {
        let index: StageIndex = serde_json::from_slice(whole(text)?).ok()?;
        (index.format == FORMAT).then_some(index)
    }

    /// Whether it is what was written, be it of another format.
    #[must_use]
    pub fn is_whole(text: &[u8]) -> bool {
        whole(text).is_some()
    }
}

/// The document, if the digest behind it is its own.
fn whole(text: &[u8]) -> Option<&[u8]> {
    let body = text.strip_suffix(b"\n")?;
    let end = body.iter().rposition(|byte| *byte == b'\n')? + 1;
    let (document, digest) = body.split_at(end);
    let digest: Sha256 = std::str::from_utf8(digest).ok()?.parse().ok()?;
    (Sha256::of(document) == digest).then_some(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_read_again_and_no_bit_of_it_may_be_another() {
        let index = StageIndex {
            format: FORMAT,
            key: "ab".to_owned(),
            image: "gateway".to_owned(),
            architecture: "arm64".to_owned(),
            packages: 3,
            archive: "ab.01.tar".to_owned(),
            size: 1024,
            headers: "cd".to_owned(),
            checks: vec!["01".to_owned()],
            files: vec!["ef".to_owned()],
        };
        let text = index.text();
        assert_eq!(StageIndex::read(&text).as_ref(), Some(&index));
        for place in 0..text.len() {
            let mut damaged = text.clone();
            damaged[place] ^= 1;
            assert_eq!(StageIndex::read(&damaged), None, "{place}");
            assert!(!StageIndex::is_whole(&damaged), "{place}");
            assert_eq!(StageIndex::read(&text[..place]), None, "{place}");
        }
        for other in [FORMAT - 1, FORMAT + 1] {
            let other = StageIndex {
                format: other,
                ..index.clone()
            };
            assert_eq!(StageIndex::read(&other.text()), None);
            assert!(StageIndex::is_whole(&other.text()));
        }
    }
}
