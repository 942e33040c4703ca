//! Numbers as people read them: `12.4 MB`, `14 203`, `2 min 41 s`.

use std::time::Duration;

/// A size in powers of a thousand with three digits at most: `812 B`, `12.4 MB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut scaled = bytes as f64 / 1000.0;
    for (position, unit) in UNITS.iter().enumerate() {
        let last = position + 1 == UNITS.len();
        if scaled < 99.95 {
            return format!("{scaled:.1} {unit}");
        }
        if scaled < 999.5 || last {
            return format!("{scaled:.0} {unit}");
        }
        scaled /= 1000.0;
    }
    format!("{bytes} B")
}

/// A count with its digits in groups of three: `14 203`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

/// A count with its noun, in the singular or plural: `1 package`, `21 packages`, `3 binaries`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    let noun = match (number, noun.strip_suffix('y')) {
        (1, _) => noun.to_owned(),
        // `days`, but `entries`.
        (_, Some(stem)) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ => format!("{noun}s"),
    };
    format!("{} {noun}", count(number))
}

/// A duration by its two largest units: `1.9 s`, `41 s`, `2 min 41 s`.
pub(crate) fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 if time.as_millis() < 100 => format!("{} ms", time.as_millis()),
        0..=19 => format!("{:.1} s", time.as_secs_f64()),
        20..=59 => format!("{seconds} s"),
        60..=3599 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_three_digits_at_most() {
        let cases = [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (12_400_000, "12.4 MB"),
            (99_949_999, "99.9 MB"),
            (99_960_000, "100 MB"),
            (812_000_000, "812 MB"),
            (999_600_000, "1.0 GB"),
            (u64::MAX, "18447 PB"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(size(bytes), expected, "{bytes}");
        }
    }

    #[test]
    fn counts_are_grouped_and_nouns_agree() {
        let cases = [
            (0, "0"),
            (999, "999"),
            (1000, "1 000"),
            (14_203, "14 203"),
            (1_234_567, "1 234 567"),
        ];
        for (number, expected) in cases {
            assert_eq!(count(number), expected);
        }
        assert_eq!(counted(1, "package"), "1 package");
        assert_eq!(counted(0, "package"), "0 packages");
        assert_eq!(counted(2, "repository"), "2 repositories");
    }

    #[test]
    fn durations_show_two_units() {
        let cases = [
            (5, "5 ms"),
            (1_900, "1.9 s"),
            (41_000, "41 s"),
            (161_000, "2 min 41 s"),
            (3_725_000, "1 h 2 min"),
        ];
        for (milliseconds, expected) in cases {
            assert_eq!(duration(Duration::from_millis(milliseconds)), expected);
        }
    }
}
