//! The parser of relation fields: one pass over the bytes, names borrowed.

use super::{Constraint, Group, Operator, Relation, RelationError, RelationProblem};
use crate::version;

/// More names, architectures and profiles than any field has. What is read takes some
/// fifty times the memory of its text, so a bound on the text alone is not enough.
const MAX_ITEMS: usize = 100_000;

/// Reads a whole field, such as the value of `Depends`; an empty one has no groups.
pub fn parse_groups(text: &str) -> Result<Vec<Group<'_>>, RelationError> {
    let mut parser = Parser {
        text,
        offset: 0,
        items: 0,
    };
    let mut groups = Vec::new();
    parser.skip_blanks();
    while parser.peek().is_some() {
        groups.push(parser.group()?);
        if parser.take(b',') {
            parser.skip_blanks();
        }
    }
    Ok(groups)
}

struct Parser<'a> {
    text: &'a str,
    offset: usize,
    items: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.offset).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.offset += usize::from(found);
        found
    }

    fn take_while(&mut self, allowed: impl Fn(u8) -> bool) -> &'a str {
        let rest = &self.text.as_bytes()[self.offset..];
        let length = rest.iter().take_while(|byte| allowed(**byte)).count();
        let start = self.offset;
        self.offset += length;
        // Only ASCII is ever allowed, so that these are character boundaries.
        &self.text[start..start + length]
    }

    fn skip_blanks(&mut self) {
        self.take_while(is_blank);
    }

    fn fail<T>(&self, problem: RelationProblem) -> Result<T, RelationError> {
        Err(RelationError {
            offset: self.offset,
            problem,
        })
    }

    fn count(&mut self) -> Result<(), RelationError> {
        self.items += 1;
        if self.items > MAX_ITEMS {
            return self.fail(RelationProblem::TooMany(MAX_ITEMS));
        }
        Ok(())
    }

    /// Describes the character at the present place for an error.
    fn found(&self) -> String {
        match self.text[self.offset..].chars().next() {
            Some(character) => format!("{character:?}"),
            None => "the end".to_owned(),
        }
    }

    fn group(&mut self) -> Result<Group<'a>, RelationError> {
        let start = self.offset;
        let mut alternatives = Vec::with_capacity(1);
        loop {
            alternatives.push(self.relation()?);
            match self.peek() {
                None | Some(b',') => break,
                Some(b'|') => self.offset += 1,
                Some(_) => return self.fail(RelationProblem::Trailing(self.found())),
            }
            self.skip_blanks();
        }
        Ok(Group {
            text: self.text[start..self.offset].trim_end(),
            alternatives,
        })
    }

    fn relation(&mut self) -> Result<Relation<'a>, RelationError> {
        self.count()?;
        let name = self.name()?;
        let qualifier = if self.take(b':') {
            Some(self.architecture()?)
        } else {
            None
        };
        self.skip_blanks();
        let constraint = if self.take(b'(') {
            Some(self.constraint()?)
        } else {
            None
        };
        self.skip_blanks();
        let architectures = if self.take(b'[') {
            self.architectures()?
        } else {
            Vec::new()
        };
        self.skip_blanks();
        let mut profiles = Vec::new();
        while self.take(b'<') {
            profiles.push(self.profiles()?);
            self.skip_blanks();
        }
        Ok(Relation {
            name,
            qualifier,
            constraint,
            architectures,
            profiles,
        })
    }

    /// Reads a package name as dpkg bounds it, wider than Policy 5.6.1 does.
    fn name(&mut self) -> Result<&'a str, RelationError> {
        if !self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric()) {
            return self.fail(RelationProblem::Name(self.found()));
        }
        Ok(self.take_while(|byte| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte)))
    }

    fn architecture(&mut self) -> Result<&'a str, RelationError> {
        let name = self.take_while(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if name.is_empty() {
            return self.fail(RelationProblem::Architecture(self.found()));
        }
        Ok(name)
    }

    fn constraint(&mut self) -> Result<Constraint<'a>, RelationError> {
        self.skip_blanks();
        let start = self.offset;
        let operator = match self.take_while(|byte| b"<=>".contains(&byte)) {
            "<<" => Operator::Less,
            "<=" | "<" => Operator::LessEqual,
            "=" | "" => Operator::Equal,
            ">=" | ">" => Operator::GreaterEqual,
            ">>" => Operator::Greater,
            other => {
                let problem = RelationProblem::Operator(other.chars().take(10).collect());
                return Err(RelationError {
                    offset: start,
                    problem,
                });
            }
        };
        self.skip_blanks();
        let start = self.offset;
        let version = self.take_while(|byte| !is_blank(byte) && byte != b')' && byte.is_ascii());
        version::validate(version).map_err(|error| RelationError {
            offset: start,
            problem: error.into(),
        })?;
        self.skip_blanks();
        self.close(b')')?;
        Ok(Constraint { operator, version })
    }

    fn close(&mut self, bracket: u8) -> Result<(), RelationError> {
        if self.take(bracket) {
            return Ok(());
        }
        let expected = char::from(bracket);
        self.fail(RelationProblem::Unclosed {
            expected,
            found: self.found(),
        })
    }

    fn architectures(&mut self) -> Result<Vec<(bool, &'a str)>, RelationError> {
        let mut list = Vec::new();
        self.skip_blanks();
        loop {
            self.count()?;
            let negated = self.take(b'!');
            list.push((negated, self.architecture()?));
            self.skip_blanks();
            if matches!(self.peek(), None | Some(b',' | b'|')) || self.peek() == Some(b']') {
                self.close(b']')?;
                return Ok(list);
            }
        }
    }

    fn profiles(&mut self) -> Result<Vec<(bool, &'a str)>, RelationError> {
        let mut list = Vec::new();
        self.skip_blanks();
        loop {
            self.count()?;
            let negated = self.take(b'!');
            let name =
                self.take_while(|byte| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte));
            if name.is_empty() {
                return self.fail(RelationProblem::Profile(self.found()));
            }
            list.push((negated, name));
            self.skip_blanks();
            if matches!(self.peek(), None | Some(b',' | b'|' | b'>')) {
                self.close(b'>')?;
                return Ok(list);
            }
        }
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}
