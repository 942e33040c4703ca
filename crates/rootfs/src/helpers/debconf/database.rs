//! The files in which debconf keeps questions and templates, in the form that it calls `822`.
//!
//! Texts are bytes, as they are to the original. What it would read with a warning is read by
//! nobody here: the original is left to make sense of it.

use std::collections::{BTreeMap, BTreeSet};

/// A text of debconf.
pub(super) type Text = Vec<u8>;

/// One question or template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Item {
    /// Who needs it.
    pub(super) owners: BTreeSet<Text>,
    /// Its fields, by their names in small letters.
    pub(super) fields: BTreeMap<Text, Text>,
    /// What is put into its texts.
    pub(super) variables: BTreeMap<Text, Text>,
    /// `true`, or what else was said of a flag; only the former is kept.
    pub(super) flags: BTreeMap<Text, Text>,
}

/// All items of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Database {
    items: BTreeMap<Text, Item>,
    /// Whether it must be written again.
    pub(super) changed: bool,
}

impl Database {
    /// Reads a file; `None` where it has what the original never wrote.
    pub(super) fn parse(bytes: &[u8]) -> Option<Database> {
        let mut items = BTreeMap::new();
        let mut lines = bytes.split(|byte| *byte == b'\n').peekable();
        while lines.peek().is_some_and(|line| !line.is_empty()) {
            let (name, item) = parse_item(&mut lines)?;
            items.insert(name, item);
        }
        lines.all(<[u8]>::is_empty).then_some(Database {
            items,
            changed: false,
        })
    }

    /// The file.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (name, item) in &self.items {
            write_item(name, item, &mut bytes);
        }
        bytes
    }

    /// An item.
    pub(super) fn get(&self, name: &[u8]) -> Option<&Item> {
        self.items.get(name)
    }

    /// An item that is about to be changed.
    pub(super) fn change(&mut self, name: &[u8]) -> Option<&mut Item> {
        let item = self.items.get_mut(name)?;
        self.changed = true;
        Some(item)
    }

    /// All names.
    pub(super) fn names(&self) -> impl Iterator<Item = &Text> {
        self.items.keys()
    }

    /// Adds an owner; an item that nobody owned is made.
    pub(super) fn add_owner(&mut self, name: &[u8], owner: &[u8]) {
        let item = self.items.entry(name.to_vec()).or_default();
        self.changed |= item.owners.insert(owner.to_vec());
    }

    /// Takes an owner away, and the item with its last one.
    pub(super) fn remove_owner(&mut self, name: &[u8], owner: &[u8]) {
        let Some(item) = self.items.get_mut(name) else {
            return;
        };
        self.changed |= item.owners.remove(owner);
        if item.owners.is_empty() {
            self.items.remove(name);
            self.changed = true;
        }
    }
}

/// Reads the lines of one item and the empty one behind it.
fn parse_item<'a>(lines: &mut impl Iterator<Item = &'a [u8]>) -> Option<(Text, Item)> {
    let mut name = None;
    let mut item = Item::default();
    let mut in_variables = false;
    for line in lines {
        if line.is_empty() {
            break;
        }
        if in_variables && line[0].is_ascii_whitespace() {
            let at = line.iter().position(|byte| *byte == b'=')?;
            let variable = line[..at].trim_ascii().to_vec();
            let value = &line[at + 1..];
            let value = value.strip_prefix(b" ").unwrap_or(value);
            item.variables.insert(variable, from_line(value));
            continue;
        }
        in_variables = false;
        let at = line.iter().position(|byte| *byte == b':')?;
        let key = line[..at].to_ascii_lowercase();
        let value = &line[at + 1..];
        let value = match value.first() {
            Some(first) if first.is_ascii_whitespace() => &value[1..],
            _ => value,
        };
        match &key[..] {
            b"" => return None,
            b"name" => name = Some(value.to_vec()),
            b"owners" => item.owners.extend(listed(value)),
            b"flags" => {
                let flags = listed(value).into_iter();
                item.flags
                    .extend(flags.map(|flag| (flag, b"true".to_vec())));
            }
            b"variables" => in_variables = true,
            _ => {
                item.fields.insert(key, from_line(value));
            }
        }
    }
    Some((name?, item))
}

/// The words of a list with commas and blanks between them.
fn listed(value: &[u8]) -> Vec<Text> {
    let mut words = vec![Vec::new()];
    let mut at = 0;
    while at < value.len() {
        let blanks = value[at + 1..]
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        if value[at] == b',' && blanks > 0 {
            words.push(Vec::new());
            at += blanks;
        } else if let Some(word) = words.last_mut() {
            word.push(value[at]);
        }
        at += 1;
    }
    words.retain(|word| !word.is_empty());
    words
}

fn write_item(name: &[u8], item: &Item, bytes: &mut Vec<u8>) {
    let mut line = |parts: &[&[u8]]| {
        parts.iter().for_each(|part| bytes.extend_from_slice(part));
        bytes.push(b'\n');
    };
    line(&[b"Name: ", name]);
    for (field, value) in &item.fields {
        let mut field = field.clone();
        field[..1].make_ascii_uppercase();
        line(&[&field, b": ", &to_line(value)]);
    }
    let joined = |words: Vec<&[u8]>| words.join(&b", "[..]);
    if !item.owners.is_empty() {
        let owners = item.owners.iter().map(Vec::as_slice).collect();
        line(&[b"Owners: ", &joined(owners)]);
    }
    let set = item.flags.iter().filter(|(_, value)| *value == b"true");
    let flags: Vec<&[u8]> = set.map(|(flag, _)| &flag[..]).collect();
    if !flags.is_empty() {
        line(&[b"Flags: ", &joined(flags)]);
    }
    if !item.variables.is_empty() {
        line(&[b"Variables:"]);
        for (variable, value) in &item.variables {
            line(&[b" ", variable, b" = ", &to_line(value)]);
        }
    }
    line(&[]);
}

/// A value with the line breaks that `\n` in a file means.
fn from_line(value: &[u8]) -> Text {
    let mut text = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((first, after)) = rest.split_first() {
        match (first, after.first()) {
            (b'\\', Some(b'n')) => {
                text.push(b'\n');
                rest = &after[1..];
            }
            _ => {
                text.push(*first);
                rest = after;
            }
        }
    }
    text
}

/// A value on one line.
fn to_line(value: &[u8]) -> Text {
    let mut line = Vec::with_capacity(value.len());
    for byte in value {
        match byte {
            b'\n' => line.extend_from_slice(b"\\n"),
            other => line.push(*other),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_and_written_as_it_was() {
        let text = b"Name: a/b\nTemplate: a/b\nValue: one\\ntwo\nOwners: a, libc6:amd64\n\
                     Flags: seen\nVariables:\n X = 1 = 2\n empty = \n\n\
                     Name: c\nDefault: \nOwners: d\n\n";
        let database = Database::parse(text).unwrap();
        assert_eq!(database.bytes(), text);
        let item = database.get(b"a/b").unwrap();
        assert_eq!(item.fields[&b"value"[..]], b"one\ntwo");
        assert_eq!(item.variables[&b"X"[..]], b"1 = 2");
        assert!(item.owners.contains(&b"libc6:amd64"[..]));
        assert_eq!(Database::parse(b"").unwrap(), Database::default());
    }

    #[test]
    fn what_debconf_never_writes_is_not_read() {
        for text in [
            "Name: a\nno colon\n\n",
            "Owners: b\n\n",
            "Name: a\n\n\n\nName: b\n\n",
            "Name: a\n: empty\n\n",
            "Name: a\nVariables:\n none\n\n",
        ] {
            assert_eq!(Database::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn an_item_goes_with_its_last_owner() {
        let mut database = Database::parse(b"Name: a\nOwners: x, y\n\n").unwrap();
        database.remove_owner(b"a", b"z");
        assert!(!database.changed);
        database.remove_owner(b"a", b"x");
        assert!(database.changed && database.get(b"a").is_some());
        database.remove_owner(b"a", b"y");
        assert_eq!(database.bytes(), b"");
    }
}
