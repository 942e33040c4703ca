//! Merging the tables of several files into one, so that each value still knows its place.
//!
//! - a list is continued: entries follow those inherited, one that is there already is not
//!   repeated, and `"-NAME"` takes an inherited entry away;
//! - a table is merged key by key; `NAME = false` takes an inherited entry away;
//! - any other value replaces the inherited one, and so do `suites`, `architectures` and `forms`.

use super::node::{Entry, Node, Table, Value, at};
use super::shape::{Fields, Shape, names};
use crate::nearest::nearest;
use crate::source::{FileError, Spot};

/// The keys that say how an image is composed and are not part of what it is.
const NOT_MERGED: [&str; 4] = ["extends", "abstract", "options", "description"];

/// Merges one file's image or option into what it inherits.
pub(super) fn merge(into: &mut Table, from: &Table, fields: Fields) -> Result<(), FileError> {
    for (key, shape) in names(fields) {
        if let Some(entry) = from.get(key).filter(|_| !NOT_MERGED.contains(&key)) {
            merge_entry(into, key, entry, shape)?;
        }
    }
    Ok(())
}

/// Merges one key.
fn merge_entry(into: &mut Table, key: &str, entry: &Entry, shape: &Shape) -> Result<(), FileError> {
    match shape {
        // Packages are continued where sets are known, in `images`.
        Shape::Packages | Shape::Lists => extend(into, key, entry, |list, item| {
            list.push(item.clone());
            Ok(())
        }),
        Shape::List => extend(into, key, entry, add),
        Shape::Table(_, fields) => {
            let inner = inner_table(into, key, entry);
            match (inner, entry.node.table()) {
                (Some(inner), Some(from)) => merge_fields(inner, from, fields),
                _ => Ok(()),
            }
        }
        Shape::Named(value) => merge_named(into, key, entry, value),
        Shape::Dotted => merge_named(into, key, entry, &Shape::Scalar),
        Shape::Text
        | Shape::Integer
        | Shape::Boolean
        | Shape::Scalar
        | Shape::Own
        | Shape::Several => {
            into.insert(key.to_owned(), entry.clone());
            Ok(())
        }
    }
}

/// Merges a table within an image, all of whose keys count.
fn merge_fields(into: &mut Table, from: &Table, fields: Fields) -> Result<(), FileError> {
    for (key, shape) in names(fields) {
        if let Some(entry) = from.get(key) {
            merge_entry(into, key, entry, shape)?;
        }
    }
    Ok(())
}

/// The table under a key, begun if it is not there.
fn inner_table<'a>(into: &'a mut Table, key: &str, entry: &Entry) -> Option<&'a mut Table> {
    let begun = into.entry(key.to_owned()).or_insert_with(|| Entry {
        key: entry.key.clone(),
        node: Node {
            spot: entry.node.spot.clone(),
            value: Value::Table(Table::new()),
        },
    });
    match &mut begun.node.value {
        Value::Table(table) => Some(table),
        _ => None,
    }
}

/// Merges a table whose keys are names.
fn merge_named(into: &mut Table, key: &str, entry: &Entry, shape: &Shape) -> Result<(), FileError> {
    let (Some(into), Some(from)) = (inner_table(into, key, entry), entry.node.table()) else {
        return Ok(());
    };
    for (name, entry) in from {
        if entry.node.boolean() == Some(false) {
            if into.remove(name).is_none() {
                let message = format!("there is no inherited `{name}` to take away");
                return Err(offer(at(&entry.key, message), name, into.keys(), ""));
            }
            continue;
        }
        merge_entry(into, name, entry, shape)?;
    }
    Ok(())
}

/// Continues a list.
fn extend(
    into: &mut Table,
    key: &str,
    entry: &Entry,
    mut add: impl FnMut(&mut Vec<Node>, &Node) -> Result<(), FileError>,
) -> Result<(), FileError> {
    let begun = into.entry(key.to_owned()).or_insert_with(|| Entry {
        key: entry.key.clone(),
        node: Node {
            spot: entry.node.spot.clone(),
            value: Value::List(Vec::new()),
        },
    });
    if let Value::List(list) = &mut begun.node.value {
        for item in entry.node.items() {
            add(list, item)?;
        }
    }
    Ok(())
}

/// Adds an entry to a list, or takes one away.
fn add(list: &mut Vec<Node>, item: &Node) -> Result<(), FileError> {
    let text = item.text().unwrap_or_default();
    if let Some(name) = text.strip_prefix('-') {
        let Some(found) = list.iter().position(|known| known.text() == Some(name)) else {
            let message = format!("there is no inherited `{name}` to take away");
            let known: Vec<String> = list
                .iter()
                .filter_map(Node::text)
                .map(str::to_owned)
                .collect();
            return Err(offer(item.error(message), name, known.iter(), "-"));
        };
        list.remove(found);
    } else if !list.iter().any(|known| known.text() == Some(text)) {
        list.push(item.clone());
    }
    Ok(())
}

/// Adds to an error what may have been meant.
pub(super) fn offer<'a>(
    error: FileError,
    name: &str,
    known: impl Iterator<Item = &'a String>,
    mark: &str,
) -> FileError {
    let known: Vec<&str> = known.map(String::as_str).collect();
    match nearest(name, known.iter().copied(), 1).first() {
        Some(near) => error.hint(format!("did you mean `{mark}{near}`?")),
        None if known.is_empty() => error.hint("nothing is inherited here"),
        None => error.hint(format!("there is {}", known.join(", "))),
    }
}

/// Two values that cannot both hold: where they stand, and of which key.
pub(super) struct Clash {
    /// The key, with those above it.
    pub(super) key: String,
    /// The value of the first.
    pub(super) first: Spot,
    /// The value of the second.
    pub(super) second: Spot,
}

/// The first contradiction between two options.
pub(super) fn clash(first: &Table, second: &Table) -> Option<Clash> {
    for (key, left) in first {
        if NOT_MERGED.contains(&key.as_str())
            || ["suites", "architectures", "requires", "excludes"].contains(&key.as_str())
        {
            continue;
        }
        let found = second
            .get(key)
            .and_then(|right| clash_of(key, &left.node, &right.node));
        if found.is_some() {
            return found;
        }
    }
    None
}

/// The first contradiction between two values of one key.
fn clash_of(key: &str, left: &Node, right: &Node) -> Option<Clash> {
    let here = |left: &Node, right: &Node| Clash {
        key: key.to_owned(),
        first: left.spot.clone(),
        second: right.spot.clone(),
    };
    match (&left.value, &right.value) {
        (Value::Table(first), Value::Table(second)) => first.iter().find_map(|(name, left)| {
            let right = second.get(name)?;
            clash_of(&format!("{key}.{name}"), &left.node, &right.node)
        }),
        (Value::List(first), Value::List(second)) => first.iter().find_map(|left| {
            let against = |right: &&Node| {
                let (left, right) = (left.text()?, right.text()?);
                let opposite =
                    left.strip_prefix('-') == Some(right) || right.strip_prefix('-') == Some(left);
                opposite.then_some(())
            };
            let right = second.iter().find(|right| against(right).is_some())?;
            Some(here(left, right))
        }),
        (left_value, right_value) => (left_value != right_value).then(|| here(left, right)),
    }
}
