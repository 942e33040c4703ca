//! Universes built from small indices: what they say, in which order, and when damaged.

use super::*;
use crate::fuzzing;

/// Fields that every stanza of an index has; `number` makes its file another one.
fn stanza(number: u32, fields: &str) -> String {
    format!("{fields}\nFilename: pool/{number}.deb\nSize: {number}\nSHA256: {number:064x}\n\n")
}

fn origin(suite: &str, priority: i32) -> OriginSpec {
    OriginSpec {
        repository: "debian".into(),
        suite: suite.into(),
        component: "main".into(),
        priority,
    }
}

/// A universe of suites, each with its priority and its stanzas.
fn build(suites: &[(&str, i32, &[&str])]) -> Vec<u8> {
    let mut builder = UniverseBuilder::new("amd64", &["i386", "armhf"]);
    let mut number = 0;
    for (suite, priority, stanzas) in suites {
        let id = builder.add_origin(&origin(suite, *priority));
        let mut text = String::new();
        for fields in *stanzas {
            number += 1;
            text.push_str(&stanza(number, fields));
        }
        let read = builder.add_packages(id, suite, text.as_bytes());
        read.expect("the stanzas are well-formed");
    }
    builder.finish()
}

fn label(universe: &Universe<'_>, id: PackageId) -> String {
    let package = universe.package(id);
    let suite = package.origin().suite;
    let (name, version) = (package.name(), package.version());
    format!("{name}_{version}_{}/{suite}", package.architecture())
}

/// The candidates of a package's first dependency.
fn candidates(file: &[u8], of: &str) -> String {
    let universe = Universe::open(file).expect("a universe");
    let name = universe.find(of).expect("a name");
    let package = universe.packages_named(name).next().expect("a package");
    let first = universe.dependencies(package).next();
    let group = first.expect("a dependency").group;
    let labels = universe.group_candidates(group).iter();
    let labels: Vec<String> = labels.map(|&id| label(&universe, PackageId(id))).collect();
    labels.join(" ")
}

const EVERYTHING: &str = "Package: foo
Source: bar (2:1-1)
Version: 2:1-1+b1
Architecture: amd64
Essential: yes
Protected: yes
Multi-Arch: same
Priority: important
Section: net
Installed-Size: 12
Maintainer: A <a@b.example>
Homepage: http://mirror.example/
Description: what it does
 and more of it
Provides: v, w (= 3)
Built-Using: gcc-12 (= 12.2.0-14)
Static-Built-Using: golang (= 1.19)
Depends: a (>= 1) | b:any,
 c:i386";

#[test]
fn a_package_says_everything_its_stanza_said() {
    let file = build(&[("stable", 500, &[EVERYTHING])]);
    let universe = Universe::open(&file).expect("a universe");
    assert_eq!(universe.len(), 1);
    let foo = universe.package(PackageId(0));
    let texts = [
        (foo.name(), "foo"),
        (foo.source_or_name(), "foo"),
        (foo.version(), "2:1-1+b1"),
        (foo.architecture(), "amd64"),
        (foo.source(), "bar"),
        (foo.source_version(), "2:1-1"),
        (foo.section(), "net"),
        (foo.maintainer(), "A <a@b.example>"),
        (foo.homepage(), "http://mirror.example/"),
        (foo.description(), "what it does"),
        (foo.filename(), "pool/1.deb"),
        (foo.provides(), "v, w (= 3)"),
        (foo.built_using(), "gcc-12 (= 12.2.0-14)"),
        (foo.static_built_using(), "golang (= 1.19)"),
    ];
    for (said, expected) in texts {
        assert_eq!(said, expected);
    }
    assert!(foo.is_essential() && foo.is_important() && foo.is_candidate() && !foo.is_source());
    assert_eq!(foo.multi_arch(), MultiArch::Same);
    let sizes = (foo.priority(), foo.size(), foo.installed_size());
    assert_eq!(sizes, (2, 1, 12 * 1024));
    let hash = foo.sha256().map(|hash| hash.to_string());
    assert_eq!(hash, Some(format!("{:064x}", 1)));
    let from = foo.origin();
    let from = (from.repository, from.suite, from.component, from.priority);
    assert_eq!(from, ("debian", "stable", "main", 500));
}

#[test]
fn relations_are_kept_as_groups_and_alternatives() {
    let file = build(&[("stable", 500, &[EVERYTHING])]);
    let universe = Universe::open(&file).expect("a universe");
    let declared: Vec<String> = universe
        .dependencies(PackageId(0))
        .map(|Dependency { field, group }| {
            let atoms = universe.group_atoms(group);
            let atoms: Vec<String> = atoms.map(|atom| universe.atom(atom).to_string()).collect();
            let text = universe.group_text(group);
            format!("{}: {text} = {}", field.name(), atoms.join(" or "))
        })
        .collect();
    let expected = [
        "Depends: a (>= 1) | b:any = a (>= 1) or b:any",
        "Depends: c:i386 = c:i386",
    ];
    assert_eq!(declared, expected);
}

#[test]
fn names_are_sorted_and_found_real_or_virtual() {
    let b = "Package: b\nVersion: 1\nArchitecture: amd64\nProvides: virtual, b (= 7)";
    let a = "Package: a\nVersion: 1\nArchitecture: amd64\nDepends: nowhere";
    let file = build(&[("stable", 500, &[b, a])]);
    let universe = Universe::open(&file).expect("a universe");
    let names: Vec<&str> = universe.names().map(|name| universe.name(name)).collect();
    assert_eq!(
        names,
        ["a", "b", "virtual"],
        "what is only asked for is no name"
    );
    for name in names {
        let id = universe.find(name).expect(name);
        assert_eq!(universe.name(id), name);
    }
    assert_eq!(universe.find("nowhere"), None);
    assert_eq!(universe.find(""), None);
    let of = |name: &str| {
        let name = universe.find(name).expect("a name");
        let provided = universe.providers(name);
        let versions: Vec<Option<&str>> = provided.map(|provider| provider.version).collect();
        (universe.packages_named(name).len(), versions)
    };
    assert_eq!(of("a"), (1, vec![]));
    assert_eq!(of("b"), (1, vec![Some("7")]));
    assert_eq!(of("virtual"), (0, vec![None]));
}

#[test]
fn rows_are_sorted_by_name_architecture_and_falling_version() {
    let rows = [
        "Package: b\nVersion: 1\nArchitecture: amd64",
        "Package: a\nVersion: 1.9\nArchitecture: i386",
        "Package: a\nVersion: 1.10\nArchitecture: i386",
        "Package: a\nVersion: 1\nArchitecture: all",
    ];
    let file = build(&[("stable", 500, &rows), ("updates", 500, &rows[..1])]);
    let universe = Universe::open(&file).expect("a universe");
    let labels: Vec<String> = universe.ids().map(|id| label(&universe, id)).collect();
    let expected = [
        "a_1_all/stable",
        "a_1.10_i386/stable",
        "a_1.9_i386/stable",
        "b_1_amd64/stable",
        "b_1_amd64/updates",
    ];
    assert_eq!(
        labels, expected,
        "two files of one version are two packages"
    );
}

#[test]
fn the_same_file_in_two_suites_is_one_package() {
    let text = stanza(
        1,
        "Package: a\nVersion: 1\nArchitecture: amd64\nProvides: v",
    );
    let mut builder = UniverseBuilder::new("amd64", &[]);
    for suite in ["stable", "updates", "updates"] {
        let id = builder.add_origin(&origin(suite, 500));
        let read = builder.add_packages(id, suite, text.as_bytes());
        read.expect("a good stanza");
    }
    let file = builder.finish();
    let universe = Universe::open(&file).expect("a universe");
    assert_eq!(universe.len(), 1);
    let package = universe.package(PackageId(0));
    assert_eq!(package.origin().suite, "stable");
    let suites: Vec<&str> = package.origins().map(|origin| origin.suite).collect();
    assert_eq!(suites, ["stable", "updates", "updates"]);
    let name = universe.find("v").expect("a virtual name");
    assert_eq!(
        universe.providers(name).len(),
        1,
        "its Provides count once too"
    );
}

/// A row for each provider of `v`: name, architecture and more fields.
fn provider(name: &str, architecture: &str, fields: &str) -> String {
    format!("Package: {name}\nVersion: 1\nArchitecture: {architecture}\nProvides: v{fields}")
}

const ASKS: &str = "Package: w\nVersion: 1\nArchitecture: amd64\nDepends: v";

#[test]
fn candidates_come_in_the_order_of_apt() {
    let real = |version: u32| format!("Package: v\nVersion: {version}\nArchitecture: amd64");
    let foreign = "\nMulti-Arch: foreign";
    let table = [
        (
            "the real package before its providers",
            vec![provider("a", "amd64", "\nEssential: yes"), real(1)],
            "v_1_amd64 a_1_amd64",
        ),
        (
            "the newest version first, the others last of all",
            vec![real(1), real(2), provider("a", "amd64", "")],
            "v_2_amd64 a_1_amd64 v_1_amd64",
        ),
        (
            "Essential, then Protected, then the rest",
            vec![
                provider("a", "amd64", ""),
                provider("b", "amd64", "\nProtected: yes"),
                provider("c", "amd64", "\nEssential: yes"),
            ],
            "c_1_amd64 b_1_amd64 a_1_amd64",
        ),
        (
            "the native architecture before foreign ones, these in the order asked",
            vec![
                provider("a", "armhf", foreign),
                provider("b", "i386", foreign),
                provider("c", "all", "\nPriority: extra"),
            ],
            "c_1_all b_1_i386 a_1_armhf",
        ),
        (
            "the archive priority",
            vec![
                provider("a", "amd64", "\nPriority: optional"),
                provider("b", "amd64", "\nPriority: required"),
            ],
            "b_1_amd64 a_1_amd64",
        ),
        (
            "at last the name heard of later",
            vec![provider("b", "amd64", ""), provider("a", "amd64", "")],
            "a_1_amd64 b_1_amd64",
        ),
        (
            "a package that provides its own name is there once",
            vec![provider("v", "amd64", "")],
            "v_1_amd64",
        ),
    ];
    for (why, rows, expected) in table {
        let rows: Vec<&str> = [ASKS]
            .into_iter()
            .chain(rows.iter().map(String::as_str))
            .collect();
        let found = candidates(&build(&[("stable", 500, &rows)]), "w");
        assert_eq!(found.replace("/stable", ""), expected, "{why}");
    }
}

#[test]
fn the_highest_priority_makes_the_candidate() {
    let old = "Package: v\nVersion: 1\nArchitecture: amd64";
    let new = "Package: v\nVersion: 2\nArchitecture: amd64";
    let backports = [
        ("stable", 500, &[ASKS, old][..]),
        ("backports", 100, &[new]),
    ];
    let found = candidates(&build(&backports), "w");
    assert_eq!(found, "v_1_amd64/stable v_2_amd64/backports");
    let security = [("stable", 500, &[ASKS, old][..]), ("security", 500, &[new])];
    let found = candidates(&build(&security), "w");
    assert_eq!(found, "v_2_amd64/security v_1_amd64/stable");
}

#[test]
fn who_declares_against_whom() {
    let rows = [
        "Package: a\nVersion: 1\nArchitecture: amd64\nProvides: v\nConflicts: v",
        "Package: b\nVersion: 1\nArchitecture: amd64\nBreaks: a (<< 2), a (>= 5)",
        "Package: c\nVersion: 1\nArchitecture: amd64\nConflicts: v",
        "Package: d\nVersion: 1\nArchitecture: amd64\nReplaces: a\nDepends: a",
    ];
    let file = build(&[("stable", 500, &rows)]);
    let universe = Universe::open(&file).expect("a universe");
    let against: Vec<&[u32]> = universe
        .ids()
        .map(|id| universe.declared_against(id))
        .collect();
    let expected = [&[1, 2][..], &[], &[], &[]];
    assert_eq!(against, expected, "a package never declares against itself");
}

#[test]
fn an_index_that_cannot_be_read_says_where() {
    let good = stanza(1, "Package: aa\nVersion: 1\nArchitecture: amd64");
    let bad = |field: &str| {
        let fields = format!("Package: bb\nVersion: 1\nArchitecture: amd64\n{field}");
        good.clone() + &stanza(2, &fields)
    };
    let table = [
        (format!("{good}no field\n\n"), "index: line 8"),
        (
            format!("{good}Package: bb\nArchitecture: amd64\n\n"),
            "index: line 8",
        ),
        (bad("Depends: x ("), "index:8: Depends of bb: "),
        (bad("Provides: |"), "index:8: Provides of bb: "),
    ];
    for (text, expected) in table {
        let mut builder = UniverseBuilder::new("amd64", &[]);
        let id = builder.add_origin(&origin("stable", 500));
        let read = builder.add_packages(id, "index", text.as_bytes());
        let error = read.expect_err(expected).to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn other_files_are_refused() {
    let file = build(&[("stable", 500, &[EVERYTHING])]);
    let changed = |place: usize, byte: u8| {
        let mut file = file.clone();
        file[place] = byte;
        Universe::open(&file).err()
    };
    assert_eq!(Universe::open(&[]).err(), Some(UniverseError::Foreign));
    assert_eq!(
        changed(0, b'X'),
        Some(UniverseError::Foreign),
        "another magic"
    );
    assert_eq!(
        changed(8, 0xff),
        Some(UniverseError::Foreign),
        "another format"
    );
    let other = changed(12, file[12] ^ 1);
    assert_eq!(other, Some(UniverseError::Damaged), "another length");
    for length in 0..file.len() {
        assert!(
            Universe::open(&file[..length]).is_err(),
            "cut to {length} bytes"
        );
    }
    let longer = [&file[..], &[0; 4]].concat();
    assert_eq!(Universe::open(&longer).err(), Some(UniverseError::Damaged));
}

#[test]
fn every_damaged_byte_is_noticed_by_the_digest_and_none_is_dangerous() {
    let file = build(&[
        ("stable", 500, &[EVERYTHING]),
        ("updates", 100, &[EVERYTHING]),
    ]);
    assert_eq!(Universe::verify(&file), Ok(()));
    let mut opened = 0;
    for place in 0..file.len() {
        for flip in [1, 0x80, 0xff] {
            let mut damaged = file.clone();
            damaged[place] ^= flip;
            assert!(Universe::verify(&damaged).is_err(), "byte {place}");
            if let Ok(universe) = Universe::open(&damaged) {
                opened += 1;
                fuzzing::walk(&universe);
            }
        }
    }
    assert!(
        opened > file.len(),
        "most damage is found by the digest alone"
    );
}

#[test]
fn an_empty_universe_is_one() {
    let file = UniverseBuilder::new("amd64", &["i386"]).finish();
    let universe = Universe::open(&file).expect("a universe");
    assert!(universe.is_empty() && universe.name_count() == 0);
    assert_eq!(universe.native(), "amd64");
    assert_eq!(universe.foreign().collect::<Vec<_>>(), ["i386"]);
    fuzzing::walk(&universe);
}

#[test]
fn the_same_text_makes_the_same_bytes() {
    let other = "Package: a\nVersion: 1\nArchitecture: all\nProvides: b, c";
    let rows = [EVERYTHING, other];
    assert!(build(&[("stable", 500, &rows)]) == build(&[("stable", 500, &rows)]));
}
