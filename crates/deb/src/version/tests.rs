use super::*;
use proptest::prelude::*;
use std::hash::{BuildHasher, RandomState};

#[test]
fn order_of_a_table() {
    // Each is strictly older than the next.
    let ascending = [
        "~~",
        "~",
        "0~",
        "0",
        "0.9~rc1",
        "0.9",
        "0.9a",
        "0.9+b1",
        "0.9.1",
        "1~~",
        "1~~a",
        "1~",
        "1-1~bpo12+1",
        "1-1",
        "1-1+b1",
        "1-1.1",
        "1-2",
        "1-10",
        "1-99999999999999999999999",
        "1a",
        "1A.",
        "1+",
        "1-1-1",
        "1.",
        "1:",
        "1:0.1",
        "2147483647:0",
        "99999999999999999999:0",
    ];
    // dpkg sorts letters by their byte, and letters before `+`, `-`, `.`.
    let mut sorted = ascending.to_vec();
    sorted.reverse();
    sorted.sort_by(|left, right| compare(left, right));
    for pair in sorted.windows(2) {
        assert_eq!(compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
        assert_eq!(compare(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
    }
}

#[test]
fn known_pairs() {
    use Ordering::{Equal, Greater, Less};
    let table = [
        ("1.0", "1.0-0", Equal),
        ("0:1.0", "1.0", Equal),
        ("00:1.0", "1.00-000", Equal),
        ("1.", "1.0", Equal),
        ("1a", "1a0", Equal),
        ("", "0", Equal),
        ("1.0", "1.0-1", Less),
        ("1.0-1", "1.0.1-1", Less),
        ("1:0", "2", Greater),
        ("1.2.3", "1.2-3", Greater),
        ("1.0~rc1", "1.0", Less),
        ("1.0-1~deb12u1", "1.0-1", Less),
        ("1.0a", "1.0+", Less),
        ("1.0Z", "1.0a", Less),
        ("2.38.1-5+deb12u3", "2.38.1-5+deb12u3+b1", Less),
        ("0.0.0~git20201221", "0.0~git20201221", Greater),
        ("9", "10", Less),
        ("18446744073709551616", "18446744073709551615", Greater),
        ("a:1", "1", Greater),
        ("é", "z", Greater),
    ];
    for (left, right, expected) in table {
        assert_eq!(compare(left, right), expected, "{left} against {right}");
        assert_eq!(
            compare(right, left),
            expected.reverse(),
            "{right} against {left}"
        );
    }
}

#[test]
fn syntax() {
    for good in [
        "1",
        "0:1",
        "1-1",
        "1:2:3-4",
        "1.2+b-3~x",
        "a",
        "2147483647:1",
        "0000000000000001:1",
    ] {
        assert_eq!(validate(good), Ok(()), "{good}");
    }
    let character = |version: &str, character| VersionError::Character {
        version: version.to_owned(),
        character,
    };
    let table = [
        ("", VersionError::Empty),
        (":1", VersionError::Epoch(":1".to_owned())),
        ("a:1", VersionError::Epoch("a:1".to_owned())),
        ("-1:1", VersionError::Epoch("-1:1".to_owned())),
        ("+1:1", VersionError::Epoch("+1:1".to_owned())),
        (
            "2147483648:1",
            VersionError::Epoch("2147483648:1".to_owned()),
        ),
        ("1:", VersionError::Upstream("1:".to_owned())),
        ("-1", VersionError::Upstream("-1".to_owned())),
        ("1-", VersionError::Revision("1-".to_owned())),
        ("1 2", character("1 2", ' ')),
        ("1\0", character("1\0", '\0')),
        ("1_2", character("1_2", '_')),
        ("1-2é", character("1-2é", 'é')),
        ("1:1-2:3", character("1:1-2:3", ':')),
    ];
    for (version, expected) in table {
        assert_eq!(validate(version), Err(expected), "{version:?}");
    }
    assert!(
        validate(&"é".repeat(1000))
            .expect_err("not ASCII")
            .to_string()
            .len()
            < 300
    );
}

#[test]
fn a_version_prints_as_it_was_written() {
    let version = Version::parse("0:1.00-0").expect("a version");
    assert_eq!(version.to_string(), "0:1.00-0");
    assert_eq!(version, Version::parse("1.0").expect("a version"));
    assert!(Version::parse("1_0").is_err());
}

/// Text that is made of few letters, so that equal and nearly equal pairs are common.
fn close_text() -> impl Strategy<Value = String> {
    "[0-1]{0,1}:?[01aA~+.-]{0,6}(-[01a~+]{1,3})?"
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![close_text(), "[ -~]{0,12}", "\\PC{0,6}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn equality_order_and_hash_agree(left in any_text(), right in any_text()) {
        let (left, right) = (Version(left), Version(right));
        prop_assert_eq!(left == right, left.cmp(&right) == Ordering::Equal);
        prop_assert_eq!(left.cmp(&right), right.cmp(&left).reverse());
        let state = RandomState::new();
        if left == right {
            prop_assert_eq!(state.hash_one(&left), state.hash_one(&right));
        }
    }

    #[test]
    fn order_is_transitive(texts in prop::array::uniform3(close_text())) {
        let [first, second, third] = &texts;
        if compare(first, second) != Ordering::Greater && compare(second, third) != Ordering::Greater {
            prop_assert_ne!(compare(first, third), Ordering::Greater);
        }
    }

    #[test]
    fn checked_text_has_only_what_dpkg_allows(text in any_text()) {
        if validate(&text).is_ok() {
            let allowed = |c: char| c.is_ascii_alphanumeric() || ".+-~:".contains(c);
            prop_assert!(text.chars().all(allowed));
        }
    }
}
