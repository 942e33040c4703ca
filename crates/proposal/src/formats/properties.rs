//! Whatever a list holds: its headline counts the lines below it, and what is written comes back.

use std::collections::{BTreeMap, BTreeSet};

use formwork_model::documents::{self, Flat, FlatBinary, FlatSource};
use formwork_model::source::Source;
use proptest::prelude::*;

use super::*;
use crate::flat::count;
use crate::import;

const NAME: &str = "[a-z0-9][a-z0-9+.-]{1,8}";

/// What is drawn for a source: binaries, whether it is approved, and texts.
type Drawn = (BTreeSet<String>, bool, bool, String, Vec<String>);

fn entry(name: &str, drawn: &Drawn) -> FlatSource {
    let (binaries, approved, optional, reason, words) = drawn;
    FlatSource {
        source: name.to_owned(),
        approved: *approved,
        optional: *optional,
        wished: !optional,
        binaries: binaries.iter().cloned().collect(),
        reason: reason.clone(),
        notes: reason.chars().rev().collect(),
        security_tags: words.clone(),
        relations: words.clone(),
        version: "1.0~rc1-1".to_owned(),
        packages: binaries
            .iter()
            .map(|binary| FlatBinary {
                name: binary.clone(),
                version: "1:1.0~rc1-1+b1".to_owned(),
                installed_size: 4096,
                ..FlatBinary::default()
            })
            .collect(),
        ..FlatSource::default()
    }
}

fn list(title: String, sources: &BTreeMap<String, Drawn>) -> Flat {
    count(Flat {
        format: documents::FORMAT,
        proposal: 7,
        revision: 12,
        suite: "bookworm".to_owned(),
        title,
        sources: sources
            .iter()
            .map(|(name, drawn)| entry(name, drawn))
            .collect(),
        ..Flat::default()
    })
}

fn drawn() -> impl Strategy<Value = Drawn> {
    (
        prop::collection::btree_set(NAME, 1..4),
        any::<bool>(),
        any::<bool>(),
        any::<String>(),
        prop::collection::vec(any::<String>(), 0..3),
    )
}

fn any_list() -> impl Strategy<Value = Flat> {
    (
        any::<String>(),
        prop::collection::btree_map(NAME, drawn(), 0..8),
    )
        .prop_map(|(title, sources)| list(title, &sources))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_headline_counts_the_lines_below_it(flat in any_list()) {
        for shown in [flat.clone(), only_new(&flat)] {
            let text = src_bin(&shown, &flat);
            let headline = text.lines().next().unwrap_or_default();
            let (_, counts) = headline.rsplit_once(", bookworm: ").expect("counts");
            let numbers: Vec<usize> = counts
                .split(|letter: char| !letter.is_ascii_digit())
                .filter_map(|word| word.parse().ok())
                .collect();
            let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
            let of = |approved: bool| lines.iter().filter(move |line| line.starts_with('[') == approved);
            let words = |approved: bool| -> usize {
                of(approved).map(|line| line.split(' ').count() - 1).sum()
            };
            let expected = [
                of(false).count(), of(true).count(), lines.len(),
                words(false), words(true), words(false) + words(true),
            ];
            prop_assert_eq!(numbers, expected.to_vec(), "{}", text);
        }
    }

    #[test]
    fn yaml_comes_back(flat in any_list()) {
        let text = yaml(&flat);
        let read = import::yaml(Source::new("f.yml", &text));
        prop_assert_eq!(read, Ok(flat), "{}", text);
    }

    #[test]
    fn a_pkglist_comes_back(flat in any_list()) {
        let text = pkglist(&flat.sources);
        let read = import::pkglist(Source::new("f.pkglist", &text)).expect("our own list");
        prop_assert_eq!(import::united(&[read]), text);
    }

    #[test]
    fn a_value_comes_back_from_its_row(text in any::<String>()) {
        let row = csv::row([text.as_str(), "end"]);
        let value = first_value(&row);
        let guarded = format!("'{text}");
        prop_assert!(value == text || value == guarded, "{}", row);
        prop_assert!(!value.starts_with(['=', '+', '-', '@']), "{}", row);
    }
}

/// The first value of a row, as RFC 4180 reads it.
fn first_value(row: &str) -> String {
    let Some(quoted) = row.strip_prefix('"') else {
        return row.split(',').next().unwrap_or_default().to_owned();
    };
    let mut value = String::new();
    let mut letters = quoted.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if letters.peek() == Some(&'"') => {
                letters.next();
                value.push('"');
            }
            '"' => break,
            letter => value.push(letter),
        }
    }
    value
}
