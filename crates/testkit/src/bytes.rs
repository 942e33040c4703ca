//! Compression and SHA-256 for the files of a toy archive.

use std::io::Write as _;

use sha2::{Digest as _, Sha256};

/// How a file of a toy archive is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not packed at all.
    None,
    /// gzip, with a header time of 0.
    Gzip,
    /// xz.
    Xz,
    /// Zstandard.
    Zstd,
}

impl Compression {
    /// The ending of a file name, with its dot; empty for a plain file.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Gzip => ".gz",
            Self::Xz => ".xz",
            Self::Zstd => ".zst",
        }
    }

    /// Packs `plain`.
    #[must_use]
    pub fn pack(self, plain: &[u8]) -> Vec<u8> {
        match self {
            Self::None => plain.to_vec(),
            Self::Gzip => {
                let mut encoder = flate2::GzBuilder::new()
                    .mtime(0)
                    .write(Vec::new(), flate2::Compression::default());
                encoder.write_all(plain).expect("gzip in memory");
                encoder.finish().expect("gzip in memory")
            }
            Self::Xz => {
                let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
                encoder.write_all(plain).expect("xz in memory");
                encoder.finish().expect("xz in memory")
            }
            Self::Zstd => zstd::encode_all(plain, 3).expect("zstd in memory"),
        }
    }
}

/// SHA-256 of `data` in lower-case hexadecimal.
#[must_use]
pub fn sha256(data: &[u8]) -> String {
    Sha256::digest(data)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
