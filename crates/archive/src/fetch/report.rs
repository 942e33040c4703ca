//! What a fetch has brought, and what it has not.

use std::fmt;

use formwork_deb::sha256::Sha256;
use formwork_sys::CheckedFile;

/// A file that could not be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What people call it.
    pub label: String,
    /// Its hash.
    pub sha256: Sha256,
    /// Where it was sought and why it was not found there, in order; the store comes first.
    pub sought: Vec<(String, String)>,
    /// Whether every place said that it has no such file, rather than giving another.
    pub absent: bool,
}

/// Why files could not be obtained.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// These could not be had anywhere.
    #[error("{}", List { missing, offline: *offline })]
    Missing {
        /// All of them, in the order in which they were wanted.
        missing: Vec<Missing>,
        /// Whether the network was left alone.
        offline: bool,
    },
    /// A file of our own could not be read or written; a full disk, for example.
    #[error(transparent)]
    File(#[from] formwork_sys::Error),
    /// Somebody asked us to stop; what has arrived is kept and will be continued.
    #[error("interrupted")]
    Interrupted,
}

/// The text of a long error.
struct List<'a> {
    missing: &'a [Missing],
    offline: bool,
}

impl fmt::Display for List<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.missing.len() {
            1 => out.write_str("one file could not be had:")?,
            count => write!(out, "{count} files could not be had:")?,
        }
        for Missing {
            label,
            sha256,
            sought,
            ..
        } in self.missing
        {
            write!(out, "\n  {label}, sha256 {sha256}")?;
            for (place, reason) in sought {
                write!(out, "\n    {place}: {reason}")?;
            }
        }
        if self.offline {
            out.write_str("\n  without --offline they would be sought in the network")?;
        }
        Ok(())
    }
}

/// What was obtained, in a line: `187 packages, 96.4 MB, of which 12.0 MB fetched`.
pub(super) fn summary(files: &[CheckedFile], fetched: u64) -> String {
    let bytes: u64 = files.iter().map(CheckedFile::size).sum();
    let noun = if files.len() == 1 {
        "package"
    } else {
        "packages"
    };
    let all = format!("{} {noun}, {}", files.len(), megabytes(bytes));
    match fetched {
        0 => format!("{all}, all in the cache"),
        fetched if fetched == bytes => all,
        fetched => format!("{all}, of which {} fetched", megabytes(fetched)),
    }
}

/// Bytes in the unit that people compare, with one decimal.
fn megabytes(bytes: u64) -> String {
    let (unit, name) = if bytes < 1_000_000 {
        (1_000, "kB")
    } else {
        (1_000_000, "MB")
    };
    format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_told_in_the_unit_that_fits() {
        let cases = [
            (0, "0.0 kB"),
            (999_999, "999.9 kB"),
            (1_000_000, "1.0 MB"),
            (96_440_000, "96.4 MB"),
        ];
        for (bytes, text) in cases {
            assert_eq!(megabytes(bytes), text);
        }
    }

    #[test]
    fn the_error_lists_every_file_and_every_place() {
        let missing = |label: &str| Missing {
            label: label.to_owned(),
            sha256: Sha256::of(label.as_bytes()),
            sought: vec![
                ("the cache".to_owned(), "not there".to_owned()),
                ("http://mirror.example/a".to_owned(), "not found".to_owned()),
            ],
            absent: true,
        };
        let error = FetchError::Missing {
            missing: vec![missing("a 1"), missing("b 2")],
            offline: true,
        };
        let expected = format!(
            "2 files could not be had:\n  a 1, sha256 {}\n    the cache: not there\n    http://mirror.example/a: not found\n  \
             b 2, sha256 {}\n    the cache: not there\n    http://mirror.example/a: not found\n  \
             without --offline they would be sought in the network",
            Sha256::of(b"a 1"),
            Sha256::of(b"b 2")
        );
        assert_eq!(error.to_string(), expected);
    }
}
