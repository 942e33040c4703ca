//! Fields of one kind: needed or not, a flag, a number, a name; with errors that say where.

use crate::deb822::{Field, Paragraph};
use crate::version;

/// A field of a package's paragraph that is missing or cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: field {field}: expected {expected}, found {found}")]
pub struct RecordError {
    /// The line of the field, or of the paragraph if the field is missing.
    pub line: u64,
    /// The name of the field.
    pub field: &'static str,
    /// What should stand there.
    pub expected: &'static str,
    /// What stands there, in backquotes and cut to 80 characters, or `nothing`.
    pub found: String,
}

/// The fields of a paragraph, asked for by their kind.
pub(super) struct Fields<'p, 'a>(pub(super) &'p Paragraph<'a>);

impl<'a> Fields<'_, 'a> {
    /// The whole value, if the field is there and not empty.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.0
            .get(name)
            .map(|field| field.value)
            .filter(|value| !value.is_empty())
    }

    /// The first line of the value, if the field is there and that line is not empty.
    pub(super) fn first_line(&self, name: &str) -> Option<&'a str> {
        self.0
            .get(name)
            .map(|field| field.first_line())
            .filter(|line| !line.is_empty())
    }

    /// A field that must be there and hold one word that `accepts` allows.
    pub(super) fn required(
        &self,
        field: &'static str,
        expected: &'static str,
        accepts: impl FnOnce(&str) -> bool,
    ) -> Result<&'a str, RecordError> {
        let found = self.0.get(field);
        match found {
            Some(Field { value, .. }) if accepts(value) => Ok(value),
            _ => Err(self.error(field, expected)),
        }
    }

    /// A `yes` or `no` in any case, as for dpkg; a missing field is `no`.
    pub(super) fn flag(&self, name: &'static str) -> Result<bool, RecordError> {
        match self.0.get(name).map(|field| field.value) {
            None => Ok(false),
            Some(value) if value.eq_ignore_ascii_case("no") => Ok(false),
            Some(value) if value.eq_ignore_ascii_case("yes") => Ok(true),
            Some(_) => Err(self.error(name, "`yes` or `no`")),
        }
    }

    /// A number, if the field is there.
    pub(super) fn number(&self, name: &'static str) -> Result<Option<u64>, RecordError> {
        match self.0.get(name) {
            None => Ok(None),
            Some(field) => match number(field.value) {
                Some(value) => Ok(Some(value)),
                None => Err(self.error(name, "a number")),
            },
        }
    }

    /// The error that field `name` is not what is expected.
    pub(super) fn error(&self, name: &'static str, expected: &'static str) -> RecordError {
        match self.0.get(name) {
            None => {
                let (line, found) = (self.0.line(), "nothing".to_owned());
                RecordError {
                    line,
                    field: name,
                    expected,
                    found,
                }
            }
            Some(field) => error_at(field.line, name, expected, field.value),
        }
    }
}

/// The error that `found` stands in line `line` instead of what is expected.
pub(super) fn error_at(
    line: u64,
    field: &'static str,
    expected: &'static str,
    found: &str,
) -> RecordError {
    let found = format!("`{}`", found.chars().take(80).collect::<String>());
    RecordError {
        line,
        field,
        expected,
        found,
    }
}

/// Reads plain decimal digits.
pub(super) fn number(text: &str) -> Option<u64> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

/// Tells whether dpkg takes this as the name of a package.
pub(super) fn is_package_name(name: &str) -> bool {
    name.as_bytes()
        .first()
        .is_some_and(u8::is_ascii_alphanumeric)
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte))
}

/// Tells whether this can be the name of one architecture.
pub(super) fn is_architecture(name: &str) -> bool {
    name.as_bytes()
        .first()
        .is_some_and(u8::is_ascii_alphanumeric)
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Tells whether dpkg takes this as a version.
pub(super) fn is_version(text: &str) -> bool {
    version::validate(text).is_ok()
}
