//! One image for one suite and architecture with its options: what is to be built.

use super::merge::{clash, merge};
use super::node::{Node, Table};
use super::options::{ChoiceError, Chosen, Options};
use super::packages::{Sets, Walk};
use super::shape::{IMAGE_FIELDS, OPTION_FIELDS};
use super::{Entry, Image, Project, Variant, images};
use crate::layout::Layout;
use crate::nearest::nearest;
use crate::settings::Settings;
use crate::source::{FileError, Source, Spot};

/// What may be built by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Build {
    /// The options besides those that are on by default.
    pub(super) with: Vec<String>,
    pub(super) suite: String,
    pub(super) architecture: String,
    /// Where the options are declared or combined.
    pub(super) spot: Option<Spot>,
}

/// An image with its options merged, for one suite and architecture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composition {
    /// The image.
    pub image: String,
    /// The options that the image does not have by default, without those that another brings.
    pub options: Vec<String>,
    /// Every option that is on, each after those it requires.
    pub on: Vec<String>,
    /// Those of `options` that decide about packages: by them the lock names the closure.
    pub closure_options: Vec<String>,
    /// The suite.
    pub suite: String,
    /// The native architecture.
    pub architecture: String,
    /// The set it begins with.
    pub variant: Variant,
    /// Whether recommended packages are taken too.
    pub recommends: bool,
    /// What it asks for, sets taken apart, in the order of the merged list.
    pub entries: Vec<Entry>,
    /// What it gets besides packages; files of the project are named and not yet read.
    pub settings: Settings,
    /// How it boots and what its disk looks like; files of the project are likewise not yet read.
    pub layout: Layout,
    /// All values, merged, each with its place; packages as they were written.
    pub values: Table,
}

/// Why something cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// The project has no such image.
    #[error("the project has no image `{name}`")]
    UnknownImage {
        /// The name.
        name: String,
        /// The images it has.
        known: Vec<String>,
    },
    /// The image is only there to be extended.
    #[error("the image `{0}` is abstract: it is only there to be extended")]
    Abstract(String),
    /// The image is not made for this suite or architecture.
    #[error("the image `{image}` is not made for {place}")]
    NotMadeFor {
        /// The image.
        image: String,
        /// The suite or architecture.
        place: String,
        /// What it is made for.
        known: Vec<String>,
    },
    /// The options cannot be chosen so.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// The files contradict themselves.
    #[error(transparent)]
    File(Box<FileError>),
}

impl ComposeError {
    /// What to try, if there is something to say.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            ComposeError::UnknownImage { name, known } => {
                let near = nearest(name, known.iter().map(String::as_str), 1);
                Some(match near.first() {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("there is {}", known.join(", ")),
                })
            }
            ComposeError::Abstract(_) => Some("build an image that extends it".to_owned()),
            ComposeError::NotMadeFor { known, .. } => {
                Some(format!("it is made for {}", known.join(", ")))
            }
            ComposeError::Choice(error) => error.hint(),
            ComposeError::File(error) => error.hint.clone(),
        }
    }

    /// The same error in a file, at the place that asks for it.
    pub(super) fn in_file(self, spot: Option<&Spot>, source: Source<'_>) -> FileError {
        match self {
            ComposeError::File(error) => *error,
            ComposeError::Choice(error) => match spot {
                Some(spot) => error.at(spot),
                None => error.at(&source.spot(&(0..0))),
            },
            other => source.error(&(0..0), other.to_string()),
        }
    }
}

impl From<FileError> for ComposeError {
    fn from(error: FileError) -> Self {
        ComposeError::File(Box::new(error))
    }
}

impl Composition {
    /// The image with its options, as in `gateway+debug`.
    #[must_use]
    pub fn name(&self) -> String {
        name(&self.image, &self.options)
    }
}

/// An image with options, as in `gateway+debug`.
#[must_use]
pub fn name(image: &str, options: &[String]) -> String {
    let mut name = image.to_owned();
    for option in options {
        name.push('+');
        name.push_str(option);
    }
    name
}

impl Project {
    /// The image of this name, which must be there.
    pub fn image(&self, name: &str) -> Result<&Image, ComposeError> {
        self.images
            .get(name)
            .ok_or_else(|| ComposeError::UnknownImage {
                name: name.to_owned(),
                known: self.images.keys().cloned().collect(),
            })
    }

    /// Composes an image with options for one of its suites and architectures.
    pub fn compose(
        &self,
        image: &str,
        with: &[String],
        suite: &str,
        architecture: &str,
    ) -> Result<Composition, ComposeError> {
        let image = self.image(image)?;
        for (place, known) in [(suite, &image.suites), (architecture, &image.architectures)] {
            if !known.iter().any(|own| own == place) {
                return Err(ComposeError::NotMadeFor {
                    image: image.name.clone(),
                    place: place.to_owned(),
                    known: known.clone(),
                });
            }
        }
        let build = Build {
            with: with.to_vec(),
            suite: suite.to_owned(),
            architecture: architecture.to_owned(),
            spot: None,
        };
        self.sets.compose(image, &build)
    }
}

impl Sets {
    /// Composes an image.
    pub(super) fn compose(
        &self,
        image: &Image,
        build: &Build,
    ) -> Result<Composition, ComposeError> {
        let chosen = image
            .options
            .choose(&build.with, &build.suite, &build.architecture)?;
        check_clashes(&image.options, &chosen)?;
        let mut values = Table::new();
        let mut packages = Walk::new(self);
        let mut add = |table: &Table, fields| -> Result<(), FileError> {
            merge(&mut values, table, fields)?;
            let list = table.get("packages");
            packages.extend(list.map_or(&[][..], |entry| entry.node.items()))
        };
        for table in &image.tables {
            add(table, IMAGE_FIELDS)?;
        }
        for name in &chosen.on {
            for table in &image.options.get(name)?.tables {
                add(&without_limits(table), OPTION_FIELDS)?;
            }
        }
        let node = |key: &str| values.get(key).map(|entry| &entry.node);
        let variant = node("variant").map(images::variant).transpose()?;
        let recommends = node("recommends").and_then(Node::boolean);
        Ok(Composition {
            image: image.name.clone(),
            options: chosen.extra,
            on: chosen.on,
            closure_options: chosen.closure,
            suite: build.suite.clone(),
            architecture: build.architecture.clone(),
            variant: variant.unwrap_or_default(),
            recommends: recommends.unwrap_or(false),
            entries: packages.entries(),
            settings: Settings::read(&values)?,
            layout: Layout::read(&values, &build.suite)?,
            values,
        })
    }
}

/// An option's table without what only limits it.
pub(super) fn without_limits(table: &Table) -> Table {
    let mut table = table.clone();
    for key in ["suites", "architectures", "requires", "excludes"] {
        table.remove(key);
    }
    table
}

/// Two options that are on must not contradict each other, unless one brings the other: then it
/// has the last word.
fn check_clashes(options: &Options, chosen: &Chosen) -> Result<(), ComposeError> {
    for (number, first) in chosen.on.iter().enumerate() {
        for second in chosen.on.iter().skip(number + 1) {
            if options.requires(second, first) || options.requires(first, second) {
                continue;
            }
            let (left, right) = (options.get(first)?, options.get(second)?);
            let found = left
                .tables
                .iter()
                .find_map(|left| right.tables.iter().find_map(|right| clash(left, right)));
            if let Some(clash) = found {
                let message = format!(
                    "the options `{first}` and `{second}` contradict each other in `{}`: {} and {}",
                    clash.key, clash.first, clash.second
                );
                let error = FileError {
                    spot: clash.second,
                    message,
                    hint: Some(format!(
                        "let one exclude the other (excludes = [\"{first}\"]) or require it, which then gives it the last word"
                    )),
                };
                return Err(error.into());
            }
        }
    }
    Ok(())
}
