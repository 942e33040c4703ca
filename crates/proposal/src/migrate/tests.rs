//! Fates of toy packages, each for its own reason.

use formwork_deb::universe::{OriginSpec, UniverseBuilder};

use super::*;

/// A universe from `NAME VERSION SOURCE REST`, where REST is further lines of a paragraph.
fn universe(suite: &str, rows: &[(&str, &str, &str, &str)]) -> Vec<u8> {
    let mut builder = UniverseBuilder::new("amd64", &[]);
    let origin = builder.add_origin(&OriginSpec {
        repository: "debian".to_owned(),
        suite: suite.to_owned(),
        component: "main".to_owned(),
        priority: 500,
    });
    let mut text = String::new();
    for (name, version, source, rest) in rows {
        text.push_str(&format!(
            "Package: {name}\nVersion: {version}\nArchitecture: amd64\nSource: {source}\n{rest}\
             Filename: pool/{name}.deb\nSize: 1\nSHA256: {}\n\n",
            "0".repeat(64)
        ));
    }
    builder
        .add_packages(origin, "Packages", text.as_bytes())
        .expect("an index");
    builder.finish()
}

#[test]
fn every_fate_has_its_ground() {
    let old = universe(
        "bullseye",
        &[
            ("libpam-cracklib", "1.4", "pam", ""),
            ("libssl1.1", "1.1", "openssl", ""),
            ("python3.9-minimal", "3.9", "python3.9", ""),
            ("policykit-1", "0.105", "policykit-1", ""),
            ("bash", "5", "bash", ""),
            ("libcrypt1", "4", "glibc", ""),
            ("libtss2-esys0", "3", "tpm2-tss", ""),
            ("mailer", "1", "mailer", ""),
            ("oldtool", "1", "oldtool", ""),
            ("doc-gone", "1", "bash", ""),
            ("lost", "1", "lost", ""),
            (
                "was-dummy",
                "1",
                "x",
                "Description: transitional package\nDepends: bash\n",
            ),
        ],
    );
    let new = universe(
        "bookworm",
        &[
            ("libpam-passwdqc", "2", "passwdqc", ""),
            ("libssl3", "3", "openssl", ""),
            ("python3.11-minimal", "3.11", "python3.11", ""),
            (
                "policykit-1",
                "122",
                "policykit-1",
                "Description: transitional package for polkitd and pkexec\nDepends: pkexec (= 122), polkitd (= 122)\n",
            ),
            ("bash", "5.2", "bash", ""),
            ("libcrypt1", "4.4", "libxcrypt", ""),
            (
                "libtss2-esys-3.0.2-0t64",
                "4",
                "tpm2-tss",
                "Provides: libtss2-esys0 (= 4)\n",
            ),
            ("exim", "1", "exim", "Provides: mailer\n"),
            ("postfix", "1", "postfix", "Provides: mailer\n"),
            (
                "newtool",
                "1",
                "newtool",
                "Replaces: oldtool\nBreaks: oldtool (<< 2)\n",
            ),
        ],
    );
    let changes = shipped("bullseye", "bookworm").expect("the data of ours");
    let (old, new) = (
        Universe::open(&old).expect("a universe"),
        Universe::open(&new).expect("a universe"),
    );
    let suites = Suites::new(old, new, &changes);
    let table = [
        (
            "libpam-cracklib",
            MigrationKind::Replaced,
            "libpam-passwdqc",
            "pam_passwdqc",
        ),
        (
            "libssl1.1",
            MigrationKind::Renamed,
            "libssl3",
            "another version of it, from the source openssl",
        ),
        (
            "python3.9-minimal",
            MigrationKind::Renamed,
            "python3.11-minimal",
            "from the source python3.11",
        ),
        (
            "policykit-1",
            MigrationKind::Split,
            "pkexec polkitd",
            "a transitional package stands for it",
        ),
        (
            "libcrypt1",
            MigrationKind::OtherSource,
            "libcrypt1",
            "built from libxcrypt instead of glibc",
        ),
        (
            "libtss2-esys0",
            MigrationKind::Renamed,
            "libtss2-esys-3.0.2-0t64",
            "Provides: libtss2-esys0",
        ),
        (
            "mailer",
            MigrationKind::Replaced,
            "exim postfix",
            "Provides: mailer",
        ),
        ("oldtool", MigrationKind::Replaced, "newtool", "Replaces it"),
        (
            "was-dummy",
            MigrationKind::Renamed,
            "bash",
            "in the old suite already",
        ),
        (
            "doc-gone",
            MigrationKind::Gone,
            "",
            "its source bash is still there",
        ),
        ("lost", MigrationKind::Gone, "", "no successor is known"),
        (
            "never-there",
            MigrationKind::Gone,
            "",
            "no successor is known",
        ),
    ];
    for (name, kind, to, basis) in table {
        let fate = suites.fate(name, None).expect(name);
        assert_eq!(fate.kind, kind, "{name}: {fate:?}");
        assert_eq!(fate.to.join(" "), to, "{name}");
        assert!(fate.basis.contains(basis), "{name}: {}", fate.basis);
    }
    assert_eq!(suites.fate("bash", Some("bash")), None);
}

#[test]
fn stems_forget_versions_and_nothing_else() {
    let table = [
        ("libssl1.1", "libssl"),
        ("libssl3t64", "libssl"),
        ("python3.9-minimal", "python-minimal"),
        ("libldap-2.4-2", "libldap"),
        ("gcc-10-base", "gcc-base"),
        ("bash", "bash"),
    ];
    for (name, expected) in table {
        assert_eq!(stem(name), expected);
    }
}

#[test]
fn what_comes_with_formwork_can_be_read() {
    assert!(!shipped("bullseye", "bookworm").expect("sound").is_empty());
    assert!(!shipped("bookworm", "trixie").expect("sound").is_empty());
    assert!(shipped("bookworm", "bullseye").expect("sound").is_empty());
}
