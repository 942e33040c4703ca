//! Changes to files that people write, made so that their comments and order survive.

use toml_edit::{Array, DocumentMut, Item, Value};

use crate::wish::{Restriction, Wish};

/// A file cannot be edited.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The file is not TOML.
    #[error("this is not TOML: {0}")]
    Syntax(String),
    /// `packages` is there but is no list.
    #[error("`packages` is not a list")]
    NoList,
    /// The entry is no package.
    #[error("{0}")]
    Wish(#[from] crate::wish::WishError),
}

/// Adds an entry to `packages` of an image; `None` if it is there already.
///
/// The entry goes to its place by name if the list is sorted, else to the end, on a line of
/// its own if the list has one entry a line.
pub fn add_package(text: &str, entry: &str) -> Result<Option<String>, EditError> {
    if !entry.starts_with('@') {
        Wish::parse(Restriction::split(entry)?.0)?;
    }
    let mut document: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| EditError::Syntax(error.message().to_owned()))?;
    let item = document
        .entry("packages")
        .or_insert(Item::Value(Value::Array(Array::new())));
    let list = item.as_array_mut().ok_or(EditError::NoList)?;
    let names: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
    if names.contains(&entry) {
        return Ok(None);
    }
    let sorted = names.is_sorted() && names.len() > 1;
    let place = if sorted {
        names.partition_point(|name| *name < entry)
    } else {
        names.len()
    };
    insert(list, place, entry);
    Ok(Some(document.to_string()))
}

/// Inserts an entry in the style of its neighbours.
fn insert(list: &mut Array, place: usize, entry: &str) {
    let mut value = Value::from(entry);
    let Some(indent) = indent(list) else {
        value
            .decor_mut()
            .set_prefix(if place == 0 { "" } else { " " });
        list.insert_formatted(place, value);
        if let Some(next) = list.get_mut(1).filter(|_| place == 0) {
            next.decor_mut().set_prefix(" ");
        }
        return;
    };
    // What stands on the rest of the line before us is a comment on the entry before us, though
    // the grammar counts it to the entry behind us, or to the end of the list.
    let gap = take_gap(list, place);
    let (comment, rest) = gap.split_at(gap.find('\n').unwrap_or(0));
    value.decor_mut().set_prefix(format!("{comment}{indent}"));
    let rest = if rest.is_empty() {
        indent.as_str()
    } else {
        rest
    };
    match list.get_mut(place) {
        Some(next) => next.decor_mut().set_prefix(rest),
        None => {
            list.set_trailing(rest);
            list.set_trailing_comma(true);
        }
    }
    list.insert_formatted(place, value);
}

/// The line end and indent before an entry, if the list has one entry a line.
fn indent(list: &Array) -> Option<String> {
    list.iter().find_map(|value| {
        let prefix = value.decor().prefix()?.as_str()?;
        prefix.rfind('\n').map(|at| prefix[at..].to_owned())
    })
}

/// Takes away the blanks and comments before the entry at a place, or before the list's end.
fn take_gap(list: &mut Array, place: usize) -> String {
    if let Some(next) = list.get(place) {
        let prefix = next.decor().prefix().and_then(|raw| raw.as_str());
        return prefix.unwrap_or_default().to_owned();
    }
    let mut gap = String::new();
    // Without a comma at the end, the comment belongs to the last entry.
    if let Some(last) = place.checked_sub(1).and_then(|before| list.get_mut(before)) {
        let suffix = last.decor().suffix().and_then(|raw| raw.as_str());
        gap.push_str(suffix.unwrap_or_default());
        last.decor_mut().set_suffix("");
    }
    gap.push_str(list.trailing().as_str().unwrap_or_default());
    gap
}
