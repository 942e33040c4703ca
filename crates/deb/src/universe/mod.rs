//! The package universe: every package of a set of indices, linked, as flat tables.
//!
//! A universe is built once from `Packages` (and `Sources`) text by [`UniverseBuilder`] and read
//! many times through [`Universe`], a view over bytes that may be a mapped file. Everything a
//! resolver asks again and again is answered at build time: which packages satisfy a relation, in
//! which order apt would try them, and who conflicts with whom.
//!
//! The file is a header (magic, format, length, table directory) and then tables of `u32` in the
//! machine's own byte order, which the magic records; a file of another order or format is
//! simply built anew. Text is interned in one pool; number 0 is the empty string.

mod builder;
mod intern;
mod layout;
mod link;
#[cfg(test)]
mod tests;
mod view;

pub use crate::record::MultiArch;
pub use builder::{BuildError, UniverseBuilder};
pub use layout::UniverseError;
pub use view::{Atom, Dependency, Origin, Package, Provider, Universe};

/// A package of a universe: a version of a binary package for an architecture, or a source.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PackageId(pub u32);

/// A name of a universe, of real packages, virtual ones or both.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NameId(pub u32);

/// A group of alternatives (`a | b`), shared by all packages that write it alike.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct GroupId(pub u32);

/// One alternative of a group.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AtomId(pub u32);

/// A relationship field, in the order in which apt reads them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Field {
    /// `Pre-Depends`
    PreDepends,
    /// `Depends`
    Depends,
    /// `Conflicts`
    Conflicts,
    /// `Breaks`
    Breaks,
    /// `Recommends`
    Recommends,
    /// `Suggests`
    Suggests,
    /// `Replaces`
    Replaces,
    /// `Enhances`
    Enhances,
    /// `Build-Depends`
    BuildDepends,
    /// `Build-Depends-Arch`
    BuildDependsArch,
    /// `Build-Depends-Indep`
    BuildDependsIndep,
    /// `Build-Conflicts`
    BuildConflicts,
    /// `Build-Conflicts-Arch`
    BuildConflictsArch,
    /// `Build-Conflicts-Indep`
    BuildConflictsIndep,
}

impl Field {
    /// All fields, so that `ALL[field as usize] == field`.
    pub const ALL: [Field; 14] = [
        Field::PreDepends,
        Field::Depends,
        Field::Conflicts,
        Field::Breaks,
        Field::Recommends,
        Field::Suggests,
        Field::Replaces,
        Field::Enhances,
        Field::BuildDepends,
        Field::BuildDependsArch,
        Field::BuildDependsIndep,
        Field::BuildConflicts,
        Field::BuildConflictsArch,
        Field::BuildConflictsIndep,
    ];

    /// The field's name as control files spell it.
    pub fn name(self) -> &'static str {
        match self {
            Field::PreDepends => "Pre-Depends",
            Field::Depends => "Depends",
            Field::Conflicts => "Conflicts",
            Field::Breaks => "Breaks",
            Field::Recommends => "Recommends",
            Field::Suggests => "Suggests",
            Field::Replaces => "Replaces",
            Field::Enhances => "Enhances",
            Field::BuildDepends => "Build-Depends",
            Field::BuildDependsArch => "Build-Depends-Arch",
            Field::BuildDependsIndep => "Build-Depends-Indep",
            Field::BuildConflicts => "Build-Conflicts",
            Field::BuildConflictsArch => "Build-Conflicts-Arch",
            Field::BuildConflictsIndep => "Build-Conflicts-Indep",
        }
    }

    /// Whether a package is not installable (a source not buildable) without it.
    pub fn is_required(self) -> bool {
        matches!(
            self,
            Field::PreDepends
                | Field::Depends
                | Field::BuildDepends
                | Field::BuildDependsArch
                | Field::BuildDependsIndep
        )
    }

    /// Whether it names packages that must be absent.
    pub fn is_negative(self) -> bool {
        matches!(
            self,
            Field::Conflicts
                | Field::Breaks
                | Field::BuildConflicts
                | Field::BuildConflictsArch
                | Field::BuildConflictsIndep
        )
    }
}

/// Where packages come from: one component of one suite of one repository.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OriginSpec {
    /// The repository's name in the project.
    pub repository: String,
    /// The suite, empty for a plain directory of packages.
    pub suite: String,
    /// The component, empty for a plain directory of packages.
    pub component: String,
    /// Pin priority as apt understands it; 500 is ordinary, below 0 never.
    pub priority: i32,
}

/// An origin given to a builder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OriginId(pub u32);
