//! A value of an image's TOML that owns its place, so that values of several files can be merged.
//!
//! [`read`] checks the spelling of keys and the types of values against a [`Shape`] at once, so
//! that the faults of a file are found whether or not anything uses it; what the values mean is
//! judged later, on the merged result.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::shape::{Fields, Shape, names};
use crate::keys::{unknown_key, wrong_type};
use crate::source::{FileError, Source, Spot};

/// A value with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Where it is written; for a table that several files describe, where the first does.
    pub spot: Spot,
    /// What is written.
    pub value: Value,
}

/// What may be written in an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A string.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A truth value.
    Boolean(bool),
    /// A list.
    List(Vec<Node>),
    /// A table.
    Table(Table),
}

/// The entries of a table by key.
pub type Table = BTreeMap<String, Entry>;

/// One entry of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where the key is written.
    pub key: Spot,
    /// The value.
    pub node: Node,
}

impl Node {
    /// The string, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if it is one.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        match self.value {
            Value::Integer(number) => Some(number),
            _ => None,
        }
    }

    /// The truth value, if it is one.
    #[must_use]
    pub fn boolean(&self) -> Option<bool> {
        match self.value {
            Value::Boolean(truth) => Some(truth),
            _ => None,
        }
    }

    /// The items of a list; none if it is another value.
    #[must_use]
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The entries of a table, if it is one.
    #[must_use]
    pub fn table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// An error at this place.
    #[must_use]
    pub fn error(&self, message: impl Into<String>) -> FileError {
        at(&self.spot, message)
    }
}

/// An error at a place.
pub(crate) fn at(spot: &Spot, message: impl Into<String>) -> FileError {
    FileError {
        spot: spot.clone(),
        message: message.into(),
        hint: None,
    }
}

/// Reads a whole document.
pub(super) fn read(
    source: Source<'_>,
    what: &str,
    fields: Fields,
    tree: &Spanned<DeTable<'_>>,
) -> Result<Table, FileError> {
    table(source, what, fields, tree.get_ref())
}

/// Reads a table whose keys are known.
fn table(
    source: Source<'_>,
    what: &str,
    fields: Fields,
    written: &DeTable<'_>,
) -> Result<Table, FileError> {
    let mut table = Table::new();
    for (key, span, value) in in_order(written) {
        let shape = names(fields).find(|(name, _)| *name == key);
        let Some((_, shape)) = shape else {
            let known: Vec<&str> = names(fields).map(|(name, _)| name).collect();
            return Err(unknown_key(source, what, key, &span, &known));
        };
        let node = value_of(source, key, shape, value)?;
        let entry = Entry {
            key: source.spot(&span),
            node,
        };
        table.insert(key.to_owned(), entry);
    }
    Ok(table)
}

/// The entries of a table in the order of the file.
fn in_order<'a>(table: &'a DeTable<'_>) -> Vec<(&'a str, Range<usize>, &'a Spanned<DeValue<'a>>)> {
    let mut entries: Vec<_> = table
        .iter()
        .map(|(key, value)| (key.get_ref().as_ref(), key.span(), value))
        .collect();
    entries.sort_by_key(|(_, span, _)| span.start);
    entries
}

/// Reads one value.
fn value_of(
    source: Source<'_>,
    key: &str,
    shape: &Shape,
    value: &Spanned<DeValue<'_>>,
) -> Result<Node, FileError> {
    let span = value.span();
    let wrong = |expected: &str| wrong_type(source, &span, key, expected, value.get_ref());
    let meant = match (shape, value.get_ref()) {
        (Shape::Text | Shape::Scalar | Shape::Several, DeValue::String(text)) => {
            Value::Text(text.to_string())
        }
        (Shape::Integer | Shape::Scalar, DeValue::Integer(number)) => {
            let parsed = i64::from_str_radix(number.as_str(), number.radix());
            let large = |_| source.error(&span, format!("`{key}` is too large a number"));
            Value::Integer(parsed.map_err(large)?)
        }
        (Shape::Boolean, DeValue::Boolean(truth)) => Value::Boolean(*truth),
        (Shape::List | Shape::Own | Shape::Packages | Shape::Several, DeValue::Array(list)) => {
            let item = |item| value_of(source, key, &Shape::Text, item);
            Value::List(list.iter().map(item).collect::<Result<_, _>>()?)
        }
        (Shape::Lists, DeValue::Array(list)) => {
            let item = |item| value_of(source, key, &Shape::Own, item);
            Value::List(list.iter().map(item).collect::<Result<_, _>>()?)
        }
        (Shape::Table(what, fields), DeValue::Table(written)) => {
            Value::Table(table(source, what, fields, written)?)
        }
        (Shape::Named(inner), DeValue::Table(written)) => {
            Value::Table(named(source, written, |key, value| {
                removed(source, value).map_or_else(|| value_of(source, key, inner, value), Ok)
            })?)
        }
        (Shape::Dotted, DeValue::Table(written)) => {
            let mut flat = Table::new();
            dotted(source, "", written, &mut flat)?;
            Value::Table(flat)
        }
        _ => return Err(shape.expected_with(key, &wrong)),
    };
    Ok(Node {
        spot: source.spot(&span),
        value: meant,
    })
}

/// Reads a table whose keys are names.
fn named(
    source: Source<'_>,
    written: &DeTable<'_>,
    read: impl Fn(&str, &Spanned<DeValue<'_>>) -> Result<Node, FileError>,
) -> Result<Table, FileError> {
    let mut table = Table::new();
    for (key, span, value) in in_order(written) {
        let entry = Entry {
            key: source.spot(&span),
            node: read(key, value)?,
        };
        table.insert(key.to_owned(), entry);
    }
    Ok(table)
}

/// The value `false` where it takes an inherited entry away.
fn removed(source: Source<'_>, value: &Spanned<DeValue<'_>>) -> Option<Node> {
    matches!(value.get_ref(), DeValue::Boolean(false)).then(|| Node {
        spot: source.spot(&value.span()),
        value: Value::Boolean(false),
    })
}

/// Reads a table whose keys are dotted names, in quotes or not.
fn dotted(
    source: Source<'_>,
    before: &str,
    written: &DeTable<'_>,
    flat: &mut Table,
) -> Result<(), FileError> {
    for (key, span, value) in in_order(written) {
        let name = if before.is_empty() {
            key.to_owned()
        } else {
            format!("{before}.{key}")
        };
        if let DeValue::Table(inner) = value.get_ref() {
            dotted(source, &name, inner, flat)?;
            continue;
        }
        let node = match removed(source, value) {
            Some(node) => node,
            None => value_of(source, &name, &Shape::Scalar, value)?,
        };
        let entry = Entry {
            key: source.spot(&span),
            node,
        };
        if flat.insert(name.clone(), entry).is_some() {
            return Err(source.error(&span, format!("`{name}` stands here twice")));
        }
    }
    Ok(())
}
