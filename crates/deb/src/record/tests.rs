use super::*;
use crate::deb822::paragraphs;
use crate::sha256::Sha256;

const DIGEST: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn package(text: &str, stanza: Stanza) -> Result<PackageRecord<'_>, RecordError> {
    let paragraph = paragraphs(text)
        .next()
        .expect("a paragraph")
        .expect("good text");
    PackageRecord::from_paragraph(&paragraph, stanza)
}

fn source(text: &str) -> Result<SourceRecord<'_>, RecordError> {
    let paragraph = paragraphs(text)
        .next()
        .expect("a paragraph")
        .expect("good text");
    SourceRecord::from_paragraph(&paragraph)
}

#[test]
fn a_package_of_an_index() {
    let text = format!(
        "Package: libfoo1\nSource: foo (1.0-2)\nVersion: 1.0-2+b1\nArchitecture: amd64\n\
         Multi-Arch: same\nEssential: yes\nProtected: yes\nImportant: no\nPriority: required\n\
         Section: libs\nInstalled-Size: 42\nFilename: pool/main/f/foo/libfoo1_1.0-2+b1_amd64.deb\n\
         Size: 12345\nSHA256: {DIGEST}\nPre-Depends: a\nDepends: b,\n c\nRecommends: d\n\
         Suggests: e\nConflicts: f\nBreaks: g\nReplaces: h\nProvides: i\nEnhances: j\n\
         Built-Using: k (= 1)\nStatic-Built-Using: l (= 1)\nDescription: short one\n more\n\
         Maintainer: M <m@mail.example>\nHomepage: https://foo.example/\n"
    );
    let expected = PackageRecord {
        package: "libfoo1",
        version: "1.0-2+b1",
        architecture: "amd64",
        source: "foo",
        source_version: "1.0-2",
        multi_arch: MultiArch::Same,
        essential: true,
        protected: true,
        important: false,
        priority: Some("required"),
        section: Some("libs"),
        installed_size: 42,
        file: Some(PackageFile {
            filename: "pool/main/f/foo/libfoo1_1.0-2+b1_amd64.deb",
            size: 12345,
            sha256: Sha256::of(b""),
        }),
        pre_depends: Some("a"),
        depends: Some("b,\n c"),
        recommends: Some("d"),
        suggests: Some("e"),
        conflicts: Some("f"),
        breaks: Some("g"),
        replaces: Some("h"),
        provides: Some("i"),
        enhances: Some("j"),
        built_using: Some("k (= 1)"),
        static_built_using: Some("l (= 1)"),
        description: Some("short one"),
        maintainer: Some("M <m@mail.example>"),
        homepage: Some("https://foo.example/"),
    };
    assert_eq!(package(&text, Stanza::Index), Ok(expected));
}

#[test]
fn the_source_of_a_package() {
    let table = [
        ("", "a", "2"),
        ("Source: b\n", "b", "2"),
        ("Source: b (1)\n", "b", "1"),
        ("Source: b(1)\n", "b", "1"),
        ("Source: b ( 1 )\n", "b", "1"),
    ];
    for (field, name, version) in table {
        let text = format!("Package: a\nVersion: 2\nArchitecture: all\n{field}");
        let record = package(&text, Stanza::Control).expect("a good record");
        assert_eq!(
            (record.source, record.source_version),
            (name, version),
            "{field}"
        );
        assert_eq!((record.file, record.multi_arch), (None, MultiArch::No));
    }
}

#[test]
fn words_may_be_in_any_case_as_for_dpkg() {
    let text = "Package: a\nVersion: 2\nArchitecture: all\nessential: YES\nMulti-arch: Foreign\n";
    let record = package(text, Stanza::Control).expect("a good record");
    assert_eq!(
        (record.essential, record.multi_arch),
        (true, MultiArch::Foreign)
    );
}

#[test]
fn wrong_packages_are_refused_with_line_and_field() {
    let good = format!(
        "Package: a\nVersion: 2\nArchitecture: all\nFilename: p/a.deb\nSize: 1\nSHA256: {DIGEST}\n"
    );
    assert!(package(&good, Stanza::Index).is_ok());
    let table = [
        (
            "Package: a\n",
            "",
            "line 1: field Package: expected the name of a package, found nothing",
        ),
        (
            "Package: a",
            "Package: a b",
            "line 1: field Package: expected the name of a package, found `a b`",
        ),
        (
            "Package: a",
            "Package: ../a",
            "line 1: field Package: expected",
        ),
        (
            "Package: a",
            "Package:",
            "line 1: field Package: expected the name of a package, found ``",
        ),
        (
            "Version: 2",
            "Version: 2 3",
            "line 2: field Version: expected a version, found `2 3`",
        ),
        (
            "Version: 2\n",
            "",
            "line 1: field Version: expected a version, found nothing",
        ),
        (
            "Architecture: all",
            "Architecture: all any",
            "line 3: field Architecture: expected one architecture",
        ),
        (
            "Architecture: all\n",
            "",
            "field Architecture: expected one architecture, found nothing",
        ),
        (
            "p/a.deb",
            "/p/a.deb",
            "line 4: field Filename: expected a path inside the archive",
        ),
        (
            "p/a.deb",
            "p/../../a.deb",
            "line 4: field Filename: expected a path inside the archive",
        ),
        (
            "p/a.deb",
            "..",
            "line 4: field Filename: expected a path inside the archive",
        ),
        (
            "Filename: p/a.deb\n",
            "",
            "line 1: field Filename: expected a path inside the archive, found nothing",
        ),
        (
            "Size: 1",
            "Size: -1",
            "line 5: field Size: expected a number, found `-1`",
        ),
        (
            "Size: 1",
            "Size: 99999999999999999999",
            "line 5: field Size: expected a number",
        ),
        (
            "Size: 1",
            "Size:",
            "line 5: field Size: expected a number, found ``",
        ),
        (
            "Size: 1\n",
            "",
            "line 1: field Size: expected a number, found nothing",
        ),
        (
            "SHA256: e",
            "SHA256: g",
            "line 6: field SHA256: expected 64 hexadecimal digits, found `g3b0",
        ),
        (
            "SHA256: e",
            "SHA256: ",
            "line 6: field SHA256: expected 64 hexadecimal digits",
        ),
        (
            "Size",
            "Source: b (\nSize",
            "field Source: expected `name` or `name (version)`, found `b (`",
        ),
        (
            "Size",
            "Source: (1)\nSize",
            "line 5: field Source: expected",
        ),
        (
            "Size",
            "Source: b c\nSize",
            "line 5: field Source: expected",
        ),
        (
            "Size",
            "Essential: maybe\nSize",
            "line 5: field Essential: expected `yes` or `no`, found `maybe`",
        ),
        (
            "Size",
            "Multi-Arch: any\nSize",
            "line 5: field Multi-Arch: expected `no`, `same`, `foreign` or `allowed`",
        ),
        (
            "Size",
            "Installed-Size: 1 kB\nSize",
            "line 5: field Installed-Size: expected a number, found `1 kB`",
        ),
    ];
    for (from, to, expected) in table {
        let text = good.replacen(from, to, 1);
        let message = package(&text, Stanza::Index)
            .expect_err(expected)
            .to_string();
        assert!(message.contains(expected), "{message}, not {expected}");
    }
}

#[test]
fn a_source_of_an_index() {
    let text = format!(
        "Package: foo\nBinary: libfoo1, libfoo-dev,\n foo-doc\nVersion: 1.0-2\nArchitecture: any all\n\
         Build-Depends: a\nBuild-Depends-Arch: b\nBuild-Depends-Indep: c\nBuild-Conflicts: d\n\
         Build-Conflicts-Arch: e\nBuild-Conflicts-Indep: f\nDirectory: pool/main/f/foo\n\
         Checksums-Sha256:\n {DIGEST} 0 foo_1.0-2.dsc\n {DIGEST} 7 foo_1.0.orig.tar.xz\n\
         Section: misc\nPriority: optional\nMaintainer: M\nHomepage: h\nStandards-Version: 4.7.0\n\
         Vcs-Browser: v\nVcs-Git: g\nPackage-List:\n libfoo1 deb libs optional arch=any\n\
         Extra-Source-Only: yes\n"
    );
    let file = |name, size| SourceFile {
        name,
        size,
        sha256: Sha256::of(b""),
    };
    let expected = SourceRecord {
        package: "foo",
        version: "1.0-2",
        binaries: vec!["libfoo1", "libfoo-dev", "foo-doc"],
        architecture: Some("any all"),
        build_depends: Some("a"),
        build_depends_arch: Some("b"),
        build_depends_indep: Some("c"),
        build_conflicts: Some("d"),
        build_conflicts_arch: Some("e"),
        build_conflicts_indep: Some("f"),
        directory: "pool/main/f/foo",
        files: vec![file("foo_1.0-2.dsc", 0), file("foo_1.0.orig.tar.xz", 7)],
        section: Some("misc"),
        priority: Some("optional"),
        maintainer: Some("M"),
        homepage: Some("h"),
        standards_version: Some("4.7.0"),
        vcs_browser: Some("v"),
        vcs_git: Some("g"),
        package_list: Some("\n libfoo1 deb libs optional arch=any"),
        extra_source_only: true,
    };
    assert_eq!(source(&text), Ok(expected));
}

#[test]
fn wrong_sources_are_refused_with_line_and_field() {
    let good = format!(
        "Package: a\nVersion: 1\nBinary: a\nDirectory: .\nChecksums-Sha256:\n {DIGEST} 0 a.dsc\n"
    );
    assert!(source(&good).is_ok());
    let table = [
        (
            "Package: a\n",
            "",
            "line 1: field Package: expected the name of a package, found nothing",
        ),
        (
            "Binary: a",
            "Binary: a, b/c",
            "line 3: field Binary: expected names of packages, found `a, b/c`",
        ),
        (
            "Directory: .",
            "Directory: ../x",
            "line 4: field Directory: expected a path inside the archive",
        ),
        (
            "Directory: .\n",
            "",
            "field Directory: expected a path inside the archive, found nothing",
        ),
        (
            " 0 a.dsc",
            " 0 d/a.dsc",
            "line 6: field Checksums-Sha256: expected lines of `digest size name`",
        ),
        (" 0 a.dsc", " 0 ..", "line 6: field Checksums-Sha256"),
        (
            " 0 a.dsc",
            " 0 a.dsc\n x",
            "line 7: field Checksums-Sha256: expected lines of `digest size name`, found `x`",
        ),
        (
            "Sha256",
            "Sha1",
            "line 1: field Checksums-Sha256: expected lines of `digest size name`, found nothing",
        ),
    ];
    for (from, to, expected) in table {
        let text = good.replacen(from, to, 1);
        let message = source(&text).expect_err(expected).to_string();
        assert!(message.contains(expected), "{message}, not {expected}");
    }
}
