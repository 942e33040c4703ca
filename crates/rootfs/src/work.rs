//! Where the tree is made: in memory if it fits, else beside the outputs.

use std::path::{Path, PathBuf};

use formwork_sys::sandbox::Inside;
use formwork_sys::tree::Tree;

use crate::error::Error;
use crate::job::Job;
use crate::variation::Variation;

/// The name of the work directory on a disk.
const NAME: &str = ".formwork-work";
/// How much larger than its packages a tree gets, with what is made from them.
const GROWTH: u64 = 6;

/// A private directory for the tree and what is staged beside it.
pub(crate) struct Work {
    path: PathBuf,
    /// The directory of a disk that it lies in.
    disk: Option<Tree>,
}

impl Work {
    /// Takes memory, within the limit of the job, where the tree should fit into that.
    pub(crate) fn choose(inside: &Inside, job: &Job) -> Result<Work, Error> {
        let packed: u64 = job.packages.iter().map(|package| package.size).sum();
        let wanted = packed.saturating_mul(GROWTH);
        let beside = job.outputs.first().and_then(|output| output.path.parent());
        match beside {
            // Directories of a disk are read in another order than those of memory.
            Some(beside)
                if wanted > job.limits.tree_bytes || job.vary.contains(&Variation::FileOrder) =>
            {
                Work::on_disk(beside)
            }
            _ => {
                let path = inside.scratch().join("work");
                inside
                    .tmpfs(&path, job.limits.tree_bytes)
                    .map_err(|error| Error::Sandbox(error.to_string()))?;
                Ok(Work { path, disk: None })
            }
        }
    }

    /// A directory that only its owner can look into: there are set-id programs in it.
    fn on_disk(beside: &Path) -> Result<Work, Error> {
        let disk = Tree::open(beside)?;
        disk.remove_all(NAME)?;
        disk.create_directory(NAME, 0o700)?;
        Ok(Work {
            path: beside.join(NAME),
            disk: Some(disk),
        })
    }

    /// The directory.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes what lies on a disk; memory goes with the sandbox.
    pub(crate) fn remove(self) -> Result<(), Error> {
        if let Some(disk) = &self.disk {
            disk.remove_all(NAME)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_left_as_it_was() {
        let directory = tempfile::tempdir().unwrap();
        let work = Work::on_disk(directory.path()).unwrap();
        std::fs::write(work.path().join("left"), "x").unwrap();
        // One that a killed build has left is no obstacle.
        let work = Work::on_disk(directory.path()).unwrap();
        assert!(!work.path().join("left").exists());
        work.remove().unwrap();
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
