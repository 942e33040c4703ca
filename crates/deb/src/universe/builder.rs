//! Reading indices into a draft of the universe.

use super::intern::{Interner, Mixing};
use super::layout::{flag, row, row::package as p};
use super::link::link;
use super::{Field, OriginId, OriginSpec};
use crate::deb822::{Deb822Error, Paragraph, Reader};
use crate::record::{MultiArch, PackageRecord, RecordError, SourceRecord, Stanza};
use crate::relation::{Operator, Relation, RelationError, architecture_matches, parse_groups};
use std::collections::HashMap;
use std::io::Read;
use thiserror::Error;

/// Why an index could not be read.
#[derive(Debug, Error)]
pub enum BuildError {
    /// The text is not made of control paragraphs.
    #[error("{index}: {error}")]
    Syntax {
        /// Which index.
        index: String,
        /// Line and reason.
        error: Deb822Error,
    },
    /// A field is missing or malformed.
    #[error("{index}: {error}")]
    Record {
        /// Which index.
        index: String,
        /// Line, field and reason.
        error: RecordError,
    },
    /// A relationship field cannot be parsed.
    #[error("{index}:{line}: {field} of {package}: {error}")]
    Relation {
        /// Which index.
        index: String,
        /// The line on which the package's paragraph begins.
        line: u64,
        /// The field.
        field: &'static str,
        /// The package.
        package: String,
        /// Offset and reason.
        error: RelationError,
    },
    /// More text than 32-bit tables can hold.
    #[error("{index}: more than 4 GiB of text or tables")]
    TooLarge {
        /// Which index.
        index: String,
    },
}

/// What stands behind the colon of a name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Qualifier {
    None,
    Any,
    Native,
    Architecture(u32),
}

/// One alternative, before candidates are known.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct DraftAtom {
    pub(super) name: u32,
    pub(super) operator: Option<Operator>,
    pub(super) version: u32,
    pub(super) qualifier: Qualifier,
    pub(super) context: u32,
    pub(super) negative: bool,
}

pub(super) struct DraftGroup {
    pub(super) text: u32,
    pub(super) atoms: (u32, u32),
}

pub(super) struct DraftProvides {
    pub(super) name: u32,
    pub(super) package: u32,
    pub(super) version: u32,
    pub(super) architecture: u32,
}

/// Everything read so far, in file order.
pub(super) struct Draft {
    pub(super) strings: Interner,
    pub(super) native: u32,
    pub(super) foreign: Vec<u32>,
    pub(super) origins: Vec<[u32; row::origin::WORDS]>,
    pub(super) rows: Vec<[u32; p::WORDS]>,
    pub(super) hashes: Vec<[u8; 32]>,
    pub(super) dependencies: Vec<u32>,
    pub(super) groups: Vec<DraftGroup>,
    pub(super) group_atoms: Vec<u32>,
    pub(super) atoms: Vec<DraftAtom>,
    pub(super) provides: Vec<DraftProvides>,
    /// Rows that another origin has too, and that origin.
    pub(super) elsewhere: Vec<(u32, u32)>,
    all: u32,
}

impl Draft {
    /// The pin priority of a row's origin.
    pub(super) fn priority(&self, row: usize) -> i32 {
        let origin = self.rows[row][p::ORIGIN] as usize;
        self.origins[origin][row::origin::PRIORITY] as i32
    }

    /// The architecture a row counts for: `all` is the native one.
    pub(super) fn effective(&self, row: usize) -> u32 {
        self.effective_architecture(self.rows[row][p::ARCHITECTURE])
    }

    fn effective_architecture(&self, architecture: u32) -> u32 {
        if architecture == self.all {
            self.native
        } else {
            architecture
        }
    }

    /// The text of a qualifier, as a string number.
    pub(super) fn qualifier_text(&self, qualifier: Qualifier) -> u32 {
        match qualifier {
            Qualifier::None => 0,
            Qualifier::Any => ANY,
            Qualifier::Native => NATIVE,
            Qualifier::Architecture(text) => text,
        }
    }
}

/// String numbers that every universe has.
const ANY: u32 = 1;
const NATIVE: u32 = 2;

/// Builds a universe from indices, given in the order in which apt would read them.
pub struct UniverseBuilder {
    draft: Draft,
    profiles: Vec<String>,
    group_of: HashMap<(u32, u32, GroupKind), u32, Mixing>,
    atom_of: HashMap<DraftAtom, u32, Mixing>,
    ranks: HashMap<(u32, u32), u32, Mixing>,
}

/// Which rules a group's text is read by.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum GroupKind {
    Positive,
    Negative,
    Build,
    BuildConflicts,
}

impl GroupKind {
    fn of(field: Field) -> Self {
        match field {
            Field::Conflicts | Field::Breaks => Self::Negative,
            Field::BuildConflicts | Field::BuildConflictsArch | Field::BuildConflictsIndep => {
                Self::BuildConflicts
            }
            Field::BuildDepends | Field::BuildDependsArch | Field::BuildDependsIndep => Self::Build,
            _ => Self::Positive,
        }
    }

    fn is_negative(self) -> bool {
        matches!(self, Self::Negative | Self::BuildConflicts)
    }

    fn is_build(self) -> bool {
        matches!(self, Self::Build | Self::BuildConflicts)
    }
}

/// What is being read, for errors and for the rows to come.
struct Place<'a> {
    index: &'a str,
    package: &'a str,
    line: u64,
    architecture: u32,
}

impl UniverseBuilder {
    /// A builder for a native architecture and, in order of preference, foreign ones.
    pub fn new(native: &str, foreign: &[&str]) -> Self {
        let mut strings = Interner::new();
        strings.intern(b"any");
        strings.intern(b"native");
        let all = strings.intern(b"all");
        let native = strings.intern(native.as_bytes());
        let foreign = foreign
            .iter()
            .map(|name| strings.intern(name.as_bytes()))
            .collect();
        Self {
            draft: Draft {
                strings,
                native,
                foreign,
                origins: Vec::new(),
                rows: Vec::new(),
                hashes: Vec::new(),
                dependencies: Vec::new(),
                groups: Vec::new(),
                group_atoms: Vec::new(),
                atoms: Vec::new(),
                provides: Vec::new(),
                elsewhere: Vec::new(),
                all,
            },
            profiles: Vec::new(),
            group_of: HashMap::default(),
            atom_of: HashMap::default(),
            ranks: HashMap::default(),
        }
    }

    /// Sets the build profiles under which build dependencies are read.
    pub fn with_build_profiles(mut self, profiles: &[&str]) -> Self {
        self.profiles = profiles.iter().map(|profile| profile.to_string()).collect();
        self
    }

    /// Declares where the packages read next come from.
    pub fn add_origin(&mut self, origin: &OriginSpec) -> OriginId {
        let strings = &mut self.draft.strings;
        let row = [
            strings.intern(origin.repository.as_bytes()),
            strings.intern(origin.suite.as_bytes()),
            strings.intern(origin.component.as_bytes()),
            origin.priority as u32,
        ];
        self.draft.origins.push(row);
        OriginId(self.draft.origins.len() as u32 - 1)
    }

    /// Reads a `Packages` index; `index` names it in errors.
    pub fn add_packages(
        &mut self,
        origin: OriginId,
        index: &str,
        text: impl Read,
    ) -> Result<(), BuildError> {
        for_each_paragraph(index, text, |paragraph| {
            let record = PackageRecord::from_paragraph(paragraph, Stanza::Index)
                .map_err(|error| malformed(index, error))?;
            self.add_package(origin, index, paragraph.line(), &record)
        })
    }

    /// Reads a `Sources` index: each source becomes a package `src:NAME` of architecture
    /// `source` that depends on what building it for the native architecture needs.
    pub fn add_sources(
        &mut self,
        origin: OriginId,
        index: &str,
        text: impl Read,
    ) -> Result<(), BuildError> {
        for_each_paragraph(index, text, |paragraph| {
            let record =
                SourceRecord::from_paragraph(paragraph).map_err(|error| malformed(index, error))?;
            if self.builds_here(&record) {
                self.add_source(origin, index, paragraph.line(), &record)?;
            }
            Ok(())
        })
    }

    /// Links everything read and returns the bytes of the universe.
    pub fn finish(self) -> Vec<u8> {
        let Self {
            draft,
            group_of,
            atom_of,
            ranks,
            ..
        } = self;
        // Given up before the tables are made, as together they are the peak of memory.
        drop((group_of, atom_of, ranks));
        link(draft).encode()
    }

    fn add_package(
        &mut self,
        origin: OriginId,
        index: &str,
        line: u64,
        record: &PackageRecord<'_>,
    ) -> Result<(), BuildError> {
        let mut row = [0u32; p::WORDS];
        let architecture = self.draft.strings.intern(record.architecture.as_bytes());
        row[p::NAME] = self.draft.strings.intern(record.package.as_bytes());
        row[p::ARCHITECTURE] = architecture;
        row[p::ORIGIN] = origin.0;
        row[p::RANK] = self.rank(
            row[p::NAME],
            self.draft.effective_architecture(architecture),
        );
        self.describe(&mut row, record);
        let place = Place {
            index,
            package: record.package,
            line,
            architecture: self.draft.effective_architecture(architecture),
        };
        row[p::DEPENDENCIES] = self.draft.dependencies.len() as u32 / 2;
        let fields = [
            (Field::PreDepends, record.pre_depends),
            (Field::Depends, record.depends),
            (Field::Conflicts, record.conflicts),
            (Field::Breaks, record.breaks),
            (Field::Recommends, record.recommends),
            (Field::Suggests, record.suggests),
            (Field::Replaces, record.replaces),
            (Field::Enhances, record.enhances),
        ];
        for (field, text) in fields {
            self.add_field(&place, field, text)?;
        }
        row[p::DEPENDENCIES_END] = self.draft.dependencies.len() as u32 / 2;
        self.add_provides(&place, record.provides)?;
        self.push(
            place,
            row,
            record.file.map_or([0; 32], |file| *file.sha256.as_bytes()),
        )
    }

    /// Fills in what only people and locks look at.
    fn describe(&mut self, row: &mut [u32; p::WORDS], record: &PackageRecord<'_>) {
        let strings = &mut self.draft.strings;
        row[p::VERSION] = strings.intern(record.version.as_bytes());
        row[p::SOURCE] = strings.intern(record.source.as_bytes());
        row[p::SOURCE_VERSION] = strings.intern(record.source_version.as_bytes());
        row[p::SECTION] = strings.intern(record.section.unwrap_or_default().as_bytes());
        row[p::MAINTAINER] = strings.intern(record.maintainer.unwrap_or_default().as_bytes());
        row[p::HOMEPAGE] = strings.intern(record.homepage.unwrap_or_default().as_bytes());
        row[p::FILENAME] = strings.append(record.file.map_or("", |file| file.filename).as_bytes());
        row[p::DESCRIPTION] = strings.intern(record.description.unwrap_or_default().as_bytes());
        row[p::PROVIDES] = strings.intern(record.provides.unwrap_or_default().as_bytes());
        row[p::BUILT_USING] = strings.intern(record.built_using.unwrap_or_default().as_bytes());
        row[p::STATIC_BUILT_USING] =
            strings.intern(record.static_built_using.unwrap_or_default().as_bytes());
        row[p::PRIORITY] = priority_code(record.priority);
        let size = record.file.map_or(0, |file| file.size);
        row[p::SIZE_LOW] = size as u32;
        row[p::SIZE_HIGH] = (size >> 32) as u32;
        row[p::INSTALLED_KIB] = record.installed_size.try_into().unwrap_or(u32::MAX);
        row[p::FLAGS] = match record.multi_arch {
            MultiArch::No => 0,
            MultiArch::Same => 1,
            MultiArch::Foreign => 2,
            MultiArch::Allowed => 3,
        };
        if record.essential {
            row[p::FLAGS] |= flag::ESSENTIAL;
        }
        if record.protected || record.important {
            row[p::FLAGS] |= flag::IMPORTANT;
        }
    }

    /// Whether a source builds anything for the native architecture.
    fn builds_here(&self, record: &SourceRecord<'_>) -> bool {
        let native = self.draft.strings.text(self.draft.native);
        let mut words = record
            .architecture
            .unwrap_or("any")
            .split_ascii_whitespace();
        words.any(|word| word == "all" || architecture_matches(word, native))
    }

    fn add_source(
        &mut self,
        origin: OriginId,
        index: &str,
        line: u64,
        record: &SourceRecord<'_>,
    ) -> Result<(), BuildError> {
        let strings = &mut self.draft.strings;
        let mut row = [0u32; p::WORDS];
        row[p::NAME] = strings.intern(format!("src:{}", record.package).as_bytes());
        row[p::VERSION] = strings.intern(record.version.as_bytes());
        row[p::ARCHITECTURE] = strings.intern(b"source");
        row[p::SOURCE] = strings.intern(record.package.as_bytes());
        row[p::SOURCE_VERSION] = row[p::VERSION];
        row[p::SECTION] = strings.intern(record.section.unwrap_or_default().as_bytes());
        row[p::MAINTAINER] = strings.intern(record.maintainer.unwrap_or_default().as_bytes());
        row[p::FILENAME] = strings.append(record.directory.as_bytes());
        row[p::PRIORITY] = priority_code(record.priority);
        row[p::ORIGIN] = origin.0;
        row[p::FLAGS] = flag::SOURCE;
        let place = Place {
            index,
            package: record.package,
            line,
            architecture: self.draft.native,
        };
        row[p::DEPENDENCIES] = self.draft.dependencies.len() as u32 / 2;
        let fields = [
            (Field::BuildDepends, record.build_depends),
            (Field::BuildDependsArch, record.build_depends_arch),
            (Field::BuildDependsIndep, record.build_depends_indep),
            (Field::BuildConflicts, record.build_conflicts),
            (Field::BuildConflictsArch, record.build_conflicts_arch),
            (Field::BuildConflictsIndep, record.build_conflicts_indep),
        ];
        for (field, text) in fields {
            self.add_field(&place, field, text)?;
        }
        row[p::DEPENDENCIES_END] = self.draft.dependencies.len() as u32 / 2;
        self.push(place, row, [0; 32])
    }

    fn push(
        &mut self,
        place: Place<'_>,
        row: [u32; p::WORDS],
        hash: [u8; 32],
    ) -> Result<(), BuildError> {
        let draft = &mut self.draft;
        draft.rows.push(row);
        draft.hashes.push(hash);
        let longest = draft
            .strings
            .pool_len()
            .max(draft.dependencies.len() * 4)
            .max(draft.rows.len() * p::WORDS * 4);
        if longest > u32::MAX as usize / 4 {
            return Err(BuildError::TooLarge {
                index: place.index.to_owned(),
            });
        }
        Ok(())
    }

    /// The number under which apt's cache would know this name, given at first mention.
    fn rank(&mut self, name: u32, architecture: u32) -> u32 {
        let next = self.ranks.len() as u32;
        *self.ranks.entry((name, architecture)).or_insert(next)
    }

    fn add_field(
        &mut self,
        place: &Place<'_>,
        field: Field,
        text: Option<&str>,
    ) -> Result<(), BuildError> {
        let Some(text) = text else { return Ok(()) };
        for part in text.split(',') {
            let part = part.trim_ascii();
            if part.is_empty() {
                continue;
            }
            let group = self.group(place, field, part)?;
            if group != SKIPPED {
                self.draft.dependencies.extend([field as u32, group]);
            }
        }
        Ok(())
    }

    /// The number of a group of alternatives, or [`SKIPPED`] where no alternative applies.
    fn group(&mut self, place: &Place<'_>, field: Field, text: &str) -> Result<u32, BuildError> {
        let kind = GroupKind::of(field);
        let text_id = if text.contains('\n') {
            let folded: Vec<&str> = text.split_ascii_whitespace().collect();
            self.draft.strings.intern(folded.join(" ").as_bytes())
        } else {
            self.draft.strings.intern(text.as_bytes())
        };
        let key = (text_id, place.architecture, kind);
        if let Some(&group) = self.group_of.get(&key) {
            return Ok(group);
        }
        let groups = parse_groups(text).map_err(|error| BuildError::Relation {
            index: place.index.to_owned(),
            line: place.line,
            field: field.name(),
            package: place.package.to_owned(),
            error,
        })?;
        let start = self.draft.group_atoms.len() as u32;
        for relation in groups.iter().flat_map(|group| &group.alternatives) {
            if !kind.is_build() || self.applies(relation) {
                let atom = self.atom(place, kind, relation);
                self.draft.group_atoms.push(atom);
            }
        }
        let end = self.draft.group_atoms.len() as u32;
        let group = if start == end {
            SKIPPED
        } else {
            self.draft.groups.push(DraftGroup {
                text: text_id,
                atoms: (start, end),
            });
            self.draft.groups.len() as u32 - 1
        };
        self.group_of.insert(key, group);
        Ok(group)
    }

    fn applies(&self, relation: &Relation<'_>) -> bool {
        let profiles: Vec<&str> = self.profiles.iter().map(String::as_str).collect();
        relation.applies(self.draft.strings.text(self.draft.native), &profiles)
    }

    fn atom(&mut self, place: &Place<'_>, kind: GroupKind, relation: &Relation<'_>) -> u32 {
        let name = self.draft.strings.intern(relation.name.as_bytes());
        let qualifier = match relation.qualifier {
            None => {
                self.rank(name, place.architecture);
                Qualifier::None
            }
            Some("any") => Qualifier::Any,
            Some("native") => Qualifier::Native,
            Some(other) => Qualifier::Architecture(self.draft.strings.intern(other.as_bytes())),
        };
        let constraint = relation.constraint.as_ref();
        let atom = DraftAtom {
            name,
            operator: constraint.map(|constraint| constraint.operator),
            version: constraint.map_or(0, |constraint| {
                self.draft.strings.intern(constraint.version.as_bytes())
            }),
            qualifier,
            context: place.architecture,
            negative: kind.is_negative(),
        };
        let next = self.draft.atoms.len() as u32;
        let id = *self.atom_of.entry(atom).or_insert(next);
        if id == next {
            self.draft.atoms.push(atom);
        }
        id
    }

    fn add_provides(&mut self, place: &Place<'_>, text: Option<&str>) -> Result<(), BuildError> {
        let Some(text) = text else { return Ok(()) };
        let groups = parse_groups(text).map_err(|error| BuildError::Relation {
            index: place.index.to_owned(),
            line: place.line,
            field: "Provides",
            package: place.package.to_owned(),
            error,
        })?;
        let package = self.draft.rows.len() as u32;
        for relation in groups.iter().flat_map(|group| &group.alternatives) {
            let name = self.draft.strings.intern(relation.name.as_bytes());
            let architecture = match relation.qualifier {
                None | Some("any") => place.architecture,
                Some(other) => self.draft.strings.intern(other.as_bytes()),
            };
            self.rank(name, architecture);
            let version = match &relation.constraint {
                Some(constraint) if constraint.operator == Operator::Equal => {
                    self.draft.strings.intern(constraint.version.as_bytes())
                }
                // Only an exact version can be provided (Debian Policy 7.5); apt ignores others.
                Some(_) => continue,
                None => 0,
            };
            self.draft.provides.push(DraftProvides {
                name,
                package,
                version,
                architecture,
            });
        }
        Ok(())
    }
}

/// Hands the paragraphs of an index over one by one.
fn for_each_paragraph(
    index: &str,
    text: impl Read,
    mut each: impl FnMut(&Paragraph<'_>) -> Result<(), BuildError>,
) -> Result<(), BuildError> {
    let mut reader = Reader::new(text);
    let syntax = |error| BuildError::Syntax {
        index: index.to_owned(),
        error,
    };
    while let Some(paragraph) = reader.next().map_err(syntax)? {
        each(&paragraph)?;
    }
    Ok(())
}

fn malformed(index: &str, error: RecordError) -> BuildError {
    BuildError::Record {
        index: index.to_owned(),
        error,
    }
}

/// Marks a group none of whose alternatives applies to this architecture and these profiles.
const SKIPPED: u32 = u32::MAX;

fn priority_code(priority: Option<&str>) -> u32 {
    match priority {
        Some("required") => 1,
        Some("important") => 2,
        Some("standard") => 3,
        Some("optional") => 4,
        Some("extra") => 5,
        _ => 0,
    }
}
