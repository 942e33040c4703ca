//! The frozen flat lists of one closed proposal: `proposals/NNNN-slug.flat.toml`.

use std::fmt::{self, Display, Write};

use formwork_deb::sha256::Sha256;
use formwork_deb::time::Timestamp;

use super::FORMAT;
use crate::documents::Input;
use crate::keys::{Keys, Text, parse};
use crate::lock::quote;
use crate::name::{self, Kind};
use crate::source::{FileError, Source};

/// What stands at the head of every such file.
const HEAD: &str = "# What this proposal brought onto the approved list, written by `formwork propose close`.\n# Keep it in git; do not edit it.";

/// How a person gets out of any fault of such a file.
const REMEDY: &str = "take the file from git again";

/// The frozen lists of a proposal, one for each suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// The number of the proposal.
    pub proposal: u32,
    /// The revision that was approved.
    pub revision: u32,
    /// The day it was closed.
    pub closed: Timestamp,
    /// The lists, sorted by suite.
    pub lists: Vec<FrozenList>,
}

/// What a proposal brings to one suite.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrozenList {
    /// The suite.
    pub suite: String,
    /// The architectures it was resolved for, in the order of the proposal.
    pub architectures: Vec<String>,
    /// The Releases it was resolved from, sorted.
    pub inputs: Vec<Input>,
    /// Sources that it takes off the list: `NAME`, or `NAME/BINARY` for one binary of a source.
    pub removed: Vec<String>,
    /// The source packages, sorted by name.
    pub sources: Vec<FrozenSource>,
}

/// A source package of a frozen list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrozenSource {
    /// Its name.
    pub name: String,
    /// Its version when the list was frozen.
    pub version: String,
    /// Its binaries, sorted by name.
    pub binaries: Vec<FrozenBinary>,
    /// Whether it is needed to build only.
    pub build_only: bool,
    /// The features without which it is not wanted; empty: always wanted.
    pub needs: Vec<String>,
    /// Why it is wanted; empty for what only others need.
    pub reason: String,
    /// The binaries that lead to it from one that is wanted, itself the last.
    pub chain: Vec<String>,
}

/// A binary package of a frozen list.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FrozenBinary {
    /// Its name.
    pub name: String,
    /// Its version when the list was frozen.
    pub version: String,
}

impl Frozen {
    /// Reads such a file.
    pub fn read(source: Source<'_>) -> Result<Frozen, FileError> {
        read(source).map_err(|error| match error.hint {
            Some(_) => error,
            None => error.hint(REMEDY),
        })
    }
}

fn read(source: Source<'_>) -> Result<Frozen, FileError> {
    let tree = parse(source)?;
    let mut root = Keys::root(source, "a frozen list", &tree);
    check_format(source, &mut root)?;
    let mut frozen = Frozen {
        proposal: number(source, &mut root, "proposal")?,
        revision: number(source, &mut root, "revision")?,
        closed: date(source, &root.required_string("closed")?)?,
        lists: Vec::new(),
    };
    for keys in root.tables("list", "a list")? {
        let place = keys.span();
        let list = read_list(source, keys)?;
        if frozen.lists.iter().any(|known| known.suite == list.suite) {
            let message = format!("a second list of {}", list.suite);
            return Err(source.error(&place, message));
        }
        frozen.lists.push(list);
    }
    for mut keys in root.tables("source", "a source")? {
        let suite = keys.required_string("suite")?;
        let found = read_source(source, keys)?;
        let list = frozen
            .lists
            .iter_mut()
            .find(|list| list.suite == *suite.get_ref())
            .ok_or_else(|| source.error(&suite.span(), "there is no list of this suite"))?;
        if list.sources.iter().any(|known| known.name == found.name) {
            let message = format!("a second entry for {} in {}", found.name, list.suite);
            return Err(source.error(&suite.span(), message));
        }
        list.sources.push(found);
    }
    root.finish()?;
    for list in &mut frozen.lists {
        list.sources
            .sort_by(|left, right| left.name.cmp(&right.name));
    }
    Ok(frozen)
}

/// Says clearly when a file was written by a later Formwork.
pub(super) fn check_format(source: Source<'_>, root: &mut Keys<'_>) -> Result<(), FileError> {
    let given = root
        .integer("format")?
        .ok_or_else(|| root.missing("format"))?;
    if u64::try_from(*given.get_ref()) == Ok(FORMAT) {
        return Ok(());
    }
    let message = format!(
        "this file has format {}; this Formwork reads format {FORMAT}",
        given.get_ref()
    );
    Err(source
        .error(&given.span(), message)
        .hint("use a newer Formwork"))
}

fn number(source: Source<'_>, root: &mut Keys<'_>, key: &'static str) -> Result<u32, FileError> {
    let given = root.integer(key)?.ok_or_else(|| root.missing(key))?;
    u32::try_from(*given.get_ref())
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| source.error(&given.span(), format!("`{key}` must be at least 1")))
}

pub(super) fn date(source: Source<'_>, text: &Text) -> Result<Timestamp, FileError> {
    Timestamp::parse_date(text.get_ref())
        .map_err(|error| source.error(&text.span(), error.to_string()))
}

fn read_list(source: Source<'_>, mut keys: Keys<'_>) -> Result<FrozenList, FileError> {
    let suite = keys.required_string("suite")?;
    valid(source, Kind::Suite, &suite)?;
    let architectures = keys.strings("architectures")?.unwrap_or_default();
    let mut inputs = Vec::new();
    for mut keys in keys.tables("releases", "a release")? {
        let digest = keys.required_string("sha256")?;
        let release = Input {
            repository: keys.required_string("repository")?.into_inner(),
            suite: keys.required_string("suite")?.into_inner(),
            date: keys.required_string("date")?.into_inner(),
            release_sha256: digest
                .get_ref()
                .parse::<Sha256>()
                .map_err(|_| source.error(&digest.span(), "this is no SHA-256"))?
                .to_string(),
            allow_expired: None,
        };
        keys.finish()?;
        inputs.push(release);
    }
    let removed = keys.strings("removed")?.unwrap_or_default();
    keys.finish()?;
    Ok(FrozenList {
        suite: suite.into_inner(),
        architectures: plain(architectures),
        inputs,
        removed: plain(removed),
        sources: Vec::new(),
    })
}

fn read_source(source: Source<'_>, mut keys: Keys<'_>) -> Result<FrozenSource, FileError> {
    let name = keys.required_string("name")?;
    valid(source, Kind::Package, &name)?;
    let mut binaries = Vec::new();
    for text in keys.strings("binaries")?.unwrap_or_default() {
        let Some((binary, version)) = text.get_ref().split_once('=') else {
            let error = source.error(&text.span(), "a binary is NAME=VERSION");
            return Err(error);
        };
        let binary = FrozenBinary {
            name: binary.to_owned(),
            version: version.to_owned(),
        };
        let sound = name::is_valid(Kind::Package, &binary.name)
            && formwork_deb::version::validate(version).is_ok();
        if !sound {
            return Err(source.error(&text.span(), "a binary is NAME=VERSION"));
        }
        binaries.push(binary);
    }
    binaries.sort();
    let found = FrozenSource {
        name: name.into_inner(),
        version: keys.required_string("version")?.into_inner(),
        binaries,
        build_only: keys.boolean("build_only")?.unwrap_or(false),
        needs: plain(keys.strings("needs")?.unwrap_or_default()),
        reason: keys
            .string("reason")?
            .map(toml::Spanned::into_inner)
            .unwrap_or_default(),
        chain: plain(keys.strings("chain")?.unwrap_or_default()),
    };
    keys.finish()?;
    Ok(found)
}

fn valid(source: Source<'_>, kind: Kind, text: &Text) -> Result<(), FileError> {
    if name::is_valid(kind, text.get_ref()) {
        return Ok(());
    }
    let message = format!(
        "`{}` cannot be the name of a {}",
        text.get_ref(),
        kind.word()
    );
    Err(source.error(&text.span(), message))
}

fn plain(texts: Vec<Text>) -> Vec<String> {
    texts.into_iter().map(toml::Spanned::into_inner).collect()
}

impl Display for Frozen {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{HEAD}\nformat = {FORMAT}\nproposal = {}\nrevision = {}\nclosed = {}\n",
            self.proposal,
            self.revision,
            quote(&self.closed.date())
        )?;
        for list in &self.lists {
            out.write_str(&print_list(list)?)?;
        }
        for list in &self.lists {
            for source in &list.sources {
                out.write_str(&print_source(&list.suite, source)?)?;
            }
        }
        Ok(())
    }
}

fn print_list(list: &FrozenList) -> Result<String, fmt::Error> {
    let mut text = String::from("\n[[list]]\n");
    writeln!(text, "suite = {}", quote(&list.suite))?;
    writeln!(text, "architectures = {}", array(&list.architectures))?;
    text.push_str("releases = [\n");
    for input in &list.inputs {
        writeln!(
            text,
            "  {{ repository = {}, suite = {}, date = {}, sha256 = {} }},",
            quote(&input.repository),
            quote(&input.suite),
            quote(&input.date),
            quote(&input.release_sha256)
        )?;
    }
    text.push_str("]\n");
    if !list.removed.is_empty() {
        writeln!(text, "removed = {}", array(&list.removed))?;
    }
    Ok(text)
}

fn print_source(suite: &str, source: &FrozenSource) -> Result<String, fmt::Error> {
    let mut text = String::from("\n[[source]]\n");
    let pair = |binary: &FrozenBinary| format!("{}={}", binary.name, binary.version);
    let binaries: Vec<String> = source.binaries.iter().map(pair).collect();
    writeln!(text, "suite = {}", quote(suite))?;
    writeln!(text, "name = {}", quote(&source.name))?;
    writeln!(text, "version = {}", quote(&source.version))?;
    writeln!(text, "binaries = {}", array(&binaries))?;
    if source.build_only {
        text.push_str("build_only = true\n");
    }
    if !source.needs.is_empty() {
        writeln!(text, "needs = {}", array(&source.needs))?;
    }
    if !source.reason.is_empty() {
        writeln!(text, "reason = {}", quote(&source.reason))?;
    }
    if !source.chain.is_empty() {
        writeln!(text, "chain = {}", array(&source.chain))?;
    }
    Ok(text)
}

/// A list of strings on one line.
fn array(texts: &[String]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| quote(text)).collect();
    format!("[{}]", quoted.join(", "))
}
