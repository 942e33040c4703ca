//! What is known of packages besides their relations, for the rules of `[policy]`.
//!
//! Three places tell: the index of sources (maintainer, version control, policy), the index of
//! packages (tags, of which only those are kept that rules ask for), and the files of packages
//! (see [`contents`]). All is kept in the cache by hash, so that it is read once. What cannot be
//! had is unknown: it stops nothing, and a warning says why.

mod contents;
mod open;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use formwork_archive::LockedFile;
use formwork_archive::extract::{Extract, Recipe};
use formwork_archive::fetch::FetchError;
use formwork_archive::indices::IndexKind;
use formwork_deb::deb822::Paragraph;
use formwork_deb::sha256::Sha256;
use formwork_deb::universe::{PackageId, Universe};
use formwork_model::event::Event;
use formwork_proposal::policy::{BinaryFacts, Contents, SourceFacts};
use formwork_sys::fs;

use crate::context::Context;

pub(crate) use open::{Asked, open};

/// Facets of tags that rules ask for.
const FACETS: [&str; 2] = ["network::", "interface::"];
/// The text form of what a package ships is small.
const MAX_KEPT: u64 = 4 << 20;
/// No package that we look into is larger.
const MAX_PACKAGE: u64 = 1 << 30;

/// The lines of an index of sources.
const SOURCES: Recipe = Recipe {
    name: "formwork-sources-1",
    kind: IndexKind::Sources,
    line: source_line,
};

/// The lines of an index of packages: only of those that have tags we ask for.
const TAGS: Recipe = Recipe {
    name: "formwork-tags-1",
    kind: IndexKind::Packages,
    line: tag_line,
};

/// Version, whether version control is named, policy, maintainer; parted by tabs.
fn source_line(paragraph: &Paragraph<'_>) -> Option<(String, String)> {
    let value = |name: &str| {
        let field = paragraph.get(name);
        field.map(|field| field.first_line().trim().replace('\t', " "))
    };
    if value("Extra-Source-Only").is_some_and(|text| text.eq_ignore_ascii_case("yes")) {
        return None;
    }
    let controlled = paragraph
        .fields()
        .any(|field| field.name.len() > 4 && field.name[..4].eq_ignore_ascii_case("Vcs-"));
    let rest = [
        value("Version")?,
        if controlled { "yes" } else { "no" }.to_owned(),
        value("Standards-Version").unwrap_or_default(),
        value("Maintainer").unwrap_or_default(),
    ];
    Some((value("Package")?, rest.join("\t")))
}

/// Version and tags, parted by tabs.
fn tag_line(paragraph: &Paragraph<'_>) -> Option<(String, String)> {
    let package = paragraph.get("Package")?.value.trim().to_owned();
    let version = paragraph.get("Version")?.value.trim();
    let tags: Vec<String> = tags(paragraph.get("Tag")?.value)
        .into_iter()
        .filter(|tag| FACETS.iter().any(|facet| tag.starts_with(facet)))
        .collect();
    (!tags.is_empty()).then(|| (package, format!("{version}\t{}", tags.join(" "))))
}

/// The tags of a field: `facet::{one,two}` stands for two of them.
fn tags(field: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut facet: Option<String> = None;
    for word in field.split([',', '\n', ' ']).map(str::trim) {
        let word = match word.split_once('{') {
            Some((front, first)) => {
                facet = Some(front.to_owned());
                first
            }
            None => word,
        };
        let (word, closes) = match word.strip_suffix('}') {
            Some(front) => (front, true),
            None => (word, false),
        };
        if !word.is_empty() {
            match &facet {
                Some(facet) => found.push(format!("{facet}{word}")),
                None => found.push(word.to_owned()),
            }
        }
        if closes {
            facet = None;
        }
    }
    found
}

/// The facts of the named sources of an open suite; nothing if it has no index of sources.
pub(crate) fn sources(
    asked: &Asked,
    names: &BTreeSet<&str>,
) -> Option<BTreeMap<String, SourceFacts>> {
    if !asked.has_sources {
        return None;
    }
    let extracts = asked
        .archive
        .extracts(&asked.snapshot, &asked.architecture, &SOURCES);
    let extracts = match extracts {
        Ok(extracts) => extracts,
        Err(error) => {
            asked.warn(&format!("nothing is known of maintainers: {error}"));
            return None;
        }
    };
    let facts = names
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), source(&extracts, name)?)));
    Some(facts.collect())
}

/// The newest version of a source among all indices.
fn source(extracts: &[Extract], name: &str) -> Option<SourceFacts> {
    let lines = extracts.iter().flat_map(|extract| extract.find(name));
    let mut all: Vec<SourceFacts> = lines.filter_map(source_facts).collect();
    all.sort_by(|left, right| formwork_deb::version::compare(&left.version, &right.version));
    all.pop()
}

fn source_facts(line: &str) -> Option<SourceFacts> {
    let mut columns = line.splitn(4, '\t');
    Some(SourceFacts {
        version: columns.next()?.to_owned(),
        version_control: columns.next()? == "yes",
        standards_version: columns
            .next()
            .filter(|text| !text.is_empty())
            .map(str::to_owned),
        maintainer: columns.next()?.to_owned(),
    })
}

/// The facts of the named binaries of an open suite, those that it does not have left out.
pub(crate) fn binaries(
    context: &Context,
    asked: &Asked,
    names: &BTreeSet<&str>,
) -> BTreeMap<String, BinaryFacts> {
    let universe = asked.universe.get();
    let chosen: Vec<PackageId> = names
        .iter()
        .filter_map(|name| candidate(&universe, name))
        .collect();
    let tags = asked
        .archive
        .extracts(&asked.snapshot, &asked.architecture, &TAGS);
    let tags = tags.map_err(|error| asked.warn(&format!("nothing is known of tags: {error}")));
    let mut contents = shipped(context, asked, &universe, &chosen);
    let facts = chosen.into_iter().map(|id| {
        let package = universe.package(id);
        let version = package.version();
        let own_tags = tags.as_ref().ok().map(|extracts| {
            let mut lines = extracts.iter().flat_map(|one| one.find(package.name()));
            let found =
                lines.find_map(|line| line.split_once('\t').filter(|(own, _)| *own == version));
            let words = found.map(|(_, words)| words.split(' ').map(str::to_owned).collect());
            words.unwrap_or_default()
        });
        let facts = BinaryFacts {
            version: version.to_owned(),
            source: package.source().to_owned(),
            source_version: package.source_version().to_owned(),
            tags: own_tags,
            contents: package.sha256().and_then(|digest| contents.remove(&digest)),
        };
        (package.name().to_owned(), facts)
    });
    facts.collect()
}

/// Whether an open suite has a binary of this name.
pub(crate) fn has(asked: &Asked, name: &str) -> bool {
    candidate(&asked.universe.get(), name).is_some()
}

/// The version of a name that would be installed.
fn candidate(universe: &Universe<'_>, name: &str) -> Option<PackageId> {
    let named = universe.packages_named(universe.find(name)?);
    let native = |id: &PackageId| {
        let package = universe.package(*id);
        let architecture = package.architecture();
        package.is_candidate() && (architecture == universe.native() || architecture == "all")
    };
    named.into_iter().find(native)
}

/// What the files of packages ship: from the cache, else from the files, which are fetched.
fn shipped(
    context: &Context,
    asked: &Asked,
    universe: &Universe<'_>,
    chosen: &[PackageId],
) -> BTreeMap<Sha256, Contents> {
    let mut found = BTreeMap::new();
    let mut files = Vec::new();
    for &id in chosen {
        let package = universe.package(id);
        let Some(sha256) = package.sha256() else {
            continue;
        };
        match kept(context, &sha256) {
            Kept::Facts(contents) => {
                found.insert(sha256, *contents);
            }
            Kept::Absent => asked.warn(&format!(
                "what {} ships stays unknown: its file could not be had a short while ago",
                package.name()
            )),
            Kept::Nothing => files.push((
                package.name().to_owned(),
                LockedFile {
                    label: format!(
                        "{} {} {}",
                        package.name(),
                        package.version(),
                        package.architecture()
                    ),
                    repository: package.origin().repository.to_owned(),
                    path: package.filename().to_owned(),
                    size: package.size(),
                    sha256,
                },
            )),
        }
    }
    if files.is_empty() {
        return found;
    }
    // One file that cannot be had must not take the others with it.
    let wanted: Vec<LockedFile> = files.iter().map(|(_, file)| file.clone()).collect();
    let date = asked.snapshot.date();
    let repositories = &asked.repositories;
    let fetched = asked.archive.fetch(&wanted, repositories, date);
    if let Err(error) = &fetched {
        asked.warn(&format!("what some packages ship stays unknown: {error}"));
    }
    for (name, file) in &files {
        let at_hand = asked.archive.store().get(&file.sha256, Some(file.size));
        let Ok(Some(checked)) = at_hand else {
            if is_absent(&fetched, &file.sha256) {
                keep(context, &file.sha256, &absent(context));
            }
            continue;
        };
        let bytes =
            fs::read_limited(checked.path(), MAX_PACKAGE).map_err(|error| error.to_string());
        match bytes.and_then(|bytes| contents::read(&bytes, name)) {
            Ok(contents) => {
                keep(context, &file.sha256, &contents.print());
                found.insert(file.sha256, contents);
            }
            Err(error) => asked.warn(&format!("{} cannot be looked into: {error}", file.label)),
        }
    }
    found
}

/// Whether every place says that it has no such file: that will not change soon, as it would
/// where a server cannot be reached.
fn is_absent<T>(fetched: &Result<T, formwork_archive::Error>, sha256: &Sha256) -> bool {
    let Err(formwork_archive::Error::Fetch(FetchError::Missing {
        missing,
        offline: false,
    })) = fetched
    else {
        return false;
    };
    missing
        .iter()
        .any(|one| one.absent && one.sha256 == *sha256)
}

/// Where the facts of a package are kept.
fn place(context: &Context, sha256: &Sha256) -> PathBuf {
    let name = sha256.to_string();
    context.cache.join("facts").join(&name[..2]).join(name)
}

/// What the cache says of a package.
enum Kept {
    /// What it ships.
    Facts(Box<Contents>),
    /// That its file could not be had, not long ago.
    Absent,
    /// Nothing.
    Nothing,
}

/// In front of the second in which a file could not be had.
const ABSENT: &str = "absent ";
/// After how many seconds it is tried again.
const TRY_AGAIN: i64 = 24 * 3600;

fn kept(context: &Context, sha256: &Sha256) -> Kept {
    let Ok(bytes) = fs::read_limited(&place(context, sha256), MAX_KEPT) else {
        return Kept::Nothing;
    };
    let text = String::from_utf8_lossy(&bytes);
    if let Some(contents) = Contents::parse(&text) {
        return Kept::Facts(Box::new(contents));
    }
    let since = text
        .strip_prefix(ABSENT)
        .and_then(|time| time.trim().parse().ok());
    let age = since.map(|since: i64| context.settings.now.0.saturating_sub(since));
    let fresh = age.is_some_and(|age| (0..TRY_AGAIN).contains(&age));
    if fresh && !context.settings.refresh {
        Kept::Absent
    } else {
        Kept::Nothing
    }
}

/// The note that a file could not be had now.
fn absent(context: &Context) -> String {
    format!("{ABSENT}{}\n", context.settings.now.0)
}

/// Keeps what is known of a package; a cache that cannot be written costs time, nothing else.
fn keep(context: &Context, sha256: &Sha256, text: &str) {
    let path = place(context, sha256);
    let directory = path.parent().map_or(Ok(()), fs::create_directory);
    let _ = directory.and_then(|()| fs::replace(&path, text.as_bytes()));
}

impl Asked {
    /// Says what stays unknown, and why.
    fn warn(&self, text: &str) {
        let text: Vec<&str> = text.lines().map(str::trim).collect();
        (self.events)(Event::Warning(format!(
            "{}: {}",
            self.suite,
            text.join("; ")
        )));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use formwork_deb::deb822;

    #[test]
    fn tags_are_taken_apart() {
        let field =
            "implemented-in::c, interface::daemon,\n network::{client,server}, role::program";
        assert_eq!(
            tags(field),
            [
                "implemented-in::c",
                "interface::daemon",
                "network::client",
                "network::server",
                "role::program"
            ]
        );
        assert!(tags("").is_empty());
    }

    #[test]
    fn lines_hold_what_rules_ask_for() {
        let line = |text: &str, make: fn(&Paragraph<'_>) -> Option<(String, String)>| {
            let paragraph = deb822::paragraphs(text).next().unwrap().unwrap();
            make(&paragraph)
        };
        let source = "Package: acl\nVersion: 2.3-1\nMaintainer: A B <a@mirror.example>\nVcs-Git: x\nStandards-Version: 4.6.1\n";
        let (key, rest) = line(source, source_line).unwrap();
        assert_eq!(key, "acl");
        let facts = source_facts(&rest).unwrap();
        assert!(facts.version_control);
        assert_eq!(facts.standards_version.as_deref(), Some("4.6.1"));
        assert_eq!(facts.maintainer, "A B <a@mirror.example>");
        let bare = "Package: acl\nVersion: 2.3-1\n";
        let facts = source_facts(&line(bare, source_line).unwrap().1).unwrap();
        assert!(!facts.version_control);
        assert_eq!(facts.standards_version, None);
        let kept = "Package: acl\nVersion: 1\nExtra-Source-Only: yes\n";
        assert_eq!(line(kept, source_line), None);
        let tagged = "Package: ssh\nVersion: 1\nTag: network::server, role::program\n";
        assert_eq!(
            line(tagged, tag_line),
            Some(("ssh".to_owned(), "1\tnetwork::server".to_owned()))
        );
        assert_eq!(
            line("Package: a\nVersion: 1\nTag: role::x\n", tag_line),
            None
        );
    }
}
