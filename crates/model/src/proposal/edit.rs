//! Changes to a proposal's file, made so that comments and order survive.
//!
//! New entries are written as a person would write them, one key a line, and put behind their
//! likes; what is there is changed in place. Every text that comes out is read again by the caller
//! before it is written, so that no edit can make a file that does not load.

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, Value};

use super::{State, Status, Verdict};
use crate::lock::quote;

/// A list longer than this goes one entry a line.
const WIDE: usize = 90;

/// A proposal cannot be edited.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The file is not TOML.
    #[error("this is not TOML: {0}")]
    Syntax(String),
    /// There is no such package.
    #[error("the proposal has no package `{0}`")]
    NoPackage(String),
    /// The package is there already.
    #[error("the proposal has the package `{0}` already")]
    Twice(String),
    /// There is no such review.
    #[error("the proposal has no review {0}")]
    NoReview(usize),
}

/// The head of a proposal that is about to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewProposal {
    /// Its number.
    pub id: u32,
    /// What it is about.
    pub title: String,
    /// The group or member that proposes it.
    pub proposer: String,
    /// Its revision; 0 stands for 1.
    pub revision: u32,
    /// The suites it is for.
    pub suites: Vec<String>,
    /// The architectures it is for.
    pub architectures: Vec<String>,
    /// The day until which it is to be reviewed.
    pub due: Option<String>,
    /// The proposals whose place it takes.
    pub supersedes: Vec<u32>,
    /// Notes on the whole.
    pub notes: String,
}

/// A package that is about to be written into a proposal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewPackage {
    /// The source package.
    pub source: String,
    /// The binaries, each perhaps with a restriction: `libssl1.1 [bullseye]`.
    pub binaries: Vec<String>,
    /// The suites it is for, if not for all.
    pub suites: Vec<String>,
    /// The architectures it is for, if not for all.
    pub architectures: Vec<String>,
    /// Whether it is needed to build only.
    pub build_only: bool,
    /// Why it is wanted.
    pub reason: String,
    /// The capabilities it serves.
    pub capabilities: Vec<String>,
    /// The requirements it serves.
    pub requirements: Vec<String>,
    /// The features it needs; `None`: not said.
    pub needs: Option<Vec<String>>,
    /// What else was considered, each with why not.
    pub alternatives: Vec<(String, String)>,
    /// Which package serves a virtual name.
    pub providers: Vec<(String, String)>,
    /// Words by which the security group sorts packages.
    pub security_tags: Vec<String>,
    /// Further notes.
    pub notes: String,
    /// How it stands.
    pub state: State,
    /// For a package that is put off: the revision, why, and what must change first.
    pub deferred: Option<(u32, String, String)>,
    /// The source whose place it takes.
    pub replaces: String,
}

/// A verdict or comment that is about to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReview {
    /// Who.
    pub who: String,
    /// The day.
    pub when: String,
    /// Of which revision.
    pub revision: u32,
    /// The verdict.
    pub verdict: Verdict,
    /// The source package it is about; `None`: the whole.
    pub package: Option<String>,
    /// The comment.
    pub comment: String,
}

/// The text of a new proposal without packages.
#[must_use]
pub fn template(new: &NewProposal) -> String {
    let mut lines = Lines::default();
    lines.plain("id", &new.id.to_string());
    lines.text("title", &new.title);
    lines.text("proposer", &new.proposer);
    lines.plain("revision", &new.revision.max(1).to_string());
    lines.text("status", Status::Draft.as_str());
    if let Some(due) = &new.due {
        lines.text("due", due);
    }
    lines.list("suites", &new.suites);
    lines.list("architectures", &new.architectures);
    if !new.supersedes.is_empty() {
        let numbers: Vec<String> = new.supersedes.iter().map(u32::to_string).collect();
        lines.plain("supersedes", &format!("[{}]", numbers.join(", ")));
    }
    lines.some("notes", &new.notes);
    format!(
        "# A package proposal: every key is explained in docs/proposals.md.\n{}",
        lines.0
    )
}

/// The text of a package's entry, from `[[package]]` on.
#[must_use]
pub fn package_text(new: &NewPackage) -> String {
    let mut lines = Lines("[[package]]\n".to_owned());
    lines.text("source", &new.source);
    lines.list("binaries", &new.binaries);
    lines.list("suites", &new.suites);
    lines.list("architectures", &new.architectures);
    if new.state != State::default() {
        lines.text("state", new.state.as_str());
    }
    if let Some((revision, reason, first)) = &new.deferred {
        let (reason, first) = (quote(reason), quote(first));
        let table = format!("{{ revision = {revision}, reason = {reason}, first = {first} }}");
        lines.plain("deferred", &table);
    }
    lines.some("replaces", &new.replaces);
    if new.build_only {
        lines.plain("on_target", "false");
    }
    lines.some("reason", &new.reason);
    lines.list("capabilities", &new.capabilities);
    lines.list("requirements", &new.requirements);
    match &new.needs {
        Some(needs) if needs.is_empty() => lines.plain("needs", "[]"),
        needs => lines.list("needs", needs.as_deref().unwrap_or_default()),
    }
    if !new.alternatives.is_empty() {
        let entries = new.alternatives.iter().map(|(package, why)| {
            format!(
                "    {{ package = {}, why_not = {} }},\n",
                quote(package),
                quote(why)
            )
        });
        lines.plain(
            "alternatives",
            &format!("[\n{}]", entries.collect::<String>()),
        );
    }
    if !new.providers.is_empty() {
        let pairs = new.providers.iter();
        let pairs: Vec<String> = pairs
            .map(|(of, package)| format!("{} = {}", quote(of), quote(package)))
            .collect();
        lines.plain("providers", &format!("{{ {} }}", pairs.join(", ")));
    }
    lines.list("security_tags", &new.security_tags);
    lines.some("notes", &new.notes);
    lines.0
}

/// Lines of a file as they grow.
#[derive(Default)]
struct Lines(String);

impl Lines {
    /// A key with a value that is TOML already.
    fn plain(&mut self, key: &str, value: &str) {
        self.0.push_str(&format!("{key} = {value}\n"));
    }

    /// A key with a text.
    fn text(&mut self, key: &str, value: &str) {
        self.plain(key, &quote(value));
    }

    /// A key with a text, unless there is nothing to say.
    fn some(&mut self, key: &str, value: &str) {
        if !value.is_empty() {
            self.text(key, value);
        }
    }

    /// A key with a list, unless it is empty.
    fn list(&mut self, key: &str, values: &[String]) {
        if values.is_empty() {
            return;
        }
        let quoted: Vec<String> = values.iter().map(|value| quote(value)).collect();
        let line = format!("[{}]", quoted.join(", "));
        if line.chars().count() <= WIDE {
            self.plain(key, &line);
        } else {
            let entries: String = quoted.iter().map(|one| format!("    {one},\n")).collect();
            self.plain(key, &format!("[\n{entries}]"));
        }
    }
}

/// A change to the head of a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeadChange {
    /// The status.
    Status(Status),
    /// The revision.
    Revision(u32),
    /// The day it went into review; `None` takes the key away.
    Opened(Option<String>),
    /// The day until which it is reviewed; `None` takes the key away.
    Due(Option<String>),
    /// The day it was closed.
    Closed(String),
}

/// Changes keys at the head of a proposal.
pub fn change_head(text: &str, changes: &[HeadChange]) -> Result<String, EditError> {
    let mut document = open(text)?;
    let table = document.as_table_mut();
    for change in changes {
        let text = |text: &String| Value::from(text.as_str());
        let (key, value) = match change {
            HeadChange::Status(status) => ("status", Some(Value::from(status.as_str()))),
            HeadChange::Revision(number) => ("revision", Some(Value::from(i64::from(*number)))),
            HeadChange::Opened(day) => ("opened", day.as_ref().map(text)),
            HeadChange::Due(day) => ("due", day.as_ref().map(text)),
            HeadChange::Closed(day) => ("closed", Some(text(day))),
        };
        set(table, key, value);
    }
    Ok(document.to_string())
}

/// Adds a package behind the others.
pub fn add_package(text: &str, new: &NewPackage) -> Result<String, EditError> {
    let mut document = open(text)?;
    let twice = tables(&document, "package").any(|table| says(table, "source", &new.source));
    if twice && new.suites.is_empty() && new.architectures.is_empty() {
        return Err(EditError::Twice(new.source.clone()));
    }
    push(&mut document, "package", &package_text(new))?;
    Ok(document.to_string())
}

/// Takes a package out, with all its entries and the comments that stand directly above them.
pub fn remove_package(text: &str, source: &str) -> Result<String, EditError> {
    let mut document = open(text)?;
    let list = list_mut(&mut document, "package");
    let before = list.as_ref().map_or(0, |list| list.len());
    if let Some(list) = list {
        list.retain(|table| !says(table, "source", source));
        if list.len() < before {
            return Ok(document.to_string());
        }
    }
    Err(EditError::NoPackage(source.to_owned()))
}

/// Sets the state of a package; `deferred` holds the revision, why, and what must change first.
pub fn set_state(
    text: &str,
    source: &str,
    state: State,
    deferred: Option<(u32, &str, &str)>,
) -> Result<String, EditError> {
    let mut document = open(text)?;
    let mut found = false;
    for table in list_mut(&mut document, "package")
        .into_iter()
        .flat_map(ArrayOfTables::iter_mut)
        .filter(|table| says(table, "source", source))
    {
        found = true;
        let word = (state != State::default()).then(|| Value::from(state.as_str()));
        set(table, "state", word);
        let details = deferred.map(|(revision, reason, first)| {
            let mut details = toml_edit::InlineTable::new();
            details.insert("revision", Value::from(i64::from(revision)));
            details.insert("reason", Value::from(reason));
            details.insert("first", Value::from(first));
            Value::InlineTable(details)
        });
        set(table, "deferred", details);
    }
    if found {
        Ok(document.to_string())
    } else {
        Err(EditError::NoPackage(source.to_owned()))
    }
}

/// Writes a review behind the others; a verdict of the same person on the same thing in the same
/// revision is replaced.
pub fn add_review(text: &str, new: &NewReview) -> Result<String, EditError> {
    let mut document = open(text)?;
    let same = |table: &Table| {
        let package = table.get("package").and_then(Item::as_str);
        let verdict = table.get("verdict").and_then(Item::as_str);
        says(table, "who", &new.who)
            && table.get("revision").and_then(Item::as_integer) == Some(i64::from(new.revision))
            && package == new.package.as_deref()
            && verdict != Some(Verdict::Comment.as_str())
    };
    let old = list_mut(&mut document, "review")
        .into_iter()
        .flat_map(ArrayOfTables::iter_mut)
        .find(|table| new.verdict != Verdict::Comment && same(table));
    if let Some(table) = old {
        set(table, "when", Some(Value::from(new.when.as_str())));
        set(table, "verdict", Some(Value::from(new.verdict.as_str())));
        let comment = Some(&new.comment).filter(|comment| !comment.is_empty());
        set(
            table,
            "comment",
            comment.map(|text| Value::from(text.as_str())),
        );
        set(table, "answer", None);
        return Ok(document.to_string());
    }
    let mut lines = Lines("[[review]]\n".to_owned());
    lines.text("who", &new.who);
    lines.text("when", &new.when);
    lines.plain("revision", &new.revision.to_string());
    lines.text("verdict", new.verdict.as_str());
    if let Some(package) = &new.package {
        lines.text("package", package);
    }
    lines.some("comment", &new.comment);
    push(&mut document, "review", &lines.0)?;
    Ok(document.to_string())
}

/// Answers a review, counted from 1 in the order of the file.
pub fn answer(text: &str, number: usize, answer: &str) -> Result<String, EditError> {
    let mut document = open(text)?;
    let table = list_mut(&mut document, "review")
        .zip(number.checked_sub(1))
        .and_then(|(list, at)| list.get_mut(at))
        .ok_or(EditError::NoReview(number))?;
    set(table, "answer", Some(Value::from(answer)));
    Ok(document.to_string())
}

fn open(text: &str) -> Result<DocumentMut, EditError> {
    text.parse()
        .map_err(|error: toml_edit::TomlError| EditError::Syntax(error.message().to_owned()))
}

/// The tables of a list that is written as `[[key]]`.
fn tables<'a>(document: &'a DocumentMut, key: &str) -> impl Iterator<Item = &'a Table> {
    let list = document.get(key).and_then(Item::as_array_of_tables);
    list.into_iter().flat_map(ArrayOfTables::iter)
}

fn list_mut<'a>(document: &'a mut DocumentMut, key: &str) -> Option<&'a mut ArrayOfTables> {
    document.get_mut(key)?.as_array_of_tables_mut()
}

/// Whether a table has this text under a key.
fn says(table: &Table, key: &str, text: &str) -> bool {
    table.get(key).and_then(Item::as_str) == Some(text)
}

/// Puts an entry behind its likes, after an empty line.
fn push(document: &mut DocumentMut, key: &str, text: &str) -> Result<(), EditError> {
    let mut new = open(text)?;
    let entry = list_mut(&mut new, key).and_then(|list| list.get_mut(0).cloned());
    let Some(mut table) = entry else {
        return Err(EditError::Syntax(format!("no [[{key}]]")));
    };
    // Behind its likes, wherever they stand.
    table.set_position(None);
    table.decor_mut().set_prefix("\n");
    let first = document.get(key).is_none();
    let behind = tables(document, "package").last().and_then(Table::position);
    if first {
        table.set_position(behind);
        document.insert(key, Item::ArrayOfTables(ArrayOfTables::new()));
    }
    if let Some(list) = list_mut(document, key) {
        list.push(table);
    }
    Ok(())
}

/// Sets a value in place, keeping the comment on its line; `None` takes the key away.
fn set(table: &mut Table, key: &str, value: Option<Value>) {
    let Some(mut value) = value else {
        table.remove(key);
        return;
    };
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        None => {
            table.insert(key, Item::Value(value));
        }
    }
}

#[cfg(test)]
#[path = "edit_tests.rs"]
mod tests;
