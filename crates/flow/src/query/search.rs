//! Which packages a person may mean by some words.
//!
//! Every word must occur in the name or in the short description. A word that is the whole name
//! counts most, then one that begins it, then one that begins a part of it (`-server`), then one
//! inside it, then a word of the description, then a part of one.

use formwork_deb::universe::{PackageId, Universe};
use formwork_model::documents::{self, SearchMatch};

use super::Scope;
use super::needle::Needle;
use super::open::{self, Want};
use crate::Error;
use crate::context::Context;

/// Answers `search`: the packages that fit all words, best first, at most `limit` of them.
pub fn search(
    context: &Context,
    scope: &Scope,
    words: &[String],
    limit: Option<usize>,
) -> Result<documents::Search, Error> {
    let opened = open::open(context, scope, Want::default())?;
    let universe = opened.universe();
    let found = matching(&universe, words);
    let matches = found
        .into_iter()
        .take(limit.unwrap_or(usize::MAX))
        .map(|id| told(&universe, id));
    Ok(documents::Search {
        format: documents::FORMAT,
        inputs: opened.inputs.clone(),
        suites: opened.suites.clone(),
        architecture: opened.architecture.clone(),
        words: words.to_vec(),
        matches: matches.collect(),
    })
}

/// One package that fits.
fn told(universe: &Universe<'_>, id: PackageId) -> SearchMatch {
    let package = universe.package(id);
    SearchMatch {
        name: package.name().to_owned(),
        version: package.version().to_owned(),
        architecture: package.architecture().to_owned(),
        source: package.source().to_owned(),
        repository: package.origin().repository.to_owned(),
        description: package.description().to_owned(),
    }
}

/// How well a package fits; the smallest is the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    WholeName,
    BeginOfName,
    BeginOfPart,
    InName,
    WordOfDescription,
    InDescription,
}

/// The packages that fit all words, best first; of each name the version apt would take.
fn matching(universe: &Universe<'_>, words: &[String]) -> Vec<PackageId> {
    let words: Vec<Needle> = words.iter().map(|word| Needle::new(word)).collect();
    let native = universe.native();
    let mut found = Vec::new();
    for id in universe.ids() {
        let package = universe.package(id);
        if !package.is_candidate() || package.is_source() {
            continue;
        }
        // The architecture is looked at last: nearly all packages are of a right one.
        let fit = fit_of_all(package.name_bytes(), package.description_bytes(), &words);
        if let Some(fit) = fit.filter(|_| is_for(native, package.architecture())) {
            found.push((fit, package.name_bytes().len(), id));
        }
    }
    found.sort_unstable();
    found.into_iter().map(|(_, _, id)| id).collect()
}

/// Whether packages of this architecture run on the native one.
fn is_for(native: &str, architecture: &str) -> bool {
    architecture == native || architecture == "all"
}

/// The worst of the fits of all words, none if a word does not occur.
fn fit_of_all(name: &[u8], description: &[u8], words: &[Needle]) -> Option<Fit> {
    let mut worst = Fit::WholeName;
    for word in words {
        worst = worst.max(fit_of(name, description, word)?);
    }
    Some(worst)
}

/// How one word fits.
fn fit_of(name: &[u8], description: &[u8], word: &Needle) -> Option<Fit> {
    if let Some(at) = word.find(name) {
        return Some(match at {
            0 if name.len() == word.len() => Fit::WholeName,
            0 => Fit::BeginOfName,
            _ if is_border(name, at) => Fit::BeginOfPart,
            _ => Fit::InName,
        });
    }
    let at = word.find(description)?;
    let whole = is_border(description, at) && is_end(description, at + word.len());
    Some(if whole {
        Fit::WordOfDescription
    } else {
        Fit::InDescription
    })
}

/// Whether a word may begin at this byte.
fn is_border(text: &[u8], at: usize) -> bool {
    at == 0 || text.get(at - 1).is_some_and(|byte| !is_letter(*byte))
}

/// Whether a word may end before this byte.
fn is_end(text: &[u8], at: usize) -> bool {
    text.get(at).is_none_or(|byte| !is_letter(*byte))
}

/// Whether a byte belongs to a word; those of foreign letters do.
fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_more_than_a_description() {
        let cases = [
            ("sqlite3", "a data base", "sqlite3", Some(Fit::WholeName)),
            ("sqlite3-tools", "tools", "sqlite3", Some(Fit::BeginOfName)),
            ("libsqlite3-0", "library", "sqlite", Some(Fit::InName)),
            (
                "openssh-server",
                "secure shell",
                "server",
                Some(Fit::BeginOfPart),
            ),
            (
                "nginx",
                "small, powerful, scalable web/proxy Server",
                "server",
                Some(Fit::WordOfDescription),
            ),
            (
                "lighttpd",
                "fast webserver",
                "server",
                Some(Fit::InDescription),
            ),
            ("mawk", "pattern scanning", "server", None),
            ("mawk", "", "server", None),
        ];
        for (name, description, word, expected) in cases {
            assert_eq!(
                fit_of(name.as_bytes(), description.as_bytes(), &Needle::new(word)),
                expected,
                "{name} {word}"
            );
        }
    }

    #[test]
    fn every_word_must_occur() {
        let words = [Needle::new("web"), Needle::new("server")];
        assert_eq!(
            fit_of_all(b"nginx", b"web server", &words),
            Some(Fit::WordOfDescription)
        );
        assert_eq!(fit_of_all(b"nginx", b"a server", &words), None);
    }

    #[test]
    fn foreign_letters_do_no_harm() {
        assert_eq!(
            fit_of(b"x", "für Ärzte".as_bytes(), &Needle::new("ärzte")),
            None
        );
        assert_eq!(fit_of(b"x", "ü".as_bytes(), &Needle::new("üü")), None);
        assert_eq!(
            fit_of(b"x", "naïve".as_bytes(), &Needle::new("ve")),
            Some(Fit::InDescription)
        );
    }

    #[test]
    fn only_what_apt_would_take_is_found_and_the_shortest_first() {
        let rows = "sqlite3 2\nsqlite3 1\nlibsqlite3-0 2\nsqlite3-tools 2\nsqlite 1\nforeign-sqlite 1 arch=arm64";
        let found = crate::query::toy::ask(rows, |universe| {
            let told = |id: &PackageId| {
                format!(
                    "{} {}",
                    universe.package(*id).name(),
                    universe.package(*id).version()
                )
            };
            matching(universe, &["SQLite".to_owned()])
                .iter()
                .map(told)
                .collect::<Vec<_>>()
        });
        assert_eq!(
            found,
            ["sqlite 1", "sqlite3 2", "sqlite3-tools 2", "libsqlite3-0 2"]
        );
    }
}
