//! The options of an image: which there are, and which are on together.
//!
//! - An option brings those that it `requires`.
//! - Two that exclude each other cannot both be on; one that is on by default gives way to one
//!   that was asked for.
//! - `suites` and `architectures` limit an option; where it is off, one that is on by default
//!   is quietly left out, and one that was asked for is an error.

use std::collections::BTreeSet;

use super::beside::KEYS as BESIDE;
use super::node::{Node, Table};
use super::shape::CLOSURE;
use crate::nearest::nearest;
use crate::source::{FileError, Spot};

/// An option of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageOption {
    /// Its name.
    pub name: String,
    /// What it is for, if somebody wrote it down.
    pub description: Option<String>,
    /// Options that it brings.
    pub requires: Vec<(String, Spot)>,
    /// Options that it cannot be with.
    pub excludes: Vec<(String, Spot)>,
    /// The suites it is limited to; empty: those of the image.
    pub suites: Vec<String>,
    /// The architectures it is limited to; empty: those of the image.
    pub architectures: Vec<String>,
    /// Where it is declared first.
    pub spot: Spot,
    /// What it adds, from base to derived.
    pub(super) tables: Vec<Table>,
}

impl ImageOption {
    /// An option that nobody has said anything of.
    pub(super) fn new(name: &str, spot: &Spot) -> ImageOption {
        ImageOption {
            name: name.to_owned(),
            description: None,
            requires: Vec::new(),
            excludes: Vec::new(),
            suites: Vec::new(),
            architectures: Vec::new(),
            spot: spot.clone(),
            tables: Vec::new(),
        }
    }

    /// Whether it changes the packages of an image or those beside it, and so needs a closure of
    /// its own.
    #[must_use]
    pub fn decides(&self) -> bool {
        let mut keys = CLOSURE.iter().map(|(key, _)| *key).chain(BESIDE);
        keys.any(|key| self.tables.iter().any(|table| table.contains_key(key)))
    }
}

/// Why options cannot be chosen so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// The image has no such option.
    #[error("the image `{image}` has no option `{name}`")]
    Unknown {
        /// The image.
        image: String,
        /// The name.
        name: String,
        /// The options it has.
        known: Vec<String>,
    },
    /// The option is off for this suite or architecture.
    #[error("the option `{name}` is off for {place}: {spot} limits it to {limits}")]
    Off {
        /// The option.
        name: String,
        /// The suite or architecture.
        place: String,
        /// Where the option that is limited is declared.
        spot: Box<Spot>,
        /// What it is limited to.
        limits: String,
    },
    /// Two options exclude each other.
    #[error("the options `{first}` and `{second}` exclude each other ({spot})")]
    Excluded {
        /// The one that excludes.
        first: String,
        /// The one that is excluded.
        second: String,
        /// Where that is written.
        spot: Box<Spot>,
    },
}

impl ChoiceError {
    /// What to try, if there is something to say.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            ChoiceError::Unknown { name, known, .. } => Some(offered(name, known)),
            ChoiceError::Off { .. } => None,
            ChoiceError::Excluded { .. } => Some("choose one of the two".to_owned()),
        }
    }

    /// The same error at the place in a file that asks for the option.
    pub(super) fn at(&self, spot: &Spot) -> FileError {
        FileError {
            spot: spot.clone(),
            message: self.to_string(),
            hint: self.hint(),
        }
    }
}

/// The option that may have been meant, or all there are.
fn offered(name: &str, known: &[String]) -> String {
    match nearest(name, known.iter().map(String::as_str), 1).first() {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => format!("declare it: [options.{name}]"),
        None => format!("there is {}", known.join(", ")),
    }
}

/// The options of one image, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    /// The image's name.
    pub(super) image: String,
    /// All options, sorted by name.
    pub(super) all: Vec<ImageOption>,
    /// Those that are on unless something speaks against them, as written.
    pub(super) defaults: Vec<String>,
}

/// What is on for one build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Chosen {
    /// All options that are on, each after those it requires.
    pub(super) on: Vec<String>,
    /// Those that the default does not have and that no other one brings, sorted: the name.
    pub(super) extra: Vec<String>,
    /// The same for those that decide about packages: the name of the closure.
    pub(super) closure: Vec<String>,
}

impl Options {
    /// The option of this name.
    pub(super) fn get(&self, name: &str) -> Result<&ImageOption, ChoiceError> {
        let found = self.all.iter().find(|option| option.name == name);
        found.ok_or_else(|| ChoiceError::Unknown {
            image: self.image.clone(),
            name: name.to_owned(),
            known: self.all.iter().map(|option| option.name.clone()).collect(),
        })
    }

    /// Every name that an option or the image mentions must be one, and no option may bring itself.
    pub(super) fn check(&self, defaults: &[Node]) -> Result<(), FileError> {
        for option in &self.all {
            for (name, spot) in option.requires.iter().chain(&option.excludes) {
                self.get(name).map_err(|error| error.at(spot))?;
            }
            let spot = option
                .requires
                .first()
                .map_or(&option.spot, |(_, spot)| spot);
            let needs =
                |other: &(String, Spot)| self.brings(&other.0).contains(option.name.as_str());
            if option.requires.iter().any(needs) {
                return Err(FileError {
                    spot: spot.clone(),
                    message: format!("the option `{}` requires itself", option.name),
                    hint: Some("take one of the requirements out".to_owned()),
                });
            }
        }
        for node in defaults {
            let name = node.text().unwrap_or_default();
            self.get(name).map_err(|error| error.at(&node.spot))?;
        }
        Ok(())
    }

    /// An option and all that it brings.
    fn brings<'a>(&'a self, name: &'a str) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        let mut open = vec![name];
        while let Some(name) = open.pop() {
            if let Ok(option) = self.get(name)
                && found.insert(option.name.as_str())
            {
                open.extend(option.requires.iter().map(|(name, _)| name.as_str()));
            }
        }
        found
    }

    /// Whether one option brings another.
    pub(super) fn requires(&self, first: &str, second: &str) -> bool {
        first != second && self.brings(first).contains(second)
    }

    /// Why an option is off for a suite and architecture, if it is.
    fn off(&self, name: &str, suite: &str, architecture: &str) -> Option<ChoiceError> {
        self.brings(name).into_iter().find_map(|each| {
            let option = self.get(each).ok()?;
            let places = [
                (suite, &option.suites),
                (architecture, &option.architectures),
            ];
            let (place, limits) = places.into_iter().find(|(place, limits)| {
                !limits.is_empty() && !limits.iter().any(|limit| limit == place)
            })?;
            Some(ChoiceError::Off {
                name: name.to_owned(),
                place: place.to_owned(),
                spot: Box::new(option.spot.clone()),
                limits: limits.join(", "),
            })
        })
    }

    /// Whether an option may be on for a suite and architecture.
    pub(super) fn is_for(&self, name: &str, suite: &str, architecture: &str) -> bool {
        self.off(name, suite, architecture).is_none()
    }

    /// Switches options on, besides those that are on by default.
    pub(super) fn choose(
        &self,
        asked: &[String],
        suite: &str,
        architecture: &str,
    ) -> Result<Chosen, ChoiceError> {
        let mut on = BTreeSet::new();
        for name in asked {
            self.get(name)?;
            if let Some(off) = self.off(name, suite, architecture) {
                return Err(off);
            }
            on.extend(self.brings(name));
        }
        self.check_excluded(&on)?;
        let mut usual = BTreeSet::new();
        for name in &self.defaults {
            if self.is_for(name, suite, architecture) {
                usual.extend(self.brings(name));
            }
        }
        self.check_excluded(&usual)?;
        for name in &self.defaults {
            let with = self.brings(name);
            let fits = with
                .iter()
                .all(|own| on.iter().all(|other| self.exclusion(own, other).is_none()));
            if fits && self.is_for(name, suite, architecture) {
                on.extend(with);
            }
        }
        Ok(self.named(&on, &usual))
    }

    /// The names of a choice.
    fn named(&self, on: &BTreeSet<&str>, usual: &BTreeSet<&str>) -> Chosen {
        let more: Vec<&str> = on.difference(usual).copied().collect();
        let decides = |name: &str| self.get(name).is_ok_and(ImageOption::decides);
        let gone = usual.difference(on).any(|name| decides(name));
        let deciding: Vec<&str> = more
            .iter()
            .copied()
            .filter(|name| gone || decides(name))
            .collect();
        let mut ordered: Vec<&str> = Vec::new();
        while ordered.len() < on.len() {
            let next = on.iter().find(|name| {
                !ordered.contains(name)
                    && on
                        .iter()
                        .all(|other| !self.requires(name, other) || ordered.contains(other))
            });
            // Requirements have no cycles: `check` refuses them.
            let Some(next) = next else { break };
            ordered.push(next);
        }
        Chosen {
            on: ordered.into_iter().map(str::to_owned).collect(),
            extra: self.short(&more),
            closure: self.short(&deciding),
        }
    }

    /// Names without those that another one brings, sorted.
    fn short(&self, names: &[&str]) -> Vec<String> {
        let brought = |name: &str| names.iter().any(|other| self.requires(other, name));
        let mut short: Vec<String> = names
            .iter()
            .filter(|name| !brought(name))
            .map(|name| (*name).to_owned())
            .collect();
        short.sort();
        short
    }

    /// Two options of a set must not exclude each other.
    fn check_excluded(&self, on: &BTreeSet<&str>) -> Result<(), ChoiceError> {
        for first in on {
            for second in on {
                if let Some(spot) = self.exclusion(first, second) {
                    return Err(ChoiceError::Excluded {
                        first: (*first).to_owned(),
                        second: (*second).to_owned(),
                        spot: Box::new(spot.clone()),
                    });
                }
            }
        }
        Ok(())
    }

    /// Where one of two options excludes the other.
    fn exclusion(&self, first: &str, second: &str) -> Option<&Spot> {
        let says = |one: &str, other: &str| {
            let found = self.all.iter().find(|option| option.name == one)?;
            let excluded = found.excludes.iter().find(|(name, _)| name == other)?;
            Some(&excluded.1)
        };
        says(first, second).or_else(|| says(second, first))
    }
}
