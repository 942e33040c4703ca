//! A project as written: the keys of `formwork.toml` with their places.
//!
//! Nothing is judged here but the types of the values and the spelling of the keys.

use toml::Spanned;

use crate::keys::{Keys, Text, parse};
use crate::policy::{self, Policy};
use crate::review::Rules;
use crate::source::{FileError, Source};

/// `formwork.toml`.
#[derive(Debug)]
pub struct Project {
    pub(crate) name: Option<Text>,
    pub(crate) mirror: Option<Text>,
    pub(crate) snapshot: Option<Text>,
    pub(crate) suites: Option<Vec<Text>>,
    pub(crate) architectures: Option<Vec<Text>>,
    pub(crate) repositories: Vec<(Text, Repository)>,
    pub(crate) sets: Vec<(Text, Vec<Text>)>,
    pub(crate) policy: Policy,
    pub(crate) review: Rules,
}

/// A table `[repositories.NAME]`.
#[derive(Debug)]
pub struct Repository {
    pub(crate) suite: Option<Text>,
    pub(crate) suites: Option<Vec<Text>>,
    pub(crate) components: Option<Vec<Text>>,
    pub(crate) architectures: Option<Vec<Text>>,
    pub(crate) serves: Option<Vec<Text>>,
    pub(crate) archive: Option<Text>,
    pub(crate) url: Option<Text>,
    pub(crate) path: Option<Text>,
    pub(crate) keyrings: Option<Vec<Text>>,
    pub(crate) priority: Option<Spanned<i64>>,
    pub(crate) at: Option<Text>,
    pub(crate) snapshot: Option<Text>,
    pub(crate) allow_expired: Option<AllowExpired>,
}

/// The value of `allow_expired`.
#[derive(Debug)]
pub struct AllowExpired {
    pub(crate) until: Text,
    pub(crate) reason: Text,
}

impl Project {
    /// Reads the text of `formwork.toml`.
    pub fn read(source: Source<'_>) -> Result<Project, FileError> {
        let tree = parse(source)?;
        let mut root = Keys::root(source, "formwork.toml", &tree);
        let mut written = Project {
            name: None,
            mirror: None,
            snapshot: None,
            suites: None,
            architectures: None,
            repositories: Vec::new(),
            sets: Vec::new(),
            policy: Policy::default(),
            review: Rules::default(),
        };
        if let Some(mut keys) = root.table("project", "[project]")? {
            written.name = keys.string("name")?;
            written.suites = keys.strings("suites")?;
            written.architectures = keys.strings("architectures")?;
            written.mirror = keys.string("mirror")?;
            written.snapshot = keys.string("snapshot")?;
            keys.finish()?;
        }
        if let Some(keys) = root.table("repositories", "[repositories]")? {
            for (name, value) in keys.entries() {
                let repository = Repository::read(Keys::of(source, "a repository", value)?)?;
                written.repositories.push((name, repository));
            }
        }
        if let Some(keys) = root.table("sets", "[sets]")? {
            for (name, value) in keys.entries() {
                let mut set = Keys::of(source, "a set", value)?;
                let packages = set.strings("packages")?;
                set.finish()?;
                let packages = packages.ok_or_else(|| set.missing("packages"))?;
                written.sets.push((name, packages));
            }
        }
        if let Some(keys) = root.table("policy", "[policy]")? {
            written.policy = policy::read(source, keys)?;
        }
        if let Some(keys) = root.table("review", "[review]")? {
            written.review = Rules::read(source, keys)?;
        }
        root.finish()?;
        Ok(written)
    }
}

impl Repository {
    fn read(mut keys: Keys<'_>) -> Result<Repository, FileError> {
        let repository = Repository {
            suite: keys.string("suite")?,
            suites: keys.strings("suites")?,
            components: keys.strings("components")?,
            architectures: keys.strings("architectures")?,
            serves: keys.strings("serves")?,
            archive: keys.string("archive")?,
            url: keys.string("url")?,
            path: keys.string("path")?,
            keyrings: keys.strings("keyrings")?,
            priority: keys.integer("priority")?,
            at: keys.string("at")?,
            snapshot: keys.string("snapshot")?,
            allow_expired: keys
                .table("allow_expired", "allow_expired")?
                .map(AllowExpired::read)
                .transpose()?,
        };
        keys.finish()?;
        Ok(repository)
    }
}

impl AllowExpired {
    fn read(mut keys: Keys<'_>) -> Result<AllowExpired, FileError> {
        let until = keys.string("until")?;
        let reason = keys.string("reason")?;
        keys.finish()?;
        let missing = |key| {
            keys.missing(key)
                .hint("{ until = \"2026-12-31\", reason = \"…\" }")
        };
        let until = until.ok_or_else(|| missing("until"))?;
        let reason = reason.ok_or_else(|| missing("reason"))?;
        Ok(AllowExpired { until, reason })
    }
}
