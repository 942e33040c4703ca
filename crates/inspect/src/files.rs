//! The regular files of a tree, out of its manifest.

use serde::Deserialize;

/// The manifest as far as it is looked at here.
#[derive(Deserialize)]
pub(crate) struct Tree {
    pub(crate) format: u32,
    suite: String,
    architecture: String,
    entries: Vec<TreeEntry>,
}

#[derive(Deserialize)]
struct TreeEntry {
    path: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    package: Option<String>,
}

/// All regular files of a tree, each once: further names of a file add nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// The suite.
    pub suite: String,
    /// The architecture.
    pub architecture: String,
    /// The files in the order of the manifest.
    pub files: Vec<File>,
}

/// One regular file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// Its absolute path, escaped as in the manifest.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// The one package that has it.
    pub package: Option<String>,
}

impl Files {
    pub(crate) fn of(tree: Tree) -> Files {
        let files = tree.entries.into_iter();
        let files = files.filter(|entry| entry.kind == "file");
        Files {
            suite: tree.suite,
            architecture: tree.architecture,
            files: files
                .map(|entry| File {
                    path: entry.path,
                    size: entry.size,
                    package: entry.package,
                })
                .collect(),
        }
    }

    /// What all files hold.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        total(self.files.iter().map(|file| file.size))
    }
}

/// A sum that a record cannot make overflow.
pub(crate) fn total(sizes: impl IntoIterator<Item = u64>) -> u64 {
    sizes.into_iter().fold(0, u64::saturating_add)
}
