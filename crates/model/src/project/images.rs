//! From images as written to images as meant: bases and options merged, defaults of the project
//! filled in, named sets taken apart.

use std::collections::BTreeMap;

use super::compose::{Build, Composition, without_limits};
use super::convert::{checked, checked_list, debian_suites, names_of};
use super::layers::{self, Files};
use super::merge::merge;
use super::node::{Node, Table};
use super::options::Options;
use super::packages::{Sets, Walk};
use super::shape::{IMAGE_FIELDS, OPTION_FIELDS};
use super::written;
use super::{Image, Repository, Variant, profiles};
use crate::keys::Text;
use crate::name::Kind;
use crate::nearest::nearest;
use crate::source::{FileError, Source, Spot};

/// What an image may leave out, and the sets it may name.
pub(super) struct Defaults<'a> {
    pub(super) source: Source<'a>,
    pub(super) written: &'a written::Project,
    pub(super) repositories: &'a [Repository],
    pub(super) sets: Sets,
}

/// The named sets of a project with the places of their entries.
pub(super) fn sets(source: Source<'_>, written: &written::Project) -> Sets {
    let entries = |list: &[Text]| {
        list.iter()
            .map(|text| (text.get_ref().clone(), source.spot(&text.span())))
            .collect()
    };
    Sets(
        written
            .sets
            .iter()
            .map(|(name, packages)| (name.get_ref().clone(), entries(packages)))
            .collect(),
    )
}

impl Defaults<'_> {
    /// All images, each with every build of it tried once.
    pub(super) fn images(
        &self,
        images: &[(&str, Source<'_>)],
    ) -> Result<BTreeMap<String, Image>, FileError> {
        let files = Files::read(images)?;
        let mut meant = BTreeMap::new();
        for (name, source) in images {
            let image = self.image(name, *source, &files.chain(name)?)?;
            meant.insert((*name).to_owned(), image);
        }
        Ok(meant)
    }

    /// One image.
    fn image(&self, name: &str, source: Source<'_>, tables: &[&Table]) -> Result<Image, FileError> {
        let mut options = layers::options(name, tables)?;
        let mut body = Table::new();
        for table in tables {
            merge(&mut body, table, IMAGE_FIELDS)?;
        }
        let node = |key: &str| body.get(key).map(|entry| &entry.node);
        let defaults = node("with").map_or(&[][..], Node::items);
        options.check(defaults)?;
        options.defaults = defaults
            .iter()
            .filter_map(Node::text)
            .map(str::to_owned)
            .collect();
        let own = tables.last();
        let truth = |key: &str| own.and_then(|table| table.get(key)?.node.boolean());
        let text = |key: &str| own.and_then(|table| table.get(key)?.node.text());
        let suites = self.list(source, Kind::Suite, node("suites"))?;
        self.check_suites(&suites)?;
        let architectures = self.list(source, Kind::Architecture, node("architectures"))?;
        let image = Image {
            name: name.to_owned(),
            description: text("description").map(str::to_owned),
            suites: suites.into_iter().map(|(name, _)| name).collect(),
            architectures: architectures.into_iter().map(|(name, _)| name).collect(),
            is_abstract: truth("abstract").unwrap_or(false),
            combinations: combinations(&options, node("combinations"))?,
            options,
            tables: tables.iter().map(|table| (*table).clone()).collect(),
        };
        for build in image.all_builds() {
            let spot = build.spot.as_ref();
            let composed = self.sets.compose(&image, &build);
            composed.map_err(|error| error.in_file(spot, source))?;
        }
        // An option whose every build is elsewhere is read alone, so that its faults are found.
        for option in &image.options.all {
            let mut alone = body.clone();
            for table in &option.tables {
                merge(&mut alone, &without_limits(table), OPTION_FIELDS)?;
                let suites = table
                    .get("suites")
                    .map_or(&[][..], |entry| entry.node.items());
                let text = |node: &Node| node.text().unwrap_or_default().to_owned();
                // A profile speaks of suites that the project need not have.
                let suites: Vec<(String, Spot)> = suites
                    .iter()
                    .filter(|node| !profiles::has(&node.spot.file))
                    .map(|node| (text(node), node.spot.clone()))
                    .collect();
                self.check_suites(&suites)?;
            }
        }
        Ok(image)
    }

    /// The suites or architectures of an image, its own or the project's, with their places.
    fn list(
        &self,
        source: Source<'_>,
        kind: Kind,
        own: Option<&Node>,
    ) -> Result<Vec<(String, Spot)>, FileError> {
        let (key, example, default) = match kind {
            Kind::Suite => ("suites", "bookworm", self.written.suites.as_deref()),
            _ => (
                "architectures",
                "amd64",
                self.written.architectures.as_deref(),
            ),
        };
        let found: Vec<(String, Spot)> = match own {
            Some(list) => {
                let names = names_of(kind, list.items())?;
                let spots = list.items().iter().map(|item| item.spot.clone());
                names.into_iter().zip(spots).collect()
            }
            None => {
                let list = default.unwrap_or_default();
                let names = checked_list(self.source, kind, list)?;
                let spots = list.iter().map(|text| self.source.spot(&text.span()));
                names.into_iter().zip(spots).collect()
            }
        };
        if found.is_empty() {
            let message = format!("neither the image nor [project] has `{key}`");
            return Err(source
                .error(&(0..0), message)
                .hint(format!("{key} = [\"{example}\"]")));
        }
        Ok(found)
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

    /// Reads sets that no image uses too, so that their faults do not lie in wait.
    pub(super) fn check_sets(&self) -> Result<(), FileError> {
        for (name, _) in &self.written.sets {
            checked(self.source, Kind::Set, name)?;
            let mut walk = Walk::new(&self.sets);
            walk.expand_alone(name.get_ref())?;
        }
        Ok(())
    }
}

/// The combinations of options that are locked besides each option alone.
fn combinations(
    options: &Options,
    node: Option<&Node>,
) -> Result<Vec<(Vec<String>, Spot)>, FileError> {
    let mut all = Vec::new();
    for list in node.map_or(&[][..], Node::items) {
        for item in list.items() {
            let name = item.text().unwrap_or_default();
            options.get(name).map_err(|error| error.at(&item.spot))?;
        }
        let names = names_of(Kind::Option, list.items())?;
        all.push((names, list.spot.clone()));
    }
    Ok(all)
}

impl Image {
    /// Everything that may be built of this image by name: it as it is, with each option, and
    /// with each combination, for each suite and architecture.
    pub(super) fn all_builds(&self) -> Vec<Build> {
        let mut builds = Vec::new();
        for suite in &self.suites {
            for architecture in &self.architectures {
                builds.extend(self.builds_for(suite, architecture));
            }
        }
        builds
    }

    /// The builds for one suite and architecture, each once; options that are off are left out.
    fn builds_for(&self, suite: &str, architecture: &str) -> Vec<Build> {
        let plain = (Vec::new(), None);
        let each = self.options.all.iter().map(|option| {
            let spot = Some(option.spot.clone());
            (vec![option.name.clone()], spot)
        });
        let combined = self.combinations.iter().map(|(names, spot)| {
            let spot = Some(spot.clone());
            (names.clone(), spot)
        });
        let mut builds: Vec<Build> = Vec::new();
        let mut seen = Vec::new();
        for (with, spot) in std::iter::once(plain).chain(each).chain(combined) {
            let fits = |name: &String| self.options.is_for(name, suite, architecture);
            if !with.iter().all(fits) {
                continue;
            }
            let chosen = self.options.choose(&with, suite, architecture);
            // What cannot be chosen is kept, so that composing it says why.
            if let Ok(chosen) = chosen {
                if seen.contains(&chosen.extra) {
                    continue;
                }
                seen.push(chosen.extra);
            }
            builds.push(Build {
                with,
                suite: suite.to_owned(),
                architecture: architecture.to_owned(),
                spot,
            });
        }
        builds
    }

    /// The options, sorted by name.
    #[must_use]
    pub fn options(&self) -> &[super::ImageOption] {
        &self.options.all
    }

    /// The options that are on by default, as written.
    #[must_use]
    pub fn default_options(&self) -> &[String] {
        &self.options.defaults
    }
}

impl super::Project {
    /// Everything that may be built and is locked, sorted by image; an image as it is comes first.
    #[must_use]
    pub fn builds(&self) -> Vec<Composition> {
        let mut builds = Vec::new();
        for image in self.images.values().filter(|image| !image.is_abstract) {
            let composed = image
                .all_builds()
                .into_iter()
                // Reading the project composed every one of them, so none fails here.
                .filter_map(|build| self.sets.compose(image, &build).ok());
            builds.extend(composed);
        }
        builds
    }
}

/// A variant by its name.
pub(super) fn variant(node: &Node) -> Result<Variant, FileError> {
    let text = node.text().unwrap_or_default();
    Variant::named(text).ok_or_else(|| {
        let error = node.error(format!("unknown variant `{text}`"));
        let names = Variant::ALL.map(Variant::as_str);
        match nearest(text, names, 1).first() {
            Some(known) => error.hint(format!("did you mean `{known}`?")),
            None => error.hint(format!("one of {}", names.join(", "))),
        }
    })
}
