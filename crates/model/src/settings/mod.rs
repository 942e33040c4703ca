//! What a finished tree gets besides its packages, as meant: accounts, files, units, kernel.
//!
//! The tables of an image are read here, after bases and options are merged. What an image says
//! of kernel modules, sysctl, networks and drop-ins is files in the end, and becomes [`File`]s
//! at once. Everything is plain data that crosses to the sandbox as JSON; content of the
//! project's own files is named by its SHA-256, which whoever loads the project fills in.

mod accounts;
mod dropins;
pub(crate) mod files;
pub(crate) mod read;
mod strip;
mod system;

#[cfg(test)]
mod tests;

pub use accounts::is_ssh_key;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::project::node::Table;
use crate::source::FileError;

/// The settings of one image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Host name, locale, time zone, identity.
    pub system: System,
    /// Users, sorted by name.
    pub users: Vec<User>,
    /// Groups, sorted by name.
    pub groups: Vec<Group>,
    /// Numbers that system users and groups are given, by name.
    pub ids: BTreeMap<String, u32>,
    /// Directories, sorted by path.
    pub directories: Vec<Directory>,
    /// Files, sorted by path.
    pub files: Vec<File>,
    /// Symbolic links, sorted by path.
    pub links: Vec<Link>,
    /// Units to enable, disable and mask.
    pub services: Services,
    /// Scripts, in the order in which they run.
    pub scripts: Vec<Script>,
    /// The switches of cleaning that the image sets.
    pub clean: BTreeMap<String, bool>,
    /// What is taken out of the finished tree.
    pub strip: Strip,
}

/// What is taken out of the finished tree, when nothing of the build needs it any more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Strip {
    /// The packages whose files stay, if not all; `*` in a name stands for anything.
    pub keep: Vec<Placed>,
    /// The packages whose files go, likewise.
    pub remove: Vec<Placed>,
    /// Absolute paths that go with all below them.
    pub paths: Vec<Placed>,
    /// Symbolic links that take the place of what went, sorted by path.
    pub links: Vec<Link>,
}

impl Strip {
    /// Whether nothing is taken out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Strip::default()
    }
}

/// Host name, locale, time zone, identity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct System {
    /// The host name.
    pub hostname: Option<String>,
    /// The locale, as in `de_DE.UTF-8`.
    pub locale: Option<Placed>,
    /// The time zone, as in `Europe/Berlin`.
    pub timezone: Option<Placed>,
    /// The fixed identity of every device made of the image, as 32 hexadecimal digits.
    pub machine_id: Option<String>,
}

/// A text that can only be judged in the tree, and where it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// The text.
    pub text: String,
    /// File and line.
    pub at: String,
}

/// A user that is made, or changed where a package has made it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct User {
    /// The name.
    pub name: String,
    /// The password, hashed as crypt(5) describes.
    pub password: Option<String>,
    /// Whether nobody can log in by a password.
    pub locked: Option<bool>,
    /// Lines or files for `authorized_keys`.
    pub ssh_keys: Vec<Content>,
    /// The primary group; without it one of the user's own name.
    pub group: Option<String>,
    /// Further groups.
    pub groups: Vec<String>,
    /// The shell.
    pub shell: Option<String>,
    /// The home directory.
    pub home: Option<String>,
    /// The full name or a comment.
    pub comment: Option<String>,
    /// The number.
    pub uid: Option<u32>,
    /// Whether it is there for a program and not for a person.
    pub system: bool,
    /// Whether it may become root by sudo.
    pub sudo: Option<Sudo>,
    /// File and line.
    pub at: String,
}

/// How a user becomes root by sudo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sudo {
    /// After the user's own password.
    Password,
    /// Without any.
    NoPassword,
}

/// A group that is made, or changed where a package has made it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Group {
    /// The name.
    pub name: String,
    /// The number.
    pub gid: Option<u32>,
    /// Whether it is there for a program and not for people.
    pub system: bool,
    /// Users that are in it.
    pub members: Vec<String>,
    /// File and line.
    pub at: String,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// This text.
    Text(String),
    /// What a file of the project holds.
    File(ProjectFile),
}

/// A file of the project.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProjectFile {
    /// Its path, relative to the project.
    pub path: String,
    /// Its path on the host; filled in by whoever loads the project.
    pub host: PathBuf,
    /// Its size in bytes; filled in likewise.
    pub size: u64,
    /// Its SHA-256 in hexadecimal; filled in likewise.
    pub sha256: String,
    /// File and line that name it.
    pub at: String,
}

/// Mode and owner of a file or directory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rights {
    /// The mode; without it 0644 for files and 0755 for directories.
    pub mode: Option<u32>,
    /// The owner by name or number; without it root.
    pub owner: Option<String>,
    /// The group by name or number; without it the owner's own, or root.
    pub group: Option<String>,
}

/// A file that is written, whatever was there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Its path in the tree, beginning with `/`.
    pub path: String,
    /// What it holds.
    pub content: Content,
    /// Mode and owner.
    pub rights: Rights,
    /// File and line.
    pub at: String,
}

/// A directory that is there in the end, perhaps with content from the project.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Directory {
    /// Its path in the tree, beginning with `/`.
    pub path: String,
    /// The directory of the project that is copied into it.
    pub source: Option<String>,
    /// What it holds: filled in by whoever loads the project, sorted by path.
    pub members: Vec<Member>,
    /// Mode and owner; the owner is that of all members too.
    pub rights: Rights,
    /// File and line.
    pub at: String,
}

/// One thing in a directory of the project that is copied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Its path below the directory.
    pub path: String,
    /// What it is.
    pub kind: MemberKind,
}

/// What a member of a copied directory is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemberKind {
    /// A directory with mode 0755.
    Directory,
    /// A file with mode 0644.
    File(ProjectFile),
    /// A file with mode 0755.
    Executable(ProjectFile),
    /// A symbolic link that says this.
    Link(String),
}

/// A symbolic link.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Link {
    /// Its path in the tree, beginning with `/`.
    pub path: String,
    /// What it says.
    pub target: String,
    /// File and line.
    pub at: String,
}

/// Units by what is done to them, each list without repetition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Services {
    /// Units that start as their `[Install]` section says.
    pub enable: Vec<Placed>,
    /// Units that do not start by themselves.
    pub disable: Vec<Placed>,
    /// Units that cannot be started at all.
    pub mask: Vec<Placed>,
}

/// A script that runs inside the tree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Script {
    /// The file of the project.
    pub file: ProjectFile,
}

impl Settings {
    /// Reads the merged tables of an image.
    pub fn read(values: &Table) -> Result<Settings, FileError> {
        read::settings(values)
    }

    /// Whether nothing is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Settings::default()
    }

    /// Every file of the project that is used, to be filled in.
    pub fn project_files(&mut self) -> Vec<&mut ProjectFile> {
        let mut files: Vec<&mut ProjectFile> = Vec::new();
        let mut contents: Vec<&mut Content> = Vec::new();
        for user in &mut self.users {
            contents.extend(&mut user.ssh_keys);
        }
        contents.extend(self.files.iter_mut().map(|file| &mut file.content));
        for content in contents {
            if let Content::File(file) = content {
                files.push(file);
            }
        }
        for directory in &mut self.directories {
            for member in &mut directory.members {
                if let MemberKind::File(file) | MemberKind::Executable(file) = &mut member.kind {
                    files.push(file);
                }
            }
        }
        files.extend(self.scripts.iter_mut().map(|script| &mut script.file));
        files
    }

    /// The same without what depends on this machine or on where a file says something.
    #[must_use]
    pub fn bare(&self) -> Settings {
        let mut bare = self.clone();
        for file in bare.project_files() {
            file.host.clear();
            file.at.clear();
        }
        let system = [&mut bare.system.locale, &mut bare.system.timezone];
        let strip = &mut bare.strip;
        strip.links.iter_mut().for_each(|link| link.at.clear());
        let strip = [&mut strip.keep, &mut strip.remove, &mut strip.paths];
        let services = &mut bare.services;
        let units = [
            &mut services.enable,
            &mut services.disable,
            &mut services.mask,
        ];
        for placed in system
            .into_iter()
            .flatten()
            .chain(units.into_iter().flatten())
            .chain(strip.into_iter().flatten())
        {
            placed.at.clear();
        }
        bare.users.iter_mut().for_each(|user| user.at.clear());
        bare.groups.iter_mut().for_each(|group| group.at.clear());
        bare.files.iter_mut().for_each(|file| file.at.clear());
        bare.links.iter_mut().for_each(|link| link.at.clear());
        bare.directories
            .iter_mut()
            .for_each(|directory| directory.at.clear());
        bare
    }
}
