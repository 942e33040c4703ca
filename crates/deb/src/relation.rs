//! Relations between packages: `Depends`, `Conflicts`, `Provides`, `Build-Depends` and kin.
//!
//! A field is a list of groups divided by `,`; a group is a list of alternatives divided by
//! `|`; an alternative is `name:qualifier (operator version) [architectures] <profiles>`.
//! See Debian Policy 7.1 and, for `<profiles>`, the build profile specification. As dpkg
//! does, `<` and `>` are read as `<=` and `>=`, and `(1.0)` as `(= 1.0)`. One comma may
//! stand at the end of a field.

mod architecture;
mod parse;

use std::cmp::Ordering;
use std::fmt;

pub use architecture::architecture_matches;
pub use parse::parse_groups;

use crate::version;

/// How a version must compare to the one that is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// `<<`: strictly older.
    Less,
    /// `<=`: older or the same.
    LessEqual,
    /// `=`: the same.
    Equal,
    /// `>=`: the same or newer.
    GreaterEqual,
    /// `>>`: strictly newer.
    Greater,
}

impl Operator {
    /// Tells whether `order`, that of the present version to the named one, is allowed.
    pub fn allows(self, order: Ordering) -> bool {
        match self {
            Self::Less => order == Ordering::Less,
            Self::LessEqual => order != Ordering::Greater,
            Self::Equal => order == Ordering::Equal,
            Self::GreaterEqual => order != Ordering::Less,
            Self::Greater => order == Ordering::Greater,
        }
    }

    /// The operator as Debian writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Less => "<<",
            Self::LessEqual => "<=",
            Self::Equal => "=",
            Self::GreaterEqual => ">=",
            Self::Greater => ">>",
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// A bound on the version of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Constraint<'a> {
    /// How to compare.
    pub operator: Operator,
    /// What to compare with.
    pub version: &'a str,
}

impl Constraint<'_> {
    /// Tells whether `version` is within the bound.
    pub fn satisfied_by(&self, version: &str) -> bool {
        self.operator
            .allows(version::compare(version, self.version))
    }
}

/// One package that is named, with what must be true of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Relation<'a> {
    /// The name of the package.
    pub name: &'a str,
    /// What stands after the colon: `any`, `native` or an architecture.
    pub qualifier: Option<&'a str>,
    /// The bound on the version.
    pub constraint: Option<Constraint<'a>>,
    /// The architectures in brackets, each with whether it is negated.
    pub architectures: Vec<(bool, &'a str)>,
    /// The build profiles, a list for each pair of angle brackets.
    pub profiles: Vec<Vec<(bool, &'a str)>>,
}

impl Relation<'_> {
    /// Tells whether `version` is within the bound; without one, every version is.
    pub fn satisfied_by(&self, version: &str) -> bool {
        self.constraint
            .is_none_or(|constraint| constraint.satisfied_by(version))
    }

    /// Tells whether the relation counts on architecture `arch` with these build profiles.
    pub fn applies(&self, arch: &str, active_profiles: &[&str]) -> bool {
        self.applies_to_architecture(arch) && self.applies_with_profiles(active_profiles)
    }

    fn applies_to_architecture(&self, arch: &str) -> bool {
        // The first entry that matches decides. If none does, the relation counts only if
        // there is no list or it names what is excluded, as in dpkg's debarch_is_concerned.
        let hit = self
            .architectures
            .iter()
            .find(|(_, name)| architecture_matches(name, arch));
        match hit {
            Some((negated, _)) => !negated,
            None => {
                self.architectures.is_empty()
                    || self.architectures.iter().any(|(negated, _)| *negated)
            }
        }
    }

    fn applies_with_profiles(&self, active: &[&str]) -> bool {
        self.profiles.is_empty()
            || self.profiles.iter().any(|list| {
                list.iter()
                    .all(|(negated, name)| active.contains(name) != *negated)
            })
    }
}

impl fmt::Display for Relation<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)?;
        if let Some(qualifier) = self.qualifier {
            write!(formatter, ":{qualifier}")?;
        }
        if let Some(Constraint { operator, version }) = self.constraint {
            write!(formatter, " ({operator} {version})")?;
        }
        write_list(formatter, &self.architectures, '[', ']')?;
        self.profiles
            .iter()
            .try_for_each(|list| write_list(formatter, list, '<', '>'))
    }
}

fn write_list(
    formatter: &mut fmt::Formatter<'_>,
    list: &[(bool, &str)],
    open: char,
    close: char,
) -> fmt::Result {
    for (index, (negated, name)) in list.iter().enumerate() {
        let lead = if index == 0 {
            format!(" {open}")
        } else {
            " ".to_owned()
        };
        write!(formatter, "{lead}{}{name}", if *negated { "!" } else { "" })?;
    }
    if list.is_empty() {
        Ok(())
    } else {
        write!(formatter, "{close}")
    }
}

/// Relations of which one suffices: what stands between two commas.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Group<'a> {
    /// The text as written, without blanks around it.
    pub text: &'a str,
    /// The alternatives in the order as written, at least one.
    pub alternatives: Vec<Relation<'a>>,
}

impl fmt::Display for Group<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, relation) in self.alternatives.iter().enumerate() {
            if index > 0 {
                formatter.write_str(" | ")?;
            }
            write!(formatter, "{relation}")?;
        }
        Ok(())
    }
}

/// A place in a relation field that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset}: {problem}")]
pub struct RelationError {
    /// The byte in the text of the field at which reading stopped.
    pub offset: usize,
    /// What was expected there.
    pub problem: RelationProblem,
}

/// What is wrong in a relation field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RelationProblem {
    /// No package name stands where one must.
    #[error("expected a package name, found {0}")]
    Name(String),
    /// No architecture stands after a colon or in brackets.
    #[error("expected an architecture, found {0}")]
    Architecture(String),
    /// No build profile stands in angle brackets.
    #[error("expected a build profile, found {0}")]
    Profile(String),
    /// The operator is none of Debian's.
    #[error("expected one of `<<`, `<=`, `=`, `>=`, `>>`, found `{0}`")]
    Operator(String),
    /// The version is none.
    #[error(transparent)]
    Version(#[from] version::VersionError),
    /// A bracket is not closed.
    #[error("expected `{expected}`, found {found}")]
    Unclosed {
        /// The missing bracket.
        expected: char,
        /// What stands there.
        found: String,
    },
    /// The field names more than any field does.
    #[error("more than {0} names in one field")]
    TooMany(usize),
    /// Something follows a whole relation.
    #[error("expected `,` or `|` or the end, found {0}")]
    Trailing(String),
}

#[cfg(test)]
mod tests;
