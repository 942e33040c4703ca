//! Directories, files and links of the image.

use std::ffi::OsStr;

use formwork_model::settings::{Content, Directory, File, Link, MemberKind, Rights};
use formwork_sys::tree::{Kind, Tree};

use super::lists::Lists;
use super::{bytes, meant, wrong};
use crate::error::Error;

/// Whose a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) user: u32,
    pub(super) group: u32,
}

/// A tree with the names of its users and groups.
pub(super) struct Places<'a> {
    pub(super) tree: &'a Tree,
    pub(super) lists: &'a Lists,
}

impl Places<'_> {
    /// Makes directories and copies what the project has for them.
    pub(super) fn directories(&self, directories: &[Directory]) -> Result<(), Error> {
        for directory in directories {
            let path = directory.path.trim_start_matches('/');
            let owner = self.owner(&directory.rights, &directory.at)?;
            self.directory(path, &directory.rights, owner, &directory.at)?;
            for member in &directory.members {
                let path = format!("{path}/{}", member.path);
                let content = |file: &formwork_model::settings::ProjectFile| {
                    bytes(&Content::File(file.clone()))
                };
                match &member.kind {
                    MemberKind::Directory => {
                        let rights = Rights {
                            mode: Some(0o755),
                            ..directory.rights.clone()
                        };
                        self.directory(&path, &rights, owner, &directory.at)?;
                    }
                    MemberKind::File(file) => {
                        self.write(&path, &content(file)?, 0o644, owner, &directory.at)?;
                    }
                    MemberKind::Executable(file) => {
                        self.write(&path, &content(file)?, 0o755, owner, &directory.at)?;
                    }
                    MemberKind::Link(target) => {
                        self.link(&path, target, &directory.at)?;
                        self.tree.set_owner(&path, owner.user, owner.group)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Writes files.
    pub(super) fn files(&self, files: &[File]) -> Result<(), Error> {
        for file in files {
            let owner = self.owner(&file.rights, &file.at)?;
            let path = file.path.trim_start_matches('/');
            let mode = file.rights.mode.unwrap_or(0o644);
            if path.starts_with("etc/sudoers.d/") && !self.tree.exists("etc/sudoers.d")? {
                let message = "sudo is not in the image; add it to `packages`";
                return Err(wrong(&file.at, message));
            }
            self.write(path, &bytes(&file.content)?, mode, owner, &file.at)?;
        }
        Ok(())
    }

    /// Makes links.
    pub(super) fn links(&self, links: &[Link]) -> Result<(), Error> {
        for link in links {
            let path = link.path.trim_start_matches('/');
            self.parents(path)?;
            self.link(path, &link.target, &link.at)?;
        }
        Ok(())
    }

    /// Makes the directories that lead to a path; a new one belongs to whom the one above does.
    pub(super) fn parents(&self, path: &str) -> Result<(), Error> {
        let Some((above, _)) = path.rsplit_once('/') else {
            return Ok(());
        };
        if self.tree.exists(above)? {
            return Ok(());
        }
        self.parents(above)?;
        self.tree.create_directory(above, 0o755)?;
        let owner = match above.rsplit_once('/') {
            Some((outer, _)) => self.tree.directory(outer)?.own_metadata()?,
            None => return Ok(()),
        };
        self.tree.set_owner(above, owner.user, owner.group)?;
        Ok(self.tree.set_mode(above, 0o755)?)
    }

    /// Makes a directory, or changes the rights of the one that is there as far as they are said.
    fn directory(&self, path: &str, rights: &Rights, owner: Owner, at: &str) -> Result<(), Error> {
        self.parents(path)?;
        let found = self.tree.metadata(path)?.map(|found| found.kind);
        match found {
            None => {
                self.tree.create_directory(path, 0o755)?;
                self.tree.set_owner(path, owner.user, owner.group)?;
                self.tree.set_mode(path, rights.mode.unwrap_or(0o755))?;
                return Ok(());
            }
            Some(Kind::Directory) => {}
            Some(Kind::SymbolicLink) if self.tree.directory(path).is_ok() => return Ok(()),
            Some(_) => return Err(wrong(at, format!("/{path} is there and no directory"))),
        }
        if rights.owner.is_some() || rights.group.is_some() {
            self.tree.set_owner(path, owner.user, owner.group)?;
        }
        if let Some(mode) = rights.mode {
            self.tree.set_mode(path, mode)?;
        }
        Ok(())
    }

    /// Writes one file.
    fn write(
        &self,
        path: &str,
        content: &[u8],
        mode: u32,
        owner: Owner,
        at: &str,
    ) -> Result<(), Error> {
        self.parents(path)?;
        self.refuse_directory(path, at)?;
        self.tree.write(path, content, mode)?;
        self.tree.set_owner(path, owner.user, owner.group)?;
        Ok(self.tree.set_mode(path, mode)?)
    }

    /// Makes one link, in the place of a file or link.
    fn link(&self, path: &str, target: &str, at: &str) -> Result<(), Error> {
        self.refuse_directory(path, at)?;
        self.tree.remove(path)?;
        Ok(self.tree.symbolic_link(OsStr::new(target), path)?)
    }

    /// A directory is never replaced by something else.
    fn refuse_directory(&self, path: &str, at: &str) -> Result<(), Error> {
        let found = self.tree.metadata(path)?;
        if found.is_some_and(|found| found.kind == Kind::Directory) {
            return Err(wrong(at, format!("/{path} is a directory")));
        }
        Ok(())
    }

    /// The numbers of an owner.
    fn owner(&self, rights: &Rights, at: &str) -> Result<Owner, Error> {
        let user = match &rights.owner {
            None => 0,
            Some(name) => self.lists.user(name).ok_or_else(|| {
                let near = meant(name, self.lists.passwd.names());
                wrong(at, format!("there is no user `{name}`{near}"))
            })?,
        };
        let group = match (&rights.group, &rights.owner) {
            (Some(name), _) => self.lists.group(name).ok_or_else(|| {
                let near = meant(name, self.lists.group.names());
                wrong(at, format!("there is no group `{name}`{near}"))
            })?,
            (None, Some(owner)) => self.lists.group_of(owner).unwrap_or(0),
            (None, None) => 0,
        };
        Ok(Owner { user, group })
    }
}
