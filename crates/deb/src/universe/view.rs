//! Reading a universe: a copyable view over the tables, each access within bounds or empty.

use super::layout::{Directory, Table, UniverseError, flag, row};
use super::{AtomId, Field, GroupId, MultiArch, NameId, PackageId};
use crate::relation::Operator;
use crate::sha256::Sha256;
use std::ops::Range;

/// A view over the bytes of a universe; copying it copies pointers only.
#[derive(Clone, Copy)]
pub struct Universe<'a> {
    meta: &'a [u32],
    ends: &'a [u32],
    packages: &'a [u32],
    names: &'a [u32],
    providers: &'a [u32],
    dependencies: &'a [u32],
    groups: &'a [u32],
    group_atoms: &'a [u32],
    atoms: &'a [u32],
    candidates: &'a [u32],
    against: &'a [u32],
    origins: &'a [u32],
    elsewhere: &'a [u32],
    hashes: &'a [u8],
    strings: &'a [u8],
}

/// A row of words, empty where the number is out of bounds.
fn row_of(table: &[u32], index: u32, width: usize) -> &[u32] {
    let start = index as usize * width;
    table.get(start..start + width).unwrap_or(&[])
}

fn word(row: &[u32], column: usize) -> u32 {
    row.get(column).copied().unwrap_or(0)
}

fn slice<T>(table: &[T], start: u32, end: u32) -> &[T] {
    table.get(start as usize..end as usize).unwrap_or(&[])
}

fn all_below(numbers: impl Iterator<Item = u32>, count: usize) -> bool {
    numbers.max().is_none_or(|last| (last as usize) < count)
}

impl<'a> Universe<'a> {
    /// Opens a universe: magic, format, length, table bounds and the numbers of packages are
    /// checked, so that whoever keeps a list by number may trust them; the rest is not.
    pub fn open(file: &'a [u8]) -> Result<Self, UniverseError> {
        let directory = Directory::open(file)?;
        let this = Self {
            meta: directory.words(Table::Meta, 1)?,
            ends: directory.words(Table::StringEnds, 1)?,
            packages: directory.words(Table::Packages, row::package::WORDS)?,
            names: directory.words(Table::Names, row::name::WORDS)?,
            providers: directory.words(Table::Providers, row::provider::WORDS)?,
            dependencies: directory.words(Table::Dependencies, 2)?,
            groups: directory.words(Table::Groups, row::group::WORDS)?,
            group_atoms: directory.words(Table::GroupAtoms, 1)?,
            atoms: directory.words(Table::Atoms, row::atom::WORDS)?,
            candidates: directory.words(Table::Candidates, 1)?,
            against: directory.words(Table::Against, 1)?,
            origins: directory.words(Table::Origins, row::origin::WORDS)?,
            elsewhere: directory.words(Table::Elsewhere, 2)?,
            hashes: directory.bytes(Table::Hashes)?,
            strings: directory.bytes(Table::Strings)?,
        };
        let packages = this.len();
        let providers = this.providers.as_chunks::<{ row::provider::WORDS }>().0;
        let fit = all_below(this.candidates.iter().copied(), packages)
            && all_below(this.against.iter().copied(), packages)
            && all_below(
                providers.iter().map(|row| row[row::provider::PACKAGE]),
                packages,
            );
        match fit {
            true => Ok(this),
            false => Err(UniverseError::Damaged),
        }
    }

    /// Re-computes the digest of the whole file: for `cache verify`.
    pub fn verify(file: &[u8]) -> Result<(), UniverseError> {
        Directory::open(file)?.verify()
    }

    fn text(&self, id: u32) -> &'a str {
        std::str::from_utf8(self.bytes(id)).unwrap_or("")
    }

    fn bytes(&self, id: u32) -> &'a [u8] {
        let Some(&end) = self.ends.get(id as usize) else {
            return &[];
        };
        let start = match id {
            0 => 0,
            _ => word(self.ends, id as usize - 1),
        };
        slice(self.strings, start, end)
    }

    /// The number of packages.
    pub fn len(&self) -> usize {
        self.packages.len() / row::package::WORDS
    }

    /// Whether there is no package at all.
    pub fn is_empty(&self) -> bool {
        self.packages.is_empty()
    }

    /// All packages, sorted by name, then architecture, newest first.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = PackageId> + use<> {
        (0..self.len()).map(|id| PackageId(id as u32))
    }

    /// One package.
    pub fn package(&self, id: PackageId) -> Package<'a> {
        Package {
            universe: *self,
            row: row_of(self.packages, id.0, row::package::WORDS),
            id,
        }
    }

    /// The native architecture.
    pub fn native(&self) -> &'a str {
        self.text(word(self.meta, 0))
    }

    /// The foreign architectures, in the order asked.
    pub fn foreign(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let this = *self;
        this.meta.iter().skip(1).map(move |&id| this.text(id))
    }

    /// The origins, in the order given to the builder.
    pub fn origins(&self) -> impl ExactSizeIterator<Item = Origin<'a>> + use<'a> {
        let this = *self;
        (0..this.origins.len() / row::origin::WORDS).map(move |index| this.origin(index as u32))
    }

    fn origin(&self, index: u32) -> Origin<'a> {
        let row = row_of(self.origins, index, row::origin::WORDS);
        Origin {
            repository: self.text(word(row, row::origin::REPOSITORY)),
            suite: self.text(word(row, row::origin::SUITE)),
            component: self.text(word(row, row::origin::COMPONENT)),
            priority: word(row, row::origin::PRIORITY) as i32,
        }
    }

    /// The number of names, real and virtual.
    pub fn name_count(&self) -> usize {
        self.names.len() / row::name::WORDS
    }

    /// All names, sorted.
    pub fn names(&self) -> impl ExactSizeIterator<Item = NameId> + use<> {
        (0..self.name_count()).map(|id| NameId(id as u32))
    }

    /// The text of a name.
    pub fn name(&self, id: NameId) -> &'a str {
        self.text(word(
            row_of(self.names, id.0, row::name::WORDS),
            row::name::TEXT,
        ))
    }

    /// Finds a name, real or virtual; sources are found as `src:NAME`.
    pub fn find(&self, name: &str) -> Option<NameId> {
        let (mut low, mut high) = (0, self.name_count() as u32);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.name(NameId(middle)).as_bytes().cmp(name.as_bytes()) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(NameId(middle)),
            }
        }
        None
    }

    fn rows(&self, name: u32) -> Range<u32> {
        let row = row_of(self.names, name, row::name::WORDS);
        let end = word(row, row::name::ROWS_END).min(self.len() as u32);
        word(row, row::name::ROWS)..end
    }

    /// The packages of this very name, by architecture, newest first.
    pub fn packages_named(&self, name: NameId) -> impl ExactSizeIterator<Item = PackageId> + use<> {
        self.rows(name.0).map(PackageId)
    }

    /// The packages that declare to provide this name.
    pub fn providers(&self, name: NameId) -> impl ExactSizeIterator<Item = Provider<'a>> + use<'a> {
        let this = *self;
        let row = row_of(self.names, name.0, row::name::WORDS);
        let count = (this.providers.len() / row::provider::WORDS) as u32;
        let end = word(row, row::name::PROVIDERS_END).min(count);
        let start = word(row, row::name::PROVIDERS).min(end);
        (start..end).map(move |index| {
            let row = row_of(this.providers, index, row::provider::WORDS);
            Provider {
                package: PackageId(word(row, row::provider::PACKAGE)),
                version: Some(this.text(word(row, row::provider::VERSION)))
                    .filter(|v| !v.is_empty()),
            }
        })
    }

    /// The versions and architectures that bear the same name as this package, itself included.
    pub fn siblings(&self, id: PackageId) -> Range<u32> {
        let row = row_of(self.packages, id.0, row::package::WORDS);
        self.rows(word(row, row::package::NAME_ID))
    }

    /// Whether two packages of one name exclude each other: all do but the same version of
    /// a `Multi-Arch: same` package for two architectures.
    pub fn siblings_exclude(&self, a: PackageId, b: PackageId) -> bool {
        if a == b {
            return false;
        }
        let a = row_of(self.packages, a.0, row::package::WORDS);
        let b = row_of(self.packages, b.0, row::package::WORDS);
        let same = |row: &[u32]| word(row, row::package::FLAGS) & flag::MULTI_ARCH == 1;
        let both = |column: usize| (word(a, column), word(b, column));
        let coinstallable = same(a)
            && same(b)
            && self.differ_in_architecture(both(row::package::ARCHITECTURE))
            && self.are_one_version(both(row::package::VERSION));
        !coinstallable
    }

    /// Whether two architectures differ, where `all` counts as the native one.
    fn differ_in_architecture(&self, (a, b): (u32, u32)) -> bool {
        let effective = |id: u32| match self.text(id) {
            "all" => self.native(),
            other => other,
        };
        a != b && effective(a) != effective(b)
    }

    fn are_one_version(&self, (a, b): (u32, u32)) -> bool {
        a == b || crate::version::compare(self.text(a), self.text(b)).is_eq()
    }

    /// Whether two packages bear the same name.
    pub fn same_name(&self, a: PackageId, b: PackageId) -> bool {
        let name = |id: PackageId| {
            word(
                row_of(self.packages, id.0, row::package::WORDS),
                row::package::NAME_ID,
            )
        };
        name(a) == name(b)
    }

    /// What a package declares, in the order of [`Field`] and then as written.
    pub fn dependencies(
        &self,
        id: PackageId,
    ) -> impl ExactSizeIterator<Item = Dependency> + use<'a> {
        let row = row_of(self.packages, id.0, row::package::WORDS);
        let start = word(row, row::package::DEPENDENCIES) as usize * 2;
        let end = word(row, row::package::DEPENDENCIES_END) as usize * 2;
        let words = self.dependencies.get(start..end).unwrap_or(&[]);
        words
            .as_chunks::<2>()
            .0
            .iter()
            .map(|&[field, group]| Dependency {
                field: Field::ALL[(field as usize).min(Field::ALL.len() - 1)],
                group: GroupId(group),
            })
    }

    /// A group's text as its packages write it.
    pub fn group_text(&self, group: GroupId) -> &'a str {
        self.text(word(
            row_of(self.groups, group.0, row::group::WORDS),
            row::group::TEXT,
        ))
    }

    /// The alternatives of a group, in the order written.
    pub fn group_atoms(&self, group: GroupId) -> impl ExactSizeIterator<Item = AtomId> + use<'a> {
        let row = row_of(self.groups, group.0, row::group::WORDS);
        let atoms = slice(
            self.group_atoms,
            word(row, row::group::ATOMS),
            word(row, row::group::ATOMS_END),
        );
        atoms.iter().map(|&atom| AtomId(atom))
    }

    /// The number of distinct groups.
    pub fn group_count(&self) -> usize {
        self.groups.len() / row::group::WORDS
    }

    /// Every package that satisfies a group, in the order apt would try them, each once.
    pub fn group_candidates(&self, group: GroupId) -> &'a [u32] {
        let row = row_of(self.groups, group.0, row::group::WORDS);
        slice(
            self.candidates,
            word(row, row::group::CANDIDATES),
            word(row, row::group::CANDIDATES_END),
        )
    }

    /// One alternative.
    pub fn atom(&self, atom: AtomId) -> Atom<'a> {
        let row = row_of(self.atoms, atom.0, row::atom::WORDS);
        let operator = match word(row, row::atom::OPERATOR) {
            1 => Some(Operator::Less),
            2 => Some(Operator::LessEqual),
            3 => Some(Operator::Equal),
            4 => Some(Operator::GreaterEqual),
            5 => Some(Operator::Greater),
            _ => None,
        };
        Atom {
            name: self.text(word(row, row::atom::NAME)),
            qualifier: Some(self.text(word(row, row::atom::QUALIFIER)))
                .filter(|text| !text.is_empty()),
            constraint: operator
                .map(|operator| (operator, self.text(word(row, row::atom::VERSION)))),
        }
    }

    /// Every package that satisfies one alternative, in the order apt would try them.
    pub fn atom_candidates(&self, atom: AtomId) -> &'a [u32] {
        let row = row_of(self.atoms, atom.0, row::atom::WORDS);
        slice(
            self.candidates,
            word(row, row::atom::CANDIDATES),
            word(row, row::atom::CANDIDATES_END),
        )
    }

    /// The packages that declare `Conflicts` or `Breaks` on this one.
    pub fn declared_against(&self, id: PackageId) -> &'a [u32] {
        let row = row_of(self.packages, id.0, row::package::WORDS);
        slice(
            self.against,
            word(row, row::package::AGAINST),
            word(row, row::package::AGAINST_END),
        )
    }
}

/// One declared group and the field it stands in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dependency {
    /// The field.
    pub field: Field,
    /// The group.
    pub group: GroupId,
}

/// One alternative as written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Atom<'a> {
    /// The name asked for.
    pub name: &'a str,
    /// `any`, `native` or an architecture behind a colon.
    pub qualifier: Option<&'a str>,
    /// The version asked for.
    pub constraint: Option<(Operator, &'a str)>,
}

impl std::fmt::Display for Atom<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)?;
        if let Some(qualifier) = self.qualifier {
            write!(f, ":{qualifier}")?;
        }
        match self.constraint {
            Some((operator, version)) => write!(f, " ({operator} {version})"),
            None => Ok(()),
        }
    }
}

/// A package that provides a name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Provider<'a> {
    /// The package.
    pub package: PackageId,
    /// The version provided, if one is stated.
    pub version: Option<&'a str>,
}

/// Where a package comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Origin<'a> {
    /// The repository's name in the project.
    pub repository: &'a str,
    /// The suite.
    pub suite: &'a str,
    /// The component.
    pub component: &'a str,
    /// Pin priority.
    pub priority: i32,
}

/// One package of a universe.
#[derive(Clone, Copy)]
pub struct Package<'a> {
    universe: Universe<'a>,
    row: &'a [u32],
    /// Its number.
    pub id: PackageId,
}

/// Text fields read straight from a row.
macro_rules! text_fields {
    ($($(#[$doc:meta])* $name:ident => $column:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name(&self) -> &'a str {
            self.universe.text(word(self.row, row::package::$column))
        }
    )*};
}

impl<'a> Package<'a> {
    text_fields! {
        /// The binary package's name, or `src:NAME`.
        name => NAME;
        /// The version as written.
        version => VERSION;
        /// The architecture, `all` included, or `source`.
        architecture => ARCHITECTURE;
        /// The source package's name.
        source => SOURCE;
        /// The source package's version.
        source_version => SOURCE_VERSION;
        /// The section, empty if not said.
        section => SECTION;
        /// The path below the repository's base.
        filename => FILENAME;
        /// The first line of the description.
        description => DESCRIPTION;
        /// The maintainer.
        maintainer => MAINTAINER;
        /// The home page, empty if not said.
        homepage => HOMEPAGE;
        /// `Provides` as written.
        provides => PROVIDES;
        /// `Built-Using` as written.
        built_using => BUILT_USING;
        /// `Static-Built-Using` as written.
        static_built_using => STATIC_BUILT_USING;
    }

    /// The name as bytes, for looking through all of them.
    pub fn name_bytes(&self) -> &'a [u8] {
        self.universe.bytes(word(self.row, row::package::NAME))
    }

    /// The first line of the description as bytes, for looking through all of them.
    pub fn description_bytes(&self) -> &'a [u8] {
        self.universe
            .bytes(word(self.row, row::package::DESCRIPTION))
    }

    fn flags(&self) -> u32 {
        word(self.row, row::package::FLAGS)
    }

    /// The name people know: of the source for a source, of the binary package otherwise.
    pub fn source_or_name(&self) -> &'a str {
        if self.is_source() {
            self.source()
        } else {
            self.name()
        }
    }

    /// Its name's number.
    pub fn name_id(&self) -> NameId {
        NameId(word(self.row, row::package::NAME_ID))
    }

    /// How it may share a system with its siblings of other architectures.
    pub fn multi_arch(&self) -> MultiArch {
        match self.flags() & flag::MULTI_ARCH {
            1 => MultiArch::Same,
            2 => MultiArch::Foreign,
            3 => MultiArch::Allowed,
            _ => MultiArch::No,
        }
    }

    /// Whether it is `Essential: yes`.
    pub fn is_essential(&self) -> bool {
        self.flags() & flag::ESSENTIAL != 0
    }

    /// Whether it is `Protected: yes` or `Important: yes`.
    pub fn is_important(&self) -> bool {
        self.flags() & flag::IMPORTANT != 0
    }

    /// Whether it is the version of its name and architecture that apt would take.
    pub fn is_candidate(&self) -> bool {
        self.flags() & flag::CANDIDATE != 0
    }

    /// Whether it stands for a source package's build dependencies.
    pub fn is_source(&self) -> bool {
        self.flags() & flag::SOURCE != 0
    }

    /// The archive priority: 1 required, 2 important, 3 standard, 4 optional, 5 extra, 0 not said.
    pub fn priority(&self) -> u32 {
        word(self.row, row::package::PRIORITY)
    }

    /// The number under which apt's cache would first have heard of its name.
    pub fn rank(&self) -> u32 {
        word(self.row, row::package::RANK)
    }

    /// Bytes to fetch.
    pub fn size(&self) -> u64 {
        u64::from(word(self.row, row::package::SIZE_LOW))
            | u64::from(word(self.row, row::package::SIZE_HIGH)) << 32
    }

    /// Bytes when installed, as declared (`Installed-Size` times 1024).
    pub fn installed_size(&self) -> u64 {
        u64::from(word(self.row, row::package::INSTALLED_KIB)) * 1024
    }

    /// Where it comes from.
    pub fn origin(&self) -> Origin<'a> {
        self.universe.origin(word(self.row, row::package::ORIGIN))
    }

    /// Everywhere it comes from: the same file may stand in several indices.
    pub fn origins(&self) -> impl Iterator<Item = Origin<'a>> + use<'a> {
        let (universe, id) = (self.universe, self.id.0);
        let pairs = universe.elsewhere.as_chunks::<2>().0;
        let first = pairs.partition_point(|&[package, _]| package < id);
        let more = pairs[first..].iter().take_while(move |pair| pair[0] == id);
        let more = more.map(move |&[_, origin]| universe.origin(origin));
        std::iter::once(self.origin()).chain(more)
    }

    /// The digest of its file, none if the index does not say.
    pub fn sha256(&self) -> Option<Sha256> {
        let start = self.id.0 as usize * 32;
        let bytes: [u8; 32] = self
            .universe
            .hashes
            .get(start..start + 32)?
            .try_into()
            .ok()?;
        (bytes != [0; 32]).then_some(Sha256(bytes))
    }
}
