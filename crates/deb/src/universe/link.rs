//! Linking: from rows as read to sorted rows, names, providers and candidates.
//!
//! The order of candidates is apt's: the version apt would take before any other, the real
//! package before its providers, then Essential, then `Protected`, the native architecture, the
//! archive priority, and at last the name apt's cache heard of later.

use super::builder::{Draft, DraftAtom, Qualifier};
use super::layout::{Table, Tables, flag, row};
use super::{Field, layout::row::package as p};
use crate::relation::Operator;
use crate::version;
use std::cmp::Ordering;
use std::collections::BTreeSet;

const NONE: u32 = u32::MAX;

/// One who provides a name, before the tables are written.
struct Provides {
    name: u32,
    package: u32,
    version: u32,
    architecture: u32,
}

struct Linker {
    draft: Draft,
    /// String number to name number.
    name_of: Vec<u32>,
    /// Package range of each name.
    rows: Vec<(u32, u32)>,
    provides: Vec<Provides>,
    /// Range in `provides` of each name.
    provided: Vec<(u32, u32)>,
}

/// Sorts and links a draft and lays out the tables.
pub(super) fn link(mut draft: Draft) -> Tables {
    sort_rows(&mut draft);
    let mut linker = Linker {
        name_of: Vec::new(),
        rows: Vec::new(),
        provides: Vec::new(),
        provided: Vec::new(),
        draft,
    };
    let names = linker.index_names();
    linker.mark_candidates();
    let mut tables = Tables::default();
    linker.write_candidates(&mut tables);
    linker.write_against(&mut tables);
    linker.write_rest(tables, &names)
}

/// Sorts packages by name, architecture and falling version; of exact repetitions only the
/// origin is kept.
fn sort_rows(draft: &mut Draft) {
    let mut elsewhere: Vec<(u32, u32)> = Vec::new();
    let mut order: Vec<u32> = (0..draft.rows.len() as u32).collect();
    order.sort_by(|&a, &b| compare_rows(draft, a as usize, b as usize));
    order.dedup_by(|b, a| {
        let (x, y) = (&draft.rows[*a as usize], &draft.rows[*b as usize]);
        let is_repeated = x[p::NAME] == y[p::NAME]
            && x[p::ARCHITECTURE] == y[p::ARCHITECTURE]
            && x[p::VERSION] == y[p::VERSION]
            && draft.hashes[*a as usize] == draft.hashes[*b as usize];
        if is_repeated && x[p::ORIGIN] != y[p::ORIGIN] {
            elsewhere.push((*a, y[p::ORIGIN]));
        }
        is_repeated
    });
    let mut position = vec![NONE; draft.rows.len()];
    for (new, &old) in order.iter().enumerate() {
        position[old as usize] = new as u32;
    }
    draft.rows = order.iter().map(|&old| draft.rows[old as usize]).collect();
    draft.hashes = order
        .iter()
        .map(|&old| draft.hashes[old as usize])
        .collect();
    draft.provides.retain_mut(|provide| {
        provide.package = position[provide.package as usize];
        provide.package != NONE
    });
    let moved = elsewhere
        .iter()
        .map(|&(old, origin)| (position[old as usize], origin));
    draft.elsewhere = moved.collect();
    draft.elsewhere.sort_unstable();
}

fn compare_rows(draft: &Draft, a: usize, b: usize) -> Ordering {
    let (x, y) = (&draft.rows[a], &draft.rows[b]);
    let text = |row: &[u32; p::WORDS], column: usize| draft.strings.get(row[column]);
    let by_text = |column: usize| {
        if x[column] == y[column] {
            Ordering::Equal
        } else {
            text(x, column).cmp(text(y, column))
        }
    };
    let versions = || {
        if x[p::VERSION] == y[p::VERSION] {
            return Ordering::Equal;
        }
        let (x, y) = (
            draft.strings.text(x[p::VERSION]),
            draft.strings.text(y[p::VERSION]),
        );
        version::compare(y, x).then_with(|| y.cmp(x))
    };
    by_text(p::NAME)
        .then_with(|| by_text(p::ARCHITECTURE))
        .then_with(versions)
        .then_with(|| draft.priority(b).cmp(&draft.priority(a)))
        .then_with(|| x[p::ORIGIN].cmp(&y[p::ORIGIN]))
        .then_with(|| draft.hashes[a].cmp(&draft.hashes[b]))
}

impl Linker {
    /// Numbers all names in sorted order and notes the packages and providers of each.
    fn index_names(&mut self) -> Vec<u32> {
        let strings = &self.draft.strings;
        let used: BTreeSet<u32> = self.draft.rows.iter().map(|row| row[p::NAME]).collect();
        let mut names: Vec<u32> = used.into_iter().collect();
        names.extend(self.draft.provides.iter().map(|provide| provide.name));
        names.sort_unstable();
        names.dedup();
        names.sort_by(|&a, &b| strings.get(a).cmp(strings.get(b)));
        self.name_of = vec![NONE; strings.len()];
        for (id, &text) in names.iter().enumerate() {
            self.name_of[text as usize] = id as u32;
        }
        self.rows = vec![(0, 0); names.len()];
        for (index, row) in self.draft.rows.iter_mut().enumerate() {
            let id = self.name_of[row[p::NAME] as usize];
            row[p::NAME_ID] = id;
            let range = &mut self.rows[id as usize];
            if range.1 == 0 {
                range.0 = index as u32;
            }
            range.1 = index as u32 + 1;
        }
        self.index_providers(names.len());
        names
    }

    fn index_providers(&mut self, names: usize) {
        let mut provides: Vec<Provides> = std::mem::take(&mut self.draft.provides)
            .into_iter()
            .map(|provide| Provides {
                name: self.name_of[provide.name as usize],
                package: provide.package,
                version: provide.version,
                architecture: provide.architecture,
            })
            .collect();
        provides.sort_by_key(|provide| (provide.name, provide.package));
        self.provided = vec![(0, 0); names];
        for (index, provide) in provides.iter().enumerate() {
            let range = &mut self.provided[provide.name as usize];
            if range.1 == 0 {
                range.0 = index as u32;
            }
            range.1 = index as u32 + 1;
        }
        self.provides = provides;
    }

    /// Marks, for each name and architecture, the version apt would take: the highest priority,
    /// then the newest; none where the priority is not positive.
    fn mark_candidates(&mut self) {
        let mut start = 0;
        while start < self.draft.rows.len() {
            let key = |row: &[u32; p::WORDS]| (row[p::NAME], row[p::ARCHITECTURE]);
            let first = key(&self.draft.rows[start]);
            let mut end = start + 1;
            while end < self.draft.rows.len() && key(&self.draft.rows[end]) == first {
                end += 1;
            }
            let best = (start..end).min_by_key(|&row| -i64::from(self.draft.priority(row)));
            if let Some(best) = best.filter(|&row| self.draft.priority(row) > 0) {
                self.draft.rows[best][p::FLAGS] |= flag::CANDIDATE;
            }
            start = end;
        }
        self.settle_all_against_native();
    }

    /// `all` and the native architecture are one package to apt: only the better one is taken.
    fn settle_all_against_native(&mut self) {
        for &(start, end) in &self.rows {
            let taken: Vec<usize> = (start as usize..end as usize)
                .filter(|&row| {
                    self.draft.rows[row][p::FLAGS] & flag::CANDIDATE != 0
                        && self.draft.effective(row) == self.draft.native
                })
                .collect();
            let [a, b] = taken[..] else { continue };
            let text = |row: usize| self.draft.strings.text(self.draft.rows[row][p::VERSION]);
            let better = self
                .draft
                .priority(a)
                .cmp(&self.draft.priority(b))
                .then_with(|| version::compare(text(a), text(b)));
            let loser = if better == Ordering::Less { a } else { b };
            self.draft.rows[loser][p::FLAGS] &= !flag::CANDIDATE;
        }
    }

    /// The packages that satisfy an alternative, in apt's order.
    fn candidates_of(&self, atom: &DraftAtom) -> Vec<u32> {
        let name = self
            .name_of
            .get(atom.name as usize)
            .copied()
            .unwrap_or(NONE);
        let Some(&(start, end)) = self.rows.get(name as usize) else {
            return Vec::new();
        };
        let mut found: Vec<(u32, bool)> = (start..end)
            .filter(|&row| {
                let own = self.draft.rows[row as usize][p::VERSION];
                self.architecture_fits(atom, row, self.draft.effective(row as usize))
                    && self.version_fits(atom, own)
            })
            .map(|row| (row, false))
            .collect();
        let (start, end) = self.provided[name as usize];
        for provide in &self.provides[start as usize..end as usize] {
            let versioned = atom.operator.is_none() || provide.version != 0;
            if versioned
                && self.version_fits(atom, provide.version)
                && self.architecture_fits(atom, provide.package, provide.architecture)
                && found.iter().all(|&(row, _)| row != provide.package)
            {
                let real = self.draft.rows[provide.package as usize][p::NAME] == atom.name;
                found.push((provide.package, !real));
            }
        }
        if found.len() > 1 {
            found.sort_by_cached_key(|&(row, provider)| self.preference(row, provider));
        }
        found.into_iter().map(|(row, _)| row).collect()
    }

    fn preference(
        &self,
        row: u32,
        provider: bool,
    ) -> (
        bool,
        bool,
        bool,
        bool,
        u32,
        u32,
        std::cmp::Reverse<u32>,
        u32,
    ) {
        let words = &self.draft.rows[row as usize];
        let flags = words[p::FLAGS];
        let architecture = self.draft.effective(row as usize);
        let distance = if architecture == self.draft.native {
            0
        } else {
            let position = self.draft.foreign.iter().position(|&a| a == architecture);
            position.map_or(u32::MAX, |position| position as u32 + 1)
        };
        (
            flags & flag::CANDIDATE == 0,
            provider,
            flags & flag::ESSENTIAL == 0,
            flags & flag::IMPORTANT == 0,
            distance,
            words[p::PRIORITY],
            std::cmp::Reverse(words[p::RANK]),
            row,
        )
    }

    fn version_fits(&self, atom: &DraftAtom, version: u32) -> bool {
        let Some(operator) = atom.operator else {
            return true;
        };
        if version == atom.version {
            return matches!(
                operator,
                Operator::Equal | Operator::LessEqual | Operator::GreaterEqual
            );
        }
        let strings = &self.draft.strings;
        operator.allows(version::compare(
            strings.text(version),
            strings.text(atom.version),
        ))
    }

    fn architecture_fits(&self, atom: &DraftAtom, row: u32, architecture: u32) -> bool {
        let multi_arch = self.draft.rows[row as usize][p::FLAGS] & flag::MULTI_ARCH;
        match atom.qualifier {
            Qualifier::None | Qualifier::Any if atom.negative => true,
            Qualifier::None => architecture == atom.context || multi_arch == 2,
            Qualifier::Any => multi_arch == 3,
            Qualifier::Native => architecture == self.draft.native,
            Qualifier::Architecture(asked) => architecture == asked,
        }
    }

    /// Writes atoms, groups and the candidates of both.
    fn write_candidates(&mut self, tables: &mut Tables) {
        let mut candidates: Vec<u32> = Vec::new();
        let mut atoms: Vec<u32> = Vec::with_capacity(self.draft.atoms.len() * row::atom::WORDS);
        for atom in &self.draft.atoms {
            let start = candidates.len() as u32;
            candidates.extend(self.candidates_of(atom));
            let (qualifier, operator) = (
                self.draft.qualifier_text(atom.qualifier),
                operator_code(atom.operator),
            );
            atoms.extend([atom.name, operator, atom.version, qualifier, atom.context]);
            atoms.extend([start, candidates.len() as u32]);
        }
        let mut groups: Vec<u32> = Vec::with_capacity(self.draft.groups.len() * row::group::WORDS);
        for group in &self.draft.groups {
            let members = &self.draft.group_atoms[group.atoms.0 as usize..group.atoms.1 as usize];
            let range = |atom: u32| {
                let at = atom as usize * row::atom::WORDS + row::atom::CANDIDATES;
                (atoms[at], atoms[at + 1])
            };
            let (start, end) = match members {
                [one] => range(*one),
                several => {
                    let start = candidates.len();
                    for &atom in several {
                        let (from, to) = range(atom);
                        for index in from..to {
                            let package = candidates[index as usize];
                            if !candidates[start..].contains(&package) {
                                candidates.push(package);
                            }
                        }
                    }
                    (start as u32, candidates.len() as u32)
                }
            };
            groups.extend([group.text, group.atoms.0, group.atoms.1, start, end]);
        }
        tables.words[Table::Atoms as usize] = atoms;
        tables.words[Table::Groups as usize] = groups;
        tables.words[Table::Candidates as usize] = candidates;
        tables.words[Table::GroupAtoms as usize] = std::mem::take(&mut self.draft.group_atoms);
    }

    /// Writes, for each package, those that declare `Conflicts` or `Breaks` on it.
    fn write_against(&mut self, tables: &mut Tables) {
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        let groups = &tables.words[Table::Groups as usize];
        let candidates = &tables.words[Table::Candidates as usize];
        for (package, words) in self.draft.rows.iter().enumerate() {
            let declared =
                words[p::DEPENDENCIES] as usize * 2..words[p::DEPENDENCIES_END] as usize * 2;
            for &[field, group] in self.draft.dependencies[declared].as_chunks::<2>().0 {
                if !Field::ALL[field as usize].is_negative() {
                    continue;
                }
                let at = group as usize * row::group::WORDS + row::group::CANDIDATES;
                for &target in &candidates[groups[at] as usize..groups[at + 1] as usize] {
                    if self.draft.rows[target as usize][p::NAME] != words[p::NAME] {
                        pairs.push((target, package as u32));
                    }
                }
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        for (index, &(target, _)) in pairs.iter().enumerate() {
            let row = &mut self.draft.rows[target as usize];
            if row[p::AGAINST_END] == 0 {
                row[p::AGAINST] = index as u32;
            }
            row[p::AGAINST_END] = index as u32 + 1;
        }
        tables.words[Table::Against as usize] =
            pairs.into_iter().map(|(_, package)| package).collect();
    }

    fn write_rest(self, mut tables: Tables, names: &[u32]) -> Tables {
        let Linker {
            draft,
            rows,
            provides,
            provided,
            ..
        } = self;
        let mut meta = vec![draft.native];
        meta.extend(&draft.foreign);
        tables.words[Table::Meta as usize] = meta;
        tables.words[Table::Packages as usize] = draft.rows.into_iter().flatten().collect();
        tables.words[Table::Names as usize] = names
            .iter()
            .enumerate()
            .flat_map(|(id, &text)| [text, rows[id].0, rows[id].1, provided[id].0, provided[id].1])
            .collect();
        tables.words[Table::Providers as usize] = provides
            .iter()
            .flat_map(|provide| [provide.package, provide.version])
            .collect();
        tables.words[Table::Elsewhere as usize] = draft
            .elsewhere
            .iter()
            .flat_map(|&(package, origin)| [package, origin])
            .collect();
        tables.words[Table::Dependencies as usize] = draft.dependencies;
        tables.words[Table::Origins as usize] = draft.origins.into_iter().flatten().collect();
        tables.hashes = draft.hashes.into_iter().flatten().collect();
        let (strings, ends) = draft.strings.into_tables();
        tables.words[Table::StringEnds as usize] = ends;
        tables.strings = strings;
        tables
    }
}

fn operator_code(operator: Option<Operator>) -> u32 {
    match operator {
        None => 0,
        Some(Operator::Less) => 1,
        Some(Operator::LessEqual) => 2,
        Some(Operator::Equal) => 3,
        Some(Operator::GreaterEqual) => 4,
        Some(Operator::Greater) => 5,
    }
}
