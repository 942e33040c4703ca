//! Where the files of a build go, and how they get there whole.
//!
//! Everything is first written into a directory of its own beside the final names and moved
//! from there when all of it is done, the record last. A build that is cut off leaves at most
//! that directory, which the next one removes. One process at a time builds into a place.

use std::path::{Path, PathBuf};

use formwork_model::layout::Form;
use formwork_rootfs::job::Kind;
use formwork_sys::fs;

use super::locked::Locked;
use super::order::Order;
use crate::Error;

/// The directory of a project's builds.
const BUILD: &str = "build";

/// What is taken off the name of an output to get that of the records beside it.
const ENDINGS: [&str; 8] = [
    "tar", "img", "raw", "ext4", "squashfs", "erofs", "initrd", "cpio",
];
/// What the tree and its initial RAM disk are called while they are only needed for others.
const UNASKED: [&str; 3] = [".tree.tar", ".initrd", ".delta.tar"];

/// The names of one build's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Places {
    /// Where they end up.
    directory: PathBuf,
    /// What their names begin with.
    stem: String,
    /// The name that the person gave to the one output.
    named: Option<String>,
}

impl Places {
    /// The places of a build.
    pub(super) fn new(locked: &Locked, order: &Order, forms: &[Form]) -> Result<Places, Error> {
        let Some(output) = &order.output else {
            let directory = locked.loaded.directory.join(BUILD).join(&locked.title);
            return Ok(Places {
                directory: directory.join(&locked.plan.architecture),
                stem: locked.title.clone(),
                named: None,
            });
        };
        let bad = |reason: &str| Error::Option {
            option: "--output",
            value: output.display().to_string(),
            reason: reason.to_owned(),
        };
        let name = output.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| bad("it must end in the name of a file"))?;
        if forms.len() > 1 {
            return Err(bad("it names one output, but several kinds are asked for"));
        }
        if is_occupied(output) {
            return Err(bad("a directory that is not empty is there already"));
        }
        let directory = match output.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let mut endings = ENDINGS.iter();
        let stem = endings.find_map(|ending| name.strip_suffix(ending)?.strip_suffix('.'));
        let stem = stem.filter(|stem| !stem.is_empty());
        Ok(Places {
            directory: directory.to_owned(),
            stem: stem.unwrap_or(name).to_owned(),
            named: Some(name.to_owned()),
        })
    }

    /// The same files in another directory, if one is named.
    pub(super) fn into(self, directory: Option<&Path>) -> Places {
        match directory {
            Some(directory) => Places {
                directory: directory.to_owned(),
                ..self
            },
            None => self,
        }
    }

    /// The file that one process holds while it builds here.
    pub(super) fn busy(&self) -> PathBuf {
        self.directory.join(format!(".{}.busy", self.stem))
    }

    /// The directory where everything is written first.
    fn staging(&self) -> PathBuf {
        self.directory.join(format!(".{}.new", self.stem))
    }

    /// Where a failed tree is kept.
    pub(super) fn failed(&self) -> PathBuf {
        let name = match &self.named {
            None => "failed-tree".to_owned(),
            Some(_) => format!("{}.failed-tree", self.stem),
        };
        self.directory.join(name)
    }

    /// Makes the directory, which a build needs before anybody can hold it.
    pub(super) fn prepare(&self) -> Result<(), Error> {
        Ok(fs::create_directory(&self.directory)?)
    }

    /// An empty directory to write into; what a build that was cut off has left is removed, and
    /// the tree of an earlier one that failed where this one's would be kept.
    pub(super) fn begin(&self, keep: bool) -> Result<(), Error> {
        fs::remove_directory(&self.staging())?;
        if keep {
            fs::remove_directory(&self.failed())?;
        }
        Ok(fs::create_directory(&self.staging())?)
    }

    /// Removes what an unfinished build has written.
    pub(super) fn abandon(&self) -> Result<(), Error> {
        fs::remove_directory(&self.staging())?;
        Ok(())
    }

    /// The name of an output that was asked for.
    pub(super) fn name(&self, form: Form) -> String {
        if let Some(name) = &self.named {
            return name.clone();
        }
        self.beside(match form {
            Form::Disk => "img",
            Form::Tar => "tar",
            Form::Dir => "root",
            Form::Ext4 => "ext4",
            Form::Squashfs => "squashfs",
            Form::Erofs => "erofs",
            Form::Initrd => "initrd",
        })
    }

    /// The name of what the maker of trees writes, of these forms.
    pub(super) fn name_of(&self, kind: Kind, forms: &[Form]) -> String {
        let unless_asked = |form: Form, unasked: &str| match forms.contains(&form) {
            true => self.name(form),
            false => unasked.to_owned(),
        };
        match kind {
            Kind::Tar => unless_asked(Form::Tar, UNASKED[0]),
            Kind::Initrd => unless_asked(Form::Initrd, UNASKED[1]),
            Kind::Delta => UNASKED[2].to_owned(),
            Kind::Dir => self.name(Form::Dir),
            Kind::Manifest => self.beside("tree.json"),
        }
    }

    /// The name of a file beside the outputs.
    pub(super) fn beside(&self, ending: &str) -> String {
        format!("{}.{ending}", self.stem)
    }

    /// Where a file of this name is written first.
    pub(super) fn first(&self, name: &str) -> PathBuf {
        self.staging().join(name)
    }

    /// Where a file of this name ends up.
    pub(super) fn last(&self, name: &str) -> PathBuf {
        if self.directory == Path::new(".") {
            return PathBuf::from(name);
        }
        self.directory.join(name)
    }

    /// Writes a file by way of the directory where everything is written first, so that one
    /// that is cut off is found and removed by the next build.
    pub(super) fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        fs::create_directory(&self.staging())?;
        fs::write_first(&self.first(name), bytes)?;
        self.publish([name])
    }

    /// Moves finished files to their places, in this order.
    pub(super) fn publish<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), Error> {
        let names = names.into_iter();
        let moves: Vec<(PathBuf, PathBuf)> = names
            .map(|name| (self.first(name), self.last(name)))
            .collect();
        fs::put_all(&moves)?;
        self.abandon()
    }
}

/// Whether a directory is there that holds something, which might not be ours.
fn is_occupied(path: &Path) -> bool {
    std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some())
}
