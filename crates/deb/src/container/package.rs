//! A whole `.deb`: which members it must have, and its control file.
//!
//! The first member is `debian-binary` and begins with the format's version, `2.` and a
//! minor number. Then come `control.tar` and `data.tar`, in this order, with a suffix that
//! tells the compression; members whose name begins with `_` are passed over. See deb(5).

use std::io::Read;

use super::ar::{self, ArError, Member};
use super::tar::{self, Limits, TarError};

/// More members than any package has.
const MAX_MEMBERS: usize = 64;

/// How a tar archive in a package is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, `.gz`.
    Gzip,
    /// xz, `.xz`.
    Xz,
    /// Zstandard, `.zst`.
    Zstandard,
    /// bzip2, `.bz2`, in old packages.
    Bzip2,
    /// LZMA alone, `.lzma`, in old packages.
    Lzma,
}

impl Compression {
    fn of_suffix(suffix: &str) -> Option<Self> {
        Some(match suffix {
            "" => Self::None,
            ".gz" => Self::Gzip,
            ".xz" => Self::Xz,
            ".zst" => Self::Zstandard,
            ".bz2" => Self::Bzip2,
            ".lzma" => Self::Lzma,
            _ => return None,
        })
    }
}

/// The parts of a package.
#[derive(Debug, Clone, Copy)]
pub struct PackageArchive<'a> {
    /// The tar archive of the control files.
    pub control: Member<'a>,
    /// How that one is compressed.
    pub control_compression: Compression,
    /// The tar archive of the package's files.
    pub data: Member<'a>,
    /// How that one is compressed.
    pub data_compression: Compression,
}

/// What is wrong with a package file.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// It is no good `ar` archive.
    #[error(transparent)]
    Ar(#[from] ArError),
    /// A tar archive in it is not good.
    #[error(transparent)]
    Tar(#[from] TarError),
    /// It does not say that it is a package.
    #[error("expected member `debian-binary` with format 2 first, as every package has")]
    Format,
    /// A member has a name or a place that none may have.
    #[error("package has unexpected member `{0}`")]
    Member(String),
    /// A member that every package has is not there.
    #[error("package has no member `{0}`")]
    Missing(&'static str),
    /// The control archive has no such file.
    #[error("package has no control file `{0}`")]
    NoFile(String),
}

impl<'a> PackageArchive<'a> {
    /// Finds the parts in the bytes of a `.deb`.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, PackageError> {
        let mut members = ar::members(bytes);
        let first = members.next().ok_or(PackageError::Format)??;
        if first.name != "debian-binary" || !is_format_two(first.content) {
            return Err(PackageError::Format);
        }
        let (mut control, mut data) = (None, None);
        for (index, member) in members.enumerate() {
            let member = member?;
            let unexpected = || PackageError::Member(member.name.chars().take(80).collect());
            let (slot, suffix) = if let Some(suffix) = member.name.strip_prefix("control.tar") {
                (&mut control, suffix)
            } else if let Some(suffix) = member.name.strip_prefix("data.tar") {
                (&mut data, suffix)
            } else if member.name.starts_with('_') && index < MAX_MEMBERS {
                continue;
            } else {
                return Err(unexpected());
            };
            let compression = Compression::of_suffix(suffix).ok_or_else(unexpected)?;
            // Readers that differ on which of two counts could be shown different packages.
            if slot.replace((member, compression)).is_some() || control.is_none() {
                return Err(unexpected());
            }
        }
        let (control, control_compression) = control.ok_or(PackageError::Missing("control.tar"))?;
        let (data, data_compression) = data.ok_or(PackageError::Missing("data.tar"))?;
        Ok(Self {
            control,
            control_compression,
            data,
            data_compression,
        })
    }
}

fn is_format_two(content: &[u8]) -> bool {
    let line = content
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let minor = line.strip_prefix(b"2.");
    minor.is_some_and(|digits| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit))
}

/// Reads one file, such as `control`, out of a control archive that is not compressed.
pub fn control_file(
    archive: impl Read,
    name: &str,
    limits: Limits,
) -> Result<Vec<u8>, PackageError> {
    let mut archive = tar::Reader::new(archive, limits);
    while let Some(entry) = archive.next_entry()? {
        let path = entry.path.strip_prefix(b"./").unwrap_or(&entry.path);
        if entry.kind == tar::Kind::File && path == name.as_bytes() {
            return Ok(archive.content()?);
        }
    }
    Err(PackageError::NoFile(name.to_owned()))
}

#[cfg(test)]
mod tests;
