//! The packages of an image: wishes and sets in a list that bases and options continue.
//!
//! `"-NAME"` takes every inherited wish for the package away, `"-@SET"` what came by the set.

use super::Entry;
use super::merge::offer;
use super::node::{Node, at};
use crate::nearest::nearest;
use crate::source::{FileError, Spot};
use crate::wish::{Restriction, Wish};

/// The named sets of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sets(pub(super) Vec<(String, Vec<(String, Spot)>)>);

/// One entry of the list and the sets by which it came, outermost first.
struct Listed {
    entry: Entry,
    by: Vec<String>,
}

/// A list of packages on its way from text to entries.
pub(super) struct Walk<'a> {
    sets: &'a Sets,
    /// The sets we are inside of, outermost first.
    inside: Vec<String>,
    listed: Vec<Listed>,
}

impl<'a> Walk<'a> {
    /// An empty list.
    pub(super) fn new(sets: &'a Sets) -> Walk<'a> {
        Walk {
            sets,
            inside: Vec::new(),
            listed: Vec::new(),
        }
    }

    /// Continues the list by what an image or option says.
    pub(super) fn extend(&mut self, list: &[Node]) -> Result<(), FileError> {
        for node in list {
            let text = node.text().unwrap_or_default();
            match text.strip_prefix('-') {
                Some(gone) => self.remove(gone.trim(), &node.spot)?,
                None => self.add(text, &node.spot)?,
            }
        }
        Ok(())
    }

    /// The entries.
    pub(super) fn entries(self) -> Vec<Entry> {
        self.listed.into_iter().map(|listed| listed.entry).collect()
    }

    /// Takes one set apart that nothing may use.
    pub(super) fn expand_alone(&mut self, set: &str) -> Result<(), FileError> {
        let sets = self.sets;
        if let Some((name, packages)) = sets.0.iter().find(|(name, _)| name == set) {
            self.inside.push(name.clone());
            for (text, spot) in packages {
                self.add(text, spot)?;
            }
            self.inside.pop();
        }
        Ok(())
    }

    /// Adds a package or a set.
    fn add(&mut self, text: &str, spot: &Spot) -> Result<(), FileError> {
        match text.strip_prefix('@') {
            Some(set) => self.add_set(set.trim(), spot),
            None => self.add_package(text, spot),
        }
    }

    fn add_set(&mut self, set: &str, spot: &Spot) -> Result<(), FileError> {
        let known = self.sets.0.iter().map(|(name, _)| name);
        if !self.sets.0.iter().any(|(name, _)| name == set) {
            let error = at(spot, format!("unknown set `@{set}`"));
            let near = nearest(set, known.map(String::as_str), 1);
            return Err(match near.first() {
                Some(known) => error.hint(format!("did you mean `@{known}`?")),
                None => error.hint(format!("write [sets.{set}] into formwork.toml")),
            });
        }
        if self.inside.iter().any(|outer| outer == set) {
            let chain = self.inside.join(" → @");
            let message = format!("the set `@{set}` contains itself (@{chain} → @{set})");
            return Err(at(spot, message));
        }
        self.expand_alone(set)
    }

    /// Adds one package; the same wish in two sets is kept once.
    fn add_package(&mut self, text: &str, spot: &Spot) -> Result<(), FileError> {
        let error = |reason: crate::wish::WishError| {
            let hint = "a package is written NAME, NAME=VERSION, NAME/SUITE or NAME [amd64 arm64]";
            at(spot, reason.to_string()).hint(hint)
        };
        let (front, restriction) = Restriction::split(text).map_err(error)?;
        let wish = Wish::parse(front).map_err(error)?;
        let known = self
            .listed
            .iter_mut()
            .find(|listed| listed.entry.wish == wish && listed.entry.restriction == restriction);
        match known {
            // Who is asked for by name, too, stays when the set goes.
            Some(listed) if self.inside.is_empty() => listed.by.clear(),
            Some(_) => {}
            None => self.listed.push(Listed {
                entry: Entry {
                    wish,
                    restriction,
                    spot: spot.clone(),
                },
                by: self.inside.clone(),
            }),
        }
        Ok(())
    }

    /// Takes packages away.
    fn remove(&mut self, gone: &str, spot: &Spot) -> Result<(), FileError> {
        let before = self.listed.len();
        match gone.strip_prefix('@') {
            Some(set) => {
                let set = set.trim();
                self.listed
                    .retain(|listed| !listed.by.iter().any(|by| by == set));
            }
            None => self.listed.retain(|listed| {
                let wish = &listed.entry.wish;
                let full = wish.architecture.as_ref();
                let full = full.map(|architecture| format!("{}:{architecture}", wish.name));
                wish.name != gone && full.as_deref() != Some(gone)
            }),
        }
        if self.listed.len() < before {
            return Ok(());
        }
        let mut known: Vec<String> = Vec::new();
        for listed in &self.listed {
            known.push(listed.entry.wish.name.clone());
            known.extend(listed.by.iter().map(|by| format!("@{by}")));
        }
        let message = format!("no inherited package is `{gone}`, so it cannot be taken away");
        Err(offer(at(spot, message), gone, known.iter(), "-"))
    }
}
