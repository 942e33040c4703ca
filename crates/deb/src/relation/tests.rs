use super::*;
use proptest::prelude::*;

fn canonical(text: &str) -> Result<Vec<String>, RelationError> {
    Ok(parse_groups(text)?.iter().map(Group::to_string).collect())
}

fn one(text: &str) -> Relation<'_> {
    let mut groups = parse_groups(text).expect("a good relation");
    assert_eq!(groups.len(), 1);
    groups.remove(0).alternatives.remove(0)
}

#[test]
fn a_field_with_everything() {
    let text = "a | b:any (>= 1:2.0~rc1-3) ,\n c(<<2)[!i386 linux-any]<!nocheck cross> <stage1>,\t\n d (1) , ";
    let groups = parse_groups(text).expect("a good field");
    let texts: Vec<&str> = groups.iter().map(|group| group.text).collect();
    assert_eq!(
        texts,
        [
            "a | b:any (>= 1:2.0~rc1-3)",
            "c(<<2)[!i386 linux-any]<!nocheck cross> <stage1>",
            "d (1)"
        ]
    );
    assert_eq!(
        canonical(text).expect("a good field"),
        [
            "a | b:any (>= 1:2.0~rc1-3)",
            "c (<< 2) [!i386 linux-any] <!nocheck cross> <stage1>",
            "d (= 1)"
        ]
    );
    assert_eq!(groups[0].alternatives[1].qualifier, Some("any"));
}

#[test]
fn operators_and_blanks() {
    let table = [
        ("a(<1)", "a (<= 1)"),
        ("a (>1)", "a (>= 1)"),
        ("a (<<1)", "a (<< 1)"),
        ("a (>>1)", "a (>> 1)"),
        ("a (= 1 )", "a (= 1)"),
        ("a (\n >= \n 1\n )", "a (>= 1)"),
        ("a [ amd64 ]", "a [amd64]"),
        ("a < !nocheck >", "a <!nocheck>"),
        ("a\r\n|\r\n b", "a | b"),
        ("libstdc++6", "libstdc++6"),
        ("a:native", "a:native"),
        ("a", "a"),
    ];
    for (text, expected) in table {
        assert_eq!(canonical(text), Ok(vec![expected.to_owned()]), "{text:?}");
    }
    for empty in ["", " ", "\n \t"] {
        assert_eq!(canonical(empty), Ok(Vec::new()), "{empty:?}");
    }
}

#[test]
fn syntax_errors_say_where_and_what() {
    let table = [
        (",", 0, "expected a package name, found ','"),
        ("a, , b", 3, "expected a package name, found ','"),
        ("a | ", 4, "expected a package name, found the end"),
        ("a || b", 3, "expected a package name, found '|'"),
        ("a, |b", 3, "expected a package name, found '|'"),
        ("a b", 2, "expected `,` or `|` or the end, found 'b'"),
        ("a;b", 1, "expected `,` or `|` or the end, found ';'"),
        ("a:", 2, "expected an architecture, found the end"),
        ("a (>= 1", 7, "expected `)`, found the end"),
        (
            "a (>= 1, b",
            6,
            "character ',' is not allowed in version `1,`",
        ),
        ("a (>= 1 2)", 8, "expected `)`, found '2'"),
        ("a (>=)", 5, "expected a version, found nothing"),
        ("a ()", 3, "expected a version, found nothing"),
        (
            "a (=> 1)",
            3,
            "expected one of `<<`, `<=`, `=`, `>=`, `>>`, found `=>`",
        ),
        ("a (== 1)", 3, "found `==`"),
        ("a (!= 1)", 3, "character '!' is not allowed"),
        (
            "a (>= 1-)",
            6,
            "expected a revision after the last `-` of version `1-`",
        ),
        ("a (>= é)", 6, "expected a version, found nothing"),
        ("a []", 3, "expected an architecture, found ']'"),
        ("a [amd64", 8, "expected `]`, found the end"),
        ("a [amd64, i386]", 8, "expected `]`, found ','"),
        ("a [!!i386]", 4, "expected an architecture, found '!'"),
        ("a <>", 3, "expected a build profile, found '>'"),
        ("a <x", 4, "expected `>`, found the end"),
        ("a (= 1) (= 2)", 8, "found '('"),
        ("a <x> [amd64]", 6, "found '['"),
        ("é", 0, "expected a package name, found 'é'"),
        ("${misc:Depends}", 0, "expected a package name, found '$'"),
        ("a\0", 1, "found '\\0'"),
    ];
    for (text, offset, expected) in table {
        let error = parse_groups(text).expect_err(text);
        assert_eq!(error.offset, offset, "{text:?}: {error}");
        assert!(
            error.to_string().contains(expected),
            "{text:?}: {error}, not {expected}"
        );
    }
}

#[test]
fn a_field_has_a_bounded_number_of_names() {
    for piece in [",a", "|a", "<b>"] {
        let error = parse_groups(&format!("a{}", piece.repeat(100_000))).expect_err(piece);
        assert_eq!(error.problem, RelationProblem::TooMany(100_000), "{piece}");
    }
    assert!(parse_groups(&"a,".repeat(100_000)).is_ok());
}

#[test]
fn bounds_on_the_version() {
    let table = [
        ("a", "1", true),
        ("a (<< 2)", "1", true),
        ("a (<< 2)", "2", false),
        ("a (<= 2)", "2", true),
        ("a (<= 2)", "2-0", true),
        ("a (<= 2)", "2-1", false),
        ("a (= 2)", "0:2-0", true),
        ("a (= 2)", "2+b1", false),
        ("a (>= 2)", "2~", false),
        ("a (>= 2)", "2", true),
        ("a (>> 2)", "2", false),
        ("a (>> 2)", "1:0", true),
    ];
    for (relation, version, expected) in table {
        assert_eq!(
            one(relation).satisfied_by(version),
            expected,
            "{relation} by {version}"
        );
    }
}

#[test]
fn where_a_relation_counts() {
    let table: [(&str, &str, &[&str], bool); 18] = [
        ("a", "amd64", &[], true),
        ("a [amd64]", "amd64", &[], true),
        ("a [amd64]", "i386", &[], false),
        ("a [!amd64]", "amd64", &[], false),
        ("a [!amd64]", "i386", &[], true),
        ("a [!amd64 !i386]", "i386", &[], false),
        ("a [linux-any]", "armhf", &[], true),
        ("a [linux-any]", "hurd-i386", &[], false),
        ("a [kfreebsd-any !linux-any]", "hurd-i386", &[], true),
        ("a [any-i386 !hurd-i386]", "hurd-i386", &[], true),
        ("a <!nocheck>", "amd64", &[], true),
        ("a <!nocheck>", "amd64", &["nocheck"], false),
        ("a <cross>", "amd64", &[], false),
        ("a <cross>", "amd64", &["cross"], true),
        ("a <!nocheck !cross>", "amd64", &["cross"], false),
        ("a <!nocheck> <!cross>", "amd64", &["cross"], true),
        ("a <stage1 cross>", "amd64", &["cross"], false),
        ("a [i386] <!nocheck>", "amd64", &[], false),
    ];
    for (relation, arch, profiles, expected) in table {
        let answer = one(relation).applies(arch, profiles);
        assert_eq!(answer, expected, "{relation} on {arch} with {profiles:?}");
    }
}

#[test]
fn architecture_wildcards() {
    let table = [
        ("any", "amd64", true),
        ("any", "all", false),
        ("all", "all", true),
        ("linux-any", "amd64", true),
        ("linux-any", "musl-linux-arm64", true),
        ("linux-any", "kfreebsd-amd64", false),
        ("linux-any", "x32", true),
        ("any-amd64", "amd64", true),
        ("any-amd64", "x32", true),
        ("any-amd64", "hurd-amd64", true),
        ("any-arm", "armhf", true),
        ("any-arm", "armel", true),
        ("any-arm", "arm64", false),
        ("gnu-any-any", "amd64", true),
        ("gnu-any-any", "musl-linux-amd64", false),
        ("musl-any-any", "musl-linux-amd64", true),
        ("eabihf-any-any-any", "armhf", true),
        ("eabihf-any-any-any", "armel", false),
        ("eabihf-gnu-linux-any", "armhf", true),
        ("linux-amd64", "amd64", true),
        ("amd64", "linux-amd64", true),
        ("kfreebsd-any", "kfreebsd-i386", true),
        ("hurd-any", "hurd-i386", true),
        ("any-mips64el", "mips64el", true),
        ("any-riscv64", "riscv64", true),
        ("any-any-any-any-any", "amd64", false),
        ("amd64", "any", false),
        ("i386", "amd64", false),
        ("", "amd64", false),
        ("amd64", "", false),
        ("any", "", false),
    ];
    for (wildcard, arch, expected) in table {
        assert_eq!(
            architecture_matches(wildcard, arch),
            expected,
            "{wildcard} on {arch}"
        );
    }
}

fn owned_relation() -> impl Strategy<Value = String> {
    let word = "[a-z][a-z0-9-]{0,5}";
    let list = prop::collection::vec(("!?", word).prop_map(|(mark, word)| mark + &word), 1..3);
    let list = list.prop_map(|words| words.join(" "));
    (
        "[a-z0-9][a-z0-9+.-]{0,8}",
        prop::option::of(word),
        prop::option::of((
            "(<<|<=|=|>=|>>)",
            "([0-9]:)?[0-9][a-z0-9.+~]{0,5}(-[0-9a-z.+~]{1,4})?",
        )),
        prop::option::of(list.clone()),
        prop::collection::vec(list, 0..3),
    )
        .prop_map(|(name, qualifier, constraint, architectures, profiles)| {
            let mut text = name;
            text.extend(qualifier.map(|word| format!(":{word}")));
            text.extend(constraint.map(|(operator, version)| format!(" ({operator} {version})")));
            text.extend(architectures.map(|list| format!(" [{list}]")));
            text.extend(profiles.into_iter().map(|list| format!(" <{list}>")));
            text
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn canonical_text_comes_back(
        groups in prop::collection::vec(prop::collection::vec(owned_relation(), 1..4), 0..4)
    ) {
        let groups: Vec<String> = groups.iter().map(|group| group.join(" | ")).collect();
        let text = groups.join(", ");
        prop_assert_eq!(canonical(&text), Ok(groups.clone()));
        let parsed = parse_groups(&text).expect("just read");
        let texts: Vec<&str> = parsed.iter().map(|group| group.text).collect();
        prop_assert_eq!(texts, groups);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[a1 :|,<>=!()\\[\\]~.\\n-]{0,24}|\\PC{0,12}") {
        match canonical(&text) {
            Ok(groups) => prop_assert_eq!(canonical(&groups.join(", ")), Ok(groups)),
            Err(error) => prop_assert!(text.is_char_boundary(error.offset)),
        }
    }
}
