//! Walks a TOML table key by key, so that every error has a place and unknown keys are found.
//!
//! A reader asks for the keys it knows; [`Keys::finish`] then complains about the first key in
//! the file that nobody asked for and offers the nearest one that was.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::nearest::nearest;
use crate::source::{FileError, Source};

/// A text as written, with its place.
pub(crate) type Text = Spanned<String>;

/// The keys of one table.
pub(crate) struct Keys<'a> {
    source: Source<'a>,
    /// What the table describes, with its article: "an image".
    what: &'static str,
    table: &'a DeTable<'a>,
    span: Range<usize>,
    asked: Vec<&'static str>,
}

/// Parses a TOML text; the caller keeps the tree and walks it with [`Keys::root`].
pub(crate) fn parse<'a>(source: Source<'a>) -> Result<Spanned<DeTable<'a>>, FileError> {
    if let Some(line) = conflict_marker(source.text) {
        let message = "unresolved merge conflict in this file";
        return Err(source
            .error(&line, message)
            .hint("take one side, or both, and remove the markers"));
    }
    DeTable::parse(source.text).map_err(|error| {
        let end = source.text.len();
        let span = error.span().unwrap_or(end..end);
        source.error(&span, format!("this is not TOML: {}", error.message()))
    })
}

/// The range of the first line that git leaves behind when a merge fails.
fn conflict_marker(text: &str) -> Option<Range<usize>> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end();
        let marked = ["<<<<<<<", ">>>>>>>", "|||||||"]
            .iter()
            .any(|marker| bare == *marker || bare.starts_with(&format!("{marker} ")));
        if marked || bare == "=======" {
            return Some(start..start + bare.len());
        }
        start += line.len();
    }
    None
}

impl<'a> Keys<'a> {
    /// The keys of a whole document.
    pub(crate) fn root(
        source: Source<'a>,
        what: &'static str,
        table: &'a Spanned<DeTable<'a>>,
    ) -> Keys<'a> {
        Keys {
            source,
            what,
            table: table.get_ref(),
            span: table.span(),
            asked: Vec::new(),
        }
    }

    /// The keys of a value that must be a table.
    pub(crate) fn of(
        source: Source<'a>,
        what: &'static str,
        value: &'a Spanned<DeValue<'a>>,
    ) -> Result<Keys<'a>, FileError> {
        match value.get_ref() {
            DeValue::Table(table) => Ok(Keys {
                source,
                what,
                table,
                span: value.span(),
                asked: Vec::new(),
            }),
            other => Err(wrong_type(source, &value.span(), what, "a table", other)),
        }
    }

    /// The value of a key, if it is there.
    pub(crate) fn value(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.push(key);
        self.table.get(key)
    }

    /// Every key with its value, in the order of the file; for tables whose keys are names.
    pub(crate) fn entries(&self) -> Vec<(Text, &'a Spanned<DeValue<'a>>)> {
        let mut entries: Vec<_> = self
            .table
            .iter()
            .map(|(key, value)| (Spanned::new(key.span(), key.get_ref().to_string()), value))
            .collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        entries
    }

    /// A string.
    pub(crate) fn string(&mut self, key: &'static str) -> Result<Option<Text>, FileError> {
        let source = self.source;
        self.value(key)
            .map(|value| string(source, key, value))
            .transpose()
    }

    /// A string that must be there.
    pub(crate) fn required_string(&mut self, key: &'static str) -> Result<Text, FileError> {
        let found = self.string(key)?;
        found.ok_or_else(|| self.missing(key))
    }

    /// A list of strings.
    pub(crate) fn strings(&mut self, key: &'static str) -> Result<Option<Vec<Text>>, FileError> {
        let source = self.source;
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        let DeValue::Array(list) = value.get_ref() else {
            return Err(wrong_type(
                source,
                &value.span(),
                key,
                "a list of strings",
                value.get_ref(),
            )
            .hint(format!("{key} = [\"…\"]")));
        };
        list.iter()
            .map(|item| string(source, key, item))
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// A truth value.
    pub(crate) fn boolean(&mut self, key: &'static str) -> Result<Option<bool>, FileError> {
        let source = self.source;
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        match value.get_ref() {
            DeValue::Boolean(boolean) => Ok(Some(*boolean)),
            other => Err(wrong_type(
                source,
                &value.span(),
                key,
                "true or false",
                other,
            )),
        }
    }

    /// A whole number.
    pub(crate) fn integer(&mut self, key: &'static str) -> Result<Option<Spanned<i64>>, FileError> {
        let source = self.source;
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        let DeValue::Integer(number) = value.get_ref() else {
            return Err(wrong_type(
                source,
                &value.span(),
                key,
                "a whole number",
                value.get_ref(),
            ));
        };
        let digits = number.as_str();
        i64::from_str_radix(digits, number.radix())
            .map(|parsed| Some(Spanned::new(value.span(), parsed)))
            .map_err(|_| source.error(&value.span(), format!("`{key}` is too large a number")))
    }

    /// A whole number that must be there and must not be negative.
    pub(crate) fn required_size(&mut self, key: &'static str) -> Result<u64, FileError> {
        let number = self.integer(key)?.ok_or_else(|| self.missing(key))?;
        u64::try_from(*number.get_ref()).map_err(|_| {
            self.source
                .error(&number.span(), format!("`{key}` must not be negative"))
        })
    }

    /// A list of tables, as `[[key]]` makes it; empty if it is not there.
    pub(crate) fn tables(
        &mut self,
        key: &'static str,
        what: &'static str,
    ) -> Result<Vec<Keys<'a>>, FileError> {
        let source = self.source;
        let Some(value) = self.value(key) else {
            return Ok(Vec::new());
        };
        let DeValue::Array(list) = value.get_ref() else {
            return Err(wrong_type(
                source,
                &value.span(),
                key,
                "a list of tables",
                value.get_ref(),
            ));
        };
        list.iter()
            .map(|item| Keys::of(source, what, item))
            .collect()
    }

    /// A table within this one.
    pub(crate) fn table(
        &mut self,
        key: &'static str,
        what: &'static str,
    ) -> Result<Option<Keys<'a>>, FileError> {
        let source = self.source;
        self.value(key)
            .map(|value| Keys::of(source, what, value))
            .transpose()
    }

    /// Complains about the first key of the file that was not asked for.
    pub(crate) fn finish(&self) -> Result<(), FileError> {
        let unknown = self
            .entries()
            .into_iter()
            .find(|(key, _)| !self.asked.iter().any(|known| known == key.get_ref()));
        let Some((key, _)) = unknown else {
            return Ok(());
        };
        Err(unknown_key(
            self.source,
            self.what,
            key.get_ref(),
            &key.span(),
            &self.asked,
        ))
    }

    /// The error that a key is missing, at the head of the table.
    pub(crate) fn missing(&self, key: &str) -> FileError {
        self.source
            .error(&self.span, format!("{} needs the key `{key}`", self.what))
    }

    /// An error about the whole table.
    pub(crate) fn error(&self, message: impl Into<String>) -> FileError {
        self.source.error(&self.span, message)
    }

    /// Where this table begins.
    pub(crate) fn span(&self) -> Range<usize> {
        self.span.clone()
    }
}

/// The error for a key that `what` does not have.
pub(crate) fn unknown_key(
    source: Source<'_>,
    what: &str,
    key: &str,
    span: &Range<usize>,
    known: &[&str],
) -> FileError {
    let error = source.error(span, format!("unknown key `{key}`"));
    match nearest(key, known.iter().copied(), 1).first() {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint(format!("{what} has the keys {}", known.join(", "))),
    }
}

/// A value that must be a string.
fn string(source: Source<'_>, key: &str, value: &Spanned<DeValue<'_>>) -> Result<Text, FileError> {
    match value.get_ref() {
        DeValue::String(text) => Ok(Spanned::new(value.span(), text.to_string())),
        other => Err(wrong_type(source, &value.span(), key, "a string", other)),
    }
}

/// The error for a value of another type than expected.
pub(crate) fn wrong_type(
    source: Source<'_>,
    span: &Range<usize>,
    key: &str,
    expected: &str,
    found: &DeValue<'_>,
) -> FileError {
    let subject = if key.contains(' ') {
        key.to_owned()
    } else {
        format!("`{key}`")
    };
    source.error(
        span,
        format!("{subject} must be {expected}, not {}", type_name(found)),
    )
}

/// The type of a value in a person's words.
fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
