//! The account files of a tree: `passwd`, `shadow`, `group`, `gshadow`, `subuid` and `subgid`.
//!
//! Lines are kept as they are but for the fields that change; new ones go to the end, as the
//! tools of Debian do it. The four files are kept consistent: what `pwck` and `grpck` look for.

use std::collections::BTreeSet;

use formwork_sys::tree::Tree;

use crate::error::Error;

/// One file of lines with colons between fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct List {
    path: &'static str,
    lines: Vec<Vec<String>>,
    /// Whether the tree has the file.
    there: bool,
    changed: bool,
}

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lists {
    pub(super) passwd: List,
    pub(super) shadow: List,
    pub(super) group: List,
    pub(super) gshadow: List,
    pub(super) subuid: List,
    pub(super) subgid: List,
}

impl List {
    fn read(tree: &Tree, path: &'static str) -> Result<List, Error> {
        let content = tree.read_if_there(path)?;
        let there = content.is_some();
        let text = String::from_utf8(content.unwrap_or_default()).map_err(|_| {
            Error::Job(format!(
                "/{path} of the tree is no text, so no account can be added"
            ))
        })?;
        let fields = |line: &str| line.split(':').map(str::to_owned).collect();
        Ok(List {
            path,
            lines: text.lines().map(fields).collect(),
            there,
            changed: false,
        })
    }

    fn write(&self, tree: &Tree) -> Result<(), Error> {
        if !self.changed {
            return Ok(());
        }
        let lines = self.lines.iter().map(|line| line.join(":") + "\n");
        Ok(tree.rewrite(self.path, lines.collect::<String>().as_bytes())?)
    }

    /// The line of a name.
    pub(super) fn get(&self, name: &str) -> Option<&[String]> {
        let found = self
            .lines
            .iter()
            .find(|line| line.first().is_some_and(|own| own == name));
        found.map(Vec::as_slice)
    }

    /// A field of a name's line.
    pub(super) fn field(&self, name: &str, field: usize) -> Option<&str> {
        self.get(name)?.get(field).map(String::as_str)
    }

    /// A field that is a number.
    pub(super) fn number(&self, name: &str, field: usize) -> Option<u32> {
        self.field(name, field)?.parse().ok()
    }

    /// Changes a field, if the name and the field are there.
    pub(super) fn set(&mut self, name: &str, field: usize, value: &str) {
        let found = self
            .lines
            .iter_mut()
            .find(|line| line.first().is_some_and(|own| own == name));
        if let Some(place) = found.and_then(|line| line.get_mut(field))
            && place != value
        {
            value.clone_into(place);
            self.changed = true;
        }
    }

    /// Adds a line.
    pub(super) fn add(&mut self, fields: &[&str]) {
        let line = fields.iter().map(|field| (*field).to_owned()).collect();
        self.lines.push(line);
        self.changed = true;
    }

    /// All names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.lines
            .iter()
            .filter_map(|line| line.first().map(String::as_str))
    }

    /// All numbers of one field.
    pub(super) fn numbers(&self, field: usize) -> BTreeSet<u32> {
        let number = |line: &Vec<String>| line.get(field)?.parse().ok();
        self.lines.iter().filter_map(number).collect()
    }

    /// Whether the tree has the file.
    pub(super) fn is_there(&self) -> bool {
        self.there
    }
}

impl Lists {
    /// Reads the files of a tree.
    pub(super) fn read(tree: &Tree) -> Result<Lists, Error> {
        Ok(Lists {
            passwd: List::read(tree, "etc/passwd")?,
            shadow: List::read(tree, "etc/shadow")?,
            group: List::read(tree, "etc/group")?,
            gshadow: List::read(tree, "etc/gshadow")?,
            subuid: List::read(tree, "etc/subuid")?,
            subgid: List::read(tree, "etc/subgid")?,
        })
    }

    /// Writes those that changed; owners and modes stay.
    pub(super) fn write(&self, tree: &Tree) -> Result<(), Error> {
        for list in [
            &self.passwd,
            &self.shadow,
            &self.group,
            &self.gshadow,
            &self.subuid,
            &self.subgid,
        ] {
            list.write(tree)?;
        }
        Ok(())
    }

    /// The number of a user, by name or number.
    pub(super) fn user(&self, name: &str) -> Option<u32> {
        name.parse().ok().or_else(|| self.passwd.number(name, 2))
    }

    /// The number of a group, by name or number.
    pub(super) fn group(&self, name: &str) -> Option<u32> {
        name.parse().ok().or_else(|| self.group.number(name, 2))
    }

    /// The primary group of a user, by name or number.
    pub(super) fn group_of(&self, user: &str) -> Option<u32> {
        if let Some(group) = self.passwd.number(user, 3) {
            return Some(group);
        }
        let line = self
            .passwd
            .lines
            .iter()
            .find(|line| line.get(2).is_some_and(|id| id == user))?;
        line.get(3)?.parse().ok()
    }

    /// Makes a group.
    pub(super) fn add_group(&mut self, name: &str, number: u32) {
        self.group.add(&[name, "x", &number.to_string(), ""]);
        if self.gshadow.is_there() {
            self.gshadow.add(&[name, "!", "", ""]);
        }
    }

    /// Puts a user into a group.
    pub(super) fn add_member(&mut self, group: &str, user: &str) {
        for list in [&mut self.group, &mut self.gshadow] {
            let Some(members) = list.field(group, 3) else {
                continue;
            };
            let mut members: Vec<String> = members
                .split(',')
                .filter(|member| !member.is_empty())
                .map(str::to_owned)
                .collect();
            if !members.iter().any(|member| member == user) {
                members.push(user.to_owned());
                list.set(group, 3, &members.join(","));
            }
        }
    }
}
