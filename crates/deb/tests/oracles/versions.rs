//! The order of versions against `dpkg --compare-versions`.

use crate::{Numbers, run_text};
use formwork_deb::version::{compare, validate};
use std::cmp::Ordering;

/// A version made of few pieces, so that equal and nearly equal pairs are common.
fn version(numbers: &mut Numbers) -> String {
    const PIECES: [&str; 16] = [
        "0", "1", "00", "10", "9", "a", "b", "Z", "~", "~~", "+", ".", ".", "rc", "+b1", "deb12u",
    ];
    let mut text = numbers.pick(&["", "", "", "0:", "1:", "10:"]).to_owned();
    text += numbers.pick(&["0", "1", "1.0", "2", "01"]);
    for _ in 0..numbers.below(4) {
        text += numbers.pick(&PIECES);
    }
    if numbers.below(2) == 0 {
        text += numbers.pick(&["-0", "-1", "-1~", "-00", "-0-1", "-", "-_"]);
        text += numbers.pick(&PIECES);
    }
    text
}

/// The same text with a small change, which often does not change the version.
fn variant(text: &str, numbers: &mut Numbers) -> String {
    match numbers.below(6) {
        0 => format!("{text}0"),
        1 => format!("{text}-0"),
        2 => text.replacen('1', "01", 1),
        3 => text.replacen('.', ".0", 1),
        4 if !text.contains(':') => format!("0:{text}"),
        _ => format!("{text}~"),
    }
}

/// The first word for each line `left right` of input: what dpkg says of the pair.
const SCRIPT: &str = "while read -r left right; do
    for order in lt eq gt bad; do
        if [ $order = bad ] || dpkg --compare-versions \"$left\" $order \"$right\" 2>/dev/null
        then echo $order; break; fi
    done
done";

#[test]
fn pairs_are_ordered_as_dpkg_orders_them() {
    let mut numbers = Numbers(20_261_122);
    let mut pairs = Vec::new();
    while pairs.len() < 500 {
        let left = version(&mut numbers);
        let right = match numbers.below(2) {
            0 => version(&mut numbers),
            _ => variant(&left, &mut numbers),
        };
        if validate(&left).is_ok() && validate(&right).is_ok() {
            pairs.push((left, right));
        }
    }
    let input: String = pairs
        .iter()
        .map(|(left, right)| format!("{left} {right}\n"))
        .collect();
    let answers = run_text("sh", &["-c", SCRIPT], &input);
    let mut counts = [0; 3];
    for ((left, right), answer) in pairs.iter().zip(answers.lines()) {
        let (index, word) = match compare(left, right) {
            Ordering::Less => (0, "lt"),
            Ordering::Equal => (1, "eq"),
            Ordering::Greater => (2, "gt"),
        };
        counts[index] += 1;
        assert_eq!(answer, word, "{left} against {right}");
    }
    assert_eq!(answers.lines().count(), pairs.len());
    assert!(
        counts.iter().all(|count| *count > 10),
        "a one-sided sample: {counts:?}"
    );
}

#[test]
fn syntax_is_what_dpkg_accepts() {
    let mut numbers = Numbers(3);
    let mut texts: Vec<String> = (0..250).map(|_| version(&mut numbers)).collect();
    let marks = [
        "1:",
        ":1",
        "a:1",
        "-1",
        "1-",
        "1:1:1",
        "1-1-1",
        "1_1",
        "2147483648:1",
        "1:-1",
        "~",
        "1/2",
    ];
    texts.extend(marks.map(str::to_owned));
    let script = "while read -r version; do
        if dpkg --validate-version \"$version\" 2>/dev/null; then echo good; else echo bad; fi
    done";
    let input = texts.join("\n") + "\n";
    let answers = run_text("sh", &["-c", script], &input);
    assert_eq!(answers.lines().count(), texts.len());
    assert!(answers.contains("good") && answers.contains("bad"));
    for (text, answer) in texts.iter().zip(answers.lines()) {
        let starts_with_digit = text
            .rsplit_once(':')
            .map_or(text.as_str(), |(_, rest)| rest)
            .starts_with(|c: char| c.is_ascii_digit());
        // dpkg only warns of a version that begins with no digit, but this action refuses it.
        let expected = if validate(text).is_ok() && starts_with_digit {
            "good"
        } else {
            "bad"
        };
        assert_eq!(answer, expected, "{text}");
    }
}
