//! From images as written to images as meant: defaults of the project, named sets taken apart.

use super::convert::{checked, checked_list, debian_suites};
use super::written;
use super::{Entry, Image, Repository, Variant};
use crate::keys::Text;
use crate::name::{self, Kind};
use crate::nearest::nearest;
use crate::source::{FileError, Source, Spot};
use crate::wish::{Restriction, Wish};

/// What an image may leave out, and the sets it may name.
pub(super) struct Defaults<'a> {
    pub(super) source: Source<'a>,
    pub(super) written: &'a written::Project,
    pub(super) repositories: &'a [Repository],
}

/// A list of packages on its way from text to entries.
struct Walk<'a> {
    /// The sets we are inside of, outermost first.
    inside: Vec<&'a str>,
    entries: Vec<Entry>,
}

impl Defaults<'_> {
    /// One image.
    pub(super) fn image(
        &self,
        name: &str,
        source: Source<'_>,
        written: &written::Image,
    ) -> Result<Image, FileError> {
        if !name::is_valid(Kind::Image, name) {
            let message = format!("`{name}` cannot be the name of an image");
            return Err(source.error(&(0..0), message).hint(Kind::Image.alphabet()));
        }
        let mut walk = Walk {
            inside: Vec::new(),
            entries: Vec::new(),
        };
        self.expand(
            source,
            written.packages.as_deref().unwrap_or_default(),
            &mut walk,
        )?;
        let suites = self.list(source, Kind::Suite, written.suites.as_deref())?;
        self.check_suites(&suites)?;
        let architectures =
            self.list(source, Kind::Architecture, written.architectures.as_deref())?;
        let variant = match &written.variant {
            Some(text) => variant(source, text)?,
            None => Variant::default(),
        };
        Ok(Image {
            name: name.to_owned(),
            suites: suites.into_iter().map(|(name, _)| name).collect(),
            architectures: architectures.into_iter().map(|(name, _)| name).collect(),
            variant,
            recommends: written.recommends.unwrap_or(false),
            entries: walk.entries,
        })
    }

    /// The suites or architectures of an image, its own or the project's, with their places.
    fn list(
        &self,
        source: Source<'_>,
        kind: Kind,
        own: Option<&[Text]>,
    ) -> Result<Vec<(String, Spot)>, FileError> {
        let (key, example, default) = match kind {
            Kind::Suite => ("suites", "bookworm", self.written.suites.as_deref()),
            _ => (
                "architectures",
                "amd64",
                self.written.architectures.as_deref(),
            ),
        };
        let (source, list) = match own {
            Some(list) => (source, list),
            None => (self.source, default.unwrap_or_default()),
        };
        if list.is_empty() {
            let message = format!("neither the image nor [project] has `{key}`");
            return Err(source
                .error(&(0..0), message)
                .hint(format!("{key} = [\"{example}\"]")));
        }
        let names = checked_list(source, kind, list)?;
        Ok(names
            .into_iter()
            .zip(list.iter().map(|text| source.spot(&text.span())))
            .collect())
    }

    /// Every suite of an image must be served by some repository.
    fn check_suites(&self, suites: &[(String, Spot)]) -> Result<(), FileError> {
        let unserved = suites.iter().find(|(suite, _)| {
            let serves = |repository: &Repository| {
                repository
                    .suites
                    .iter()
                    .any(|own| repository.serves(suite, own))
            };
            !self.repositories.iter().any(serves)
        });
        let Some((suite, spot)) = unserved else {
            return Ok(());
        };
        let error = FileError {
            spot: spot.clone(),
            message: format!("no repository of the project serves the suite `{suite}`"),
            hint: None,
        };
        let known = debian_suites(self.repositories);
        Err(match nearest(suite, known, 1).first() {
            Some(known) => error.hint(format!("did you mean `{known}`?")),
            None => error.hint(format!("add a repository with suite = \"{suite}\"")),
        })
    }

    /// Adds a list of packages, taking named sets apart.
    fn expand<'s>(
        &'s self,
        source: Source<'_>,
        list: &[Text],
        walk: &mut Walk<'s>,
    ) -> Result<(), FileError> {
        for text in list {
            match text.get_ref().strip_prefix('@') {
                Some(set) => self.expand_set(source, set.trim(), text, walk)?,
                None => add(source, text, &mut walk.entries)?,
            }
        }
        Ok(())
    }

    fn expand_set<'s>(
        &'s self,
        source: Source<'_>,
        set: &str,
        text: &Text,
        walk: &mut Walk<'s>,
    ) -> Result<(), FileError> {
        let found = self
            .written
            .sets
            .iter()
            .find(|(name, _)| name.get_ref() == set);
        let Some((name, packages)) = found else {
            let error = source.error(&text.span(), format!("unknown set `@{set}`"));
            let known = self
                .written
                .sets
                .iter()
                .map(|(name, _)| name.get_ref().as_str());
            let near = nearest(set, known, 1);
            return Err(match near.first() {
                Some(known) => error.hint(format!("did you mean `@{known}`?")),
                None => error.hint(format!("write [sets.{set}] into formwork.toml")),
            });
        };
        if walk.inside.contains(&set) {
            let chain = walk.inside.join(" → @");
            let message = format!("the set `@{set}` contains itself (@{chain} → @{set})");
            return Err(source.error(&text.span(), message));
        }
        walk.inside.push(name.get_ref());
        self.expand(self.source, packages, walk)?;
        walk.inside.pop();
        Ok(())
    }

    /// Reads sets that no image uses too, so that their faults do not lie in wait.
    pub(super) fn check_sets(&self) -> Result<(), FileError> {
        for (name, packages) in &self.written.sets {
            checked(self.source, Kind::Set, name)?;
            let mut walk = Walk {
                inside: vec![name.get_ref()],
                entries: Vec::new(),
            };
            self.expand(self.source, packages, &mut walk)?;
        }
        Ok(())
    }
}

/// Adds one package to a list; the same wish in two sets is kept once.
fn add(source: Source<'_>, text: &Text, entries: &mut Vec<Entry>) -> Result<(), FileError> {
    let error = |reason: crate::wish::WishError| {
        let hint = "a package is written NAME, NAME=VERSION, NAME/SUITE or NAME [amd64 arm64]";
        source.error(&text.span(), reason.to_string()).hint(hint)
    };
    let (front, restriction) = Restriction::split(text.get_ref()).map_err(error)?;
    let wish = Wish::parse(front).map_err(error)?;
    let known = entries
        .iter()
        .any(|entry| entry.wish == wish && entry.restriction == restriction);
    if !known {
        entries.push(Entry {
            wish,
            restriction,
            spot: source.spot(&text.span()),
        });
    }
    Ok(())
}

/// A variant by its name.
fn variant(source: Source<'_>, text: &Text) -> Result<Variant, FileError> {
    Variant::named(text.get_ref()).ok_or_else(|| {
        let error = source.error(
            &text.span(),
            format!("unknown variant `{}`", text.get_ref()),
        );
        let names = Variant::ALL.map(Variant::as_str);
        match nearest(text.get_ref(), names, 1).first() {
            Some(known) => error.hint(format!("did you mean `{known}`?")),
            None => error.hint(format!("one of {}", names.join(", "))),
        }
    })
}
