//! What is known of the files of a tree since its stage was kept or restored.
//!
//! A file is the one that was noted if the system says so in all that it tells: number, size,
//! time of the last change of its content, and of anything about it. The last one nobody can
//! set; as the system counts it in ticks, noting ends only when the clock has gone on by one.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

use formwork_deb::sha256::Sha256;
use formwork_sys::tree::{Metadata, Time, Tree};

use crate::error::Error;

/// The name of a file that shows what time it is to the file system.
const CLOCK: &str = "clock";
/// How often the clock is looked at; it ticks at least a hundred times a second.
const LOOKS: u32 = 200;

/// The files of a stage that are in the tree.
#[derive(Debug)]
pub(crate) struct Known {
    files: HashMap<u64, Noted>,
    archive: PathBuf,
    latest: Time,
}

/// One file as it was noted.
#[derive(Debug)]
struct Noted {
    size: u64,
    modified: Time,
    changed: Time,
    content: Content,
    attributes: Attributes,
}

/// Extended attributes by their names.
pub(crate) type Attributes = BTreeMap<String, Vec<u8>>;

/// The content of a file of the stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    /// Its digest.
    pub(crate) sha256: Sha256,
    /// Where it begins in the archive of the stage.
    pub(crate) offset: u64,
}

impl Known {
    /// Begins with nothing.
    pub(super) fn new(archive: PathBuf) -> Known {
        Known {
            files: HashMap::new(),
            archive,
            latest: Time::seconds(i64::MIN),
        }
    }

    /// Notes a file.
    pub(super) fn note(&mut self, metadata: &Metadata, content: Content, attributes: Attributes) {
        self.latest = self.latest.max(metadata.changed);
        let noted = Noted {
            size: metadata.size,
            modified: metadata.modified,
            changed: metadata.changed,
            content,
            attributes,
        };
        self.files.insert(metadata.inode, noted);
    }

    /// Takes over what the system says of a file now, where it was noted before.
    pub(super) fn touched(&mut self, metadata: &Metadata) {
        if let Some(noted) = self.files.get_mut(&metadata.inode) {
            self.latest = self.latest.max(metadata.changed);
            noted.changed = metadata.changed;
        }
    }

    /// Waits until whatever changes a file of the tree from now on gives it another time; `home`
    /// lies in the same file system.
    pub(super) fn settle(mut self, home: &Tree) -> Result<Known, Error> {
        for _ in 0..LOOKS {
            home.write(CLOCK, b"", 0o600)?;
            let now = home.metadata(CLOCK)?.map(|found| found.changed);
            home.remove(CLOCK)?;
            if now.is_some_and(|now| now > self.latest) {
                return Ok(self);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        // A clock that stands still tells nothing.
        self.files.clear();
        Ok(self)
    }

    /// What a file holds, if it is one that nothing has touched.
    pub(crate) fn content(&self, metadata: &Metadata) -> Option<Content> {
        self.untouched(metadata).map(|noted| noted.content)
    }

    /// The extended attributes of a file, if it is one that nothing has touched.
    pub(crate) fn attributes(&self, metadata: &Metadata) -> Option<&Attributes> {
        self.untouched(metadata).map(|noted| &noted.attributes)
    }

    fn untouched(&self, metadata: &Metadata) -> Option<&Noted> {
        let noted = self.files.get(&metadata.inode)?;
        let same = noted.size == metadata.size
            && noted.modified == metadata.modified
            && noted.changed == metadata.changed;
        same.then_some(noted)
    }

    /// The archive of the stage.
    pub(crate) fn archive(&self) -> &Path {
        &self.archive
    }
}
