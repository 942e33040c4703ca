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
    let mut document: DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| EditError::Syntax(error.message().to_owned()))?;
    let item = document.entry("packages").or_insert(Item::Value(Value::Array(Array::new())));
    let list = item.as_array_mut().ok_or(EditError::NoList)?;
    let names: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
    if names.contains(&entry) {
        return Ok(None);
    }
    let sorted = names.is_sorted() && names.len() > 1;
    let place = if sorted { names.partition_point(|name| *name < entry) } else { names.len() };
    insert(list, place, entry);
    Ok(Some(document.to_string()))
}

/// Inserts an entry in the style of its neighbours.
fn insert(list: &mut Array, place: usize, entry: &str) {
    let model = list.get(place.min(list.len().saturating_sub(1))).map(|value| {
        let prefix = value.decor().prefix().and_then(|raw| raw.as_str()).unwrap_or_default();
        // A comment before the neighbour belongs to the neighbour; its indent is ours too.
        match prefix.rfind('\n') {
            Some(at) => prefix[at..].to_owned(),
            None => " ".to_owned(),
        }
    });
    let mut value = Value::from(entry);
    match model {
        Some(prefix) if place > 0 || prefix.starts_with('\n') => value.decor_mut().set_prefix(prefix),
        _ => value.decor_mut().set_prefix(""),
    }
    list.insert_formatted(place, value);
    let second = (place == 0).then(|| list.get_mut(1)).flatten();
    if let Some(next) = second {
        let bare = next.decor().prefix().and_then(|raw| raw.as_str()).is_none_or(str::is_empty);
        if bare {
            next.decor_mut().set_prefix(" ");
        }
    }
}
