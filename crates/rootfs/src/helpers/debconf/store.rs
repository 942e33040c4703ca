//! The three files of debconf's standard configuration, and what it does with questions and
//! templates in them.

use std::collections::BTreeSet;

use formwork_sys::tree::{Kind, Tree};

use super::database::{Database, Item, Text};
use super::templates::Template;
use super::{Done, unsupported};
use crate::error::Error;

/// Where the files lie.
const HOME: &str = "var/cache/debconf";

/// A file as it was found.
struct File {
    name: &'static str,
    mode: u32,
    /// Whether the earlier state is kept beside when it is written.
    backup: bool,
    database: Database,
}

/// All that debconf knows.
pub(super) struct Store {
    config: File,
    passwords: File,
    templates: File,
    /// The questions and templates that were asked for: the original keeps them in its hands,
    /// whatever becomes of them.
    questions: BTreeSet<Text>,
    held: BTreeSet<Text>,
}

impl File {
    fn read(
        tree: &Tree,
        name: &'static str,
        mode: u32,
        backup: bool,
    ) -> Result<Option<File>, Error> {
        let path = format!("{HOME}/{name}");
        let found = tree.metadata(&path)?;
        if found.as_ref().is_some_and(|found| found.kind != Kind::File) {
            return Ok(None);
        }
        let bytes = tree.read_if_there(&path)?;
        let database = Database::parse(bytes.as_deref().unwrap_or_default());
        Ok(database.map(|database| File {
            name,
            mode,
            backup: backup && found.is_some(),
            database,
        }))
    }

    /// A file that is not there yet is made at once, as the original does.
    fn create(&self, tree: &Tree) -> Result<(), Error> {
        let path = format!("{HOME}/{}", self.name);
        match tree.exists(&path)? {
            true => Ok(()),
            false => Ok(tree.write(&path, b"", self.mode)?),
        }
    }

    fn save(&self, tree: &Tree) -> Result<(), Error> {
        if !self.database.changed {
            return Ok(());
        }
        let path = format!("{HOME}/{}", self.name);
        if self.backup {
            tree.rename(&path, format!("{path}-old"))?;
        }
        Ok(tree.write(&path, &self.database.bytes(), self.mode)?)
    }
}

impl Store {
    /// Reads what is there; `None` where that is best left to the original. Nothing is changed.
    pub(super) fn read(tree: &Tree) -> Result<Option<Store>, Error> {
        let config = File::read(tree, "config.dat", 0o644, true)?;
        let passwords = File::read(tree, "passwords.dat", 0o600, false)?;
        let templates = File::read(tree, "templates.dat", 0o644, true)?;
        let (Some(config), Some(passwords), Some(templates)) = (config, passwords, templates)
        else {
            return Ok(None);
        };
        let doubled = config
            .database
            .names()
            .any(|name| passwords.database.get(name).is_some());
        Ok((!doubled).then_some(Store {
            config,
            passwords,
            templates,
            questions: BTreeSet::new(),
            held: BTreeSet::new(),
        }))
    }

    /// Makes the files that are missing.
    pub(super) fn create(&self, tree: &Tree) -> Result<(), Error> {
        tree.create_directories(HOME)?;
        self.config.create(tree)?;
        self.passwords.create(tree)?;
        self.templates.create(tree)
    }

    /// Writes the files that have changed.
    pub(super) fn save(&self, tree: &Tree) -> Result<(), Error> {
        self.config.save(tree)?;
        self.passwords.save(tree)?;
        self.templates.save(tree)
    }

    fn question(&self, name: &[u8]) -> Option<&Item> {
        let config = self.config.database.get(name);
        config.or_else(|| self.passwords.database.get(name))
    }

    fn change(&mut self, name: &[u8]) -> Option<&mut Item> {
        match self.config.database.get(name) {
            Some(_) => self.config.database.change(name),
            None => self.passwords.database.change(name),
        }
    }

    /// Whether a question can be had.
    pub(super) fn has(&mut self, name: &[u8]) -> bool {
        let there = self.questions.contains(name) || self.question(name).is_some();
        if there {
            self.questions.insert(name.to_vec());
        }
        there
    }

    /// The names of all questions.
    pub(super) fn questions(&self) -> Vec<Text> {
        let names = self.config.database.names();
        names
            .chain(self.passwords.database.names())
            .cloned()
            .collect()
    }

    /// A field of a question of its own.
    pub(super) fn field(&self, name: &[u8], field: &[u8]) -> Option<&Text> {
        self.question(name)?.fields.get(field)
    }

    /// Sets a field of a question.
    pub(super) fn set_field(&mut self, name: &[u8], field: &[u8], value: Text) {
        if let Some(item) = self.change(name) {
            item.fields.insert(field.to_vec(), value);
        }
    }

    /// A flag of a question.
    pub(super) fn flag(&self, name: &[u8], flag: &[u8]) -> Text {
        match flag {
            b"isdefault" => match &self.flag(name, b"seen")[..] {
                b"true" => b"false".to_vec(),
                _ => b"true".to_vec(),
            },
            _ => match self.question(name) {
                Some(item) => item.flags.get(flag).cloned().unwrap_or(b"false".to_vec()),
                None => Vec::new(),
            },
        }
    }

    /// Sets a flag of a question.
    pub(super) fn set_flag(&mut self, name: &[u8], flag: &[u8], value: &[u8]) {
        let (flag, value): (&[u8], &[u8]) = match (flag, value) {
            (b"isdefault", b"true") => (b"seen", b"false"),
            (b"isdefault", _) => (b"seen", b"true"),
            both => both,
        };
        if let Some(item) = self.change(name) {
            item.flags.insert(flag.to_vec(), value.to_vec());
        }
    }

    /// What is put into a question's texts.
    pub(super) fn variable(&self, name: &[u8], variable: &[u8]) -> Option<&Text> {
        self.question(name)?.variables.get(variable)
    }

    /// Sets what is put into a question's texts.
    pub(super) fn set_variable(&mut self, name: &[u8], variable: &[u8], value: Text) {
        if let Some(item) = self.change(name) {
            item.variables.insert(variable.to_vec(), value);
        }
    }

    /// The owners of a question, by name.
    pub(super) fn owners(&self, name: &[u8]) -> Text {
        let owners = self.question(name).map(|item| {
            let owners: Vec<&[u8]> = item.owners.iter().map(Vec::as_slice).collect();
            owners.join(&b", "[..])
        });
        owners.unwrap_or_default()
    }

    /// Adds an owner to a question; one that is not there is made, by its type in one file or
    /// the other.
    pub(super) fn add_owner(&mut self, name: &[u8], owner: &[u8], kind: &[u8]) {
        let is_password = kind
            .windows(b"password".len())
            .any(|part| part.eq_ignore_ascii_case(b"password"));
        let there = self.config.database.get(name).is_some();
        let secret = self.passwords.database.get(name).is_some();
        match secret || (is_password && !there) {
            true => self.passwords.database.add_owner(name, owner),
            false => self.config.database.add_owner(name, owner),
        }
    }

    /// Takes an owner from a question.
    pub(super) fn remove_owner(&mut self, name: &[u8], owner: &[u8]) {
        let Some(item) = self.question(name) else {
            return;
        };
        let template = item.fields.get(&b"template"[..]).cloned();
        let file = match self.config.database.get(name) {
            Some(_) => &mut self.config,
            None => &mut self.passwords,
        };
        file.database.remove_owner(name, owner);
        if let Some(template) = template.filter(|template| !template.is_empty())
            && self.question(name).is_none()
        {
            self.templates.database.remove_owner(&template, name);
            self.questions.remove(name);
        }
    }

    /// Makes a question.
    pub(super) fn new_question(&mut self, name: &[u8], owner: &[u8], kind: &[u8]) -> Done<()> {
        if kind.is_empty() || self.questions.contains(name) {
            return unsupported("a question that is made again, or has no type");
        }
        self.add_owner(name, owner, kind);
        self.set_flag(name, b"seen", b"false");
        self.questions.insert(name.to_vec());
        Ok(())
    }

    /// Gives a question its template.
    pub(super) fn set_template(&mut self, name: &[u8], template: &[u8]) {
        let old = self.field(name, b"template").cloned();
        if old.as_deref() == Some(template) {
            return;
        }
        if let Some(old) = old.filter(|old| !old.is_empty()) {
            self.templates.database.remove_owner(&old, name);
        }
        self.set_field(name, b"template", template.to_vec());
        self.templates.database.add_owner(template, name);
    }

    /// The template of a question, if there is one.
    pub(super) fn template_of(&mut self, name: &[u8]) -> Option<Text> {
        let template = self.field(name, b"template")?.clone();
        let there =
            self.held.contains(&template) || self.templates.database.get(&template).is_some();
        if there {
            self.held.insert(template.clone());
        }
        there.then_some(template)
    }

    /// A field of a template: in English for `C.UTF-8`, or as programs know it.
    pub(super) fn template_field(&self, template: &[u8], field: &[u8], translated: bool) -> Text {
        let item = self.templates.database.get(template);
        let get = |name: &[u8]| item.and_then(|item| item.fields.get(name)).cloned();
        let with = |ending: &[u8]| get(&[field, ending].concat());
        let special = match translated {
            true => with(b"-c.utf-8").or_else(|| with(b"-en")),
            false if field.ends_with(b"-c") => None,
            false => with(b"-c"),
        };
        let plain = || {
            let dash = field.iter().position(|byte| *byte == b'-')?;
            get(&field[..dash])
        };
        let found = special.or_else(|| get(field)).or_else(plain);
        found.unwrap_or_default()
    }

    /// Takes in the templates of a file.
    pub(super) fn load(&mut self, templates: Vec<Template>, owner: &[u8]) -> Done<()> {
        for template in templates {
            self.new_template(&template.name, owner, &template.kind)?;
            if let Some(item) = self.templates.database.change(&template.name) {
                item.fields = template.fields;
            }
        }
        Ok(())
    }

    fn new_template(&mut self, name: &[u8], owner: &[u8], kind: &[u8]) -> Done<()> {
        let owner = match owner {
            b"" | b"0" => b"unknown",
            owner => owner,
        };
        match self.question(name) {
            Some(_) => {
                self.has(name);
                self.add_owner(name, owner, kind);
            }
            None => {
                self.new_question(name, owner, kind)?;
                self.set_template(name, name);
            }
        }
        let users = self
            .templates
            .database
            .get(name)
            .map(|item| item.owners.clone());
        match users.filter(|users| !users.is_empty()) {
            Some(users) => {
                for user in users {
                    if !self.has(&user) {
                        self.new_question(&user, owner, kind)?;
                        self.set_template(&user, name);
                    }
                }
            }
            None => self.templates.database.add_owner(name, name),
        }
        self.held.insert(name.to_vec());
        Ok(())
    }
}
