//! The values of a composed image as a flat list, each with the place that gives it.

use super::compose::Composition;
use super::node::{Node, Table, Value};
use super::shape::{IMAGE_FIELDS, names};
use crate::source::Spot;

/// One value of a composed image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedValue {
    /// The key with those above it, as in `system.hostname`.
    pub key: String,
    /// The value, as TOML writes it where it is not a string.
    pub value: String,
    /// Where it is written.
    pub spot: Spot,
}

impl Composition {
    /// Every value, keys in the order of the documentation, lists one entry a line. Packages are
    /// those for this architecture, with sets taken apart.
    #[must_use]
    pub fn listed(&self) -> Vec<ListedValue> {
        let mut listed = Vec::new();
        let wanted = self
            .entries
            .iter()
            .filter(|entry| entry.restriction.allows(&self.architecture));
        for entry in wanted {
            listed.push(ListedValue {
                key: "packages".to_owned(),
                value: entry.wish.to_string(),
                spot: entry.spot.clone(),
            });
        }
        for (key, _) in names(IMAGE_FIELDS).filter(|(key, _)| *key != "packages") {
            if let Some(entry) = self.values.get(key) {
                add(key, &entry.node, &mut listed);
            }
        }
        listed
    }
}

/// Adds a value, or the values in it.
fn add(key: &str, node: &Node, listed: &mut Vec<ListedValue>) {
    let mut push = |value: String| {
        listed.push(ListedValue {
            key: key.to_owned(),
            value,
            spot: node.spot.clone(),
        });
    };
    match &node.value {
        Value::Text(text) => push(text.clone()),
        Value::Integer(number) => push(number.to_string()),
        Value::Boolean(truth) => push(truth.to_string()),
        Value::List(items) => {
            if items
                .iter()
                .all(|item| matches!(item.value, Value::List(_)))
            {
                for item in items {
                    add_list(key, item, listed);
                }
                return;
            }
            for item in items {
                add(key, item, listed);
            }
        }
        Value::Table(table) if table.is_empty() => push("{}".to_owned()),
        Value::Table(table) => add_table(key, table, listed),
    }
}

/// Adds a list within a list on one line.
fn add_list(key: &str, node: &Node, listed: &mut Vec<ListedValue>) {
    let names: Vec<&str> = node.items().iter().filter_map(Node::text).collect();
    listed.push(ListedValue {
        key: key.to_owned(),
        value: names.join(", "),
        spot: node.spot.clone(),
    });
}

fn add_table(key: &str, table: &Table, listed: &mut Vec<ListedValue>) {
    for (name, entry) in table {
        let bare = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
        let name = if name.chars().all(bare) {
            name.clone()
        } else {
            format!("{name:?}")
        };
        add(&format!("{key}.{name}"), &entry.node, listed);
    }
}
