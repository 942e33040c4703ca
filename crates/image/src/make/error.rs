//! Why an image cannot be made.

use std::error::Error;
use std::fmt;
use std::io;

use formwork_format::ebg::EbgError;
use formwork_format::erofs::ErofsError;
use formwork_format::fat::FatError;
use formwork_format::pe::PeError;
use formwork_format::squashfs::SquashfsError;

use crate::disk::LayoutError;
use crate::ext4::Ext4Error;
use crate::tree::TreeError;

/// Why an image cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// The tree cannot be read or divided.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The partitions and blobs do not go together.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// What belongs on a partition does not fit it.
    #[error(transparent)]
    TooLarge(Box<TooLarge>),
    /// The partitions do not fit the disk.
    #[error(
        "the partitions take {} and the disk has {}: {} too much",
        Bytes(*needed), Bytes(*size), Bytes(needed.saturating_sub(*size))
    )]
    DiskTooSmall {
        /// What is needed in all.
        needed: u64,
        /// What was asked for.
        size: u64,
    },
    /// Something that the layout needs was not handed over.
    #[error("the image is to boot, and there is no {0}")]
    Missing(&'static str),
    /// No firmware starts anything of ours there.
    #[error("{0} has no UEFI firmware that is known")]
    Architecture(String),
    /// The unified kernel image cannot be put together.
    #[error("the unified kernel image cannot be made: {0}")]
    Uki(#[from] PeError),
    /// The configuration of EFI Boot Guard cannot be written.
    #[error(transparent)]
    Config(#[from] EbgError),
    /// An ext4 file system cannot be made.
    #[error("partition {partition}: {source}")]
    Ext4 {
        /// The partition.
        partition: String,
        /// What is in the way.
        source: Ext4Error,
    },
    /// A squashfs cannot be made.
    #[error("partition {partition}: {source}")]
    Squashfs {
        /// The partition.
        partition: String,
        /// What is in the way.
        source: SquashfsError,
    },
    /// An EROFS cannot be made.
    #[error("partition {partition}: {source}")]
    Erofs {
        /// The partition.
        partition: String,
        /// What is in the way.
        source: ErofsError,
    },
    /// A FAT cannot be made.
    #[error("partition {partition}: {source}")]
    Fat {
        /// The partition.
        partition: String,
        /// What is in the way.
        source: FatError,
    },
    /// What was written is not what is read again.
    #[error("{0} was written, and something else is read in its place")]
    ReadBack(String),
    /// It cannot be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A partition that has too little room, and what takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// The partition.
    pub partition: String,
    /// Bytes that its content needs, with the structures of the file system.
    pub needed: u64,
    /// Bytes that it has.
    pub size: u64,
    /// The directories and files that take the most, the largest first.
    pub largest: Vec<(String, u64)>,
}

impl TooLarge {
    /// By how many bytes the content is too large.
    #[must_use]
    pub fn by(&self) -> u64 {
        self.needed.saturating_sub(self.size)
    }
}

impl Error for TooLarge {}

impl fmt::Display for TooLarge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "partition {} has {} and its content needs {}: {} too much",
            self.partition,
            Bytes(self.size),
            Bytes(self.needed),
            Bytes(self.by()),
        )?;
        for (index, (path, size)) in self.largest.iter().enumerate() {
            let before = if index == 0 {
                "; the most takes "
            } else {
                ", "
            };
            write!(formatter, "{before}/{path} ({})", Bytes(*size))?;
        }
        Ok(())
    }
}

/// A number of bytes, for people.
struct Bytes(u64);

impl fmt::Display for Bytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0..=9_999 => write!(formatter, "{} bytes", self.0),
            10_000..=10_485_759 => write!(formatter, "{} KiB", self.0.div_ceil(1024)),
            _ => write!(formatter, "{} MiB", self.0.div_ceil(1 << 20)),
        }
    }
}

impl ImageError {
    /// Whether the disk that the image is written to is full.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        self.io().is_some_and(|error| {
            matches!(
                error.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
            )
        })
    }

    /// The answer of the system, if that is what went wrong.
    fn io(&self) -> Option<&io::Error> {
        match self {
            ImageError::Io(error)
            | ImageError::Layout(LayoutError::Io(error))
            | ImageError::Fat {
                source: FatError::Io(error),
                ..
            }
            | ImageError::Squashfs {
                source: SquashfsError::Io(error),
                ..
            }
            | ImageError::Erofs {
                source: ErofsError::Io(error),
                ..
            }
            | ImageError::Ext4 {
                source: Ext4Error::Io(error),
                ..
            } => Some(error),
            _ => None,
        }
    }
}
