//! Which files an image is made of: its own, and those it extends, bases first.

use std::collections::BTreeMap;

use toml::Spanned;

use super::convert::names_of;
use super::node::{self, Node, Table, Value, at};
use super::options::{ImageOption, Options};
use super::profiles;
use super::shape::IMAGE_FIELDS;
use crate::keys::parse;
use crate::name::{self, Kind};
use crate::nearest::nearest;
use crate::source::{FileError, Source, Spot};

/// Reads the text of `images/NAME.toml`.
pub(super) fn read(source: Source<'_>) -> Result<Table, FileError> {
    let tree: Spanned<_> = parse(source)?;
    node::read(source, "an image", IMAGE_FIELDS, &tree)
}

/// All images of a project and all profiles, as written.
pub(super) struct Files<'a> {
    images: BTreeMap<&'a str, Table>,
    profiles: BTreeMap<&'static str, Table>,
}

/// A file on the way from an image to its bases.
#[derive(Clone, Copy, PartialEq, Eq)]
enum File<'a> {
    Image(&'a str),
    Profile(&'static str),
}

/// The files of one image while they are collected.
#[derive(Default)]
struct Walk<'a> {
    /// From the image to where we are, with the place that names each.
    inside: Vec<(File<'a>, Option<Spot>)>,
    done: Vec<File<'a>>,
    tables: Vec<&'a Table>,
}

impl<'a> Files<'a> {
    /// Reads all images; the profiles are read too, so that a fault in one cannot lie in wait.
    pub(super) fn read(images: &[(&'a str, Source<'_>)]) -> Result<Files<'a>, FileError> {
        let mut files = Files {
            images: BTreeMap::new(),
            profiles: BTreeMap::new(),
        };
        for (name, source) in images {
            if !name::is_valid(Kind::Image, name) {
                let message = format!("`{name}` cannot be the name of an image");
                return Err(source.error(&(0..0), message).hint(Kind::Image.alphabet()));
            }
            files.images.insert(name, read(*source)?);
        }
        for (name, source) in profiles::all() {
            files.profiles.insert(name, read(source)?);
        }
        Ok(files)
    }

    /// The tables of an image, bases first, each once.
    pub(super) fn chain(&'a self, image: &'a str) -> Result<Vec<&'a Table>, FileError> {
        let mut walk = Walk::default();
        self.visit(File::Image(image), None, &mut walk)?;
        Ok(walk.tables)
    }

    fn visit(
        &'a self,
        file: File<'a>,
        spot: Option<&Spot>,
        walk: &mut Walk<'a>,
    ) -> Result<(), FileError> {
        if walk.inside.iter().any(|(known, _)| *known == file) {
            return Err(cycle(file, spot, walk));
        }
        let Some(table) = self.table(file).filter(|_| !walk.done.contains(&file)) else {
            return Ok(());
        };
        walk.inside.push((file, spot.cloned()));
        for base in bases(table) {
            let found = self.base(file, base)?;
            self.visit(found, Some(&base.spot), walk)?;
        }
        walk.inside.pop();
        walk.done.push(file);
        walk.tables.push(table);
        Ok(())
    }

    fn table(&self, file: File<'_>) -> Option<&Table> {
        match file {
            File::Image(name) => self.images.get(name),
            File::Profile(name) => self.profiles.get(name),
        }
    }

    /// The file that a base means: an image of the project, else a profile. An image that
    /// extends its own name means the profile of that name.
    fn base(&'a self, from: File<'a>, base: &'a Node) -> Result<File<'a>, FileError> {
        let name = base.text().unwrap_or_default();
        let images = matches!(from, File::Image(own) if own != name);
        if let Some((name, _)) = self.images.get_key_value(name).filter(|_| images) {
            return Ok(File::Image(name));
        }
        if let Some((name, _)) = self.profiles.get_key_value(name) {
            return Ok(File::Profile(name));
        }
        if from == File::Image(name) {
            return Err(base.error(format!("the image `{name}` extends itself")));
        }
        let error = base.error(format!("there is no image or profile `{name}`"));
        let known: Vec<&str> = self
            .images
            .keys()
            .copied()
            .chain(self.profiles.keys().copied())
            .filter(|known| from != File::Image(known))
            .collect();
        Err(match nearest(name, known.iter().copied(), 1).first() {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(format!(
                "the profiles are {}",
                self.profiles.keys().copied().collect::<Vec<_>>().join(", ")
            )),
        })
    }
}

/// What a file extends.
fn bases(table: &Table) -> Vec<&Node> {
    match table.get("extends").map(|entry| &entry.node) {
        Some(node) if node.text().is_some() => vec![node],
        Some(node) => node.items().iter().collect(),
        None => Vec::new(),
    }
}

/// The error for files that extend each other, with the place of each.
fn cycle(file: File<'_>, spot: Option<&Spot>, walk: &Walk<'_>) -> FileError {
    let title = |file: &File<'_>| match file {
        File::Image(name) => (*name).to_owned(),
        File::Profile(name) => format!("profile {name}"),
    };
    let start = walk
        .inside
        .iter()
        .position(|(known, _)| *known == file)
        .unwrap_or_default();
    let mut chain = title(&file);
    for (step, named_at) in walk.inside.iter().skip(start + 1) {
        let place = named_at.as_ref().map(ToString::to_string);
        chain.push_str(&format!(
            " → {} ({})",
            title(step),
            place.unwrap_or_default()
        ));
    }
    chain.push_str(&format!(" → {}", title(&file)));
    let spot = spot.cloned().unwrap_or_else(|| Spot {
        file: title(&file),
        line: 1,
        column: 1,
        length: 1,
        text: String::new(),
    });
    at(
        &spot,
        format!("the image `{}` extends itself: {chain}", title(&file)),
    )
}

/// The options that the files of an image declare together.
pub(super) fn options(image: &str, tables: &[&Table]) -> Result<Options, FileError> {
    let mut all: BTreeMap<&str, ImageOption> = BTreeMap::new();
    for table in tables {
        let declared = table.get("options").and_then(|entry| entry.node.table());
        for (name, entry) in declared.into_iter().flatten() {
            if !name::is_valid(Kind::Option, name) {
                let message = format!("`{name}` cannot be a name of an option");
                return Err(at(&entry.key, message).hint(Kind::Option.alphabet()));
            }
            let Value::Table(own) = &entry.node.value else {
                if all.remove(name.as_str()).is_none() {
                    let message = format!("there is no inherited option `{name}` to take away");
                    return Err(at(&entry.key, message));
                }
                continue;
            };
            let option = all
                .entry(name)
                .or_insert_with(|| ImageOption::new(name, &entry.key));
            declare(option, own)?;
        }
    }
    Ok(Options {
        image: image.to_owned(),
        all: all.into_values().collect(),
        defaults: Vec::new(),
    })
}

/// Adds to an option what one file says of it.
fn declare(option: &mut ImageOption, table: &Table) -> Result<(), FileError> {
    let node = |key: &str| table.get(key).map(|entry| &entry.node);
    if let Some(text) = node("description").and_then(Node::text) {
        option.description = Some(text.to_owned());
    }
    if let Some(list) = node("suites") {
        option.suites = names_of(Kind::Suite, list.items())?;
    }
    if let Some(list) = node("architectures") {
        option.architectures = names_of(Kind::Architecture, list.items())?;
    }
    let relations = [
        ("requires", &mut option.requires),
        ("excludes", &mut option.excludes),
    ];
    for (key, relation) in relations {
        if let Some(list) = node(key) {
            names_of(Kind::Option, list.items())?;
            relation.clear();
            relation.extend(list.items().iter().map(|item| {
                let name = item.text().unwrap_or_default().to_owned();
                (name, item.spot.clone())
            }));
        }
    }
    option.tables.push(table.clone());
    Ok(())
}
