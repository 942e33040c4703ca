//! From a project as written to a project as meant: defaults filled in, names checked.
//! Every complaint points at the words that caused it.

use std::collections::BTreeSet;

use formwork_deb::time::Timestamp;
use toml::Spanned;

use super::base_suite;
use super::images::{self, Defaults};
use super::node::Node;
use super::written;
use super::{AllowExpired, DebianArchive, Place, Project, Repository};
use crate::keys::Text;
use crate::name::{self, Kind};
use crate::source::{FileError, Source};

/// The keyring that Debian's own archives are signed with.
const DEBIAN_KEYRING: &str = "debian-archive";

/// Makes a whole project of what was written.
pub(super) fn project(
    source: Source<'_>,
    written: &written::Project,
    images: &[(&str, Source<'_>)],
) -> Result<Project, FileError> {
    let name = match &written.name {
        Some(name) => checked(source, Kind::Project, name)?,
        None => {
            let error = source.error(&(0..0), "the project has no name");
            return Err(error.hint("write [project] and below it name = \"…\""));
        }
    };
    let mut repositories = Vec::new();
    for (name, table) in &written.repositories {
        repositories.push(repository(source, name, table, written.snapshot.as_ref())?);
    }
    if repositories.is_empty() {
        let error = source.error(&(0..0), "the project has no repository");
        return Err(error.hint("write [repositories.debian] and below it suite = \"bookworm\""));
    }
    repositories.sort_by(|left: &Repository, right| left.name.cmp(&right.name));
    check_served(source, written, &repositories)?;
    let defaults = Defaults {
        source,
        written,
        repositories: &repositories,
        sets: images::sets(source, written),
    };
    let meant = defaults.images(images)?;
    defaults.check_sets()?;
    let sets = defaults.sets;
    let mirror = written
        .mirror
        .as_ref()
        .map(|text| url(source, text))
        .transpose()?;
    Ok(Project {
        name,
        mirror,
        repositories,
        images: meant,
        policy: written.policy.clone(),
        review: written.review.clone(),
        sets,
    })
}

/// A name that must be valid.
pub(super) fn checked(source: Source<'_>, kind: Kind, text: &Text) -> Result<String, FileError> {
    let name = text.get_ref();
    if name::is_valid(kind, name) {
        return Ok(name.clone());
    }
    let error = source.error(
        &text.span(),
        format!("`{name}` cannot be a name of {}", with_article(kind)),
    );
    Err(error.hint(kind.alphabet()))
}

/// A kind with its article.
fn with_article(kind: Kind) -> String {
    let article = if matches!(kind, Kind::Image | Kind::Option | Kind::Architecture) {
        "an"
    } else {
        "a"
    };
    format!("{article} {}", kind.word())
}

/// Names that must be valid, not empty and not repeated.
pub(super) fn checked_list(
    source: Source<'_>,
    kind: Kind,
    list: &[Text],
) -> Result<Vec<String>, FileError> {
    let mut names = Vec::new();
    for text in list {
        let name = checked(source, kind, text)?;
        if names.contains(&name) {
            return Err(source.error(&text.span(), format!("`{name}` stands here twice")));
        }
        names.push(name);
    }
    Ok(names)
}

/// Names in a merged image that must be valid and not repeated.
pub(super) fn names_of(kind: Kind, list: &[Node]) -> Result<Vec<String>, FileError> {
    let mut names = Vec::new();
    for node in list {
        let name = node.text().unwrap_or_default();
        if !name::is_valid(kind, name) {
            let message = format!("`{name}` cannot be a name of {}", with_article(kind));
            return Err(node.error(message).hint(kind.alphabet()));
        }
        if names.iter().any(|known| known == name) {
            return Err(node.error(format!("`{name}` stands here twice")));
        }
        names.push(name.to_owned());
    }
    Ok(names)
}

/// One repository.
fn repository(
    source: Source<'_>,
    name: &Text,
    written: &written::Repository,
    project_snapshot: Option<&Text>,
) -> Result<Repository, FileError> {
    let spot = source.spot(&name.span());
    let name_text = checked(source, Kind::Repository, name)?;
    if let Some(path) = &written.path {
        return directory(source, name, path, written);
    }
    let suites = suites(source, name, written)?;
    let place = place(source, written, &suites)?;
    let components = components(source, name, written, &suites)?;
    let snapshot = match (&written.snapshot, &place) {
        (Some(text), _) => Some(text),
        (
            None,
            Place::Mirror(_)
            | Place::Url {
                archive: Some(_), ..
            },
        ) => project_snapshot,
        (None, _) => None,
    };
    Ok(Repository {
        name: name_text,
        keyrings: keyrings(source, name, written, &place)?,
        place,
        suites: suites.into_iter().map(Spanned::into_inner).collect(),
        components,
        architectures: optional(source, Kind::Architecture, written.architectures.as_deref())?,
        serves: optional(source, Kind::Suite, written.serves.as_deref())?,
        priority: priority(source, written)?,
        at: written
            .at
            .as_ref()
            .map(|text| instant(source, text))
            .transpose()?,
        snapshot: snapshot.map(|text| template(source, text)).transpose()?,
        allow_expired: written
            .allow_expired
            .as_ref()
            .map(|leave| expiry(source, leave))
            .transpose()?,
        spot,
    })
}

/// The components of a repository: main, unless it says otherwise; none if it is flat.
fn components(
    source: Source<'_>,
    name: &Text,
    written: &written::Repository,
    suites: &[Text],
) -> Result<Vec<String>, FileError> {
    let flat = suites.iter().any(|suite| suite.get_ref().ends_with('/'));
    match &written.components {
        Some(list) if flat != list.is_empty() => {
            let message = if flat {
                "a flat repository has no components"
            } else {
                "no component"
            };
            let error = source.error(&name.span(), message);
            Err(error.hint("components = [\"main\"], or none if the suite ends in /"))
        }
        Some(list) => checked_list(source, Kind::Component, list),
        None if flat => Ok(Vec::new()),
        None => Ok(vec!["main".to_owned()]),
    }
}

/// A list of names that may be left out.
fn optional(
    source: Source<'_>,
    kind: Kind,
    list: Option<&[Text]>,
) -> Result<Vec<String>, FileError> {
    list.map_or_else(|| Ok(Vec::new()), |list| checked_list(source, kind, list))
}

/// A plain directory of packages, which has none of the keys of an archive.
fn directory(
    source: Source<'_>,
    name: &Text,
    path: &Text,
    written: &written::Repository,
) -> Result<Repository, FileError> {
    let strings = [
        ("suite", &written.suite),
        ("archive", &written.archive),
        ("url", &written.url),
        ("at", &written.at),
        ("snapshot", &written.snapshot),
    ];
    let lists = [
        ("suites", &written.suites),
        ("components", &written.components),
        ("architectures", &written.architectures),
        ("keyrings", &written.keyrings),
    ];
    let string = strings
        .iter()
        .find(|(_, value)| value.is_some())
        .map(|(key, _)| *key);
    let list = lists
        .iter()
        .find(|(_, value)| value.is_some())
        .map(|(key, _)| *key);
    let leave = written.allow_expired.as_ref().map(|_| "allow_expired");
    if let Some(key) = string.or(list).or(leave) {
        let message = format!(
            "`{}` is a plain directory and has no `{key}`",
            name.get_ref()
        );
        return Err(source
            .error(&path.span(), message)
            .hint("leave out one of the two keys"));
    }
    if path.get_ref().trim().is_empty() {
        return Err(source.error(&path.span(), "the path of a directory is missing"));
    }
    Ok(Repository {
        name: name.get_ref().clone(),
        place: Place::Directory(path.get_ref().clone()),
        suites: Vec::new(),
        components: Vec::new(),
        architectures: Vec::new(),
        serves: optional(source, Kind::Suite, written.serves.as_deref())?,
        keyrings: Vec::new(),
        priority: priority(source, written)?,
        at: None,
        snapshot: None,
        allow_expired: None,
        spot: source.spot(&name.span()),
    })
}

/// The suites of a repository, by either key.
fn suites(
    source: Source<'_>,
    name: &Text,
    written: &written::Repository,
) -> Result<Vec<Text>, FileError> {
    let list = match (&written.suite, &written.suites) {
        (Some(suite), None) => vec![suite.clone()],
        (None, Some(list)) if !list.is_empty() => list.clone(),
        (Some(suite), Some(_)) => {
            let message = "a repository has either `suite` or `suites`, not both";
            return Err(source.error(&suite.span(), message));
        }
        (None, _) => {
            let message = format!("the repository `{}` needs a suite", name.get_ref());
            return Err(source
                .error(&name.span(), message)
                .hint("suite = \"bookworm\""));
        }
    };
    checked_list(source, Kind::Suite, &list)?;
    Ok(list)
}

/// Where a repository is.
fn place(
    source: Source<'_>,
    written: &written::Repository,
    suites: &[Text],
) -> Result<Place, FileError> {
    let named = written
        .archive
        .as_ref()
        .map(|text| archive(source, text))
        .transpose()?;
    if let Some(text) = &written.url {
        return Ok(Place::Url {
            url: url(source, text)?,
            archive: named,
        });
    }
    let mut agreed = named;
    for suite in suites {
        let own = DebianArchive::of_suite(suite.get_ref());
        match agreed {
            None => agreed = Some(own),
            Some(other) if other == own || named.is_some() => {}
            Some(other) => {
                let message = format!(
                    "`{}` is in the archive {}, the other suites are in {}",
                    suite.get_ref(),
                    own.as_str(),
                    other.as_str()
                );
                let hint = "give it a repository of its own, as in [repositories.security]";
                return Err(source.error(&suite.span(), message).hint(hint));
            }
        }
    }
    Ok(Place::Mirror(agreed.unwrap_or(DebianArchive::Debian)))
}

/// One of Debian's archives by its name.
fn archive(source: Source<'_>, text: &Text) -> Result<DebianArchive, FileError> {
    let found = DebianArchive::ALL
        .into_iter()
        .find(|archive| archive.as_str() == text.get_ref());
    found.ok_or_else(|| {
        let message = format!("`{}` is none of Debian's archives", text.get_ref());
        source
            .error(&text.span(), message)
            .hint("write debian or debian-security, or a `url`")
    })
}

/// A URL without a secret.
fn url(source: Source<'_>, text: &Text) -> Result<String, FileError> {
    let written = text.get_ref();
    let span = text.span();
    let rest = ["http://", "https://", "file:"]
        .iter()
        .find_map(|scheme| written.strip_prefix(scheme));
    let Some(rest) = rest.filter(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
    else {
        let error = source.error(&span, format!("`{written}` is not a URL of a repository"));
        return Err(error.hint("it begins with http://, https:// or file:"));
    };
    let host = rest.split('/').next().unwrap_or_default();
    if !written.starts_with("file:") && host.contains('@') {
        // The line is not shown as it is: it holds the secret.
        let mut error = source.error(&span, "a URL in a project must not hold a user or password");
        error.spot.text = "url = \"…\"".to_owned();
        error.spot.column = 1;
        error.spot.length = 1;
        return Err(error.hint("put them into apt's auth.conf, which Formwork reads"));
    }
    Ok(written.clone())
}

/// The keyrings that are believed.
fn keyrings(
    source: Source<'_>,
    name: &Text,
    written: &written::Repository,
    place: &Place,
) -> Result<Vec<String>, FileError> {
    match &written.keyrings {
        Some(list) if !list.is_empty() => {
            if let Some(empty) = list.iter().find(|text| text.get_ref().trim().is_empty()) {
                return Err(source.error(&empty.span(), "the name of a keyring is empty"));
            }
            Ok(list.iter().map(|text| text.get_ref().clone()).collect())
        }
        None if !matches!(place, Place::Url { archive: None, .. }) => {
            Ok(vec![DEBIAN_KEYRING.to_owned()])
        }
        _ => {
            let message = format!("the repository `{}` needs `keyrings`", name.get_ref());
            let error = source.error(&name.span(), message);
            Err(error.hint("keyrings = [\"keys/vendor.asc\"], or archive = \"debian\" if it is a mirror of Debian"))
        }
    }
}

/// A priority as apt understands it.
fn priority(source: Source<'_>, written: &written::Repository) -> Result<Option<i32>, FileError> {
    let Some(number) = &written.priority else {
        return Ok(None);
    };
    let fits = i32::try_from(*number.get_ref())
        .ok()
        .filter(|value| (1..=32767).contains(value));
    fits.map(Some).ok_or_else(|| {
        let message = format!("{} is not a priority", number.get_ref());
        source
            .error(&number.span(), message)
            .hint("a number from 1 to 32767; the usual one is 500")
    })
}

/// An instant as snapshots name it.
fn instant(source: Source<'_>, text: &Text) -> Result<Timestamp, FileError> {
    Timestamp::parse_snapshot(text.get_ref()).map_err(|_| {
        let message = format!("`{}` is not an instant", text.get_ref());
        source
            .error(&text.span(), message)
            .hint("write it as in 20260901T000000Z")
    })
}

/// The template of the URLs of past states.
fn template(source: Source<'_>, text: &Text) -> Result<String, FileError> {
    let written = text.get_ref();
    if !written.starts_with("{base}") {
        url(source, text)?;
    }
    if written.contains("{at}") {
        return Ok(written.clone());
    }
    let error = source.error(&text.span(), "the template of a snapshot must hold {at}");
    Err(error
        .hint("{at} becomes the instant, {archive} the archive's name, {base} the URL without it"))
}

/// A leave to use an expired Release.
fn expiry(source: Source<'_>, leave: &written::AllowExpired) -> Result<AllowExpired, FileError> {
    let until = leave.until.get_ref();
    let midnight = Timestamp::parse_date(until).map_err(|_| {
        let error = source.error(&leave.until.span(), format!("`{until}` is not a date"));
        error.hint("write it as in 2026-12-31")
    })?;
    if leave.reason.get_ref().trim().is_empty() {
        return Err(source.error(&leave.reason.span(), "an expired Release needs a reason"));
    }
    Ok(AllowExpired {
        until: midnight,
        reason: leave.reason.get_ref().clone(),
    })
}

/// Refuses a third party's repository of which nobody can tell whom it serves.
fn check_served(
    source: Source<'_>,
    written: &written::Project,
    repositories: &[Repository],
) -> Result<(), FileError> {
    let known = debian_suites(repositories);
    for repository in repositories {
        let third_party = matches!(repository.place, Place::Url { archive: None, .. });
        let lost = repository
            .suites
            .iter()
            .find(|suite| !known.contains(base_suite(suite)));
        let Some(suite) = lost.filter(|_| third_party && repository.serves.is_empty()) else {
            continue;
        };
        let key = written
            .repositories
            .iter()
            .find(|(name, _)| *name.get_ref() == repository.name);
        let span = key.map_or(0..0, |(name, _)| name.span());
        let message = format!(
            "nobody can tell which images the suite `{suite}` of `{}` is for",
            repository.name
        );
        let example = known.iter().next().copied().unwrap_or("bookworm");
        return Err(source
            .error(&span, message)
            .hint(format!("add serves = [\"{example}\"]")));
    }
    Ok(())
}

/// The suites of images that repositories of Debian serve.
pub(super) fn debian_suites(repositories: &[Repository]) -> BTreeSet<&str> {
    repositories
        .iter()
        .filter(|repository| !matches!(repository.place, Place::Url { archive: None, .. }))
        .flat_map(|repository| &repository.suites)
        .map(|suite| base_suite(suite))
        .collect()
}
